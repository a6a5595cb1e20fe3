"""HTTPS records in presentation form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.https_record import MAX_PARAMETERS, parse_https_record


def test_escapes_in_a_list() -> None:
    # RFC 9460 appendix D.2: one id with a backslash and a comma in it, and another.
    found = parse_https_record('16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"')
    assert (found.priority, found.target, found.alpn) == (16, "foo.example.org", ("f\\oo,bar", "h2"))


def test_a_record_without_parameters() -> None:
    found = parse_https_record("0 alias.example.")
    assert (found.priority, found.target, found.alpn, found.ech_configs) == (0, "alias.example", (), None)


@pytest.mark.parametrize("ech", ["", "AAAA", "not base64", "AEX+DQBB", "\\255"])
def test_an_ech_that_cannot_be_read(ech: str) -> None:
    found = parse_https_record(f'1 . alpn="h3" ech="{ech}"')
    assert (found.alpn, found.ech_configs, found.ech_public_names) == (("h3",), 0, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "x .",
        "65536 .",
        "1 . alpn=h2",
        '1 . alpn="h2" alpn="h3"',
        '1 . port="x"',
        '1 . port="65536"',
        '1 . alpn="\\256"',
        '1 .  alpn="h2"',
        "1 ." + "".join(f" key{number}" for number in range(MAX_PARAMETERS + 1)),
    ],
)
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(Malformed):
        parse_https_record(text)


@given(st.text(max_size=60), st.sampled_from(["", "1 . ", '1 . alpn="', '1 . ech="', "1 . port="]))
def test_any_text_is_a_record_or_malformed(text: str, before: str) -> None:
    try:
        found = parse_https_record(before + text)
    except Malformed:
        return
    assert found.priority >= 0
