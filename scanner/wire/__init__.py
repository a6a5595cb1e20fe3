"""The wire: sans-IO. Bytes in, model values or `PeerFault` out.

Rule of the room: no socket, clock, log or environment; randoms and key shares come in as arguments; every parser has
caps, raises `Malformed` (or `Truncated`) and nothing else, and gives the same answer at every split of the bytes.
"""
