"""One Content-Security-Policy as the Observatory's scale reads it: what is unreadable to it, and which sources count.

The scale is stricter than browsers: a directive that stands twice is a mistake that somebody should notice, although
browsers keep the first.
"""

import dataclasses
import re
from collections.abc import Mapping

from scanner.model.csp import FALLBACKS

SHORTEST = 6
"""Characters that the shortest policy has: one directive."""

_REPORTING = frozenset({"report-uri", "report-to"})
_HEADER_ONLY = frozenset({"frame-ancestors", "report-uri", "sandbox"})
_NONCE_OR_HASH = re.compile(r"'(?:nonce|sha256|sha384|sha512)-[a-z0-9+/_-]+={0,2}'")
_SCHEMES = ("ftp:", "http:", "https:", "*")
_SPACE = re.compile(r"[ \t\n\f\r]+")


class Unreadable(Exception):
    """The scale takes the policy for none; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The directives of one policy with their sources in lower case, those that count no longer left out.

    `dropped` are directives that have no effect in a meta element. `repeats_reporting` says that report-uri or
    report-to stands there twice, `has_idle_strict_dynamic` that 'strict-dynamic' stands there without nonce or hash.
    """

    directives: Mapping[str, frozenset[str]]
    dropped: frozenset[str] = frozenset()
    repeats_reporting: bool = False
    has_idle_strict_dynamic: bool = False

    def sources(self, name: str) -> frozenset[str] | None:
        """The sources that govern `name`; None where everything is allowed."""
        return self.directives.get(governing(self.directives, name))


def governing(directives: Mapping[str, frozenset[str]], name: str) -> str:
    """The directive that decides about `name`: itself, or the nearest that stands in for it; `name` where none is."""
    return next((one for one in (name, *FALLBACKS.get(name, ())) if one in directives), name)


def read_policy(text: str, *, in_meta: bool = False) -> Policy:
    """The policy in `text`. Raises `Unreadable` where it is too short to be one or repeats a directive."""
    if len(text) < SHORTEST:
        raise Unreadable("a policy is too short to hold a directive")
    directives: dict[str, frozenset[str]] = {}
    repeated = False
    for part in text.split(";"):
        name, *sources = _SPACE.sub(" ", part).strip(" ").lower().split(" ")
        if name in directives and name not in _REPORTING:
            raise Unreadable(f"{name} stands twice: browsers keep the first, and the scale wants it noticed")
        repeated = repeated or name in directives
        if name and name not in directives:
            directives[name] = frozenset(sources) or frozenset({"'none'"})
    dropped = frozenset(directives) & _HEADER_ONLY if in_meta else frozenset()
    kept = {name: sources for name, sources in directives.items() if name not in dropped}
    idle = _thin(kept)
    return Policy(directives=kept, dropped=dropped, repeats_reporting=repeated, has_idle_strict_dynamic=idle)


def _thin(directives: dict[str, frozenset[str]]) -> bool:
    """Takes out the sources that a nonce, a hash or 'strict-dynamic' puts out of force.

    Returns whether 'strict-dynamic' stands there without a nonce or hash to begin from.
    """
    script, style = (governing(directives, one) for one in ("script-src", "style-src"))
    for name in {script, style} & directives.keys():
        if _has_nonce_or_hash(directives[name]):
            directives[name] -= {"'unsafe-inline'"}
    sources = directives.get(script, frozenset[str]())
    if "'strict-dynamic'" not in sources:
        return False
    if not _has_nonce_or_hash(sources):
        return True
    directives[script] = frozenset(one for one in sources if one != "'self'" and not one.startswith(_SCHEMES))
    return False


def _has_nonce_or_hash(sources: frozenset[str]) -> bool:
    return any(_NONCE_OR_HASH.fullmatch(one) for one in sources)
