"""Facts of the TLS topics in a few lines, for reports with little room."""

from collections.abc import Iterable, Iterator, Mapping

from reports.facts.reading import as_dict, as_list, as_text, at, texts
from reports.facts.tls_words import FLAWS, POST_QUANTUM, prime_words
from reports.wording import several

_MOST_GROUPS = 12
_MOST_NAMES = 3  # of a certificate for another host
_BY = (("ticket", "by ticket"), ("session_id", "by session id"), ("psk", "in TLS 1.3"))

Line = tuple[str, str]
"""A label, and what is to be said."""


def tls_lines(topic: str, evidence: object) -> tuple[Line, ...]:
    """What one observation says; nothing where the topic is another or the evidence is missing."""
    make = {"tls_suites": _suites, "tls_groups": _groups, "tls_features": _features, "tls_flaws": _flaws}.get(topic)
    return tuple(line for line in make(evidence) if line[1]) if make and isinstance(evidence, dict) else ()


def _suites(evidence: object) -> Iterator[Line]:
    place = as_text(at(evidence, "compared_with"))
    yield "listing", f"as at {place}, compared with two hellos a version" if place else ""
    for one in as_list(at(evidence, "disagreements")):
        asked, accepted = as_text(at(one, "asked")), as_text(at(one, "accepted"))
        answers = "; ".join(texts(at(one, "answers")))
        yield "mixed answers", f"{as_text(at(one, 'protocol'))}: {accepted} of {asked} times with a suite ({answers})"


def _groups(evidence: object) -> Iterator[Line]:
    named = ", ".join(as_text(at(one, "name")) for one in as_list(at(evidence, "post_quantum_groups")))
    yield "groups", ": ".join(filter(None, (POST_QUANTUM.get(as_text(at(evidence, "post_quantum")), ""), named)))
    said: dict[str, list[str]] = {}
    for key in ("TLSv1.3", "TLSv1.2"):
        groups = [as_text(at(one, "name")) for one in as_list(at(evidence, key, "groups"))]
        if groups:
            said.setdefault(several(groups, _MOST_GROUPS), []).append(as_text(at(evidence, key, "protocol")) or key)
    yield "", "; ".join(f"{' and '.join(versions)}: {groups}" for groups, versions in said.items())
    yield "DH primes", "; ".join(prime_words(one) for one in as_list(at(evidence, "dh")))


def _features(evidence: object) -> Iterator[Line]:
    yield "resumption", _resumption(at(evidence, "resumption"))
    yield "ALPN", _protocols(at(evidence, "alpn"))
    yield "other names", _other_names(at(evidence, "sni"))
    yield "client certificate", _client_certificate(at(evidence, "client_certificate"))
    configurations = at(evidence, "ech", "retry_configs")
    if isinstance(configurations, int):
        yield "encrypted hello", "offered (ECH)" if configurations else "not offered (ECH)"


def _resumption(resumption: object) -> str:
    """`by ticket, in TLS 1.3; not by session id; 0-RTT: no`; what could not be told is not mentioned."""
    by = {key: as_text(at(resumption, key, "answer")) for key, _ in _BY}
    able = ", ".join(words for key, words in _BY if by[key] == "yes")
    unable = ", ".join(words for key, words in _BY if by[key] == "no")
    early = {"yes": "early data (0-RTT) is accepted", "no": "no early data (0-RTT)"}
    said = (able, f"not {unable}" if unable else "", early.get(as_text(at(resumption, "early_data", "answer")), ""))
    return "; ".join(filter(None, said))


def _protocols(alpn: object) -> str:
    names = ", ".join(texts(at(alpn, "protocols")))
    none = "none" if at(alpn, "supported", "answer") == "no" else ""
    unknown = {"yes": "an unknown protocol is served, too", "no": "an unknown protocol is refused"}
    rest = unknown.get(as_text(at(alpn, "unknown_accepted", "answer")), "") if names else ""
    return "; ".join(filter(None, (names or none, rest)))


def _other_names(sni: object) -> str:
    """What a client gets that asks for no name, or for one that the server cannot have."""
    asked = (("no name", at(sni, "none")), ("an unknown name", at(sni, "wrong")))
    refused = [words for words, one in asked if at(one, "answer") == "no"]
    served = [words for words, one in asked if at(one, "answer") == "yes"]
    which = {"yes": "another certificate", "no": "the same certificate"}.get(as_text(at(sni, "default_differs")), "")
    others = texts(at(sni, "wrong", "names")) or texts(at(sni, "none", "names"))
    names = f" ({several(others, _MOST_NAMES)})" if which.startswith("another") and others else ""
    parts = (
        f"{' and '.join(served)}: {which or 'a certificate'}{names}" if served else "",
        f"{' and '.join(refused)}: refused" if refused else "",
    )
    return "; ".join(filter(None, parts))


def _client_certificate(asked: object) -> str:
    if at(asked, "required", "answer") == "yes":
        return "required"
    words = {"yes": "asked for, not required", "no": "not asked for"}
    return words.get(as_text(at(asked, "requested", "answer")), "")


def _flaws(evidence: object) -> Iterator[Line]:
    flaws = {key: one for key, one in as_dict(evidence).items() if at(one, "state") is not None}
    asked = {key: one for key, one in flaws.items() if not at(one, "condition")}
    answered = sum(at(one, "state") == "no" for one in asked.values())
    found = _named(asked, "yes")
    yield "flaws", found or (f"none of the {answered} that were asked for" if answered else "")
    yield (
        "flaws unknown",
        "; ".join(f"{', '.join(names)}: {reason}" for reason, names in _unknown(asked.items()).items()),
    )
    yield "conditions", f"of known attacks: {_named(flaws, 'yes', condition=True) or 'none'}"


def _named(flaws: Mapping[str, object], state: str, *, condition: bool = False) -> str:
    return ", ".join(
        FLAWS.get(key, key)
        for key, one in flaws.items()
        if at(one, "state") == state and bool(at(one, "condition")) is condition
    )


def _unknown(flaws: Iterable[tuple[str, object]]) -> dict[str, list[str]]:
    """The names by the reason for which they are not known."""
    found: dict[str, list[str]] = {}
    for key, one in flaws:
        if at(one, "state") == "unknown":
            found.setdefault(as_text(at(one, "reason")) or "no reason is known", []).append(FLAWS.get(key, key))
    return found
