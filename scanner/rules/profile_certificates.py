"""Rules over `certificates` by a profile's lists and numbers: kinds of key, curves, signatures, sizes, lifetime.

They look at the server's own certificates; what issuers must keep is judged in `certificate_strength`.
"""

import dataclasses
from collections.abc import Callable

from scanner.model.evidence.certificates import Certificates, PublicKey
from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.certificate_examples import LEAF, REISSUE, example, leaf_with, living
from scanner.rules.certificate_lifetimes import lifetime_days
from scanner.rules.certificate_views import ChainAt, Found, judge_each, leaves_of
from scanner.rules.profile_views import PROFILES, standing, under, unset
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

_RSA = leaf_with(
    key=PublicKey(type="rsa", bits=2048), signature_algorithm="sha256WithRSAEncryption", signature_hash="sha256"
)
_BIG_RSA = dataclasses.replace(_RSA, key=PublicKey(type="rsa", bits=3072))
_ALONE = example(others=())
_BOTH = dataclasses.replace(
    _ALONE,
    evidence=dataclasses.replace(
        _ALONE.evidence,
        chains=(
            *_ALONE.evidence.chains,
            *example(dataclasses.replace(_RSA, sha256="b0" * 32), others=()).evidence.chains,
        ),
    ),
)
_NEW_KEY = Remediation(text="Make a new key as the profile has it, and have a certificate issued for it.")


def _page(
    number: int,
    name: str,
    title: str,
    summary: str,
    rationale: str,
    *,
    remediation: Remediation = _NEW_KEY,
    severity: Severity = Severity.HIGH,
) -> RuleInfo:
    return RuleInfo(
        id=f"CRT{number}",
        name=name,
        title=title,
        topic="certificates",
        severity=severity,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary=summary,
        rationale=rationale,
        remediation=remediation,
        references=PROFILES,
    )


def _judge_listed(
    case: Case[Certificates],
    name: str,
    look: Callable[[ChainAt], tuple[str | None, str] | NotApplicable],
    message: str,
) -> Verdict:
    """Each leaf's value, with its field, against the list of this name."""
    allowed = case.policy.listed(name)
    if allowed is None:
        return unset(case.policy, name)

    def one(chain: ChainAt) -> Found:
        found = look(chain)
        if isinstance(found, NotApplicable):
            return found
        value, field = found
        if not value or value == "unreadable":
            return Unknown(f"the {field.replace('_', ' ').replace('/', ' ')} of a certificate could not be read")
        if value in allowed:
            return Pass()
        return chain.fault(message, field, value=value, standing=standing(case.policy), policy=case.policy.id)

    return judge_each(map(one, leaves_of(case)))


@rule(
    _page(
        200,
        "profile-certificate-type",
        "The certificate's kind of key is not one of the profile's",
        "Compares the kind of key (`rsa`, `ec`, `ed25519`, `ed448`) with the policy's list `certificate_types`.",
        "A profile names the kinds that all of its clients can verify.",
    ),
    passing=under(example(), lists={"certificate_types": ("ec",)}),
    failing=under(example(_RSA), lists={"certificate_types": ("ec",)}),
)
def certificate_type(case: Case[Certificates]) -> Verdict:
    """Fails for each leaf whose kind of key is not listed."""
    return _judge_listed(
        case,
        "certificate_types",
        lambda one: (one.leaf.key.type, "key/type"),
        "{certificate} has a key of kind {value}, {standing} by {policy}",
    )


@rule(
    _page(
        201,
        "profile-certificate-curve",
        "The certificate's curve is not one of the profile's",
        "Compares the curve of elliptic-curve keys with the policy's list `certificate_curves`.",
        "A profile names the curves that all of its clients can verify.",
    ),
    passing=under(example(), lists={"certificate_curves": ("secp256r1", "secp384r1")}),
    failing=under(
        example(leaf_with(key=PublicKey(type="ec", bits=521, curve="secp521r1"))),
        lists={"certificate_curves": ("secp256r1", "secp384r1")},
    ),
)
def certificate_curve(case: Case[Certificates]) -> Verdict:
    """Fails for each leaf with an elliptic curve that is not listed; others have no curve."""
    return _judge_listed(
        case,
        "certificate_curves",
        lambda one: (
            (one.leaf.key.curve, "key/curve") if one.leaf.key.type == "ec" else NotApplicable("the key has no curve")
        ),
        "{certificate} has a key on {value}, {standing} by {policy}",
    )


@rule(
    _page(
        202,
        "profile-certificate-signature",
        "The certificate's signature is not one of the profile's",
        "Compares the algorithm that the certificate is signed with with the policy's list `certificate_signatures`.",
        "A profile names the signatures that all of its clients can verify.",
        remediation=Remediation(text="Have the certificate issued by an authority that signs as the profile has it."),
    ),
    passing=under(example(), lists={"certificate_signatures": (LEAF.signature_algorithm,)}),
    failing=under(example(_RSA), lists={"certificate_signatures": (LEAF.signature_algorithm,)}),
)
def certificate_signature(case: Case[Certificates]) -> Verdict:
    """Fails for each leaf whose signature is not listed."""
    return _judge_listed(
        case,
        "certificate_signatures",
        lambda one: (one.leaf.signature_algorithm, "signature_algorithm"),
        "{certificate} is signed with {value}, {standing} by {policy}",
    )


@rule(
    _page(
        203,
        "profile-certificate-key-size",
        "The certificate's key is smaller than the profile asks for",
        "Compares the bits of RSA and elliptic-curve keys with the policy's numbers `certificate_rsa_min_bits` and"
        " `certificate_ec_min_bits`.",
        "A profile sets the size by how long the key may be relied upon.",
    ),
    passing=under(example(_BIG_RSA), thresholds={"certificate_rsa_min_bits": 3000}),
    failing=under(example(_RSA), thresholds={"certificate_rsa_min_bits": 3000}),
)
def certificate_key_size(case: Case[Certificates]) -> Verdict:
    """Fails for each leaf with a smaller key."""
    minimum = {
        "rsa": int(case.policy.threshold("certificate_rsa_min_bits", 0)),
        "ec": int(case.policy.threshold("certificate_ec_min_bits", 0)),
    }
    if not any(minimum.values()):
        return unset(case.policy, "certificate_rsa_min_bits")

    def look(one: ChainAt) -> Found:
        key = one.leaf.key
        least = minimum.get(key.type)
        if not least:
            return NotApplicable(f"policy {case.policy.id} sets no size for keys of kind {key.type}")
        if key.bits is None:
            return Unknown("the size of a key could not be read")
        if key.bits >= least:
            return Pass()
        message = "{certificate} has a key of {bits} bits; {policy} asks for {least}"
        return one.fault(message, "key/bits", bits=key.bits, least=least, policy=case.policy.id)

    return judge_each(map(look, leaves_of(case)))


@rule(
    _page(
        204,
        "profile-certificate-lifespan",
        "The certificate lives longer than the profile allows",
        "Compares the days from notBefore to notAfter, both counted, with the policy's number `certificate_max_days`.",
        "The shorter a certificate lives, the shorter a stolen key can be used.",
        remediation=REISSUE,
    ),
    passing=under(example(living(90)), thresholds={"certificate_max_days": 90}),
    failing=under(example(living(91)), thresholds={"certificate_max_days": 90}),
)
def certificate_lifespan(case: Case[Certificates]) -> Verdict:
    """Fails for each leaf that lives longer."""
    most = int(case.policy.threshold("certificate_max_days", 0))
    if not most:
        return unset(case.policy, "certificate_max_days")

    def look(one: ChainAt) -> Found:
        days = lifetime_days(one.leaf)
        if days is None:
            return Unknown("the lifetime of a certificate could not be read")
        if days <= most:
            return Pass()
        message = "{certificate} lives {days} days; {policy} allows {most}"
        return one.fault(message, "not_before", "not_after", days=days, most=most, policy=case.policy.id)

    return judge_each(map(look, leaves_of(case)))


@rule(
    _page(
        205,
        "profile-certificate-version",
        "The certificate is not of the X.509 version that the profile asks for",
        "Compares the version of the certificate with the policy's number `x509_version`.",
        "Only version 3 has the extensions that say what a certificate may be used for.",
        remediation=REISSUE,
    ),
    passing=under(example(), thresholds={"x509_version": 3}),
    failing=under(example(leaf_with(version=1)), thresholds={"x509_version": 3}),
)
def certificate_version(case: Case[Certificates]) -> Verdict:
    """Fails for each leaf of another version."""
    wanted = int(case.policy.threshold("x509_version", 0))
    if not wanted:
        return unset(case.policy, "x509_version")

    def look(one: ChainAt) -> Found:
        if one.leaf.version is None:
            return Unknown("the version of a certificate could not be read")
        if one.leaf.version == wanted:
            return Pass()
        message = "{certificate} is of version {version}; {policy} asks for {wanted}"
        return one.fault(message, "version", version=one.leaf.version, wanted=wanted, policy=case.policy.id)

    return judge_each(map(look, leaves_of(case)))


@rule(
    _page(
        206,
        "profile-certificate-agility",
        "The server has certificates of fewer kinds than the profile advises",
        "Counts the kinds of key among the server's certificates against the policy's number `certificate_min_types`.",
        "With certificates of two kinds a server can drop one of them at once should it be broken.",
        severity=Severity.INFO,
        remediation=Remediation(text="Serve a certificate with an RSA key and one with an elliptic-curve key."),
    ),
    passing=under(_BOTH, thresholds={"certificate_min_types": 2}),
    failing=under(_ALONE, thresholds={"certificate_min_types": 2}),
)
def certificate_agility(case: Case[Certificates]) -> Verdict:
    """Fails where the server's certificates are of fewer kinds."""
    least = int(case.policy.threshold("certificate_min_types", 0))
    if not least:
        return unset(case.policy, "certificate_min_types")
    kinds = sorted({one.leaf.key.type for one in leaves_of(case)})
    if not kinds:
        return Unknown("no certificate was seen")
    if len(kinds) >= least:
        return Pass()
    return fail(
        "{policy} advises certificates of {least} kinds; the server has {kinds}",
        tuple(f"/chains/{one.index}/leaf/key/type" for one in leaves_of(case)),
        policy=case.policy.id,
        least=least,
        kinds=", ".join(kinds),
    )
