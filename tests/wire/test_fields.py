import contextlib
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.fields import (
    MAX_MEMBERS,
    Date,
    DisplayString,
    InnerList,
    Item,
    Token,
    parse_dictionary,
    parse_item,
    parse_list,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-0", 0),
        ("999999999999999", 999_999_999_999_999),
        ("1.5", decimal.Decimal("1.5")),
        ("-123456789012.125", decimal.Decimal("-123456789012.125")),
        ('"hello \\"world\\" \\\\"', 'hello "world" \\'),
        ('""', ""),
        ("same-origin", Token("same-origin")),
        ("*foo/bar:baz", Token("*foo/bar:baz")),
        (":aGVsbG8=:", b"hello"),
        (":aGVsbG8:", b"hello"),
        ("::", b""),
        ("?1", True),
        ("?0", False),
        ("@1659578233", Date(1_659_578_233)),
        ('%"f%c3%bc%c3%bc"', DisplayString("füü")),
        ("  a  ", Token("a")),
    ],
)
def test_bare_items(text: str, value: object) -> None:
    item = parse_item([text])

    assert item.value == value
    assert type(item.value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "--1",
        "1.",
        "1.2345",
        "1234567890123.1",
        "1000000000000000",
        '"unclosed',
        '"bad \\escape"',
        '"tab\t"',
        '"ü"',
        "'single'",
        "same-origin, same-origin",
        "a b",
        ":bad!:",
        ":YQ=a=:",
        ":unclosed",
        "?2",
        "?",
        "@1.5",
        "@",
        '%"%C3%BC"',
        '%"%ff"',
        '%"open',
        "a;",
        "a;B=1",
        "a;b=",
        "(a b)",
        "é",
        "\u0661",  # an Arabic-Indic digit is no DIGIT
    ],
)
def test_what_is_no_item(text: str) -> None:
    with pytest.raises(Malformed):
        parse_item([text])


def test_parameters_keep_the_last_of_equal_keys() -> None:
    item = parse_item(['require-corp; report-to="a"; x;report-to="b"'])

    assert item == Item(Token("require-corp"), {"report-to": "b", "x": True})


def test_lists_and_inner_lists() -> None:
    assert parse_list(['sugar, tea;q=0.5 ,\t("a" b);c']) == (
        Item(Token("sugar")),
        Item(Token("tea"), {"q": decimal.Decimal("0.5")}),
        InnerList((Item("a"), Item(Token("b"))), {"c": True}),
    )
    assert parse_list(["a", "b"]) == (Item(Token("a")), Item(Token("b")))
    assert parse_list([""]) == ()
    assert parse_list(["(  )"]) == (InnerList(()),)


def test_dictionaries() -> None:
    read = parse_dictionary(['camera=(), geolocation=(self "https://a.example"), a, b;x=1, a=2'])

    assert list(read) == ["camera", "geolocation", "a", "b"]
    assert read["camera"] == InnerList(())
    assert read["geolocation"] == InnerList((Item(Token("self")), Item("https://a.example")))
    assert read["a"] == Item(2)
    assert read["b"] == Item(value=True, parameters={"x": 1})


@pytest.mark.parametrize("text", ["a,", "a,,b", "a b", "(a", "(a b", "(a,b)", ",a", "a=1", "(a)b"])
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(Malformed):
        parse_list([text])


@pytest.mark.parametrize("text", ["camera 'none'", "Camera=()", "a=", "a=1,", "a=(", "1=a"])
def test_what_is_no_dictionary(text: str) -> None:
    with pytest.raises(Malformed):
        parse_dictionary([text])


def test_caps() -> None:
    with pytest.raises(Malformed, match="members"):
        parse_list([",".join("a" for _ in range(MAX_MEMBERS + 1))])
    with pytest.raises(Malformed, match="longer"):
        parse_item(["a" * 70_000])


LIKELY = st.text(alphabet='aA1-.,;=()"\\?@%:* \t/_é', max_size=40)


@given(st.lists(LIKELY | st.text(max_size=40), max_size=4))
def test_a_value_or_malformed(lines: list[str]) -> None:
    for parse in (parse_item, parse_list, parse_dictionary):
        with contextlib.suppress(Malformed):
            parse(lines)


BARE = (
    st.integers(-(10**15) + 1, 10**15 - 1).map(lambda n: (str(n), n))
    | st.from_regex(r"[a-z*][a-z0-9/:.-]{0,10}", fullmatch=True).map(lambda t: (t, Token(t)))
    | st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=12).map(
        lambda s: ('"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"', s)
    )
    | st.booleans().map(lambda b: (f"?{int(b)}", b))
)


@given(st.lists(BARE, min_size=1, max_size=8))
def test_what_is_serialized_reads_back_in_one_line_or_many(values: list[tuple[str, object]]) -> None:
    expected = tuple(Item(value) for _, value in values)  # type: ignore[arg-type]

    assert parse_list([", ".join(text for text, _ in values)]) == expected
    assert parse_list([text for text, _ in values]) == expected
