"""Reading certificates: sound ones in full, odd ones with notes, and no bytes whatever raise."""

import datetime
import hashlib
import random
import shutil
import subprocess
import warnings
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed, TooMuch, Truncated
from scanner.model.evidence.certificates import Certificate, PublicKey
from scanner.model.outcome import Answer
from scanner.net.trust_stores import mozilla_store
from scanner.wire import der
from scanner.wire.chain_view import count_scts, view_chain
from scanner.wire.host_match import match_host
from scanner.wire.x509_keys import read_key
from scanner.wire.x509_names import canonical_name
from scanner.wire.x509_signature import is_signed_by
from scanner.wire.x509_view import MAX_CHAIN_BYTES, needs_isolation, read_certificate, read_chain
from tests.support.made_chains import DAY, NOW, Issued, intermediate, issue, leaf, name, root, rsa_key


def url(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


RICH_EXTENSIONS = [
    (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url("http://ocsp.example/")),
                x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, url("http://ca.example/ca.der")),
            ]
        ),
        False,
    ),
    (
        x509.CRLDistributionPoints([x509.DistributionPoint([url("http://crl.example/1.crl")], None, None, None)]),
        False,
    ),
    (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
]
ROOT = root()
CA = intermediate("Intermediate", ROOT, path_length=0)
RICH = leaf(
    CA,
    "www.example.org",
    "*.example.org",
    "192.0.2.1",
    "2001:db8::1",
    extensions=RICH_EXTENSIONS,
    sign_certificates=False,
)


def der_of(*issued: Issued) -> list[bytes]:
    return [one.der for one in issued]


class TestSound:
    def test_all_fields(self) -> None:
        seen = read_certificate(RICH.der)
        assert seen == Certificate(
            sha256=hashlib.sha256(RICH.der).hexdigest(),
            der=seen.der,
            size=len(RICH.der),
            subject=seen.subject,
            issuer=seen.issuer,
            serial=seen.serial,
            not_before=NOW - 30 * DAY,
            not_after=NOW + 60 * DAY,
            key=seen.key,
            signature_algorithm="ecdsa-with-SHA256",
            signature_hash="sha256",
            version=3,
            common_name=seen.common_name,
            names=seen.names,
            addresses=("192.0.2.1", "2001:db8::1"),
            is_ca=Answer.NO,
            key_usage=("digitalSignature",),
            extended_key_usage=("serverAuth",),
            ocsp_urls=seen.ocsp_urls,
            ca_issuer_urls=seen.ca_issuer_urls,
            crl_urls=seen.crl_urls,
            must_staple=Answer.YES,
            self_signed=Answer.NO,
        )
        assert (seen.subject, seen.issuer, seen.common_name) == (
            "CN=www.example.org",
            "CN=Intermediate",
            "www.example.org",
        )
        assert seen.names == ("www.example.org", "*.example.org")
        assert seen.ocsp_urls == ("http://ocsp.example/",)
        assert seen.ca_issuer_urls == ("http://ca.example/ca.der",)
        assert seen.crl_urls == ("http://crl.example/1.crl",)
        assert int(seen.serial, 16) == RICH.certificate.serial_number
        assert len(seen.serial) % 2 == 0

    def test_a_ca(self) -> None:
        seen = read_certificate(CA.der)
        assert (seen.is_ca, seen.path_length, seen.key_usage) == (Answer.YES, 0, ("keyCertSign", "cRLSign"))
        assert not seen.self_issued
        assert (seen.names, seen.must_staple, seen.scts) == ((), Answer.NO, 0)

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
    @pytest.mark.parametrize(("digest", "signed"), [("sha1", Answer.YES), ("md5", Answer.UNKNOWN)])
    def test_old_hashes(self, digest: str, signed: Answer) -> None:
        words = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -{digest} -subj /CN=old -outform DER"
        made = subprocess.run(words.split(), capture_output=True, timeout=30, check=True).stdout
        seen = read_certificate(made)
        assert (seen.signature_algorithm, seen.signature_hash) == (f"{digest}WithRSAEncryption", digest)
        assert (seen.self_signed, seen.notes) == (signed, ())

    def test_self_signed_is_not_self_issued_only(self) -> None:
        assert read_certificate(ROOT.der).self_signed is Answer.YES
        twin = issue("Root", root("Root"), ca=True)
        seen = read_certificate(twin.der)
        assert (seen.self_issued, seen.self_signed) == (True, Answer.NO)

    def test_an_empty_subject_is_nothing_odd(self) -> None:
        seen = read_certificate(issue(None, CA, names=["192.0.2.1"]).der)
        assert (seen.subject, seen.common_name, seen.notes) == ("", None, ())

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            (rsa_key(1024), ("rsa", 1024, None)),
            (ec.generate_private_key(ec.SECP384R1()), ("ec", 384, "secp384r1")),
            (ec.generate_private_key(ec.BrainpoolP256R1()), ("ec", 256, "brainpoolP256r1")),
            (ed25519.Ed25519PrivateKey.generate(), ("ed25519", 256, None)),
            (ed448.Ed448PrivateKey.generate(), ("ed448", 448, None)),
            (mldsa.MLDSA44PrivateKey.generate(), ("ml-dsa-44", None, None)),
            (mldsa.MLDSA87PrivateKey.generate(), ("ml-dsa-87", None, None)),
        ],
        ids=["RSA", "P-384", "brainpool", "Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-87"],
    )
    def test_keys(self, key: ed25519.Ed25519PrivateKey, expected: tuple[str, int | None, str | None]) -> None:
        seen = read_certificate(leaf(None, key=key).der).key
        assert (seen.type, seen.bits, seen.curve) == expected

    def test_post_quantum_signatures_are_verified(self) -> None:
        authority = root("Quantum", key=mldsa.MLDSA65PrivateKey.generate())  # type: ignore[arg-type] # no PrivateKey yet
        forged = root("Quantum", key=mldsa.MLDSA65PrivateKey.generate())  # type: ignore[arg-type]
        seen = read_certificate(authority.der)
        assert (seen.signature_algorithm, seen.signature_hash) == ("ML-DSA-65", None)
        assert seen.self_signed is Answer.YES
        assert is_signed_by(leaf(authority).certificate, authority.certificate) is Answer.YES
        assert is_signed_by(leaf(authority).certificate, forged.certificate) is Answer.NO

    def test_the_names_of_slh_dsa(self) -> None:
        for arc, kind in ((20, "slh-dsa-sha2-128s"), (31, "slh-dsa-shake-256f")):
            algorithm = encoded(der.OID, b"\x60\x86\x48\x01\x65\x03\x04\x03" + bytes((arc,)))
            assert read_key(certificate_key(algorithm, bytes(32))).type == kind

    def test_every_public_root_can_be_read(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
        for ours, their in zip(map(read_certificate, mozilla_store().anchors), theirs, strict=True):
            assert ours.notes == ()
            assert ours.self_signed is Answer.YES
            assert ours.sha256 == their.fingerprint(hashes.SHA256()).hex()
            assert ours.subject == their.subject.rfc4514_string()
            assert ours.not_after == their.not_valid_after_utc
            assert (ours.is_ca, ours.key.bits) == (Answer.YES, their.public_key().key_size)  # type: ignore[union-attr]
            hash_name = their.signature_hash_algorithm
            assert hash_name is not None
            assert ours.signature_hash == hash_name.name


def patched(certificate: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert certificate.count(old) == 1
    return certificate.replace(old, new)


class TestOdd:
    @pytest.mark.parametrize("data", [b"", b"\x30", b"rubbish", b"\x30\x03\x02\x01\x00", b"\x30\x84\xff\xff\xff\xff"])
    def test_what_is_no_certificate_is_kept_with_notes(self, data: bytes) -> None:
        seen = read_certificate(data)
        assert seen.sha256 == hashlib.sha256(data).hexdigest()
        assert seen.size == len(data)
        assert seen.key == PublicKey(type="unreadable")
        assert len(seen.notes) == 2

    def test_a_broken_extension_does_not_hide_the_others(self) -> None:
        broken = patched(RICH.der, b"http://ocsp.example/", b"http://ocsp.exampl\xff/")
        seen = read_certificate(broken)
        assert [note for note in seen.notes if "authorityInfoAccess" in note]
        assert len(seen.notes) == 1
        assert seen.names == ("www.example.org", "*.example.org")
        assert seen.must_staple is Answer.YES
        assert seen.ocsp_urls == ()

    def test_broken_names_are_unknown_not_absent(self) -> None:
        broken = patched(RICH.der, b"*.example.org", b"*.exampl\xff.org")
        seen = read_certificate(broken)
        assert seen.names == ()
        assert [note for note in seen.notes if "subjectAltName" in note]
        assert match_host(seen, "www.example.org").matches is Answer.UNKNOWN

    @pytest.mark.parametrize(("serial", "shown"), [(b"\x00", "00"), (b"\xff", "-01"), (b"\x80", "-80")])
    def test_odd_serial_numbers_neither_warn_nor_raise(self, serial: bytes, shown: str) -> None:
        ours = certificate_with_serial(serial)
        seen = read_certificate(ours)
        assert (seen.serial, seen.notes) == (shown, ())
        assert seen.names == ("www.example.org",)

    def test_version_4_is_noted(self) -> None:
        seen = read_certificate(patched(RICH.der, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03"))
        assert seen.version == 4
        assert (seen.key.type, seen.notes) == ("ec", ("the certificate could not be read (InvalidVersion)",))

    def test_a_key_of_an_unknown_kind_is_named(self) -> None:
        unknown = patched(RICH.der, b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x7f")
        assert read_certificate(unknown).key.type == "1.2.840.10045.2.127"

    def test_too_many_names_are_cut(self) -> None:
        seen = read_certificate(leaf(CA, *(f"{number}.example.org" for number in range(5000))).der)
        assert len(seen.names) == 4096
        assert seen.notes == ("only the first 4096 of 5000 names are kept",)

    def test_times_far_away(self) -> None:
        far = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
        seen = read_certificate(leaf(CA, begins=datetime.datetime(1950, 1, 1, tzinfo=datetime.UTC), ends=far).der)
        assert (seen.not_after, seen.notes) == (far, ())


def certificate_with_serial(serial: bytes) -> bytes:
    """A certificate whose serial number cryptography would not write: put in with the outline's own grammar."""
    original = issue("odd", CA, names=["www.example.org"], ca=False).der
    tbs, *rest = der.inside(original, der.SEQUENCE)
    fields = [one.whole for one in der.inside(tbs.whole, der.SEQUENCE)]
    fields[1] = encoded(der.INTEGER, serial)
    body = sequence(b"".join(fields)) + b"".join(one.whole for one in rest)
    return sequence(body)


def sequence(content: bytes) -> bytes:
    return encoded(der.SEQUENCE, content)


def encoded(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = b"" if size < 128 else size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets) if octets else size)) + octets + content


class TestChains:
    def test_caps(self) -> None:
        with pytest.raises(TooMuch):
            read_chain([CA.der] * 33)
        with pytest.raises(TooMuch):
            read_chain([bytes(MAX_CHAIN_BYTES), b"\x00"])
        assert len(read_chain([CA.der] * 32)) == 32

    def test_order(self) -> None:
        assert view_chain(der_of(RICH, CA, ROOT)).in_order is Answer.YES
        assert view_chain(der_of(RICH, ROOT, CA)).in_order is Answer.NO
        assert view_chain(der_of(RICH, RICH, CA)).in_order is Answer.NO
        assert view_chain([RICH.der, b"rubbish"]).in_order is Answer.UNKNOWN
        assert view_chain(der_of(RICH, CA, ROOT)).anchor_sent
        assert not view_chain(der_of(RICH, CA)).anchor_sent
        assert not view_chain(der_of(leaf(None))).anchor_sent

    @pytest.mark.parametrize(
        ("body", "count"),
        [
            (None, 0),
            (b"", 0),
            (b"\x00\x00", 0),
            (b"\x00\x06\x00\x01a\x00\x01b", 2),
            (b"\x00\x06\x00\x01a\x00\x02b", 0),
            (b"\x00\x03\x00\x01ab", 0),
            (b"\x00\x04\x00\x01ab", 0),
        ],
    )
    def test_timestamps(self, body: bytes | None, count: int) -> None:
        assert count_scts(body) == count


class TestIsolation:
    def test_usual_chains_are_read_at_once(self) -> None:
        assert not needs_isolation(der_of(RICH, CA, ROOT))
        assert not any(needs_isolation([anchor]) for anchor in mozilla_store().anchors)

    def test_giant_chains_and_keys_and_spelled_out_curves_are_not(self) -> None:
        assert needs_isolation([bytes(64 * 1024 + 1)])
        huge = b"\x00" + b"\x80" + bytes(8192 // 8)  # 8200 bits
        spki = certificate_key(
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", sequence(encoded(der.INTEGER, huge))
        )
        assert read_key(spki).bits == 8200
        explicit = certificate_key(b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" + b"\x30\x03\x02\x01\x01", b"\x04")
        assert read_key(explicit).curve == "explicit"
        for key in (spki, explicit):
            assert needs_isolation([RICH.der, certificate_around(key)])


def certificate_key(algorithm: bytes, key: bytes) -> bytes:
    return sequence(sequence(algorithm) + encoded(der.BIT_STRING, b"\x00" + key))


def certificate_around(spki: bytes) -> bytes:
    tbs, *rest = der.inside(RICH.der, der.SEQUENCE)
    fields = [one.whole for one in der.inside(tbs.whole, der.SEQUENCE)]
    fields[6] = spki
    return sequence(sequence(b"".join(fields)) + b"".join(one.whole for one in rest))


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "answer"),
        [
            ("www.example.org", Answer.YES),
            ("WWW.example.org", Answer.YES),
            ("www.example.org.", Answer.YES),
            ("other.example.org", Answer.YES),
            ("example.org", Answer.NO),
            ("a.b.example.org", Answer.NO),
            ("www.example.net", Answer.NO),
            ("192.0.2.1", Answer.YES),
            ("192.0.2.2", Answer.NO),
            ("2001:db8::1", Answer.YES),
            ("2001:db8:0:0::1", Answer.YES),
            ("[2001:db8::1]", Answer.YES),
        ],
    )
    def test_names_and_addresses(self, host: str, answer: Answer) -> None:
        assert match_host(read_certificate(RICH.der), host).matches is answer

    def test_the_common_name_does_not_count(self) -> None:
        alone = read_certificate(issue("www.example.org", CA).der)
        found = match_host(alone, "www.example.org")
        assert found.matches is Answer.NO
        assert found.reason is not None
        assert "no subjectAltName" in found.reason

    def test_one_bad_name_does_not_spoil_the_rest(self) -> None:
        seen = read_certificate(leaf(CA, "*", "f*o.example.org", "www.example.org").der)
        assert match_host(seen, "www.example.org").matches is Answer.YES
        assert match_host(seen, "foo.example.org").matches is Answer.NO

    def test_the_reason_does_not_list_thousands(self) -> None:
        seen = read_certificate(leaf(CA, *(f"{number}.example.net" for number in range(100))).der)
        reason = match_host(seen, "www.example.org").reason
        assert reason is not None
        assert reason.endswith("and 95 more")


class TestDer:
    def test_every_prefix_says_that_bytes_are_missing(self) -> None:
        for size in range(len(CA.der)):
            with pytest.raises(Truncated) as fault:
                der.outline(CA.der[:size])
            assert 0 < fault.value.missing <= len(CA.der) - size

    @pytest.mark.parametrize("data", [b"\x1f\x01\x00", b"\x30\x80\x00\x00", b"\x30\x85\x00\x00\x00\x00\x00"])
    def test_forms_that_der_does_not_have(self, data: bytes) -> None:
        with pytest.raises(Malformed):
            der.element(data)

    def test_names_compare_without_case_and_space(self) -> None:
        one, two = name("Example  CA ").public_bytes(), name("example ca").public_bytes()
        assert canonical_name(one) == canonical_name(two)
        assert canonical_name(one) != canonical_name(name("example cb").public_bytes())


class TestFuzz:
    """A value whatever the bytes: warnings are errors here, so none escapes either."""

    SEEDS = (RICH.der, CA.der, ROOT.der, leaf(None, key=rsa_key()).der)

    def test_thousands_of_flipped_bits(self) -> None:
        chance = random.Random(20261121)
        noted = 0
        for _ in range(6000):
            data = bytearray(chance.choice(self.SEEDS))
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            seen = read_certificate(bytes(data))
            needs_isolation([bytes(data)])
            match_host(seen, "www.example.org")
            noted += bool(seen.notes)
        assert 1000 < noted < 5000

    @settings(max_examples=500, deadline=None)
    @given(st.sampled_from(SEEDS), st.data())
    def test_spliced_and_cut(self, seed: bytes, data: st.DataObject) -> None:
        start, end = sorted(data.draw(st.tuples(*(st.integers(0, len(seed)),) * 2)))
        changed = seed[:start] + data.draw(st.binary(max_size=24)) + seed[end:]
        view = view_chain([changed, seed])
        assert view.certificates[0].size == len(changed)

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        assert read_certificate(data).notes
        assert count_scts(data) >= 0
        assert read_key(data).spki_sha256 is not None
