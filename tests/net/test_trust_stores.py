"""Trust stores: read late, once, and named; a CA file that cannot be used is the user's to mend."""

import base64
import hashlib
import importlib.metadata
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from scanner.errors import UserFault
from scanner.net.trust_stores import TrustStores, mozilla_store, system_stores


def pem(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


def as_der(data: bytes) -> bytes:
    return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)


def test_mozilla_is_certifi_whole_and_named() -> None:
    store = mozilla_store()
    context = ssl.create_default_context(cafile=certifi.where())
    assert sorted(store.anchors) == sorted(context.get_ca_certs(binary_form=True))
    assert store.public
    assert store.source == f"certifi {importlib.metadata.version('certifi')}"
    assert store.sha256 == hashlib.sha256(Path(certifi.where()).read_bytes()).hexdigest()


def test_the_system_store_does_not_pass_for_public() -> None:
    for store in system_stores():
        assert store.name == "system"
        assert not store.public
        assert store.anchors
        assert Path(store.source).is_file()


def test_ca_files_come_last_in_their_order(tmp_path: Path) -> None:
    one, two = trustme.CA(), trustme.CA()
    first, second = tmp_path / "one.pem", tmp_path / "two.pem"
    first.write_bytes(b"A comment.\n" + pem(one) + pem(two) + pem(one))
    second.write_bytes(pem(two).replace(b"\n", b"\r\n"))
    trust = TrustStores((str(first), str(second)))
    assert trust.loaded() == ()
    stores = trust.stores()
    assert [store.name for store in stores if store.name not in {"mozilla", "system"}] == [str(first), str(second)]
    assert stores[0].name == "mozilla"
    assert stores[-2].anchors == (as_der(pem(one)), as_der(pem(two)))
    assert stores[-1].anchors == (as_der(pem(two)),)
    assert not stores[-1].public
    assert trust.loaded() == stores


def test_check_reads_the_ca_files_only(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(pem(trustme.CA()))
    trust = TrustStores((str(path),))
    trust.check()
    assert trust.loaded() == ()


_BLOCK = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no PEM",
        _BLOCK.format("****").encode(),
        _BLOCK.format("AAA").encode(),
        _BLOCK.format(base64.b64encode(b"no certificate").decode()).encode(),
        b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    ],
    ids=["empty", "text", "no base64", "bad padding", "no certificate", "a key"],
)
def test_a_ca_file_without_a_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(UserFault, match="no certificate in it") as fault:
        TrustStores((str(path),)).check()
    assert str(path) in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_ca_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pem", tmp_path):
        with pytest.raises(UserFault, match="cannot read the CA file"):
            TrustStores((str(path),)).check()


def test_importing_reads_nothing_and_needs_no_cryptography() -> None:
    program = "import sys, scanner.net.trust_stores; print(sorted({'certifi', 'cryptography'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"
