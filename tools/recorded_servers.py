"""Recorded deployments as evidence: what the probe would have seen, had it asked them."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scanner.model.evidence.server_identity import (
    BASELINE,
    SAMPLE_CHARACTERS,
    Ending,
    OddReply,
    PageSample,
    ServerAnswers,
)
from scanner.model.outcome import Outcome
from scanner.model.peer import peer_text
from scanner.wire.error_pages import digest, normalise
from scanner.wire.http_answer import read_answer
from scanner.wire.odd_requests import TABLE, wanted

HOST = "fp.example"
"""The host name in the recordings."""

RECORDED: Mapping[str, str] = {
    BASELINE: "notfound",
    "fields-110": "many_110",
    "xff-9000": "ovh_9k",
    "xff-17000": "ovh_17k",
    "line-9000": "uri_9k",
}
"""Rows of our table and the recorded requests that are the same but for their path."""

NARROW = ("xff-8185", 8185)
"""The row that was not recorded itself: its answer is read off the size search for X-Forwarded-For."""

_ENDINGS = {"fin": Ending.FIN, "reset": Ending.RESET, "open": Ending.OPEN, "timeout": Ending.TIMEOUT}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One recorded deployment: the chain of families and engines, front first, and the recording itself."""

    id: str
    families: tuple[str, ...]
    engines: tuple[str, ...]
    recording: Mapping[str, Any] = dataclasses.field(repr=False, compare=False)

    @property
    def family(self) -> str:
        """The product in front."""
        return self.families[0]

    @property
    def engine(self) -> str:
        """Its HTTP parser."""
        return self.engines[0]

    @property
    def direct(self) -> bool:
        """Whether nothing stands behind the front."""
        return len(self.families) == 1


def read(path: pathlib.Path) -> tuple[Deployment, ...]:
    """The deployments in a file of recordings."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Deployment(
            id=line["id"],
            families=tuple(link["family"] for link in line["deployment"]["chain"]),
            engines=tuple(link["engine"] for link in line["deployment"]["chain"]),
            recording=line,
        )
        for line in lines
    )


def every_reply(one: Deployment) -> Iterator[OddReply]:
    """All recorded answers, whatever was asked."""
    for name, recorded in one.recording["responses"].items():
        yield _reply(name, recorded["raw"], recorded["close"])
    for search in one.recording["thresholds"].values():
        for step in search["steps"]:
            yield _reply("step", step.get("to_raw") or "", step["to"]["close"])


def answers_of(one: Deployment, *, conditions: bool = False) -> ServerAnswers:
    """What the probe would have seen. The recordings asked for `/`; what was served there stands for the baseline.

    With `conditions`, only the rows that the probe would have sent after the earlier answers.
    """
    recorded = one.recording["responses"]
    plain = _reply(BASELINE, recorded["notfound"]["raw"], recorded["notfound"]["close"])
    served = recorded["get"]["status"]
    replies: dict[str, OddReply] = {BASELINE: plain}
    for row in TABLE[1:]:
        if conditions and not wanted(row.when, tuple(replies.values())):
            continue
        if row.id == NARROW[0]:
            replies[row.id] = _at_size(one, row.id, plain)
            continue
        found = recorded[RECORDED[row.id]]
        reply = _reply(row.id, found["raw"], found["close"])
        replies[row.id] = dataclasses.replace(plain, request=row.id) if reply.status == served else reply
    return ServerAnswers(path="/leadline-0", replies=tuple(replies.values()))


def _at_size(one: Deployment, request: str, plain: OddReply) -> OddReply:
    steps: Sequence[Mapping[str, Any]] = one.recording["thresholds"]["xff"]["steps"]
    passed = [step for step in steps if step["first"] <= NARROW[1]]
    if not passed or passed[-1]["to"]["status"] == one.recording["responses"]["get"]["status"]:
        return dataclasses.replace(plain, request=request)
    return _reply(request, passed[-1].get("to_raw") or "", passed[-1]["to"]["close"])


def _reply(request: str, raw: str, close: str) -> OddReply:
    answer = read_answer(raw.encode("latin-1"))
    head = None if answer is None else answer.head
    text = "" if answer is None else peer_text(answer.body, limit=SAMPLE_CHARACTERS)
    return OddReply(
        request=request,
        title=request,
        level=0,
        size=0,
        outcome=Outcome.OK if head is not None and head.status is not None else Outcome.CLOSED,
        version=None if head is None else peer_text(head.version),
        status=None if head is None else head.status,
        reason=None if head is None else head.reason,
        fields=() if head is None else head.fields,
        ending=_ENDINGS.get(close, Ending.TIMEOUT),
        body=PageSample(size=len(text), complete=True, text=peer_text(text), sha256=digest(normalise(text, HOST))),
    )
