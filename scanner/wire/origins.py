"""Origins that requests carry: a foreign site's, and those that careless comparisons take for the host's own.

Rule of the room: host in, origins out. All but the host's own are under reserved names (RFC 2606), or only written and
never looked up.
"""

from collections.abc import Mapping

from scanner.model.evidence.http_headers import OriginKind
from scanner.wire.public_suffix import registrable

FOREIGN_HOST = "leadline-probe.example"
"""A name that nobody can have (RFC 2606 section 2)."""

FOREIGN_ORIGIN = f"https://{FOREIGN_HOST}"

PREFIX = "leadline-probe-"
"""What stands before the registrable domain, without a dot: so it is another domain, and no host of the site's own."""


def origins(host: str) -> Mapping[OriginKind, str]:
    """The serialized origin (RFC 6454 section 6.2) of each kind for `host`, an A-label or an address literal.

    Kinds that make no sense for the host are left out: an address has no domain to imitate.
    """
    if ":" in host:
        return {OriginKind.FOREIGN: FOREIGN_ORIGIN, OriginKind.NULL: "null", OriginKind.PLAIN: f"http://[{host}]"}
    found = {
        OriginKind.FOREIGN: FOREIGN_ORIGIN,
        OriginKind.NULL: "null",
        OriginKind.SUFFIX: f"https://{host}.{FOREIGN_HOST}",
        OriginKind.PLAIN: f"http://{host}",
    }
    domain = registrable(host)
    if domain is not None:
        found[OriginKind.PREFIX] = f"https://{PREFIX}{domain}"
    return found


def kind_of(origin: str, host: str) -> OriginKind | None:
    """Which kind of origin for `host` this one is; None where it is none of ours."""
    return next((kind for kind, one in origins(host).items() if one == origin), None)
