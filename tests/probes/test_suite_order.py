"""Whose order of preference it is, asked from simulated servers of every kind."""

import itertools

import pytest

from probes.suite_order import MAX_QUESTIONS, OrderLog, is_chacha
from scanner.model.evidence.tls_suites import Preference

AES128, AES256, CHACHA, RSA = 0xC02F, 0xC030, 0xCCA8, 0x002F
FIRST = (CHACHA, AES128, AES256, RSA)
THEN = (AES256, AES128, RSA, CHACHA)
KINDS = (Preference.CLIENT, Preference.SERVER, Preference.SERVER_CHACHA)


def choose(order: tuple[int, ...], offered: tuple[int, ...], kind: Preference, *, like_go: bool = False) -> int | None:
    """What a server of this kind chooses, with `order` as its own."""
    known = [code for code in offered if code in order]
    if kind is Preference.CLIENT:
        return next(iter(known), None)
    moved_up = known and known[0] not in {AES128, AES256} if like_go else is_chacha(next(iter(offered), 0))
    if kind is Preference.SERVER_CHACHA and moved_up and CHACHA in known:
        return CHACHA
    return next((code for code in order if code in offered), None)


def play(order: tuple[int, ...], kind: Preference, *, like_go: bool = False) -> tuple[OrderLog, int]:
    """Plays the whole game, removal and then the questions: the log and how many questions it took."""
    log, left, arranged = OrderLog(), list(FIRST), FIRST
    while (code := choose(order, tuple(one for one in arranged if one in left), kind, like_go=like_go)) is not None:
        log.add(tuple(one for one in arranged if one in left), code)
        left.remove(code)
        arranged = THEN
    asked = 0
    while asked < MAX_QUESTIONS and (question := log.question()) is not None:
        answer = choose(order, question, kind, like_go=like_go)
        assert answer is not None
        log.add(question, answer)
        asked += 1
    return log, asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "order", [one for size in (2, 3, 4) for one in itertools.permutations((AES128, AES256, CHACHA, RSA), size)]
)
def test_every_kind_is_recognised_with_two_questions_at_most(order: tuple[int, ...], kind: Preference) -> None:
    log, _ = play(order, kind)
    expected = kind
    if kind is Preference.SERVER_CHACHA and (CHACHA not in order or order[0] == CHACHA):
        expected = Preference.SERVER
    elif kind is Preference.SERVER_CHACHA and len(order) == 2:
        expected = Preference.CLIENT  # it always gives the client what that has first
    assert log.decided() is expected


@pytest.mark.parametrize("order", list(itertools.permutations((AES128, AES256, CHACHA), 3)))
def test_go_is_a_server_that_moves_chacha_up(order: tuple[int, ...]) -> None:
    log, _ = play(order, Preference.SERVER_CHACHA, like_go=True)
    assert log.decided() in {Preference.SERVER_CHACHA, Preference.SERVER}
    assert (log.decided() is Preference.SERVER) == (order[0] == CHACHA)


def test_one_suite_tells_nothing() -> None:
    log, asked = play((AES128,), Preference.SERVER)
    assert log.decided() is Preference.UNKNOWN
    assert asked == 0


def test_an_order_unlike_the_offered_one_needs_no_question() -> None:
    log, asked = play((AES256, AES128, RSA), Preference.SERVER)
    assert log.possible() == {Preference.SERVER}
    assert asked == 0


def test_choices_of_no_order_at_all() -> None:
    log = OrderLog()
    log.add((AES128, AES256, RSA), AES256)
    log.add((AES128, AES256, RSA), AES128)
    assert log.possible() == set()
    assert log.question() is None


def test_the_rank_of_chacha_is_where_it_stood_when_it_was_not_moved_up() -> None:
    log = OrderLog()
    log.add((CHACHA, AES128, AES256), CHACHA)
    log.add((AES128, AES256, CHACHA), AES256)
    log.add((AES128, CHACHA), AES128)
    assert log.possible() == {Preference.SERVER_CHACHA}
    assert log.ranked(Preference.SERVER_CHACHA) == (AES256, AES128, CHACHA)


def test_dhe_is_compared_only_among_hellos_that_name_its_groups_or_only_among_the_others() -> None:
    dhe = 0x009E
    log = OrderLog()
    log.add((AES256, dhe, AES128), AES256, named=False)
    log.add((dhe, AES128), AES128, named=False)  # refused without a named group
    log.add((dhe,), dhe, named=True)
    assert log.possible() == {Preference.CLIENT, Preference.SERVER}
