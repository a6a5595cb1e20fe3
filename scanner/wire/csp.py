"""Content-Security-Policy: header lines and meta elements in, policies out (CSP Level 3 sections 2.2.1, 2.2.2, 3.3).

A comma ends a policy, a repeated line begins another one, and all of them apply. Within one policy the first of equal
directives wins. Nothing is judged here.
"""

import re
from collections.abc import Sequence

from scanner.errors import Malformed
from scanner.model.csp import CspDirective, CspPolicy, Delivery, Disposition
from scanner.model.peer import PeerText, peer_text

MAX_SIZE = 65_536
"""Characters of all lines together."""

MAX_POLICIES = 64
"""Policies of one answer."""

IGNORED_IN_META = frozenset({"frame-ancestors", "report-uri", "sandbox"})
"""Directives that have no effect in a meta element (section 3.3)."""

_LONGEST_DROPPED = 200
_WHITE = "\t\n\f\r "  # ASCII whitespace of the Infra standard
_SPLIT = re.compile(r"[\t\n\f\r ]+")


def parse_csp_headers(lines: Sequence[str], disposition: Disposition) -> tuple[CspPolicy, ...]:
    """The policies of all lines of one header field, in order; policies without a directive are left out.

    Raises Malformed only beyond the caps: browsers have no syntax error that voids a policy.
    """
    if sum(map(len, lines)) > MAX_SIZE:
        raise Malformed(f"longer than {MAX_SIZE} characters")
    texts = [text for line in lines for text in line.split(",")]
    policies = tuple(
        policy for text in texts if (policy := _policy(text, disposition, Delivery.HEADER)).directives or policy.dropped
    )
    if len(policies) > MAX_POLICIES:
        raise Malformed(f"more than {MAX_POLICIES} policies")
    return policies


def parse_csp_meta(content: str) -> CspPolicy:
    """The policy of one meta element; directives that have no effect there are `unheeded`. Raises as above.

    A comma is no separator here: the content is one serialized policy.
    """
    if len(content) > MAX_SIZE:
        raise Malformed(f"longer than {MAX_SIZE} characters")
    return _policy(content, Disposition.ENFORCE, Delivery.META)


def _policy(text: str, disposition: Disposition, delivery: Delivery) -> CspPolicy:
    """Section 2.2.1, parse a serialized CSP."""
    directives: dict[str, CspDirective] = {}
    repeated: list[PeerText] = []
    dropped: list[PeerText] = []
    unheeded: list[PeerText] = []
    for part in text.split(";"):
        token = part.strip(_WHITE)
        if not token:
            continue
        if not token.isascii():
            dropped.append(peer_text(token, limit=_LONGEST_DROPPED))
            continue
        first, *sources = _SPLIT.split(token)
        name = peer_text(first.lower())
        if delivery is Delivery.META and name in IGNORED_IN_META:
            unheeded.append(name)
            continue
        if name in directives:
            repeated.append(name)
            continue
        directives[name] = CspDirective(name=name, sources=tuple(peer_text(source) for source in sources))
    return CspPolicy(
        disposition=disposition,
        delivery=delivery,
        directives=tuple(directives.values()),
        repeated=tuple(dict.fromkeys(repeated)),
        dropped=tuple(dropped),
        unheeded=tuple(dict.fromkeys(unheeded)),
    )
