"""Rules over `tls_suites` by a profile's lists of protocol versions: allowed, discouraged, required."""

from collections.abc import Iterable

from scanner.model.evidence.tls_suites import PROTOCOLS, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.profile_views import PROFILES, standing, under, unset
from scanner.rules.registry import rule
from scanner.rules.suite_pages import (
    ADD_TLS13,
    AES_GCM,
    MODERN,
    ONLY_MODERN_VERSIONS,
    STATIC_AES_CBC,
    VERSIONS,
    example,
    listed,
)
from scanner.rules.suite_views import doubts, spoken, support
from scanner.rules.verdict import Pass, Unknown, Verdict, fail

_MODERN = {"protocols_allowed": ("TLSv1.2", "TLSv1.3")}
_OLD = example(TLSv1_1=listed(STATIC_AES_CBC), TLSv1_2=listed(AES_GCM))


def _spoken_of(case: Case[TlsSuites], versions: Iterable[str], message: str, word: str) -> Verdict:
    """Fails where one of these versions is spoken; unknown where that could not be told of one."""
    versions = tuple(versions)
    found = spoken(case, versions)
    if found:
        return fail(
            message,
            tuple(f"/protocols/{version}" for version in found),
            standing=word,
            policy=case.policy.id,
            versions=", ".join(found),
        )
    open_ones = [version for version in versions if support(case, version).supported is Answer.UNKNOWN]
    return Unknown(doubts(case, open_ones)) if open_ones else Pass()


@rule(
    RuleInfo(
        id="TLS200",
        name="profile-protocol-not-allowed",
        title="A protocol version is spoken that the profile does not have",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the versions that are spoken with the policy's list `protocols_allowed`. Fewer comply.",
        rationale="A profile is only kept where nothing outside of it can be negotiated.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(*PROFILES, VERSIONS),
        cwe=(327,),
    ),
    passing=under(MODERN, lists=_MODERN),
    failing=under(_OLD, lists=_MODERN),
)
def protocol_not_allowed(case: Case[TlsSuites]) -> Verdict:
    """Fails where a version outside of the list is spoken."""
    allowed = case.policy.listed("protocols_allowed")
    if allowed is None:
        return unset(case.policy, "protocols_allowed")
    others = (version for version in PROTOCOLS if version not in allowed)
    return _spoken_of(case, others, "{standing} by {policy}: {versions}", standing(case.policy))


@rule(
    RuleInfo(
        id="TLS201",
        name="profile-protocol-missing",
        title="A protocol version is missing that the profile requires",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whether every version of the policy's list `protocols_required` is spoken.",
        rationale="A profile that requires a version does so because its clients may speak no other, or because the"
        " version is the better one.",
        remediation=ADD_TLS13,
        references=PROFILES,
    ),
    passing=under(MODERN, lists={"protocols_required": ("TLSv1.2", "TLSv1.3")}),
    failing=under(_OLD, lists={"protocols_required": ("TLSv1.2", "TLSv1.3")}),
)
def protocol_missing(case: Case[TlsSuites]) -> Verdict:
    """Fails where a required version was properly refused."""
    required = case.policy.listed("protocols_required")
    if required is None:
        return unset(case.policy, "protocols_required")
    missing = [version for version in required if support(case, version).supported is Answer.NO]
    if missing:
        return fail(
            "required by {policy} and not spoken: {versions}",
            tuple(f"/protocols/{version}" for version in missing),
            policy=case.policy.id,
            versions=", ".join(missing),
        )
    open_ones = [version for version in required if support(case, version).supported is Answer.UNKNOWN]
    return Unknown(doubts(case, open_ones)) if open_ones else Pass()


@rule(
    RuleInfo(
        id="TLS202",
        name="profile-protocol-discouraged",
        title="A protocol version is spoken that the profile advises against",
        topic="tls_suites",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the versions that are spoken with the policy's list `protocols_discouraged`.",
        rationale="What a profile advises against is tolerated today and tends to be forbidden by its next edition.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(*PROFILES, VERSIONS),
    ),
    passing=under(MODERN, lists={"protocols_discouraged": ("TLSv1.1",)}),
    failing=under(_OLD, lists={"protocols_discouraged": ("TLSv1.1",)}),
)
def protocol_discouraged(case: Case[TlsSuites]) -> Verdict:
    """Fails where a discouraged version is spoken."""
    discouraged = case.policy.listed("protocols_discouraged")
    if discouraged is None:
        return unset(case.policy, "protocols_discouraged")
    return _spoken_of(case, discouraged, "{standing} by {policy}: {versions}", "discouraged")
