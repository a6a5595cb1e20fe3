"""Facts of the TLS topics as tables; protocols and suites have one of their own in `protocols.py`."""

from collections.abc import Iterator, Mapping

from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word
from reports.facts.tls_words import FLAWS, POST_QUANTUM, feature_answer
from reports.facts.tree import short
from reports.wording import capital

_ORDERS = {
    "server": "the server's",
    "client": "the client's",
    "server-chacha": "the server's, ChaCha20 first for clients that prefer it",
    "unknown": "could not be told",
}
_STATES = {"yes": "yes", "no": "no", "unknown": "unknown", "not-applicable": "not applicable"}

_FEATURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Resumption by session id", ("resumption", "session_id")),
    ("Resumption by ticket", ("resumption", "ticket")),
    ("Resumption in TLS 1.3 (PSK)", ("resumption", "psk")),
    ("Early data (0-RTT)", ("resumption", "early_data")),
    ("Resumption in TLS 1.3 without a new key exchange", ("resumption", "psk_without_dhe")),
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


def suite_sheets(evidence: object) -> Iterator[Sheet]:
    """Beside the table of protocols: whose listing it is, and repeats that were answered differently."""
    place = as_text(at(evidence, "compared_with"))
    if place:
        yield Sheet(title=short(f"As at {place}, which was listed in full"), columns=(), rows=())
    disagreements = as_list(at(evidence, "disagreements"))
    if disagreements:
        yield make_sheet(
            "The same hello, answered differently",
            ("Version", "Hello", "Answered with a suite", "Answers"),
            (
                (
                    *cells(one, "protocol", "offer"),
                    " of ".join(cells(one, "accepted", "asked")),
                    listed(at(one, "answers")),
                )
                for one in disagreements
            ),
        )


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
        capital(word(POST_QUANTUM, at(evidence, "post_quantum"))),
        ("Version", "Key exchange with groups", "Groups", "Order", "Reason"),
        rows,
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
    names = [name for name in _HELLO if any(_is_told(at(one, name)) for one in versions.values())]
    if versions:
        yield make_sheet(
            "What the server's hellos show",
            ("", *versions),
            ((_HELLO[name], *(feature_answer(at(one, name)) for one in versions.values())) for name in names),
        )
    yield make_sheet(
        "Handshakes",
        ("Feature", "Answer", "How that is known"),
        (
            (label, feature_answer(feature), as_text(at(feature, "reason")))
            for label, feature in ((label, at(evidence, *keys)) for label, keys in _FEATURES)
            if isinstance(feature, dict)
        ),
    )
    yield from _names(evidence)
    yield from _numbers(evidence)
    signatures = [one for one in as_list(at(evidence, "signatures")) if at(one, "names")]
    if signatures:
        yield make_sheet(
            "Signatures in handshakes",
            ("Version", "Schemes"),
            ((as_text(at(one, "protocol")), listed(at(one, "names"))) for one in signatures),
        )


def _is_told(feature: object) -> bool:
    """Whether a version's column says more than that nothing was seen, or that the question does not arise."""
    return at(feature, "answer") in {"yes", "no"}


def _numbers(evidence: object) -> Iterator[Sheet]:
    """What the server gives a number or a hash to: life of tickets, configurations of ECH, its clock, fingerprints."""
    resumption, clock = at(evidence, "resumption"), at(evidence, "clock")
    prints = as_dict(at(evidence, "fingerprints"))
    rows = [
        (words, f"{number} s")
        for key, words in (("ticket_lifetime_seconds", "Life of tickets"), ("psk_lifetime_seconds", "… in TLS 1.3"))
        if (number := as_text(at(resumption, key)))
    ]
    rows += [("Encrypted ClientHello: configurations", as_text(at(evidence, "ech", "retry_configs")))]
    rows += [("Clock, seconds ahead of ours", as_text(at(clock, "skew_seconds")))]
    rows += [(f"JA3S, {version}", as_text(one)) for version, one in as_dict(at(prints, "ja3s")).items()]
    rows += [("JARM", as_text(at(prints, "jarm")))]
    told = [row for row in rows if row[1]]
    if told:
        yield make_sheet("Numbers and fingerprints", ("", "Value"), told)


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
        (word(FLAWS, key), word(_STATES, at(one, "state")), as_text(at(one, "proof")) or as_text(at(one, "reason")))
        for key, one in flaws.items()
    ]
    found, open_ = (sum(at(one, "state") == state for one in flaws.values()) for state in ("yes", "unknown"))
    told = f"{title}: {found or 'none'} found" + (f", {open_} not known" if open_ else "")
    return make_sheet(told, ("Name", "Present", "How that is known"), rows)
