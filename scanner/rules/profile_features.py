"""Rules over `tls_features` by a profile's lists `features_required` and `features_forbidden`, one rule a feature.

What was not asked, or not told, is unknown; a required feature is there only where it showed.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from scanner.model.evidence.tls_features import Feature, HelloFeatures, Renegotiation, Resumption, TlsFeatures
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity
from scanner.model.suite_traits import traits
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.profile_views import PROFILES, under, unset
from scanner.rules.registry import rule
from scanner.rules.suite_pages import MODERN
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail

_WITH_EXTENSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2")
_CLASSIC = ("SSLv3", *_WITH_EXTENSIONS)
_UPDATE = remedy("Bring the TLS library up to date: every maintained one does this.")
_YES, _NO = Feature(answer=Answer.YES), Feature(answer=Answer.NO)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One answer: the version it is of, its place in the evidence, and the feature."""

    version: str
    at: str
    feature: Feature


def _page(
    number: int,
    name: str,
    title: str,
    summary: str,
    rationale: str,
    reference: Reference,
    *,
    severity: Severity = Severity.HIGH,
    remediation: Remediation = _UPDATE,
) -> RuleInfo:
    return RuleInfo(
        id=f"TLS{number}",
        name=name,
        title=title,
        topic="tls_features",
        severity=severity,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary=summary,
        rationale=rationale,
        remediation=remediation,
        references=(reference, *PROFILES),
    )


def _tls12(**features: Feature) -> Case[TlsFeatures]:
    """TLS 1.2 with these features in its hellos."""
    versions = {"TLSv1.2": HelloFeatures(**features)}  # type: ignore[arg-type] # fields of the dataclass by name
    return Case(evidence=TlsFeatures(versions=versions), others={"tls_suites": MODERN.evidence})


def _required(case: Case[TlsFeatures], name: str) -> Case[TlsFeatures]:
    return under(case, lists={"features_required": (name,)})


def _forbidden(case: Case[TlsFeatures], name: str) -> Case[TlsFeatures]:
    return under(case, lists={"features_forbidden": (name,)})


def _spoken(case: Case[TlsFeatures], versions: Iterable[str]) -> tuple[str, ...] | None:
    """Those of these versions that may be spoken; None where nothing is known of the versions."""
    suites = case.other("tls_suites", TlsSuites)
    if suites is None:
        return tuple(one for one in versions if one in case.evidence.versions) or None
    known = suites.protocols
    return tuple(one for one in versions if one in known and known[one].supported is not Answer.NO)


def _in_hellos(
    case: Case[TlsFeatures], versions: Sequence[str], pick: Callable[[HelloFeatures], Feature], field: str
) -> list[_Seen] | Verdict:
    """The feature in every one of these versions that may be spoken; a verdict where there is none."""
    spoken = _spoken(case, versions)
    if spoken is None:
        return Unknown("which versions are spoken is not known")
    if not spoken:
        return NotApplicable(f"none of {', '.join(versions)} is spoken")
    nothing = HelloFeatures()
    return [
        _Seen(
            version=version,
            at=f"/versions/{version}/{field}",
            feature=pick(case.evidence.versions.get(version, nothing)),
        )
        for version in spoken
    ]


def _once(case: Case[TlsFeatures], versions: Sequence[str], feature: Feature, at: str) -> list[_Seen] | Verdict:
    """A feature that was asked once for the server, not applicable where none of these versions is spoken."""
    spoken = _spoken(case, versions)
    if spoken is not None and not spoken:
        return NotApplicable(f"none of {', '.join(versions)} is spoken")
    return [_Seen(version=versions[0] if len(versions) == 1 else "", at=at, feature=feature)]


def _judge(seen: list[_Seen] | Verdict, wanted: Answer, message: str, policy: str) -> Verdict:
    """Fails where the answer is the other one; unknown where there is none, not assessed where nobody asked."""
    if not isinstance(seen, list):
        return seen
    arising = [one for one in seen if one.feature.applicable]
    if seen and not arising:
        return NotApplicable(seen[0].feature.reason or "the question does not arise")
    other = Answer.NO if wanted is Answer.YES else Answer.YES
    wrong = [one for one in arising if one.feature.answer is other]
    if wrong:
        versions = ", ".join(filter(None, (one.version for one in wrong)))
        where = f" in {versions}" if versions else ""
        return fail(message, tuple(one.at for one in wrong), policy=policy, where=where)
    left = [one for one in arising if one.feature.answer is Answer.UNKNOWN]
    if not left:
        return Pass()
    reason = "; ".join(
        ": ".join(filter(None, (one.version, one.feature.reason or "it could not be told"))) for one in left
    )
    asked = any(one.feature.tries or one.feature.reason is None for one in left)
    return Unknown(reason) if asked else NotAssessed(reason)


def _gate(case: Case[TlsFeatures], kind: str, name: str) -> NotApplicable | None:
    listed = case.policy.listed(kind)
    if listed is None:
        return unset(case.policy, kind)
    return None if name in listed else NotApplicable(f"policy {case.policy.id} says nothing of {name} in {kind}")


@rule(
    _page(
        220,
        "profile-extended-master-secret-missing",
        "The extended master secret is missing that the profile requires",
        "Looks for extended_master_secret in TLS 1.0 to 1.2; TLS 1.3 binds its keys to the handshake anyway.",
        "Without it, two connections can be brought to share their keys, and one be taken for the other (triple"
        " handshake).",
        rfc(7627, "5.2", "RFC 7627: Client and Server Behavior: Full Handshake"),
    ),
    passing=_required(_tls12(extended_master_secret=_YES), "extended_master_secret"),
    failing=_required(_tls12(extended_master_secret=_NO), "extended_master_secret"),
)
def extended_master_secret_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version from TLS 1.0 to 1.2 is without it."""
    if (gate := _gate(case, "features_required", "extended_master_secret")) is not None:
        return gate
    seen = _in_hellos(case, _WITH_EXTENSIONS, lambda one: one.extended_master_secret, "extended_master_secret")
    return _judge(
        seen, Answer.YES, "{policy} requires the extended master secret; it is missing{where}", case.policy.id
    )


_CBC = dataclasses.replace(
    MODERN.evidence.protocols["TLSv1.2"],
    suites=(
        dataclasses.replace(
            MODERN.evidence.protocols["TLSv1.2"].suites[0], code="C027", name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
        ),
    ),
)


def _with_cbc(**features: Feature) -> Case[TlsFeatures]:
    suites = dataclasses.replace(MODERN.evidence, protocols={**MODERN.evidence.protocols, "TLSv1.2": _CBC})
    return dataclasses.replace(_tls12(**features), others={"tls_suites": suites})


@rule(
    _page(
        221,
        "profile-encrypt-then-mac-missing",
        "CBC suites are accepted without the encrypt-then-MAC that the profile requires",
        "Looks for encrypt_then_mac in those versions from TLS 1.0 to 1.2 that accept CBC suites.",
        "TLS authenticates before it encrypts with CBC, which is what Lucky 13 and its kin live on; the extension turns"
        " the order round.",
        rfc(7366, "2", "RFC 7366: Negotiating Encrypt-then-MAC"),
        remediation=remedy("Leave CBC suites out, or use a TLS library that knows the extension (OpenSSL 1.1.0)."),
    ),
    passing=_required(_with_cbc(encrypt_then_mac=_YES), "encrypt_then_mac"),
    failing=_required(_with_cbc(encrypt_then_mac=_NO), "encrypt_then_mac"),
)
def encrypt_then_mac_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version accepts CBC suites and never sends the extension."""
    if (gate := _gate(case, "features_required", "encrypt_then_mac")) is not None:
        return gate
    suites = case.other("tls_suites", TlsSuites)
    if suites is None:
        return Unknown("whether CBC suites are accepted is not known")
    known = {one: suites.protocols[one] for one in _WITH_EXTENSIONS if one in suites.protocols}
    with_cbc = [version for version, one in known.items() if any(traits(suite.name).cbc for suite in one.suites)]
    whole = suites.listed and all(
        one.supported is Answer.NO or (one.supported is Answer.YES and one.complete is Answer.YES)
        for one in known.values()
    )
    if not with_cbc:
        return NotApplicable("no CBC suite is accepted") if whole else Unknown("the list of suites is incomplete")
    seen = _in_hellos(case, with_cbc, lambda one: one.encrypt_then_mac, "encrypt_then_mac")
    message = "{policy} requires encrypt-then-MAC with CBC; it is missing{where}"
    verdict = _judge(seen, Answer.YES, message, case.policy.id)
    return Unknown("the list of suites is incomplete") if isinstance(verdict, Pass) and not whole else verdict


@rule(
    _page(
        222,
        "profile-secure-renegotiation-missing",
        "Secure renegotiation is missing that the profile requires",
        "Looks for renegotiation_info in SSLv3 to TLS 1.2; TLS 1.3 has no renegotiation.",
        "Without it an attacker can put his own request before a victim's in one connection.",
        rfc(5746, "3.6", "RFC 5746: Server Behavior, Initial Handshake"),
    ),
    passing=_required(_tls12(secure_renegotiation=_YES), "secure_renegotiation"),
    failing=_required(_tls12(secure_renegotiation=_NO), "secure_renegotiation"),
)
def secure_renegotiation_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version before TLS 1.3 is without it."""
    if (gate := _gate(case, "features_required", "secure_renegotiation")) is not None:
        return gate
    seen = _in_hellos(case, _CLASSIC, lambda one: one.secure_renegotiation, "secure_renegotiation")
    return _judge(seen, Answer.YES, "{policy} requires secure renegotiation; it is missing{where}", case.policy.id)


@rule(
    _page(
        223,
        "profile-compression",
        "TLS compression is on, which the profile forbids",
        "Looks whether a version before TLS 1.3 takes a compression method other than null.",
        "The length of what is compressed tells of secrets in it (CRIME).",
        rfc(9325, "3.3", "RFC 9325: Compression"),
    ),
    passing=_forbidden(_tls12(compression=_NO), "compression"),
    failing=_forbidden(_tls12(compression=_YES), "compression"),
)
def compression_on(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version compresses."""
    if (gate := _gate(case, "features_forbidden", "compression")) is not None:
        return gate
    seen = _in_hellos(case, _CLASSIC, lambda one: one.compression, "compression")
    return _judge(seen, Answer.NO, "{policy} forbids TLS compression; it is on{where}", case.policy.id)


@rule(
    _page(
        224,
        "profile-heartbeat",
        "The heartbeat extension is on, which the profile forbids",
        "Looks whether the server answers the heartbeat extension.",
        "Nothing on the web needs it over TCP, and its best known implementation leaked memory (Heartbleed).",
        rfc(6520, "2", "RFC 6520: Heartbeat Hello Extension"),
    ),
    passing=_forbidden(_tls12(heartbeat=_NO), "heartbeat"),
    failing=_forbidden(_tls12(heartbeat=_YES), "heartbeat"),
)
def heartbeat_on(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version before TLS 1.3 answers the extension."""
    if (gate := _gate(case, "features_forbidden", "heartbeat")) is not None:
        return gate
    seen = _in_hellos(case, _WITH_EXTENSIONS, lambda one: one.heartbeat, "heartbeat")
    return _judge(seen, Answer.NO, "{policy} forbids the heartbeat extension; it is answered{where}", case.policy.id)


def _renegotiates(answer: Feature) -> Case[TlsFeatures]:
    evidence = TlsFeatures(renegotiation=Renegotiation(client_initiated=answer))
    return Case(evidence=evidence, others={"tls_suites": MODERN.evidence})


@rule(
    _page(
        225,
        "profile-client-renegotiation",
        "Clients may renegotiate, which the profile forbids",
        "Looks whether a second handshake that the client begins is completed, in TLS 1.2 or below.",
        "Each costs the server far more than the client, so one connection can keep a processor busy.",
        rfc(9325, "3.5", "RFC 9325: Renegotiation in TLS 1.2"),
    ),
    passing=_forbidden(_renegotiates(_NO), "client_renegotiation"),
    failing=_forbidden(_renegotiates(_YES), "client_renegotiation"),
)
def client_renegotiation(case: Case[TlsFeatures]) -> Verdict:
    """Fails where it was completed."""
    if (gate := _gate(case, "features_forbidden", "client_renegotiation")) is not None:
        return gate
    at = "/renegotiation/client_initiated"
    seen = _once(case, _CLASSIC, case.evidence.renegotiation.client_initiated, at)
    return _judge(
        seen, Answer.NO, "{policy} forbids renegotiation that clients begin; it was completed", case.policy.id
    )


def _resumes(**features: Feature) -> Case[TlsFeatures]:
    resumption = Resumption(**features)  # type: ignore[arg-type] # fields of the dataclass by name
    return Case(evidence=TlsFeatures(resumption=resumption), others={"tls_suites": MODERN.evidence})


@rule(
    _page(
        226,
        "profile-early-data",
        "Early data (0-RTT) is allowed, which the profile forbids",
        "Looks whether the session tickets of TLS 1.3 allow early data.",
        "Early data can be sent to the server again by anybody who recorded it.",
        rfc(8446, "8", "RFC 8446: 0-RTT and Anti-Replay"),
        remediation=remedy("Turn early data off.", nginx="ssl_early_data off;"),
    ),
    passing=_forbidden(_resumes(early_data=_NO), "early_data"),
    failing=_forbidden(_resumes(early_data=_YES), "early_data"),
)
def early_data_allowed(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a ticket allows it; not applicable without TLS 1.3."""
    if (gate := _gate(case, "features_forbidden", "early_data")) is not None:
        return gate
    seen = _once(case, ("TLSv1.3",), case.evidence.resumption.early_data, "/resumption/early_data")
    return _judge(seen, Answer.NO, "{policy} forbids early data; tickets allow it{where}", case.policy.id)


@rule(
    _page(
        227,
        "profile-psk-without-dhe",
        "Sessions are resumed without a new key exchange, which the profile forbids",
        "Looks whether a session of TLS 1.3 is resumed in the mode psk_ke.",
        "Resumed so, all sessions hang on one key: whoever gets it later reads them all.",
        rfc(8446, "4.2.9", "RFC 8446: Pre-Shared Key Exchange Modes"),
    ),
    passing=_forbidden(_resumes(psk_without_dhe=_NO), "psk_without_dhe"),
    failing=_forbidden(_resumes(psk_without_dhe=_YES), "psk_without_dhe"),
)
def psk_without_dhe(case: Case[TlsFeatures]) -> Verdict:
    """Fails where it was done; not applicable without TLS 1.3."""
    if (gate := _gate(case, "features_forbidden", "psk_without_dhe")) is not None:
        return gate
    seen = _once(case, ("TLSv1.3",), case.evidence.resumption.psk_without_dhe, "/resumption/psk_without_dhe")
    return _judge(
        seen, Answer.NO, "{policy} forbids resumption without key exchange; it is done{where}", case.policy.id
    )


def _falls_back(answer: Feature) -> Case[TlsFeatures]:
    protocols = {
        **MODERN.evidence.protocols,
        "TLSv1.1": MODERN.evidence.protocols["TLSv1.2"],
        "TLSv1.3": MODERN.evidence.protocols["SSLv3"],
    }
    suites = dataclasses.replace(MODERN.evidence, protocols=protocols)
    return Case(evidence=TlsFeatures(fallback_scsv=answer), others={"tls_suites": suites})


@rule(
    _page(
        228,
        "profile-fallback-scsv-missing",
        "Fallbacks are not refused, as the profile requires",
        "Looks whether TLS_FALLBACK_SCSV is honoured, where two versions or more are spoken and TLS 1.3 is not.",
        "An attacker who breaks handshakes could push clients that try again down to the older version.",
        rfc(7507, "3", "RFC 7507: Server Behavior"),
    ),
    passing=_required(_falls_back(_YES), "fallback_scsv"),
    failing=_required(_falls_back(_NO), "fallback_scsv"),
)
def fallback_scsv_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where it was ignored; not applicable with TLS 1.3, whose random value guards against it, or one version."""
    if (gate := _gate(case, "features_required", "fallback_scsv")) is not None:
        return gate
    suites = case.other("tls_suites", TlsSuites)
    if suites is None:
        return Unknown("which versions are spoken is not known")
    spoken = {version for version, one in suites.protocols.items() if one.supported is Answer.YES}
    open_ones = {version for version, one in suites.protocols.items() if one.supported is Answer.UNKNOWN}
    if "TLSv1.3" in spoken:
        return NotApplicable("TLS 1.3 is spoken, and guards against fallbacks itself")
    if len(spoken - {"SSLv2"}) < 2 and not open_ones:
        return NotApplicable("there is no older version to fall back to")
    seen = [_Seen(version="", at="/fallback_scsv", feature=case.evidence.fallback_scsv)]
    return _judge(seen, Answer.YES, "{policy} requires that fallbacks be refused; one was served", case.policy.id)
