"""The order of preference: whose it is, decided from the order in which a server chose. Pure."""

import dataclasses

from scanner.model.evidence.tls_suites import Preference
from scanner.model.suite_traits import traits
from scanner.wire.tls_registry import suite_name


def is_chacha(code: int) -> bool:
    """Whether the suite's cipher is ChaCha20, which servers may move up for clients that put it first."""
    return traits(suite_name(code)).cipher == "CHACHA20"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OrderCheck:
    """One question about the order: offer the accepted suites in `order`; `expect` maps an answer to what it means.

    An answer that is not in `expect` leaves the preference unknown.
    """

    order: tuple[int, ...]
    expect: dict[int, Preference]


def first_check(offered: tuple[int, ...], chosen: tuple[int, ...]) -> OrderCheck | Preference:
    """What to ask after removal chose `chosen`, in this order, from suites offered in the order `offered`.

    Where the server skipped a suite that stood earlier and was chosen later, the order is not the client's. With one
    suite nothing can be known. Where the answer is the server's order, the ChaCha question stays open.
    """
    if len(chosen) < 2:
        return Preference.UNKNOWN
    place = {code: at for at, code in enumerate(offered)}
    places = [place[code] for code in chosen]
    if places != sorted(places):
        return Preference.SERVER
    order = tuple(reversed(chosen))
    if is_chacha(order[0]):
        plain = next((code for code in order if not is_chacha(code) and code != chosen[0]), None)
        if plain is not None:
            order = (plain, *(code for code in order if code != plain))
    return OrderCheck(order=order, expect={order[0]: Preference.CLIENT, chosen[0]: Preference.SERVER})


def chacha_check(chosen: tuple[int, ...]) -> OrderCheck | None:
    """The question whether ChaCha20, put first by the client, moves up; None where it cannot make a difference.

    `chosen` are the accepted suites, the server's favourite first.
    """
    chacha = next((code for code in chosen if is_chacha(code)), None)
    if chacha is None or is_chacha(chosen[0]):
        return None
    others = tuple(code for code in reversed(chosen) if code != chacha)
    return OrderCheck(order=(chacha, *others), expect={chacha: Preference.SERVER_CHACHA, chosen[0]: Preference.SERVER})
