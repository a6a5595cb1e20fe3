"""Trust stores: which roots a chain is tried against, each with its name, source, date and hash.

Rule of the room: anchors are read here, lazily, and handed on as bytes; whether a chain is trusted is derived
elsewhere.
"""

import base64
import binascii
import dataclasses
import functools
import hashlib
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

from scanner.errors import Malformed, UserFault
from scanner.wire import der

MAX_STORE_BYTES = 16 * 1024 * 1024
"""Bytes of one store. Debian's bundle has a quarter of a million."""

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, BSD, macOS
)
"""Where the system's roots lie where OpenSSL's own default has none."""

_PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.+?)-----END ", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """One set of roots.

    `name` is `mozilla`, `system` or the path of a `--ca` file; `source` names package and version or file; `public`
    says whether it stands for the web's public roots: Mozilla's does, a system's may hold an intranet's roots too.
    `anchors` are DER certificates, `sha256` is over the file.
    """

    name: str
    source: str
    sha256: str
    public: bool
    anchors: tuple[bytes, ...] = dataclasses.field(repr=False)


class TrustStores:
    """The stores of one run: Mozilla's (certifi), the system's, and the `--ca` files, each read when first asked."""

    def __init__(self, ca_files: tuple[str, ...] = ()) -> None:
        self._ca_files = ca_files
        self._ca_stores: tuple[TrustStore, ...] | None = None
        self._stores: tuple[TrustStore, ...] | None = None

    def check(self) -> None:
        """Reads the `--ca` files. Raises `UserFault` for one that cannot be read or holds no certificate."""
        self._own()

    def stores(self) -> tuple[TrustStore, ...]:
        """All the stores, in the order mozilla, system, CA files. Raises `UserFault` as `check`."""
        if self._stores is None:
            self._stores = (mozilla_store(), *system_stores(), *self._own())
        return self._stores

    def loaded(self) -> tuple[TrustStore, ...]:
        """The stores that were asked for in this run: what its verdicts depend on. Reads nothing."""
        return self._stores or ()

    def _own(self) -> tuple[TrustStore, ...]:
        if self._ca_stores is None:
            self._ca_stores = tuple(map(_read_ca_file, self._ca_files))
        return self._ca_stores


@functools.cache
def mozilla_store() -> TrustStore:
    """Mozilla's roots, as certifi packages them."""
    import certifi

    data = Path(certifi.where()).read_bytes()
    return _store(data, name="mozilla", source=f"certifi {_certifi_version()}", public=True)


@functools.cache
def system_stores() -> tuple[TrustStore, ...]:
    """The system's store; empty where this machine has none that can be read."""
    for path in dict.fromkeys((ssl.get_default_verify_paths().cafile, *SYSTEM_BUNDLES)):
        try:
            data = _read(Path(path or ""))
        except OSError:
            continue
        store = _store(data, name="system", source=path or "", public=False)
        if store.anchors:
            return (store,)
    return ()


def _read_ca_file(path: str) -> TrustStore:
    try:
        data = _read(Path(path))
    except OSError as error:
        raise UserFault(f"{path}: cannot read the CA file: {error.strerror or error}") from None
    store = _store(data, name=path, source=path, public=False)
    if not store.anchors:
        raise UserFault(f"{path}: no certificate in it; a CA file holds one or more in PEM")
    return store


def _certifi_version() -> str:
    """As the package's release is called: its module drops the zero of `2026.04.01`."""
    from importlib.metadata import version

    return version("certifi")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_STORE_BYTES)


def _store(data: bytes, *, name: str, source: str, public: bool) -> TrustStore:
    anchors = tuple(dict.fromkeys(_certificates(data)))
    digest = hashlib.sha256(data).hexdigest()
    return TrustStore(name=name, source=source, sha256=digest, public=public, anchors=anchors)


def _certificates(data: bytes) -> Iterator[bytes]:
    """The certificates of a PEM file (RFC 7468); what is no certificate is passed over, as OpenSSL does."""
    for block in _PEM.finditer(data):
        try:
            first = der.element(base64.b64decode(block[1]))
            der.outline(first.whole)
        except (binascii.Error, Malformed):
            continue
        yield first.whole
