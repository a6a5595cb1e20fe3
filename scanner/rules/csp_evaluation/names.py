"""Words of CSP: directives, keywords and the directives that take source lists. Tables, nothing else.

Names that csp_evaluator does not know but browsers do are here too; it calls them mistakes, we do not.
"""

from collections.abc import Mapping

from scanner.model.csp import FALLBACKS

FETCH = frozenset({*FALLBACKS, "default-src"} - {"prefetch-src"})
"""Directives that fall back to default-src (CSP3 section 6.1), as csp_evaluator has them."""

SCRIPT = ("script-src", "script-src-attr", "script-src-elem")
"""Directives that govern scripts, in csp_evaluator's order."""

DEPRECATED = ("reflected-xss", "referrer", "disown-opener", "prefetch-src")
"""What csp_evaluator calls deprecated."""

OBSOLETE: Mapping[str, str] = {
    "block-all-mixed-content": "browsers block or upgrade mixed content by themselves",
    "navigate-to": "it was dropped from the standard",
    "plugin-types": "object-src 'none' has taken its place",
    "require-sri-for": "the Integrity-Policy header has taken its place",
}
"""Further directives that no current browser heeds, with what to know."""

DIRECTIVES = frozenset(
    {
        *FETCH,
        *DEPRECATED,
        *OBSOLETE,
        "base-uri",
        "fenced-frame-src",
        "form-action",
        "frame-ancestors",
        "report-to",
        "report-uri",
        "require-trusted-types-for",
        "sandbox",
        "trusted-types",
        "upgrade-insecure-requests",
        "webrtc",
    }
)
"""Directive names that are or were known."""

SOURCE_LISTS = frozenset({*FALLBACKS, "default-src", "base-uri", "form-action", "frame-ancestors", "fenced-frame-src"})
"""Directives whose value is a list of sources."""

VALUELESS = frozenset({"upgrade-insecure-requests", "block-all-mixed-content"})

_QUOTED_THERE = (
    "self", "none", "unsafe-inline", "unsafe-eval", "wasm-eval", "wasm-unsafe-eval", "strict-dynamic",
    "unsafe-hashed-attributes", "unsafe-hashes", "report-sample", "block", "allow", "inline-speculation-rules",
)  # fmt: skip
_NEWER = ("trusted-types-eval", "report-sha256", "report-sha384", "report-sha512")

BARE_KEYWORDS = frozenset(_QUOTED_THERE)
"""Keywords of csp_evaluator without their quotes."""

ALL_BARE_KEYWORDS = frozenset({*_QUOTED_THERE, *_NEWER})

KEYWORDS = frozenset(f"'{one}'" for one in ALL_BARE_KEYWORDS)
"""Keywords with their quotes, in lower case: those of csp_evaluator, and newer ones."""

OBSOLETE_KEYWORDS = frozenset({"'wasm-eval'", "'unsafe-hashed-attributes'"})

_SCRIPT_LIKE = frozenset({"default-src", "script-src", "script-src-elem", "script-src-attr", "worker-src"})
_STYLE_LIKE = frozenset({"style-src", "style-src-elem", "style-src-attr"})

WHERE: Mapping[str, frozenset[str]] = {
    "'strict-dynamic'": _SCRIPT_LIKE,
    "'unsafe-eval'": _SCRIPT_LIKE | {"style-src"},
    "'wasm-unsafe-eval'": _SCRIPT_LIKE,
    "'wasm-eval'": _SCRIPT_LIKE,
    "'trusted-types-eval'": _SCRIPT_LIKE,
    "'inline-speculation-rules'": _SCRIPT_LIKE,
    "'report-sha256'": _SCRIPT_LIKE,
    "'report-sha384'": _SCRIPT_LIKE,
    "'report-sha512'": _SCRIPT_LIKE,
    "'unsafe-inline'": _SCRIPT_LIKE | _STYLE_LIKE,
    "'unsafe-hashes'": _SCRIPT_LIKE | _STYLE_LIKE,
    "'report-sample'": _SCRIPT_LIKE | _STYLE_LIKE,
}
"""Where a keyword has a meaning; elsewhere browsers read past it."""

NONCE_AND_HASH = _SCRIPT_LIKE | _STYLE_LIKE
"""Where nonces and hashes have a meaning."""

SANDBOX_FLAGS = frozenset(
    {
        "allow-downloads",
        "allow-forms",
        "allow-modals",
        "allow-orientation-lock",
        "allow-pointer-lock",
        "allow-popups",
        "allow-popups-to-escape-sandbox",
        "allow-presentation",
        "allow-same-origin",
        "allow-scripts",
        "allow-storage-access-by-user-activation",
        "allow-top-navigation",
        "allow-top-navigation-by-user-activation",
        "allow-top-navigation-to-custom-protocols",
    }
)
"""HTML section 7.1.5, the sandbox attribute's tokens."""

SHARED_HOSTING = frozenset(
    {
        "amazonaws.com", "s3.amazonaws.com", "appspot.com", "azureedge.net", "azurestaticapps.net",
        "azurewebsites.net", "blob.core.windows.net", "blogspot.com", "cloudfront.net", "cloudfunctions.net",
        "cloudapp.net", "deno.dev", "digitaloceanspaces.com", "firebaseapp.com", "fly.dev", "github.io", "gitlab.io",
        "glitch.me", "herokuapp.com", "netlify.app", "ngrok.io", "ngrok-free.app", "onrender.com", "pages.dev",
        "r2.dev", "repl.co", "run.app", "surge.sh", "vercel.app", "web.app", "wordpress.com", "workers.dev",
    }
)  # fmt: skip
"""Domains below which anybody gets a host of his own (as the private part of the public suffix list has most)."""
