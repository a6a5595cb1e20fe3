"""Rules over `certificates`: who issued it, who trusts that, and how the chain was sent.

Each trouble is said once: what is only a matter of time is `CRT001`'s, a missing intermediate is `CRT005`'s, and rules
of the public web are for certificates that a public root issued.
"""

import dataclasses
import datetime

from scanner.model.derived import ChainProblem, StoreTrust
from scanner.model.evidence.certificates import Certificate, Certificates
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.certificate_examples import (
    BASELINE,
    CERTIFICATE_MESSAGE,
    PATH_VALIDATION,
    REISSUE,
    SEND_THE_CHAIN,
    UNKNOWN_ISSUER,
    example,
    leaf_with,
    living,
)
from scanner.rules.certificate_lifetimes import lifetime_days, public_limit
from scanner.rules.certificate_views import (
    MACHINE_STORES,
    ChainAt,
    Found,
    chains_of,
    for_public,
    judge_each,
    leaves_of,
    serves,
)
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict

PRIVATE_LIMIT_DAYS = 825
"""Days that a private root's certificate may live (Apple, for certificates issued since 2019-07-01)."""

_PRIVATE_LIMIT_SINCE = datetime.datetime(2019, 7, 1, tzinfo=datetime.UTC)
_LOGGED_SINCE = datetime.datetime(2018, 5, 1, tzinfo=datetime.UTC)
_NOT_DERIVED = NotAssessed("no trust store was asked")
_DATES_UNREAD = Unknown("the dates of the certificate could not be read")


@rule(
    RuleInfo(
        id="CRT004",
        name="certificate-untrusted",
        title="No trust store leads to the certificate's issuer",
        topic="certificates",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Builds every path from the server's certificate to a root in Mozilla's store and in the files given"
        " with --ca, over the certificates that were sent, and checks signatures, dates, CA rights and constraints.",
        rationale="A client that does not know the issuer cannot tell the server from an impostor, and refuses it.",
        remediation=Remediation(
            text="On the public web, use a certificate of a public CA (Let's Encrypt and others issue them for"
            " nothing). In a network of your own, give the root with --ca: it is then judged as your clients do."
        ),
        references=(PATH_VALIDATION,),
        cwe=(295, 296),
    ),
    passing=example(),
    failing=example(leaf_with(scts=0), UNKNOWN_ISSUER, public=Answer.NO),
)
def certificate_untrusted(case: Case[Certificates]) -> Verdict:
    """Fails where no store trusts the chain, for a reason that no other rule tells."""
    return judge_each(_untrusted(one, case.now) for one in chains_of(case))


def _untrusted(one: ChainAt, now: datetime.datetime) -> Found:
    if not one.stores:
        return _NOT_DERIVED
    trusting = [store.store for store in one.stores if store.trusted is Answer.YES]
    telling = _telling(one.stores)
    if set(trusting) - {"system"}:
        return Pass(f"trusted by {', '.join(trusting)}")
    if trusting:
        return one.fault(
            "{certificate} is trusted by this machine's own store only; by {store} it is not: {reason}",
            severity=Severity.LOW,
            store=telling.store,
            reason=telling.reason or "",
        )
    if any(store.problem is ChainProblem.INCOMPLETE for store in one.stores):
        return Unknown("an intermediate is missing (CRT005), so where the chain ends is not known")
    if telling.trusted is Answer.UNKNOWN:
        return Unknown(telling.reason or "whether it is trusted could not be told")
    teller = _teller(telling.problem, one.leaf, now)
    if teller is not None:
        return NotApplicable(f"a root is known; what is wrong is told by {teller}")
    if telling.problem is ChainProblem.SELF_SIGNED and len(one.chain.sent) == 1:
        return one.fault("{certificate} is self-signed, and no trust store holds it", "self_signed")
    return one.fault(
        "{certificate} is not trusted by {store}: {reason}",
        "issuer",
        store=telling.store,
        reason=telling.reason or "no reason was told",
    )


def _teller(problem: ChainProblem | None, leaf: Certificate, now: datetime.datetime) -> str | None:
    """The rule that tells this problem where it is the server's own certificate that has it; else None."""
    if problem is ChainProblem.EXPIRED and leaf.not_after is not None and leaf.not_after < now:
        return "CRT001"
    if problem is ChainProblem.NOT_YET_VALID and leaf.not_before is not None and leaf.not_before > now:
        return "CRT002"
    if problem is ChainProblem.PURPOSE and leaf.extended_key_usage and not serves(leaf):
        return "CRT015"
    return None


def _telling(stores: tuple[StoreTrust, ...]) -> StoreTrust:
    """The store whose answer tells most: one with a path, else one that the user named, else Mozilla's."""
    return min(stores, key=lambda store: (not store.path, store.store in MACHINE_STORES, store.store == "system"))


@rule(
    RuleInfo(
        id="CRT005",
        name="chain-incomplete",
        title="An intermediate certificate is not sent",
        topic="certificates",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for a path to a root that needs a certificate which the server does not send.",
        rationale="Some browsers fetch or remember the missing one; programs, phones and other servers fail. The"
        " operator, whose browser remembers, does not see it.",
        remediation=SEND_THE_CHAIN,
        references=(CERTIFICATE_MESSAGE,),
        cwe=(295,),
    ),
    passing=example(),
    failing=example(
        leaf_with(),
        dataclasses.replace(
            UNKNOWN_ISSUER,
            problem=ChainProblem.INCOMPLETE,
            complete=Answer.NO,
            reason="the issuer of the server's certificate was not sent and is not in the store",
        ),
        others=(),
    ),
)
def chain_incomplete(case: Case[Certificates]) -> Verdict:
    """Fails where a store misses an intermediate and none finds all."""

    def look(one: ChainAt) -> Found:
        if not one.stores:
            return _NOT_DERIVED
        answers = {store.complete for store in one.stores}
        if Answer.YES in answers:
            return Pass()
        if Answer.NO in answers:
            return one.fault_of_chain(
                "an intermediate certificate is missing: the server sends {count}, and the chain to a root needs more",
                "sent",
                count="no other beside its own" if len(one.chain.sent) == 1 else f"{len(one.chain.sent)} certificates",
            )
        return Unknown("the chain leads to no root that is known here, so whether it is complete is not known")

    return judge_each(map(look, chains_of(case)))


@rule(
    RuleInfo(
        id="CRT006",
        name="chain-out-of-order",
        title="The chain is not sent in order",
        topic="certificates",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Checks that each certificate names the next one as its issuer.",
        rationale="TLS 1.2 and below demand the order, and old or small clients rely on it; certificates that do not"
        " belong to the chain cost every handshake bytes.",
        remediation=SEND_THE_CHAIN,
        references=(rfc(5246, "7.4.2", "RFC 5246: Server Certificate"), CERTIFICATE_MESSAGE),
    ),
    passing=example(),
    failing=example(in_order=Answer.NO),
)
def chain_out_of_order(case: Case[Certificates]) -> Verdict:
    """Fails where the order is broken."""

    def look(one: ChainAt) -> Found:
        if one.chain.in_order is Answer.UNKNOWN:
            return Unknown("a certificate of the chain could not be read")
        if one.chain.in_order is Answer.YES:
            return Pass()
        return one.fault_of_chain(
            "the {count} certificates of the chain are out of order, or some do not belong to it",
            "in_order",
            count=len(one.chain.sent),
        )

    return judge_each(map(look, chains_of(case)))


@rule(
    RuleInfo(
        id="CRT007",
        name="chain-sends-root",
        title="The root certificate is sent too",
        topic="certificates",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a self-signed certificate behind the server's own.",
        rationale="A client that trusts the root has it already, and one that does not learns nothing from it: it costs"
        " every handshake about a kilobyte.",
        remediation=SEND_THE_CHAIN,
        references=(CERTIFICATE_MESSAGE,),
    ),
    passing=example(),
    failing=example(anchor_sent=True),
)
def chain_sends_root(case: Case[Certificates]) -> Verdict:
    """Fails, as an information, where a root is among the certificates that were sent."""

    def look(one: ChainAt) -> Found:
        if not one.chain.anchor_sent:
            return Pass()
        return one.fault_of_chain("the chain that is sent ends with its root", "anchor_sent")

    return judge_each(map(look, chains_of(case)))


@rule(
    RuleInfo(
        id="CRT010",
        name="certificate-lives-too-long",
        title="The certificate lives longer than public issuers may grant",
        topic="certificates",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares the lifetime of a publicly trusted certificate with the limit of the CA/Browser Forum at the"
        " date of its notBefore: 398 days, 200 since 2026-03-15, 100 since 2027-03-15, 47 since 2029-03-15.",
        rationale="Browsers refuse certificates beyond the limit that they enforce.",
        remediation=REISSUE,
        references=(BASELINE,),
        cwe=(298,),
    ),
    passing=example(living(200)),
    failing=example(living(398)),
)
def certificate_lives_too_long(case: Case[Certificates]) -> Verdict:
    """Fails by the dated schedule; certificates of private roots are not bound by it."""

    @for_public
    def look(one: ChainAt) -> Found:
        begins, days = one.leaf.not_before, lifetime_days(one.leaf)
        if begins is None or days is None:
            return _DATES_UNREAD
        limit = public_limit(begins)
        if limit is None or days <= limit[1]:
            return Pass()
        return one.fault(
            "{certificate} lives {days} days; issued since {since} it may live {limit}",
            "not_before",
            "not_after",
            days=days,
            since=limit[0].isoformat(),
            limit=limit[1],
        )

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT017",
        name="private-certificate-lives-too-long",
        title="The certificate of a private root lives longer than Apple's clients accept",
        topic="certificates",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a certificate of a private root that lives longer than 825 days.",
        rationale="macOS and iOS refuse it, whoever issued it; and a key that serves for years is seldom replaced.",
        remediation=REISSUE,
        references=(
            Reference(
                title="Apple: Requirements for trusted certificates in iOS 13 and macOS 10.15",
                url="https://support.apple.com/en-us/103769",
            ),
        ),
    ),
    passing=example(living(825), UNKNOWN_ISSUER, public=Answer.NO),
    failing=example(living(3650), UNKNOWN_ISSUER, public=Answer.NO),
)
def private_certificate_lives_too_long(case: Case[Certificates]) -> Verdict:
    """Fails beyond 825 days, for certificates issued since the limit."""

    def look(one: ChainAt) -> Found:
        if one.public is Answer.YES:
            return NotApplicable("a public root issued the certificate")
        if one.public is Answer.UNKNOWN:
            return Unknown("whether a public root issued the certificate is not known")
        begins, ends = one.leaf.not_before, one.leaf.not_after
        if begins is None or ends is None:
            return _DATES_UNREAD
        days = (ends - begins).days  # not counting the last second: `openssl req -days 825` is meant well
        if days <= PRIVATE_LIMIT_DAYS or begins < _PRIVATE_LIMIT_SINCE:
            return Pass()
        return one.fault(
            "{certificate} lives {days} days; Apple's clients accept {limit} at most",
            "not_before",
            "not_after",
            days=days,
            limit=PRIVATE_LIMIT_DAYS,
        )

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT014",
        name="certificate-not-logged",
        title="The certificate comes without proof that it was logged",
        topic="certificates",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for a publicly trusted certificate without signed certificate timestamps, neither embedded nor"
        " in the TLS handshake.",
        rationale="Chrome, Safari and Firefox refuse a publicly trusted certificate that Certificate Transparency logs"
        " have not vouched for.",
        remediation=Remediation(text="Have the certificate issued anew by an issuer that embeds the timestamps."),
        references=(
            rfc(6962, "3.3", "RFC 6962: Including the Signed Certificate Timestamp in the TLS Handshake"),
            Reference(
                title="Chrome: Certificate Transparency Policy",
                url="https://googlechrome.github.io/CertificateTransparency/ct_policy.html",
            ),
        ),
        cwe=(295,),
    ),
    passing=example(leaf_with(scts=0), scts_in_tls=2),
    failing=example(leaf_with(scts=0)),
)
def certificate_not_logged(case: Case[Certificates]) -> Verdict:
    """Fails where no timestamp is seen. Those in a staple are not read here, so a staple makes it unknown."""

    @for_public
    def look(one: ChainAt) -> Found:
        begins = one.leaf.not_before
        if one.leaf.scts or one.chain.scts_in_tls:
            return Pass()
        if any("extensions could not" in note or "TimestampList" in note for note in one.leaf.notes):
            return Unknown("the embedded timestamps could not be read")
        if begins is None:
            return _DATES_UNREAD
        if begins < _LOGGED_SINCE:
            return NotApplicable("the certificate is from before logging was demanded")
        if one.chain.staple:
            return Unknown("timestamps may be in the staple, where they are not looked for")
        return one.fault("{certificate} has no signed certificate timestamp, and none came in TLS", "scts")

    return judge_each(map(look, leaves_of(case)))
