"""The probe `ocsp_stapling`: does a staple come with each leaf, in TLS 1.2 and in TLS 1.3?

The handshakes of `certificates` have asked for one already: what they brought is read here first, and a connection is
made only for a version and leaf that they do not show. nginx and Apache fetch the staple only after a handshake has
asked for it, and nginx does so in each worker. So where the certificate gives reason to expect one, "no staple" is said
only after asking again.
"""

import asyncio
import base64
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from probes.base import Group, Known, ProbeInfo, Scope
from probes.hello_verdict import hung_up
from scanner.errors import AlertReceived, LeadlineError, OwnFault, PeerFault, TimedOut
from scanner.model.evidence.certificates import Certificates, Chain
from scanner.model.evidence.ocsp_stapling import OcspStapling, RefusedAt, Staple, StapleAt
from scanner.model.observation import Observation
from scanner.model.options import Profile
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.net.tls_client import handshake
from scanner.wire.ocsp import read_staple
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_alert import REFUSALS
from scanner.wire.tls_offer import KeyKind, Offer
from scanner.wire.tls_version import Version

MAX_CONNECTIONS = 16
"""The most that this probe opens at one endpoint."""

TRIES = 5
"""Handshakes a version and leaf before an expected staple counts as missing, as far as the connections allow it."""

TRIES_BELOW = 2
"""The same in a version below one that serves the leaf: servers keep a staple for all versions together."""

QUICK_TRIES = 2
"""The same in the profile `quick`, for a certificate that requires a staple; others are asked once there."""

PAUSES = (0.1, 0.3, 0.6, 1.0)
"""Seconds before each further round: time for the server to ask its responder, under 3 s with the handshakes."""

MAX_FAILURES = 2
"""Handshakes of one version and leaf that may fail before it is given up."""

HANDSHAKE_SECONDS = 8.0
"""The longest that one handshake may take, within the probe's deadline."""

CLASSIC = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0)
"""The versions that `certificates` asks for in one hello, beside TLS 1.3 in another."""

_VERSIONS = {version.title: version for version in Version}


class OcspStaplingProbe:
    """Asks for a staple with each leaf that `certificates` saw, and reads what comes."""

    info = ProbeInfo(
        id="ocsp_stapling",
        topic="ocsp_stapling",
        group=Group.CERTIFICATES,
        title="OCSP stapling",
        sends="Nothing where the handshakes of the probe certificates brought the staples; else TLS handshakes up to"
        " the server's certificate, for each kind of key in TLS 1.3 and TLS 1.2, each asking for a stapled OCSP"
        " response; where one is to be expected and none comes, up to five times within three seconds in the newer"
        " version and twice in the older one. The responder that the certificate names is not contacted.",
        scope=Scope.ADDRESS,
        max_connections=MAX_CONNECTIONS,
        produces=OcspStapling,
        since="0.1.0",
        requires=frozenset({"certificates"}),
        needs_tls=True,
    )

    async def collect(self, session: Session, known: Known) -> Observation[OcspStapling]:
        """The staples by version and leaf. Without a certificate there is nothing to ask for: not assessed."""
        certificates = known.evidence("certificates", Certificates)
        if certificates is None or not certificates.chains:
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="no certificate was seen")
        chains: dict[str, Chain] = {}
        for chain in certificates.chains:
            chains.setdefault(chain.leaf.sha256, chain)
        questions = _questions(tuple(chains.values()), session.options.profile)
        _read_seen(session, questions)
        await _ask_all(session, questions)
        _settle_hang_ups(questions)
        asked = [question for question in questions if question.refusal is None]
        evidence = OcspStapling(
            staples=tuple(_answer(session, question, certificates) for question in asked),
            offered_by_issuer={leaf: bool(chain.leaf.ocsp_urls) for leaf, chain in chains.items()},
            must_staple={leaf: chain.leaf.must_staple for leaf, chain in chains.items()},
            refused=tuple(
                RefusedAt(protocol=question.version.title, leaf=question.leaf, reason=peer_text(question.refusal))
                for question in questions
                if question.refusal is not None
            ),
        )
        # Silence in one version is said with its staple; where another version was answered, the observation is whole.
        there = any(question.answered for question in asked)
        open_ends = [one for one in asked if one.faults and not one.answered and not one.cut_off]
        faults = [one.faults[-1] for one in open_ends if not (there and isinstance(one.faults[-1], TimedOut))]
        if not faults:
            return session.observe(evidence)
        return session.observe(evidence, outcome=faults[0].outcome, stage=faults[0].stage, detail=faults[0].detail)


@dataclasses.dataclass(slots=True, kw_only=True)
class _Question:
    """Whether a staple comes with `leaf` in `version`, and what was learned so far.

    `wanted` handshakes without a staple are enough for a no. `served_unasked`: the leaf came in `version` in answer to
    a hello that asked for no staple. `lower` is the question of the next lower version, which is on offer too: a
    server that chooses it refuses `version` and answers `lower`; `higher` is the other way round.
    """

    leaf: str
    key: KeyKind
    version: Version
    wanted: int
    lower: "_Question | None" = None
    higher: "_Question | None" = None
    flights: list[ServerFlight] = dataclasses.field(default_factory=list)
    faults: list[PeerFault | OwnFault] = dataclasses.field(default_factory=list)
    others_came: int = 0
    refusal: str | None = None
    served_unasked: bool = False

    @property
    def staple(self) -> bytes | None:
        """The first staple that came."""
        return None if self.stapled is None else self.stapled.staples[0]

    @property
    def stapled(self) -> ServerFlight | None:
        """The first flight with a staple."""
        return next((one for one in self.flights if one.staples and one.staples[0] is not None), None)

    @property
    def answered(self) -> bool:
        """Whether a staple came, or too often did not."""
        return self.staple is not None or len(self.flights) >= self.needed

    @property
    def needed(self) -> int:
        """How many handshakes without a staple are enough for a no here."""
        settled_above = self.higher is not None and self.higher.refusal is None and self.higher.answered
        return min(self.wanted, TRIES_BELOW) if settled_above else self.wanted

    @property
    def cut_off(self) -> bool:
        """Whether hellos that ask for a staple, and only these, are hung up on: nobody is given one."""
        cuts = len(self.faults) >= MAX_FAILURES and all(map(hung_up, self.faults))
        return cuts and self.served_unasked and not self.flights

    @property
    def open(self) -> bool:
        """Whether asking again may help."""
        if self.higher is not None and self.higher.open and len(self.flights) >= TRIES_BELOW:
            return False  # what comes above may settle it
        given_up = self.refusal is not None or len(self.faults) + self.others_came >= MAX_FAILURES
        return not self.answered and not given_up

    async def ask(self, session: Session) -> None:
        """One handshake."""
        versions = (self.version,) if self.lower is None else (self.version, self.lower.version)
        offer = Offer.complete(versions, key=self.key, server_name=session.target.sni)
        try:
            flight = await handshake(session, offer, deadline=session.deadline.sooner(HANDSHAKE_SECONDS))
        except (PeerFault, OwnFault) as fault:
            self.take_fault(fault)
        else:
            self.take(flight)

    def like_certificates(self, session: Session) -> Offer:
        """The offer by which `certificates` asks for this kind of key in this version."""
        versions = (Version.TLS1_3,) if self.version is Version.TLS1_3 else CLASSIC
        return Offer.complete(versions, key=self.key, server_name=session.target.sni)

    def take_fault(self, fault: LeadlineError) -> None:
        """Counts a handshake that failed; an alert that refuses ends the question."""
        assert isinstance(fault, PeerFault | OwnFault)
        self.faults.append(fault)
        if isinstance(fault, AlertReceived) and fault.number in REFUSALS:
            self.refusal = f"{self.version.title} was refused: {fault.detail}"

    def has_leaf(self, flight: ServerFlight) -> bool:
        """Whether the flight brought the leaf in question."""
        return bool(flight.certificates) and hashlib.sha256(flight.certificates[0]).hexdigest() == self.leaf

    def take(self, flight: ServerFlight) -> None:
        """Counts a handshake that was completed."""
        if self.lower is not None and flight.version is self.lower.version:
            self.refusal = f"{flight.version.title} was chosen though {self.version.title} was offered"
            self.lower.take(flight)
        elif not self.has_leaf(flight):
            self.others_came += 1
        else:
            self.flights.append(flight)


def _questions(chains: tuple[Chain, ...], profile: Profile) -> list[_Question]:
    """TLS 1.3 and TLS 1.2 for each leaf; one version alone for a leaf that came in an older one."""
    most = QUICK_TRIES if profile is Profile.QUICK else TRIES
    tries = max(1, min(most, MAX_CONNECTIONS // (2 * len(chains))))
    found: list[_Question] = []
    for chain in chains:
        leaf = chain.leaf
        expected = bool(leaf.ocsp_urls) or leaf.must_staple is not Answer.NO
        key = KeyKind(chain.for_.sigalg) if chain.for_.sigalg in set(KeyKind) else KeyKind.ANY
        seen_in = _VERSIONS.get(chain.for_.protocol, Version.TLS1_3)
        can_staple = seen_in > Version.SSL3  # which has no extensions to ask with
        patient = expected and (leaf.must_staple is not Answer.NO or profile is not Profile.QUICK)
        wanted = tries if patient and can_staple else 1
        lowest = _Question(leaf=leaf.sha256, key=key, version=min(seen_in, Version.TLS1_2), wanted=wanted)
        if seen_in >= Version.TLS1_2:
            lowest.higher = _Question(leaf=leaf.sha256, key=key, version=Version.TLS1_3, wanted=wanted, lower=lowest)
            found.append(lowest.higher)
        found.append(lowest)
    return found


def _read_seen(session: Session, questions: list[_Question]) -> None:
    """Takes over what the handshakes of `certificates` showed: leaves with and without a staple, and refusals."""
    for seen in session.flights.of({"certificates"}):
        for question in questions:
            if not seen.offer.status_request:
                question.served_unasked |= (
                    seen.fault is None and seen.flight is not None and _is_asked_for(question, seen.flight)
                )
            elif seen.fault is None and seen.flight is not None:
                _take_seen(question, seen.flight)
            elif _tells(seen.fault) and seen.offer == question.like_certificates(session):
                question.take_fault(seen.fault)


def _tells(fault: LeadlineError | None) -> TypeGuard[PeerFault]:
    """Whether the fault is an answer, and no trouble that may have passed since."""
    return isinstance(fault, AlertReceived) or hung_up(fault)


def _take_seen(question: _Question, flight: ServerFlight) -> None:
    if _is_asked_for(question, flight):
        question.flights.append(flight)


def _is_asked_for(question: _Question, flight: ServerFlight) -> bool:
    return flight.version is question.version and question.has_leaf(flight)


async def _ask_all(session: Session, questions: list[_Question]) -> None:
    """Rounds of handshakes until all is answered or given up: the highest version first, which may settle both."""
    for lowest in (False, True):
        await _round(
            session,
            [one for one in questions if (one.lower is None) is lowest and one.open and not one.flights],
        )
    for pause in PAUSES:
        rest = [question for question in questions if question.open]
        if not rest or session.deadline.remaining() <= pause:
            return
        await asyncio.sleep(pause)
        await _round(session, rest)


async def _round(session: Session, questions: Iterable[_Question]) -> None:
    async with asyncio.TaskGroup() as group:
        for question in questions:
            group.create_task(question.ask(session))


def _settle_hang_ups(questions: list[_Question]) -> None:
    """Takes a hello that was hung up on every time for a refusal where another was answered: so refuses Schannel."""
    if not any(question.flights for question in questions):
        return
    for question in questions:
        if question.cut_off or question.flights:
            continue
        if len(question.faults) >= MAX_FAILURES and all(map(hung_up, question.faults)):
            question.refusal = f"{question.version.title}: the server hung up on the hello"


def _answer(session: Session, question: _Question, certificates: Certificates) -> StapleAt:
    stapled, reason = Answer.UNKNOWN, None
    if question.cut_off:
        stapled, reason = Answer.NO, "the server hangs up on hellos that ask for a staple"
    elif question.answered:
        stapled = Answer.NO if question.staple is None else Answer.YES
    else:
        reason = _why_unknown(question)
    return StapleAt(
        protocol=question.version.title,
        leaf=question.leaf,
        stapled=stapled,
        tries=len(question.flights),
        seen=sum(bool(one.staples) and one.staples[0] is not None for one in question.flights),
        reason=None if reason is None else peer_text(reason),
        staple=_read(session, question, certificates),
    )


def _why_unknown(question: _Question) -> str:
    if question.faults:
        fault = question.faults[-1]
        return f"{fault.outcome}: {fault.detail}" if fault.detail else str(fault.outcome)
    if question.others_came:
        return "another certificate came"
    return f"only {len(question.flights)} of {question.needed} handshakes could be made in time"


def _read(session: Session, question: _Question, certificates: Certificates) -> Staple | None:
    if question.staple is None or question.stapled is None:
        return None
    sent = question.stapled.certificates
    return read_staple(
        question.staple,
        leaf=sent[0],
        issuers=_issuers(session, sent, certificates),
        at=session.options.now or session.started,
    )


def _issuers(session: Session, sent: tuple[bytes, ...], certificates: Certificates) -> Iterator[bytes]:
    """Where the leaf's issuer may be found: the chain that came, then the other chains, then the trust stores."""
    yield from sent[1:]
    yield sent[0]  # a self-signed leaf
    yield from (base64.b64decode(other.der) for other in certificates.others)
    for store in session.trust.stores():
        yield from store.anchors
