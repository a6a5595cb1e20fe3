"""The model: what is known, as frozen values.

Rule of the room: dataclasses (frozen, slotted, keyword-only) over the standard library, no input or output, no
judgement. `codec.py` alone knows msgspec. Every string that a peer controls is typed `PeerText`.
"""
