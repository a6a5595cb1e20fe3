"""Facts of `tls_groups`, `tls_features` and `tls_flaws` as tables."""

from collections.abc import Iterator, Mapping

from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word
from reports.facts.tree import short

_POST_QUANTUM = {
    "offered": "Post-quantum key exchange: offered",
    "not-offered": "Post-quantum key exchange: not offered",
    "unknown": "Post-quantum key exchange: could not be told",
}
_ORDERS = {
    "server": "the server's",
    "client": "the client's",
    "server-chacha": "the server's",
    "unknown": "could not be told",
}
_STATES = {"yes": "yes", "no": "no", "unknown": "unknown", "not-applicable": "not applicable"}

_FLAWS = {
    "heartbleed": "Heartbleed",
    "ccs_injection": "CCS injection",
    "ticketbleed": "Ticketbleed",
    "insecure_renegotiation": "Insecure renegotiation",
    "client_renegotiation": "Renegotiation begun by the client",
    "crime": "CRIME (TLS compression)",
    "key_reuse": "Ephemeral keys used again",
    "robot": "ROBOT",
    "padding_oracle": "CBC padding oracle",
    "raccoon": "Raccoon",
    "poodle": "POODLE",
    "sweet32": "SWEET32",
    "freak": "FREAK",
    "logjam": "Logjam",
    "drown": "DROWN",
    "rc4": "RC4",
    "beast": "BEAST",
    "lucky13": "Lucky 13",
    "export": "Export suites",
    "null": "NULL suites",
    "anonymous": "Anonymous suites",
    "alpaca": "ALPACA",
    "opossum": "Opossum",
    "winshock": "Winshock",
    "dheat": "DHEat",
    "http2_forbidden_suites": "Suites that HTTP/2 forbids",
}
"""Names under which flaws are known, by their keys in the evidence."""

_FEATURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Resumption by session id", ("resumption", "session_id")),
    ("Resumption by ticket", ("resumption", "ticket")),
    ("Resumption in TLS 1.3 (PSK)", ("resumption", "psk")),
    ("Early data (0-RTT)", ("resumption", "early_data")),
    ("Renegotiation begun by the client", ("renegotiation", "client_initiated")),
    ("Renegotiation without RFC 5746", ("renegotiation", "insecure")),
    ("Client certificate requested", ("client_certificate", "requested")),
    ("Client certificate required", ("client_certificate", "required")),
    ("TLS_FALLBACK_SCSV", ("fallback_scsv",)),
    ("Takes GREASE", ("tolerance", "grease")),
    ("Takes versions it does not know", ("tolerance", "unknown_version")),
    ("Takes extensions it does not know", ("tolerance", "unknown_extension")),
    ("Takes long hellos", ("tolerance", "long_hello")),
    ("Takes an unknown application protocol", ("alpn", "unknown_accepted")),
)
_HELLO = {
    "extended_master_secret": "Extended master secret",
    "encrypt_then_mac": "Encrypt-then-MAC",
    "secure_renegotiation": "Secure renegotiation",
    "session_ticket": "Session ticket",
    "session_id": "Session id",
    "heartbeat": "Heartbeat",
    "record_size_limit": "Record size limit",
    "max_fragment_length": "Maximum fragment length",
    "certificate_compression": "Certificate compression",
    "server_name_acknowledged": "Server name acknowledged",
    "downgrade_sentinel": "Downgrade sentinel",
    "compression": "Compression",
}


def group_sheets(evidence: object) -> Iterator[Sheet]:
    """The groups by version, whether any of them withstands quantum computers, and the primes."""
    rows = []
    for version in ("TLSv1.3", "TLSv1.2"):
        side = at(evidence, version)
        groups = ", ".join(as_text(at(one, "name")) for one in as_list(at(side, "groups")))
        beside = ", ".join(as_text(at(one, "name")) for one in as_list(at(side, "beside_certificate_curve")))
        if beside:
            groups += f"{'; ' if groups else ''}only beside the certificate's curve: {beside}"
        order = word(_ORDERS, at(side, "preference")) if groups else ""
        label = as_text(at(side, "protocol")) or version
        rows.append((label, as_text(at(side, "supported")), groups, order, as_text(at(side, "reason"))))
    yield make_sheet(
        word(_POST_QUANTUM, at(evidence, "post_quantum")), ("Version", "Spoken", "Groups", "Order", "Reason"), rows
    )
    primes = as_list(at(evidence, "dh"))
    if primes:
        yield make_sheet(
            "Primes of finite-field Diffie-Hellman",
            ("Bits", "Known as", "Safe prime", "Used by many", "SHA-256 of the prime"),
            (cells(one, "bits", "name", "safe", "shared", "prime_sha256") for one in primes),
        )


def feature_sheets(evidence: object) -> Iterator[Sheet]:
    """What handshakes can do: by version, then what belongs to none of them."""
    versions = as_dict(at(evidence, "versions"))
    names = [name for name in _HELLO if any(at(one, name, "answer") != "unknown" for one in versions.values())]
    if versions:
        yield make_sheet(
            "What the server's hellos show",
            ("", *versions),
            ((_HELLO[name], *(as_text(at(one, name, "answer")) for one in versions.values())) for name in names),
        )
    yield make_sheet(
        "Handshakes",
        ("Feature", "Answer", "How that is known"),
        (
            (label, as_text(at(feature, "answer")), as_text(at(feature, "reason")))
            for label, feature in ((label, at(evidence, *keys)) for label, keys in _FEATURES)
            if isinstance(feature, dict)
        ),
    )
    yield from _names(evidence)
    signatures = as_list(at(evidence, "signatures"))
    if signatures:
        yield make_sheet(
            "Signatures in handshakes",
            ("Version", "Schemes"),
            ((as_text(at(one, "protocol")), listed(at(one, "names"))) for one in signatures),
        )


def _names(evidence: object) -> Iterator[Sheet]:
    """Which certificate comes for which name, and the application protocols."""
    sni = at(evidence, "sni")
    if isinstance(sni, dict):
        ways = (("right", "the scanned name"), ("none", "no name"), ("wrong", "a name that it cannot have"))
        yield make_sheet(
            "Certificates by name asked for",
            ("Asked with", "Served", "Names in the certificate", "Reason"),
            (
                (words, *cells(at(sni, key), "answer"), listed(at(sni, key, "names")), as_text(at(sni, key, "reason")))
                for key, words in ways
            ),
        )
    protocols = listed(at(evidence, "alpn", "protocols"))
    if protocols:
        yield Sheet(title=short(f"Application protocols (ALPN): {protocols}"), columns=(), rows=())


def flaw_sheets(evidence: object) -> Iterator[Sheet]:
    """Flaws that were asked for on the wire, then conditions of attacks that follow from what is accepted."""
    flaws = {key: one for key, one in as_dict(evidence).items() if isinstance(one, dict) and "state" in one}
    asked = {key: one for key, one in flaws.items() if not at(one, "condition")}
    yield _flaws("Flaws", asked)
    conditions = {key: one for key, one in flaws.items() if at(one, "condition")}
    if conditions:
        yield _flaws("Conditions of known attacks", conditions)


def _flaws(title: str, flaws: Mapping[str, object]) -> Sheet:
    rows = [
        (word(_FLAWS, key), word(_STATES, at(one, "state")), as_text(at(one, "proof")) or as_text(at(one, "reason")))
        for key, one in flaws.items()
    ]
    found = sum(at(one, "state") == "yes" for one in flaws.values())
    return make_sheet(f"{title}: {found or 'none'} found", ("Name", "Present", "How that is known"), rows)
