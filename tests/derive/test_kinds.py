import dataclasses

import pytest

from scanner.derive.kinds import target_kind
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.target import TargetKind
from tests.support.exchanges import HOST, exchange, missing, seen, to_https

HTML = "Content-Type: text/html; charset=utf-8"
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("lines", "status", "kind"),
    [
        ([HTML], 200, TargetKind.PAGE),
        (["content-type: APPLICATION/XHTML+XML"], 200, TargetKind.PAGE),
        (["Content-Type: text/plain", HTML], 200, TargetKind.PAGE),
        ([HTML], 401, TargetKind.PAGE),
        ([HTML], 403, TargetKind.PAGE),
        ([HTML], 404, TargetKind.UNKNOWN),
        ([HTML], 503, TargetKind.UNKNOWN),
        ([JSON], 200, TargetKind.API),
        ([JSON], 404, TargetKind.API),
        (["Content-Type: application/problem+json"], 404, TargetKind.API),
        (["Content-Type: text/plain"], 200, TargetKind.API),
        (["Content-Type: text/plain"], 404, TargetKind.UNKNOWN),
        ([], 200, TargetKind.UNKNOWN),
        ([], 204, TargetKind.API),
    ],
)
def test_by_type_and_status(lines: list[str], status: int, kind: TargetKind) -> None:
    found, because = target_kind(seen(exchange(*lines, status=status), missing(), to_https()))

    assert found is kind
    assert because


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("\n <!DOCTYPE html><p>x", TargetKind.PAGE),
        ("<!-- c --><p>", TargetKind.PAGE),
        ("<html lang=en>", TargetKind.PAGE),
        ("hello", TargetKind.UNKNOWN),
        ("<htmlx>", TargetKind.UNKNOWN),
        (" " * 5000, TargetKind.UNKNOWN),
    ],
)
def test_without_a_type_the_body_tells(body: str, kind: TargetKind) -> None:
    assert target_kind(seen(exchange(body=body)))[0] is kind


def test_redirects_within_the_host_end_at_its_page() -> None:
    hops = (exchange("Location: /home", status=302), exchange(HTML, url=f"https://{HOST}/home", hop=1))

    assert target_kind(seen(*hops))[0] is TargetKind.PAGE


def test_another_host_makes_a_redirect() -> None:
    away = (exchange("Location: https://example.net/", status=301), exchange(HTML, url="https://example.net/", hop=1))

    assert target_kind(seen(*away))[0] is TargetKind.REDIRECT
    assert target_kind(seen(away[0]))[0] is TargetKind.REDIRECT


@pytest.mark.parametrize("location", ["/", "javascript:alert(1)", "https://[", "\x00"])
def test_a_redirect_that_does_not_end_is_unknown(location: str) -> None:
    one = dataclasses.replace(exchange("Location: x", status=302), location=PeerText(location))

    assert target_kind(seen(one))[0] is TargetKind.UNKNOWN


def test_blocked_failed_and_unasked_are_unknown() -> None:
    failed = dataclasses.replace(exchange(HTML), status=None, outcome=Outcome.TIMEOUT, stage=Stage.RESPONSE_HEAD)

    assert target_kind(seen(exchange(HTML, status=403), block="cf-mitigated: challenge"))[0] is TargetKind.UNKNOWN
    assert target_kind(seen(failed)) == (TargetKind.UNKNOWN, "the entry could not be read (timeout)")
    assert target_kind(seen())[0] is TargetKind.UNKNOWN
