"""The visit of a good guest: slow, one connection a request, away at the first sign of a block."""

import asyncio
import contextlib
import dataclasses
import datetime
from collections.abc import AsyncIterator, Callable

import pytest

from probes.base import Known
from probes.server_identity import INTERVAL_SECONDS, MAX_REQUESTS, ServerIdentityProbe
from scanner.errors import Refused
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.server_identity import Ending, ReplyKind, ServerAnswers
from scanner.model.observation import Cost, Observation
from scanner.model.options import ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from tests.real.servers import free_port
from tests.support.sessions import session_for

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
TOO_LARGE = b"HTTP/1.1 431 Too Large\r\nContent-Length: 3\r\n\r\nbig"
CLOSING = TOO_LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
"""After this answer the server ends the connection."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it."""

    number: int
    path: str
    size: int
    fields: int

    @property
    def odd(self) -> bool:
        return self.size > 800


Script = Callable[[Asked], bytes | None]
"""What the server answers, None for a reset-like end without a word."""


class Site:
    """A server that follows a script and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.asked: list[Asked] = []
        self.heads: list[bytes] = []
        self.connections = 0
        self.open_now = 0
        self.open_most = 0
        self.place = ("127.0.0.1", 0)

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["Site"]:
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.create_task(self._serve(reader, writer)))

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.place = server.sockets[0].getsockname()
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    line, *fields = head.split(b"\r\n")[:-2]
                    asked = Asked(len(self.asked), line.split(b" ")[1].decode(), len(head), len(fields))
                    self.asked.append(asked)
                    self.heads.append(head)
                    answer = self._script(asked)
                    if answer is None:
                        return
                    writer.write(answer)
                    if b"Connection: close" in answer:
                        return
        finally:
            self.open_now -= 1
            writer.close()


def sound(asked: Asked) -> bytes:
    return OK if asked.path == "/" else MISSING


async def visit(
    script: Script, known: Known | None = None, options: ScanOptions | None = None
) -> tuple[Site, Observation[ServerAnswers]]:
    async with Site(script).up() as site:
        session = session_for(site.place, scheme="http", info=ServerIdentityProbe.info, options=options)
        return site, await ServerIdentityProbe(interval=0.0).collect(session, known or Known({}))


def evidence_of(seen: Observation[ServerAnswers]) -> ServerAnswers:
    assert seen.evidence is not None
    return seen.evidence


async def test_a_server_that_hangs_up_on_unknown_paths_is_left_alone() -> None:
    site, seen = await visit(lambda asked: OK if asked.path == "/" else None)

    assert seen.outcome is Outcome.NOT_ASSESSED
    assert evidence_of(seen).stopped == "the server hangs up on paths that it does not know"
    assert not [one for one in site.asked if one.odd]


async def test_a_sound_site_is_asked_everything_on_unguessable_paths() -> None:
    site, seen = await visit(sound)
    answers = evidence_of(seen)
    assert seen.outcome is Outcome.OK
    assert [reply.request for reply in answers.replies] == [
        "baseline", "fields-110", "xff-9000", "xff-17000", "line-9000",
    ]  # fmt: skip
    assert [one.request for one in answers.left_out] == ["xff-8185"]
    assert {one.path for one in site.asked if one.odd and len(one.path) < 100} == {answers.path}
    assert all(one.path == "/" or one.path.startswith(answers.path) for one in site.asked)
    assert not [one for one in site.asked if one.odd and one.path == "/"]
    assert answers.root_changed is Answer.NO
    assert site.asked[0].path == site.asked[-1].path == "/"
    assert len(site.asked) == site.connections == seen.cost.connections <= MAX_REQUESTS
    assert site.open_most == 1
    assert max(one.size for one in site.asked) <= 17 * 1024
    assert all(b"User-Agent: leadline/" in head for head in site.heads)


async def test_two_visits_use_different_paths() -> None:
    first, second = [evidence_of((await visit(sound))[1]).path for _ in range(2)]
    assert first != second


async def test_the_users_agent_goes_along() -> None:
    site, _ = await visit(sound, options=ScanOptions(allow_private=True, user_agent="our scan/7"))
    assert all(b"User-Agent: our scan/7\r\n" in head for head in site.heads)


async def test_the_narrow_window_follows_where_the_front_refuses_and_closes() -> None:
    site, seen = await visit(lambda asked: CLOSING if asked.size > 8900 else sound(asked))
    answers = evidence_of(seen)
    assert [one.request for one in answers.left_out] == ["xff-17000"]
    narrow = answers.reply("xff-8185")
    assert narrow is not None
    assert narrow.status == 404
    assert max(one.size for one in site.asked) < 10_000


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "block",
    [
        b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\ncf-mitigated: challenge\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_a_sign_of_a_block_ends_the_visit(after: int, block: bytes) -> None:
    site, seen = await visit(lambda asked: sound(asked) if asked.number < 1 + after else block)
    assert seen.outcome is Outcome.BLOCKED
    answers = evidence_of(seen)
    assert answers.stopped is not None
    assert len(site.asked) == after + 2
    assert answers.root_changed is Answer.UNKNOWN
    assert {one.request for one in answers.left_out} | {one.request for one in answers.replies} >= {"line-9000"}


async def test_silence_after_answers_is_looked_into_once_and_ends_the_visit_where_it_is_a_ban() -> None:
    site, seen = await visit(lambda asked: sound(asked) if asked.number < 3 else None)
    assert seen.outcome is Outcome.BLOCKED
    assert len(site.asked) == 5  # root, baseline, one odd answered, one odd unanswered, the plain one again


async def test_a_server_that_only_drops_oversized_requests_is_no_ban() -> None:
    site, seen = await visit(lambda asked: None if asked.size > 8000 else sound(asked))
    answers = evidence_of(seen)
    plain = answers.baseline
    assert seen.outcome is Outcome.OK
    assert plain is not None
    assert [one.kind(plain) for one in answers.replies if one.size > 8000] == [ReplyKind.SILENT] * 3
    assert all(one.ending in {Ending.FIN, Ending.RESET} for one in answers.replies if one.size > 8000)
    assert len(site.asked) <= MAX_REQUESTS


async def test_a_root_page_that_turned_into_an_error_ends_the_visit_and_is_reported() -> None:
    poisoned = False

    def cache(asked: Asked) -> bytes:
        nonlocal poisoned
        if asked.odd:
            poisoned = True
            return TOO_LARGE
        return TOO_LARGE if poisoned else sound(asked)

    site, seen = await visit(cache)
    answers = evidence_of(seen)
    assert answers.root_changed is Answer.YES
    assert seen.outcome is Outcome.NOT_ASSESSED
    assert len([one for one in site.asked if one.odd]) == 1


async def test_one_failing_root_page_is_asked_again_before_it_counts() -> None:
    failed = False

    def flaky(asked: Asked) -> bytes:
        nonlocal failed
        if asked.path == "/" and asked.number > 1 and not failed:
            failed = True
            return TOO_LARGE
        return sound(asked)

    _, seen = await visit(flaky)
    assert failed
    assert evidence_of(seen).root_changed is Answer.NO
    assert seen.outcome is Outcome.OK


def exchanges(outcome: Outcome, *, url: str | None = None) -> Known:
    hop = Exchange(
        purpose=Purpose.ENTRY,
        hop=0,
        method="GET",
        url=PeerText(url or "http://elsewhere.test/"),
        same_host=True,
        endpoint=None,
        outcome=Outcome.OK,
        status=200,
    )
    observation: Observation[object] = Observation(
        probe="http_exchanges",
        version=1,
        topic="http_exchanges",
        endpoint=None,
        outcome=outcome,
        started=datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC),
        elapsed_ms=1.0,
        cost=Cost(),
        evidence=HttpExchanges(exchanges=(hop,)),
    )
    return Known({"http_exchanges": observation})


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.REFUSED])
async def test_nothing_is_sent_where_the_site_did_not_answer_before(outcome: Outcome) -> None:
    site, seen = await visit(sound, exchanges(outcome))
    assert seen.outcome is Outcome.NOT_ASSESSED
    assert seen.evidence is None
    assert seen.detail is not None
    assert outcome in seen.detail
    assert site.connections == 0


async def test_a_root_page_that_was_seen_already_is_not_fetched_again_before() -> None:
    async with Site(sound).up() as site:
        known = exchanges(Outcome.OK, url=f"http://www.example.org:{site.place[1]}/")
        session = session_for(site.place, scheme="http", info=ServerIdentityProbe.info)
        seen = await ServerIdentityProbe(interval=0.0).collect(session, known)
    assert evidence_of(seen).root_before is not None
    assert [one.path == "/" for one in site.asked] == [False] * 5 + [True]


async def test_a_closed_port_is_the_peers_fault() -> None:
    session = session_for(("127.0.0.1", free_port()), scheme="http", info=ServerIdentityProbe.info)
    with pytest.raises(Refused):
        await ServerIdentityProbe(interval=0.0).collect(session, Known({}))


async def test_a_spent_budget_leaves_what_was_seen() -> None:
    async with Site(sound).up() as site:
        session = session_for(site.place, scheme="http", info=ServerIdentityProbe.info, max_connections=3)
        seen = await ServerIdentityProbe(interval=0.0).collect(session, Known({}))
    assert seen.outcome is Outcome.NOT_ASSESSED
    assert len(evidence_of(seen).replies) == 2


def test_the_pace_is_five_a_second() -> None:
    assert INTERVAL_SECONDS >= 1 / 5
    assert ServerIdentityProbe.info.max_connections <= 12
