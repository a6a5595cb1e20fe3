"""Sealing: takes out of the evidence what no report may hold, after all probes have read it.

Cookie values are somebody's session, values given with `--header` are the user's secrets, wherever a server may repeat
them, and keys and passwords that a page or an address gives away are the site's: a report that showed them would spread
them. What was cut ends where no half of a secret can stand.
"""

import dataclasses
import enum
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from probes.cookies import KNOWN_ATTRIBUTES
from scanner.model.evidence.content import Exposure
from scanner.model.evidence.http_exchanges import Body, HeaderField
from scanner.model.evidence.server_identity import PageSample
from scanner.model.observation import Observation
from scanner.model.options import HeaderOption
from scanner.model.page import Page
from scanner.model.peer import PeerText
from scanner.wire.secret_checks import looks_random
from scanner.wire.secret_search import SHORTEST, Found, find_secrets, safe_beginning, without_secrets
from scanner.wire.secret_urls import without_url_secrets

T = TypeVar("T")
Change = Callable[[object], object]

SECRET_CHARACTERS = 4
"""Characters that a `--header` value must have to be looked for: shorter ones would be found everywhere by chance."""

PART_CHARACTERS = 8
"""The same for a part of a value."""

REDACTED = "[redacted]"

CUT_CHARACTERS = 8
"""Characters of a secret's beginning that are recognised where the evidence was cut in the middle of it."""

SHORTENED_FROM = 300
"""Characters from which on a text of a page may have been shortened by a cap of its own."""

SEALED = frozenset({Exposure.SECRET, Exposure.TOKEN, Exposure.GUESS, Exposure.IDENTIFIER})
"""What is taken out; keys that are made for pages stay."""

MAX_ELSEWHERE = 300
"""Secrets that are looked for in every text; what a text shows by itself is taken out of it beside that."""

UNSEARCHED = frozenset({"certificates", "ocsp_stapling", "dns_records", "jarm"})
"""Topics whose evidence holds no text of a page, beside those of TLS."""


def seal(
    observations: Sequence[Observation[object]], headers: Sequence[HeaderOption]
) -> tuple[Observation[object], ...]:
    """The observations without cookie values, without the secrets in `headers`, and without those that a page shows."""
    secrets = sorted({secret for one in headers for secret in _secrets(one)}, key=len, reverse=True)
    observations = _with_safe_ends(observations)
    shown = _Shown(observations)

    def change(value: object) -> object:
        if isinstance(value, HeaderField) and value.name.strip().lower() == "set-cookie":
            return dataclasses.replace(value, value=without_cookie_value(value.value))
        if isinstance(value, str) and not isinstance(value, enum.Enum):  # a word of ours, and to stay the one it is
            return without_url_secrets(_without(shown.without(value), secrets))
        return value

    return tuple(_rewritten(one, change) for one in observations)


def _with_safe_ends(observations: Sequence[Observation[object]]) -> tuple[Observation[object], ...]:
    """The observations with every body that was cut, and the page made of it, ending before the last word."""
    ends: set[str] = set()

    def shorten(value: object) -> object:
        if isinstance(value, Body | PageSample) and value.text and _is_cut(value):
            kept = PeerText(safe_beginning(value.text))
            ends.add(value.text[len(kept) :])
            return dataclasses.replace(value, text=kept)
        return value

    def shorten_texts(value: object) -> object:
        if isinstance(value, str) and not isinstance(value, enum.Enum):
            place = min((_place_of_end(value, end) for end in ends if len(end) >= CUT_CHARACTERS), default=len(value))
            return value[:place]
        return value

    def shorten_pages(value: object) -> object:
        if not isinstance(value, Page):
            return value
        return dataclasses.replace(_rewritten(value, shorten_texts), url=value.url, base=value.base)

    found = tuple(_rewritten(one, shorten) for one in observations)
    return tuple(_rewritten(one, shorten_pages) for one in found) if ends else found


def _place_of_end(text: str, end: str) -> int:
    """Where `end` begins at the end of `text`, or, in a text that a cap has shortened, its beginning; else the end."""
    if text.endswith(end):
        return len(text) - len(end)
    place = text.rfind(end[:CUT_CHARACTERS]) if len(text) >= SHORTENED_FROM else -1
    return place if place >= 0 and end.startswith(text[place:]) else len(text)


def _is_cut(body: Body | PageSample) -> bool:
    """Whether its text is a beginning only."""
    if isinstance(body, PageSample):
        return not body.complete or len(body.text) < body.size
    return not body.complete or body.note is not None


def without_cookie_value(line: str) -> PeerText:
    """A Set-Cookie line with its value replaced by length and short hash; name and known attributes stay as sent.

    Without an equals sign all of the pair is the value. What an unknown attribute holds may be a second cookie.
    """
    pair, *attributes = line.split(";")
    name, equals, value = pair.partition("=")
    sealed = f"{name}={_sealed(value)}" if equals else _sealed(pair)
    return PeerText(";".join((sealed, *map(_without_unknown, attributes))))


def _sealed(value: str) -> str:
    """What stands for a value: nothing where there is none."""
    bare = value.strip()
    if not bare:
        return value
    digest = hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:8]
    return f"[{len(bare)} characters, sha256 {digest}]"


def _without_unknown(attribute: str) -> str:
    name, equals, value = attribute.partition("=")
    known = not equals or name.strip(" \t").lower() in KNOWN_ATTRIBUTES
    return attribute if known else f"{name}={_sealed(value)}"


def _secrets(one: HeaderOption) -> Iterator[str]:
    """A field's value, and what of it a server may repeat alone: credentials after their scheme, values of cookies."""
    if len(one.value) >= SECRET_CHARACTERS:
        yield one.value
    parts: Iterable[str] = ()
    if one.name.lower() in {"authorization", "proxy-authorization"}:
        parts = one.value.split()[1:]
    elif one.name.lower() == "cookie":
        parts = (pair.partition("=")[2] for pair in one.value.split(";"))
    yield from (part for part in parts if len(part) >= PART_CHARACTERS)


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, REDACTED)
    return text


class _Shown:
    """The secrets that the evidence shows, and its texts without them."""

    def __init__(self, observations: Iterable[Observation[object]]) -> None:
        self._found: dict[str, tuple[Found, ...]] = {}  # by text; those without any secret have an empty row
        self._sessions: dict[str, None] = {}  # values of cookies that a page may repeat
        for one in observations:
            if one.topic not in UNSEARCHED and not one.topic.startswith("tls_"):
                self._search(one.evidence)
        seals: dict[str, str] = {}
        for secret in itertools.chain.from_iterable(self._found.values()):
            whole = len(secret.value) >= PART_CHARACTERS
            # A short value is only taken out with what stands around it: alone it would be found everywhere.
            text = secret.value if whole else secret.context
            seals.setdefault(text, secret.seal if whole else text.replace(secret.value, secret.seal))
            if len(seals) == MAX_ELSEWHERE:
                break
        for value in itertools.islice(self._sessions, MAX_ELSEWHERE):
            seals.setdefault(value, _sealed(value))
        self._seals = sorted(seals.items(), key=lambda pair: len(pair[0]), reverse=True)

    def _search(self, evidence: object) -> None:
        waiting = [evidence]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                if len(one) >= SHORTEST and one not in self._found:
                    self._found[one] = tuple(secret for secret in find_secrets(one) if secret.exposure in SEALED)
            elif isinstance(one, HeaderField) and one.name.strip().lower() == "set-cookie":
                value = one.value.partition(";")[0].partition("=")[2].strip()
                if len(value) >= SHORTEST and looks_random(value):
                    self._sessions[value] = None
            elif dataclasses.is_dataclass(one) and not isinstance(one, type):
                waiting.extend(getattr(one, field.name) for field in dataclasses.fields(one))
            elif isinstance(one, tuple):
                waiting.extend(one)
            elif isinstance(one, dict):
                waiting.extend((*one, *one.values()))

    def without(self, text: str) -> str:
        """`text` with each secret replaced by its kind, length and short hash; also the beginning of one at its end."""
        if not self._seals or len(text) < CUT_CHARACTERS:
            return text
        text = without_secrets(text, self._found.get(text, ()))
        for secret, seal in self._seals:
            if secret in text:
                text = text.replace(secret, seal)
            place = text.rfind(secret[:CUT_CHARACTERS])
            if place >= 0 and secret.startswith(text[place:]):
                text = text[:place] + seal
        return text


def _rewritten(value: T, change: Change) -> T:
    """`value` with `change` applied to everything in it: fields of dataclasses, members of tuples and dicts."""
    changed = change(value)
    if dataclasses.is_dataclass(changed) and not isinstance(changed, type):
        new = {field.name: _rewritten(getattr(changed, field.name), change) for field in dataclasses.fields(changed)}
        if any(new[name] is not getattr(changed, name) for name in new):
            changed = dataclasses.replace(changed, **new)
    elif type(changed) is tuple:
        members = tuple(_rewritten(member, change) for member in changed)
        if any(new is not old for new, old in zip(members, changed, strict=True)):
            changed = members
    elif type(changed) is dict:
        changed = {_rewritten(key, change): _rewritten(member, change) for key, member in changed.items()}
    return changed  # type: ignore[return-value]  # `change` keeps the type of what it changes
