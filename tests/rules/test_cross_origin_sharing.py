"""Rules about CORS from raw lines: each origin by itself, and one finding for one carelessness."""

import pytest

from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.model.evidence.http_headers import OriginKind
from scanner.model.rule import Confidence, Severity
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass
from scanner.wire.origins import FOREIGN_ORIGIN, origins
from tests.rules.test_header_rules import judged
from tests.rules.test_http_good_sites import HTML, severities, verdicts
from tests.support.exchanges import HOST, asked, exchange, seen

ORIGINS = origins(HOST)
CREDENTIALS = "Access-Control-Allow-Credentials: true"


def echo(kind: OriginKind, *lines: str, method: str = "GET") -> Exchange:
    """An answer that allows the very origin that was asked with."""
    purpose = Purpose.PREFLIGHT if method == "OPTIONS" else Purpose.ORIGIN
    purpose = Purpose.REPEAT if kind is OriginKind.FOREIGN and method == "GET" else purpose
    line = f"Access-Control-Allow-Origin: {ORIGINS[kind]}"
    return asked(ORIGINS[kind], HTML, line, *lines, purpose=purpose, method=method)


class TestCors:
    @pytest.mark.parametrize(
        ("rule", "kind", "bare", "with_credentials"),
        [
            ("HDR024", OriginKind.NULL, Severity.LOW, Severity.HIGH),
            ("HDR033", OriginKind.SUFFIX, Severity.LOW, Severity.HIGH),
            ("HDR033", OriginKind.PREFIX, Severity.LOW, Severity.HIGH),
            ("HDR034", OriginKind.PLAIN, Severity.LOW, Severity.MEDIUM),
            ("HDR032", OriginKind.FOREIGN, None, Severity.HIGH),
        ],
    )
    def test_each_origin_by_itself(
        self, rule: str, kind: OriginKind, bare: Severity | None, with_credentials: Severity
    ) -> None:
        for lines, weight in (((), bare), ((CREDENTIALS,), with_credentials)):
            found = severities(verdicts(seen(exchange(HTML), echo(kind, "Vary: Origin", *lines))))
            own = {key: one for key, one in found.items() if key in {"HDR024", *(f"HDR0{n}" for n in range(32, 36))}}
            assert own == ({} if weight is None else {rule: weight})

    def test_a_reflection_is_certain_and_told_once(self) -> None:
        everybody = tuple(echo(kind, CREDENTIALS, "Vary: Origin") for kind in ORIGINS if kind is not OriginKind.NULL)
        found = verdicts(seen(exchange(HTML), *everybody))

        assert isinstance(found["HDR032"], Fail)
        assert found["HDR032"].faults[0].confidence is None
        assert isinstance(found["HDR033"], NotApplicable)
        assert isinstance(found["HDR034"], NotApplicable)
        assert isinstance(found["HDR035"], Pass)

    def test_everybody_let_in_is_one_finding(self) -> None:
        """Null, look-alikes, plain http and the missing Vary are all the same carelessness."""
        everybody = tuple(echo(kind, CREDENTIALS) for kind in ORIGINS)
        found = severities(verdicts(seen(exchange(HTML), *everybody)))

        assert {key for key in found if key in {"HDR023", "HDR024", "HDR025"} or "HDR031" < key < "HDR036"} == {
            "HDR032"
        }

    def test_a_fixed_null_is_told_all_the_same(self) -> None:
        line = "Access-Control-Allow-Origin: null"
        found = verdicts(seen(exchange(HTML, line), echo(OriginKind.FOREIGN, "Vary: Origin")))

        assert isinstance(found["HDR024"], Fail)

    def test_look_alikes_at_both_ends_are_one_finding(self) -> None:
        both = (echo(OriginKind.SUFFIX, "Vary: Origin"), echo(OriginKind.PREFIX, CREDENTIALS, "Vary: Origin"))
        found = judged("HDR033", more=both)

        assert isinstance(found, Fail)
        assert [(len(one.at), one.severity) for one in found.faults] == [(2, Severity.HIGH)]

    def test_no_credentials_in_so_many_words_is_no_fault(self) -> None:
        lines = ("Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: false")

        assert isinstance(judged("HDR025", *lines), Pass)
        assert isinstance(judged("HDR025", lines[0], "Access-Control-Allow-Credentials: yes"), Fail)

    def test_a_preflight_alone_is_less_sure(self) -> None:
        found = judged("HDR032", more=(echo(OriginKind.FOREIGN, CREDENTIALS, method="OPTIONS"),))

        assert isinstance(found, Fail)
        assert (found.faults[0].confidence, found.faults[0].severity) == (Confidence.FIRM, Severity.MEDIUM)

    def test_a_wildcard_without_credentials_is_fine(self) -> None:
        line = "Access-Control-Allow-Origin: *"
        found = verdicts(seen(exchange("Content-Type: application/json", line), asked(FOREIGN_ORIGIN, line)))

        assert {
            key for key in severities(found) if key in {"HDR023", "HDR024", "HDR025"} or "HDR031" < key < "HDR036"
        } == set()
        assert isinstance(found["HDR032"], Pass)

    def test_a_wildcard_with_credentials_in_the_answer_to_an_origin(self) -> None:
        answer = asked(FOREIGN_ORIGIN, HTML, "Access-Control-Allow-Origin: *", CREDENTIALS)
        found = judged("HDR023", more=(answer,))

        assert isinstance(found, Fail)
        assert found.faults[0].at == ("/cors/0",)
        assert isinstance(judged("HDR032", more=(answer,)), Pass)

    def test_caches_must_know(self) -> None:
        assert isinstance(judged("HDR035", more=(echo(OriginKind.FOREIGN),)), Fail)
        assert isinstance(judged("HDR035", more=(echo(OriginKind.FOREIGN, "Vary: accept, ORIGIN"),)), Pass)
        assert isinstance(judged("HDR035", more=(echo(OriginKind.FOREIGN, "Cache-Control: no-store"),)), Pass)
        assert isinstance(judged("HDR035", more=(echo(OriginKind.PLAIN),)), NotApplicable)

    def test_what_was_not_asked_is_not_assessed(self) -> None:
        found = verdicts(seen(exchange(HTML)))

        assert all(isinstance(found[key], NotAssessed) for key in ("HDR032", "HDR033", "HDR034"))
