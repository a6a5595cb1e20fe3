"""Content Security Policy as values: directives, sources, and which directive governs what (CSP Level 3).

`scanner.wire.csp` makes them; rules ask them. What browsers do is said here, what is good or bad is not.
"""

import dataclasses
import enum
import re
from collections.abc import Mapping

from scanner.model.peer import PeerText

FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "child-src": ("default-src",),
    "connect-src": ("default-src",),
    "font-src": ("default-src",),
    "frame-src": ("child-src", "default-src"),
    "img-src": ("default-src",),
    "manifest-src": ("default-src",),
    "media-src": ("default-src",),
    "object-src": ("default-src",),
    "prefetch-src": ("default-src",),
    "script-src": ("default-src",),
    "script-src-attr": ("script-src", "default-src"),
    "script-src-elem": ("script-src", "default-src"),
    "style-src": ("default-src",),
    "style-src-attr": ("style-src", "default-src"),
    "style-src-elem": ("style-src", "default-src"),
    "worker-src": ("child-src", "script-src", "default-src"),
}
"""Which directives stand in for an absent one, nearest first (CSP3 section 6.8.3). Others have no fallback."""

_NONCE = re.compile(r"'nonce-[A-Za-z0-9+/_-]+={0,2}'", re.IGNORECASE)
_HASH = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'", re.IGNORECASE)


class Disposition(enum.StrEnum):
    """Whether a policy is enforced or only reports."""

    ENFORCE = "enforce"
    REPORT = "report"


class Delivery(enum.StrEnum):
    """How a policy came."""

    HEADER = "header"
    META = "meta"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CspDirective:
    """One directive: its name in lower case, and the words of its value as written."""

    name: PeerText
    sources: tuple[PeerText, ...] = ()

    def has(self, keyword: str) -> bool:
        """Whether the value holds this word; keywords, schemes and hosts compare without case."""
        return any(source.lower() == keyword for source in self.sources)

    @property
    def is_none(self) -> bool:
        """Whether nothing matches: an empty list, or `'none'` alone (CSP3 section 6.7.2.7)."""
        return not self.sources or (len(self.sources) == 1 and self.has("'none'"))

    @property
    def has_nonce_or_hash(self) -> bool:
        """Whether a valid nonce or hash is among the sources; one turns `'unsafe-inline'` off."""
        return any(_NONCE.fullmatch(source) or _HASH.fullmatch(source) for source in self.sources)

    @property
    def allows_all_inline(self) -> bool:
        """Whether any inline element may run (CSP3 section 6.7.3.2)."""
        if not self.has("'unsafe-inline'") or self.has_nonce_or_hash:
            return False
        return not (self.name in {"default-src", "script-src", "script-src-elem", "script-src-attr"} and self.is_strict)

    @property
    def is_strict(self) -> bool:
        """Whether `'strict-dynamic'` is there; hosts and schemes among script sources count no longer."""
        return self.has("'strict-dynamic'")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CspPolicy:
    """One policy. `repeated` are directives that stood there again and were ignored: the first wins.

    `dropped` are directives that browsers skip because they are not ASCII, `unheeded` those of a meta element that
    have no effect there.
    """

    disposition: Disposition
    delivery: Delivery
    directives: tuple[CspDirective, ...]
    repeated: tuple[PeerText, ...] = ()
    dropped: tuple[PeerText, ...] = ()
    unheeded: tuple[PeerText, ...] = ()

    def directive(self, name: str) -> CspDirective | None:
        """The directive of exactly this name."""
        return next((one for one in self.directives if one.name == name), None)

    def effective(self, name: str) -> CspDirective | None:
        """The directive that governs `name`: itself, else its nearest fallback; None where nothing restricts it."""
        for candidate in (name, *FALLBACKS.get(name, ())):
            found = self.directive(candidate)
            if found is not None:
                return found
        return None
