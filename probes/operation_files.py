"""The two files that sites write for others, out of the exchanges: security.txt and robots.txt.

Rule of the file: absent needs an answer that says so, an error status or another kind of page; a block says nothing.
"""

import dataclasses

from probes.block_signs import block_sign
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.operation import Robots, SecurityTxt
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.wire.media_type import essence
from scanner.wire.robots_txt import disallowed_paths, is_robots_txt, names_inner_area
from scanner.wire.security_txt import parse_security_txt

ABSENT_STATUSES = frozenset({401, 403, 404, 405, 410})
"""Statuses by which a server says that there is no such file, or none for us."""

_PATH = "/.well-known/security.txt"


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """The last answer to the question for a file, its place, and the text; or why there is none to read."""

    at: int | None
    answer: Exchange | None
    text: str | None
    present: Answer
    reason: str | None


def _find(seen: HttpExchanges, purpose: Purpose) -> _Found:
    place = max((at for at, one in enumerate(seen.exchanges) if one.purpose is purpose), default=None)
    if place is None:
        return _Found(None, None, None, Answer.UNKNOWN, seen.left_out.get(purpose, "it was not asked for"))
    answer = seen.exchanges[place]

    def without(present: Answer, reason: str | None) -> _Found:
        return _Found(place, answer, None, present, reason)

    if not answer.answered:
        return without(Answer.UNKNOWN, f"no answer ({answer.outcome})")
    if (sign := block_sign(answer)) is not None:
        return without(Answer.UNKNOWN, f"something else answered: {sign}")
    if answer.status in ABSENT_STATUSES:
        if seen.block is not None:
            return without(Answer.UNKNOWN, f"something else answered: {seen.block}")
        return without(Answer.NO, f"status {answer.status}")
    if answer.status != 200:
        return without(Answer.UNKNOWN, f"status {answer.status}")
    text = None if answer.body is None else answer.body.text
    if text is None:
        return without(Answer.UNKNOWN, "the body is no text that could be read")
    return _Found(place, answer, text, Answer.YES, None)


def read_security_txt(seen: HttpExchanges) -> SecurityTxt:
    """What is known of security.txt."""
    found = _find(seen, Purpose.SECURITY_TXT)
    one = found.answer
    if one is None:
        return SecurityTxt(present=found.present, reason=_words(found.reason))
    kind = essence(one.values("content-type"))
    shown = SecurityTxt(
        present=found.present, reason=_words(found.reason), at=found.at, url=one.url, status=one.status, media_type=kind
    )
    if found.text is None:
        return shown
    reading = parse_security_txt(found.text, url=one.url)
    if not reading.is_one:
        return _another_page(shown, seen)
    return dataclasses.replace(
        shown,
        signed=reading.signed,
        fields=reading.fields,
        expires=reading.expires,
        problems=(*reading.problems, *_problems_of_place(one, kind, seen)),
        advice=reading.advice,
    )


def _another_page(shown: SecurityTxt, seen: HttpExchanges) -> SecurityTxt:
    """The path is answered, but not with such a file."""
    if seen.block is not None:
        return dataclasses.replace(
            shown, present=Answer.UNKNOWN, reason=_words(f"something else answered: {seen.block}")
        )
    what = "an empty file" if shown.media_type == "text/plain" else "another page"
    return dataclasses.replace(shown, present=Answer.NO, reason=_words(f"{what} is answered there"))


def _problems_of_place(one: Exchange, kind: str | None, seen: HttpExchanges) -> tuple[str, ...]:
    """What is wrong with where and how it is served (RFC 9116 section 3)."""
    found = []
    if kind != "text/plain":
        found.append(f"it is served as {kind or 'nothing in particular'}, not as text/plain")
    if not one.url.lower().startswith("https:"):
        found.append("it is not served over https")
    first = next(each for each in seen.exchanges if each.purpose is Purpose.SECURITY_TXT)
    if _PATH not in first.url:
        found.append(f"it is not at {_PATH}")
    return tuple(found)


def read_robots(seen: HttpExchanges) -> Robots:
    """What is known of robots.txt."""
    found = _find(seen, Purpose.ROBOTS)
    status = None if found.answer is None else found.answer.status
    if found.text is None:
        return Robots(present=found.present, reason=_words(found.reason), at=found.at, status=status)
    if not is_robots_txt(found.text):
        return Robots(present=Answer.NO, reason=_words("another page is answered there"), at=found.at, status=status)
    paths = disallowed_paths(found.text)
    return Robots(
        present=Answer.YES,
        at=found.at,
        status=status,
        disallowed=paths,
        telling=tuple(path for path in paths if names_inner_area(path)),
    )


def _words(reason: str | None) -> PeerText | None:
    return None if reason is None else peer_text(reason, limit=200)
