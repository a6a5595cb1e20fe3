"""Evidence of `dns_records`: every question that was asked, and what the answers say of the name."""

import dataclasses
import enum

from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


class DnsStatus(enum.StrEnum):
    """How one DNS question ended. Only the first three say something about the name."""

    OK = "ok"
    NODATA = "nodata"  # the name is there, records of this type are not (RFC 2308 section 2.2)
    NXDOMAIN = "nxdomain"  # no such name (RFC 2308 section 2.1)
    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    FAILED = "failed"  # an answer that breaks the grammar, or another response code

    @property
    def definite(self) -> bool:
        """Whether the answer says what is there and what is not."""
        return self in {DnsStatus.OK, DnsStatus.NODATA, DnsStatus.NXDOMAIN}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as asked (repeats of a lost datagram not counted), its status, and its records as text."""

    name: str
    type: str
    status: DnsStatus
    records: tuple[PeerText, ...] = ()
    detail: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DnsAddress:
    """One address that the DNS gives for the name; `public` by IANA's special-purpose registries."""

    address: PeerText
    public: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CaaRecord:
    """One CAA record (RFC 8659 section 4.1): `flags` as a number, `tag` and `value` as latin-1."""

    flags: int
    tag: PeerText
    value: PeerText

    @property
    def critical(self) -> bool:
        """Whether an issuer that does not know the tag must not issue (bit 0 of the flags)."""
        return self.flags & 0x80 != 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Caa:
    """The relevant CAA record set (RFC 8659 section 3).

    `present` is unknown where a question on the way up failed. `at` is the name at which the set was found, the host
    or one above it. `unreadable` are records that could not be parsed.
    """

    present: Answer
    at: str | None = None
    records: tuple[CaaRecord, ...] = ()
    unreadable: tuple[PeerText, ...] = ()
    reason: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpsRecord:
    """One HTTPS record (RFC 9460). Priority 0 is an alias of `target`; `.` is the name itself.

    `alpn` are protocol ids, the hints addresses as text. `ech_configs` counts the configurations of Encrypted
    ClientHello (RFC 9848): None without the parameter, 0 where it cannot be read. `other_keys` are parameters beside
    those.
    """

    priority: int
    target: PeerText
    alpn: tuple[PeerText, ...] = ()
    no_default_alpn: bool = False
    port: int | None = None
    ipv4_hints: tuple[PeerText, ...] = ()
    ipv6_hints: tuple[PeerText, ...] = ()
    ech_configs: int | None = None
    ech_public_names: tuple[PeerText, ...] = ()
    other_keys: tuple[PeerText, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpsRecords:
    """The HTTPS records of the host and port. `unreadable` are records that could not be parsed."""

    present: Answer = Answer.UNKNOWN
    records: tuple[HttpsRecord, ...] = ()
    unreadable: tuple[PeerText, ...] = ()
    reason: str | None = None

    @property
    def ech(self) -> Answer:
        """Whether they announce Encrypted ClientHello; unknown behind an alias, which is not followed."""
        if any(one.ech_configs for one in self.records):
            return Answer.YES
        if self.present is Answer.NO:
            return Answer.NO
        unsure = self.unreadable or any(one.priority == 0 or one.ech_configs == 0 for one in self.records)
        return Answer.UNKNOWN if unsure or self.present is Answer.UNKNOWN else Answer.NO


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecords:
    """What the DNS says of one host: addresses, the CNAME chain in order, the relevant CAA set, the HTTPS records;
    what was asked.
    """

    host: str
    ipv4: tuple[DnsAddress, ...]
    ipv6: tuple[DnsAddress, ...]
    aliases: tuple[PeerText, ...]
    caa: Caa
    questions: tuple[Question, ...]
    https: HttpsRecords = dataclasses.field(default_factory=HttpsRecords)

    def status(self, record_type: str) -> DnsStatus | None:
        """How the question for the host's own records of this type ended; None where it was not asked."""
        own = (one for one in self.questions if (one.name, one.type) == (self.host, record_type))
        return next((one.status for one in own), None)

    @property
    def beside_dns(self) -> bool:
        """Whether the name is not in this DNS at all: a hosts file or another view of the DNS knows it.

        A name whose aliases lead nowhere is in it.
        """
        statuses = {self.status("A"), self.status("AAAA")}
        return statuses == {DnsStatus.NXDOMAIN} and not self.aliases
