"""Probes: they collect evidence from live endpoints, and never say good or bad.

Rule of the room: everything on the wire goes through the `Session` that a probe is handed; no rules, no reports.
"""
