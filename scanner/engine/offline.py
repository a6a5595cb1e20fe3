"""Offline: what somebody recorded, judged as a scan would have been. No network.

Rule of the file: the readers of a scan read, the rules of a scan judge. Whatever the recording does not hold is not
assessed and says so; a recording never makes a target complete.
"""

import asyncio
import dataclasses
import datetime
import hashlib
import re
import secrets
import time
from collections.abc import Sequence

from probes.base import Known, Probe
from probes.block_signs import block_sign
from probes.exchange_page import page_of
from probes.exchange_reader import TOPIC
from probes.registry import all_probes
from scanner import isolate
from scanner.engine.conclude import conclude
from scanner.engine.document import Frame
from scanner.engine.inputs import Outside, read_outside
from scanner.engine.plan import make_plan
from scanner.engine.seal import seal
from scanner.errors import Malformed, OwnFault, PeerFault, TooMuch, UserFault
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.guide import Guide
from scanner.model.observation import Observation
from scanner.model.options import ScanOptions
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.model.policy import Policy
from scanner.model.result import EndpointStatus, Input, ScanResult, TargetResult, TotalCost
from scanner.model.target import Target, TargetStatus
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer
from scanner.net.pace import Paces
from scanner.net.resolve import Resolver
from scanner.net.session import Session
from scanner.policies.loader import load
from scanner.wire.har import HarLog, read_har
from scanner.wire.host import parse_host
from scanner.wire.raw_response import RawResponses, looks_raw, other_output, read_responses
from scanner.wire.secret_urls import without_url_secrets
from scanner.wire.set_cookie import parse_cookie_date
from scanner.wire.urls import HttpUrl
from scanner.wire.visits import Visit, visit_of_chain, visits_of_log

MAX_HAR_BYTES = 256 * 1024 * 1024
"""The largest HAR file that is read; a long session with its images has some 100 MB."""

MAX_RESPONSE_BYTES = 16 * 1024 * 1024
"""The largest raw response that is read; of a body no more than a megabyte counts."""

ISOLATE_BYTES = 1024 * 1024
"""From this size on a HAR file is read in the worker process, which bounds time and memory …"""

READ_SECONDS = 60.0
"""… to this …"""

READ_MIB = 2048
"""… and this: JSON takes many times its size where it is made for that."""

JUDGE_SECONDS = 60.0
"""The longest that reading one visit's evidence may take."""

WITHOUT_URL = "the URL of the answer is not known; say --url"
_NEEDS_URL = frozenset({"content", "redirects"})
"""Topics that say nothing true about an answer whose URL nobody knows: to whom links lead, where a chain began."""

_KINDS = {"har": "HAR file", "response": "raw response"}
_FIRST_KEY = re.compile(rb'\{\s*"([^"]{0,200})"')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file with a recording. `kind` is `har` or `response`, `name` how the user called it."""

    kind: str
    name: str
    raw: bytes = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        """Raises `UserFault` for one that is too large."""
        most = MAX_HAR_BYTES if self.kind == "har" else MAX_RESPONSE_BYTES
        if len(self.raw) > most:
            raise UserFault(f"{self.name}: larger than {most} bytes")

    @property
    def words(self) -> str:
        """What it is, for a sentence."""
        return _KINDS[self.kind]

    def as_input(self) -> Input:
        """How a result names it."""
        return Input(kind=self.kind, name=self.name, source=self.words, sha256=hashlib.sha256(self.raw).hexdigest())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a recording holds: its visits, what the notes of each target say, and whether cookies were left out."""

    visits: tuple[Visit, ...]
    notes: tuple[PeerText, ...]
    without_cookies: bool = False


def recording_of(raw: bytes, name: str) -> Recording | None:
    """The recording in a file, told by its content: a raw response or a HAR file. None where it is neither."""
    if looks_raw(raw) or other_output(raw) is not None:
        return Recording(kind="response", name=name, raw=raw)
    start = raw[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    first = _FIRST_KEY.match(start)
    if first is None or first[1] == b"schema":
        return None
    known = first[1] == b"log" or (b'"log"' in raw and b'"entries"' in raw)
    return Recording(kind="har", name=name, raw=raw) if known else None


def judge_recording(
    recording: Recording,
    *,
    url: HttpUrl | None = None,
    policy: Policy | None = None,
    guides: Sequence[Guide] = (),
    now: datetime.datetime | None = None,
) -> ScanResult:
    """The result for what a recording holds: one target a main document, or the one of `url`.

    `now` is the instant to judge by; else that of the recording, where it has one. Raises `UserFault` for what cannot
    be read.
    """
    return asyncio.run(_judge(recording, url, policy or load("default"), tuple(guides), now))


async def _judge(
    recording: Recording,
    url: HttpUrl | None,
    policy: Policy,
    guides: tuple[Guide, ...],
    now: datetime.datetime | None,
) -> ScanResult:
    started = datetime.datetime.now(datetime.UTC)
    try:
        read = await _read(recording, url)
    except Malformed as fault:
        raise UserFault(f"{recording.name}: {fault.detail}") from None
    except TooMuch:
        raise UserFault(f"{recording.name}: the {recording.words} is too large or too deep to be read") from None
    except (PeerFault, OwnFault) as fault:  # no worker could be started on a busy machine
        raise UserFault(f"{recording.name}: the {recording.words} could not be read: {fault.detail}") from None
    frame = Frame(
        run_id=secrets.token_hex(8),
        started=started,
        now=now or _recorded_at(read.visits[0], started) or started,
        policy=policy,
        inputs=(recording.as_input(),),
        guides=guides,
    )
    outside = read_outside(ScanOptions(), frame.now)
    targets = [await _target_result(visit, read, recording, frame, outside) for visit in read.visits]
    return frame.document(targets, finished=datetime.datetime.now(datetime.UTC), interrupted=False)


async def _read(recording: Recording, url: HttpUrl | None) -> _Read:
    """What the recording holds. Raises `UserFault`, `Malformed` or `TooMuch` where that is nothing to judge."""
    if recording.kind == "response":
        found = read_responses(recording.raw, url)
        return _Read(visits=(visit_of_chain(found.answers),), notes=_response_notes(found))
    log = await _log(recording.raw)
    visits = await asyncio.to_thread(visits_of_log, log.entries, url)
    if not visits and url is not None:
        raise UserFault(f"{recording.name}: the HAR file has no answer of {url}")
    if not visits:
        raise UserFault(f"{recording.name}: the HAR file has no answered GET; nothing can be judged")
    return _Read(visits=visits, notes=_log_notes(log), without_cookies=log.without_cookies)


async def _log(raw: bytes) -> HarLog:
    if len(raw) < ISOLATE_BYTES:
        return read_har(raw)
    return await isolate.run(read_har, raw, seconds=READ_SECONDS, memory_mib=READ_MIB)


def _response_notes(found: RawResponses) -> tuple[PeerText, ...]:
    return tuple(PeerText(f"left out of the raw response: {what}") for what in found.left_out)


def _log_notes(log: HarLog) -> tuple[PeerText, ...]:
    left = ", ".join(f"{count} {why}" for why, count in log.left_out.items())
    return (PeerText(f"recorded by {log.creator}"), *((PeerText(f"entries left out: {left}"),) if left else ()))


def _recorded_at(visit: Visit, today: datetime.datetime) -> datetime.datetime | None:
    """When the visit was recorded, by the HAR file or the answer's Date; None where that cannot be."""
    entry = visit.exchanges.exchanges[0]
    said = visit.started or next((parse_cookie_date(value) for value in entry.values("date")), None)
    earliest = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    return said if said is not None and earliest < said <= today + datetime.timedelta(days=1) else None


async def _target_result(
    visit: Visit, read: _Read, recording: Recording, frame: Frame, outside: Outside
) -> TargetResult:
    target = _target(visit.url)
    plan = make_plan(target, ScanOptions(), all_probes())
    reading = _Reading(visit, target, recording, outside)
    observations = await reading.observe(plan.probes)
    if read.without_cookies:
        why = f"{recording.name} has no trace of any cookie; Chrome leaves them out of HAR files unless told otherwise"
        observations = _without(observations, {"cookies"}, why)
    document = visit.exchanges.document
    if document is not None and (document.body is None or document.body.text is None):
        unread = f"the {recording.words} has no body of the document"
        why = (document.body and document.body.note) or unread
        observations = _without(observations, {"content"}, why)
    if not visit.known:
        observations = _without(observations, _NEEDS_URL, WITHOUT_URL)
        observations = tuple(map(_without_hsts, observations))
    reason = peer_text(f"judged from a {recording.words}: what it does not hold was not assessed")
    status = TargetStatus.PARTIAL if reading.block is None else TargetStatus.BLOCKED
    place = visit.endpoint
    states = () if place is None else (_state(visit, status, reason),)
    return await conclude(
        target,
        plan.judged,
        seal(observations, ()),
        frame=frame,
        outside=outside,
        endpoints=states,
        status=status,
        reason=reason if reading.block is None else reading.block,
        notes=(*read.notes, *(() if visit.known else (PeerText(WITHOUT_URL),))),
        cost=TotalCost(connections=0, bytes_out=0, bytes_in=0, seconds=0.0),
    )


def _state(visit: Visit, status: TargetStatus, reason: PeerText) -> EndpointStatus:
    place = visit.endpoint
    assert place is not None, "the caller has looked"
    return EndpointStatus(address=place.address, port=place.port, family=place.family, status=status, reason=reason)


def _target(url: HttpUrl) -> Target:
    # What the browser's user had in the address, nobody has typed for this report.
    host = parse_host(f"[{url.host}]" if ":" in url.host else url.host)
    return Target(
        url=without_url_secrets(str(url)),
        host=url.host,
        port=url.port,
        scheme=url.scheme,
        path=without_url_secrets(url.target),
        unicode_host=host.unicode_name,
        sni=url.host if url.scheme == "https" and not host.is_address else None,
    )


def _without(
    observations: Sequence[Observation[object]], topics: frozenset[str] | set[str], why: str
) -> tuple[Observation[object], ...]:
    """The observations, those of `topics` without evidence."""
    return tuple(
        dataclasses.replace(one, evidence=None, outcome=Outcome.NOT_ASSESSED, stage=None, detail=peer_text(why))
        if one.topic in topics
        else one
        for one in observations
    )


def _without_hsts(one: Observation[object]) -> Observation[object]:
    """The observation without what it says of HSTS, which means nothing where the scheme is not known."""
    if not isinstance(one.evidence, HttpHeaders):
        return one
    return dataclasses.replace(one, evidence=dataclasses.replace(one.evidence, hsts=()))


class _Reading:
    """One visit on its way through the readers of a scan: the probes that send nothing and read the exchanges."""

    def __init__(self, visit: Visit, target: Target, recording: Recording, outside: Outside) -> None:
        self._visit = visit
        self._target = target
        self._recording = recording
        self._outside = outside
        own = (one for one in visit.exchanges.exchanges if one.own)
        self.block = next((sign for one in own if (sign := block_sign(one))), None)

    async def observe(self, probes: Sequence[Probe[object]]) -> tuple[Observation[object], ...]:
        """An observation of every probe, in order: of the exchanges, of what is read out of them, of nothing."""
        found: dict[str, Observation[object]] = {}
        readers = [one for one in probes if one.info.max_connections == 0 and TOPIC in one.info.requires]
        for probe in probes:
            if probe.info.topic == TOPIC:
                found[TOPIC] = await self._exchanges(probe)
            elif probe not in readers:
                why = f"a {self._recording.words} does not hold it"
                found[probe.info.topic] = self._session(probe).observe(None, outcome=Outcome.NOT_ASSESSED, detail=why)
        for probe in readers:
            known = Known({topic: one for topic, one in found.items() if topic in probe.info.requires})
            found[probe.info.topic] = await self._read(probe, known)
        return tuple(found[probe.info.topic] for probe in probes)

    async def _exchanges(self, probe: Probe[object]) -> Observation[object]:
        seen = self._visit.exchanges
        session = self._session(probe)
        page, reason = await page_of(seen.document, session.deadline)
        evidence = HttpExchanges(
            exchanges=tuple(map(self._unnamed, seen.exchanges)),
            block=self.block,
            page=page,
            left_out=seen.left_out if reason is None else {**seen.left_out, "page": reason},
        )
        if self.block is not None:
            return session.observe(evidence, outcome=Outcome.BLOCKED, detail=self.block)
        return session.observe(evidence)

    def _unnamed(self, one: Exchange) -> Exchange:
        """The exchange at the visit's endpoint, where there is one: what is recorded is judged as one place."""
        return one if self._visit.endpoint is not None else dataclasses.replace(one, endpoint=None)

    async def _read(self, probe: Probe[object], known: Known) -> Observation[object]:
        session = self._session(probe)
        try:
            return await probe.collect(session, known)
        except (PeerFault, OwnFault) as fault:
            return session.observe(None, outcome=fault.outcome, stage=fault.stage, detail=fault.detail)
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"[:300]
            return session.observe(None, outcome=Outcome.INTERNAL_ERROR, detail=detail)

    def _session(self, probe: Probe[object]) -> Session:
        """A session that may open no connection."""
        options = ScanOptions()
        session = Session(
            identity=probe.info,
            target=self._target,
            endpoint=self._visit.endpoint,
            options=options,
            deadline=Deadline(time.monotonic() + JUDGE_SECONDS),
            meter=Meter(max_connections=0),
            dialer=Dialer(Paces(options.pace)),
            resolver=Resolver(),
            trust=self._outside.trust,
        )
        session.started = self._visit.started or session.started
        return session
