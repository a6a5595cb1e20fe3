"""Facts of the security headers as tables: on each answer, in meta elements, HSTS, and answers to other origins."""

from collections.abc import Iterator

from reports.facts.policies import policy_sheets
from reports.facts.purposes import PURPOSES
from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word
from reports.facts.tree import short
from reports.wording import several

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

_MOST_PLACES = 3  # answers of one kind that are named
_ORIGINS = {
    "foreign": "another site",
    "null": "null, as sandboxed frames send",
    "suffix": "a name that begins like the host's",
    "prefix": "a name that ends like the host's",
    "plain": "the site itself over plain http",
}


def header_sheets(evidence: object) -> Iterator[Sheet]:
    """The tables of `http_headers`."""
    page = as_dict(at(evidence, "final", "headers"))
    for key, words in _ANSWERS:
        document = at(evidence, key)
        if isinstance(document, dict):
            yield _answer(document, words, {} if key == "final" else page, whole=key == "final")
    reason = as_text(at(evidence, "no_final"))
    if reason:
        yield Sheet(title=f"No page was judged: {short(reason)}", columns=(), rows=())
    yield from policy_sheets(at(evidence, "final", "csp"))
    yield from _metas(at(evidence, "final"))
    yield from _hsts(as_list(at(evidence, "hsts")))
    yield from _cors(as_list(at(evidence, "cors")))


def _answer(document: object, words: str, page: dict[str, object], *, whole: bool) -> Sheet:
    """The headers of one answer; those that are as on the page, if that is another, are only named."""
    read = as_dict(at(document, "headers"))
    names = dict.fromkeys((*(_PAGE_HEADERS if whole else ()), *map(str, read)))
    alike = [name for name in names if name in page and page[name] == at(read, name)]
    rows = [
        (name, listed(at(read, name, "raw"), " ⏎ ") or "not sent", _problem(at(read, name)))
        for name in names
        if name not in alike
    ]
    if alike:
        rows.append((", ".join(alike), "as on the page", ""))
    about = ", ".join(filter(None, cells(document, "status", "media_type")))
    return make_sheet(f"{words} ({about})", ("Header", "As sent", "Problem"), rows)


def _hsts(readings: list[object]) -> Iterator[Sheet]:
    """What each site says, with the answers that say it."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in readings:
        scheme = "http" if at(one, "secure") is False else "https"
        raw = listed(at(one, "raw"), " ⏎ ") or "not sent"
        key = (f"{scheme}://{as_text(at(one, 'host'))}", raw, as_text(at(one, "problem")))
        found.setdefault(key, {})[word(PURPOSES, at(one, "purpose"))] = None
    if found:
        yield make_sheet(
            "Strict-Transport-Security",
            ("Site", "As sent", "Problem", "Seen on"),
            ((*key, several(places, _MOST_PLACES, "; ")) for key, places in found.items()),
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
