"""Addresses beside one another: only known answers differ, and lists are told by their difference."""

import dataclasses
import datetime

from scanner.derive.addresses import compare
from scanner.model.derived import Aspect
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_groups import Group, GroupSupport, TlsGroups
from scanner.model.evidence.tls_suites import ProtocolSupport, Suite, TlsSuites
from scanner.model.observation import Cost, Observation
from scanner.model.outcome import Answer, Outcome

A, B, C = "192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443"


def seen(endpoint: str, evidence: object) -> Observation[object]:
    return Observation(
        probe="p",
        version=1,
        topic="t",
        endpoint=endpoint,
        outcome=Outcome.OK,
        started=datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC),
        elapsed_ms=1.0,
        cost=Cost(),
        evidence=evidence,
    )


def suites(*names: str, old: Answer = Answer.NO, complete: Answer = Answer.YES) -> TlsSuites:
    listed = tuple(Suite(code="0000", name=name) for name in names)
    return TlsSuites(
        protocols={
            "TLSv1.0": ProtocolSupport(supported=old, complete=Answer.YES, suites=listed if old is Answer.YES else ()),
            "TLSv1.2": ProtocolSupport(supported=Answer.YES, complete=complete, suites=listed),
        },
        offered=400,
    )


def test_one_address_differs_from_nobody() -> None:
    found = compare([seen(A, suites("X"))])

    assert found.compared == {"protocol": (A,), "suites": (A,)}
    assert (found.differences, found.unsettled) == ((), ())


def test_a_version_at_some_addresses_is_a_difference() -> None:
    found = compare([seen(A, suites("X", old=Answer.YES)), seen(B, suites("X")), seen(C, suites("X", old=Answer.YES))])

    (difference,) = found.of(Aspect.PROTOCOL)
    assert difference.subject == "TLSv1.0"
    assert [(one.endpoint, one.answer) for one in difference.answers] == [(A, "yes"), (B, "no"), (C, "yes")]
    assert found.of(Aspect.SUITES) == (), "where the version is not spoken, no list of suites is missing"


def test_what_is_unknown_differs_from_nobody_but_is_not_settled() -> None:
    found = compare([seen(A, suites("X", old=Answer.YES)), seen(B, suites("X", old=Answer.UNKNOWN))])

    assert found.differences == ()
    assert found.unsettled == ("protocol: TLSv1.0",)


def test_lists_are_told_by_what_is_not_everywhere() -> None:
    found = compare([seen(A, suites("X", "Y")), seen(B, suites("X")), seen(C, suites("X", complete=Answer.UNKNOWN))])

    (difference,) = found.of(Aspect.SUITES)
    assert [one.answer for one in difference.answers] == ["Y", "nothing more", None]


def test_the_same_list_in_another_order_is_no_difference() -> None:
    assert compare([seen(A, suites("X", "Y")), seen(B, suites("Y", "X"))]).differences == ()


def test_groups_and_flaws() -> None:
    both = GroupSupport(
        supported=Answer.YES,
        complete=Answer.YES,
        groups=(Group(code="001D", name="x25519"), Group(code="0017", name="secp256r1")),
    )
    one = GroupSupport(supported=Answer.YES, complete=Answer.YES, groups=both.groups[:1])
    found = compare(
        [
            seen(A, TlsGroups(tls13=both)),
            seen(B, TlsGroups(tls13=one)),
            seen(A, TlsFlaws(heartbleed=Flaw(state=FlawState.YES))),
            seen(B, TlsFlaws(heartbleed=Flaw(state=FlawState.NO), lucky13=Flaw(state=FlawState.YES, condition=True))),
        ]
    )

    (groups,) = found.of(Aspect.GROUPS)
    assert [answer.answer for answer in groups.answers] == ["secp256r1", "nothing more"]
    (flaw,) = found.of(Aspect.FLAW)
    assert (flaw.subject, [answer.answer for answer in flaw.answers]) == ("heartbleed", ["yes", "no"])


def test_an_address_that_did_not_answer_is_missing_and_one_without_a_route_is_not() -> None:
    silent = dataclasses.replace(seen(B, None), topic="tls_suites", outcome=Outcome.TIMEOUT)
    no_route = dataclasses.replace(seen(C, None), topic="tls_suites", outcome=Outcome.NOT_ASSESSED)
    found = compare([seen(A, suites("X")), silent, no_route])

    assert found.missing == {"protocol": (B,), "suites": (B,)}
