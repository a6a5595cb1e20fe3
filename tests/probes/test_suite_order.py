"""Whose order of preference it is, asked from simulated servers of every kind."""

import pytest

from probes.suite_order import OrderCheck, chacha_check, first_check
from scanner.model.evidence.tls_suites import Preference

AES128, AES256, CHACHA, RSA = 0xC02F, 0xC030, 0xCCA8, 0x002F
OFFERED = (AES128, AES256, CHACHA, RSA)


def choose(order: tuple[int, ...], offered: tuple[int, ...], kind: Preference) -> int:
    """What a server of this kind chooses, with `order` as its own."""
    if kind is Preference.CLIENT:
        return next(code for code in offered if code in order)
    if kind is Preference.SERVER_CHACHA and offered[0] == CHACHA and CHACHA in order:
        return CHACHA
    return next(code for code in order if code in offered)


def decide(order: tuple[int, ...], kind: Preference) -> Preference:
    """Plays the whole game: removal, then the checks."""
    left, chosen = list(OFFERED), []
    while any(code in order for code in left):
        code = choose(order, tuple(left), kind)
        left.remove(code)
        chosen.append(code)

    def meaning(check: OrderCheck | Preference) -> Preference:
        if isinstance(check, Preference):
            return check
        return check.expect.get(choose(order, check.order, kind), Preference.UNKNOWN)

    found = meaning(first_check(OFFERED, tuple(chosen)))
    return meaning(chacha_check(tuple(chosen)) or found) if found is Preference.SERVER else found


@pytest.mark.parametrize(
    ("order", "kind", "expected"),
    [
        ((AES256, AES128, RSA), Preference.SERVER, Preference.SERVER),
        ((AES256, AES128, CHACHA), Preference.SERVER, Preference.SERVER),
        ((AES256, AES128, CHACHA), Preference.SERVER_CHACHA, Preference.SERVER_CHACHA),
        (OFFERED, Preference.SERVER, Preference.SERVER),
        (OFFERED, Preference.SERVER_CHACHA, Preference.SERVER_CHACHA),
        (OFFERED, Preference.CLIENT, Preference.CLIENT),
        ((AES128, AES256, CHACHA), Preference.CLIENT, Preference.CLIENT),
        ((AES128, RSA), Preference.SERVER, Preference.SERVER),
        ((CHACHA, AES128), Preference.SERVER, Preference.SERVER),
        ((AES128, CHACHA), Preference.CLIENT, Preference.CLIENT),
        ((AES128,), Preference.SERVER, Preference.UNKNOWN),
        ((), Preference.SERVER, Preference.UNKNOWN),
    ],
)
def test_every_kind_is_recognised(order: tuple[int, ...], kind: Preference, expected: Preference) -> None:
    assert decide(order, kind) is expected


def test_an_order_unlike_the_offered_one_needs_no_question() -> None:
    assert first_check(OFFERED, (AES256, AES128, RSA)) is Preference.SERVER
