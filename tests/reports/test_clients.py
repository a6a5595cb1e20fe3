"""The table of clients: one an endpoint, every answer in words, folded in the page."""

import dataclasses

from reports.facts.clients import client_lines, client_sheets
from reports.registry import renderer
from scanner.model.codec import to_builtins
from scanner.model.derived import ClientResult, Derived
from scanner.model.outcome import Answer
from tests.support.results import WEB, sample


def client(name: str, connects: Answer, **rest: object) -> ClientResult:
    known: dict[str, object] = {"endpoint": WEB, "client": name, "name": name, "version": "1", "date": "2026-11"}
    return ClientResult(connects=connects, **(known | rest))  # type: ignore[arg-type] # keyword by keyword, above


YES = client(
    "Cutter", Answer.YES, protocol="TLSv1.3", suite="TLS_AES_128_GCM_SHA256", group="x25519", forward_secret=Answer.YES
)
SEVERAL = client("Yawl", Answer.YES, protocol="TLSv1.2", suites=("TLS_A", "TLS_B"), groups=("x25519", "secp256r1"))
NO = client("Raft", Answer.NO, reason="no version in common: the client speaks TLSv1.0")
UNKNOWN = client("Ghost", Answer.UNKNOWN, protocol="TLSv1.2", reason="not all suites of TLSv1.2 are known")
DERIVED = Derived(clients=(YES, SEVERAL, NO, UNKNOWN))


def test_rows_say_what_is_negotiated_or_why_not() -> None:
    (sheet,) = client_sheets(to_builtins(DERIVED))

    assert sheet.title == f"{WEB}: 2 of 4 connect, 1 not known"
    assert sheet.rows == (
        ("Cutter 1", "2026-11", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "yes", ""),
        ("Yawl 1", "2026-11", "TLSv1.2", "one of TLS_A, TLS_B", "one of x25519, secp256r1", "unknown", ""),
        ("Raft 1", "2026-11", "does not connect", "", "", "", "no version in common: the client speaks TLSv1.0"),
        ("Ghost 1", "2026-11", "not known", "", "", "", "not all suites of TLSv1.2 are known"),
    )


def test_one_line_names_those_that_cannot_connect() -> None:
    many = Derived(clients=tuple(client(f"Raft {number}", Answer.NO) for number in range(7)))

    assert client_lines(to_builtins(DERIVED)) == ("2 of 4 connect, 1 not known; not: Raft 1",)
    assert client_lines(to_builtins(many))[0].endswith("Raft 4 1 and 2 more")
    assert client_lines({}) == ()
    assert client_sheets(None) == ()


def test_html_folds_the_table_and_the_console_has_the_line() -> None:
    result = sample()
    target = dataclasses.replace(result.targets[0], derived=DERIVED)
    result = dataclasses.replace(result, targets=(target,))
    shown = {name: renderer(name).render(result).decode() for name in ("html", "console")}

    place = shown["html"].index("Which clients can connect")
    assert shown["html"].rindex("<details", 0, place) > shown["html"].rindex("</details>", 0, place)
    assert "open" not in shown["html"][shown["html"].rindex("<details", 0, place) : place]
    assert "no version in common: the client speaks TLSv1.0" in shown["html"]
    assert "2 of 4 connect" in shown["console"]
