"""Headers that keep documents and resources of other origins apart: COOP, COEP, CORP, isolation and integrity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HeaderPart
from scanner.wire.fields import InnerList, Item, Member, Token, parse_dictionary, parse_item
from scanner.wire.security_headers_reading import Read, Reader, joined, part

OPENER_POLICIES = frozenset({"unsafe-none", "same-origin", "same-origin-allow-popups", "noopener-allow-popups"})
"""HTML section 7.1.3."""

EMBEDDER_POLICIES = frozenset({"unsafe-none", "require-corp", "credentialless"})
"""HTML section 7.1.4."""

ISOLATION_POLICIES = frozenset({"none", "isolate-and-require-corp", "isolate-and-credentialless"})
"""Document-Isolation-Policy (WICG draft)."""

RESOURCE_POLICIES = frozenset({"same-origin", "same-site", "cross-origin"})
"""Fetch section 3.7."""

DESTINATIONS = frozenset({"script", "style"})
"""Subresource Integrity section 3.6: what an integrity policy can block."""


def token_of(known: frozenset[str]) -> Reader:
    """A reader of a structured-field token (RFC 9651) out of a fixed set; case counts, repeats are no item.

    The parameter `report-to` is a part.
    """

    def read(lines: Sequence[str]) -> Read:
        item = parse_item(lines)
        if not isinstance(item.value, Token) or item.value not in known:
            raise Malformed("not one of " + ", ".join(sorted(known)))
        return Read(str(item.value), tuple(_reports(item)))

    return read


def _reports(item: Item) -> Iterator[HeaderPart]:
    endpoint = item.parameters.get("report-to")
    if isinstance(endpoint, str) and not isinstance(endpoint, Token):
        yield part("report-to", [endpoint])
    elif endpoint is not None:
        yield part("report-to", [str(endpoint)], "not in quotes, so browsers report nowhere")


def resource_policy(lines: Sequence[str]) -> Read:
    """Cross-Origin-Resource-Policy (Fetch section 3.7): all lines joined, compared with case."""
    value = joined(lines)
    if value not in RESOURCE_POLICIES:
        raise Malformed("not one of " + ", ".join(sorted(RESOURCE_POLICIES)))
    return Read(value)


def boolean(lines: Sequence[str]) -> Read:
    """A structured-field boolean, as Origin-Agent-Cluster is (HTML section 7.1.2)."""
    value = parse_item(lines).value
    if not isinstance(value, bool):
        raise Malformed("not a boolean (?0 or ?1)")
    return Read("?1" if value else "?0")


def integrity_policy(lines: Sequence[str]) -> Read:
    """Integrity-Policy (Subresource Integrity section 3.6): a dictionary of lists of tokens.

    Without a destination that browsers know nothing is blocked; without `sources` it is `inline`.
    """
    fields = parse_dictionary(lines)
    parts = tuple(_integrity_part(name, member) for name, member in fields.items())
    blocked = next((one for one in parts if one.name == "blocked-destinations"), None)
    if blocked is None:
        raise Malformed("blocked-destinations is missing")
    known = [one for one in blocked.values if one in DESTINATIONS]
    if not known:
        raise Malformed("blocked-destinations names neither script nor style in a list, (script)")
    sources = next((one for one in parts if one.name == "sources"), None)
    if sources is not None and "inline" not in sources.values:
        raise Malformed("sources does not name inline, the only source there is")
    return Read(", ".join(known), parts)


def _integrity_part(name: str, member: Member) -> HeaderPart:
    if not isinstance(member, InnerList):
        return part(name, problem="not a list in parentheses")
    values = [one.value for one in member.items]
    known = {"blocked-destinations": DESTINATIONS, "sources": frozenset({"inline"})}.get(name)
    tokens = [str(one) for one in values if isinstance(one, Token)]
    problem = None
    if len(tokens) < len(values):
        problem = "it holds something other than bare words"
    elif known is None and name != "endpoints":
        problem = "no key that browsers know"
    elif known is not None and _strange(tokens, known):
        problem = "it holds a word that browsers do not know"
    return part(name, tokens, problem)


def _strange(words: Iterable[str], known: frozenset[str]) -> bool:
    return any(word not in known for word in words)


ISOLATION_READERS: Mapping[str, Reader] = {
    "cross-origin-embedder-policy": token_of(EMBEDDER_POLICIES),
    "cross-origin-embedder-policy-report-only": token_of(EMBEDDER_POLICIES),
    "cross-origin-opener-policy": token_of(OPENER_POLICIES),
    "cross-origin-opener-policy-report-only": token_of(OPENER_POLICIES),
    "cross-origin-resource-policy": resource_policy,
    "document-isolation-policy": token_of(ISOLATION_POLICIES),
    "document-isolation-policy-report-only": token_of(ISOLATION_POLICIES),
    "integrity-policy": integrity_policy,
    "integrity-policy-report-only": integrity_policy,
    "origin-agent-cluster": boolean,
}
"""Reader by name in lower case."""
