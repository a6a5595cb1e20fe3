"""What hostile servers do: the kinds of behaviour, and every stage crossed with every action.

A behaviour is a script, the newest TLS version that its server speaks, and what may be found at it beside what the
well-kept site on which it is built has (`may`: families or ids of rules, with truth on their side).
"""

import dataclasses
import enum
from collections.abc import Awaitable, Callable, Iterator

from OpenSSL import SSL

from tests.hostile.peers import Peer, Script, noise

FIELDS = (
    b"Content-Type: text/html; charset=utf-8\r\n"
    b"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'\r\n"
    b"Referrer-Policy: strict-origin-when-cross-origin\r\n"
)
PAGE = b"<!doctype html><html lang=en><head><title>Fine</title></head><body><p>Fine</p></body></html>\n"


def answer(body: bytes = PAGE, *, status: bytes = b"200 OK", more: bytes = b"", length: bool = True) -> bytes:
    """A well-kept answer with `more` field lines."""
    size = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"HTTP/1.1 " + status + b"\r\n" + FIELDS + more + size + b"Connection: close\r\n\r\n" + body


NO_TLS13 = frozenset({"TLS006", "TLS022"})

BROKEN_OFF = frozenset({"TLS019", "TLS020"})
"""For servers that choose suites and complete no handshake with them, and treat some hellos otherwise than others."""


class Stage(enum.IntEnum):
    """How far a server goes along before it turns hostile."""

    TCP = 0  # nothing is said
    RECORD = 1  # within the header of the first record
    HELLO = 2  # within the ServerHello
    CERTIFICATE = 3  # within the flight's last message
    FINISHED = 4  # the client has finished, the server has not
    HEAD = 5  # within the answer's head
    BODY = 6  # within the body
    CLOSE = 7  # the answer is whole


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One way to be hostile. `stage` bounds what can be known of the server: nothing that comes later."""

    name: str
    script: Script
    stage: Stage
    newest: int = SSL.TLS1_3_VERSION
    may: frozenset[str] = frozenset()
    chain: str = "leaf"


Put = Callable[[bytes], Awaitable[None]]
Action = Callable[[Peer, Put, bytes], Awaitable[None]]
"""What a server does at its stage: with the way to go on, and what it would have said next."""


async def reach(peer: Peer, stage: Stage) -> tuple[Put, bytes]:
    """Goes along up to the stage; the way to go on, and what would come next."""
    if stage is Stage.TCP or (stage <= Stage.FINISHED and not peer.has_tls):
        return peer.send, b""
    if stage <= Stage.CERTIFICATE:
        flight = await peer.flight()
        cut = {Stage.RECORD: 3, Stage.HELLO: 40, Stage.CERTIFICATE: max(len(flight) - 20, 45)}[stage]
        await peer.send(flight[:cut])
        return peer.send, flight[cut:]
    if stage is Stage.FINISHED:
        await peer.send(await peer.flight())
        return peer.send, await peer.flight()
    await peer.secure()
    await peer.request()
    whole = answer()
    cut = {Stage.HEAD: 60, Stage.BODY: len(whole) - 30, Stage.CLOSE: len(whole)}[stage]
    await peer.say(whole[:cut])
    return peer.say, whole[cut:]


async def stall(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.stall()


async def fin(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.finish()


async def reset(peer: Peer, _put: Put, _rest: bytes) -> None:
    peer.reset()


async def zeros(peer: Peer, put: Put, _rest: bytes) -> None:
    await peer.flood(put, bytes(16384))


async def garbage(peer: Peer, put: Put, _rest: bytes) -> None:
    await peer.flood(put, noise(16384))


async def raw_garbage(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.flood(peer.send, noise(16384))


async def drip(peer: Peer, put: Put, rest: bytes) -> None:
    await peer.split(put, rest or bytes(100), pause=0.25)
    await peer.stall()


async def fatal_alerts(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.send(b"\x15\x03\x03\x00\x02\x02\x28" * 1000)
    await peer.finish()


async def warning_alerts(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.flood(peer.send, b"\x15\x03\x03\x00\x02\x01\x70")


async def empty_records(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.flood(peer.send, b"\x16\x03\x03\x00\x00")


async def plain_http(peer: Peer, _put: Put, _rest: bytes) -> None:
    await peer.send(answer(b"speak http, please\n", status=b"400 Bad Request"))
    await peer.finish()


async def torn(peer: Peer, put: Put, rest: bytes) -> None:
    """Not hostile, only odd: the rest byte by byte, and silence."""
    await peer.split(put, rest)
    await peer.stall()


ACTIONS: dict[str, Action] = {
    "stall": stall,
    "fin": fin,
    "reset": reset,
    "zeros": zeros,
    "garbage": garbage,
    "raw garbage": raw_garbage,
    "drip": drip,
    "fatal alerts": fatal_alerts,
    "warning alerts": warning_alerts,
    "empty records": empty_records,
    "plain http": plain_http,
    "torn": torn,
}


_MAY_AT = {
    Stage.CERTIFICATE: BROKEN_OFF,
    Stage.FINISHED: NO_TLS13,  # in TLS 1.3 the server finishes first
}


def crossed() -> Iterator[Behaviour]:
    """Every stage with every action."""
    for stage in Stage:
        for name, action in ACTIONS.items():
            yield Behaviour(
                name=f"{name} at {stage.name.lower()}",
                script=_act(stage, action),
                stage=stage,
                newest=SSL.TLS1_2_VERSION if stage is Stage.FINISHED else SSL.TLS1_3_VERSION,
                may=_MAY_AT.get(stage, frozenset()),
            )


def _act(stage: Stage, action: Action) -> Script:
    async def script(peer: Peer) -> None:
        put, rest = await reach(peer, stage)
        await action(peer, put, rest)

    return script


def says(*pieces: bytes, then: Callable[[Peer], Awaitable[None]] | None = None) -> Script:
    """Answers every request with `pieces`, and ends the connection or does what `then` says."""

    async def script(peer: Peer) -> None:
        await peer.secure()
        await peer.request()
        for piece in pieces:
            await peer.say(piece)
        await (then or Peer.finish)(peer)

    return script


def well_kept() -> Behaviour:
    """The site that all others are built on."""
    return Behaviour(name="well kept", script=says(answer()), stage=Stage.CLOSE)
