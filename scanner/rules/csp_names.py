"""The directive names of Content Security Policy that browsers dropped, and what to use instead."""

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
