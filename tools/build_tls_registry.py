"""Builds `scanner/wire/data/tls-registry.json`: code points and names of suites, groups and signature schemes.

    pip download --no-deps cryptodatahub==1.6.1
    python tools/build_tls_registry.py cryptodatahub-1.6.1-py3-none-any.whl

Code points and names are facts; nothing else is taken from cryptodatahub (MPL-2.0). The tables below add what that
release lacks, and put the suites that are seen in the field first.
"""

import argparse
import datetime
import json
import pathlib
import zipfile
from typing import Any

from scanner.model.suite_traits import SuiteTraits, traits

OUTPUT = pathlib.Path(__file__).parent.parent / "scanner" / "wire" / "data" / "tls-registry.json"

# What the release lacks, by the document that registers it.
MORE_SUITES = {
    0xC0B0: "TLS_ECCPWD_WITH_AES_128_GCM_SHA256",  # RFC 8492
    0xC0B1: "TLS_ECCPWD_WITH_AES_256_GCM_SHA384",
    0xC0B2: "TLS_ECCPWD_WITH_AES_128_CCM_SHA256",
    0xC0B3: "TLS_ECCPWD_WITH_AES_256_CCM_SHA384",
}
MORE_SUITES_13 = {
    0xC0B4: "TLS_SHA256_SHA256",  # RFC 9150
    0xC0B5: "TLS_SHA384_SHA384",
    0x1306: "TLS_AEGIS_256_SHA512",  # draft-irtf-cfrg-aegis-aead
    0x1307: "TLS_AEGIS_128L_SHA256",
}
# RFC 6655 spells these two differently from their siblings, and so does the registry.
RENAMED_SUITES = {0xC0AA: "TLS_PSK_DHE_WITH_AES_128_CCM_8", 0xC0AB: "TLS_PSK_DHE_WITH_AES_256_CCM_8"}
MORE_SSL2 = {0x080080: "SSL_CK_RC4_64_WITH_MD5"}

GROUP_NAMES = {
    0x001F: "brainpoolP256r1tls13",  # RFC 8734
    0x0020: "brainpoolP384r1tls13",
    0x0021: "brainpoolP512r1tls13",
    0x001A: "brainpoolP256r1",
    0x001B: "brainpoolP384r1",
    0x001C: "brainpoolP512r1",
    0x0022: "GC256A",
    0x0023: "GC256B",
    0x0024: "GC256C",
    0x0025: "GC256D",
    0x0026: "GC512A",
    0x0027: "GC512B",
    0x0028: "GC512C",
    0x0029: "curveSM2",
    0x0200: "MLKEM512",
    0x0201: "MLKEM768",
    0x0202: "MLKEM1024",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
    0x11EE: "curveSM2MLKEM768",
    0x4138: "CECPQ2",
    0x6399: "X25519Kyber768Draft00",
    0x639A: "SecP256r1Kyber768Draft00",
    0xFE31: "X25519Kyber768Draft00-old",
    0xFF01: "arbitrary_explicit_prime_curves",
    0xFF02: "arbitrary_explicit_char2_curves",
}
SCHEME_NAMES = {
    0x0101: "rsa_pkcs1_md5",
    0x0201: "rsa_pkcs1_sha1",
    0x0202: "dsa_sha1",
    0x0203: "ecdsa_sha1",
    0x0301: "rsa_pkcs1_sha224",
    0x0401: "rsa_pkcs1_sha256",
    0x0403: "ecdsa_secp256r1_sha256",
    0x0420: "rsa_pkcs1_sha256_legacy",  # RFC 9963
    0x0501: "rsa_pkcs1_sha384",
    0x0503: "ecdsa_secp384r1_sha384",
    0x0520: "rsa_pkcs1_sha384_legacy",
    0x0601: "rsa_pkcs1_sha512",
    0x0603: "ecdsa_secp521r1_sha512",
    0x0620: "rsa_pkcs1_sha512_legacy",
    0x0704: "eccsi_sha256",
    0x0705: "iso_ibs1",
    0x0706: "iso_ibs2",
    0x0707: "iso_chinese_ibs",
    0x0708: "sm2sig_sm3",
    0x0709: "gostr34102012_256a",
    0x070A: "gostr34102012_256b",
    0x070B: "gostr34102012_256c",
    0x070C: "gostr34102012_256d",
    0x070D: "gostr34102012_512a",
    0x070E: "gostr34102012_512b",
    0x070F: "gostr34102012_512c",
    0x081A: "ecdsa_brainpoolP256r1tls13_sha256",
    0x081B: "ecdsa_brainpoolP384r1tls13_sha384",
    0x081C: "ecdsa_brainpoolP512r1tls13_sha512",
    0x0904: "mldsa44",
    0x0905: "mldsa65",
    0x0906: "mldsa87",
    0x4040: "gostr34102012_256_intrinsic",
    0x4141: "gostr34102012_512_intrinsic",
}

# Lower goes out sooner. The first 120 of a pool must hold all that is seen in the field and every DHE suite that needs
# no PSK: those are then offered both with and without ffdhe groups (see probes/tls_suites.py).
_EXCHANGE_RANK = {"ECDHE": 0, "RSA": 2, "DHE": 1}
_AUTH_RANK = {"RSA": 0, "ECDSA": 0, "DSS": 3, "anonymous": 4}
_CIPHER_RANK = {"AES_128": 0, "AES_256": 1, "CHACHA20": 2, "3DES": 3, "RC4_128": 4}
_MODE_RANK = {"GCM": 0, "POLY1305": 0, "CBC": 1, "STREAM": 2, "CCM": 3, "CCM_8": 4}
_COMMON_CIPHERS = frozenset(
    {"AES_128", "AES_256", "CHACHA20", "3DES", "RC4_128", "CAMELLIA_128", "CAMELLIA_256", "SEED", "IDEA", "DES", "NULL"}
)


def _tier(suite: SuiteTraits, name: str, code: int) -> int:
    """0 for what the field has, 1 for every other DHE, then what is ever rarer."""
    known_exchange = suite.key_exchange in _EXCHANGE_RANK and suite.authentication in _AUTH_RANK
    odd = name.startswith("OLD_") or code >= 0xE000 or suite.authentication == "SM2"
    if known_exchange and not odd:
        rare_cipher = suite.cipher not in _COMMON_CIPHERS or (
            suite.cipher.startswith("CAMELLIA") and (suite.mode == "GCM" or suite.authentication == "ECDSA")
        )
        if suite.key_exchange == "DHE":
            return 1 if rare_cipher or suite.authentication != "RSA" else 0
        return 0 if not rare_cipher and not suite.anonymous else 2
    return 3 if not odd else 4


def _rank(code: int, name: str) -> tuple[int, ...]:
    suite = traits(name)
    return (
        _tier(suite, name, code),
        0 if suite.aead else 1,
        _EXCHANGE_RANK.get(suite.key_exchange, 9),
        _AUTH_RANK.get(suite.authentication, 9),
        _CIPHER_RANK.get(suite.cipher, 9),
        _MODE_RANK.get(suite.mode, 9),
        code,
    )


def _table(archive: zipfile.ZipFile, name: str) -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads(archive.read(f"cryptodatahub/tls/{name}.json"))
    return loaded


def _sorted_by_code(names: dict[int, str]) -> list[list[str]]:
    return [[f"{code:04X}", name] for code, name in sorted(names.items())]


def build(wheel: pathlib.Path) -> dict[str, Any]:
    """The registry document from a wheel of cryptodatahub."""
    with zipfile.ZipFile(wheel) as archive:
        suites_in = _table(archive, "cipher-suite")
        ssl2_in = _table(archive, "cipher-kind")
        groups_in = _table(archive, "named-curve")
        schemes_in = _table(archive, "hash-and-signature-algorithm")
    suites = {row["code"]: row["iana_name"] or key for key, row in suites_in.items()} | RENAMED_SUITES
    modern = {
        row["code"]: suites[row["code"]] for row in suites_in.values() if row["initial_version"].startswith("TLS1_3")
    } | MORE_SUITES_13
    classic = {code: name for code, name in (suites | MORE_SUITES).items() if code not in modern}
    ssl2 = {row["code"]: row["iana_name"] or key for key, row in ssl2_in.items()} | MORE_SSL2
    return {
        "source": "code points and names from cryptodatahub, with the additions of tools/build_tls_registry.py",
        "source_version": wheel.name.split("-")[1],
        "built": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "suites": [
            [f"{code:04X}", classic[code]] for code in sorted(classic, key=lambda one: _rank(one, classic[one]))
        ],
        "suites_tls13": _sorted_by_code(modern),
        "suites_sslv2": [[f"{code:06X}", name] for code, name in sorted(ssl2.items())],
        "groups": _sorted_by_code({row["code"]: key.lower() for key, row in groups_in.items()} | GROUP_NAMES),
        "signature_schemes": _sorted_by_code(
            {row["code"]: key.lower() for key, row in schemes_in.items()} | SCHEME_NAMES
        ),
    }


def main() -> None:
    """Writes the data file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=pathlib.Path)
    document = build(parser.parse_args().wheel)
    rows = ",\n".join(
        f' "{key}": '
        + (
            json.dumps(value)
            if isinstance(value, str)
            else "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in value) + "\n ]"
        )
        for key, value in document.items()
    )
    OUTPUT.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
    print({key: len(value) for key, value in document.items() if isinstance(value, list)})


if __name__ == "__main__":
    main()
