"""Rules about DNS records: addresses and aliases (CAA: `scanner.rules.caa`). A question without answer is unknown."""

import ipaddress
from collections.abc import Iterator

from scanner.model.evidence.dns_records import DnsAddress, DnsRecords, DnsStatus
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.dns_examples import GOOD, LETS_ENCRYPT, dns_case, zone
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Unknown, Verdict, fail, fail_or_pass

MAX_ALIASES = 8
"""CNAME records in a row; the policy's threshold `dns_max_aliases` overrides it. BIND and Unbound follow 11."""

_DNS64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1, synthesised as RFC 6147 describes


@rule(
    RuleInfo(
        id="DNS005",
        name="ipv6-missing",
        title="The host has no IPv6 address",
        topic="dns_records",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for AAAA records of the host.",
        rationale=(
            "Clients on IPv6-only networks reach the host through translators only, if at all, and share their"
            " addresses with many others there. It is no weakness in itself."
        ),
        remediation=remedy(
            "Let the server listen on IPv6, protect that address like the other, and publish an AAAA record.",
            nginx="listen [::]:443 ssl;",
            apache="Listen [::]:443",
        ),
        references=(
            rfc(3596, "2.1", "RFC 3596: the AAAA record"),
            rfc(6540, "2", "RFC 6540: IPv6 Support Required for All IP-Capable Nodes"),
        ),
    ),
    passing=GOOD,
    failing=dns_case(LETS_ENCRYPT, ipv6=()),
)
def ipv6_missing(case: Case[DnsRecords]) -> Verdict:
    """An AAAA record that is the host's own, not one that a resolver made up (DNS64)."""
    records = case.evidence
    status = records.status("AAAA")
    if status is None or not status.definite:
        return Unknown(f"the question for AAAA records ended with {status or 'nothing'}")
    if records.ipv6:
        if all(_synthesised(one.address) for one in records.ipv6):
            return Unknown("the name server here makes up IPv6 addresses (DNS64)")
        return Pass()
    if not any(one.public for one in records.ipv4):
        return NotApplicable("the DNS gives no public address for the name")
    return fail("{host} has no AAAA record", "/ipv6", host=records.host)


def _synthesised(address: str) -> bool:
    return ipaddress.ip_address(address) in _DNS64


@rule(
    RuleInfo(
        id="DNS006",
        name="alias-chain-long",
        title="A long chain of aliases leads to the host",
        topic="dns_records",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Counts the CNAME records between the host's name and its addresses.",
        rationale=(
            "Every alias is another zone that must answer and another party that can redirect the name; resolvers give"
            " up on long chains."
        ),
        remediation=zone(
            "Point the name at the last name of the chain, or at its addresses.",
            "www.example.org. IN CNAME www.example.org.cdn.example.",
        ),
        references=(rfc(1034, "3.6.2", "RFC 1034: Aliases and canonical names"),),
    ),
    passing=dns_case(aliases=("cdn.example.net",)),
    failing=dns_case(aliases=tuple(f"hop{number}.example.net" for number in range(1, 10))),
)
def alias_chain_long(case: Case[DnsRecords]) -> Verdict:
    """At most as many aliases as resolvers are sure to follow."""
    aliases = case.evidence.aliases
    limit = int(case.policy.threshold("dns_max_aliases", MAX_ALIASES))
    if not aliases:
        return _no_alias(case.evidence)
    if len(aliases) <= limit:
        return Pass()
    return fail(
        "{host} leads through {count} aliases; more than {limit} are not followed everywhere",
        "/aliases",
        host=case.evidence.host,
        count=len(aliases),
        limit=limit,
    )


def _no_alias(records: DnsRecords) -> Verdict:
    """The verdict where no alias was seen: unknown where no address question was answered."""
    statuses = (records.status("A"), records.status("AAAA"))
    if any(one is not None and one.definite for one in statuses):
        return NotApplicable("the name is no alias")
    return Unknown("the questions for addresses were not answered")


@rule(
    RuleInfo(
        id="DNS007",
        name="alias-dangling",
        title="An alias leads to a name that does not exist",
        topic="dns_records",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Follows the CNAME records of the host to a name that exists.",
        rationale=(
            "Who can register the missing name, or claim it at the hosting service that it belonged to, serves content"
            " under your name and gets certificates for it."
        ),
        remediation=zone(
            "Remove the CNAME record, or restore the service behind it.",
            "; removed: www.example.org. IN CNAME old-shop.hosting.example.",
        ),
        references=(
            rfc(8020, "2", "RFC 8020: NXDOMAIN: There Really Is Nothing Underneath"),
            rfc(1034, "3.6.2", "RFC 1034: Aliases and canonical names"),
        ),
        cwe=(672,),
    ),
    passing=dns_case(aliases=("cdn.example.net",)),
    failing=dns_case(aliases=("old-shop.hosting.example",), ipv4=(), ipv6=(), status=DnsStatus.NXDOMAIN),
)
def alias_dangling(case: Case[DnsRecords]) -> Verdict:
    """NXDOMAIN behind an alias, for either family: the code is about the name, not the type."""
    records = case.evidence
    if not records.aliases:
        return _no_alias(records)
    statuses = {records.status("A"), records.status("AAAA")}
    if DnsStatus.NXDOMAIN in statuses:
        last = len(records.aliases) - 1
        return fail(
            "{host} is an alias of {alias}, which does not exist",
            f"/aliases/{last}",
            host=records.host,
            alias=records.aliases[last],
        )
    if statuses & {DnsStatus.OK, DnsStatus.NODATA}:
        return Pass()
    return Unknown("the questions for addresses were not answered")


@rule(
    RuleInfo(
        id="DNS008",
        name="non-public-address",
        title="The public DNS gives an address that is not public",
        topic="dns_records",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the host's addresses with IANA's registries of special-purpose addresses.",
        rationale=(
            "A client that takes the private address ends in its own network, at whatever answers there under your"
            " name; and everyone learns how your network is numbered."
        ),
        remediation=zone(
            "Publish the private address in an internal zone only (split horizon).",
            "; public zone: public addresses only",
            "www.example.org. IN A 198.51.100.7",
        ),
        references=(
            rfc(1918, "5", "RFC 1918: Operational considerations"),
            rfc(6890, "2.2", "RFC 6890: Special-Purpose IP Address Registries"),
        ),
        cwe=(200,),
    ),
    passing=GOOD,
    failing=dns_case(ipv4=("198.51.100.7", "10.0.0.7"), hidden=("10.0.0.7",)),
)
def non_public_address(case: Case[DnsRecords]) -> Verdict:
    """Public and other addresses under one name; a name with none that is public is an internal one."""
    records = case.evidence
    places = [(f"/{family}/{place}", one) for family in ("ipv4", "ipv6") for place, one in _numbered(records, family)]
    statuses = (records.status("A"), records.status("AAAA"))
    answered = all(status is not None and status.definite for status in statuses)
    if not places and answered:
        return NotApplicable("the DNS gives no address for the name")
    if places and not any(one.public for _, one in places):
        return NotApplicable("an internal name: none of its addresses is public")
    faults = [
        Fault(
            message="{host} has public addresses and {address}, which is not",
            at=(pointer,),
            arguments={"host": records.host, "address": one.address},
            discriminator=one.address,
        )
        for pointer, one in places
        if not one.public
    ]
    if not faults and not answered:
        return Unknown("not all questions for addresses were answered")
    return fail_or_pass(faults)


def _numbered(records: DnsRecords, family: str) -> Iterator[tuple[int, DnsAddress]]:
    return enumerate(records.ipv4 if family == "ipv4" else records.ipv6)
