"""The lists of suites that hellos of SSLv3 to TLS 1.2 offer, and their order. Pure."""

import functools

from probes.suite_order import is_chacha, is_dhe, is_fast_aes
from scanner.model.suite_traits import traits
from scanner.wire.tls_offer import FIELD_SUITES
from scanner.wire.tls_registry import registry, suite_name

SSL3_SUITES = 104
"""Suites of a careful SSLv3 hello, which cannot be padded: it stays below the 256 bytes that some take for SSLv2."""

SMALL_SUITES = 40
"""Suites of a small hello: with its few extensions it stays below 256 bytes."""

# What browsers of all times have offered: the suites of the small hello that gives a second opinion.
BROWSER_SUITES = (
    *(0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0x009E, 0x009F, 0xC009, 0xC013, 0xC00A, 0xC014),
    *(0x0033, 0x0039, 0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035, 0x000A, 0x0005, 0x0004, 0x0016, 0x0032, 0x0013),
)


@functools.cache
def first_order() -> tuple[int, ...]:
    """The suites as a first hello offers them: DHE before all else, so that a client's order shows whether a server
    takes it, and ChaCha20 at the very front and before AES, so that a server which moves it up does so.
    """
    field = list(registry().suites)[:FIELD_SUITES]
    exotic = list(registry().suites)[FIELD_SUITES:]
    front = [code for code in field if is_dhe(code)]
    rest = [code for code in field if not is_dhe(code)]
    return (
        *sorted(front, key=lambda code: not is_chacha(code)),
        *sorted(rest, key=lambda code: not is_chacha(code)),
        *exotic,
    )


@functools.cache
def last_order() -> dict[int, int]:
    """Places in a wide hello: what the field has last, of that AES-GCM and its like first and ChaCha20 at the end."""
    known = list(registry().suites)
    field = set(known[:FIELD_SUITES])
    at = {code: place for place, code in enumerate(known)}

    def worth(code: int) -> tuple[bool, bool, bool, bool, int]:
        return (code in field, is_chacha(code), not is_fast_aes(code), not traits(suite_name(code)).aead, -at[code])

    ordered = sorted(known, key=worth)
    return {code: place for place, code in enumerate(ordered)}


def chunks(pool: list[int], size: int) -> list[list[int]]:
    """The suites in chunks of at most `size`, each of one family, in the order of the pool."""
    families: dict[str, list[int]] = {}
    for code in pool:
        families.setdefault(_family(code), []).append(code)
    return [listed[at : at + size] for listed in families.values() for at in range(0, len(listed), size)]


def needs_more(code: int) -> bool:
    """Whether a server needs more for the suite than a certificate of a usual kind: a pre-shared key, SRP, …"""
    return _family(code) != "certificate"


def _family(code: int) -> str:
    """What a server needs for the suite: a certificate of a usual kind or none at all, a pre-shared key, or more."""
    suite = traits(suite_name(code))
    if suite.authentication in {"RSA", "ECDSA", "DSS", "anonymous"} and suite.key_exchange != "SRP":
        return "certificate"
    return "PSK" if "PSK" in suite.authentication else "other"
