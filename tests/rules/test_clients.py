"""Rules over simulated clients: old ones that are locked out are no fault, current ones are, and doubt stays doubt."""

import dataclasses

from scanner.model.derived import ClientResult, Derived
from scanner.model.evidence.tls_suites import Preference, ProtocolSupport, TlsSuites
from scanner.model.outcome import Answer
from scanner.rules.case import Case
from scanner.rules.clients import client_without_forward_secrecy, current_client_locked_out
from scanner.rules.suite_pages import AES_GCM, MODERN, STATIC_AES_CBC, example, listed
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown

HERE = MODERN.endpoint or ""


def client(
    name: str,
    *,
    current: bool = False,
    reference: bool = False,
    connects: Answer = Answer.YES,
    secret: Answer = Answer.YES,
    endpoint: str = HERE,
) -> ClientResult:
    return ClientResult(
        endpoint=endpoint,
        client=name.lower(),
        name=name,
        version="1",
        date="2026-11",
        current=current,
        reference=reference,
        connects=connects,
        forward_secret=secret,
        reason=None if connects is Answer.YES else "no version in common",
    )


def case(*clients: ClientResult, of: Case[TlsSuites] = MODERN) -> Case[TlsSuites]:
    return dataclasses.replace(of, derived=Derived(clients=clients))


def test_old_clients_that_are_locked_out_are_no_fault() -> None:
    seen = case(client("New", current=True, reference=True), client("Old", connects=Answer.NO, secret=Answer.UNKNOWN))

    assert isinstance(current_client_locked_out(seen), Pass)
    assert isinstance(client_without_forward_secrecy(seen), Pass)


def test_a_current_client_that_is_locked_out_is_named_with_the_reason() -> None:
    verdict = current_client_locked_out(case(client("New", current=True, reference=True, connects=Answer.NO)))

    assert isinstance(verdict, Fail)
    assert verdict.faults[0].arguments == {"clients": "New 1", "reasons": "no version in common"}


def test_a_modern_client_without_forward_secrecy() -> None:
    verdict = client_without_forward_secrecy(
        case(client("New", reference=True, secret=Answer.NO), client("Old", secret=Answer.NO))
    )

    assert isinstance(verdict, Fail)
    assert verdict.faults[0].arguments == {"clients": "New 1"}


def test_a_server_without_any_forward_secrecy_is_blamed_once() -> None:
    static = example(TLSv1_2=listed(STATIC_AES_CBC))

    verdict = client_without_forward_secrecy(case(client("New", reference=True, secret=Answer.NO), of=static))

    assert isinstance(verdict, NotApplicable)


def test_a_server_that_prefers_static_suites_is_blamed_once() -> None:
    both = dataclasses.replace(listed(STATIC_AES_CBC, AES_GCM), preference=Preference.SERVER)
    new = client("New", reference=True, secret=Answer.NO)

    assert isinstance(client_without_forward_secrecy(case(new, of=example(TLSv1_2=both))), NotApplicable)
    by_client = dataclasses.replace(both, preference=Preference.CLIENT)
    assert isinstance(client_without_forward_secrecy(case(new, of=example(TLSv1_2=by_client))), Fail)


def test_a_part_of_a_list_does_not_show_that_there_is_no_forward_secrecy() -> None:
    part = dataclasses.replace(listed(STATIC_AES_CBC), complete=Answer.UNKNOWN)
    open_end = client("New", reference=True, secret=Answer.UNKNOWN)

    assert isinstance(client_without_forward_secrecy(case(open_end, of=example(TLSv1_2=part))), Unknown)


def test_a_server_of_old_versions_alone_is_blamed_once() -> None:
    lost = client("New", current=True, reference=True, connects=Answer.NO)

    assert isinstance(current_client_locked_out(case(lost, of=example(TLSv1_0=listed(STATIC_AES_CBC)))), NotApplicable)


def test_versions_that_are_not_known_are_no_proof_that_nobody_connects() -> None:
    silent = ProtocolSupport(supported=Answer.UNKNOWN)
    lost = client("New", current=True, reference=True, connects=Answer.UNKNOWN, secret=Answer.UNKNOWN)

    assert isinstance(current_client_locked_out(case(lost, of=example(TLSv1_2=silent))), Unknown)


def test_doubt_is_no_pass() -> None:
    open_end = client("New", current=True, reference=True, connects=Answer.UNKNOWN, secret=Answer.UNKNOWN)

    assert isinstance(current_client_locked_out(case(open_end)), Unknown)
    assert isinstance(client_without_forward_secrecy(case(open_end)), Unknown)


def test_where_there_is_nothing_to_say() -> None:
    elsewhere = client("New", current=True, reference=True, connects=Answer.NO, endpoint="192.0.2.99:443")
    quick = dataclasses.replace(MODERN, evidence=dataclasses.replace(MODERN.evidence, listed=False))
    lost = client("New", current=True, reference=True, connects=Answer.NO)

    for rule in (current_client_locked_out, client_without_forward_secrecy):
        assert isinstance(rule(case(elsewhere)), NotAssessed)
        assert isinstance(rule(quick), NotAssessed)
        assert isinstance(rule(case(lost, of=example())), NotApplicable)
