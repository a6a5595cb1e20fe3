"""Views of `ocsp_stapling` evidence that its rules share: leaf by leaf, staple by staple, with what is in doubt.

No rule lives here, and no page: only how absences and staples are walked, so that each rule says one thing.
"""

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping

from scanner.model.evidence.certificates import Certificates
from scanner.model.evidence.ocsp_stapling import OcspStapling, Staple, StapleAt
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Severity
from scanner.rules.case import Case
from scanner.rules.verdict import Fail, Fault, NotApplicable, Pass, Unknown, Verdict

SHORT_LIVED = datetime.timedelta(days=7)
"""Certificates that live no longer need no way of revocation (CA/B Baseline Requirements, from 2026-03-15)."""

Place = tuple[int, StapleAt]
"""An entry of `staples` with its place there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One leaf with all that was asked about it.

    `kind` is the type of its key (`rsa`, `ec`; empty where not seen), which stays when the certificate is renewed;
    `called` names the leaf in texts. `offered` says whether it names a responder, `required` whether it is must-staple.
    """

    kind: str
    called: str
    offered: bool
    required: Answer
    at: tuple[Place, ...]

    def those(self, stapled: Answer) -> tuple[Place, ...]:
        """The entries with this answer."""
        return tuple(place for place in self.at if place[1].stapled is stapled)

    @property
    def doubt(self) -> str | None:
        """Why it is not known everywhere whether a staple comes; None where it is."""
        if not self.at:
            return "no handshake brought the certificate again"
        unknown = [one for _, one in self.those(Answer.UNKNOWN)]
        return "; ".join(f"{one.protocol}: {one.reason or 'could not be told'}" for one in unknown) or None


def leaves_of(case: Case[OcspStapling]) -> tuple[Leaf, ...]:
    """The leaves in the order in which they came."""
    evidence = case.evidence
    certificates = case.other("certificates", Certificates)
    chains = () if certificates is None else certificates.chains
    kinds = {chain.leaf.sha256: chain.leaf.key.type for chain in chains}
    several = len(evidence.must_staple) > 1
    return tuple(
        Leaf(
            kind=kinds.get(leaf, ""),
            called=f"the {kinds.get(leaf, leaf[:12])} certificate" if several else "the certificate",
            offered=evidence.offered_by_issuer.get(leaf, False),
            required=required,
            at=tuple((place, one) for place, one in enumerate(evidence.staples) if one.leaf == leaf),
        )
        for leaf, required in evidence.must_staple.items()
    )


def fault_at(
    leaf: Leaf,
    places: Iterable[Place],
    message: str,
    *,
    below: str = "",
    arguments: Mapping[str, object] | None = None,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
) -> Fault:
    """A fault about `leaf` at these places, or at what is `below` them.

    The message may use `{certificate}` and `{versions}` (`TLSv1.3 (0 of 5), TLSv1.2 (1 of 2)`: handshakes with a
    staple of all) beside `arguments`.
    """
    places = tuple(places)
    versions = ", ".join(f"{one.protocol} ({one.seen} of {one.tries})" for _, one in places)
    return Fault(
        message=message,
        at=tuple(f"/staples/{index}{below}" for index, _ in places),
        arguments={"certificate": leaf.called, "versions": versions, **(arguments or {})},
        discriminator=leaf.kind,
        severity=severity,
        confidence=confidence,
    )


def judge_absence(leaves: Iterable[Leaf], fault: Callable[[Leaf], Fault | None], otherwise: str) -> Verdict:
    """The faults of these leaves; unknown where an answer is missing and nothing is wrong.

    Not applicable because of `otherwise` where there is no leaf.
    """
    leaves = tuple(leaves)
    if not leaves:
        return NotApplicable(otherwise)
    faults = [found for leaf in leaves if (found := fault(leaf)) is not None]
    if faults:
        return Fail(tuple(faults))
    doubts = [leaf.doubt for leaf in leaves if leaf.doubt]
    if any(leaf.required is Answer.UNKNOWN and leaf.those(Answer.NO) for leaf in leaves):
        doubts.append("whether the certificate requires a staple could not be read")
    return Unknown("; ".join(doubts)) if doubts else Pass()


def nothing_to_staple(case: Case[OcspStapling]) -> str:
    """That there is nothing to staple, and what stands in its place."""
    certificates = case.other("certificates", Certificates)
    leaves = () if certificates is None else tuple(chain.leaf for chain in certificates.chains)
    text = "the issuer offers no OCSP; nothing to staple"
    if leaves and all(leaf.crl_urls for leaf in leaves):
        return f"{text} (revocation is by CRL)"
    if leaves and all(_lives_shortly(leaf.not_before, leaf.not_after) for leaf in leaves):
        return f"{text} (short-lived: no way of revocation is needed)"
    return text


def _lives_shortly(start: datetime.datetime | None, end: datetime.datetime | None) -> bool:
    return start is not None and end is not None and end - start <= SHORT_LIVED


@dataclasses.dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one staple: the rest of a sentence that begins with `the staple`, and what fills it."""

    text: str
    arguments: Mapping[str, object] = dataclasses.field(default_factory=dict)
    confidence: Confidence | None = None


Look = Callable[[Staple], Flaw | Unknown | None]
"""What a rule says of one staple: None where it is fine."""


def judge_staples(case: Case[OcspStapling], look: Look, *, if_required: Severity | None = Severity.HIGH) -> Verdict:
    """What `look` says of every distinct staple.

    `if_required` is the severity where the leaf requires a staple. Not applicable where none came.
    """
    faults: list[Fault] = []
    doubts: list[str] = []
    looked_at = 0
    for leaf in leaves_of(case):
        doubts.extend([leaf.doubt] if leaf.doubt else [])
        for staple, places in _distinct(leaf):
            looked_at += 1
            found = look(staple)
            if isinstance(found, Unknown):
                doubts.append(found.reason)
            elif found is not None:
                faults.append(
                    fault_at(
                        leaf,
                        places,
                        "the staple for {certificate}, seen in {versions}, " + found.text,
                        below="/staple",
                        arguments=found.arguments,
                        severity=if_required if leaf.required is Answer.YES else None,
                        confidence=found.confidence,
                    )
                )
    if faults:
        return Fail(tuple(faults))
    if doubts:
        return Unknown("; ".join(dict.fromkeys(doubts)))
    return Pass() if looked_at else NotApplicable("no staple came")


def _distinct(leaf: Leaf) -> tuple[tuple[Staple, list[Place]], ...]:
    """Each distinct staple with its places: mostly the same one comes in every version."""
    found: dict[str, tuple[Staple, list[Place]]] = {}
    for place in leaf.at:
        staple = place[1].staple
        if staple is not None:
            found.setdefault(staple.der_sha256, (staple, []))[1].append(place)
    return tuple(found.values())
