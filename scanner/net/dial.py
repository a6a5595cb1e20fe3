"""Dialling: the one place where a TCP connection is opened, and the one stream that its bytes pass through."""

import asyncio
import contextlib
import errno
import os
import resource
import select
import socket
import time

from scanner.errors import (
    BudgetSpent,
    Closed,
    Exhausted,
    LeadlineError,
    NoRoute,
    PeerFault,
    Refused,
    Reset,
    TimedOut,
    Unreachable,
)
from scanner.model.capture import Direction
from scanner.model.evidence.operation import TcpHandshake
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint, Family
from scanner.net.budget import Deadline, Meter
from scanner.net.pace import Pace, Paces
from scanner.net.tape import Tape, Track
from scanner.net.tcp_hints import handshake_of

READ_SIZE = 16 * 1024
"""Bytes asked of the kernel at a time: one TLS record."""

CONNECT_SECONDS = 10.0
"""The longest that one TCP connect may take, within the probe's deadline."""

OWN_FAULT_PAUSES = (0.1, 0.5, 2.0)
"""Seconds to wait before dialling again when this machine is out of descriptors or ports."""

KEPT_DESCRIPTORS = 32
"""Descriptors that are no connections: standard streams, the event loop, workers, lookups, files."""

MOST_OPEN = 4096
"""Connections open at once in the whole run, where descriptors are plenty."""

_OWN_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
_UNREACHABLE_ERRNOS = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EACCES, errno.EPERM})
_NO_ROUTE_ERRNOS = frozenset({errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})
_RESET_ERRNOS = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})

_TURNED_AWAY = (Refused, TimedOut, Unreachable)
"""How a connect fails. A reset is none of these: the connection stood, and was cut at once."""

_ALERT = 0x15
"""The first byte of a TLS alert: an answer whose delay tells nothing of how busy the server is."""

_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}


def fault_of(error: OSError, stage: Stage) -> LeadlineError:
    """The fault that an operating system error stands for."""
    if error.errno in _OWN_ERRNOS:
        return Exhausted(str(error), stage=stage)
    if error.errno == errno.ECONNREFUSED:
        return Refused(stage=stage)
    if error.errno in _RESET_ERRNOS:
        return Reset(stage=stage)
    if error.errno in _UNREACHABLE_ERRNOS:
        return Unreachable(os.strerror(error.errno), stage=stage)
    if error.errno == errno.ETIMEDOUT:
        return TimedOut(stage=stage)
    return Closed(error.strerror or str(error), stage=stage)


class Place:
    """What one connection has: a permit of the pace, and a descriptor of this process.

    Where its first byte is long in coming, the permit is lent, as far as the pace allows.
    """

    def __init__(self, pace: Pace, descriptors: asyncio.Semaphore) -> None:
        self._pace = pace
        self._descriptors = descriptors
        self._lent = False
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """The connection stands: from now on the first byte is waited for."""
        self._since = time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(self._pace.stall, self._lend)

    def hear(self, data: bytes) -> None:
        """What came, if it is the first; nothing where the peer has ended its side."""
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        if data and data[0] != _ALERT:
            self._pace.heard(time.monotonic() - self._since)

    def leave(self) -> None:
        """The connection is closed, or never stood."""
        if self._timer is not None:
            self._timer.cancel()
        self._descriptors.release()
        self._pace.leave(lent=self._lent)

    def _lend(self) -> None:
        self._lent = self._pace.lend()
        if not self._lent:
            self._timer = asyncio.get_running_loop().call_later(self._pace.stall, self._lend)


class Stream:
    """One TCP connection. Every operation has the deadline, every byte is counted.

    `stage` names how far the conversation is, for the fault that a failing operation raises; its owner moves it on.
    `connect_seconds` is how long the connect itself took.
    Use it as an asynchronous context manager: leaving aborts the connection and frees its place in the pace.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        endpoint: Endpoint,
        deadline: Deadline,
        meter: Meter,
        place: "Place",
        connect_seconds: float = 0.0,
        track: Track | None = None,
    ) -> None:
        self._socket = sock
        self._track = track
        self._place: Place | None = place
        self._loop = asyncio.get_running_loop()
        self.connect_seconds = connect_seconds
        self.endpoint = endpoint
        self.deadline = deadline
        self.meter = meter
        self.stage = Stage.CLIENT_HELLO
        self.closed = False

    async def send(self, data: bytes) -> None:
        """Sends all of `data`. Raises `TimedOut`, `Reset` or `Closed`."""
        try:
            async with self.deadline.enforced(self.stage):
                await self._loop.sock_sendall(self._socket, data)
        except OSError as error:
            raise fault_of(error, self.stage) from None
        self.meter.sent(len(data))
        if self._track is not None:
            self._track.keep(Direction.SENT, data)

    async def receive(self, limit: int = READ_SIZE) -> bytes:
        """At least one byte and at most `limit`; empty when the peer has ended its side (FIN).

        Raises `TimedOut`, `Reset`, or `TooMuch` beyond the byte budget.
        """
        try:
            async with self.deadline.enforced(self.stage):
                # A flood is always ready to be read: without a pause neither the deadline nor anybody else had a turn.
                await asyncio.sleep(0)
                data = await self._loop.sock_recv(self._socket, limit)
        except OSError as error:
            raise fault_of(error, self.stage) from None
        if self._place is not None:
            self._place.hear(data)
        try:
            self.meter.received(len(data))
        except PeerFault as fault:
            fault.stage = self.stage
            raise
        if self._track is not None:
            self._track.keep(Direction.RECEIVED, data)
        return data

    def has_news(self) -> bool:
        """Whether bytes or an end are there to be read: on a connection that waits idle, mostly the peer's end."""
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def finish_sending(self) -> None:
        """Ends our side of the connection (half-close); a connection that is gone already is fine."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Closes at once. May be called again."""
        if not self.closed:
            self.closed = True
            self._socket.close()
            if self._place is not None:
                self._place.leave()
                self._place = None

    async def __aenter__(self) -> "Stream":
        """The stream itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Aborts the connection."""
        self.abort()


def open_limit() -> int:
    """How many connections this process may have open at once: what its descriptors allow, less our own files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_OPEN if soft == resource.RLIM_INFINITY else min(MOST_OPEN, max(1, soft - KEPT_DESCRIPTORS))


def _too_late() -> BudgetSpent:
    return BudgetSpent("the time was over before this connection's turn came", stage=Stage.CONNECT)


class Dialer:
    """Opens connections to addresses that the address policy has passed, at the pace of their place."""

    def __init__(self, paces: Paces) -> None:
        self._paces = paces
        self._descriptors = asyncio.Semaphore(open_limit())
        self._handshakes: dict[Endpoint, TcpHandshake | None] = {}

    def handshake_at(self, endpoint: Endpoint) -> TcpHandshake | None:
        """How the first TCP handshake with the endpoint went; None where there was none or the kernel is silent."""
        return self._handshakes.get(endpoint)

    def has_route(self, endpoint: Endpoint) -> bool:
        """Whether this machine has any route to the address.

        Asks the kernel by connecting a UDP socket, which sends nothing.
        """
        try:
            with socket.socket(_FAMILIES[endpoint.family], socket.SOCK_DGRAM) as probe:
                probe.connect((endpoint.address, endpoint.port))
        except OSError as error:
            return error.errno not in _NO_ROUTE_ERRNOS
        return True

    async def dial(self, endpoint: Endpoint, *, deadline: Deadline, meter: Meter, tape: Tape | None = None) -> Stream:
        """A connected stream, which keeps its bytes on `tape` where there is one.

        Raises `BudgetSpent` at the connection cap or where our own pace leaves no time, `NoRoute` where this machine
        has no route for the family, `Exhausted` when descriptors or ports stay out, else `Refused`, `Unreachable`,
        `TimedOut` or `Reset`.
        """
        pace = self._paces.at(endpoint.address, endpoint.port)
        place = await self._turn(pace, deadline)
        try:
            sock, seconds = await self._connect_at_pace(pace, endpoint, deadline, meter)
        except BaseException:
            place.leave()
            raise
        if endpoint not in self._handshakes:
            self._handshakes[endpoint] = handshake_of(sock, endpoint.address)
        place.watch()
        track = None if tape is None else tape.track(endpoint.key)
        return Stream(
            sock, endpoint=endpoint, deadline=deadline, meter=meter, place=place, connect_seconds=seconds, track=track
        )

    def slow_down(self, endpoint: Endpoint) -> None:
        """Says that the endpoint turns away what it took before, though its connections stand."""
        self._paces.at(endpoint.address, endpoint.port).slow_down()

    def is_slowed(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint ever turned away what it took before."""
        return self._paces.at(endpoint.address, endpoint.port).is_slowed

    async def _turn(self, pace: Pace, deadline: Deadline) -> Place:
        """Waits for a place and a descriptor. A deadline that passes meanwhile says nothing about the peer."""
        try:
            async with deadline.enforced(Stage.CONNECT):
                await pace.enter()
                try:
                    await self._descriptors.acquire()
                except BaseException:
                    pace.leave()
                    raise
        except TimedOut:
            raise _too_late() from None
        return Place(pace, self._descriptors)

    async def _connect_at_pace(
        self, pace: Pace, endpoint: Endpoint, deadline: Deadline, meter: Meter
    ) -> tuple[socket.socket, float]:
        """A connected socket, and how many seconds the connect took.

        What fails after others stood is tried again, more slowly. What failed each time is not tried for some seconds.
        """
        tries = 0
        while True:
            if (known := pace.last_fault) is not None and deadline.remaining():
                raise type(known)(known.detail, stage=known.stage)
            begun = time.monotonic()
            try:
                sock = await self._connect(endpoint, deadline, meter)
            except _TURNED_AWAY as fault:
                tries += 1
                own_haste = isinstance(fault, TimedOut) and time.monotonic() - begun < CONNECT_SECONDS
                if own_haste or not pace.failed(tries, fault):
                    raise
                await self._wait_for_token(pace, deadline, fault)
            else:
                pace.stood()
                return sock, time.monotonic() - begun

    @staticmethod
    async def _wait_for_token(pace: Pace, deadline: Deadline, fault: PeerFault) -> None:
        """Waits to try again; where there is no time for it, `fault` is what happened."""
        try:
            async with deadline.enforced(Stage.CONNECT):
                await pace.take_token()
        except TimedOut:
            raise fault from None

    async def _connect(self, endpoint: Endpoint, deadline: Deadline, meter: Meter) -> socket.socket:
        if not deadline.remaining():
            raise _too_late()
        meter.opening()
        for pause in OWN_FAULT_PAUSES:
            try:
                return await self._connect_once(endpoint, deadline)
            except Exhausted:
                if deadline.remaining() <= pause:
                    raise
                await asyncio.sleep(pause)
            except Unreachable:
                if self.has_route(endpoint):
                    raise
                raise NoRoute(f"no route to {endpoint.family} addresses from here", stage=Stage.CONNECT) from None
        return await self._connect_once(endpoint, deadline)

    @staticmethod
    async def _connect_once(endpoint: Endpoint, deadline: Deadline) -> socket.socket:
        try:
            sock = socket.socket(_FAMILIES[endpoint.family], socket.SOCK_STREAM)
        except OSError as error:
            raise fault_of(error, Stage.CONNECT) from None
        try:
            sock.setblocking(False)  # noqa: FBT003 - the only form the API has
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with deadline.sooner(CONNECT_SECONDS).enforced(Stage.CONNECT):
                await asyncio.get_running_loop().sock_connect(sock, (endpoint.address, endpoint.port))
        except OSError as error:
            sock.close()
            raise fault_of(error, Stage.CONNECT) from None
        except BaseException:
            sock.close()
            raise
        return sock
