"""Content-Type: the essence of a media type."""

from collections.abc import Sequence

from scanner.model.peer import PeerText, peer_text

LONGEST = 127
"""Characters of an essence that are kept: 63 for each half and the slash would be RFC 6838's advice."""


def essence(lines: Sequence[str]) -> PeerText | None:
    """`type/subtype` in lower case, without parameters; None where there is none.

    Of several lines the last counts (Fetch section 3.5).
    """
    text = lines[-1].partition(";")[0].strip(" \t").lower() if lines else ""
    return peer_text(text, limit=LONGEST) or None
