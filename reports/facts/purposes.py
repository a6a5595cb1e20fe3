"""Requests in words: why each was sent, and how it was answered."""

from collections.abc import Mapping

from reports.facts.reading import as_text, at

PURPOSES: Mapping[str, str] = {
    "entry": "The page",
    "plain-entry": "The page over plain http",
    "missing": "A path that does not exist",
    "repeat": "The page again, as another site asks",
    "preflight": "A preflight of another site",
    "origin": "The page, as another origin asks",
    "trace": "TRACE",
    "robots": "robots.txt",
    "security-txt": "security.txt",
    "asset": "A static file",
    "script": "A script",
    "sibling": "The name with or without www",
    "unknown-host": "A host that nobody serves",
    "bare-address": "The bare address",
    "recorded": "Another recorded answer",
}
"""Why a request was sent, in words."""


def answer(exchange: object) -> str:
    """`200 OK`, or how an exchange ended that brought no status line: `timeout at connect: no answer`."""
    status = as_text(at(exchange, "status"))
    if status:
        return f"{status} {as_text(at(exchange, 'reason'))}".strip()
    detail = as_text(at(exchange, "detail"))
    if at(exchange, "outcome") == "not-assessed" and detail:
        return f"not asked: {detail}"
    stage = as_text(at(exchange, "stage"))
    words = as_text(at(exchange, "outcome")) + (f" at {stage}" if stage else "")
    return ": ".join(filter(None, (words, detail)))
