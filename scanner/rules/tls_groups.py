"""Rules over `tls_groups`: the groups of the key exchange, and the primes of finite-field Diffie-Hellman.

What was seen is a fault, and what was not seen is absent only where the listing was whole. The size of a prime is
judged with the suites, not here.
"""

from collections.abc import Sequence

from scanner.model.evidence.tls_groups import DhPrime, Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.group_traits import GroupKind, GroupTraits, group_traits
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.suite_pages import BIGGER_GROUP, KEY_LENGTHS
from scanner.rules.verdict import Fault, NotApplicable, Pass, Unknown, Verdict, fail, fail_or_pass

MIN_CURVE_BITS = 224
"""Bits of a curve's field below which it is weak: half of them is its strength (RFC 9325 section 4.5 wants 112)."""

COMMON_DH_BITS = 2048
"""A prime of this size is worth a state's precomputation only if many servers have it; larger ones are not in reach."""

_X25519, _SECP256R1 = "001D", "0017"
_RECOMMENDED = {_X25519: "x25519", _SECP256R1: "secp256r1"}

_ECDHE_MLKEM = Reference(
    title="Internet-Draft: Post-quantum hybrid ECDHE-MLKEM Key Agreement for TLSv1.3",
    url="https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/",
)
_SUPPORTED_GROUPS = Reference(
    title="IANA: TLS Supported Groups",
    url="https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-8",
)
_LOGJAM = Reference(title="Weak Diffie-Hellman and the Logjam Attack", url="https://weakdh.org/")
_FINITE_FIELD = rfc(7919, "1", "RFC 7919: Negotiated Finite Field DH Ephemeral Parameters")

_NGINX_GROUPS = "ssl_ecdh_curve {};"
_APACHE_GROUPS = "SSLOpenSSLConfCmd Groups {}"
_CLASSIC = "X25519:prime256v1:secp384r1"
_ADD_QUANTUM = remedy(
    "Offer X25519MLKEM768 in TLS 1.3: OpenSSL has it since 3.5, and puts it first by default.",
    nginx=_NGINX_GROUPS.format(f"X25519MLKEM768:{_CLASSIC}"),
    apache=_APACHE_GROUPS.format(f"X25519MLKEM768:{_CLASSIC}"),
)
_USUAL_GROUPS = remedy(
    "Take x25519 and secp256r1, and stronger ones beside them.",
    nginx=_NGINX_GROUPS.format(_CLASSIC),
    apache=_APACHE_GROUPS.format(_CLASSIC),
)

# What examples are made of.
_COMMON = (Group(code=_X25519, name="x25519"), Group(code=_SECP256R1, name="secp256r1"))
_HYBRID = Group(code="11EC", name="X25519MLKEM768")
_KYBER = Group(code="6399", name="X25519Kyber768Draft00")
_SECP192 = Group(code="0013", name="secp192r1")


def _whole(protocol: str, *groups: Group) -> GroupSupport:
    return GroupSupport(protocol=protocol, supported=Answer.YES, groups=groups, complete=Answer.YES)


def _case(
    *quantum: Group,
    classic: tuple[Group, ...] = _COMMON,
    modern: tuple[Group, ...] = _COMMON,
    dh: DhPrime | None = None,
) -> Case[TlsGroups]:
    """An example: the groups of both halves, the post-quantum ones of TLS 1.3, and a prime."""
    return Case(
        evidence=TlsGroups(
            tls13=_whole("TLSv1.3", *quantum, *modern),
            tls12=_whole("TLSv1.2", *classic),
            dh=() if dh is None else (dh,),
            post_quantum=PostQuantum.OFFERED if quantum else PostQuantum.NOT_OFFERED,
            post_quantum_groups=quantum,
        )
    )


def _prime(name: str | None, *, bits: int = COMMON_DH_BITS, safe: Answer = Answer.YES) -> DhPrime:
    return DhPrime(bits=bits, name=name, prime_sha256="ab" * 32, safe=safe, shared=name is not None)


@rule(
    RuleInfo(
        id="TLS022",
        name="no-post-quantum-group",
        title="No post-quantum key exchange is offered",
        topic="tls_groups",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers every hybrid and ML-KEM group in TLS 1.3, and looks whether the server takes one of those in"
        " force.",
        rationale="What is recorded today can be read once there are quantum computers. Browsers have offered a hybrid"
        " exchange by default since 2024.",
        remediation=_ADD_QUANTUM,
        references=(_ECDHE_MLKEM, _SUPPORTED_GROUPS),
    ),
    passing=_case(_HYBRID),
    failing=_case(),
)
def no_post_quantum_group(case: Case[TlsGroups]) -> Verdict:
    """Fails where every post-quantum group in force was refused."""
    evidence = case.evidence
    in_force = [one for one in evidence.post_quantum_groups if not _traits(one).retired]
    if in_force:
        return Pass(f"offered: {_named(in_force)}")
    if evidence.post_quantum is PostQuantum.UNKNOWN:
        return Unknown(_because(evidence.tls13, "whether a post-quantum group is taken could not be told"))
    if evidence.post_quantum_groups:
        return fail(
            "the only post-quantum groups are drafts that were retired: {groups}",
            "/post_quantum_groups",
            groups=_named(evidence.post_quantum_groups),
        )
    if _speaks_nothing(case):
        return NotApplicable("no version of TLS is spoken")
    if evidence.tls13.supported is Answer.NO:
        return fail("no post-quantum key exchange: TLS 1.3, which has it, is not spoken", "/post_quantum")
    return fail("no post-quantum key exchange is offered", "/post_quantum")


@rule(
    RuleInfo(
        id="TLS023",
        name="retired-post-quantum-group",
        title="Retired drafts of post-quantum groups are accepted",
        topic="tls_groups",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Kyber drafts, CECPQ2 and the private codes of experiments in TLS 1.3.",
        rationale="Clients have moved on to ML-KEM: what is left is code that nobody maintains or tests.",
        remediation=_ADD_QUANTUM,
        references=(
            Reference(
                title="Internet-Draft: X25519Kyber768Draft00 hybrid post-quantum key agreement",
                url="https://datatracker.ietf.org/doc/draft-tls-westerbaan-xyber768d00/",
            ),
            _SUPPORTED_GROUPS,
        ),
    ),
    passing=_case(_HYBRID),
    failing=_case(_HYBRID, _KYBER),
)
def retired_post_quantum_group(case: Case[TlsGroups]) -> Verdict:
    """Fails where a retired group is taken; not applicable without TLS 1.3."""
    support = case.evidence.tls13
    retired = [(at, one) for at, one in enumerate(support.groups) if _traits(one).retired]
    if retired:
        return fail(
            "retired post-quantum groups: {groups}",
            tuple(f"/TLSv1.3/groups/{at}" for at, _ in retired),
            groups=_named([one for _, one in retired]),
        )
    return _absent(support, "TLS 1.3")


@rule(
    RuleInfo(
        id="TLS024",
        name="weak-curve-accepted",
        title="Weak elliptic curves are accepted",
        topic="tls_groups",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for curves over fields of fewer than 224 bits in TLS 1.2 and below. Medium where the server has"
        " no other.",
        rationale="Curves of 160 to 193 bits are as strong as keys of 80 to 96 bits. They were taken out of TLS in"
        " 2018.",
        remediation=_USUAL_GROUPS,
        references=(rfc(8422, "5.1.1", "RFC 8422: Supported Elliptic Curves Extension"), KEY_LENGTHS),
        cwe=(326,),
    ),
    passing=_case(),
    failing=_case(classic=(*_COMMON, _SECP192)),
)
def weak_curve_accepted(case: Case[TlsGroups]) -> Verdict:
    """Fails where a curve below 224 bits is taken; not applicable where no curve is used below TLS 1.3."""
    support = case.evidence.tls12
    lists = (("groups", support.groups), ("beside_certificate_curve", support.beside_certificate_curve))
    placed = [(f"/TLSv1.2/{key}/{at}", one) for key, listed in lists for at, one in enumerate(listed)]
    weak = [(at, one) for at, one in placed if _is_weak(_traits(one))]
    if not weak:
        return _absent(support, "a version before TLS 1.3 with elliptic curves")
    only = len(weak) == len(placed) and support.complete is Answer.YES
    return fail(
        "the server has weak curves only: {groups}" if only else "weak curves: {groups}",
        tuple(at for at, _ in weak),
        severity=Severity.MEDIUM if only else None,
        groups=_named([one for _, one in weak]),
    )


@rule(
    RuleInfo(
        id="TLS025",
        name="common-dh-prime",
        title="Diffie-Hellman with a prime of 2048 bits that many servers share",
        topic="tls_groups",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the primes of finite-field Diffie-Hellman with those that products and standards brought."
        " Smaller primes are judged by their size; the groups of RFC 7919, which are published to be shared, are fine.",
        rationale="The dear part of breaking an exchange is done once for a prime, and pays off the more servers have"
        " it.",
        remediation=BIGGER_GROUP,
        references=(_LOGJAM, _FINITE_FIELD),
        cwe=(326,),
    ),
    passing=_case(dh=_prime("ffdhe2048")),
    failing=_case(dh=_prime("modp2048 (RFC 3526)")),
)
def common_dh_prime(case: Case[TlsGroups]) -> Verdict:
    """Fails where a shared prime of 2048 bits, not of RFC 7919, is used; not applicable without finite-field DHE."""
    return _judge_primes(
        case,
        [
            Fault(
                message="Diffie-Hellman with a common prime of {bits} bits: {prime}",
                at=(f"/dh/{at}",),
                arguments={"bits": one.bits, "prime": one.name or one.prime_sha256},
                discriminator=one.prime_sha256,
            )
            for at, one in enumerate(case.evidence.dh)
            if one.shared and one.bits == COMMON_DH_BITS and not (one.name or "").startswith("ffdhe")
        ],
    )


@rule(
    RuleInfo(
        id="TLS026",
        name="unsafe-dh-prime",
        title="Diffie-Hellman with a prime that is not a safe one",
        topic="tls_groups",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Tests whether p and (p - 1) / 2 are both prime. It fails only where a divisor or a witness was found.",
        rationale="Where (p - 1) / 2 has small divisors, or p itself, a key that is used again can be found out piece"
        " by piece (CVE-2016-0701), and a client cannot tell whether the group was made to be weak. With a fresh key"
        " for each handshake it is no hole: `openssl dhparam -dsaparam` makes such primes.",
        remediation=BIGGER_GROUP,
        references=(
            rfc(7919, "3", "RFC 7919: Client Behavior"),
            Reference(title="CVE-2016-0701", url="https://nvd.nist.gov/vuln/detail/CVE-2016-0701"),
        ),
        cwe=(326,),
    ),
    passing=_case(dh=_prime(None)),
    failing=_case(dh=_prime(None, safe=Answer.NO)),
)
def unsafe_dh_prime(case: Case[TlsGroups]) -> Verdict:
    """Fails where a prime was proven not to be safe; unknown where it could not be tested."""
    faults = [
        Fault(
            message="the prime of {bits} bits is not a safe one: {prime}",
            at=(f"/dh/{at}",),
            arguments={"bits": one.bits, "prime": one.name or f"SHA-256 {one.prime_sha256}"},
            discriminator=one.prime_sha256,
        )
        for at, one in enumerate(case.evidence.dh)
        if one.safe is Answer.NO
    ]
    untested = any(one.safe is Answer.UNKNOWN for one in case.evidence.dh)
    return Unknown("a prime was too large to be tested") if untested and not faults else _judge_primes(case, faults)


@rule(
    RuleInfo(
        id="TLS027",
        name="usual-group-missing",
        title="x25519 or secp256r1 is not accepted",
        topic="tls_groups",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whether the newest version has the two groups that every client knows.",
        rationale="TLS 1.3 demands secp256r1 of every implementation and recommends x25519. Without them clients need"
        " another round trip, or cannot connect.",
        remediation=_USUAL_GROUPS,
        references=(rfc(8446, "9.1", "RFC 8446: Mandatory-to-Implement Cipher Suites"), _SUPPORTED_GROUPS),
    ),
    passing=_case(),
    failing=_case(modern=_COMMON[1:]),
)
def usual_group_missing(case: Case[TlsGroups]) -> Verdict:
    """Fails where the newest version with groups lacks one of the two."""
    evidence = case.evidence
    spoken = [("TLSv1.3", evidence.tls13), ("TLSv1.2", evidence.tls12)]
    newest = next((one for one in spoken if one[1].supported is not Answer.NO), None)
    if newest is None:
        return NotApplicable("no version with named groups is spoken")
    key, support = newest
    if support.supported is Answer.UNKNOWN:
        return Unknown(_because(support, "whether its groups are accepted could not be told"))
    taken = {one.code for one in (*support.groups, *support.beside_certificate_curve)}
    missing = [name for code, name in _RECOMMENDED.items() if code not in taken]
    if not missing:
        return Pass()
    if support.complete is not Answer.YES:
        return Unknown(_because(support, "the list of groups is incomplete"))
    return fail(
        "{version} does not take {groups}",
        f"/{key}/groups",
        version=support.protocol or key,
        groups=" and ".join(missing),
    )


def _speaks_nothing(case: Case[TlsGroups]) -> bool:
    """Whether no group was taken in any version, and as far as is known no suite without a group either."""
    suites = case.other("tls_suites", TlsSuites)
    versions = () if suites is None else suites.protocols.values()
    halves = (case.evidence.tls13, case.evidence.tls12, *versions)
    return all(one.supported is not Answer.YES for one in halves)


def _traits(group: Group) -> GroupTraits:
    return group_traits(int(group.code, 16))


def _is_weak(group: GroupTraits) -> bool:
    return group.kind is GroupKind.CURVE and 0 < group.bits < MIN_CURVE_BITS


def _named(groups: Sequence[Group]) -> str:
    return ", ".join(one.name for one in groups)


def _because(support: GroupSupport, what: str) -> str:
    return what + (f" ({support.reason})" if support.reason else "")


def _absent(support: GroupSupport, what: str) -> Verdict:
    """The verdict where nothing was found in a half: pass, unless it is not spoken or in doubt."""
    if support.supported is Answer.NO:
        return NotApplicable(f"{what} is not spoken")
    if support.supported is Answer.UNKNOWN:
        return Unknown(_because(support, f"whether {what} is spoken could not be told"))
    if support.complete is not Answer.YES:
        return Unknown(_because(support, "the list of groups is incomplete"))
    return Pass()


def _judge_primes(case: Case[TlsGroups], faults: Sequence[Fault]) -> Verdict:
    """Fails with the faults; not applicable where no prime was seen, unknown where that has a reason."""
    reason: PeerText | None = case.evidence.dh_reason
    if not faults and reason is not None:
        return Unknown(f"not every prime was seen: {reason}")
    if not case.evidence.dh:
        return NotApplicable("no suite with finite-field DHE")
    return fail_or_pass(faults)
