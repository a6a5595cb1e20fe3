"""Facts of `tls_suites`: one row a protocol version."""

import dataclasses
import itertools

from reports.facts.reading import as_dict, as_list, as_text, at, plural

_ORDERS = {
    "server": "the server's order decides",
    "client": "the client's order decides",
    "server-chacha": "the server's order decides, ChaCha20 first for clients that prefer it",
}

_GROUPS = {
    "0017": "secp256r1",
    "0018": "secp384r1",
    "0019": "secp521r1",
    "001D": "x25519",
    "001E": "x448",
    "0100": "ffdhe2048",
    "0101": "ffdhe3072",
    "0102": "ffdhe4096",
    "11EB": "SecP256r1MLKEM768",
    "11EC": "X25519MLKEM768",
    "11ED": "SecP384r1MLKEM1024",
}
"""Names of the groups in common use (IANA TLS Supported Groups, 2026-11); others are shown by their code."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRow:
    """One suite: IANA code and name, and what else was seen of its key exchange."""

    code: str
    name: str
    exchange: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRow:
    """One version. `supported` is `yes`, `no` or `unknown`; `order` says whose preference counts.

    `like` names an earlier version with the very same suites.
    """

    name: str
    supported: str
    suites: tuple[SuiteRow, ...]
    order: str
    reason: str
    like: str = ""

    @property
    def brief(self) -> str:
        """`yes, 3 suites`."""
        return f"{self.supported}, {plural(len(self.suites), 'suite')}" if self.suites else self.supported


def protocols(evidence: object) -> tuple[ProtocolRow, ...]:
    """The rows, in the order of the document."""
    found: list[ProtocolRow] = []
    for name, support in as_dict(at(evidence, "protocols")).items():
        suites = tuple(_suite(one) for one in as_list(at(support, "suites")))
        found.append(
            ProtocolRow(
                name=name,
                supported=as_text(at(support, "supported")) or "unknown",
                suites=suites,
                order=_ORDERS.get(as_text(at(support, "preference")), ""),
                reason=as_text(at(support, "reason")),
                like=next((one.name for one in found if suites and one.suites == suites), ""),
            )
        )
    return tuple(found)


def protocol_lines(evidence: object) -> tuple[tuple[str, str], ...]:
    """A label and a line for each run of versions of which the same is to be said: `SSLv2 to TLSv1.1`, `no`."""
    said = [(row.name, "; ".join(filter(None, (row.brief, _known(row))))) for row in protocols(evidence)]
    runs = [(line, [name for name, _ in run]) for line, run in itertools.groupby(said, key=lambda pair: pair[1])]
    return tuple((f"{names[0]} to {names[-1]}" if len(names) > 1 else names[0], line) for line, names in runs)


def _known(row: ProtocolRow) -> str:
    if row.supported == "unknown":
        return row.reason
    return row.order if len(row.suites) > 1 else ""


def _suite(suite: object) -> SuiteRow:
    bits, group = as_text(at(suite, "dh_bits")), as_text(at(suite, "group"))
    exchange = f"DH {bits} bits" if bits else _GROUPS.get(group, f"group {group}") if group else ""
    return SuiteRow(code=as_text(at(suite, "code")), name=as_text(at(suite, "name")), exchange=exchange)
