"""The HTML report: one file that needs nothing else. No script, no request to anywhere, a strict policy of its own.

Rule of the room: `view.py` prepares, the templates only place; autoescape is on, nothing is marked safe but our own
style sheet, and no attribute takes a peer's text.
"""
