"""Rules over `tls_groups` by a profile's lists of groups, and its last year for classical key agreement."""

from collections.abc import Iterator

from scanner.model.evidence.tls_groups import Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy
from scanner.rules.profile_views import PROFILES, standing, under, unset
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

_REMEDY = remedy(
    "Configure the groups that the profile has.",
    nginx="ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;",
    apache="SSLOpenSSLConfCmd Groups X25519MLKEM768:X25519:prime256v1:secp384r1",
)
_X25519 = Group(code="001D", name="x25519")
_P256 = Group(code="0017", name="secp256r1")
_HYBRID = Group(code="11EC", name="X25519MLKEM768")


def _example(*groups: Group, post_quantum: PostQuantum = PostQuantum.NOT_OFFERED) -> Case[TlsGroups]:
    """TLS 1.3 with these groups, and no version below."""
    listed = GroupSupport(protocol="TLSv1.3", supported=Answer.YES, groups=groups, complete=Answer.YES)
    return Case(evidence=TlsGroups(tls13=listed, tls12=GroupSupport(supported=Answer.NO), post_quantum=post_quantum))


def _parts(evidence: TlsGroups) -> tuple[tuple[str, GroupSupport], ...]:
    return (("TLSv1.3", evidence.tls13), ("TLSv1.2", evidence.tls12))


def _groups(evidence: TlsGroups) -> Iterator[tuple[str, str, Group]]:
    """Every group with the version it was asked in and its place."""
    for key, support in _parts(evidence):
        for field in ("groups", "beside_certificate_curve"):
            listed: tuple[Group, ...] = getattr(support, field)
            for place, group in enumerate(listed):
                yield support.protocol or key, f"/{key}/{field}/{place}", group


def _open(evidence: TlsGroups) -> Verdict:
    """The verdict where nothing was found: unknown where a listing is missing or was not run to its end."""
    doubts = [
        f"{support.protocol or key}: {support.reason or 'the groups were not listed to the end'}"
        for key, support in _parts(evidence)
        if support.supported is Answer.UNKNOWN
        or (support.supported is Answer.YES and support.complete is not Answer.YES)
    ]
    if doubts:
        return Unknown("; ".join(doubts))
    if all(support.supported is Answer.NO for _, support in _parts(evidence)):
        return NotApplicable("no version with named groups is spoken")
    return Pass()


def _named(found: list[tuple[str, str, Group]]) -> str:
    lists: dict[str, list[str]] = {}
    for version, _, group in found:
        lists.setdefault(group.name, []).append(version)
    return ", ".join(f"{name} ({', '.join(dict.fromkeys(versions))})" for name, versions in lists.items())


@rule(
    RuleInfo(
        id="TLS210",
        name="profile-group-not-allowed",
        title="Groups are accepted that the profile does not have",
        topic="tls_groups",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the groups of TLS 1.3 and of TLS 1.2 with the policy's list `groups`. Fewer comply.",
        rationale="A profile is only kept where nothing outside of it can be negotiated.",
        remediation=_REMEDY,
        references=PROFILES,
    ),
    passing=under(_example(_P256), lists={"groups": ("secp256r1",)}),
    failing=under(_example(_P256, _X25519), lists={"groups": ("secp256r1",)}),
)
def group_not_allowed(case: Case[TlsGroups]) -> Verdict:
    """Fails where a group that the list has not is accepted."""
    allowed = case.policy.listed("groups")
    if allowed is None:
        return unset(case.policy, "groups")
    found = [one for one in _groups(case.evidence) if one[2].name not in allowed]
    if not found:
        return _open(case.evidence)
    return fail(
        "{standing} by {policy}: {groups}",
        tuple(at for _, at, _ in found),
        standing=standing(case.policy),
        policy=case.policy.id,
        groups=_named(found),
    )


@rule(
    RuleInfo(
        id="TLS211",
        name="profile-group-missing",
        title="None of the groups is accepted of which the profile requires one",
        topic="tls_groups",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks, where groups are accepted at all, whether one of the policy's list `groups_one_of` is.",
        rationale="Clients that keep the profile may offer only those groups, and could then not connect.",
        remediation=_REMEDY,
        references=PROFILES,
    ),
    passing=under(_example(_X25519, _P256), lists={"groups_one_of": ("secp256r1", "secp384r1")}),
    failing=under(_example(_X25519), lists={"groups_one_of": ("secp256r1", "secp384r1")}),
)
def group_missing(case: Case[TlsGroups]) -> Verdict:
    """Fails where a whole list of groups has none of them."""
    wanted = case.policy.listed("groups_one_of")
    if wanted is None:
        return unset(case.policy, "groups_one_of")
    lacking = [
        (support.protocol or key, key)
        for key, support in _parts(case.evidence)
        if support.groups
        and support.complete is Answer.YES
        and not any(one.name in wanted for one in (*support.groups, *support.beside_certificate_curve))
    ]
    if not lacking:
        return _open(case.evidence)
    return fail(
        "{policy} requires one of {wanted}; none is accepted in {versions}",
        tuple(f"/{key}/groups" for _, key in lacking),
        policy=case.policy.id,
        wanted=", ".join(wanted),
        versions=", ".join(version for version, _ in lacking),
    )


@rule(
    RuleInfo(
        id="TLS212",
        name="profile-classical-key-agreement-past-its-date",
        title="No hybrid group is offered after the profile's last year for classical key agreement",
        topic="tls_groups",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a post-quantum group after the year in the policy's number"
        " `classical_key_agreement_until_year`.",
        rationale="What is recorded today can be read once quantum computers are large enough; the profile recommends"
        " classical key agreement alone to the end of that year only.",
        remediation=_REMEDY,
        references=PROFILES,
    ),
    passing=under(
        _example(_HYBRID, post_quantum=PostQuantum.OFFERED), thresholds={"classical_key_agreement_until_year": 2025}
    ),
    failing=under(_example(_X25519), thresholds={"classical_key_agreement_until_year": 2025}),
)
def classical_past_its_date(case: Case[TlsGroups]) -> Verdict:
    """Fails where no post-quantum group is offered and the year is over at `now`."""
    until = int(case.policy.threshold("classical_key_agreement_until_year", 0))
    if not until:
        return unset(case.policy, "classical_key_agreement_until_year")
    if case.now.year <= until:
        return Pass(f"classical key agreement is recommended until the end of {until}")
    if case.evidence.post_quantum is PostQuantum.UNKNOWN:
        return Unknown("whether a post-quantum group is offered could not be told")
    if case.evidence.post_quantum is PostQuantum.OFFERED:
        return Pass()
    return fail(
        "{policy} has classical key agreement alone until the end of {year} only, and no post-quantum group is offered",
        "/post_quantum",
        policy=case.policy.id,
        year=until,
    )
