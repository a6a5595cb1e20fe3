"""The content of the page and of other answers: what is loaded, run and sent, and what they give away."""

from collections.abc import Sequence

from probes.content_answers import internal_in_errors, is_cut, secrets_of, signs_of, source_maps_of
from probes.content_page import (
    captchas_of,
    forms_of,
    has_token,
    inline_of,
    internal_in_page,
    mixed_of,
    parts_of,
    suspects_of,
)
from scanner.model.evidence.content import Content, Sign, SignKind
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.page import Page
from scanner.wire.page_signs import dev_server
from scanner.wire.script_hosts import DATED

UNSEARCHED = frozenset({Purpose.TRACE, Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS})
"""Answers that repeat our own request, or that are those of another host at the address."""

FILES = frozenset({Purpose.ASSET, Purpose.SCRIPT})
"""Purposes whose answers are scripts and stylesheets."""


def read_content(seen: HttpExchanges) -> Content:
    """The evidence of `content` out of the exchanges; other hosts' answers are not read."""
    answers = [
        (place, one)
        for place, one in enumerate(seen.exchanges)
        if one.answered and (one.own or one.same_host) and one.purpose not in UNSEARCHED
    ]
    page, document = seen.page, seen.document
    signs = signs_of(answers)
    content = Content(
        no_page=_no_page(seen),
        answers=len(answers),
        errors=sum((one.status or 0) >= 400 for _, one in answers),
        files=sum(one.purpose in FILES and one.status == 200 for _, one in answers),
        cut=sum(is_cut(one) for _, one in answers),
        signs=signs,
        internal=internal_in_errors(answers),
        source_maps=source_maps_of(answers),
        secrets=secrets_of(answers),
        block=seen.block,
    )
    if page is None or document is None:
        return content
    return _with_page(content, page, document, next((place for place, one in answers if one is document), 0))


def _with_page(content: Content, page: Page, document: Exchange, place: int) -> Content:
    scripts, stylesheets = parts_of(page)
    return Content(
        url=page.url,
        secure=page.url.lower().startswith("https:"),
        complete=not page.truncated and not page.more,
        answers=content.answers,
        errors=content.errors,
        files=content.files,
        cut=content.cut,
        scripts=scripts,
        stylesheets=stylesheets,
        inline=inline_of(page),
        suspects=suspects_of((*scripts, *stylesheets)),
        hosts_dated=DATED,
        mixed=mixed_of(page),
        forms=forms_of(page),
        csrf_meta=has_token(page),
        captchas=captchas_of(page, (document.body.text if document.body else None) or ""),
        generator=tuple(meta.content for meta in page.metas_of("generator", http_equiv=False)),
        signs=(*content.signs, *_dev_servers(page, document, place)),
        internal=(*internal_in_page(page, place), *content.internal),
        source_maps=content.source_maps,
        secrets=content.secrets,
        block=content.block,
    )


def _dev_servers(page: Page, document: Exchange, place: int) -> Sequence[Sign]:
    found = {
        name: script.link.url
        for script in reversed(page.scripts)
        if script.link is not None and script.link.url is not None and (name := dev_server(script.link.url))
    }
    return [
        Sign(
            kind=SignKind.DEV_SERVER,
            name=name,
            exchange=place,
            purpose=document.purpose,
            url=document.url,
            status=document.status or 0,
            excerpt=url,
        )
        for name, url in found.items()
    ]


def _no_page(seen: HttpExchanges) -> str | None:
    """Why there is no page to look at; None where there is one."""
    if seen.page is not None and seen.document is not None:
        return None
    if seen.document is None:
        return "no document of the site came"
    return seen.left_out.get("page", "the document is no HTML that could be read")
