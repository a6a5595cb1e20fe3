import base64
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.evidence.cookies import Holding
from scanner.wire.cookie_values import value_forms

CLAIMS: dict[str, object] = {"sub": "1", "iat": 1}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def jwt(claims: object, *, algorithm: object = "HS256", signature: str = "c2ln") -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}.{signature}"


@pytest.mark.parametrize(
    ("value", "place", "internal"),
    [
        ("1677787402.36895.0000", "10.1.1.100:8080", True),
        ("1677787402.20480.0000", "10.1.1.100:80", True),
        ("!1677787402.20480.0000", "10.1.1.100:80", True),
        ("134744072.47873.0000", "8.8.8.8:443", False),
        ("vi20010112000000000000000000000030.20480", "[2001:112::30]:80", False),
        ("vifd000000000000000000000000000030.20480", "[fd00::30]:80", True),
        ("rd5o00000000000000000000ffffc0a80201o80", "192.168.2.1:80", True),
        ("rd3o20010112000000000000000000000030o80", "[2001:112::30]:80", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3%3A8080", "10.1.2.3:8080", True),
        ("8.8.8.8", "8.8.8.8", False),
    ],
)
def test_addresses(value: str, place: str, internal: bool) -> None:
    forms = value_forms(value)

    assert forms.addresses == (place,)
    assert forms.internal == ((place,) if internal else ())
    assert set(forms.holds) <= {Holding.POOL_MEMBER, Holding.ADDRESS}


@pytest.mark.parametrize(
    "value",
    ["1677787402.20480.0001", "9999999999.20480.0000", "1.2.3", "1.2.3.4.5", "300.1.1.1", "127.0.0.1", "vi2001"],
)
def test_no_internal_addresses(value: str) -> None:
    assert value_forms(value).internal == ()


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (jwt({**CLAIMS, "exp": 2}), {Holding.JWT}),
        (jwt(CLAIMS), {Holding.JWT, Holding.JWT_WITHOUT_EXPIRY}),
        (jwt({**CLAIMS, "exp": 2}, algorithm="nOnE", signature=""), {Holding.JWT, Holding.JWT_UNSIGNED}),
        (f"Bearer%20{jwt(CLAIMS)}", {Holding.JWT, Holding.JWT_WITHOUT_EXPIRY}),
        (jwt({"exp": 1, "email": "ann@example.org"}), {Holding.JWT, Holding.EMAIL}),
        (f"{part({'user': 1})}.Zm9v.YmFy", set()),  # a signed cookie of Flask: no algorithm, no token
        (jwt(CLAIMS, algorithm=1), set()),
        ("eyJhbGciOiJIUzI1NiJ9.@@@.x", set()),
        ('a:1:{i:0;s:1:"x";}', {Holding.PHP_SERIALIZED}),
        ("a%3A1%3A%7Bi%3A0%3Bs%3A1%3A%22x%22%3B%7D", {Holding.PHP_SERIALIZED}),
        (base64.b64encode(b'O:4:"User":0:{}').decode(), {Holding.PHP_SERIALIZED}),
        (base64.b64encode(b"\xac\xed\x00\x05sr\x00\x01A").decode(), {Holding.JAVA_SERIALIZED}),
        ("AAEAAAD/////AQAAAAAAAAAMAgAAAF", {Holding.NET_BINARY}),
        ("/wEPDwUKMTY3NzE5MjIyMmRk", {Holding.NET_VIEWSTATE}),
        (base64.b64encode(pickle.dumps({"a": 1})).decode(), {Holding.PYTHON_PICKLE}),
        ("ann%40example.org", {Holding.EMAIL}),
        (base64.b64encode(b'{"mail":"ann@example.org"}').decode(), {Holding.EMAIL}),
        ("0123456789abcdef0123456789abcdef", set()),
        ("ann@localhost", set()),
        ("", set()),
    ],
)
def test_forms(value: str, holds: set[Holding]) -> None:
    assert set(value_forms(value).holds) == holds


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=300) | st.binary().map(lambda raw: raw.hex()))
def test_forms_of_anything_never_hold_the_value(value: str) -> None:
    forms = value_forms(value)

    assert len(forms.addresses) <= 9
    assert set(forms.internal) <= set(forms.addresses)


@pytest.mark.parametrize("value", ["a@" * 100_000, "%" * 100_000, "eyJ" + "a" * 100_000, "1." * 100_000, "{" * 100_000])
def test_long_values_take_no_time(value: str) -> None:
    assert Holding.JWT not in value_forms(value).holds
