"""Facts of `content`: the inventory of scripts, what runs inline and is sent, and what pages give away."""

from collections.abc import Iterator

from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word
from reports.facts.tree import short

_RELATIONS = {
    "inline": "inline",
    "same-origin": "the page's own origin",
    "same-site": "the same site",
    "cross-site": "another site",
    "other": "no web address",
}
_KINDS = {"classic": "script", "module": "module", "importmap": "import map", "speculationrules": "speculation rules"}
_INTEGRITY = {
    "valid": "bound by a hash",
    "invalid": "without effect",
    "refused": "bound by a hash that no file has",
    "none": "none",
    "inline": "",
}
_SIGNS = {
    "directory-listing": "directory listing",
    "default-page": "welcome page",
    "debug-page": "debug page",
    "dev-server": "development server",
    "stack-trace": "stack trace",
    "database-error": "database error",
    "file-path": "file path",
    "version": "version",
}
_PLACES = {"comment": "a comment", "link": "a link", "error-page": "an error page"}
_EXPOSURES = {
    "secret": "a secret",
    "token": "a token",
    "guess": "perhaps a secret",
    "identifier": "a name",
    "public": "made for pages",
}


def content_sheets(evidence: object) -> Iterator[Sheet]:
    """The inventory first, which PCI DSS asks for (6.4.3, 11.6.1), then counts, forms, and what was found."""
    if not isinstance(at(evidence, "scripts"), list):
        return
    reason = as_text(at(evidence, "no_page"))
    if reason:
        yield Sheet(title=short(f"No page was looked at: {reason}"), columns=(), rows=())
    else:
        yield from _page(evidence)
    yield from _found(evidence)


def _page(evidence: object) -> Iterator[Sheet]:
    parts = [*as_list(at(evidence, "scripts")), *as_list(at(evidence, "stylesheets"))]
    yield make_sheet(
        "Scripts and stylesheets of the page"
        + ("" if at(evidence, "complete") is True else " (as far as it was read)"),
        ("Kind", "Address or SHA-256", "Whose", "Integrity", "Over https", "Characters"),
        (_part(one) for one in parts),
    )
    yield make_sheet("", ("What runs and is named in the page", ""), _counts(evidence))
    forms = as_list(at(evidence, "forms"))
    if forms:
        yield make_sheet(
            "Forms",
            ("Method", "Sends to", "Whose", "Password", "Token", "By plain http to", "Fields"),
            (
                (
                    *cells(one, "method", "action"),
                    word(_RELATIONS, at(one, "relation")),
                    "yes" if at(one, "password") is True else "",
                    *cells(one, "token", "plain_target", "fields"),
                )
                for one in forms
            ),
        )
    mixed = as_list(at(evidence, "mixed"))
    if mixed:
        yield make_sheet(
            "Named by plain http",
            ("Kind", "Address", "Blocked by browsers"),
            ((*cells(one, "kind", "url"), as_text(at(one, "active"))) for one in mixed),
        )


def _part(one: object) -> tuple[str, ...]:
    state = ", ".join(filter(None, (word(_INTEGRITY, at(one, "integrity")), listed(at(one, "algorithms")))))
    kind = word(_KINDS, at(one, "kind")) + (" (nonce)" if at(one, "nonce") is True else "")
    inline = at(one, "url") is None
    where = as_text(at(one, "sha256")) if inline else as_text(at(one, "url"))
    size = as_text(at(one, "size")) if inline else ""
    return kind, where, word(_RELATIONS, at(one, "relation")), state, as_text(at(one, "secure")), size


def _counts(evidence: object) -> Iterator[tuple[str, str]]:
    inline = at(evidence, "inline")
    handlers = ", ".join(f"{name} ({as_text(count)})" for name, count in as_dict(at(inline, "handlers")).items())
    rows = (
        ("Inline scripts", as_text(at(inline, "scripts"))),
        ("Inline scripts with a nonce", as_text(at(inline, "scripts_with_nonce"))),
        ("Event handlers", handlers or "none"),
        ("javascript: addresses", as_text(at(inline, "javascript_urls"))),
        ("Inline styles", as_text(at(inline, "styles"))),
        ("CAPTCHA widgets", listed(at(evidence, "captchas")) or "none known"),
        ("Generator", listed(at(evidence, "generator")) or "none named"),
    )
    yield from rows


def _found(evidence: object) -> Iterator[Sheet]:
    suspects = as_list(at(evidence, "suspects"))
    if suspects:
        yield make_sheet(
            "Hosts with a record",
            ("Host", "Loaded", "Reported", "Source"),
            (cells(one, "host", "url", "since", "source") for one in suspects),
        )
    secrets = as_list(at(evidence, "secrets"))
    if secrets:
        yield make_sheet(
            "Keys and passwords (their values are nowhere in this report)",
            ("Kind", "What it is", "At", "Field", "Offset", "Characters", "SHA-256 begins", "Seen"),
            (
                (
                    as_text(at(one, "title")),
                    word(_EXPOSURES, at(one, "exposure")),
                    *cells(one, "url", "field", "offset", "length", "sha256", "seen"),
                )
                for one in secrets
            ),
        )
    signs = as_list(at(evidence, "signs"))
    if signs:
        yield make_sheet(
            "What pages are by their text",
            ("What", "Whose", "At", "Status", "Text"),
            ((word(_SIGNS, at(one, "kind")), *cells(one, "name", "url", "status", "excerpt")) for one in signs),
        )
    internal = as_list(at(evidence, "internal"))
    if internal:
        yield make_sheet(
            "Internal names and addresses",
            ("Name or address", "Stands in", "At"),
            ((as_text(at(one, "value")), word(_PLACES, at(one, "place")), as_text(at(one, "url"))) for one in internal),
        )
    maps = as_list(at(evidence, "source_maps"))
    if maps:
        yield make_sheet(
            "Source maps",
            ("Of", "Map", "Named by"),
            ((as_text(at(one, "url")), as_text(at(one, "map")) or "embedded", as_text(at(one, "by"))) for one in maps),
        )
