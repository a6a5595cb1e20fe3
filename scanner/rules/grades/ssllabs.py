"""The grade `ssllabs-2009r`: SSL Labs' SSL Server Rating Guide, version 2009r, over our evidence.

It is one opinion among others, with blind spots that the guide has (no post-quantum groups, no stapling, AES-128 below
AES-256), and no verdict of ours. Elliptic curves count as the RSA key of their strength: P-256 and x25519 as 3072 bits.
Every step of the score is cut off to a whole number.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeVar

from scanner.model.evidence.certificates import Certificates
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.evidence.ocsp_stapling import OcspStapling
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.grade import SslLabsGrade, SslLabsMark
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.rules.grades.registry import grader
from scanner.rules.grades.ssllabs_caps import caps, hsts
from scanner.rules.grades.ssllabs_gaps import gaps
from scanner.rules.grades.ssllabs_scores import scores
from scanner.rules.grades.ssllabs_table import HSTS_SECONDS, KEY, letter, worst
from scanner.rules.grades.ssllabs_view import Exam
from scanner.rules.judge import Bench

T = TypeVar("T")

_ABOUT_TRUST = frozenset({"T", "M"})


@grader(KEY)
def ssllabs(observations: Sequence[Observation[object]], bench: Bench) -> SslLabsGrade | None:
    """The grade of a target: that of its worst endpoint. None where TLS was not asked for or there is none."""
    if "tls_suites" not in bench.judged:
        return None
    asked = [one for one in observations if one.topic == "tls_suites" and one.outcome is not Outcome.NOT_APPLICABLE]
    marks = [_mark_of(one.endpoint, observations, bench) for one in asked if one.endpoint is not None]
    if not marks:
        return None
    graded = [one for one in marks if one.grade is not None]
    told = {one.grade: one for one in reversed(graded) if one.grade is not None}
    mark = told[worst(list(told))] if told else marks[0]
    fields = {field.name: getattr(mark, field.name) for field in dataclasses.fields(SslLabsMark)}
    if graded and len(graded) < len(marks):
        skipped = (peer_text(f"{one.endpoint}: {one.reason}") for one in marks if one.grade is None)
        fields["not_assessed"] = (*mark.not_assessed, *skipped)
    return SslLabsGrade(**fields, endpoints=tuple(marks) if len(marks) > 1 else ())


def _mark_of(endpoint: str, observations: Sequence[Observation[object]], bench: Bench) -> SslLabsMark:
    here = {one.topic: one.evidence for one in observations if one.endpoint == endpoint and one.evidence is not None}
    anywhere = {one.topic: one.evidence for one in reversed(observations) if one.evidence is not None}
    suites, certificates = _typed(here, "tls_suites", TlsSuites), _typed(here, "certificates", Certificates)
    lacking = _lacking(suites, certificates)
    if suites is None or certificates is None or lacking is not None:
        return SslLabsMark(reason=lacking, endpoint=endpoint)
    return mark(
        Exam(
            endpoint=endpoint,
            target=bench.target,
            now=bench.now,
            suites=suites,
            certificates=certificates,
            derived=bench.derived,
            groups=_typed(here, "tls_groups", TlsGroups),
            features=_typed(here, "tls_features", TlsFeatures),
            flaws=_typed(here, "tls_flaws", TlsFlaws),
            staples=_typed(here, "ocsp_stapling", OcspStapling),
            headers=_typed({**anywhere, **here}, "http_headers", HttpHeaders),  # HSTS belongs to the host
        )
    )


def _typed(evidence: Mapping[str, object], topic: str, kind: type[T]) -> T | None:
    found = evidence.get(topic)
    return found if isinstance(found, kind) else None


def _lacking(suites: TlsSuites | None, certificates: Certificates | None) -> PeerText | None:
    """Which of the essentials is missing; None where all are there."""
    if suites is None:
        return PeerText("no suites were observed")
    if not suites.listed:
        return PeerText("the suites were not listed")
    answers = {one.supported for one in suites.protocols.values()}
    if Answer.YES not in answers:
        unknown = Answer.UNKNOWN in answers
        return PeerText("which versions are spoken could not be told" if unknown else "no version of TLS is spoken")
    if not any(one.suites for one in suites.protocols.values()):
        return PeerText("no suite was seen")
    if certificates is None or not certificates.chains:
        return PeerText("no certificate was observed")
    return None


def mark(exam: Exam) -> SslLabsMark:
    """The mark of one endpoint."""
    found = scores(exam)
    if found is None:
        return SslLabsMark(reason=PeerText("the size of no key was seen"), endpoint=exam.endpoint)
    holds, warnings = caps(exam), _warnings(exam)
    by_score = letter(found.total)
    grade = worst([by_score, *(cap for cap, _ in holds)])
    ignored = worst([by_score, *(cap for cap, _ in holds if cap not in _ABOUT_TRUST)])
    if not warnings and _deserves_plus(exam):
        grade = "A+" if grade == "A" else grade
        ignored = "A+" if ignored == "A" else ignored
    return SslLabsMark(
        grade=grade,
        score=found.total,
        caps=tuple(peer_text(f"{cap}: {reason}") for cap, reason in holds),
        protocol=found.protocol,
        key_exchange=found.key_exchange,
        cipher=found.cipher,
        grade_trust_ignored=ignored,
        warnings=warnings,
        not_assessed=tuple(peer_text(one) for one in gaps(exam)),
        endpoint=exam.endpoint,
    )


def _warnings(exam: Exam) -> tuple[PeerText, ...]:
    """What bars A+ without capping the grade."""
    out_of_order = any(chain.in_order is Answer.NO for chain in exam.certificates.chains)
    order = (PeerText("the chain is out of order"),) if out_of_order else ()
    return (*order, *(peer_text(f"hello intolerance: {one}") for one in exam.suites.intolerances))


def _deserves_plus(exam: Exam) -> bool:
    found = hsts(exam)
    return found is not None and found.policy is not None and found.policy.max_age >= HSTS_SECONDS
