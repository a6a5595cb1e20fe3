"""A policy in plain words: what each directive lets in, and which one governs what is absent."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from scanner.model.csp import FALLBACKS, CspDirective, CspPolicy
from scanner.rules.csp_evaluation.browser_values import HOST_SOURCE
from scanner.rules.csp_evaluation.names import ALL_BARE_KEYWORDS, DIRECTIVES, KEYWORDS, OBSOLETE, SOURCE_LISTS
from scanner.rules.csp_evaluation.view import SCHEME, has_hash, has_nonce, is_hash, is_nonce, normal


class Explained(NamedTuple):
    """One directive: its name, what it governs, and a line for each thing it says."""

    name: str
    about: str
    lines: tuple[str, ...]


class Absent(NamedTuple):
    """Directives that are not there: by the one that stands in, or None where nothing does."""

    stand_in: str | None
    names: tuple[str, ...]


ABOUT: Mapping[str, str] = {
    "base-uri": "addresses of the base element",
    "block-all-mixed-content": "mixed content",
    "child-src": "frames and workers",
    "connect-src": "connections that scripts make (fetch, XHR, WebSocket, beacons)",
    "default-src": "everything that no other directive names",
    "fenced-frame-src": "fenced frames",
    "font-src": "fonts",
    "form-action": "where forms may go",
    "frame-ancestors": "who may frame the page",
    "frame-src": "frames",
    "img-src": "images",
    "manifest-src": "web app manifests",
    "media-src": "audio and video",
    "object-src": "plugins (object and embed)",
    "prefetch-src": "prefetches",
    "report-to": "where reports go (the group's name)",
    "report-uri": "where reports go",
    "require-trusted-types-for": "DOM sinks that take no plain text",
    "sandbox": "what the page as a whole may do",
    "script-src": "scripts",
    "script-src-attr": "inline event handlers",
    "script-src-elem": "script elements",
    "style-src": "styles",
    "style-src-attr": "style attributes",
    "style-src-elem": "style elements and style sheets",
    "trusted-types": "policies that scripts may make for trusted types",
    "upgrade-insecure-requests": "plain http addresses in the page",
    "webrtc": "WebRTC",
    "worker-src": "workers",
}
"""What a directive governs."""

_ASKED = (
    "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "object-src",
    "worker-src", "frame-src", "child-src", "connect-src", "img-src", "font-src", "media-src", "manifest-src",
    "base-uri", "form-action", "frame-ancestors", "sandbox", "require-trusted-types-for",
)  # fmt: skip
"""Directives of which it is said what stands in for them."""

_WORDS: Mapping[str, str] = {
    "'self'": "the page's own origin",
    "'unsafe-eval'": "text as code, through eval and its relatives",
    "'wasm-unsafe-eval'": "compiling WebAssembly",
    "'trusted-types-eval'": "eval of trusted types",
    "'unsafe-hashes'": "inline handlers and javascript: links whose hash is listed",
    "'report-sample'": "nothing more; reports carry a sample of the code",
    "'inline-speculation-rules'": "inline speculation rules",
    "'report-sha256'": "nothing more; hashes of scripts are reported",
    "'report-sha384'": "nothing more; hashes of scripts are reported",
    "'report-sha512'": "nothing more; hashes of scripts are reported",
    "*": "every host over http, https and their WebSockets",
}
_IGNORED = "ignored, because "


def explain(policy: CspPolicy) -> tuple[Explained, ...]:
    """Every directive of the policy in its order."""
    return tuple(_explained(directive) for directive in policy.directives)


def absent(policy: CspPolicy) -> tuple[Absent, ...]:
    """What governs the directives that are not there, in groups."""
    groups: dict[str | None, list[str]] = {}
    for name in _ASKED:
        if policy.directive(name) is None:
            found = policy.effective(name) if name in FALLBACKS else None
            groups.setdefault(None if found is None else found.name, []).append(name)
    return tuple(Absent(stand_in, tuple(names)) for stand_in, names in groups.items())


def _explained(directive: CspDirective) -> Explained:
    name = directive.name
    if name not in DIRECTIVES:
        return Explained(name, "unknown to browsers", ("has no effect",))
    about = ABOUT.get(name, "out of use")
    if name in OBSOLETE:
        return Explained(name, about, (f"has no effect: {OBSOLETE[name]}",))
    if name in SOURCE_LISTS:
        return Explained(name, about, _sources(directive))
    return Explained(name, about, _OTHER.get(name, _plain)(directive))


def _sources(directive: CspDirective) -> tuple[str, ...]:
    values = list(dict.fromkeys([normal(value) for value in directive.sources]))
    if not values or values == ["'none'"]:
        return ("nothing" + ("" if values else " (the list is empty)"),)
    scripts = directive.name in {"default-src", "worker-src"} or directive.name.startswith("script-src")
    dynamic = scripts and "'strict-dynamic'" in values
    trusting = has_nonce(values) or has_hash(values)
    return tuple(_source(value, dynamic=dynamic, trusting=trusting) for value in values)


def _source(value: str, *, dynamic: bool, trusting: bool) -> str:
    """One source and what it lets in."""
    off = dynamic and (value[0] != "'" or value in {"'self'", "'unsafe-inline'"})
    if off:
        return f"{value.removesuffix(':')}: {_IGNORED}'strict-dynamic' stands beside it"
    if value == "'unsafe-inline'":
        return f"{value}: " + (_IGNORED + "a nonce or hash stands beside it" if trusting else "any inline code")
    if value == "'none'":
        return f"{value}: {_IGNORED}other sources stand beside it"
    if value == "'strict-dynamic'":
        return f"{value}: " + (
            "also what a trusted script loads; hosts, schemes and 'self' do not count for scripts"
            if trusting
            else "nothing is trusted by nonce or hash, so no script runs"
        )
    if value in _WORDS:
        return f"{value}: {_WORDS[value]}"
    if is_nonce(value):
        return f"{value}: elements that carry this nonce"
    if is_hash(value):
        return f"{value}: code with exactly this hash"
    if value in KEYWORDS or value[0] == "'":
        return f"{value}: nothing that browsers know"
    if SCHEME.fullmatch(value):
        return f"{value} every address of this scheme"
    return f"{value}: {_host(value)}"


def _host(value: str) -> str:
    """What a host-source lets in; its path counts until a redirect (CSP3 section 7.6)."""
    if HOST_SOURCE.fullmatch(value) is None:
        return "nothing that browsers know"
    if value.lower() in ALL_BARE_KEYWORDS:
        return f"a host of this name; the keyword is '{value.lower()}', in quotes"
    if value.lower() in DIRECTIVES:
        return "a host of this name; for the directive a semicolon is missing before it"
    _, slash, path = (value.partition("://")[2] or value).partition("/")
    if slash and path:
        return ("what lies under" if value[-1] == "/" else "exactly") + " this path; after a redirect, any path"
    return "this host" if "*" not in value else "every host of this pattern"


def _plain(directive: CspDirective) -> tuple[str, ...]:
    return (" ".join(directive.sources) or "nothing is named",)


def _sandbox(directive: CspDirective) -> tuple[str, ...]:
    allowed = ", ".join(flag.lower() for flag in directive.sources)
    return (f"everything is off but {allowed}" if allowed else "everything is off, scripts included",)


def _trusted(directive: CspDirective) -> tuple[str, ...]:
    if directive.is_none:
        return ("no policy may be made, so no text becomes trusted",)
    return tuple(f"a policy named {name}" if name != "*" else "policies of any name" for name in directive.sources)


def _sinks(directive: CspDirective) -> tuple[str, ...]:
    if directive.has("'script'"):
        return ("script sinks such as innerHTML take trusted types only",)
    return ("no sink is named",)


def _upgraded(directive: CspDirective) -> tuple[str, ...]:
    del directive
    return ("are fetched over https",)


_OTHER: Mapping[str, Callable[[CspDirective], tuple[str, ...]]] = {
    "require-trusted-types-for": _sinks,
    "sandbox": _sandbox,
    "trusted-types": _trusted,
    "upgrade-insecure-requests": _upgraded,
}
