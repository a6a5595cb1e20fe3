"""Parts of HTTP evidence on one line each: what a finding points at, in words."""

from collections.abc import Callable

from reports.facts.reading import as_list, as_text, at, texts

_PLACES = {"comment": "in a comment", "link": "in a link", "error-page": "in an error page"}


def page_words(value: object) -> str:
    """The line for a script, form, sign, secret, internal name, CORS answer or CSP directive; empty for all else."""
    if not isinstance(value, dict):
        return ""
    return next((say(value) for keys, say in _SHAPES if keys <= value.keys()), "")


def _script(value: object) -> str:
    where = as_text(at(value, "url")) or f"inline, SHA-256 {as_text(at(value, 'sha256'))}"
    integrity = "" if at(value, "url") is None else f", integrity: {as_text(at(value, 'integrity'))}"
    return f"{as_text(at(value, 'kind'))}: {where}{integrity}"


def _form(value: object) -> str:
    password = ", with a password" if at(value, "password") is True else ""
    return f"form: {as_text(at(value, 'method'))} to {as_text(at(value, 'action'))}{password}"


def _sign(value: object) -> str:
    return f"{as_text(at(value, 'url'))} (status {as_text(at(value, 'status'))}): {as_text(at(value, 'excerpt'))}"


def _internal(value: object) -> str:
    place = as_text(at(value, "place"))
    return f"{as_text(at(value, 'value'))} {_PLACES.get(place, place)} at {as_text(at(value, 'url'))}"


def _secret(value: object) -> str:
    size, short = as_text(at(value, "length")), as_text(at(value, "sha256"))
    return f"{as_text(at(value, 'title'))}, {size} characters (sha256 {short}…), at {as_text(at(value, 'url'))}"


def _cors(value: object) -> str:
    fields = (
        ("Origin", "origin"),
        ("Access-Control-Allow-Origin", "allow_origin"),
        ("Access-Control-Allow-Credentials", "allow_credentials"),
    )
    return "; ".join(f"{name}: {as_text(at(value, key))}" for name, key in fields if at(value, key) is not None)


def _hsts(value: object) -> str:
    raw = texts(at(value, "raw"))
    sent = f"Strict-Transport-Security: {', '.join(raw)}" if raw else "no Strict-Transport-Security"
    return f"{as_text(at(value, 'url'))} (status {as_text(at(value, 'status'))}): {sent}"


def _suspect(value: object) -> str:
    return as_text(at(value, "url"))


def _mixed(value: object) -> str:
    return f"{as_text(at(value, 'kind'))}: {as_text(at(value, 'url'))}"


def _map(value: object) -> str:
    return f"{as_text(at(value, 'url'))}: {as_text(at(value, 'map')) or 'embedded'}"


def _directive(value: object) -> str:
    named = as_text(at(value, "name"))
    return " ".join((named, *texts(at(value, "sources")))) if as_list(at(value, "sources")) else named


_SHAPES: tuple[tuple[frozenset[str], Callable[[object], str]], ...] = (
    (frozenset({"relation", "integrity", "kind"}), _script),
    (frozenset({"method", "action", "password"}), _form),
    (frozenset({"url", "status", "excerpt", "purpose"}), _sign),
    (frozenset({"value", "place", "url"}), _internal),
    (frozenset({"title", "exposure", "length", "url"}), _secret),
    (frozenset({"origin", "allow_origin", "preflight"}), _cors),
    (frozenset({"raw", "policy", "own", "host"}), _hsts),
    (frozenset({"host", "served", "source", "url"}), _suspect),
    (frozenset({"kind", "active", "url"}), _mixed),
    (frozenset({"url", "map", "by"}), _map),
    (frozenset({"name", "sources"}), _directive),
)
"""The keys that tell each form, and how it is said."""
