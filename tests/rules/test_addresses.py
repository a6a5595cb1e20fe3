"""Rules over differences between addresses: what is not known at one of them is no pass there."""

import dataclasses

from scanner.model.derived import AddressDifference, Addresses, AnswerAt, Aspect, Derived
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.rules.addresses import protocols_differ
from scanner.rules.case import Case
from scanner.rules.verdict import Fail, NotApplicable, Pass, Unknown, Verdict

ONE, TWO, THREE = "192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"


def judged_at(endpoint: str, **answers: str | None) -> Verdict:
    """The verdict at `endpoint` where TLS 1.0 is answered so by the addresses `one`, `two` and `three`."""
    places = {"one": ONE, "two": TWO, "three": THREE}
    seen = tuple(AnswerAt(endpoint=places[key], answer=answer) for key, answer in answers.items())
    differs = len({one.answer for one in seen if one.answer is not None}) > 1
    difference = AddressDifference(aspect=Aspect.PROTOCOL, subject="TLSv1.0", answers=seen)
    addresses = Addresses(
        compared={Aspect.PROTOCOL.value: (ONE, TWO, THREE)}, differences=(difference,) if differs else ()
    )
    case = Case(evidence=TlsSuites(protocols={}, offered=0), derived=Derived(addresses=addresses))
    return protocols_differ(dataclasses.replace(case, endpoint=endpoint))


def test_every_address_whose_answer_is_known_is_told_of_the_difference() -> None:
    for endpoint in (ONE, TWO):
        assert isinstance(judged_at(endpoint, one="yes", two="no", three="no"), Fail)


def test_an_address_that_could_not_tell_is_not_like_the_others() -> None:
    assert isinstance(judged_at(THREE, one="yes", two="no", three=None), Unknown)


def test_an_address_to_which_the_question_does_not_come_is_not_said_to_answer_alike() -> None:
    assert isinstance(judged_at(THREE, one="yes", two="no"), NotApplicable)


def test_all_alike() -> None:
    assert isinstance(judged_at(THREE, one="no", two="no", three="no"), Pass)
