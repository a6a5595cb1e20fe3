"""Rules: pure judgement over evidence. One file a topic; a rule is one small function with its page.

Rule of the room: no network, no clock, no randomness, no bytes: `now` and everything else comes in the `Case`.
"""
