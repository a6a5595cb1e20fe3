"""Builds `scanner/derive/data/server_reference.json.z` from a file of recorded deployments.

    python -m tools.build_server_reference RECORDED.jsonl --date 2026-11-21

A line of the file is one deployment: its chain of software, and its answers byte for byte. Pages are kept normalised
and cut, once for all deployments that share them; heads as field names; nothing else of the recordings is kept.
"""

import argparse
import functools
import json
import pathlib
import zlib
from collections import defaultdict
from collections.abc import Sequence

from scanner.derive.server_reference import (
    DATA,
    LEAST_WORDS,
    HabitData,
    PageData,
    ReferenceData,
    error_head,
    habits,
)
from scanner.wire.error_pages import likeness, normalise, shingles, words
from tools.recorded_servers import HOST, Deployment, answers_of, every_reply, read

SOURCE = "201 deployments of free server software, recorded on loopback"
DATA_FILE = pathlib.Path(__file__).parent.parent / "scanner" / "derive" / "data" / DATA
TRANSPARENT = frozenset({"mitmproxy"})
"""Fronts without habits of their own: what they show is the origin's."""

NEARLY_EQUAL = 0.9
"""Of an engine's pages that are this much alike, one is kept."""


def build(deployments: Sequence[Deployment], *, date: str) -> ReferenceData:
    """The reference of these deployments."""
    return ReferenceData(
        source=SOURCE,
        date=date,
        pages=_pages(deployments),
        deployments=[_habits_of(one) for one in deployments if one.engine not in TRANSPARENT],
        own_heads=_own_heads(deployments),
    )


@functools.cache
def _alike(one: str, other: str) -> float:
    return likeness(shingles(one), shingles(other))


@functools.cache
def _error_pages(one: Deployment) -> frozenset[str]:
    found = set()
    for reply in every_reply(one):
        if reply.status is not None and reply.status >= 400 and reply.body is not None:
            text = normalise(reply.body.text.replace("/fp-missing-7f3a9c", "/leadline-0"), HOST)
            if len(words(text)) >= LEAST_WORDS:
                found.add(text)
    return frozenset(found)


def _pages(deployments: Sequence[Deployment]) -> list[PageData]:
    """The own pages of each engine: what it shows alone; of one never seen alone, what it shows whatever is behind."""
    owners: dict[str, set[Deployment]] = defaultdict(set)
    for one in deployments:
        if one.direct:
            for text in _error_pages(one):
                owners[text].add(one)
    alone = {one.engine for one in deployments if one.direct}
    behind: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in deployments:
        if one.engine not in alone:
            for text in _error_pages(one):
                behind[text, one.engine].add(one.engines[-1])
                if len(behind[text, one.engine]) > 1 and text not in owners:
                    owners[text].add(one)
    kept: list[PageData] = []
    for text in sorted(owners, key=lambda each: (-len(owners[each]), each)):
        page = PageData(
            text=text,
            engines=sorted({one.engine for one in owners[text]}),
            families=sorted({one.family for one in owners[text]}),
        )
        if not any(
            (other["engines"], other["families"]) == (page["engines"], page["families"])
            and _alike(other["text"], text) >= NEARLY_EQUAL
            for other in kept
        ):
            kept.append(page)
    return kept


@functools.cache
def _habits_of(one: Deployment) -> HabitData:
    return HabitData(family=one.family, engine=one.engine, habits=sorted(habits(answers_of(one))))


@functools.cache
def _error_heads(one: Deployment) -> frozenset[str]:
    replies = answers_of(one).replies
    return frozenset(error_head(reply) for reply in replies if reply.status is not None and reply.status >= 400)


def _own_heads(deployments: Sequence[Deployment]) -> dict[str, list[str]]:
    """Per engine, the heads of the error answers that it sends when nothing stands before it."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in deployments:
        if one.direct:
            found[one.engine] |= _error_heads(one)
    return {engine: sorted(heads) for engine, heads in sorted(found.items())}


def main() -> None:
    """Reads the recordings and writes the data file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recorded", type=pathlib.Path)
    parser.add_argument("--date", required=True, help="the day of the recordings, YYYY-MM-DD")
    chosen = parser.parse_args()
    data = build(read(chosen.recorded), date=chosen.date)
    packed = zlib.compress(json.dumps(data, separators=(",", ":"), sort_keys=True).encode(), 9)
    DATA_FILE.parent.mkdir(parents=True, exist_ok=True)
    DATA_FILE.write_bytes(packed)
    print(f"{DATA_FILE}: {len(data['pages'])} pages, {len(data['deployments'])} deployments, {len(packed)} bytes")


if __name__ == "__main__":
    main()
