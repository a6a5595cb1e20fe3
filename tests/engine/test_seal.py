"""Sealing: no cookie value and no secret of the user's stays in the evidence, wherever the server put it."""

import pytest

from scanner.engine.seal import REDACTED, seal, without_cookie_value
from scanner.model.evidence.http_exchanges import Body, Exchange, HeaderField, HttpExchanges, Purpose
from scanner.model.observation import Observation
from scanner.model.options import HeaderOption
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from tests.support.probes import Note
from tests.support.sessions import session_for

SECRET = "Bearer 0123456789abcdef"


def observed(evidence: object) -> Observation[object]:
    return session_for(("127.0.0.1", 1)).observe(evidence)


def exchange(*fields: tuple[str, str], text: str = "") -> HttpExchanges:
    one = Exchange(
        purpose=Purpose.ENTRY,
        hop=0,
        method="GET",
        url=PeerText("https://www.example.org/"),
        same_host=True,
        endpoint="127.0.0.1:443",
        outcome=Outcome.OK,
        status=200,
        fields=tuple(HeaderField(name=PeerText(name), value=PeerText(value)) for name, value in fields),
        body=Body(size=len(text), complete=True, sha256="", text=PeerText(text)),
    )
    return HttpExchanges(exchanges=(one,))


def test_cookie_values_become_length_and_hash() -> None:
    sealed = without_cookie_value("sid=abc123; Path=/; Secure")

    assert sealed.startswith("sid=[6 characters, sha256 ")
    assert sealed.endswith("]; Path=/; Secure")
    assert without_cookie_value("sid=; Max-Age=0") == "sid=; Max-Age=0"
    assert without_cookie_value("; Path=/") == "; Path=/"


def test_a_value_without_a_name_and_a_second_cookie_are_sealed_too() -> None:
    nameless = without_cookie_value("abc123; Path=/; Secure")  # RFC 6265bis section 5.6: all of it is the value
    joined = without_cookie_value("a=1; token=abc123; HttpOnly")

    assert nameless.startswith("[6 characters, sha256 ")
    assert nameless.endswith("]; Path=/; Secure")
    assert joined.endswith("]; HttpOnly")
    assert "abc123" not in nameless + joined


def test_set_cookie_is_sealed_in_every_spelling() -> None:
    (one,) = seal([observed(exchange(("sEt-CoOkIe", "sid=abc123"), ("Server", "nginx")))], ())

    assert "abc123" not in repr(one)
    assert "nginx" in repr(one)


def test_secrets_are_found_wherever_the_server_repeats_them() -> None:
    headers = (HeaderOption(name="Authorization", value=SECRET),)
    seen = exchange(("X-Echo", f"you sent {SECRET}"), text=f"<pre>{SECRET}</pre>")

    (one,) = seal([observed(seen)], headers)

    assert SECRET not in repr(one)
    assert repr(one).count(REDACTED) == 2


@pytest.mark.parametrize(
    ("name", "value", "repeated"),
    [
        ("authorization", SECRET, "0123456789abcdef"),
        ("Cookie", "theme=dark; sid=0123456789abcdef", "0123456789abcdef"),
    ],
)
def test_the_secret_part_of_a_value_is_found_alone(name: str, value: str, repeated: str) -> None:
    (one,) = seal([observed(exchange(text=f"token {repeated} theme dark"))], (HeaderOption(name=name, value=value),))

    assert repeated not in repr(one)
    assert "theme dark" in repr(one)


def test_what_holds_nothing_secret_stays_the_same_object() -> None:
    before = observed(Note(text=PeerText("seen")))

    assert seal([before], (HeaderOption(name="A", value=SECRET),)) == (before,)
