"""DNS: the addresses of the host, the aliases on the way, who may issue certificates for it (CAA), HTTPS records.

Rule of the room: asks the recursive name server and nobody else, once a question, all questions at the same time. An
answer that did not come is never read as a record that is not there.
"""

import asyncio

from probes.base import Group, Known, ProbeInfo, Scope
from scanner.errors import Malformed
from scanner.model.evidence.dns_records import (
    Caa,
    CaaRecord,
    DnsAddress,
    DnsRecords,
    DnsStatus,
    HttpsRecord,
    HttpsRecords,
    Question,
)
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.net.address import AddressPolicy
from scanner.net.dns_answer import DnsAnswer
from scanner.net.session import Session
from scanner.wire.caa import parse_caa
from scanner.wire.https_record import parse_https_record

MAX_CLIMB = 10
"""Names that are asked for CAA, from the host upwards: more levels than real names have, and a bound."""


class DnsRecordsProbe:
    """Asks for A, AAAA, HTTPS and CAA."""

    info = ProbeInfo(
        id="dns_records",
        topic="dns_records",
        group=Group.DNS,
        title="DNS records",
        sends=(
            "Asks the configured name server for the host's A, AAAA and HTTPS records, and for CAA records at the host"
            f" and each name above it, at most {MAX_CLIMB + 3} questions. Nothing is sent to the target itself."
        ),
        scope=Scope.TARGET,
        max_connections=0,
        produces=DnsRecords,
        since="0.1.0",
    )

    async def collect(self, session: Session, known: Known) -> Observation[DnsRecords]:
        """What the DNS says of the target's name; not applicable where the DNS has no say in where it is."""
        del known
        host = session.target.host
        reason = _beside_dns(session)
        if reason is not None:
            return session.observe(None, outcome=Outcome.NOT_APPLICABLE, detail=reason)
        names = climb(host)
        service = https_name(host, session.target.port)
        wanted = [(host, "A"), (host, "AAAA"), (service, "HTTPS"), *((name, "CAA") for name in names)]
        a, aaaa, https, *caa = await asyncio.gather(
            *(session.resolver.query(name, kind, deadline=session.deadline) for name, kind in wanted)
        )
        answers = (a, aaaa, https, *caa)
        evidence = DnsRecords(
            host=host,
            ipv4=_addresses(a),
            ipv6=_addresses(aaaa),
            aliases=a.aliases or aaaa.aliases,
            caa=relevant_caa(tuple(caa), complete=len(names) == host.count(".") + 1),
            questions=tuple(_question(one) for one in answers),
            https=_https(https),
        )
        if any(DnsStatus(one.status).definite for one in answers):
            return session.observe(evidence)
        silent = any(one.status == DnsStatus.TIMEOUT for one in answers)
        return session.observe(
            evidence,
            outcome=Outcome.TIMEOUT if silent else Outcome.PROTOCOL_ERROR,
            stage=Stage.RESOLVE,
            detail="the name server answered no question",
        )


def climb(host: str) -> tuple[str, ...]:
    """The names whose CAA records count for `host`: itself and each above it but the root (RFC 8659 section 3)."""
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(min(len(labels), MAX_CLIMB)))


def https_name(host: str, port: int) -> str:
    """The name that the HTTPS records of an https site are found at (RFC 9460 section 9.1)."""
    return host if port in {80, 443} else f"_{port}._https.{host}"


def relevant_caa(answers: tuple[DnsAnswer, ...], *, complete: bool) -> Caa:
    """The first non-empty set of the climb (RFC 8659 section 3).

    A question that failed below it leaves the relevant set unknown: an issuer would have to stop there, too.
    `complete` says whether the climb went all the way up.
    """
    for answer in answers:
        status = DnsStatus(answer.status)
        if not status.definite:
            return Caa(present=Answer.UNKNOWN, reason=f"the CAA question for {answer.name} ended with {status}")
        if status is DnsStatus.OK:
            records, unreadable = _parsed(answer.records)
            return Caa(present=Answer.YES, at=answer.name, records=records, unreadable=unreadable)
    if not complete:
        return Caa(present=Answer.UNKNOWN, reason=f"none at the first {len(answers)} names; those above were not asked")
    return Caa(present=Answer.NO)


def _beside_dns(session: Session) -> str | None:
    """Why the DNS does not matter for this target; None where it does."""
    host = session.target.host
    if session.target.is_address:
        return "the target is an address"
    if session.resolver.overridden(host):
        return "--resolve says where the host is"
    if host == "localhost" or host.endswith(".localhost"):
        return "localhost is not in the DNS"
    return None


def _addresses(answer: DnsAnswer) -> tuple[DnsAddress, ...]:
    policy = AddressPolicy()
    return tuple(DnsAddress(address=one, public=policy.is_public(one)) for one in answer.records)


def _parsed(records: tuple[PeerText, ...]) -> tuple[tuple[CaaRecord, ...], tuple[PeerText, ...]]:
    parsed, unreadable = [], []
    for record in records:
        try:
            parsed.append(parse_caa(record))
        except Malformed:
            unreadable.append(record)
    return tuple(parsed), tuple(unreadable)


def _https(answer: DnsAnswer) -> HttpsRecords:
    status = DnsStatus(answer.status)
    if not status.definite:
        return HttpsRecords(reason=f"the question ended with {status}")
    if status is not DnsStatus.OK:
        return HttpsRecords(present=Answer.NO)
    parsed: list[HttpsRecord] = []
    unreadable: list[PeerText] = []
    for record in answer.records:
        try:
            parsed.append(parse_https_record(record))
        except Malformed:
            unreadable.append(record)
    return HttpsRecords(present=Answer.YES, records=tuple(parsed), unreadable=tuple(unreadable))


def _question(answer: DnsAnswer) -> Question:
    return Question(
        name=answer.name,
        type=answer.type,
        status=DnsStatus(answer.status),
        records=answer.records,
        detail=None if answer.detail is None else peer_text(answer.detail),
    )
