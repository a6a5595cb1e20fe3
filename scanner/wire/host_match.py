"""Whether a certificate is for a host (RFC 9525), by service-identity, which is imported when first needed.

Names are tried one by one: one that is no legal name does not spoil the rest, as in browsers. The common name never
counts (RFC 9525 section 2).
"""

import ipaddress

from scanner.model.evidence.certificates import Certificate, HostMatch
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text

_SHOWN = 5
"""Names that the reason quotes; the others are counted."""


def match_host(leaf: Certificate, host: str) -> HostMatch:
    """Whether `leaf` is for `host`, an A-label or an address literal; unknown where its names could not be read."""
    found = _matches(leaf, host)
    if found:
        return HostMatch(matches=Answer.YES)
    if leaf.not_after is None or any(note.startswith(_UNREAD) for note in leaf.notes):
        return HostMatch(matches=Answer.UNKNOWN, reason=peer_text("the names of the certificate could not be read"))
    names = (*leaf.names, *leaf.addresses)
    if not names:
        reason = "it has no subjectAltName with a DNS name or an IP address"
        return HostMatch(matches=Answer.NO, reason=peer_text(reason))
    rest = len(names) - _SHOWN
    reason = f"it is for {', '.join(names[:_SHOWN])}" + (f" and {rest} more" if rest > 0 else "")
    return HostMatch(matches=Answer.NO, reason=peer_text(reason))


_UNREAD = ("extensions could not", "extension subjectAltName could not", "subjectAltName could not", "only the first")
"""Beginnings of the notes that leave names out."""


def _matches(leaf: Certificate, host: str) -> bool:
    from service_identity.exceptions import CertificateError
    from service_identity.hazmat import DNS_ID, DNSPattern, IPAddress_ID, IPAddressPattern

    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        wanted = IPAddress_ID(address)
        return any(wanted.verify(IPAddressPattern(ipaddress.ip_address(one))) for one in _addresses(leaf))
    try:
        name = DNS_ID(host.rstrip("."))
    except ValueError:
        return False
    for each in leaf.names:
        try:
            if name.verify(DNSPattern.from_bytes(each.encode())):
                return True
        except CertificateError:
            continue
    return False


def _addresses(leaf: Certificate) -> list[str]:
    """The addresses without the networks, which only name constraints may hold."""
    return [one for one in leaf.addresses if "/" not in one]
