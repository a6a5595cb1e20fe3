"""Views of `certificates` evidence that its rules share: leaf by leaf, chain by chain, with the trust of each.

No rule lives here: only how chains are walked and how their answers are put together, so that each rule says one thing.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping

from scanner.model.derived import ChainTrust, StoreTrust
from scanner.model.evidence.certificates import Certificate, Certificates, Chain
from scanner.model.outcome import Answer
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.verdict import Fail, Fault, NotApplicable, NotAssessed, Pass, Unknown, Verdict

MACHINE_STORES = frozenset({"mozilla", "system"})
"""Names of the stores that come with the machine; the user named all others with `--ca`."""

Found = Fault | Pass | Unknown | NotApplicable | NotAssessed
"""What is found at one chain or certificate."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChainAt:
    """One chain with its place in the evidence, and its trust (None: not derived).

    `called` names the server's certificate in texts; where there are several, by the kind of its key.
    """

    index: int
    chain: Chain
    trust: ChainTrust | None
    called: str

    @property
    def leaf(self) -> Certificate:
        """The server's certificate."""
        return self.chain.leaf

    @property
    def public(self) -> Answer:
        """Whether a public root issued it."""
        return Answer.UNKNOWN if self.trust is None else self.trust.public

    @property
    def stores(self) -> tuple[StoreTrust, ...]:
        """What each store says."""
        return () if self.trust is None else self.trust.stores

    def fault(self, message: str, *fields: str, severity: Severity | None = None, **arguments: object) -> Fault:
        """A fault of the leaf, shown at its `fields`; `{certificate}` in the message is what it is called.

        The kind of key tells it apart from the server's other certificates, and stays when it is renewed.
        """
        base = f"/chains/{self.index}/leaf"
        at = tuple(f"{base}/{field}" for field in fields) or (base,)
        return self._fault(message, at, severity, arguments)

    def fault_of_chain(self, message: str, field: str, **arguments: object) -> Fault:
        """A fault of the chain, shown at its `field`."""
        return self._fault(message, (f"/chains/{self.index}/{field}",), None, arguments)

    def _fault(
        self, message: str, at: tuple[str, ...], severity: Severity | None, arguments: Mapping[str, object]
    ) -> Fault:
        return Fault(
            message=message,
            at=at,
            arguments={"certificate": self.called, **arguments},
            discriminator=self.leaf.key.type,
            severity=severity,
        )


def chains_of(case: Case[Certificates]) -> tuple[ChainAt, ...]:
    """Every chain."""
    chains = case.evidence.chains
    several = len({chain.leaf.sha256 for chain in chains}) > 1
    return tuple(
        ChainAt(
            index=index,
            chain=chain,
            trust=case.derived.trust_at(case.endpoint, index),
            called=f"the certificate with the {chain.leaf.key.type} key" if several else "the certificate",
        )
        for index, chain in enumerate(chains)
    )


def leaves_of(case: Case[Certificates]) -> tuple[ChainAt, ...]:
    """The first chain of each distinct leaf."""
    first: dict[str, ChainAt] = {}
    for chain in chains_of(case):
        first.setdefault(chain.leaf.sha256, chain)
    return tuple(first.values())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SentAt:
    """One certificate that was sent, with what it is called, its JSON Pointer, and what tells its faults apart."""

    certificate: Certificate
    called: str
    pointer: str
    discriminator: str

    def fault(self, message: str, field: str, **arguments: object) -> Fault:
        """A fault of this certificate, shown at `field`."""
        return Fault(
            message=message,
            at=(f"{self.pointer}/{field}",),
            arguments={"certificate": self.called, **arguments},
            discriminator=self.discriminator,
        )


def sent_of(case: Case[Certificates]) -> Iterator[SentAt]:
    """Every certificate that was sent, leaves first. An intermediate is told apart by its key, which it keeps."""
    for leaf in leaves_of(case):
        yield SentAt(
            certificate=leaf.leaf,
            called=leaf.called,
            pointer=f"/chains/{leaf.index}/leaf",
            discriminator=leaf.leaf.key.type,
        )
    for index, other in enumerate(case.evidence.others):
        yield SentAt(
            certificate=other,
            called=f"the certificate of {other.common_name or other.subject or 'an issuer'}",
            pointer=f"/others/{index}",
            discriminator=f"issuer {other.key.spki_sha256 or other.sha256}",
        )


def judge_each(found: Iterable[Found]) -> Verdict:
    """One verdict from what was found at each: faults first, then doubt, then a pass."""
    answers = tuple(found)
    faults = tuple(one for one in answers if isinstance(one, Fault))
    if faults:
        return Fail(faults)
    for kind in (Unknown, NotAssessed, Pass):
        for answer in answers:
            if isinstance(answer, kind):
                return answer
    return next((one for one in answers if isinstance(one, NotApplicable)), Unknown("no certificate was seen"))


def for_public(look: Callable[[ChainAt], Found]) -> Callable[[ChainAt], Found]:
    """`look`, for certificates that a public root issued; not applicable to those of a private one."""

    def gated(chain: ChainAt) -> Found:
        if chain.public is Answer.YES:
            return look(chain)
        if chain.public is Answer.NO:
            return NotApplicable("no public root issued the certificate")
        return Unknown("whether a public root issued the certificate is not known")

    return gated


def serves(certificate: Certificate) -> bool:
    """Whether the extended key usage names TLS servers, or every purpose (RFC 5280 section 4.2.1.12)."""
    return not {"serverAuth", "anyExtendedKeyUsage"}.isdisjoint(certificate.extended_key_usage)
