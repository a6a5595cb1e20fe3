"""The page: the parsed document of a body, read in the worker process where parsing it may take long."""

import asyncio

from scanner import isolate
from scanner.errors import Malformed, TooMuch
from scanner.model.evidence.http_exchanges import Exchange
from scanner.model.outcome import Stage
from scanner.model.page import Page

PARSE_SECONDS = 5.0
"""The longest that parsing a page may take in the worker; ordinary ones take a tenth of a second."""

HTML_TYPES = ("text/html", "application/xhtml+xml")
"""Media types that browsers show as a document of HTML."""

_NO_DOCUMENT = "its type is not HTML"


async def read_page(answer: Exchange, seconds: float = PARSE_SECONDS) -> Page:
    """The page that `answer` carries.

    Raises a `PeerFault` or `OwnFault` that says why there is none: no HTML, no text, or too costly to parse.
    """
    # A tenth of a second to load, and only where there is a page.
    from scanner.wire.html_page import needs_isolation, parse_page
    from scanner.wire.media_type import essence

    kind = essence(answer.values("content-type"))
    text = answer.body.text if answer.body is not None else None
    if text is None or (kind is not None and kind not in HTML_TYPES) or (kind is None and not _looks_like_html(text)):
        raise Malformed(_NO_DOCUMENT if text is not None else "its body could not be read as text")
    cut = answer.body is not None and (answer.body.note is not None or not answer.body.complete)
    if not needs_isolation(text):
        return parse_page(text, answer.url, cut)
    seconds = min(seconds, PARSE_SECONDS)
    try:
        async with asyncio.timeout(seconds):  # the wait for a free worker included
            return await isolate.run(parse_page, text, answer.url, cut, seconds=seconds)
    except TimeoutError:
        raise TooMuch(f"parsing the page took more than {seconds:g} s", stage=Stage.PARSE) from None


def _looks_like_html(text: str) -> bool:
    """Whether browsers take a body without a type for HTML (MIME Sniffing section 7.1, abridged)."""
    start = text[:200].lstrip().lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<body", "<script", "<title", "<!--", "<div", "<h1"))
