"""Evidence: what was seen, one file a topic. No judgement, no words like good or bad.

Rule of the room: frozen dataclasses; every string that the peer wrote is `PeerText`; three-way facts are `Answer`;
lists keep the order of the wire. A field whose JSON key is a Python keyword carries a trailing underscore, which the
codec drops.
"""
