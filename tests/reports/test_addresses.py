"""Differences between addresses: counted where the answers are yes and no, listed where one has more than another."""

import dataclasses

from reports.facts.addresses import address_lines, address_sheets
from reports.registry import renderer
from scanner.model.codec import to_builtins
from scanner.model.derived import AddressDifference, Addresses, AnswerAt, Aspect, Derived
from tests.support.results import sample

PLACES = tuple(f"192.0.2.{number}:443" for number in (1, 2, 3))


def difference(aspect: Aspect, subject: str, *answers: str | None) -> AddressDifference:
    return AddressDifference(
        aspect=aspect,
        subject=subject,
        answers=tuple(AnswerAt(endpoint=place, answer=answer) for place, answer in zip(PLACES, answers, strict=False)),
    )


def derived(*differences: AddressDifference, unsettled: tuple[str, ...] = ()) -> Derived:
    compared = {aspect.value: PLACES for aspect in (Aspect.PROTOCOL, Aspect.SUITES)}
    return Derived(addresses=Addresses(compared=compared, differences=differences, unsettled=unsettled))


DIFFERENT = derived(
    difference(Aspect.PROTOCOL, "TLSv1.0", "yes", "no", "yes"),
    difference(Aspect.PROTOCOL, "TLSv1.1", "yes", "no", None),
    difference(Aspect.SUITES, "TLSv1.2", "TLS_A, TLS_B", "nothing more", "TLS_A, TLS_B"),
    unsettled=("staple: TLSv1.2",),
)


def test_what_is_yes_or_no_is_counted_and_has_a_column_an_address() -> None:
    counted, listed, unsettled = address_sheets(to_builtins(DIFFERENT))

    assert counted.columns == ("", *PLACES)
    assert counted.rows[0] == ("2 of 3 addresses accept TLSv1.0", "yes", "no", "yes")
    assert counted.rows[1] == ("1 of 2 addresses accepts TLSv1.1", "yes", "no", "could not be told")
    assert listed.rows == (("Suites, TLSv1.2", f"{PLACES[0]}, {PLACES[2]}", "TLS_A, TLS_B"),)
    assert unsettled.title == "Not known at every address: staple: TLSv1.2"


def test_lines_for_a_terminal() -> None:
    assert address_lines(to_builtins(DIFFERENT)) == (
        "2 of 3 addresses accept TLSv1.0",
        "1 of 2 addresses accepts TLSv1.1",
        "not the same suites: TLSv1.2",
    )


def test_addresses_that_are_alike_are_said_to_be_and_one_address_is_no_topic() -> None:
    assert address_lines(to_builtins(derived())) == ("3 compared, all alike",)
    (alike,) = address_sheets(to_builtins(derived()))
    assert alike.title == "3 addresses answer alike, as far as they were compared."
    alone = Derived(addresses=Addresses(compared={"protocol": PLACES[:1]}))
    assert address_sheets(to_builtins(alone)) == ()
    assert address_lines(to_builtins(alone)) == ()
    assert address_sheets(None) == ()


def test_the_page_has_the_table_after_the_findings() -> None:
    result = sample()
    target = dataclasses.replace(result.targets[0], derived=DIFFERENT)
    page = renderer("html").render(dataclasses.replace(result, targets=(target,))).decode()

    assert page.index("Differences between addresses") < page.index("What could not be known")
    assert "<td>2 of 3 addresses accept TLSv1.0</td>" in page
    assert "Differences between addresses" not in renderer("html").render(result).decode()
