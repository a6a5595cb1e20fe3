"""Facts of the security headers as tables: on each answer, in meta elements, HSTS, and answers to other origins."""

from collections.abc import Iterator

from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word
from reports.facts.tree import short

_ANSWERS = (
    ("final", "On the page"),
    ("missing", "On the answer for a path that does not exist"),
    ("asset", "On a static file"),
)
_PAGE_HEADERS = (
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
)
"""Headers of which a page's table says also that they were not sent; HSTS has a table of its own."""

_ORIGINS = {
    "foreign": "another site",
    "null": "null, as sandboxed frames send",
    "suffix": "a name that begins like the host's",
    "prefix": "a name that ends like the host's",
    "plain": "the site itself over plain http",
}


def header_sheets(evidence: object) -> Iterator[Sheet]:
    """The tables of `http_headers`."""
    for key, words in _ANSWERS:
        document = at(evidence, key)
        if isinstance(document, dict):
            yield _answer(document, words, whole=key == "final")
    reason = as_text(at(evidence, "no_final"))
    if reason:
        yield Sheet(title=f"No page was judged: {short(reason)}", columns=(), rows=())
    yield from _metas(at(evidence, "final"))
    hsts = as_list(at(evidence, "hsts"))
    if hsts:
        yield make_sheet(
            "Strict-Transport-Security on each answer",
            ("URL", "As sent", "Problem"),
            (
                (as_text(at(one, "url")), listed(at(one, "raw"), " ⏎ ") or "not sent", as_text(at(one, "problem")))
                for one in hsts
            ),
        )
    yield from _cors(as_list(at(evidence, "cors")))


def _answer(document: object, words: str, *, whole: bool) -> Sheet:
    read = as_dict(at(document, "headers"))
    names = dict.fromkeys((*(_PAGE_HEADERS if whole else ()), *map(str, read)))
    return make_sheet(
        f"{words} ({', '.join(filter(None, cells(document, 'status', 'media_type')))})",
        ("Header", "As sent", "Problem"),
        ((name, listed(at(read, name, "raw"), " ⏎ ") or "not sent", _problem(at(read, name))) for name in names),
    )


def _problem(reading: object) -> str:
    """What is wrong with a header, or with its members."""
    of_parts = (
        f"{as_text(at(one, 'name'))}: {as_text(at(one, 'problem'))}"
        for one in as_list(at(reading, "parts"))
        if at(one, "problem")
    )
    return as_text(at(reading, "problem")) or "; ".join(of_parts)


def _metas(document: object) -> Iterator[Sheet]:
    referrer = as_text(at(document, "meta_referrer"))
    if referrer:
        yield Sheet(title=f"A meta element sets the referrer policy {short(referrer)}", columns=(), rows=())
    metas = as_list(at(document, "unheeded_metas"))
    if metas:
        yield make_sheet(
            "Meta elements without effect",
            ("Name", "As written", "Reason"),
            (cells(one, "name", "content", "reason") for one in metas),
        )


def _cors(answers: list[object]) -> Iterator[Sheet]:
    if answers:
        yield make_sheet(
            "Answers to requests with an Origin (CORS)",
            ("Origin", "Kind", "Request", "Status", "Allow-Origin", "Allow-Credentials", "Vary", "May be read"),
            (
                (
                    as_text(at(one, "origin")),
                    word(_ORIGINS, at(one, "kind")),
                    "preflight" if at(one, "preflight") is True else "simple",
                    *cells(one, "status", "allow_origin", "allow_credentials"),
                    "Origin" if at(one, "vary_origin") is True else "",
                    _reach(one),
                )
                for one in answers
            ),
        )


def _reach(answer: object) -> str:
    """Who may read an answer, in words."""
    if at(answer, "with_credentials") is True:
        return "yes, with cookies"
    return "yes, without cookies" if at(answer, "readable") is True else "no"
