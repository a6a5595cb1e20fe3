"""Builds `scanner/wire/data/dh-primes.json`: the Diffie-Hellman primes that many servers have, by their SHA-256.

    pip download --no-deps cryptodatahub==1.6.1
    python tools/build_dh_primes.py cryptodatahub-1.6.1-py3-none-any.whl

Taken from cryptodatahub (MPL-2.0) are facts only: which number is known from which document or server. The names are
ours; whether a prime is safe is computed here, which takes some minutes.
"""

import argparse
import json
import pathlib
import re
import zipfile

from scanner.wire.dh_primes import is_safe_prime, prime_sha256

OUTPUT = pathlib.Path(__file__).parent.parent / "scanner" / "wire" / "data" / "dh-primes.json"
SOURCE_FILE = "cryptodatahub/common/dhparam-well-known.json"

PRODUCTS = {
    "APACHE": "Apache httpd",
    "HAPROXY": "HAProxy",
    "NGINX": "nginx",
    "POSTFIX": "Postfix",
    "PROFTPD": "ProFTPD",
    "SOCAT": "socat",
}
_DER_SEQUENCE, _DER_INTEGER = 0x30, 0x02


def name_of(key: str, bits: int) -> str:
    """Our name of an entry: `ffdhe2048`, `modp2048 (RFC 3526)`, `nginx 0.7.2 (built in)`."""
    if key.startswith("APPLICATION_SERVER_"):
        found = re.fullmatch(r"APPLICATION_SERVER_([A-Z]+)_VERSION_([0-9_]+)_BIT_[0-9]+", key)
        assert found is not None, key
        return f"{PRODUCTS[found[1]]} {found[2].replace('_', '.')} (built in)"
    if key.startswith("RFC7919"):
        return f"ffdhe{bits}"
    if key.startswith("RFC2539"):
        return f"modp{bits} (RFC 2409)"
    order = re.search(r"WITH_([0-9]+)_BIT_PRIME_ORDER", key)
    return f"modp{bits}{'' if order is None else '-' + order[1]} (RFC {key[3:7]})"


def integer(lines: list[str]) -> int:
    """The prime of an entry: hexadecimal digits, bare, or as DER of DHParameter or of its INTEGER."""
    raw = bytes.fromhex("".join(re.findall(r"[0-9A-Fa-f]{2}", " ".join(lines).replace("0x", ""))))
    while raw[0] in {_DER_SEQUENCE, _DER_INTEGER} and _der_length(raw) is not None:
        kind, (start, end) = raw[0], _der_length(raw) or (0, 0)
        raw = raw[start:end]
        if kind == _DER_INTEGER:
            break
    return int.from_bytes(raw, "big")


def _der_length(raw: bytes) -> tuple[int, int] | None:
    """Where the content of a DER element begins and ends; None for what is none."""
    size = raw[1] & 0x7F if raw[1] & 0x80 else 0
    length = int.from_bytes(raw[2 : 2 + size], "big") if size else raw[1]
    start = 2 + size
    return (start, start + length) if size <= 2 and start < start + length <= len(raw) else None


def main() -> None:
    """Writes the data file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=pathlib.Path)
    wheel: pathlib.Path = parser.parse_args().wheel
    with zipfile.ZipFile(wheel) as archive:
        entries = json.loads(archive.read(SOURCE_FILE))
    rows = []
    for key, entry in entries.items():
        prime, bits = integer(entry["parameter_numbers"]["p"]), entry["field_size"]
        if abs(prime.bit_length() - bits) > 1:
            raise ValueError(f"{key}: {prime.bit_length()} bits instead of {bits}")
        rows.append([prime_sha256(prime), name_of(key, bits), prime.bit_length(), is_safe_prime(prime)])
    head = {
        "source": "numbers from cryptodatahub (MPL-2.0), with names of tools/build_dh_primes.py",
        "source_version": wheel.name.split("-")[1],
    }
    listed = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    text = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    OUTPUT.write_text(f'{{\n{text},\n "primes": [\n{listed}\n ]\n}}\n', encoding="utf-8")
    print(len(rows), "primes")


if __name__ == "__main__":
    main()
