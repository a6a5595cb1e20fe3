"""Words for what the TLS topics hold: names of flaws, answers of features, primes."""

from reports.facts.reading import as_text, at

POST_QUANTUM = {
    "offered": "post-quantum key exchange: offered",
    "not-offered": "post-quantum key exchange: not offered",
    "unknown": "post-quantum key exchange: could not be told",
}
"""Whether a group is taken that withstands quantum computers."""

FLAWS = {
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
    "sweet32": "Sweet32",
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

NOT_APPLICABLE = "does not apply"


def feature_answer(feature: object) -> str:
    """`yes`, `no`, `unknown`, or that the question does not arise."""
    answer = as_text(at(feature, "answer"))
    return NOT_APPLICABLE if answer == "unknown" and at(feature, "applicable") is False else answer


def feature_words(feature: object) -> str:
    """`yes in 2 of 3 handshakes: the server took the ticket`; empty for what is no feature."""
    if not isinstance(at(feature, "answer"), str) or not isinstance(at(feature, "tries"), int):
        return ""
    tries, seen = at(feature, "tries"), at(feature, "seen")
    part = f"{seen} of {tries}" if seen else as_text(tries)
    often = f" in {part} handshakes" if isinstance(tries, int) and tries > 1 else ""
    reason = as_text(at(feature, "reason"))
    return feature_answer(feature) + often + (f": {reason}" if reason else "")


def flaw_words(flaw: object) -> str:
    """`yes: a record came back`; empty for what is no flaw."""
    state = as_text(at(flaw, "state"))
    if not state or at(flaw, "condition") is None:
        return ""
    return ": ".join(filter(None, (state, as_text(at(flaw, "proof")) or as_text(at(flaw, "reason")))))


def prime_words(prime: object) -> str:
    """`2048 bits, modp2048 (RFC 3526), which many servers share`."""
    name, safe = as_text(at(prime, "name")), as_text(at(prime, "safe"))
    shared = "which many servers share" if at(prime, "shared") else ""
    unsafe = {"no": "not a safe prime", "unknown": "whether it is a safe prime is unknown"}.get(safe, "")
    said = (f"{as_text(at(prime, 'bits'))} bits", name or "a prime of its own", shared, unsafe)
    return ", ".join(filter(None, said))
