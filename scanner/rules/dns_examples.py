"""Examples for the pages of the rules about DNS: cases of www.example.org, built from what differs."""

import datetime
from collections.abc import Mapping

from scanner.model.evidence.certificates import Certificate, Certificates, Chain, HostMatch, Offer, PublicKey
from scanner.model.evidence.dns_records import Caa, CaaRecord, DnsAddress, DnsRecords, DnsStatus, Question
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Remediation, Snippet
from scanner.rules.case import Case


def zone(text: str, *lines: str) -> Remediation:
    """A remedy that is written into the DNS zone."""
    return Remediation(text=text, snippets=(Snippet(server="dns-zone", config="\n".join(lines)),))


def dns_case(
    *records: CaaRecord,
    ipv4: tuple[str, ...] = ("198.51.100.7",),
    ipv6: tuple[str, ...] = ("2001:db8::7",),
    hidden: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    status: DnsStatus = DnsStatus.OK,
    others: Mapping[str, object] | None = None,
) -> Case[DnsRecords]:
    """The case of www.example.org with these records; `hidden` are addresses that are not public."""

    def addresses(texts: tuple[str, ...]) -> tuple[DnsAddress, ...]:
        return tuple(DnsAddress(address=PeerText(text), public=text not in hidden) for text in texts)

    host = "www.example.org"
    kinds = {"A": ipv4, "AAAA": ipv6}
    questions = tuple(
        Question(name=host, type=kind, status=status if found or status is not DnsStatus.OK else DnsStatus.NODATA)
        for kind, found in kinds.items()
    )
    caa = Caa(present=Answer.YES, at="example.org", records=records) if records else Caa(present=Answer.NO)
    evidence = DnsRecords(
        host=host,
        ipv4=addresses(ipv4),
        ipv6=addresses(ipv6),
        aliases=tuple(PeerText(alias) for alias in aliases),
        caa=caa,
        questions=questions,
    )
    return Case(evidence=evidence, endpoint=None, others=others or {})


def caa_record(value: str, tag: str = "issue", flags: int = 0) -> CaaRecord:
    """One CAA record."""
    return CaaRecord(flags=flags, tag=PeerText(tag), value=PeerText(value))


def certificates_of(issuer: str) -> Certificates:
    """Certificates evidence with one chain of this issuer, for examples."""
    leaf = Certificate(
        sha256="00" * 32,
        der="",
        size=0,
        subject=PeerText("CN=www.example.org"),
        issuer=PeerText(issuer),
        serial="01",
        not_before=datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC),
        not_after=datetime.datetime(2026, 12, 30, tzinfo=datetime.UTC),
        key=PublicKey(type="ec", bits=256, curve="secp256r1"),
        signature_algorithm="ecdsa-with-SHA384",
        names=(PeerText("www.example.org"),),
    )
    chain = Chain(
        for_=Offer(sigalg="ecdsa", protocol="TLSv1.3"),
        leaf=leaf,
        sent=(leaf.sha256,),
        in_order=Answer.YES,
        anchor_sent=False,
        host=HostMatch(matches=Answer.YES),
    )
    return Certificates(chains=(chain,))


LETS_ENCRYPT = caa_record("letsencrypt.org")
GOOD = dns_case(LETS_ENCRYPT)
