"""Derivations: evidence in, more knowledge out, without judging it.

Rule of the room: pure; imports model and wire. What comes from outside (trust anchors, lists, `now`) is an argument.
"""
