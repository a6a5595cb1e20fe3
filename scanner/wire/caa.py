"""CAA records (RFC 8659): the presentation form into flags, tag and value."""

import re

from scanner.errors import Malformed
from scanner.model.evidence.dns_records import CaaRecord
from scanner.model.peer import PeerText

# RFC 8659 section 4.1.1, with RFC 1035 section 5.1 escapes: `128 issue "ca.example; policy=\"ev\""`.
_RECORD = re.compile(r'(?P<flags>[0-9]{1,3}) (?P<tag>(?:[^"\\\s]|\\.)+) "(?P<value>(?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(?P<code>[0-9]{3})|(?P<other>.))", re.DOTALL)


def parse_caa(text: str) -> CaaRecord:
    """The record that `text` is the canonical presentation form of. Raises `Malformed`."""
    match = _RECORD.fullmatch(text)
    if match is None or int(match["flags"]) > 255:
        raise Malformed("no CAA record")
    return CaaRecord(flags=int(match["flags"]), tag=_plain(match["tag"]), value=_plain(match["value"]))


def _plain(text: str) -> PeerText:
    def one(match: re.Match[str]) -> str:
        if match["code"] is None:
            return match["other"]
        if int(match["code"]) > 255:
            raise Malformed("an escape beyond one octet in a CAA record")
        return chr(int(match["code"]))

    return PeerText(_ESCAPE.sub(one, text))
