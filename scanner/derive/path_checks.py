"""Checks of one certification path (RFC 5280 section 6.1) at an instant, for a TLS server.

A table of checks, weightiest first; each looks at the whole path, anchor last. The anchor itself is checked as OpenSSL
does: an expired root, or one that may not sign, ends no path. Weak algorithms and keys are for the rules, not for
trust. Policies (certificatePolicies) are not evaluated: browsers and OpenSSL do not demand any.
"""

import dataclasses
import datetime
from collections.abc import Callable, Iterator

from cryptography import x509

from scanner.derive.name_constraints import within
from scanner.derive.path_node import Node
from scanner.model.derived import ChainProblem
from scanner.model.outcome import Answer

_SERVER_PURPOSES = frozenset({"serverAuth", "anyExtendedKeyUsage"})

_UNDERSTOOD = frozenset(
    kind.oid.dotted_string
    for kind in (
        x509.BasicConstraints,
        x509.KeyUsage,
        x509.ExtendedKeyUsage,
        x509.SubjectAlternativeName,
        x509.IssuerAlternativeName,
        x509.NameConstraints,
        x509.CertificatePolicies,
        x509.PolicyConstraints,
        x509.InhibitAnyPolicy,
        x509.AuthorityKeyIdentifier,
        x509.SubjectKeyIdentifier,
        x509.CRLDistributionPoints,
        x509.FreshestCRL,
        x509.AuthorityInformationAccess,
        x509.TLSFeature,
    )
) | {"2.5.29.33", "2.16.840.1.113730.1.1"}
"""Extensions that may be critical; the last two are policyMappings and Netscape's certificate type."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PathProblem:
    """Why a path cannot be used. `certain` False: something could not be read, so it is not known whether it can."""

    kind: ChainProblem
    reason: str
    certain: bool = True


def problem_of(nodes: tuple[Node, ...], now: datetime.datetime) -> PathProblem | None:
    """The weightiest problem of a path; None where it may be used."""
    for index, node in enumerate(nodes):
        if node.certificate is None:
            return PathProblem(
                kind=ChainProblem.UNREADABLE, reason=f"{place(nodes, index)} cannot be read", certain=False
            )
    found = [one for check in _CHECKS for one in check(nodes)]
    found += _validity(nodes, now)
    return next((one for one in found if one.certain), found[0] if found else None)


def place(nodes: tuple[Node, ...], index: int) -> str:
    """What a certificate of a path is called in words."""
    if index == 0:
        return "the server's certificate"
    return "the root" if index == len(nodes) - 1 else f"intermediate {index}"


def _authority(nodes: tuple[Node, ...]) -> Iterator[PathProblem]:
    """Every issuer must be a CA that may sign certificates (RFC 5280 section 6.1.4 k, n)."""
    for index, node in enumerate(nodes[1:], 1):
        assert node.extensions is not None
        is_ca, _ = node.extensions.is_ca()
        usage = node.extensions.key_usage()
        anchor_without = index == len(nodes) - 1 and node.extensions.get(x509.BasicConstraints) is None
        if is_ca is Answer.UNKNOWN:
            yield PathProblem(
                kind=ChainProblem.UNREADABLE,
                reason=f"{place(nodes, index)} has basicConstraints that cannot be read",
                certain=False,
            )
        elif is_ca is Answer.NO and not anchor_without:
            yield PathProblem(kind=ChainProblem.NOT_A_CA, reason=f"{place(nodes, index)} is no CA")
        elif usage and "keyCertSign" not in usage:
            yield PathProblem(
                kind=ChainProblem.NOT_A_CA, reason=f"{place(nodes, index)} may not sign certificates (keyUsage)"
            )


def _path_length(nodes: tuple[Node, ...]) -> Iterator[PathProblem]:
    """At most so many intermediates below a CA, self-issued ones not counted (RFC 5280 section 6.1.4 l, m)."""
    below = 0
    for index, node in enumerate(nodes[1:], 1):
        assert node.extensions is not None
        _, length = node.extensions.is_ca()
        if length is not None and below > length:
            yield PathProblem(
                kind=ChainProblem.PATH_LENGTH,
                reason=f"{place(nodes, index)} allows {length} intermediates below it, there are {below}",
            )
        below += not node.is_self_issued


def _critical(nodes: tuple[Node, ...]) -> Iterator[PathProblem]:
    """A critical extension that nobody understands forbids the use (RFC 5280 section 4.2)."""
    for index, node in enumerate(nodes):
        for oid in sorted(node.critical - _UNDERSTOOD):
            yield PathProblem(
                kind=ChainProblem.CRITICAL_EXTENSION,
                reason=f"{place(nodes, index)} has the critical extension {oid}, which is not understood",
            )


def _purpose(nodes: tuple[Node, ...]) -> Iterator[PathProblem]:
    """Where extKeyUsage is there, it must allow TLS servers, in CAs too (RFC 5280 4.2.1.12, as all clients do)."""
    for index, node in enumerate(nodes):
        assert node.extensions is not None
        purposes = node.extensions.purposes()
        if purposes and not _SERVER_PURPOSES.intersection(purposes):
            yield PathProblem(
                kind=ChainProblem.PURPOSE, reason=f"{place(nodes, index)} is not for TLS servers (extKeyUsage)"
            )


def _names(nodes: tuple[Node, ...]) -> Iterator[PathProblem]:
    """No name may lie outside the name constraints of a CA above it (RFC 5280 section 6.1.3 b, c)."""
    for above, authority in enumerate(nodes[1:], 1):
        assert authority.extensions is not None
        if authority.extensions.is_broken(x509.NameConstraints):
            reason = f"{place(nodes, above)} has name constraints that cannot be read"
            yield PathProblem(kind=ChainProblem.UNREADABLE, reason=reason, certain=False)
        constraints = authority.extensions.get(x509.NameConstraints)
        if constraints is None:
            continue
        for below, node in enumerate(nodes[:above]):
            if below and node.is_self_issued:
                continue
            answer = within(constraints, node)
            if answer is not Answer.YES:
                yield PathProblem(
                    kind=ChainProblem.NAME_CONSTRAINTS,
                    reason=f"a name of {place(nodes, below)} is outside the name constraints of {place(nodes, above)}",
                    certain=answer is Answer.NO,
                )


def _validity(nodes: tuple[Node, ...], now: datetime.datetime) -> Iterator[PathProblem]:
    """Every certificate must be valid at `now`, both ends included (RFC 5280 section 4.1.2.5)."""
    for index, node in enumerate(nodes):
        assert node.certificate is not None
        try:
            begins, ends = node.certificate.not_valid_before_utc, node.certificate.not_valid_after_utc
        except ValueError:
            reason = f"{place(nodes, index)} has a validity that cannot be read"
            yield PathProblem(kind=ChainProblem.UNREADABLE, reason=reason, certain=False)
            continue
        if now > ends:
            reason = f"{place(nodes, index)} expired on {ends:%Y-%m-%d}"
            yield PathProblem(kind=ChainProblem.EXPIRED, reason=reason)
        elif now < begins:
            reason = f"{place(nodes, index)} is not valid before {begins:%Y-%m-%d}"
            yield PathProblem(kind=ChainProblem.NOT_YET_VALID, reason=reason)


_CHECKS: tuple[Callable[[tuple[Node, ...]], Iterator[PathProblem]], ...] = (
    _authority,
    _path_length,
    _critical,
    _names,
    _purpose,
)
