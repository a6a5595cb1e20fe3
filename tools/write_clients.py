"""Builds `scanner/derive/data/clients.json`: what named clients put into their ClientHello.

    pip download --no-deps cryptodatahub==1.6.1
    python tools/write_clients.py cryptodatahub-1.6.1-py3-none-any.whl

Three kinds of source, each named in the row it gave: ClientHellos that real clients sent to a listener on loopback
(tools/client_hellos.json, by tools/record_client_hello.py), the hellos of browsers in cryptodatahub (MPL-2.0; only code
points are taken), and lists that vendors document or projects publish under a permissive licence, as the tables below.
What clients make of an answer (the Diffie-Hellman primes that they refuse) is in `_LIMITS` and `_NO_SHA1`.
"""

import argparse
import base64
import json
import pathlib
import zipfile
from typing import Any

from scanner.wire import tls_extensions as ext
from scanner.wire.octets import Octets, read_codes
from scanner.wire.tls_extensions import ExtensionType

HERE = pathlib.Path(__file__).parent
OUTPUT = HERE.parent / "scanner" / "derive" / "data" / "clients.json"
HELLOS = HERE / "client_hellos.json"

VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
TITLES = {"SSL3": "SSLv3", "TLS1": "TLSv1.0", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}
SCSV = frozenset({0x00FF, 0x5600})

# Name, version, date and kind: of recorded clients by their id, then of the browsers of cryptodatahub by its key.
RECORDED: dict[str, tuple[str, str, str, str]] = {
    "safari-15.5": ("Safari (macOS)", "15.5", "2022-05", "browser"),
    "safari-17.0": ("Safari (macOS)", "17.0", "2023-09", "browser"),
    "safari-18.4": ("Safari (macOS)", "18.4", "2025-03", "browser"),
    "safari-26.0.1": ("Safari (macOS)", "26.0.1", "2025-09", "browser"),
    "ios-17.2": ("Safari (iOS)", "17.2", "2023-12", "mobile"),
    "ios-18.4": ("Safari (iOS)", "18.4", "2025-03", "mobile"),
    "edge-101": ("Edge", "101", "2022-04", "browser"),
    "chrome-android-99": ("Chrome (Android)", "99", "2022-03", "mobile"),
    "chrome-android-131": ("Chrome (Android)", "131", "2024-11", "mobile"),
    "tor-14.5": ("Tor Browser", "14.5", "2025-04", "browser"),
    "openssl-3.0": ("OpenSSL", "3.0", "2021-09", "library"),
    "openssl-3.5": ("OpenSSL", "3.5", "2025-04", "library"),
    "openssl-4.0": ("OpenSSL", "4.0", "2026-04", "library"),
    "curl-7.88": ("curl (Debian 12)", "7.88", "2023-02", "tool"),
    "wget-gnutls": ("Wget (Debian 12, GnuTLS 3.7)", "1.21.3", "2022-02", "tool"),
    "python-3.11": ("Python (Debian 12)", "3.11", "2022-10", "library"),
    "node-0.10": ("Node.js (OpenSSL 1.0.1e)", "0.10.1", "2013-03", "library"),
    "node-8": ("Node.js (OpenSSL 1.0.2)", "8.17", "2019-12", "library"),
    "node-16": ("Node.js (OpenSSL 1.1.1)", "16.20", "2023-08", "library"),
    "node-20": ("Node.js (OpenSSL 3.0)", "20.20", "2026-01", "library"),
    "java-17": ("Java", "17", "2021-09", "library"),
    "java-21": ("Java", "21", "2023-09", "library"),
    "java-25": ("Java", "25", "2025-09", "library"),
    "go-1.27": ("Go", "1.27", "2026-08", "library"),
}
BROWSERS: dict[str, tuple[str, str, str, str, str]] = {
    "CHROMIUM_48": ("chrome-48", "Chrome", "48", "2016-01", "browser"),
    "CHROMIUM_69": ("chrome-70", "Chrome", "70", "2018-10", "browser"),
    "CHROMIUM_98": ("chrome-98", "Chrome", "98 to 107", "2022-02", "browser"),
    "CHROMIUM_131_0_6778_264": ("chrome-131", "Chrome", "131 to 140", "2024-11", "browser"),
    "CHROMIUM_141_0_7390_122": ("chrome-141", "Chrome", "141 to 149", "2025-10", "browser"),
    "CHROMIUM_152_0_7931_0": ("chrome-152", "Chrome", "152", "2026-08", "browser"),
    "FIREFOX_45": ("firefox-45", "Firefox", "45", "2016-03", "browser"),
    "FIREFOX_72": ("firefox-72", "Firefox", "72 to 107", "2020-01", "browser"),
    "FIREFOX_108": ("firefox-108", "Firefox", "108 to 118", "2022-12", "browser"),
    "FIREFOX_135": ("firefox-135", "Firefox", "135 to 150", "2025-02", "browser"),
    "FIREFOX_151": ("firefox-151", "Firefox", "151 to 152", "2026-05", "browser"),
    "OPERA_120_0_5543_201": ("opera-120", "Opera", "120 to 133", "2025-07", "browser"),
}
CURRENT = frozenset(
    {
        "chrome-141",
        "chrome-152",
        "firefox-135",
        "firefox-151",
        "safari-18.4",
        "safari-26.0.1",
        "ios-18.4",
        "chrome-android-131",
    }
)
"""What most people use today: a site that locks one of these out has visitors who see nothing."""

REFERENCE = CURRENT | {
    "safari-15.5",
    "safari-17.0",
    "ios-17.2",
    "edge-101",
    "chrome-98",
    "chrome-131",
    "firefox-72",
    "firefox-108",
    "opera-120",
    "tor-14.5",
    "chrome-android-99",
    "java-11",
    "java-17",
    "java-21",
    "java-25",
    "openssl-1.1.0",
    "openssl-3.0",
    "openssl-3.5",
    "openssl-4.0",
    "go-1.27",
    "windows-11",
    "curl-7.88",
    "python-3.11",
    "wget-gnutls",
    "node-16",
    "node-20",
    "android-11-okhttp",
    "rustls-0.23",
}
"""Modern clients: a good configuration gives each of them forward secrecy."""

_BELOW_13 = ("TLSv1.0", "TLSv1.1", "TLSv1.2")
_SHA1_SHA2 = tuple(code for high in (0x0600, 0x0500, 0x0400, 0x0300, 0x0200) for code in range(high + 1, high + 4))
_JAVA6 = (0x04, 0x05, 0x2F, 0x33, 0x32, 0x0A, 0x16, 0x13, 0x09, 0x15, 0x12, 0x03, 0x08, 0x14, 0x11)
_JAVA_CURVES = (0x17, 0x18, 0x19, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x16)
_JAVA_256 = (0xC024, 0xC028, 0x3D, 0xC026, 0xC02A, 0x6B, 0x6A, 0xC00A, 0xC014, 0x35, 0xC005, 0xC00F, 0x39, 0x38)
_JAVA_128 = (0xC023, 0xC027, 0x3C, 0xC025, 0xC029, 0x67, 0x40, 0xC009, 0xC013, 0x2F, 0xC004, 0xC00E, 0x33, 0x32)
_JAVA_GCM = (0xC02C, 0xC02B, 0xC030, 0x9D, 0xC02E, 0xC032, 0x9F, 0xA3, 0xC02F, 0x9C, 0xC02D, 0xC031, 0x9E, 0xA2)
_TLS_SCANNER = "TLS-Scanner of 2025-07-10, extracted_client_configs"

# What vendors document, or projects publish: id, name, version, date, kind, source, licence, and the hello.
TABLES: tuple[dict[str, Any], ...] = (
    {
        "id": "ie-8-xp", "name": "Internet Explorer", "version": "8 on Windows XP", "date": "2009-03",
        "kind": "browser",
        "source": "Microsoft: Schannel cipher suites of Windows XP and Server 2003", "licence": "documented facts",
        "versions": ("SSLv3", "TLSv1.0"), "sni": False,
        "suites": (0x04, 0x05, 0x0A, 0x09, 0x64, 0x62, 0x03, 0x06, 0x13, 0x12, 0x63),
    },
    {
        "id": "ie-11-win7", "name": "Internet Explorer", "version": "11 on Windows 7", "date": "2015-05",
        "kind": "browser", "source": "Microsoft: TLS Cipher Suites in Windows 7 (update 3042058), without RC4",
        "licence": "documented facts", "versions": _BELOW_13, "groups": (0x17, 0x18),
        "schemes": (0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603),
        "suites": (0xC028, 0xC027, 0xC014, 0xC013, 0x9F, 0x9E, 0x39, 0x33, 0x9D, 0x9C, 0x3D, 0x3C, 0x35, 0x2F, 0xC02C,
                   0xC02B, 0xC024, 0xC023, 0xC00A, 0xC009, 0x6A, 0x40, 0x38, 0x32, 0x0A, 0x13),
    },
    {
        "id": "windows-11", "name": "Windows 11 (Schannel, .NET)", "version": "21H2", "date": "2021-10",
        "kind": "library", "source": "Microsoft: TLS Cipher Suites in Windows 11", "licence": "documented facts",
        "versions": (*_BELOW_13, "TLSv1.3"), "groups": (0x1D, 0x17, 0x18), "key_shares": (0x1D,),
        "schemes": (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603),
        "suites": (0x1302, 0x1301, 0xC02C, 0xC02B, 0xC030, 0xC02F, 0x9F, 0x9E, 0xC024, 0xC023, 0xC028, 0xC027, 0xC00A,
                   0xC009, 0xC014, 0xC013, 0x9D, 0x9C, 0x3D, 0x3C, 0x35, 0x2F),
    },
    {
        "id": "java-6", "name": "Java", "version": "6", "date": "2006-12", "kind": "library",
        "source": "Oracle: JDK 6 Security Providers, SunJSSE", "licence": "documented facts",
        "versions": ("SSLv3", "TLSv1.0"), "sni": False, "suites": _JAVA6,
    },
    {
        "id": "java-7", "name": "Java", "version": "7", "date": "2011-07", "kind": "library",
        "source": "Oracle: JDK 7 Security Providers, SunJSSE", "licence": "documented facts",
        "versions": ("SSLv3", "TLSv1.0"), "groups": _JAVA_CURVES,
        "suites": (0xC009, 0xC013, 0x2F, 0xC004, 0xC00E, 0x33, 0x32, 0xC007, 0xC011, 0x05, 0xC002, 0xC00C, 0xC008,
                   0xC012, 0x0A, 0xC003, 0xC00D, 0x16, 0x13, 0x04),
    },
    {
        "id": "java-8", "name": "Java", "version": "8u161", "date": "2018-01", "kind": "library",
        "source": "Oracle: JDK 8 Security Providers, SunJSSE", "licence": "documented facts",
        "versions": _BELOW_13, "groups": _JAVA_CURVES,
        "schemes": (0x0603, 0x0601, 0x0503, 0x0501, 0x0403, 0x0401, 0x0402, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201,
                    0x0202),
        "suites": (*_JAVA_256, *_JAVA_128, *_JAVA_GCM, 0xC008, 0xC012, 0x0A, 0xC003, 0xC00D, 0x16, 0x13),
    },
    {
        "id": "java-11", "name": "Java", "version": "11", "date": "2018-09", "kind": "library",
        "source": "Oracle: JDK 11 Security Providers, SunJSSE", "licence": "documented facts",
        "versions": ("TLSv1.2", "TLSv1.3"), "groups": (*_JAVA_CURVES, *range(0x100, 0x105)), "key_shares": (0x17,),
        "schemes": (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601,
                    0x0402, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202),
        "suites": (0x1301, 0x1302, *_JAVA_GCM, *_JAVA_256, *_JAVA_128),
    },
    {
        "id": "openssl-0.9.8", "name": "OpenSSL", "version": "0.9.8zh", "date": "2015-12", "kind": "library",
        "source": _TLS_SCANNER, "licence": "Apache-2.0", "versions": ("SSLv3", "TLSv1.0"), "sni": False,
        "suites": (0x39, 0x38, 0x35, 0x16, 0x13, 0x0A, 0x33, 0x32, 0x2F, 0x07, 0x05, 0x04, 0x15, 0x12, 0x09),
    },
    {
        "id": "openssl-1.0.1", "name": "OpenSSL", "version": "1.0.1u", "date": "2016-09", "kind": "library",
        "source": _TLS_SCANNER, "licence": "Apache-2.0", "versions": _BELOW_13, "schemes": _SHA1_SHA2,
        "groups": (0x0E, 0x0D, 0x19, 0x0B, 0x0C, 0x18, 0x09, 0x0A, 0x16, 0x17, 0x08, 0x06, 0x07, 0x14, 0x15, 0x04, 0x05,
                   0x12, 0x13, 0x01, 0x02, 0x03, 0x0F, 0x10, 0x11),
        "suites": (0xC030, 0xC02C, 0xC028, 0xC024, 0xC014, 0xC00A, 0xA3, 0x9F, 0x6B, 0x6A, 0x39, 0x38, 0x88, 0x87,
                   0xC032, 0xC02E, 0xC02A, 0xC026, 0xC00F, 0xC005, 0x9D, 0x3D, 0x35, 0x84, 0xC02F, 0xC02B, 0xC027,
                   0xC023, 0xC013, 0xC009, 0xA2, 0x9E, 0x67, 0x40, 0x33, 0x32, 0x9A, 0x99, 0x45, 0x44, 0xC031, 0xC02D,
                   0xC029, 0xC025, 0xC00E, 0xC004, 0x9C, 0x3C, 0x2F, 0x96, 0x41, 0x07, 0xC011, 0xC007, 0xC00C, 0xC002,
                   0x05, 0x04, 0xC012, 0xC008, 0x16, 0x13, 0xC00D, 0xC003, 0x0A),
    },
    {
        "id": "openssl-1.1.0", "name": "OpenSSL", "version": "1.1.0i", "date": "2018-08", "kind": "library",
        "source": _TLS_SCANNER, "licence": "Apache-2.0", "versions": _BELOW_13, "schemes": _SHA1_SHA2,
        "groups": (0x1D, 0x17, 0x19, 0x18),
        "suites": (0xC02C, 0xC030, 0x9F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC02B, 0xC02F, 0x9E, 0xC024, 0xC028, 0x6B, 0xC023,
                   0xC027, 0x67, 0xC00A, 0xC014, 0x39, 0xC009, 0xC013, 0x33, 0x9D, 0x9C, 0x3D, 0x3C, 0x35, 0x2F),
    },
    {
        "id": "android-2.3", "name": "Android (platform)", "version": "2.3", "date": "2010-12", "kind": "mobile",
        "source": "Android Open Source Project: default suites of libcore, in the order of Java 6",
        "licence": "Apache-2.0", "versions": ("SSLv3", "TLSv1.0"), "sni": False, "suites": _JAVA6,
    },
    {
        "id": "android-11-okhttp", "name": "Android (OkHttp)", "version": "11", "date": "2020-09", "kind": "mobile",
        "source": "uTLS of 2025-07-21, HelloAndroid_11_OkHttp", "licence": "BSD-3-Clause",
        "versions": ("TLSv1.2",), "groups": (0x1D, 0x17, 0x18),
        "schemes": (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201),
        "suites": (0xC02B, 0xC02C, 0xCCA9, 0xC02F, 0xC030, 0xCCA8, 0xC013, 0xC014, 0x9C, 0x9D, 0x2F, 0x35),
    },
    {
        "id": "ios-12.1", "name": "Safari (iOS)", "version": "12.1", "date": "2018-10", "kind": "mobile",
        "source": "uTLS of 2025-07-21, HelloIOS_12_1", "licence": "BSD-3-Clause", "versions": _BELOW_13,
        "groups": (0x1D, 0x17, 0x18, 0x19), "alpn": ("h2", "http/1.1"),
        "schemes": (0x0403, 0x0804, 0x0401, 0x0503, 0x0203, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201),
        "suites": (0xC02C, 0xC02B, 0xC024, 0xC023, 0xC00A, 0xC009, 0xCCA9, 0xC030, 0xC02F, 0xC028, 0xC027, 0xC014,
                   0xC013, 0xCCA8, 0x9D, 0x9C, 0x3D, 0x3C, 0x35, 0x2F, 0xC008, 0xC012, 0x0A),
    },
    {
        "id": "rustls-0.23", "name": "rustls", "version": "0.23.27", "date": "2025-05", "kind": "library",
        "source": "rustls: default CryptoProvider (aws-lc-rs)", "licence": "Apache-2.0 OR ISC OR MIT",
        "versions": ("TLSv1.2", "TLSv1.3"), "groups": (0x11EC, 0x1D, 0x17, 0x18), "key_shares": (0x11EC, 0x1D),
        "schemes": (0x0503, 0x0403, 0x0603, 0x0807, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401),
        "suites": (0x1302, 0x1301, 0x1303, 0xC02C, 0xC02B, 0xCCA9, 0xC030, 0xC02F, 0xCCA8),
    },
)  # fmt: skip

# Bits of finite-field Diffie-Hellman primes that a client takes: at least, at most. Java before 8 knows nothing above
# 1024, Java 8 to 10 up to 2048 and later 8192; browsers and OpenSSL refuse short ones since Logjam.
_LIMITS: tuple[tuple[str, int, int | None], ...] = (
    ("java-6", 0, 1024),
    ("java-7", 0, 1024),
    ("java-", 1024, 8192),
    ("firefox-", 1023, None),
    ("chrome-", 1024, None),
    ("node-0.10", 0, None),
    ("node-", 1024, None),
    ("openssl-0.9.8", 0, None),
    ("openssl-1.0.1", 768, None),
    ("openssl-1.1.0", 1024, None),
    ("openssl-", 2048, None),
    ("curl-", 2048, None),
    ("python-", 2048, None),
    ("wget-", 1008, None),
    ("ie-11", 1024, 4096),
    ("windows-", 1024, 4096),
    ("edge-", 1024, None),
    ("opera-", 1024, None),
    ("tor-", 1023, None),
)

_NO_SHA1 = frozenset({"openssl-3.0", "curl-7.88", "python-3.11"})
"""Offers TLS 1.0 and 1.1, and then refuses the SHA-1 in the signature over the key exchange (measured)."""


def main() -> None:
    """Writes the data file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=pathlib.Path, help="the wheel of cryptodatahub")
    wheel = parser.parse_args().wheel
    rows = [*_recorded(), *_browsers(wheel), *(_tabled(row) for row in TABLES)]
    document = {
        "about": "What named clients put into their ClientHello. Built by tools/write_clients.py; see NOTICE.",
        "built": "2026-11-21",
        "clients": sorted((_finished(row) for row in rows), key=lambda row: (row["kind"], row["name"], row["date"])),
    }
    OUTPUT.write_text(
        json.dumps(document, indent=None, separators=(",", ":"), ensure_ascii=True).replace('{"id"', '\n{"id"') + "\n"
    )
    print(f"{len(rows)} clients, {OUTPUT.stat().st_size} bytes")


def _recorded() -> list[dict[str, Any]]:
    kept = json.loads(HELLOS.read_text("utf-8"))["hellos"]
    rows = []
    for key, (name, version, date, kind) in RECORDED.items():
        one = kept[key]
        row = {"id": key, "name": name, "version": version, "date": date, "kind": kind}
        row["source"] = f"recorded on {one['recorded']} from {one['sent_by']}"
        row["licence"] = "recorded by the authors"
        rows.append(row | read_hello(base64.b64decode(one["hello"])))
    return rows


def read_hello(record: bytes) -> dict[str, Any]:
    """The choices in a record with one ClientHello (RFC 8446 section 4.1.2), GREASE left out."""
    octets = Octets(record[9:])
    legacy = octets.number(2)
    octets.take(32)
    octets.vector(1)
    suites = read_codes(octets.vector(2), "cipher_suites")
    octets.vector(1)
    extensions = ext.read_extensions(octets.vector(2), "ClientHello") if octets.left else {}

    def listed(code: int, size: int = 2) -> list[int]:
        if code not in extensions:
            return []
        return [one for one in read_codes(Octets(extensions[code]).vector(size), "extension") if not _grease(one)]

    versions = listed(ExtensionType.SUPPORTED_VERSIONS, 1)
    shares: list[int] = []
    if ExtensionType.KEY_SHARE in extensions:
        entries = Octets(Octets(extensions[ExtensionType.KEY_SHARE]).vector(2))
        while entries.left:
            shares.append(entries.number(2))
            entries.vector(2)
    alpn: list[str] = []
    if ExtensionType.ALPN in extensions:
        names = Octets(Octets(extensions[ExtensionType.ALPN]).vector(2))
        while names.left:
            alpn.append(names.vector(1).decode("ascii"))
    # Below TLS 1.3 a hello names its highest version only; what these clients took besides is in their documents.
    return {
        "versions": [VERSIONS[one] for one in sorted(versions)] if versions else list(_BELOW_13[: legacy - 0x0300]),
        "suites": [one for one in suites if one not in SCSV and not _grease(one)],
        "groups": listed(ExtensionType.SUPPORTED_GROUPS),
        "key_shares": [one for one in shares if not _grease(one)],
        "schemes": listed(ExtensionType.SIGNATURE_ALGORITHMS),
        "alpn": alpn,
        "sni": ExtensionType.SERVER_NAME in extensions,
    }


def _grease(code: int) -> bool:
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


def _browsers(wheel: pathlib.Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(wheel) as archive:

        def load(name: str) -> dict[str, Any]:
            found: dict[str, Any] = json.loads(archive.read(f"cryptodatahub/tls/{name}.json"))
            return found

        clients = load("client")
        suites = {key: one["code"] for key, one in load("cipher-suite").items()}
        groups = {key: one["code"] for key, one in load("named-curve").items()}
        schemes = {key: one["code"] for key, one in load("hash-and-signature-algorithm").items()}
    rows = []
    for key, (identity, name, version, date, kind) in BROWSERS.items():
        can = clients[key]["capabilities"]
        more = can["extension_params"]
        rows.append({
            "id": identity, "name": name, "version": version, "date": date, "kind": kind,
            "source": f"cryptodatahub 1.6.1, tls/client.json, {key}", "licence": "MPL-2.0",
            "versions": [TITLES[one] for one in can["tls_versions"]],
            "suites": [suites[one] for one in can["cipher_suites"]],
            "groups": [groups[one] for one in more.get("supported_groups", ())],
            "key_shares": [groups[one] for one in more.get("key_share", ())],
            "schemes": [schemes[one] for one in more.get("signature_algorithms", ())],
            "alpn": [one.lower().replace("http_1_1", "http/1.1").replace("spdy_3_1", "spdy/3.1")
                     for one in more.get("application_layer_protocol_negotiation", ())],
            "sni": True,
        })  # fmt: skip
    return rows


def _tabled(row: dict[str, Any]) -> dict[str, Any]:
    return {"groups": (), "key_shares": (), "schemes": (), "alpn": (), "sni": True} | row


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    identity = row["id"]
    least, most = next(((low, high) for start, low, high in _LIMITS if identity.startswith(start)), (0, None))
    return {
        "id": identity,
        **{key: row[key] for key in ("name", "version", "date", "kind", "source", "licence")},
        "current": identity in CURRENT,
        "reference": identity in REFERENCE,
        "versions": list(row["versions"]),
        **{
            key: [f"{one:04X}" for one in dict.fromkeys(row[key])]
            for key in ("suites", "groups", "key_shares", "schemes")
        },
        "alpn": list(row["alpn"]),
        "sni": row["sni"],
        "sha1_handshakes": identity not in _NO_SHA1,
        "dh_bits_min": least,
        "dh_bits_max": most,
    }


if __name__ == "__main__":
    main()
