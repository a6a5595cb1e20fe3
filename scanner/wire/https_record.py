"""HTTPS records (RFC 9460): the presentation form into priority, target and parameters."""

import base64
import binascii
import re

from scanner.errors import Malformed
from scanner.model.evidence.dns_records import HttpsRecord
from scanner.model.peer import PeerText, peer_text
from scanner.wire.ech import EchConfig, read_ech_configs

MAX_PARAMETERS = 64
"""Parameters of one record that are read; the registry has some ten."""

MAX_VALUES = 64
"""Entries of one parameter's list that are kept."""

# RFC 9460 section 2.1 and appendix A, as dnspython writes it: `1 . alpn="h2,h3" no-default-alpn port="8443"`.
_HEAD = re.compile(r"(?P<priority>[0-9]{1,5}) (?P<target>(?:[^\"\\\s]|\\.)+)", re.DOTALL)
_PARAMETER = re.compile(r' (?P<key>[a-z0-9-]{1,63})(?:="(?P<value>(?:[^"\\]|\\.)*)")?', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(?P<code>[0-9]{3})|(?P<other>.))", re.DOTALL)
_ENTRY = re.compile(r"(?:[^,\\]|\\.)*", re.DOTALL)

_KNOWN = frozenset({"alpn", "no-default-alpn", "port", "ipv4hint", "ipv6hint", "ech", "mandatory"})


def parse_https_record(text: str) -> HttpsRecord:
    """The record that `text` is the presentation form of. Raises `Malformed`.

    An `ech` that cannot be read leaves the rest of the record readable: its `ech_configs` is 0.
    """
    head = _HEAD.match(text)
    if head is None or int(head["priority"]) > 0xFFFF:
        raise Malformed("no HTTPS record")
    found = _parameters(text, head.end())
    ech = found.get("ech")
    configs = None if ech is None else _configs(ech)
    return HttpsRecord(
        priority=int(head["priority"]),
        target=_target(head["target"]),
        alpn=_entries(found.get("alpn", "")),
        no_default_alpn="no-default-alpn" in found,
        port=_port(found.get("port")),
        ipv4_hints=_entries(found.get("ipv4hint", "")),
        ipv6_hints=_entries(found.get("ipv6hint", "")),
        ech_configs=None if configs is None else len(configs),
        ech_public_names=tuple(dict.fromkeys(one.public_name for one in configs or () if one.public_name is not None)),
        other_keys=tuple(peer_text(key) for key in found if key not in _KNOWN),
    )


def _parameters(text: str, at: int) -> dict[str, str]:
    found: dict[str, str] = {}
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None or match["key"] in found or len(found) == MAX_PARAMETERS:
            raise Malformed("parameters of an HTTPS record that cannot be read")
        found[match["key"]] = _plain(match["value"] or "")
        at = match.end()
    return found


def _target(text: str) -> PeerText:
    return peer_text(text if text == "." else text.removesuffix("."))


def _plain(text: str) -> str:
    """A character string without its escapes (RFC 1035 section 5.1)."""

    def one(match: re.Match[str]) -> str:
        if match["code"] is None:
            return match["other"]
        if int(match["code"]) > 255:
            raise Malformed("an escape beyond one octet in an HTTPS record")
        return chr(int(match["code"]))

    return _ESCAPE.sub(one, text)


def _entries(text: str) -> tuple[PeerText, ...]:
    """A comma-separated list, in which commas may be escaped once more (RFC 9460 appendix A.1)."""
    found: list[PeerText] = []
    at = 0
    while text and at <= len(text) and len(found) < MAX_VALUES:
        match = _ENTRY.match(text, at)
        entry = "" if match is None else match[0]
        found.append(peer_text(_plain(entry)))
        at += len(entry) + 1
    return tuple(found)


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 0xFFFF:
        raise Malformed("no port in an HTTPS record")
    return int(text)


def _configs(text: str) -> tuple[EchConfig, ...]:
    try:
        return read_ech_configs(base64.b64decode(text.encode("latin-1"), validate=True))
    except (Malformed, binascii.Error, UnicodeEncodeError):
        return ()
