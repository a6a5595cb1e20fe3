"""Code points and names: cipher suites, groups, signature schemes. Reads the package's data file, once.

The data is built by `tools/build_tls_registry.py`, which names its source; nothing here decides anything.
"""

import dataclasses
import functools
import importlib.resources
import json
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The registries, each from code to name. Suites are in the order in which they are worth offering.

    `suites` are those of SSLv3 to TLS 1.2, `suites_tls13` and `suites_sslv2` (three-byte codes) the others.
    """

    source: str
    built: str
    suites: Mapping[int, str]
    suites_tls13: Mapping[int, str]
    suites_sslv2: Mapping[int, str]
    groups: Mapping[int, str]
    signature_schemes: Mapping[int, str]


@functools.cache
def registry() -> Registry:
    """The registries of this installation."""
    text = importlib.resources.files("scanner.wire").joinpath("data/tls-registry.json").read_text(encoding="utf-8")
    document = json.loads(text)

    def table(key: str) -> dict[int, str]:
        return {int(code, 16): name for code, name in document[key]}

    return Registry(
        source=f"{document['source']} {document['source_version']}",
        built=document["built"],
        suites=table("suites"),
        suites_tls13=table("suites_tls13"),
        suites_sslv2=table("suites_sslv2"),
        groups=table("groups"),
        signature_schemes=table("signature_schemes"),
    )


def suite_name(code: int) -> str:
    """IANA's name of a TLS or SSLv3 suite; `TLS_UNKNOWN_XXXX` where no registry has it."""
    known = registry()
    return known.suites.get(code) or known.suites_tls13.get(code) or f"TLS_UNKNOWN_{code:04X}"


def group_name(code: int) -> str:
    """IANA's name of a group; `unknown-XXXX` where no registry has it."""
    return registry().groups.get(code) or f"unknown-{code:04X}"


def signature_name(code: int) -> str:
    """IANA's name of a signature scheme; `unknown-XXXX` where no registry has it."""
    return registry().signature_schemes.get(code) or f"unknown-{code:04X}"
