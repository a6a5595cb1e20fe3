"""The rules over groups, case by case."""

import dataclasses
from typing import Any

import pytest

from scanner.model.evidence.tls_groups import DhPrime, Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.evidence.tls_suites import ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.model.rule import Severity
from scanner.rules import tls_groups as rules
from scanner.rules.case import Case
from scanner.rules.verdict import Fail, NotApplicable, Pass, Unknown, Verdict

X25519 = Group(code="001D", name="x25519")
P256 = Group(code="0017", name="secp256r1")
P192 = Group(code="0013", name="secp192r1")
SECT163 = Group(code="0001", name="sect163k1")
HYBRID = Group(code="11EC", name="X25519MLKEM768")
KYBER = Group(code="6399", name="X25519Kyber768Draft00")
REFUSED = GroupSupport(supported=Answer.NO, complete=Answer.YES, reason=peer_text("alert 70 (protocol_version)"))
OPEN = GroupSupport(supported=Answer.UNKNOWN, reason=peer_text("timeout at client-hello"))


def whole(*groups: Group, protocol: str = "TLSv1.2") -> GroupSupport:
    return GroupSupport(protocol=protocol, supported=Answer.YES, groups=groups, complete=Answer.YES)


def case(**changes: Any) -> Case[TlsGroups]:
    modern = TlsGroups(tls13=whole(X25519, P256), tls12=whole(X25519, P256), post_quantum=PostQuantum.NOT_OFFERED)
    return Case(evidence=dataclasses.replace(modern, **changes))


def prime(bits: int = 2048, *, name: str | None = None, safe: Answer = Answer.YES) -> DhPrime:
    return DhPrime(bits=bits, name=name, prime_sha256="00" * 32, safe=safe, shared=name is not None)


def severity(verdict: Verdict) -> Severity | None:
    assert isinstance(verdict, Fail)
    return verdict.faults[0].severity


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"post_quantum": PostQuantum.OFFERED, "post_quantum_groups": (HYBRID,)}, Pass),
        ({"post_quantum": PostQuantum.NOT_OFFERED}, Fail),
        ({"post_quantum": PostQuantum.NOT_OFFERED, "tls13": REFUSED}, Fail),
        ({"post_quantum": PostQuantum.UNKNOWN, "tls13": OPEN}, Unknown),
        ({"post_quantum": PostQuantum.OFFERED, "post_quantum_groups": (KYBER,)}, Fail),
    ],
)
def test_post_quantum(changes: dict[str, Any], expected: type) -> None:
    assert isinstance(rules.no_post_quantum_group(case(**changes)), expected)


def test_a_server_that_speaks_no_tls_is_not_blamed() -> None:
    silent = case(tls13=REFUSED, tls12=REFUSED)
    assert isinstance(rules.no_post_quantum_group(silent), NotApplicable)
    static = ProtocolSupport(supported=Answer.YES, suites=(Suite(code="002F", name="TLS_RSA_WITH_AES_128_CBC_SHA"),))
    suites = TlsSuites(protocols={"TLSv1.0": static}, offered=1)
    assert isinstance(rules.no_post_quantum_group(dataclasses.replace(silent, others={"tls_suites": suites})), Fail)


def test_retired_groups() -> None:
    assert isinstance(rules.retired_post_quantum_group(case(tls13=whole(KYBER, X25519))), Fail)
    assert isinstance(rules.retired_post_quantum_group(case(tls13=REFUSED)), NotApplicable)
    assert isinstance(rules.retired_post_quantum_group(case(tls13=OPEN)), Unknown)
    assert isinstance(rules.retired_post_quantum_group(case()), Pass)


def test_weak_curves() -> None:
    assert severity(rules.weak_curve_accepted(case(tls12=whole(P256, P192)))) is None
    assert severity(rules.weak_curve_accepted(case(tls12=whole(SECT163, P192)))) is Severity.MEDIUM
    cut_off = dataclasses.replace(whole(SECT163), complete=Answer.UNKNOWN)
    assert severity(rules.weak_curve_accepted(case(tls12=cut_off))) is None
    beside = dataclasses.replace(whole(P256), beside_certificate_curve=(P192,))
    verdict = rules.weak_curve_accepted(case(tls12=beside))
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].at == ("/TLSv1.2/beside_certificate_curve/0",)
    assert isinstance(rules.weak_curve_accepted(case(tls12=REFUSED)), NotApplicable)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (prime(name="modp2048 (RFC 3526)"), Fail),
        (prime(name="ffdhe2048"), Pass),
        (prime(), Pass),
        (prime(1024, name="modp1024 (RFC 2409)"), Pass),  # judged by its size, elsewhere
        (prime(4096, name="modp4096 (RFC 3526)"), Pass),
    ],
)
def test_common_primes(one: DhPrime, expected: type) -> None:
    assert isinstance(rules.common_dh_prime(case(dh=(one,))), expected)


def test_unsafe_primes() -> None:
    assert isinstance(rules.unsafe_dh_prime(case(dh=(prime(safe=Answer.NO),))), Fail)
    assert isinstance(rules.unsafe_dh_prime(case(dh=(prime(8192, safe=Answer.UNKNOWN),))), Unknown)
    assert isinstance(rules.unsafe_dh_prime(case(dh=(prime(),))), Pass)
    assert isinstance(rules.unsafe_dh_prime(case()), NotApplicable)
    assert isinstance(rules.unsafe_dh_prime(case(dh_reason=peer_text("timeout"))), Unknown)


def test_usual_groups() -> None:
    assert isinstance(rules.usual_group_missing(case()), Pass)
    assert isinstance(rules.usual_group_missing(case(tls13=whole(P256))), Fail)
    assert isinstance(rules.usual_group_missing(case(tls13=REFUSED, tls12=whole(P256))), Fail)
    assert isinstance(rules.usual_group_missing(case(tls13=OPEN)), Unknown)
    assert isinstance(rules.usual_group_missing(case(tls13=REFUSED, tls12=REFUSED)), NotApplicable)
    cut_off = dataclasses.replace(whole(P256), complete=Answer.UNKNOWN)
    assert isinstance(rules.usual_group_missing(case(tls13=cut_off)), Unknown)
    beside = dataclasses.replace(whole(P256), beside_certificate_curve=(X25519,))
    assert isinstance(rules.usual_group_missing(case(tls13=REFUSED, tls12=beside)), Pass)


def test_a_modern_site_has_nothing_above_info() -> None:
    good = case(
        tls13=whole(HYBRID, X25519, P256, protocol="TLSv1.3"),
        tls12=whole(X25519, P256),
        post_quantum=PostQuantum.OFFERED,
        post_quantum_groups=(HYBRID,),
    )
    checks = (
        rules.no_post_quantum_group,
        rules.retired_post_quantum_group,
        rules.weak_curve_accepted,
        rules.common_dh_prime,
        rules.unsafe_dh_prime,
        rules.usual_group_missing,
    )
    assert not any(isinstance(check(good), Fail | Unknown) for check in checks)
