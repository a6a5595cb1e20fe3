"""Rules over what the addresses of one name do not all answer alike.

Each judges one aspect of `Derived.addresses`; one finding a subject, over all the endpoints that were compared. What is
wrong at one address is judged by the rules of its own topic: these say that the addresses are not one.
"""

from collections.abc import Callable, Sequence

from scanner.model.derived import AddressDifference, Addresses, AnswerAt, Aspect, Derived
from scanner.model.evidence.certificates import Certificates
from scanner.model.evidence.ocsp_stapling import OcspStapling
from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.evidence.tls_suites import ProtocolSupport, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import Fail, Fault, NotApplicable, NotAssessed, Pass, Unknown, Verdict

NOTHING_MORE = "nothing more"
"""The answer of an address that accepts what all accept, and no more."""

_OLD = frozenset({"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"})
_HERE, _THERE = "192.0.2.1:443", "192.0.2.2:443"

_ONE_CONFIGURATION = remedy(
    "Give every server behind the name the same configuration, and roll changes out to all of them. Take an address out"
    " of DNS while its server lags behind."
)
_MANY_ADDRESSES: tuple[Reference, ...] = (
    rfc(9325, "3.9", "RFC 9325 (BCP 195): Multi-Server Deployment"),
    rfc(8305, "4", "RFC 8305: Happy Eyeballs: clients choose among all addresses"),
    Reference(title="Mozilla: Server Side TLS", url="https://wiki.mozilla.org/Security/Server_Side_TLS"),
)


def _info(number: int, name: str, topic: str, title: str, summary: str, rationale: str, severity: Severity) -> RuleInfo:
    remediation: Remediation = _ONE_CONFIGURATION
    return RuleInfo(
        id=f"ADR{number:03}",
        name=name,
        title=title,
        topic=topic,
        severity=severity,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary=summary,
        rationale=rationale,
        remediation=remediation,
        references=_MANY_ADDRESSES,
    )


def _derived(aspect: Aspect, subject: str, here: str, there: str) -> Derived:
    answers = (AnswerAt(endpoint=_HERE, answer=here), AnswerAt(endpoint=_THERE, answer=there))
    differences = () if here == there else (AddressDifference(aspect=aspect, subject=subject, answers=answers),)
    return Derived(addresses=Addresses(compared={aspect.value: (_HERE, _THERE)}, differences=differences))


_AT = {
    Aspect.PROTOCOL: "/protocols/{}",
    Aspect.SUITES: "/protocols/{}/suites",
    Aspect.GROUPS: "/{}/groups",
    Aspect.CERTIFICATE: "/chains",
    Aspect.STAPLE: "/staples",
    Aspect.FLAW: "/{}",
}
"""Where the evidence of an aspect stands, by subject."""


def _judge(case: Case[object], aspect: Aspect, words: Callable[[AddressDifference], str]) -> Verdict:
    """What the comparison of one aspect says at this endpoint."""
    addresses = case.derived.addresses
    compared = addresses.compared.get(aspect.value, ())
    if not addresses.compared:
        return NotAssessed("the addresses were not compared")
    missing = addresses.missing.get(aspect.value, ())
    if case.endpoint not in compared:
        return Unknown("what this address answers could not be compared")
    if len(compared) < 2 and not missing:
        return NotApplicable("one address was looked at")
    faults = tuple(
        Fault(
            message="{what}",
            at=(_AT[aspect].format(one.subject),),
            arguments={"what": words(one)},
            discriminator=one.subject,
        )
        for one in addresses.of(aspect)
        if any(answer.endpoint == case.endpoint and answer.answer is not None for answer in one.answers)
    )
    if faults:
        return Fail(faults)
    unsettled = [one for one in addresses.unsettled if one.startswith(f"{aspect}:")]
    # Others differ from one another in what is not known here.
    unsettled += [
        f"{aspect}: {one.subject}"
        for one in addresses.of(aspect)
        if any(answer.endpoint == case.endpoint and answer.answer is None for answer in one.answers)
    ]
    if missing or unsettled:
        return Unknown(f"not known at every address: {', '.join((*missing, *unsettled))}")
    if addresses.of(aspect):
        return NotApplicable("this address has none of what the others differ in")
    return Pass(f"{len(compared)} addresses answer alike")


def _counted(difference: AddressDifference, *, plural: str, singular: str) -> str:
    """`2 of 3 addresses still accept TLSv1.0: 192.0.2.1:443, 192.0.2.2:443; not 192.0.2.3:443`."""
    by_answer = {word: [one.endpoint for one in difference.answers if one.answer == word] for word in ("yes", "no")}
    known = len(by_answer["yes"]) + len(by_answer["no"])
    verb = singular if len(by_answer["yes"]) == 1 else plural
    return (
        f"{len(by_answer['yes'])} of {known} addresses {verb} {difference.subject}: {', '.join(by_answer['yes'])};"
        f" not {', '.join(by_answer['no'])}"
    )


def _accepting(difference: AddressDifference) -> str:
    still = "still " if difference.subject in _OLD else ""
    return _counted(difference, plural=f"{still}accept", singular=f"{still}accepts")


def _listed(difference: AddressDifference) -> str:
    """`TLSv1.2: A at 192.0.2.1:443; B at 192.0.2.2:443`, without those that have nothing beyond the rest."""
    by_answer: dict[str, list[str]] = {}
    for one in difference.answers:
        if one.answer not in {None, NOTHING_MORE}:
            by_answer.setdefault(str(one.answer), []).append(one.endpoint)
    only = " only" if any(one.answer == NOTHING_MORE for one in difference.answers) else ""
    said = "; ".join(f"{answer}{only} at {_places(at)}" for answer, at in by_answer.items())
    return f"{difference.subject}: {said}"


def _places(endpoints: Sequence[str]) -> str:
    return ", ".join(endpoints)


_SUITES = TlsSuites(
    protocols={version: ProtocolSupport(supported=Answer.YES) for version in ("TLSv1.0", "TLSv1.2")}, offered=0
)


@rule(
    _info(
        1,
        "protocols-differ-between-addresses",
        "tls_suites",
        "The addresses of the name do not speak the same protocol versions",
        "Compares the accepted protocol versions of all addresses of the name.",
        "Clients reach any of the addresses. What one of them still accepts, the name accepts; and a check of one"
        " address says nothing of the others.",
        Severity.LOW,
    ),
    passing=Case(evidence=_SUITES, derived=_derived(Aspect.PROTOCOL, "TLSv1.0", "no", "no")),
    failing=Case(evidence=_SUITES, derived=_derived(Aspect.PROTOCOL, "TLSv1.0", "yes", "no")),
)
def protocols_differ(case: Case[TlsSuites]) -> Verdict:
    """Fails where a version is accepted at some addresses and refused at others."""
    return _judge(case, Aspect.PROTOCOL, _accepting)


@rule(
    _info(
        2,
        "suites-differ-between-addresses",
        "tls_suites",
        "The addresses of the name do not accept the same cipher suites",
        "Compares the accepted suites of all addresses of the name, version by version.",
        "Different suites show different configurations: one of the servers was missed at the last change.",
        Severity.INFO,
    ),
    passing=Case(evidence=_SUITES, derived=_derived(Aspect.SUITES, "TLSv1.2", NOTHING_MORE, NOTHING_MORE)),
    failing=Case(
        evidence=_SUITES,
        derived=_derived(Aspect.SUITES, "TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA", NOTHING_MORE),
    ),
)
def suites_differ(case: Case[TlsSuites]) -> Verdict:
    """Fails where the lists of suites of one version are not the same."""
    return _judge(case, Aspect.SUITES, _listed)


@rule(
    _info(
        3,
        "certificates-differ-between-addresses",
        "certificates",
        "The addresses of the name show different certificates",
        "Compares the leaf certificates of all addresses, by kind of key.",
        "Several certificates for one name are normal behind load balancers. They also are how one server keeps the old"
        " certificate until it expires.",
        Severity.INFO,
    ),
    passing=Case(
        evidence=Certificates(chains=()), derived=_derived(Aspect.CERTIFICATE, "RSA certificate", "ab…", "ab…")
    ),
    failing=Case(
        evidence=Certificates(chains=()), derived=_derived(Aspect.CERTIFICATE, "RSA certificate", "ab…", "cd…")
    ),
)
def certificates_differ(case: Case[Certificates]) -> Verdict:
    """Fails where addresses show different leafs with the same kind of key."""
    return _judge(case, Aspect.CERTIFICATE, _listed)


@rule(
    _info(
        4,
        "staples-differ-between-addresses",
        "ocsp_stapling",
        "Only some addresses of the name staple OCSP responses",
        "Compares whether a staple comes at all addresses of the name.",
        "A server that does not staple is one that cannot reach the responder, or that has another configuration.",
        Severity.INFO,
    ),
    passing=Case(
        evidence=OcspStapling(staples=(), offered_by_issuer={}, must_staple={}),
        derived=_derived(Aspect.STAPLE, "TLSv1.3", "yes", "yes"),
    ),
    failing=Case(
        evidence=OcspStapling(staples=(), offered_by_issuer={}, must_staple={}),
        derived=_derived(Aspect.STAPLE, "TLSv1.3", "yes", "no"),
    ),
)
def staples_differ(case: Case[OcspStapling]) -> Verdict:
    """Fails where a staple comes at some addresses and not at others."""
    return _judge(case, Aspect.STAPLE, lambda one: _counted(one, plural="staple in", singular="staples in"))


@rule(
    _info(
        5,
        "groups-differ-between-addresses",
        "tls_groups",
        "The addresses of the name do not accept the same groups",
        "Compares the groups of the key exchange at all addresses of the name.",
        "Different groups show different software or configurations behind one name.",
        Severity.INFO,
    ),
    passing=Case(evidence=TlsGroups(), derived=_derived(Aspect.GROUPS, "TLSv1.3", NOTHING_MORE, NOTHING_MORE)),
    failing=Case(evidence=TlsGroups(), derived=_derived(Aspect.GROUPS, "TLSv1.3", "X25519MLKEM768", NOTHING_MORE)),
)
def groups_differ(case: Case[TlsGroups]) -> Verdict:
    """Fails where the lists of groups are not the same."""
    return _judge(case, Aspect.GROUPS, _listed)


@rule(
    _info(
        6,
        "flaws-differ-between-addresses",
        "tls_flaws",
        "Only some addresses of the name have a known flaw",
        "Compares the flaws that were asked for at all addresses of the name.",
        "One server of several was not patched. Whoever attacks chooses the address.",
        Severity.LOW,
    ),
    passing=Case(evidence=TlsFlaws(), derived=_derived(Aspect.FLAW, "heartbleed", "no", "no")),
    failing=Case(evidence=TlsFlaws(), derived=_derived(Aspect.FLAW, "heartbleed", "yes", "no")),
)
def flaws_differ(case: Case[TlsFlaws]) -> Verdict:
    """Fails where one address has a flaw that another one has not."""
    return _judge(case, Aspect.FLAW, lambda one: _counted(one, plural="have", singular="has"))
