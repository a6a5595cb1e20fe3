"""What answers to requests with an Origin allow, as browsers read them."""

import dataclasses

import pytest

from probes.cors_answers import cors_check, origin_kind, read_cors
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import OriginKind
from scanner.wire.origins import origins
from tests.support.exchanges import HOST, asked, exchange, seen

FOREIGN = "https://leadline-0.example"


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        (FOREIGN, OriginKind.FOREIGN),
        ("null", OriginKind.NULL),
        (f"https://{HOST}.leadline-0.example", OriginKind.SUFFIX),
        (f"https://leadline-0{HOST}", OriginKind.PREFIX),
        (f"https://sub.{HOST}", OriginKind.FOREIGN),
        (f"http://{HOST}", OriginKind.PLAIN),
        ("nonsense", OriginKind.FOREIGN),
    ],
)
def test_what_an_origin_is_to_the_host(origin: str, kind: OriginKind) -> None:
    assert origin_kind(origin, f"https://{HOST}/a") is kind


@pytest.mark.parametrize(
    ("allow_origin", "allow_credentials", "readable", "with_credentials"),
    [
        (None, None, False, False),
        (None, "true", False, False),
        ("*", None, True, False),
        ("*", "true", True, False),
        (FOREIGN, None, True, False),
        (FOREIGN, "true", True, True),
        (FOREIGN, "TRUE", True, False),
        (FOREIGN, "true, true", True, False),
        (FOREIGN.upper(), "true", False, False),
        (f"{FOREIGN}/", "true", False, False),
        (f"{FOREIGN}, {FOREIGN}", "true", False, False),
        ("https://other.example", "true", False, False),
    ],
)
def test_the_cors_check(
    allow_origin: str | None, allow_credentials: str | None, readable: bool, with_credentials: bool
) -> None:
    assert cors_check(FOREIGN, allow_origin, allow_credentials, credentials=False) is readable
    assert cors_check(FOREIGN, allow_origin, allow_credentials, credentials=True) is with_credentials


def test_the_origins_that_a_scan_sends_keep_their_kinds() -> None:
    sent = origins(HOST)
    found = read_cors(seen(*(asked(one, purpose=Purpose.ORIGIN) for one in sent.values())), HOST)

    assert [one.kind for one in found] == list(sent)
    assert set(sent) == set(OriginKind)


def test_every_question_is_kept_in_order() -> None:
    reflected = (f"Access-Control-Allow-Origin: {FOREIGN}", "Access-Control-Allow-Credentials: true")
    found = read_cors(
        seen(
            asked(None, *reflected),
            asked(FOREIGN, *reflected, "Vary: Accept-Encoding, origin"),
            asked(
                FOREIGN,
                *reflected,
                "Access-Control-Allow-Methods: GET, PUT",
                "Access-Control-Allow-Methods: DELETE",
                "Access-Control-Allow-Headers: x-a",
                purpose=Purpose.PREFLIGHT,
                method="OPTIONS",
                status=204,
            ),
            asked("null", "Access-Control-Allow-Origin: null", "Vary: *", purpose=Purpose.ORIGIN),
            exchange(*reflected),
        ),
        HOST,
    )

    assert [(one.kind, one.preflight, one.readable, one.with_credentials, one.vary_origin) for one in found] == [
        (OriginKind.FOREIGN, False, True, True, True),
        (OriginKind.FOREIGN, True, True, True, False),
        (OriginKind.NULL, False, True, False, True),
    ]
    assert (found[1].methods, found[1].headers) == ("GET, PUT, DELETE", "x-a")


def test_a_preflight_answered_with_an_error_opens_nothing() -> None:
    refused = asked(FOREIGN, "Access-Control-Allow-Origin: *", purpose=Purpose.PREFLIGHT, method="OPTIONS", status=405)
    (found,) = read_cors(seen(refused), HOST)

    assert (found.allow_origin, found.readable) == ("*", False)


def test_a_redirect_and_another_host_are_not_read() -> None:
    line = f"Access-Control-Allow-Origin: {FOREIGN}"
    moved = asked(FOREIGN, line, "Location: /a", status=302)
    away = dataclasses.replace(asked(FOREIGN, line), own=False, same_host=False)

    assert [one.readable for one in read_cors(seen(moved, away), HOST)] == [False]
