"""The known clients: what each puts into its ClientHello, and which answers it refuses.

Rule of the room: data, no decision. `tools/write_clients.py` writes the data file; each row names its source, licence
and date.
"""

import dataclasses
import functools
import importlib.resources
import json
from typing import Any

DATA = "data/clients.json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClientProfile:
    """One client. Codes are upper-case hexadecimal, four digits, in the order of the hello, without GREASE.

    `versions` are protocol names, oldest first. `groups` and `schemes` are empty where it sends no such extension,
    `key_shares` are the groups for which a share is sent at once. `sni` says whether it names the host.
    `dh_bits_min` and `dh_bits_max` bound the finite-field primes that it takes. `sha1_handshakes` False: it offers
    versions before TLS 1.2, but refuses the SHA-1 in their signatures. `current` and `reference` as in `ClientResult`.
    """

    id: str
    name: str
    version: str
    date: str
    kind: str
    source: str
    licence: str
    current: bool
    reference: bool
    versions: tuple[str, ...]
    suites: tuple[str, ...]
    groups: tuple[str, ...] = ()
    key_shares: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    sni: bool = True
    sha1_handshakes: bool = True
    dh_bits_min: int = 0
    dh_bits_max: int | None = None


@functools.cache
def client_profiles() -> tuple[ClientProfile, ...]:
    """All clients of this installation, by kind, name and date."""
    document = json.loads(importlib.resources.files("scanner.derive").joinpath(DATA).read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = document["clients"]
    return tuple(ClientProfile(**_frozen(row)) for row in rows)


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
