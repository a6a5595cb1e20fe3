"""The directive names of Content Security Policy: those that are known, and those that browsers dropped."""

from scanner.model.csp import FALLBACKS

DEPRECATED = {
    "block-all-mixed-content": "upgrade-insecure-requests, or nothing: browsers block mixed content by themselves",
    "navigate-to": "nothing: it was dropped from the standard",
    "plugin-types": "object-src 'none'",
    "prefetch-src": "default-src",
    "referrer": "the Referrer-Policy header",
    "reflected-xss": "nothing: the filter is gone",
    "require-sri-for": "the Integrity-Policy header",
}
"""Directives that browsers dropped, and what takes their place."""

KNOWN = frozenset(
    {
        *FALLBACKS,
        *DEPRECATED,
        "base-uri",
        "default-src",
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
"""Directive names that browsers know or knew."""
