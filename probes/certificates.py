"""The probe `certificates`: the chain as sent, for each kind of key that the server has.

A server may hold an RSA, an ECDSA and an EdDSA certificate side by side, and may send another chain to old clients.
So TLS 1.3 and the versions below are asked for each kind. Nothing is verified here: a certificate that expired is
evidence like any other.
"""

import asyncio
import dataclasses
from collections.abc import Sequence

from probes.base import Group, Known, ProbeInfo, Scope
from probes.hello_verdict import describe, hung_up
from scanner import isolate
from scanner.errors import AlertReceived, LeadlineError, OwnFault, PeerFault
from scanner.model.evidence.certificates import Certificate, Certificates, Chain, Offer, Refusal
from scanner.model.observation import Observation
from scanner.model.options import Profile
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.net.tls_client import attempt
from scanner.wire.chain_view import ChainView, count_scts, view_chain
from scanner.wire.host_match import match_host
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_alert import HANDSHAKE_FAILURE, REFUSALS
from scanner.wire.tls_offer import KeyKind
from scanner.wire.tls_offer import Offer as Hello
from scanner.wire.tls_registry import signature_name, suite_name
from scanner.wire.tls_version import Version
from scanner.wire.x509_view import needs_isolation

MAX_CONNECTIONS = 12
"""The most that this probe opens at one endpoint; 5 where all is well."""

HANDSHAKE_SECONDS = 8.0
"""The longest that one handshake may take, within the probe's deadline."""

PARSE_SECONDS = 2.0
"""The longest that the worker process may read one costly chain."""

_CLASSIC = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0)

QUESTIONS: tuple[tuple[tuple[Version, ...], KeyKind], ...] = (
    ((Version.TLS1_3,), KeyKind.RSA),
    ((Version.TLS1_3,), KeyKind.ECDSA),
    ((Version.TLS1_3,), KeyKind.EDDSA),
    (_CLASSIC, KeyKind.RSA),
    (_CLASSIC, KeyKind.ECDSA),
)
"""What is asked of every server, side by side."""

DEEP_QUESTIONS = (*QUESTIONS, ((Version.TLS1_3,), KeyKind.ML_DSA))
"""What profile `deep` asks: few servers have a post-quantum certificate beside another."""

QUICK_QUESTIONS = (((Version.TLS1_3, Version.TLS1_2), KeyKind.ANY),)
"""What profile `quick` asks: the certificate that most clients get."""

LAST_QUESTIONS: tuple[tuple[tuple[Version, ...], KeyKind], ...] = (
    ((Version.TLS1_3,), KeyKind.ANY),  # keys of other kinds, ML-DSA above all
    (_CLASSIC, KeyKind.ANY),
    ((Version.TLS1_0,), KeyKind.ANY),  # servers that cannot stand a hello of a higher version
    ((Version.SSL3,), KeyKind.ANY),
)
"""What is asked one after the other, until a chain comes, where none of `QUESTIONS` brought one."""


class CertificatesProbe:
    """Asks for every certificate that the server has, and keeps the chains as they came."""

    info = ProbeInfo(
        id="certificates",
        topic="certificates",
        group=Group.CERTIFICATES,
        title="Certificates",
        sends="Five TLS handshakes up to the server's certificate: for RSA, ECDSA and EdDSA keys in TLS 1.3, for RSA"
        " and ECDSA keys in the versions below. Up to seven more where an answer was cut off or no certificate came."
        " With profile quick, one; with profile deep, another for ML-DSA keys.",
        scope=Scope.ADDRESS,
        max_connections=MAX_CONNECTIONS,
        produces=Certificates,
        since="0.1.0",
        needs_tls=True,
    )

    async def collect(self, session: Session, known: Known) -> Observation[Certificates]:
        """The distinct chains. Without any, the observation ends as the first handshake did."""
        del known
        answers = await _ask_all(session)
        came = [one for one in answers if one.certificates]
        if not came:
            return _nothing(session, answers)
        host = session.target.sni or session.target.host
        chains, others = await _chains(came, host)
        refused = tuple(_refusal(one) for one in answers if not one.certificates)
        return session.observe(Certificates(chains=chains, others=others, refused=refused))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """One question and what came: a flight, a fault, or the beginning of a flight with the fault that broke it off."""

    versions: tuple[Version, ...]
    key: KeyKind
    flight: ServerFlight | None
    fault: LeadlineError | None
    hung_up_before: bool = False

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The chain as sent; empty where none came."""
        return () if self.flight is None else self.flight.certificates

    @property
    def hung_up(self) -> bool:
        """Whether the server ended the connection directly after the hello."""
        return hung_up(self.fault)

    @property
    def misses_key(self) -> bool:
        """Whether the server speaks TLS 1.3, as far as this shows, and refuses the kinds of key."""
        refused = isinstance(self.fault, AlertReceived) and self.fault.number == HANDSHAKE_FAILURE
        return refused and self.versions == (Version.TLS1_3,)

    @property
    def offer(self) -> Offer:
        """The offer as evidence names it: with what the server chose, or the highest version asked for."""
        if self.flight is None or not self.certificates:
            return Offer(sigalg=self.key.value, protocol=self.versions[0].title)
        signature = self.flight.signature
        return Offer(
            sigalg=self.key.value,
            protocol=self.flight.version.title,
            suite=suite_name(self.flight.suite),
            signature=None if signature is None else signature_name(signature),
        )


async def _ask_all(session: Session) -> list[_Answered]:
    questions = {Profile.QUICK: QUICK_QUESTIONS, Profile.DEEP: DEEP_QUESTIONS}
    answers = await _round(session, questions.get(session.options.profile, QUESTIONS))
    for question in LAST_QUESTIONS:
        if any(one.certificates for one in answers):
            break
        if question[0] == (Version.TLS1_3,) and not any(one.misses_key for one in answers):
            continue
        # A server that hung up may have no staple, and not stand to be asked for one.
        staple = not any(one.hung_up for one in answers)
        answers.append(await _ask(session, *question, staple=staple))
        if answers[-1].certificates:
            return await _ask_again(session, answers, staple=staple)
    return await _ask_again(session, answers) if any(one.certificates for one in answers) else answers


async def _ask_again(session: Session, answers: Sequence[_Answered], *, staple: bool = True) -> list[_Answered]:
    """Repeats what the server hung up on, now that it has answered others: seen twice, that is a refusal."""
    again = [(one.versions, one.key) for one in answers if one.hung_up]
    repeated = iter(await _round(session, again, staple=staple))
    return [dataclasses.replace(next(repeated), hung_up_before=True) if one.hung_up else one for one in answers]


async def _round(
    session: Session, questions: Sequence[tuple[tuple[Version, ...], KeyKind]], *, staple: bool = True
) -> list[_Answered]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ask(session, *question, staple=staple)) for question in questions]
    return [task.result() for task in tasks]


async def _ask(session: Session, versions: tuple[Version, ...], key: KeyKind, *, staple: bool = True) -> _Answered:
    hello = Hello.complete(versions, key=key, server_name=session.target.sni, status_request=staple)
    went = await attempt(session, hello, deadline=session.deadline.sooner(HANDSHAKE_SECONDS))
    return _Answered(versions=versions, key=key, flight=went.flight, fault=went.fault)


def _nothing(session: Session, answers: Sequence[_Answered]) -> Observation[Certificates]:
    """Without a chain: how the most telling handshake ended.

    What went wrong at the peer tells more than our own trouble, and that more than a refusal: another question, or one
    that we could not ask any more, might have been answered.
    """
    faults = [one.fault for one in answers if isinstance(one.fault, PeerFault | OwnFault)]
    fault = min(faults, key=_how_little_it_tells, default=None)
    if fault is None:
        return session.observe(None, outcome=Outcome.PROTOCOL_ERROR, detail="the server sent no certificate")
    return session.observe(None, outcome=fault.outcome, stage=fault.stage, detail=fault.detail)


def _how_little_it_tells(fault: PeerFault | OwnFault) -> int:
    if isinstance(fault, OwnFault):
        return 1
    refusal = hung_up(fault) or (isinstance(fault, AlertReceived) and fault.number in REFUSALS)
    return 2 if refusal else 0


async def _chains(came: Sequence[_Answered], host: str) -> tuple[tuple[Chain, ...], tuple[Certificate, ...]]:
    """The distinct chains in the order of the questions, and the certificates in them other than leaves."""
    by_content: dict[tuple[bytes, ...], list[_Answered]] = {}
    for one in came:
        by_content.setdefault(one.certificates, []).append(one)
    chains: list[Chain] = []
    others: dict[str, Certificate] = {}
    for ders, answers in by_content.items():
        view = await _view(ders)
        chains.append(_chain(view, answers, host))
        others |= {one.sha256: one for one in view.certificates[1:]}
    return tuple(chains), tuple(others.values())


async def _view(ders: tuple[bytes, ...]) -> ChainView:
    if needs_isolation(ders):
        return await isolate.run(view_chain, ders, seconds=PARSE_SECONDS)
    return view_chain(ders)


def _chain(view: ChainView, answers: Sequence[_Answered], host: str) -> Chain:
    flights = [one.flight for one in answers if one.flight is not None]
    return Chain(
        for_=answers[0].offer,
        leaf=view.certificates[0],
        sent=tuple(one.sha256 for one in view.certificates),
        in_order=view.in_order,
        anchor_sent=view.anchor_sent,
        host=match_host(view.certificates[0], host),
        staple=any(staple is not None for flight in flights for staple in flight.staples[:1]),
        scts_in_tls=max(count_scts(flight.sct_list) for flight in flights),
        shared_by=tuple(one.offer for one in answers[1:]),
    )


def _refusal(answered: _Answered) -> Refusal:
    fault = answered.fault
    refused = (isinstance(fault, AlertReceived) and fault.number in REFUSALS) or (
        answered.hung_up and answered.hung_up_before
    )
    return Refusal(
        for_=answered.offer,
        answer=Answer.NO if refused else Answer.UNKNOWN,
        reason=peer_text("no certificate was sent" if fault is None else describe(fault)),
    )
