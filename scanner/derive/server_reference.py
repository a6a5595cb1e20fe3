"""The reference of known servers: their own error pages and the ways in which they answer the table's requests.

Rule of the room: data and likeness, no decision. `tools/build_server_reference.py` writes the data file; its first
lines name the source and the date.
"""

import dataclasses
import functools
import importlib.resources
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypedDict

from scanner.model.evidence.server_identity import BASELINE, Ending, OddReply, ReplyKind, ServerAnswers
from scanner.wire.error_pages import likeness, normalise, shingles, words

DATA = "server_reference.json.z"
"""The data file: JSON, compressed with zlib."""

LEAST_WORDS = 5
"""A page of fewer tags and words says nothing of who wrote it."""

FULL_WORDS = 9
"""From this many tags and words on, a page like a known one is as good as a signature."""

_CORE_FIELDS = frozenset({"date", "content-type", "content-length", "transfer-encoding", "connection", "keep-alive"})
_LENGTH = {"Transfer-Encoding": "Content-Length", "transfer-encoding": "content-length"}


class PageData(TypedDict):
    """One error page: its normalised text, and the families and engines whose own it is."""

    text: str
    engines: list[str]
    families: list[str]


class HabitData(TypedDict):
    """One deployment: who answers in front, and its habits (`habits`)."""

    family: str
    engine: str
    habits: list[str]


class ReferenceData(TypedDict):
    """The file."""

    source: str
    date: str
    pages: list[PageData]
    deployments: list[HabitData]
    own_heads: dict[str, list[str]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageMatch:
    """Whose own a page is. `strength` is 0 to 1: how much of it is like the known page, and how telling that page is.

    `families` are the products that have this very page.
    """

    engine: str
    families: tuple[str, ...]
    strength: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HabitMatch:
    """How like a known deployment of `family` the answers are, 0 to 1."""

    family: str
    engine: str
    likeness: float


def head_shape(reply: OddReply) -> str:
    """The order and spelling of the fields that every answer has, and what became of the connection."""
    names = (_LENGTH.get(field.name, str(field.name)) for field in reply.fields if field.name.lower() in _CORE_FIELDS)
    return f"{','.join(names)};{'kept' if reply.ending is Ending.OPEN else 'closed'}"


def error_head(reply: OddReply) -> str:
    """Request, status and the head's shape of an error answer."""
    return f"{reply.request} {reply.status} {head_shape(reply)}"


def habits(answers: ServerAnswers) -> frozenset[str]:
    """How the requests were taken, as comparable strings: `request:what`."""
    plain = answers.baseline
    if plain is None:
        return frozenset()
    found = {f"{BASELINE}:{head_shape(plain)}"}
    for reply in answers.replies:
        if reply.request == BASELINE:
            continue
        kind = reply.kind(plain)
        found.add(f"{reply.request}:{kind.value}")
        if kind is ReplyKind.REFUSED:
            found.add(f"{reply.request}:{reply.status} {'' if reply.reason else 'without reason'}".rstrip())
            found.add(f"{reply.request}:{head_shape(reply)}")
            found.add(f"{reply.request}:{'empty' if reply.body is None or not reply.body.text else 'page'}")
    return frozenset(found)


class Reference:
    """Known servers, ready to be compared with."""

    def __init__(self, data: ReferenceData) -> None:
        self.source = data["source"]
        self.date = data["date"]
        self._exact = {page["text"]: page for page in data["pages"]}
        self._shingled = tuple((shingles(page["text"]), page) for page in data["pages"])
        self._deployments = tuple(
            (one["family"], one["engine"], frozenset(one["habits"])) for one in data["deployments"]
        )
        self._own_heads: Mapping[str, frozenset[str]] = {
            engine: frozenset(heads) for engine, heads in data["own_heads"].items()
        }
        self._rarity = _rarity(one for _, _, one in self._deployments)

    def page(self, text: str, host: str = "") -> PageMatch | None:
        """Whose own error page `text` is; None for pages that are too short, unknown, or common to several engines."""
        normalised = normalise(text, host)
        count = len(words(normalised))
        if count < LEAST_WORDS:
            return None
        telling = 1.0 if count >= FULL_WORDS else 0.7
        exact = self._exact.get(normalised)
        if exact is not None:
            return _sole(exact, 0.97 * telling)
        if count < FULL_WORDS:
            return None
        return self._like(shingles(normalised))

    def _like(self, wanted: frozenset[tuple[str, ...]]) -> PageMatch | None:
        best: dict[str, tuple[float, PageData]] = {}
        for known, page in self._shingled:
            score = likeness(wanted, known)
            for engine in page["engines"]:
                if score > best.get(engine, (0.0, page))[0]:
                    best[engine] = (score, page)
        ranked = sorted(best.values(), key=lambda one: -one[0])
        if not ranked or ranked[0][0] < LIKE_ENOUGH:
            return None
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < PAGE_MARGIN:
            return None
        return _sole(ranked[0][1], ranked[0][0])

    def answers_itself(self, engine: str, reply: OddReply) -> bool:
        """Whether the head of this answer is what the engine sends when nothing stands before it.

        Fields in its order, and the connection ended where the engine ends it at this status.
        """
        fields = head_shape(reply).partition(";")[0]
        own = (head.split(" ", 2)[2].partition(";")[0] for head in self._own_heads.get(engine, ()))
        return fields in own and not self.handed_on(engine, reply)

    def handed_on(self, engine: str, reply: OddReply) -> bool:
        """Whether the connection stayed open although the engine itself always ends it after this refusal."""
        heads = self._own_heads.get(engine, frozenset())
        same = [head for head in heads if head.startswith(f"{reply.request} {reply.status} ")]
        same = same or [head for head in heads if head.split(" ", 2)[1] == str(reply.status)]
        return reply.ending is Ending.OPEN and bool(same) and all(head.endswith(";closed") for head in same)

    def fronts(self, seen: frozenset[str]) -> tuple[HabitMatch, ...]:
        """The families whose deployments answer like this, most alike first, one entry a family."""
        asked = {habit.partition(":")[0] for habit in seen}
        best: dict[str, HabitMatch] = {}
        for family, engine, known in self._deployments:
            shared = frozenset(habit for habit in known if habit.partition(":")[0] in asked)
            score = self._weigh(seen & shared) / (self._weigh(seen | shared) or 1.0)
            if family not in best or score > best[family].likeness:
                best[family] = HabitMatch(family=family, engine=engine, likeness=round(score, 3))
        return tuple(sorted(best.values(), key=lambda one: (-one.likeness, one.family)))

    def _weigh(self, habits_: Iterable[str]) -> float:
        return sum(self._rarity.get(habit, self._rarity[""]) for habit in habits_)


LIKE_ENOUGH = 0.72
"""The likeness from which on a page is taken for a known one. Chosen by hand: on the recordings nothing changes from
0.55 to 0.72, at 0.8 a sixth of the back ends is lost, at 0.4 the first one is invented."""

PAGE_MARGIN = 0.15
"""By how much the best engine must be ahead of the second. A precaution: on the recordings it decides nothing."""


def _sole(page: PageData, strength: float) -> PageMatch | None:
    if len(page["engines"]) != 1:
        return None
    return PageMatch(engine=page["engines"][0], families=tuple(page["families"]), strength=round(strength, 3))


def _rarity(deployments: Iterable[frozenset[str]]) -> dict[str, float]:
    """The weight of each habit: the rarer, the more it says. The entry "" is for habits never seen."""
    all_of_them = tuple(deployments)
    counts = Counter(habit for one in all_of_them for habit in one)
    total = len(all_of_them)
    return {habit: math.log((total + 1) / count) for habit, count in counts.items()} | {"": math.log(total + 1)}


@functools.cache
def built_in() -> Reference:
    """The reference that comes with the package."""
    packed = importlib.resources.files("scanner.derive").joinpath("data", DATA).read_bytes()
    data: ReferenceData = json.loads(zlib.decompress(packed))
    return Reference(data)
