"""Resolving: names to checked endpoints, once a run, and DNS questions for the probe that asks them.

A name is looked up once; every later dial uses the same addresses, whatever the name server says by then (DNS
rebinding). Every address passes the address policy each time it is asked for, because who leads to it matters.
dnspython is imported when the first DNS question is asked.
"""

import asyncio
import collections
import contextlib
import dataclasses
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from scanner.errors import Exhausted, Forbidden, Malformed, NoSuchName, NotAsked, TimedOut, Unresolved
from scanner.model.options import Override
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint, Family, Target
from scanner.net.address import AddressPolicy
from scanner.net.budget import Deadline
from scanner.net.dial import fault_of
from scanner.net.dns_answer import DnsAnswer
from scanner.wire.host import address_text, check_name
from scanner.wire.target_url import parse_nameserver

T = TypeVar("T")

MAX_ADDRESSES = 8
"""Addresses of one name that are handed out."""

LOOKUP_SECONDS = 10.0
"""The longest that looking up one name may take, within the deadline: two rounds of a usual stub resolver."""

_LOCALHOST = ("127.0.0.1", "::1")  # RFC 6761 section 6.3: answered without DNS


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """What a lookup brought: canonical addresses in resolver order, and what went only half well."""

    addresses: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Resolver:
    """Looks names up and lets only addresses through that the address policy allows.

    `nameserver` is an address, or address and port, to ask instead of the system's resolver. A malformed one is a
    `UserFault`. One resolver serves one run, in one event loop.
    """

    def __init__(
        self, *, overrides: tuple[Override, ...] = (), nameserver: str | None = None, allow_private: bool = False
    ) -> None:
        self._overrides = overrides
        self._nameserver = None if nameserver is None else parse_nameserver(nameserver)
        self._allow_private = allow_private
        self._policy = AddressPolicy()
        self._found: dict[str, _Found | Unresolved] = {}
        self._turns: collections.defaultdict[str, asyncio.Lock] = collections.defaultdict(asyncio.Lock)
        self._notes: dict[str, tuple[str, ...]] = {}

    def overridden(self, host: str) -> bool:
        """Whether `--resolve` names this host (at any port): it is then never looked up."""
        return any(one.host == host for one in self._overrides)

    def notes(self, host: str) -> tuple[str, ...]:
        """What was left out when the endpoints of `host` were last asked for, one sentence each."""
        return self._notes.get(host, ())

    async def endpoints(
        self, host: str, port: int, *, deadline: Deadline, origin: Target | None = None, from_public: bool = False
    ) -> tuple[Endpoint, ...]:
        """The checked endpoints of a host (A-labels or an address literal), in resolver order, at most 8.

        `origin` is the target that led here, None where the user named the host: only the user's own words excuse a
        private address. `from_public` says that a public address led here. An address that the policy refuses is left
        out while others stay (`notes` says so).

        Raises `Forbidden` when none stays, `Unresolved`, `TimedOut`, `Malformed` for what is no host, and `NotAsked`
        for another port of a host that `--resolve` names: the user has said where that host is, and not there.
        """
        if self.overridden(host):
            return self._given(host, port)
        found, typed = await self._addresses(host, deadline)
        kept, refused = self._sift(found.addresses, typed=typed and origin is None, from_public=from_public)
        if not kept:
            led = f"{origin.host} led to {host}: " if origin is not None and origin.host != host else ""
            raise Forbidden(f"{led}{refused[0]}", stage=Stage.RESOLVE)
        notes = [*found.notes, *(f"left out: {sentence}" for sentence in refused)]
        if len(kept) > MAX_ADDRESSES:
            notes.append(f"left out: {len(kept) - MAX_ADDRESSES} more addresses")
        self._notes[host] = tuple(notes)
        return tuple(_endpoint(address, port) for address in kept[:MAX_ADDRESSES])

    async def query(self, name: str, record_type: str, *, deadline: Deadline) -> DnsAnswer:
        """One DNS question, to `nameserver` or the system's name servers. Failures are answers too (`status`).

        Raises `NotAsked` where this machine has no name server configured.
        """
        from scanner.net import dns_question

        return await dns_question.ask(name, record_type, nameserver=self._nameserver, deadline=deadline)

    def _given(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Where `--resolve` puts the host. The user wrote the address, so it may be private."""
        given = [one for one in self._overrides if (one.host, one.port) == (host, port)]
        if not given:
            raise NotAsked(f"--resolve names {host} at other ports only", stage=Stage.RESOLVE)
        for one in given:
            self._policy.check(one.address, typed=True, allow_private=self._allow_private, from_public=False)
        return tuple(dict.fromkeys(_endpoint(one.address, one.to_port) for one in given))[:MAX_ADDRESSES]

    async def _addresses(self, host: str, deadline: Deadline) -> tuple[_Found, bool]:
        """The addresses of a host, and whether its text already says them (a literal, localhost)."""
        literal = _literal(host)
        if literal is not None:
            return _Found((literal,)), True
        try:
            check_name(host)
        except Malformed as fault:
            fault.stage = Stage.RESOLVE
            raise
        if host == "localhost" or host.endswith(".localhost"):
            return _Found(_LOCALHOST), True
        async with deadline.sooner(LOOKUP_SECONDS).enforced(Stage.RESOLVE), self._turns[host]:
            if host not in self._found:
                self._found[host] = await self._look_up(host, deadline)
        found = self._found[host]
        if isinstance(found, Unresolved):
            raise type(found)(found.detail, stage=Stage.RESOLVE)
        return found, False

    async def _look_up(self, host: str, deadline: Deadline) -> _Found | Unresolved:
        """Both families. A name without an address is remembered like one with; silence may be asked again."""
        if self._nameserver is None:
            return await _in_thread(lambda: _ask_system(host))
        answers = await asyncio.gather(*(self.query(host, kind, deadline=deadline) for kind in ("A", "AAAA")))
        addresses = [record for answer in answers for record in answer.records]
        if addresses:
            failed = (one for one in answers if one.status not in {"ok", "nodata"})
            return _Found(_canonical(addresses), tuple(f"{one.type} records: {one.status}" for one in failed))
        statuses = [answer.status for answer in answers]
        if "timeout" in statuses:
            raise TimedOut("the name server did not answer", stage=Stage.RESOLVE)
        status = next((one for one in statuses if one != "nodata"), "nodata")
        kind = NoSuchName if {"nxdomain", "nodata"}.issuperset(statuses) else Unresolved
        return kind(_WHY_UNRESOLVED[status])

    def _sift(
        self, addresses: Sequence[str], *, typed: bool, from_public: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The addresses that may be dialled, and why the others may not."""
        kept, refused = [], []
        for address in addresses:
            try:
                self._policy.check(address, typed=typed, allow_private=self._allow_private, from_public=from_public)
            except Forbidden as fault:
                refused.append(fault.detail)
            else:
                kept.append(address)
        return tuple(kept), tuple(refused)


_WHY_UNRESOLVED = {
    "nxdomain": "there is no such name (NXDOMAIN)",
    "nodata": "the name has no address",
    "servfail": "the name server failed (SERVFAIL)",
    "refused": "the name server refused the question (REFUSED)",
    "failed": "the name server's answer could not be used",
}

_WHY_NOT_FOUND = {
    socket.EAI_NONAME: "there is no such name, or it has no address",
    socket.EAI_AGAIN: "the name servers gave no answer",
    socket.EAI_FAIL: "the name server failed",
}

_NOT_THERE = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
"""How the system's resolver says that there is no such name, or none with an address."""


def _ask_system(host: str) -> _Found | Unresolved:
    """What the system's resolver (hosts file and all) says, in its order."""
    try:
        # As bytes: given a str, Python would apply its own, older IDNA.
        answers = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.args[0] == socket.EAI_MEMORY:
            raise Exhausted(str(error.args[-1]), stage=Stage.RESOLVE) from None
        kind = NoSuchName if error.args[0] in _NOT_THERE else Unresolved
        return kind(_WHY_NOT_FOUND.get(error.args[0], str(error.args[-1])))
    except OSError as error:
        raise fault_of(error, Stage.RESOLVE) from None
    return _Found(_canonical([str(answer[4][0]) for answer in answers]))


def _literal(host: str) -> str | None:
    """The canonical text of an address literal, a zone kept for the policy to refuse; None for a name."""
    try:
        return address_text(ipaddress.ip_address(host))
    except ValueError:
        return None


def _canonical(addresses: Sequence[str]) -> tuple[str, ...]:
    """Each address once, in canonical text."""
    return tuple(dict.fromkeys(address_text(ipaddress.ip_address(one)) for one in addresses))


def _endpoint(address: str, port: int) -> Endpoint:
    return Endpoint(address=address, port=port, family=Family.IPV6 if ":" in address else Family.IPV4)


async def _in_thread(call: Callable[[], T]) -> T:
    """The result of a blocking call in a daemon thread of its own.

    The loop's executor would make the end of the program wait for a call that its caller has given up on.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only where T is None

    def work() -> None:
        outcome: tuple[T | None, BaseException | None]
        try:
            outcome = call(), None
        except Exception as error:
            outcome = None, error
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, name="leadline-resolve", daemon=True).start()
    return await future
