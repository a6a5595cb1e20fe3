"""The turns of phrase that reports share."""

import pytest

from reports.wording import clipped, ending, sentence, several, spans


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("timeout", "connect", "no answer in 5.0 s"), "timeout at connect: no answer in 5.0 s"),
        (("refused", "connect", ""), "refused at connect"),
        (("refused", "", "refused at connect"), "refused at connect"),
        (("not-assessed", "", "no certificate was seen"), "no certificate was seen"),
        (("not-assessed", "", ""), "not assessed"),
        (("not-applicable", "", "the target is an address"), "does not apply: the target is an address"),
        (("reset", "", ""), "reset"),
    ],
)
def test_an_ending_says_nothing_twice(parts: tuple[str, str, str], said: str) -> None:
    assert ending(*parts) == said


def test_runs_of_rules_are_drawn_together() -> None:
    rules = ("CRT001", "CRT002", "CRT003", "CRT005", "TLS001", "TLS002", "x<1>")
    assert spans(rules) == ("CRT001 to CRT003", "CRT005", "TLS001", "TLS002", "x<1>")
    assert spans(()) == ()


def test_several() -> None:
    assert several(("a", "b"), 2) == "a, b"
    assert several(("a", "b", "c"), 1) == "a and 2 more"


def test_only_a_plain_word_gets_a_capital() -> None:
    assert sentence("trust store") == "Trust store"
    assert [sentence(one) for one in ("max-age is", "HSTS is", "")] == ["max-age is", "HSTS is", ""]


def test_long_texts_end_with_a_whole_word() -> None:
    assert clipped("short", 10) == "short"
    assert clipped("one, two three", 9) == "one, two …"
    assert clipped("one, two three", 6) == "one …"
    assert clipped("x" * 20, 10) == f"{'x' * 10} …"
