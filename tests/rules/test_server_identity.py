"""The rules about server identity beyond their own examples."""

import dataclasses

import pytest

from scanner.model.derived import Derived, ServerIdentity
from scanner.model.evidence.server_identity import BASELINE, ServerAnswers
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence
from scanner.rules.case import Case
from scanner.rules.server_examples import APACHE_PAGE, BACKEND, FRONT, QUIET, example, reply_to
from scanner.rules.server_identity import (
    error_page_names_product,
    error_page_names_version,
    hidden_backend_revealed,
    oversized_request_server_error,
    root_page_changed_by_probing,
    server_field_only_on_errors,
)
from scanner.rules.verdict import Fail, NotAssessed, Pass, Unknown

HIDDEN = Derived(server=ServerIdentity(front=FRONT, backend=BACKEND))


def page(text: str) -> Case[ServerAnswers]:
    return example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, text))


def test_the_message_names_front_back_end_request_and_status() -> None:
    verdict = hidden_backend_revealed(example(APACHE_PAGE, QUIET, derived=HIDDEN))
    assert isinstance(verdict, Fail)
    [fault] = verdict.faults
    assert fault.message.format(**fault.arguments) == (
        "apache behind nginx gives itself away with an error page of its own (request: 110 small header fields; status"
        " 400)"
    )
    assert fault.at == ("/replies/1",)
    assert fault.confidence is Confidence.FIRM


def test_a_guess_is_tentative() -> None:
    guess = dataclasses.replace(BACKEND, confidence=0.6)
    derived = Derived(server=ServerIdentity(front=FRONT, backend=guess))
    verdict = hidden_backend_revealed(example(APACHE_PAGE, derived=derived))
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].confidence is Confidence.TENTATIVE


def test_a_back_end_that_ordinary_answers_name_is_not_hidden() -> None:
    open_about_it = reply_to(BASELINE, "plain GET", 404, server="Apache/2.4.68")
    assert isinstance(hidden_backend_revealed(example(APACHE_PAGE, derived=HIDDEN, baseline=open_about_it)), Pass)


def test_without_a_known_front_it_is_unknown() -> None:
    derived = Derived(server=ServerIdentity(backend=BACKEND))
    assert isinstance(hidden_backend_revealed(example(APACHE_PAGE, derived=derived)), Unknown)


@pytest.mark.parametrize(
    "check",
    [
        hidden_backend_revealed,
        error_page_names_version,
        error_page_names_product,
        server_field_only_on_errors,
        oversized_request_server_error,
    ],
)
def test_without_a_plain_answer_nothing_is_known(check: object) -> None:
    assert callable(check)
    assert isinstance(check(Case(evidence=ServerAnswers(path="/leadline-0", replies=()))), Unknown)


@pytest.mark.parametrize(
    ("text", "version", "name"),
    [
        ("<hr><center>nginx/1.22.1</center>", True, False),
        ("<hr><center>nginx</center>", False, True),
        ("<address>Apache/2.4.68 (Debian) Server at a Port 80</address>", True, False),
        ("<address>Apache Server at a Port 80</address>", False, True),
        ("<h3>Apache Tomcat/10.1.55</h3>", True, False),
        ("<hr>Powered by Jetty:// 12.0.20<hr/>", True, False),
        ("<hr><a href='https://jetty.org/'>Powered by Jetty:// 9.4.57.v20241219</a>", True, False),
        ("Our boats leave from Jetty 3; the Apache people; grilled squid", False, False),
        ("https://example.org/nginx-course and my_nginx", False, False),
        ("", False, False),
    ],
)
def test_products_on_pages(text: str, version: bool, name: bool) -> None:
    assert isinstance(error_page_names_version(page(text)), Fail) is version
    assert isinstance(error_page_names_product(page(text)), Fail) is name


def test_a_site_that_is_down_anyway_is_no_fault_of_the_request() -> None:
    down = reply_to(BASELINE, "plain GET", 502)
    odd = reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 503)
    assert isinstance(oversized_request_server_error(example(odd, baseline=down)), Unknown)


def test_a_visit_that_ended_early_leaves_the_root_page_unassessed() -> None:
    case = example(QUIET, changed=Answer.UNKNOWN)
    stopped = dataclasses.replace(case.evidence, stopped=PeerText("sign of a block"))
    assert isinstance(root_page_changed_by_probing(case), Unknown)
    assert isinstance(root_page_changed_by_probing(dataclasses.replace(case, evidence=stopped)), NotAssessed)
