"""Rules over `certificates`: keys and signatures, and what is odd in the certificate itself."""

from scanner.model.evidence.certificates import Certificates, PublicKey
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.certificate_examples import BASELINE, REISSUE, example, leaf_with
from scanner.rules.certificate_views import ChainAt, Found, SentAt, judge_each, leaves_of, sent_of
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict

RSA_MIN_BITS = 2048
"""Bits of the smallest RSA key (threshold `rsa_min_bits`)."""

EC_MIN_BITS = 256
"""Bits of the smallest elliptic curve (threshold `ec_min_bits`)."""

_BROKEN_HASHES = frozenset({"md2", "md4", "md5", "sha1"})
_SOUND_KEYS = frozenset({"ed25519", "ed448"})
_SOUND_FAMILIES = ("ml-dsa-", "slh-dsa-")
"""Post-quantum keys: the weakest parameters are worth AES-128 (FIPS 204, FIPS 205)."""
_KEY_SIZES = Reference(
    title="NIST SP 800-57 Part 1: Recommendation for Key Management, table 2",
    url="https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final",
    section="5.6.1",
)


@rule(
    RuleInfo(
        id="CRT008",
        name="certificate-weak-key",
        title="The key of a certificate is too weak",
        topic="certificates",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks at the keys of all certificates that were sent: RSA below 2048 bits, curves below 256, curves"
        " that are spelled out instead of named, and DSA.",
        rationale="Whoever computes the private key from the public one can stand for the server. RSA of 1024 bits is"
        " within reach of those with means; browsers refuse it, as they refuse DSA.",
        remediation=Remediation(
            text="Make a new key (ECDSA P-256, or RSA of 2048 bits or more) and have a certificate issued for it."
        ),
        references=(_KEY_SIZES, BASELINE),
        cwe=(326,),
    ),
    passing=example(),
    failing=example(leaf_with(key=PublicKey(type="rsa", bits=1024))),
)
def certificate_weak_key(case: Case[Certificates]) -> Verdict:
    """Fails by kind and size of the key; a kind that is not known here is unknown, not weak."""
    minimum = {
        "rsa": case.policy.threshold("rsa_min_bits", RSA_MIN_BITS),
        "ec": case.policy.threshold("ec_min_bits", EC_MIN_BITS),
    }

    def look(one: SentAt) -> Found:
        key = one.certificate.key
        if key.type in _SOUND_KEYS or key.type.startswith(_SOUND_FAMILIES):
            return Pass()
        if key.type == "dsa":
            return one.fault("{certificate} has a DSA key, which no client accepts any more", "key")
        if key.curve == "explicit":
            return one.fault("{certificate} spells out the parameters of its curve instead of naming one", "key/curve")
        if key.type not in minimum or key.bits is None:
            return Unknown("the strength of a key could not be told")
        if key.bits >= minimum[key.type]:
            return Pass()
        return one.fault(
            "{certificate} has an {kind} key of {bits} bits; {minimum} are the least",
            "key/bits",
            kind=key.type.upper(),
            bits=key.bits,
            minimum=int(minimum[key.type]),
        )

    return judge_each(map(look, sent_of(case)))


@rule(
    RuleInfo(
        id="CRT009",
        name="certificate-weak-signature",
        title="A certificate is signed with a broken hash",
        topic="certificates",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for MD2, MD4, MD5 and SHA-1 in the signatures of the certificates that were sent. Nobody checks"
        " the signature of a root, so self-signed ones do not count.",
        rationale="Collisions let an attacker get a harmless certificate signed and use the signature for another one."
        " Browsers refuse such signatures.",
        remediation=REISSUE,
        references=(rfc(9155, "1", "RFC 9155: Deprecating MD5 and SHA-1 Signature Hashes"), BASELINE),
        cwe=(327, 328),
    ),
    passing=example(),
    failing=example(leaf_with(signature_algorithm="sha1WithRSAEncryption", signature_hash="sha1")),
)
def certificate_weak_signature(case: Case[Certificates]) -> Verdict:
    """Fails by the hash of the signature."""

    def look(one: SentAt) -> Found:
        certificate = one.certificate
        if certificate.self_signed is Answer.YES:
            return NotApplicable("nobody checks the signature of a self-signed certificate")
        if certificate.signature_hash in _BROKEN_HASHES:
            return one.fault(
                "{certificate} is signed with {algorithm}",
                "signature_algorithm",
                algorithm=certificate.signature_algorithm,
            )
        if not certificate.signature_algorithm[:1].isalpha() or certificate.signature_algorithm == "unreadable":
            return Unknown("the algorithm of a signature is not known")
        return Pass()

    return judge_each(map(look, sent_of(case)))


@rule(
    RuleInfo(
        id="CRT016",
        name="certificate-unreadable-fields",
        title="Parts of a certificate cannot be read",
        topic="certificates",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Lists what could not be read of the certificates that were sent.",
        rationale="Clients are of several minds about malformed certificates: some refuse them, some leave the part"
        " out.",
        remediation=REISSUE,
        references=(rfc(5280, "4.1", "RFC 5280: Basic Certificate Fields"),),
    ),
    passing=example(),
    failing=example(leaf_with(notes=("extension subjectAltName could not be read (ValueError)",))),
)
def certificate_unreadable_fields(case: Case[Certificates]) -> Verdict:
    """Fails where there is a note."""

    def look(one: SentAt) -> Found:
        notes = one.certificate.notes
        message = "parts of {certificate} cannot be read: {notes}"
        return one.fault(message, "notes", notes="; ".join(notes)) if notes else Pass()

    return judge_each(map(look, sent_of(case)))


@rule(
    RuleInfo(
        id="CRT018",
        name="certificate-odd-serial",
        title="The certificate's serial number is not allowed",
        topic="certificates",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a serial number that is zero, negative, or longer than 20 octets.",
        rationale="Serial numbers must be positive and at most 20 octets long; programs that check that refuse the"
        " certificate.",
        remediation=REISSUE,
        references=(rfc(5280, "4.1.2.2", "RFC 5280: Serial Number"),),
    ),
    passing=example(),
    failing=example(leaf_with(serial="00")),
)
def certificate_odd_serial(case: Case[Certificates]) -> Verdict:
    """Fails by RFC 5280."""

    def look(one: ChainAt) -> Found:
        serial = one.leaf.serial
        if not serial:
            return Unknown("the serial number could not be read")
        odd = _oddity(serial)
        return one.fault("the serial number of {certificate} is {oddity}", "serial", oddity=odd) if odd else Pass()

    return judge_each(map(look, leaves_of(case)))


def _oddity(serial: str) -> str | None:
    number = int(serial, 16)
    if number == 0:
        return "zero"
    if number < 0:
        return "negative"
    octets = number.bit_length() // 8 + 1  # DER spends a bit on the sign
    return f"{octets} octets long" if octets > 20 else None
