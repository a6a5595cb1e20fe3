"""Rules over `tls_suites`: how keys are exchanged and signed, in whatever version.

The same law as in `weak_suites`: what was seen is a fault, and what was not seen is absent only where the listing was
whole.
"""

from collections.abc import Sequence

from scanner.model.evidence.tls_suites import Preference, Suite, TlsSuites
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.model.suite_traits import SuiteTraits
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.suite_pages import (
    BIGGER_GROUP,
    KEY_LENGTHS,
    MODERN,
    OBSOLETE_EXCHANGES,
    ONLY_GOOD_SUITES,
    STATIC_AES_CBC,
    SUITES,
    TLS13_AES,
    example,
    listed,
    tls12,
)
from scanner.rules.suite_views import CLASSIC, Found, judge_suites, named, spoken, suites_of, support, unless_seen
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

MIN_DH_BITS = 2048
"""Bits below which a finite-field group is weak (RFC 9325 section 4.5)."""

BROKEN_DH_BITS = 1024
"""Bits below which one can be broken by anybody (Logjam)."""

_OLD_HASHES = {"01": "MD5", "02": "SHA-1"}
"""HashAlgorithm, the first byte of a SignatureScheme of TLS 1.2 (RFC 5246 section 7.4.1.4.1)."""

_STATIC_EXCHANGES = frozenset({"RSA", "DH", "ECDH"})
_SIGNED_EXCHANGES = frozenset({"DHE", "ECDHE"})


@rule(
    RuleInfo(
        id="TLS013",
        name="static-key-exchange-accepted",
        title="Cipher suites with static key exchange are accepted",
        topic="tls_suites",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for suites in which the certificate's key itself exchanges the keys: RSA, static DH and"
        " static ECDH.",
        rationale="Whoever gets the server's key later can read all that was recorded before, and static RSA is what"
        " ROBOT and its kin attack.",
        remediation=ONLY_GOOD_SUITES,
        references=(OBSOLETE_EXCHANGES, SUITES),
        cwe=(326,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="009C", name="TLS_RSA_WITH_AES_128_GCM_SHA256")),
)
def static_key_exchange_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite exchanges keys by static RSA, DH or ECDH."""
    return judge_suites(
        case,
        lambda one: one.key_exchange in _STATIC_EXCHANGES and not one.forward_secret,
        "suites with static key exchange: {suites}",
    )


@rule(
    RuleInfo(
        id="TLS014",
        name="dh-group-too-small",
        title="Diffie-Hellman with a group below 2048 bits",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the size of the prime in every handshake with finite-field Diffie-Hellman. High below"
        " 1024 bits.",
        rationale="Groups of 512 bits have been broken in minutes, those of 1024 are within reach of states (Logjam).",
        remediation=BIGGER_GROUP,
        references=(
            KEY_LENGTHS,
            rfc(7919, "1", "RFC 7919: Negotiated Finite Field DH Ephemeral Parameters"),
            OBSOLETE_EXCHANGES,
            Reference(title="Weak Diffie-Hellman and the Logjam Attack", url="https://weakdh.org/"),
        ),
        cwe=(326,),
    ),
    passing=tls12(Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=2048)),
    failing=tls12(Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=1024)),
)
def dh_group_too_small(case: Case[TlsSuites]) -> Verdict:
    """Fails where a prime has fewer than 2048 bits; not applicable without finite-field Diffie-Hellman."""
    exchanges = [one for one in suites_of(case, CLASSIC) if one.traits.key_exchange == "DHE"]
    sized = [(one, one.suite.dh_bits) for one in exchanges if one.suite.dh_bits is not None]
    small = [(one, bits) for one, bits in sized if bits < MIN_DH_BITS]
    if small:
        smallest = min(bits for _, bits in small)
        return fail(
            "Diffie-Hellman groups of {bits} bits: {suites}",
            tuple(one.at for one, _ in small),
            severity=Severity.HIGH if smallest < BROKEN_DH_BITS else None,
            bits=", ".join(str(bits) for bits in sorted({bits for _, bits in small})),
            suites=named([one for one, _ in small]),
        )
    if len(sized) < len(exchanges):
        return Unknown("the size of the group was not seen in every handshake with DHE")
    verdict = unless_seen(case, CLASSIC)
    return NotApplicable("no suite with finite-field DHE") if isinstance(verdict, Pass) and not exchanges else verdict


@rule(
    RuleInfo(
        id="TLS015",
        name="old-handshake-signature",
        title="The server signs its handshake with SHA-1 or MD5 though better was offered",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the hash of the signature over the key exchange in TLS 1.2. Our hello offers SHA-256 and better"
        " first.",
        rationale="Collisions of these hashes are affordable, and with one an attacker can make a signature serve for"
        " another handshake (SLOTH).",
        remediation=ONLY_GOOD_SUITES,
        references=(rfc(9155, "4", "RFC 9155: Server Key Exchange"), SUITES),
        cwe=(328,),
    ),
    passing=MODERN,
    failing=example(
        TLSv1_2=listed(Suite(code="C02F", name="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", group="0017", signature="0201"))
    ),
)
def old_handshake_signature(case: Case[TlsSuites]) -> Verdict:
    """Fails where a TLS 1.2 handshake was signed with SHA-1 or MD5; older versions have no choice."""
    version = "TLSv1.2"
    suites = suites_of(case, (version,))
    old = [one for one in suites if (one.suite.signature or "")[:2] in _OLD_HASHES]
    if old:
        hashes = sorted({_OLD_HASHES[one.suite.signature[:2]] for one in old if one.suite.signature})
        return fail(
            "handshakes signed with {hashes}: {suites}",
            tuple(one.at for one in old),
            hashes=" and ".join(hashes),
            suites=named(old),
        )
    verdict = unless_seen(case, (version,))
    if not isinstance(verdict, Pass):
        return verdict
    signed = [one for one in suites if _is_signed(one.traits)]
    if not signed:
        return NotApplicable("no suite of TLSv1.2 signs its key exchange")
    unseen = [one for one in signed if one.suite.signature is None]
    return Unknown(f"no signature seen: {named(unseen)}") if unseen else verdict


def _is_signed(suite: SuiteTraits) -> bool:
    return suite.key_exchange in _SIGNED_EXCHANGES and suite.authentication in {"RSA", "ECDSA", "DSS"}


@rule(
    RuleInfo(
        id="TLS018",
        name="no-forward-secrecy",
        title="Handshakes come without forward secrecy",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whether the newest version before TLS 1.3 has a suite with ephemeral key exchange, and whether a"
        " server that insists on its own order prefers one.",
        rationale="Whoever gets the server's key later can read all that was recorded before.",
        remediation=ONLY_GOOD_SUITES,
        references=(SUITES, rfc(9325, "7.3", "RFC 9325 (BCP 195): Forward Secrecy")),
        cwe=(326,),
    ),
    passing=MODERN,
    failing=example(TLSv1_2=listed(STATIC_AES_CBC), TLSv1_3=listed(TLS13_AES)),
)
def no_forward_secrecy(case: Case[TlsSuites]) -> Verdict:
    """Fails where the newest classic version has no ephemeral suite, or the server prefers another."""
    versions = spoken(case, CLASSIC)
    if not versions:
        return unless_seen(case, CLASSIC)
    newest = versions[-1]
    suites = suites_of(case, (newest,))
    secret = [one for one in suites if one.traits.forward_secret]
    if secret:
        return _first_choice(case, newest, suites)
    verdict = unless_seen(case, (newest,))
    if not isinstance(verdict, Pass):
        return verdict
    return fail(
        "no suite of {version} has forward secrecy: {suites}",
        f"/protocols/{newest}",
        version=newest,
        suites=named(suites),
    )


def _first_choice(case: Case[TlsSuites], version: str, suites: Sequence[Found]) -> Verdict:
    """Where ephemeral suites exist: whether the server, if it insists on its order, begins with one."""
    first = suites[0]
    if support(case, version).preference is not Preference.SERVER or first.traits.forward_secret:
        return Pass()
    return fail(
        "the server has suites with forward secrecy in {version}, but prefers {suite}",
        (first.at, f"/protocols/{version}/preference"),
        version=version,
        suite=first.suite.name,
    )


@rule(
    RuleInfo(
        id="TLS021",
        name="finite-field-dhe-accepted",
        title="Finite-field Diffie-Hellman is accepted in TLS 1.2",
        topic="tls_suites",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for DHE suites in TLS 1.2, whatever the size of the group.",
        rationale="It was deprecated in 2026: the client cannot refuse a bad group, and each handshake costs the server"
        " dear. Every client that matters has elliptic curves.",
        remediation=ONLY_GOOD_SUITES,
        references=(OBSOLETE_EXCHANGES,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=2048)),
)
def finite_field_dhe_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.2 has a DHE suite."""
    return judge_suites(case, lambda one: one.key_exchange == "DHE", "DHE suites: {suites}", versions=("TLSv1.2",))
