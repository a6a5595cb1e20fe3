"""OCSP responses by a PKI of our own: what is read, and what is verified."""

import datetime
import itertools

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.model.evidence.ocsp_stapling import CertStatus, Staple
from scanner.model.outcome import Answer
from scanner.wire.ocsp import MAX_RESPONSE_BYTES, read_staple
from tests.support.ocsp_pki import DAY, NOW, Issued, delegate, issue, respond

ISSUER = issue("Issuer")
STRANGER = issue("Issuer")  # the same name, another key
LEAF = issue("leaf", by=ISSUER)
OTHER_LEAF = issue("other", by=ISSUER)
GOOD = respond(LEAF, ISSUER)


def read(response: bytes, *, leaf: Issued = LEAF, issuers: tuple[Issued, ...] = (ISSUER,)) -> Staple:
    return read_staple(response, leaf=leaf.der, issuers=[one.der for one in issuers], at=NOW)


def test_a_good_response_signed_by_the_issuer() -> None:
    staple = read(GOOD)
    assert (staple.response_status, staple.cert_status) == ("successful", CertStatus.GOOD)
    assert (staple.signature, staple.matches_certificate) == (Answer.YES, Answer.YES)
    assert staple.signature_reason == "signed by the issuer"
    assert (staple.this_update, staple.next_update) == (NOW - DAY, NOW + 6 * DAY)
    assert staple.size == len(GOOD)
    assert staple.responder is not None
    assert staple.responder.startswith("key SHA-1 ")
    assert staple.revoked_at is None
    assert staple.notes == ()


def test_a_revoked_certificate_with_reason_and_time() -> None:
    staple = read(respond(LEAF, ISSUER, status=ocsp.OCSPCertStatus.REVOKED))
    assert staple.cert_status is CertStatus.REVOKED
    assert staple.revoked_at == NOW - 3 * DAY
    assert staple.revocation_reason == "keyCompromise"
    assert staple.signature is Answer.YES


def test_an_unknown_certificate() -> None:
    assert read(respond(LEAF, ISSUER, status=ocsp.OCSPCertStatus.UNKNOWN)).cert_status is CertStatus.UNKNOWN


def test_times_are_reported_and_not_judged() -> None:
    staple = read(respond(LEAF, ISSUER, this_update=NOW - 90 * DAY, next_update=NOW - 80 * DAY))
    assert staple.next_update == NOW - 80 * DAY
    assert staple.signature is Answer.YES


def test_a_response_without_next_update() -> None:
    staple = read(respond(LEAF, ISSUER, next_update=None))
    assert staple.next_update is None
    assert staple.notes == ()


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_hash_of_the_cert_id_is_followed(algorithm: hashes.HashAlgorithm) -> None:
    assert read(respond(LEAF, ISSUER, hashed_with=algorithm)).matches_certificate is Answer.YES


def test_a_response_for_another_certificate() -> None:
    staple = read(respond(OTHER_LEAF, ISSUER))
    assert staple.matches_certificate is Answer.NO
    assert staple.signature is Answer.YES


def test_the_same_serial_of_another_issuer_with_the_same_name() -> None:
    twin = issue("leaf", by=STRANGER, serial=LEAF.certificate.serial_number)
    staple = read(respond(twin, STRANGER))
    assert staple.matches_certificate is Answer.NO
    assert staple.signature is Answer.NO
    assert staple.signature_reason == "made by neither the issuer nor a certificate in the response"


DELEGATES = {
    "right": (delegate(ISSUER), Answer.YES, "signed by a delegate of the issuer"),
    "no usage at all": (
        issue("Responder", by=ISSUER),
        Answer.NO,
        "signed by a certificate without the extended key usage OCSPSigning",
    ),
    "another usage": (
        delegate(ISSUER, signing=False),
        Answer.NO,
        "signed by a certificate without the extended key usage OCSPSigning",
    ),
    "of another issuer": (
        delegate(STRANGER),
        Answer.NO,
        "signed by a certificate that the issuer did not make",
    ),
    "expired": (
        delegate(ISSUER, valid=(NOW - 60 * DAY, NOW - DAY)),
        Answer.NO,
        "signed by a delegate whose certificate is not valid now",
    ),
    "not yet valid": (
        delegate(ISSUER, valid=(NOW + DAY, NOW + 60 * DAY)),
        Answer.NO,
        "signed by a delegate whose certificate is not valid now",
    ),
}


@pytest.mark.parametrize("name", DELEGATES)
def test_delegates(name: str) -> None:
    signer, expected, reason = DELEGATES[name]
    staple = read(respond(LEAF, ISSUER, signer=signer))
    assert (staple.signature, staple.signature_reason) == (expected, reason)
    assert staple.matches_certificate is Answer.YES


def test_a_delegate_that_is_not_in_the_response() -> None:
    staple = read(respond(LEAF, ISSUER, signer=delegate(ISSUER), include_signer=False))
    assert staple.signature is Answer.NO


def test_rsa_and_edwards_curve_issuers() -> None:
    for key in (rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()):
        issuer = issue("Issuer", key=key)
        leaf = issue("leaf", by=issuer)
        assert read(respond(leaf, issuer), leaf=leaf, issuers=(issuer,)).signature is Answer.YES
        assert read(respond(leaf, issuer, signer=ISSUER), leaf=leaf, issuers=(issuer,)).signature is Answer.NO


def test_an_unknown_issuer_leaves_unknown_what_it_would_tell() -> None:
    staple = read(GOOD, issuers=())
    assert (staple.signature, staple.signature_reason) == (Answer.UNKNOWN, "the issuer's certificate is not known")
    assert staple.matches_certificate is Answer.UNKNOWN
    assert staple.cert_status is CertStatus.GOOD
    assert read(respond(OTHER_LEAF, ISSUER), issuers=()).matches_certificate is Answer.NO


def test_the_issuer_is_found_by_its_key_among_others() -> None:
    assert read(GOOD, issuers=(OTHER_LEAF, STRANGER, ISSUER)).signature is Answer.YES
    assert read(GOOD, issuers=(STRANGER,)).signature is Answer.UNKNOWN


def test_the_issuer_is_found_though_its_name_is_spelled_otherwise() -> None:
    """As in path building: case and space of names do not count (RFC 5280 section 7.1)."""
    shouting = issue("ISSUER ", key=ISSUER.key)
    staple = read(respond(LEAF, shouting), issuers=(STRANGER, shouting))
    assert staple.signature is Answer.YES
    by_delegate = respond(LEAF, shouting, signer=delegate(ISSUER))
    assert read(by_delegate, issuers=(shouting,)).signature_reason == "signed by a delegate of the issuer"


def test_issuers_are_loaded_only_until_the_right_one() -> None:
    pool = iter([b"no certificate", ISSUER.der, STRANGER.der])
    staple = read_staple(GOOD, leaf=LEAF.der, issuers=pool, at=NOW)
    assert staple.signature is Answer.YES
    assert list(pool) == [STRANGER.der]


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (ocsp.OCSPResponseStatus.TRY_LATER, "tryLater"),
        (ocsp.OCSPResponseStatus.UNAUTHORIZED, "unauthorized"),
        (ocsp.OCSPResponseStatus.INTERNAL_ERROR, "internalError"),
    ],
)
def test_an_unsuccessful_response(status: ocsp.OCSPResponseStatus, name: str) -> None:
    staple = read(ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER))
    assert staple.response_status == name
    assert staple.cert_status is None
    assert staple.signature is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("response", "note"),
    [
        (b"", "empty"),
        (b"\x00" * 40, "no OCSPResponse (ValueError)"),
        (GOOD[:-1], "no OCSPResponse (ValueError)"),
        (GOOD + b"\x00", "no OCSPResponse (ValueError)"),
        (
            b"\x30" * (MAX_RESPONSE_BYTES + 1),
            f"{MAX_RESPONSE_BYTES + 1} bytes; responses of more than {MAX_RESPONSE_BYTES} are not parsed",
        ),
    ],
)
def test_what_is_no_response(response: bytes, note: str) -> None:
    staple = read(response)
    assert (staple.response_status, staple.notes) == ("unreadable", (note,))
    assert staple.size == len(response)


def test_a_leaf_that_cannot_be_read() -> None:
    staple = read_staple(GOOD, leaf=b"garbage", issuers=[ISSUER.der], at=NOW)
    assert staple.cert_status is CertStatus.GOOD
    assert (staple.signature, staple.matches_certificate) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert any("leaf certificate" in note for note in staple.notes)


def test_every_prefix_and_every_flipped_byte_gives_an_answer_and_no_trust() -> None:
    original = read(GOOD)
    for position, flip in itertools.product(range(len(GOOD)), (0x01, 0x80, 0xFF)):
        mutated = bytearray(GOOD)
        mutated[position] ^= flip
        staple = read(bytes(mutated))
        if staple.signature is Answer.YES:  # a byte outside what is signed
            assert (staple.cert_status, staple.this_update) == (original.cert_status, original.this_update)
        assert read(GOOD[:position]).response_status == "unreadable"


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
def test_fuzz_never_raises(noise: bytes, start: int, length: int) -> None:
    for response in (noise, GOOD[:start] + noise + GOOD[start + length :]):
        staple = read(response)
        assert staple.size == len(response)
        assert staple.signature is not Answer.YES or response == GOOD or staple.cert_status is CertStatus.GOOD


def test_the_instant_decides_about_a_delegate() -> None:
    response = respond(LEAF, ISSUER, signer=delegate(ISSUER, valid=(NOW, NOW + DAY)))
    hour = datetime.timedelta(hours=1)
    for at, expected in ((NOW - hour, Answer.NO), (NOW, Answer.YES), (NOW + DAY + hour, Answer.NO)):
        assert read_staple(response, leaf=LEAF.der, issuers=[ISSUER.der], at=at).signature is expected
