"""Rules about CAA records: who may issue certificates for the host. A question without answer is unknown."""

import re
from collections.abc import Iterator

from scanner.model.evidence.certificates import Certificate, Certificates
from scanner.model.evidence.dns_records import Caa, CaaRecord, DnsRecords
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules import caa_issuers
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.dns_examples import GOOD, LETS_ENCRYPT, caa_record, certificates_of, dns_case, zone
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail, fail_or_pass

KNOWN_TAGS = frozenset({"issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"})
"""Property tags that issuers know: IANA's registry "Certification Authority Restriction Properties"."""

_ISSUE_TAGS = frozenset({"issue", "issuewild", "issuemail", "issuevmc"})
_IODEF_SCHEMES = ("mailto:", "http://", "https://")  # RFC 8659 section 4.4

# RFC 8659 section 4.2.
_WORD = r"[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_PARAMETER = rf"{_WORD}[ \t]*=[ \t]*[!-:<-~]*"
_ISSUE_VALUE = re.compile(
    rf"[ \t]*(?:{_WORD}(?:\.{_WORD})*[ \t]*)?(?:;[ \t]*(?:{_PARAMETER}[ \t]*(?:;[ \t]*{_PARAMETER}[ \t]*)*)?)?"
)

_CAA_STANDARD = rfc(8659, "3", "RFC 8659: DNS Certification Authority Authorization")
_CAA_RECORD = rfc(8659, "4.1", "RFC 8659: the CAA record")
_CAA_ISSUE = rfc(8659, "4.2", "RFC 8659: the issue property")


def _no_caa(case: Case[DnsRecords]) -> Verdict | None:
    """The verdict where there is no CAA set to look into; None where there is one."""
    caa = case.evidence.caa
    if caa.present is Answer.UNKNOWN:
        return Unknown(caa.reason or "the CAA questions were not answered")
    return NotApplicable("there are no CAA records") if caa.present is Answer.NO else None


@rule(
    RuleInfo(
        id="DNS001",
        name="caa-missing",
        title="No CAA record says who may issue certificates",
        topic="dns_records",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for CAA records at the host and at every name above it.",
        rationale=(
            "Without CAA every public certificate authority may issue for the name. With it, an attacker who fools one"
            " authority's checks needs to fool one of those that you use."
        ),
        remediation=zone(
            "Publish a CAA record at the registered domain that names the authorities you use; names below inherit it.",
            'example.org. IN CAA 0 issue "letsencrypt.org"',
        ),
        references=(_CAA_STANDARD,),
    ),
    passing=GOOD,
    failing=dns_case(),
)
def caa_missing(case: Case[DnsRecords]) -> Verdict:
    """Any CAA set on the way up is enough."""
    caa = case.evidence.caa
    if caa.present is Answer.UNKNOWN:
        return Unknown(caa.reason or "the CAA questions were not answered")
    if case.evidence.beside_dns:
        return NotApplicable("the name is not in the DNS that was asked")
    if caa.present is Answer.YES:
        return Pass(f"found at {caa.at}")
    return fail("neither {host} nor a name above it has a CAA record", "/caa/present", host=case.evidence.host)


@rule(
    RuleInfo(
        id="DNS002",
        name="caa-malformed",
        title="A CAA record breaks the grammar",
        topic="dns_records",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Reads the values of the relevant CAA records by the grammar of RFC 8659.",
        rationale=(
            "An issue property whose value breaks the grammar permits nobody, so it can stop every renewal; a"
            " misspelled report address means that nobody hears of a refused request."
        ),
        remediation=zone(
            "Write the identifier of the authority, and parameters as name=value behind semicolons. The flags are 0,"
            " or 128 for critical.",
            'example.org. IN CAA 0 issue "letsencrypt.org; validationmethods=dns-01"',
            'example.org. IN CAA 0 iodef "mailto:security@example.org"',
        ),
        references=(_CAA_ISSUE, _CAA_RECORD),
    ),
    passing=GOOD,
    failing=dns_case(caa_record("letsencrypt.org, pki.goog")),
)
def caa_malformed(case: Case[DnsRecords]) -> Verdict:
    """Issue values by their grammar, report addresses by their scheme, flags by their one defined bit."""
    return _no_caa(case) or fail_or_pass(list(_caa_faults(case.evidence.caa)))


def _caa_faults(caa: Caa) -> Iterator[Fault]:
    for place, text in enumerate(caa.unreadable):
        yield Fault(
            message="the CAA record {record} at {at} cannot be read",
            at=(f"/caa/unreadable/{place}",),
            arguments={"record": text, "at": caa.at},
            discriminator=text,
        )
    for place, record in enumerate(caa.records):
        complaint = _complaint(record)
        if complaint is not None:
            message, severity = complaint
            yield Fault(
                message=f'the CAA record {{flags}} {{tag}} "{{value}}" at {{at}} {message}',
                at=(f"/caa/records/{place}",),
                arguments={"flags": record.flags, "tag": record.tag, "value": record.value, "at": caa.at},
                discriminator=f"{record.tag} {record.value}",
                severity=severity,
            )


def _complaint(record: CaaRecord) -> tuple[str, Severity | None] | None:
    """What is wrong with one record, and how heavy where that is not the rule's own severity."""
    tag = record.tag.lower()
    if tag in _ISSUE_TAGS and not _ISSUE_VALUE.fullmatch(record.value):
        return "has a value that breaks the grammar, so it permits nobody", None
    if tag == "iodef" and not record.value.lower().startswith(_IODEF_SCHEMES):
        return "names neither a mailto nor an http address for reports", None
    if record.flags & 0x7F:
        return "sets flags that have no meaning; 128 is the critical flag", Severity.INFO
    return None


@rule(
    RuleInfo(
        id="DNS003",
        name="caa-unknown-critical-tag",
        title="A critical CAA record that issuers do not know forbids all certificates",
        topic="dns_records",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for CAA records with the critical flag and a tag that is in no standard.",
        rationale=(
            "An issuer that meets a critical property which it does not understand must refuse. A misspelled tag with"
            " the flag 128 so stops every renewal."
        ),
        remediation=zone(
            "Correct the tag, or publish the record without the critical flag.",
            'example.org. IN CAA 128 issue "letsencrypt.org"',
        ),
        references=(_CAA_RECORD,),
    ),
    passing=dns_case(caa_record("letsencrypt.org", flags=128)),
    failing=dns_case(LETS_ENCRYPT, caa_record("letsencrypt.org", tag="isue", flags=128)),
)
def caa_unknown_critical_tag(case: Case[DnsRecords]) -> Verdict:
    """Each critical record must have a known tag."""
    caa = case.evidence.caa
    return _no_caa(case) or fail_or_pass(
        [
            Fault(
                message='the CAA record {flags} {tag} "{value}" at {at} is critical, and its tag is not known',
                at=(f"/caa/records/{place}",),
                arguments={"flags": record.flags, "tag": record.tag, "value": record.value, "at": caa.at},
                discriminator=record.tag,
            )
            for place, record in enumerate(caa.records)
            if record.critical and record.tag.lower() not in KNOWN_TAGS
        ]
    )


_ISSUED = {"certificates": certificates_of("CN=E7,O=Let's Encrypt,C=US")}


@rule(
    RuleInfo(
        id="DNS004",
        name="caa-other-issuer",
        title="CAA does not name the issuer of the served certificate: its renewal may fail",
        topic="dns_records",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares the issuer of each served certificate with the identifiers in the CAA records.",
        rationale=(
            "An issuer checks CAA each time it issues. Where the records have changed since, the certificate is still"
            " good, but the next one will be refused, often at night and unattended."
        ),
        remediation=zone(
            "Add the issuer's identifier, or finish the move to the authority that the records name.",
            'example.org. IN CAA 0 issue "pki.goog"',
        ),
        references=(_CAA_ISSUE, rfc(8659, "4.3", "RFC 8659: the issuewild property")),
    ),
    passing=dns_case(LETS_ENCRYPT, others=_ISSUED),
    failing=dns_case(caa_record("pki.goog"), others=_ISSUED),
)
def caa_other_issuer(case: Case[DnsRecords]) -> Verdict:
    """Every chain's issuer must answer to an identifier that the records permit."""
    served = case.other("certificates", Certificates)
    nothing = _no_caa(case) or _no_issuer(case, served)
    if nothing is not None or served is None:
        return nothing or NotAssessed("no certificate was collected")
    faults: dict[str, Fault] = {}
    unknown: list[str] = []
    for chain in served.chains:
        identifiers = caa_issuers.identifiers_of(chain.leaf.issuer)
        places = _properties(case.evidence.caa, wildcard=_is_wildcard(chain.leaf, case.evidence.host))
        permitted = {_identifier(case.evidence.caa.records[place]) for place in places}
        if not places or (identifiers and permitted & identifiers):
            continue
        if identifiers is None:
            unknown.append(chain.leaf.issuer)
        else:
            fault = _other_issuer(case.evidence.caa, chain.leaf.issuer, permitted, places)
            faults.setdefault(fault.discriminator, fault)
    if unknown and not faults:
        return Unknown(f"the CAA identifiers of this issuer are not in our table: {unknown[0]}")
    return fail_or_pass(list(faults.values()))


def _no_issuer(case: Case[DnsRecords], served: Certificates | None) -> Verdict | None:
    """Why the issuer cannot be compared; None where it can."""
    if served is None or not served.chains:
        return NotAssessed("no certificate was collected")
    if case.derived.trust and all(one.public is Answer.NO for one in case.derived.trust):
        return NotApplicable("the certificate is from a private authority, which CAA does not bind")
    if case.evidence.caa.unreadable:
        return Unknown("some of the CAA records cannot be read")
    if not caa_issuers.is_current(case.now):
        return Unknown(f"our table of issuers is of {caa_issuers.CHECKED}, too old to judge by")
    return None


def _properties(caa: Caa, *, wildcard: bool) -> tuple[int, ...]:
    """Places of the records that decide: issuewild for a wildcard where there is one, else issue (section 4.3)."""
    by_tag: dict[str, list[int]] = {}
    for place, record in enumerate(caa.records):
        by_tag.setdefault(record.tag.lower(), []).append(place)
    wild = by_tag.get("issuewild", []) if wildcard else []
    return tuple(wild or by_tag.get("issue", []))


def _is_wildcard(leaf: Certificate, host: str) -> bool:
    """Whether the certificate is for the host by a wildcard only."""
    names = {name.lower() for name in leaf.names}
    return host not in names and f"*.{host.partition('.')[2]}" in names


def _identifier(record: CaaRecord) -> str:
    """The issuer that a property permits; empty for one that permits nobody."""
    if not _ISSUE_VALUE.fullmatch(record.value):
        return ""
    return record.value.partition(";")[0].strip(" \t").lower()


def _other_issuer(caa: Caa, issuer: str, permitted: set[str], places: tuple[int, ...]) -> Fault:
    organisation = caa_issuers.organisation(issuer) or issuer
    allowed = ", ".join(sorted(permitted - {""})) or "nobody"
    return Fault(
        message="CAA at {at} permits {allowed}, and the served certificate is from {issuer}: its renewal may fail",
        at=tuple(f"/caa/records/{place}" for place in places),
        arguments={"at": caa.at, "allowed": allowed, "issuer": organisation},
        discriminator=organisation,
    )
