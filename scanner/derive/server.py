"""Who answers: the front from its banner, its own pages and its habits; a back end from pages that are not the front's.

Rule of the room: rather unknown than guessed. A page names a back end only where its engine is neither the front's nor
a relative of it; each guess carries the observations that speak for it.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from scanner.derive.server_banners import Banner, banner, front_mark
from scanner.derive.server_reference import HabitMatch, PageMatch, Reference, built_in, habits
from scanner.model.derived import ServerGuess, ServerIdentity
from scanner.model.evidence.http_exchanges import HeaderField, HttpExchanges
from scanner.model.evidence.server_identity import Ending, OddReply, ReplyKind, ServerAnswers

HABIT_IS = 0.80
"""From this likeness on, habits alone name the front; chosen by hand. Lower values name more, and more wrong …"""

HABIT_MARGIN = 0.12
"""… if the next family of another engine is this far behind."""

HABIT_WITH_PAGE = 0.65
"""From this likeness on, habits and a page of the same engine name the front."""

HABIT_LIKE = 0.55
"""From this likeness on, a family is worth naming as a candidate."""

MAX_CANDIDATES = 3

PROXIES_ONLY = frozenset({"envoy", "haproxy", "nghttpx", "squid", "tinyproxy", "trafficserver", "varnish"})
"""Engines that never hold content of their own: who shows such a page stands in front."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _OwnPage:
    """An answer that shows an engine's own error page.

    `direct`: its head is what that engine itself sends. `handed_on`: somebody else kept the connection open.
    """

    reply: OddReply
    match: PageMatch
    direct: bool
    handed_on: bool


def identify(
    answers: ServerAnswers | None,
    exchanges: HttpExchanges | None = None,
    *,
    host: str = "",
    reference: Reference | None = None,
    blind: bool = False,
) -> ServerIdentity:
    """The front, a back end that gave itself away, and runners-up, from the evidence at one endpoint.

    `host` is the target's name, which error pages repeat. `reference` defaults to the built-in one. `blind` takes no
    notice of what header fields say.
    """
    known = reference or built_in()
    pages = _own_pages(answers, known, host)
    ordinary = _ordinary_fields(answers, exchanges)
    said = None if blind else _first(banner(fields) for fields in ordinary)
    mark = None if blind else _first(front_mark(fields) for fields in ordinary)
    error_said = None if blind else _error_banner(answers)
    ranked = () if answers is None else known.fronts(habits(answers))
    refused = answers is not None and bool(answers.refused())
    front = _front(said, mark, error_said, pages) or _front_by_habit(ranked, pages, refused=refused)
    backend = _backend(front, said, pages)
    taken = {guess.family for guess in (front, backend) if guess is not None}
    candidates = tuple(
        ServerGuess(
            family=one.family,
            engine=one.engine,
            confidence=round(one.likeness * 0.8, 2),
            because=(f"answers the odd requests like a recorded {one.family} (likeness {one.likeness:.2f})",),
        )
        for one in ranked
        if one.likeness >= HABIT_LIKE and one.family not in taken
    )
    return ServerIdentity(front=front, backend=backend, candidates=candidates[:MAX_CANDIDATES])


def _own_pages(answers: ServerAnswers | None, known: Reference, host: str) -> tuple[_OwnPage, ...]:
    plain = None if answers is None else answers.baseline
    if answers is None or plain is None:
        return ()
    found = []
    for reply in answers.replies:
        if reply.body is None or reply.status is None or reply.status < 400:
            continue
        if reply is not plain and reply.kind(plain) is not ReplyKind.REFUSED:
            continue
        match = known.page(reply.body.text, host)
        if match is not None:
            found.append(
                _OwnPage(
                    reply=reply,
                    match=match,
                    direct=known.answers_itself(match.engine, reply),
                    handed_on=known.handed_on(match.engine, reply),
                )
            )
    return tuple(found)


def _ordinary_fields(
    answers: ServerAnswers | None, exchanges: HttpExchanges | None
) -> tuple[tuple[HeaderField, ...], ...]:
    """The fields of every answer that any visitor gets: the user's own pages first, then the unguessable path."""
    found = [] if exchanges is None else [one.fields for one in exchanges.exchanges if one.same_host]
    if answers is not None and answers.baseline is not None:
        found.append(answers.baseline.fields)
    return tuple(found)


def _first(found: Iterable[Banner | None]) -> Banner | None:
    return next((one for one in found if one is not None), None)


def _error_banner(answers: ServerAnswers | None) -> Banner | None:
    """What the Server field of a refusal says that ended the connection: that one the front wrote itself."""
    if answers is None:
        return None
    return _first(banner(reply.fields) for _, reply in answers.refused() if reply.ending is not Ending.OPEN)


def _front(
    said: Banner | None, mark: Banner | None, error_said: Banner | None, pages: Sequence[_OwnPage]
) -> ServerGuess | None:
    """The front by what names it outright: a field of intermediaries, a proxy's page, a banner, a direct page."""
    if mark is not None:
        return _guess(mark.family, mark.engine, 0.9, pages, f"the field {mark.field}: {mark.value}")
    proxy = next((one for one in pages if one.match.engine in PROXIES_ONLY), None)
    if proxy is not None:
        return _guess(proxy.match.families[0], proxy.match.engine, 0.85, pages)
    if said is not None and error_said is not None and error_said.engine != said.engine:
        return _guess(
            error_said.family,
            error_said.engine,
            0.85,
            pages,
            f"its own refusals say {error_said.field}: {error_said.value}",
        )
    named = said or error_said
    if named is not None:
        if _only_handed_on([one for one in pages if one.match.engine == named.engine]):
            return None
        return _guess(named.family, named.engine, 0.85, pages, f"the field {named.field}: {named.value}")
    direct = next((one for one in pages if one.direct and one.reply.ending is not Ending.OPEN), None)
    return None if direct is None else _guess(_family(direct.match), direct.match.engine, 0.75, pages)


def _only_handed_on(pages: Sequence[_OwnPage]) -> bool:
    """Whether somebody else stands before the engine of these pages: it never ended the connection as it would."""
    return any(one.handed_on for one in pages) and not any(
        one.direct and one.reply.ending is not Ending.OPEN for one in pages
    )


def _guess(family: str, engine: str, confidence: float, pages: Sequence[_OwnPage], *because: str) -> ServerGuess:
    """A front, the surer for each of its own pages that was seen."""
    own = tuple(one for one in pages if one.match.engine == engine)
    if own:
        confidence = min(0.98, confidence + 0.08)
    return ServerGuess(
        family=family,
        engine=engine,
        confidence=round(confidence, 2),
        because=because + tuple(_words_of(one) for one in own),
    )


def _words_of(page: _OwnPage) -> str:
    return f"{page.reply.title}: {page.reply.status}, with the error page of {_family(page.match)}"


def _family(match: PageMatch) -> str:
    """The one family that has this page, else the name of the engine that several share."""
    return match.families[0] if len(match.families) == 1 else match.engine


def _front_by_habit(ranked: Sequence[HabitMatch], pages: Sequence[_OwnPage], *, refused: bool) -> ServerGuess | None:
    """The front by its habits, where one family is far more alike than any of another engine, or shows its page too.

    Who takes every odd request shows nothing of himself: `refused` says whether any was refused.
    """
    if not refused or not ranked:
        return None
    best = ranked[0]
    second = next((one.likeness for one in ranked if one.engine != best.engine), 0.0)
    alone = best.likeness >= HABIT_IS and best.likeness - second >= HABIT_MARGIN
    with_page = best.likeness >= HABIT_WITH_PAGE and any(
        one.direct and one.match.engine == best.engine for one in pages
    )
    if not alone and not with_page:
        return None
    because = f"answers the odd requests like a recorded {best.family} (likeness {best.likeness:.2f})"
    return _guess(best.family, best.engine, best.likeness * 0.8, pages, because)


def _backend(front: ServerGuess | None, said: Banner | None, pages: Sequence[_OwnPage]) -> ServerGuess | None:
    """A different engine's page that came through, or a banner that is not the front's."""
    foreign = [
        one
        for one in pages
        if one.match.engine not in PROXIES_ONLY
        and (front is None or one.match.engine != front.engine)
        and (front is None or front.family not in one.match.families)
        and (front is not None or not one.direct)
    ]
    if foreign:
        best = max(foreign, key=lambda one: one.match.strength)
        same = [one for one in foreign if one.match.engine == best.match.engine]
        if len({one.match.engine for one in foreign}) > 1:
            return None
        kept = any(not one.direct for one in same)
        confidence = best.match.strength * (0.97 if kept else 0.85)
        because = [_words_of(one) for one in same]
        if kept:
            because.append("the head of that answer is not what this software itself sends")
        return ServerGuess(
            family=_family(best.match),
            engine=best.match.engine,
            confidence=round(confidence, 2),
            because=tuple(because),
        )
    if front is not None and said is not None and said.engine != front.engine:
        return ServerGuess(
            family=said.family, engine=said.engine, confidence=0.7, because=(f"the field {said.field}: {said.value}",)
        )
    return None
