"""Rules over `tls_suites` by a profile's lists of cipher suites, its order and its finite-field groups.

The law of the suite rules holds: what was seen is a fault, and what was not seen is absent only where the listing was
whole.
"""

from collections.abc import Sequence

from scanner.model.evidence.tls_suites import Preference, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy
from scanner.rules.profile_views import PROFILES, standing, under, unset
from scanner.rules.registry import rule
from scanner.rules.suite_pages import (
    AES_GCM,
    MODERN,
    ONLY_GOOD_SUITES,
    STATIC_AES_CBC,
    TLS13_AES,
    example,
    listed,
    tls12,
)
from scanner.rules.suite_views import CLASSIC, Found, named, spoken, suites_of, support, unless_seen
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

_CHACHA = Suite(code="1303", name="TLS_CHACHA20_POLY1305_SHA256")
_DHE = Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=2048)
_BIG_DHE = Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=3072)
_STATIC = Suite(code="009C", name="TLS_RSA_WITH_AES_128_GCM_SHA256")
_ONLY_LISTED = Remediation(
    text="Offer only suites that the profile lists. The configuration is that of Mozilla's intermediate profile.",
    snippets=ONLY_GOOD_SUITES.snippets,
)
_PROFILE_GROUP = remedy(
    "Leave finite-field Diffie-Hellman out, since every current client has elliptic curves; or use a group of the size"
    " that the profile asks for, best one of RFC 7919.",
    nginx="ssl_dhparam /etc/ssl/ffdhe3072.pem;",
    apache="SSLOpenSSLConfCmd DHParameters /etc/ssl/ffdhe3072.pem",
)
_SERVER_ORDER = remedy(
    "Let the server's order of suites decide.",
    nginx="ssl_prefer_server_ciphers on;",
    apache="SSLHonorCipherOrder on",
)


def _outside(case: Case[TlsSuites], allowed: Sequence[str], versions: Sequence[str]) -> Verdict:
    """One fault that names the suites of these versions that the list has not."""
    found = [one for one in suites_of(case, versions) if one.suite.name not in allowed]
    if not found:
        return unless_seen(case, versions)
    return fail(
        "{standing} by {policy}: {suites}",
        tuple(one.at for one in found),
        standing=standing(case.policy),
        policy=case.policy.id,
        suites=named(found),
    )


@rule(
    RuleInfo(
        id="TLS203",
        name="profile-suite-not-allowed",
        title="Cipher suites are accepted that the profile does not have",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the suites of TLS 1.2 and below with the policy's list `suites`. Fewer comply; all that the"
        " list lacks is named.",
        rationale="A profile is only kept where nothing outside of it can be negotiated.",
        remediation=_ONLY_LISTED,
        references=PROFILES,
        cwe=(327,),
    ),
    passing=under(MODERN, lists={"suites": (AES_GCM.name,)}),
    failing=under(tls12(_DHE), lists={"suites": (AES_GCM.name,)}),
)
def suite_not_allowed(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.2 or an older version accepts a suite that the list has not."""
    allowed = case.policy.listed("suites")
    return unset(case.policy, "suites") if allowed is None else _outside(case, allowed, CLASSIC)


@rule(
    RuleInfo(
        id="TLS204",
        name="profile-tls13-suite-not-allowed",
        title="Cipher suites of TLS 1.3 are accepted that the profile does not have",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the suites of TLS 1.3 with the policy's list `suites_tls13`. Fewer comply.",
        rationale="All suites of TLS 1.3 in common use are strong; a profile may still lack one, such as"
        " ChaCha20-Poly1305, which no government standard of the USA approves.",
        remediation=remedy(
            "List the suites of TLS 1.3 that the profile has.",
            nginx="ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256;",
            apache="SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
        ),
        references=PROFILES,
    ),
    passing=under(MODERN, lists={"suites_tls13": (TLS13_AES.name,)}),
    failing=under(example(TLSv1_3=listed(TLS13_AES, _CHACHA)), lists={"suites_tls13": (TLS13_AES.name,)}),
)
def tls13_suite_not_allowed(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.3 accepts a suite that the list has not."""
    allowed = case.policy.listed("suites_tls13")
    return unset(case.policy, "suites_tls13") if allowed is None else _outside(case, allowed, ("TLSv1.3",))


@rule(
    RuleInfo(
        id="TLS205",
        name="profile-suite-superseded",
        title="Cipher suites are accepted that the profile lists and a later standard forbids",
        topic="tls_suites",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the suites of TLS 1.2 and below with the policy's list `suites_superseded`: those that the"
        " profile's own text still lists though another text of the same body has withdrawn them.",
        rationale="Taken by its letter the profile is kept, yet an auditor may go by the later text.",
        remediation=ONLY_GOOD_SUITES,
        references=PROFILES,
    ),
    passing=under(MODERN, lists={"suites_superseded": (_STATIC.name,)}),
    failing=under(tls12(_STATIC), lists={"suites_superseded": (_STATIC.name,)}),
)
def suite_superseded(case: Case[TlsSuites]) -> Verdict:
    """Fails where a superseded suite is accepted; `superseded_reason` of the policy says by what."""
    superseded = case.policy.listed("suites_superseded")
    if superseded is None:
        return unset(case.policy, "suites_superseded")
    found = [one for one in suites_of(case, CLASSIC) if one.suite.name in superseded]
    if not found:
        return unless_seen(case, CLASSIC)
    return fail(
        "listed by {policy}, and superseded ({reason}): {suites}",
        tuple(one.at for one in found),
        policy=case.policy.id,
        reason=case.policy.text("superseded_reason", "forbidden by a later text"),
        suites=named(found),
    )


def _ordered(preference: Preference) -> ProtocolSupport:
    return ProtocolSupport(
        supported=Answer.YES, suites=(AES_GCM, STATIC_AES_CBC), complete=Answer.YES, preference=preference
    )


@rule(
    RuleInfo(
        id="TLS206",
        name="profile-client-order",
        title="The client's order of suites decides where the profile wants the server's",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whose order of suites decides in TLS 1.2 and below, where the policy sets `server_order`."
        " A profile that does not set it is content with either.",
        rationale="Where weak suites must be kept for old clients, the server's order keeps better clients off them.",
        remediation=_SERVER_ORDER,
        references=PROFILES,
    ),
    passing=under(example(TLSv1_2=_ordered(Preference.SERVER)), options={"server_order": True}),
    failing=under(example(TLSv1_2=_ordered(Preference.CLIENT)), options={"server_order": True}),
)
def client_order(case: Case[TlsSuites]) -> Verdict:
    """Fails where a version with several suites follows the client."""
    if not case.policy.asks("server_order"):
        return unset(case.policy, "server_order")
    several = [version for version in spoken(case, CLASSIC) if len(support(case, version).suites) > 1]
    by_client = [version for version in several if support(case, version).preference is Preference.CLIENT]
    if by_client:
        return fail(
            "the client's order of suites decides: {versions}",
            tuple(f"/protocols/{version}/preference" for version in by_client),
            versions=", ".join(by_client),
        )
    verdict = unless_seen(case, CLASSIC)
    if not isinstance(verdict, Pass):
        return verdict
    open_ones = [version for version in several if support(case, version).preference is Preference.UNKNOWN]
    if open_ones:
        return Unknown(f"whose order decides could not be told: {', '.join(open_ones)}")
    return Pass() if several else NotApplicable("no version has several suites")


@rule(
    RuleInfo(
        id="TLS207",
        name="profile-dh-group-too-small",
        title="A group of finite-field Diffie-Hellman is smaller than the profile asks for",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the size of every prime that was seen with the policy's number `dh_min_bits`.",
        rationale="A profile sets the size by how long what is sent today must stay secret.",
        remediation=_PROFILE_GROUP,
        references=PROFILES,
        cwe=(326,),
    ),
    passing=under(tls12(_BIG_DHE), thresholds={"dh_min_bits": 3000}),
    failing=under(tls12(_DHE), thresholds={"dh_min_bits": 3000}),
)
def dh_group_below_profile(case: Case[TlsSuites]) -> Verdict:
    """Fails where a prime has fewer bits; not applicable without finite-field Diffie-Hellman."""
    least = int(case.policy.threshold("dh_min_bits", 0))
    if not least:
        return unset(case.policy, "dh_min_bits")
    exchanges = _finite_field(case)
    small = [one for one in exchanges if one.suite.dh_bits is not None and one.suite.dh_bits < least]
    if small:
        return fail(
            "{policy} asks for groups of {least} bits; there are some of {bits}: {suites}",
            tuple(one.at for one in small),
            policy=case.policy.id,
            least=least,
            bits=", ".join(str(bits) for bits in sorted({one.suite.dh_bits or 0 for one in small})),
            suites=named(small),
        )
    if any(one.suite.dh_bits is None for one in exchanges):
        return Unknown("the size of the group was not seen in every handshake with DHE")
    verdict = unless_seen(case, CLASSIC)
    return NotApplicable("no suite with finite-field DHE") if isinstance(verdict, Pass) and not exchanges else verdict


def _finite_field(case: Case[TlsSuites]) -> list[Found]:
    return [one for one in suites_of(case, CLASSIC) if one.traits.key_exchange == "DHE"]


@rule(
    RuleInfo(
        id="TLS208",
        name="profile-dhe-past-its-date",
        title="Suites with finite-field Diffie-Hellman are accepted after the profile's last year for them",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for DHE suites after the year in the policy's number `dhe_until_year`.",
        rationale="The profile recommends these suites to the end of that year only, since elliptic curves and hybrid"
        " groups have taken their place.",
        remediation=ONLY_GOOD_SUITES,
        references=PROFILES,
    ),
    passing=under(MODERN, thresholds={"dhe_until_year": 2025}),
    failing=under(tls12(_DHE), thresholds={"dhe_until_year": 2025}),
)
def dhe_past_its_date(case: Case[TlsSuites]) -> Verdict:
    """Fails where a DHE suite is accepted and the year is over at `now`."""
    until = int(case.policy.threshold("dhe_until_year", 0))
    if not until:
        return unset(case.policy, "dhe_until_year")
    found = _finite_field(case)
    if found and case.now.year > until:
        return fail(
            "{policy} has DHE suites until the end of {year} only: {suites}",
            tuple(one.at for one in found),
            policy=case.policy.id,
            year=until,
            suites=named(found),
        )
    return Pass(f"DHE is listed until the end of {until}") if found else unless_seen(case, CLASSIC)
