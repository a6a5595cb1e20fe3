"""Probes without requests of their own: they read what `http_exchanges` saw at the same endpoint."""

from collections.abc import Callable
from typing import TypeVar

from probes.base import Group, Known, ProbeInfo, Scope
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome
from scanner.net.session import Session

E = TypeVar("E")

TOPIC = "http_exchanges"
"""The topic that is read."""


def reader_info(topic: str, title: str, produces: type) -> ProbeInfo:
    """The info of a probe that only reads the exchanges."""
    return ProbeInfo(
        id=topic,
        topic=topic,
        group=Group.HTTP,
        title=title,
        sends="Nothing: reads the answers that http_exchanges has fetched.",
        scope=Scope.WEB,
        max_connections=0,
        produces=produces,
        since="0.1.0",
        requires=frozenset({TOPIC}),
    )


def read_exchanges(session: Session, known: Known, read: Callable[[HttpExchanges], E]) -> Observation[E]:
    """What `read` makes of the exchanges, with the outcome, stage and detail of their observation.

    Where they brought no evidence, nor does this.
    """
    seen = known.observation(TOPIC)
    if seen is None:
        return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="http_exchanges did not run here")
    exchanges = known.evidence(TOPIC, HttpExchanges)
    evidence = None if exchanges is None else read(exchanges)
    return session.observe(evidence, outcome=seen.outcome, stage=seen.stage, detail=seen.detail)
