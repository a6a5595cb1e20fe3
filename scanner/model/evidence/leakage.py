"""Evidence of `leakage`: header fields that tell what runs behind them, on each answer of the named host."""

import dataclasses
import enum

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.peer import PeerText


class LeakKind(enum.StrEnum):
    """What a header gives away."""

    SERVER = "server"  # the server software
    PLATFORM = "platform"  # language, framework or application server
    GENERATOR = "generator"  # the content management system or site generator
    PROXY = "proxy"  # proxies and caches on the way
    TOPOLOGY = "topology"  # names, addresses and ids of machines behind the front
    TIMING = "timing"  # how long parts of the work took
    TRACE = "trace"  # ids of distributed tracing and monitoring agents
    DEBUG = "debug"  # development aids: source maps, profilers, source paths


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product that a field names, with its version where it tells one."""

    name: PeerText
    version: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One telling header field on one answer. `internal` are private addresses in its value."""

    purpose: Purpose
    hop: int
    status: int
    name: PeerText
    value: PeerText
    kind: LeakKind
    products: tuple[Product, ...] = ()
    internal: tuple[PeerText, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """All telling fields in the order of the exchanges.

    `answers` counts the answers that were looked at, `normal` those of them with a status below 400.
    """

    leaks: tuple[Leak, ...] = ()
    answers: int = 0
    normal: int = 0
