"""What the SSL Labs scale looks at: the evidence of one endpoint, with the questions that its rules ask of it."""

import dataclasses
import datetime

from scanner.model.derived import Derived
from scanner.model.evidence.certificates import Certificate, Certificates
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.evidence.ocsp_stapling import OcspStapling
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_flaws import Flaw, TlsFlaws
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.model.target import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """All that the scale may look at for one endpoint; None where nothing was observed."""

    endpoint: str
    target: Target
    now: datetime.datetime
    suites: TlsSuites
    certificates: Certificates
    derived: Derived = dataclasses.field(default_factory=Derived)
    groups: TlsGroups | None = None
    features: TlsFeatures | None = None
    flaws: TlsFlaws | None = None
    staples: OcspStapling | None = None
    headers: HttpHeaders | None = None

    def support(self, version: str) -> ProtocolSupport:
        """What is known of a version."""
        return self.suites.protocols.get(version, ProtocolSupport(supported=Answer.UNKNOWN))

    def speaks(self, *versions: str) -> bool:
        """Whether one of these versions is spoken for certain."""
        return any(self.support(version).supported is Answer.YES for version in versions)

    @property
    def spoken(self) -> tuple[str, ...]:
        """The versions that are spoken, oldest first."""
        return tuple(version for version in PROTOCOLS if self.speaks(version))

    def accepted(self, *versions: str) -> tuple[tuple[str, Suite, SuiteTraits], ...]:
        """Every suite of these versions (of all where none is named) with its version and traits."""
        return tuple(
            (version, suite, traits(suite.name))
            for version in (versions or PROTOCOLS)
            if self.speaks(version)
            for suite in self.support(version).suites
        )

    @property
    def dh_bits(self) -> tuple[int, ...]:
        """The sizes of all finite-field groups that were seen: with the suites, and where primes were looked for."""
        by_suite = (suite.dh_bits for _, suite, _ in self.accepted())
        by_prime = () if self.groups is None else (prime.bits for prime in self.groups.dh)
        return tuple(bits for bits in (*by_suite, *by_prime) if bits is not None)

    @property
    def leaves(self) -> tuple[Certificate, ...]:
        """The server's own certificates, each once."""
        return tuple({chain.leaf.sha256: chain.leaf for chain in self.certificates.chains}.values())

    @property
    def sent(self) -> tuple[Certificate, ...]:
        """Every certificate that was sent whose signature somebody checks: roots are left out."""
        everything = (*self.leaves, *self.certificates.others)
        return tuple(one for one in everything if one.self_signed is not Answer.YES)

    def flaw(self, name: str) -> Flaw | None:
        """One flaw; None where flaws were not observed."""
        return None if self.flaws is None else getattr(self.flaws, name)
