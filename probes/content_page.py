"""What the parsed page says: its inventory of scripts, what is inline, mixed content, forms, internal names."""

import re
from collections.abc import Iterator, Mapping, Sequence

from scanner.model.evidence.content import (
    FormFacts,
    Inline,
    IntegrityState,
    Internal,
    InternalPlace,
    Mixed,
    Part,
    Suspect,
)
from scanner.model.page import Form, Integrity, Link, Page, Relation, Resource, Script
from scanner.model.peer import PeerText, peer_text
from scanner.wire.internal_names import internal_names
from scanner.wire.script_hosts import captcha_of, captcha_places, compromised

LONGEST_URL = 500
"""Characters of a URL that the inventory keeps."""

MAX_ROWS = 100
"""Rows of the shorter lists that are kept."""

_TOKEN = re.compile(
    r"csrf|xsrf|forgery|authenticity_token|requestverificationtoken|token$|form_?(?:key|token|build_id)|^[0-9a-f]{32}$|nonce|sesskey"
    r"|viewstate|__eventvalidation|^state$|^\$?action_(?:id|key|ref)|captcha|security_?token|^_?wpnonce|hash$|signature"
    r"|formhash|^_method_token|ticket|oauth|^session_?code$|^execution$|^lt$",
    re.IGNORECASE,
)
"""Names of hidden fields, or of parameters in the action, that hold a token against forged requests or do its work."""

_ACTIVE: Mapping[str, bool | None] = {
    "stylesheet": True,
    "frame": True,
    "object": True,
    "font": True,
    "manifest": True,
    "image": False,
    "media": False,
    "icon": False,
    "form-image": False,
}
"""Kinds of resources: blocked as mixed content by browsers, or shown or upgraded (Mixed Content sections 3.1, 3.2)."""


def parts_of(page: Page) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The inventory: the scripts and the stylesheets of the page."""
    styles = [one for one in page.resources if one.kind == "stylesheet"]
    return tuple(map(_script, page.scripts)), tuple(map(_stylesheet, styles))


def _script(script: Script) -> Part:
    link = script.link
    return Part(
        kind=script.kind,
        runs=script.runs,
        relation=Relation.INLINE if link is None else link.relation,
        url=_url(link),
        host=None if link is None else link.host,
        secure=None if link is None else link.secure,
        integrity=IntegrityState.INLINE if link is None else _state(script.integrity),
        algorithms=script.integrity.algorithms if script.integrity else (),
        crossorigin=script.crossorigin is not None,
        nonce=bool(script.nonce),
        sha256=script.sha256,
        size=script.size,
    )


def _stylesheet(resource: Resource) -> Part:
    return Part(
        kind="stylesheet",
        runs=False,
        relation=resource.link.relation,
        url=_url(resource.link),
        host=resource.link.host,
        secure=resource.link.secure,
        integrity=_state(resource.integrity),
        algorithms=resource.integrity.algorithms if resource.integrity else (),
        crossorigin=resource.crossorigin is not None,
    )


def _state(integrity: Integrity | None) -> IntegrityState:
    if integrity is None or not integrity.raw.strip():
        return IntegrityState.NONE
    if integrity.refused:
        return IntegrityState.REFUSED
    return IntegrityState.VALID if integrity.algorithms else IntegrityState.INVALID


def _url(link: Link | None) -> PeerText | None:
    return None if link is None else peer_text(link.url or link.raw, limit=LONGEST_URL)


def inline_of(page: Page) -> Inline:
    """What runs inline."""
    inline = [one for one in page.scripts if one.link is None and one.runs]
    return Inline(
        scripts=len(inline),
        scripts_with_nonce=sum(bool(one.nonce) for one in inline),
        handlers=page.handlers,
        javascript_urls=page.javascript_urls,
        styles=page.inline_styles,
    )


def suspects_of(parts: Sequence[Part]) -> tuple[Suspect, ...]:
    """The parts that come from hosts with a record, each host once."""
    found: dict[str, Suspect] = {}
    for one in parts:
        known = compromised(one.host) if one.host is not None else None
        if known is not None and one.host is not None and one.url is not None:
            suspect = Suspect(host=one.host, url=one.url, served=known.served, since=known.since, source=known.source)
            found.setdefault(one.host, suspect)
    return tuple(found.values())


def mixed_of(page: Page) -> tuple[Mixed, ...]:
    """What an https page loads by plain http; nothing on other pages."""
    if not page.url.lower().startswith("https:"):
        return ()
    loaded = [("script", True, one.link) for one in page.scripts if one.link is not None and one.runs]
    loaded += [(one.kind, active, one.link) for one in page.resources if (active := _ACTIVE.get(one.kind)) is not None]
    found = {
        (kind, link.url): Mixed(kind=kind, active=active, url=peer_text(link.url, limit=LONGEST_URL))
        for kind, active, link in loaded
        if link.secure is False and link.url is not None
    }
    return tuple(found.values())[:MAX_ROWS]


def forms_of(page: Page) -> tuple[FormFacts, ...]:
    """The forms."""
    return tuple(_form(one) for one in page.forms)


def _form(form: Form) -> FormFacts:
    targets = (form.action, *form.other_actions)
    plain = next((one.url for one in targets if one.secure is False), None)
    hidden = [one for one in form.fields if one.type == "hidden" and one.has_value]
    token = next((one.name for one in hidden if _TOKEN.search(one.name)), None) or _token_in(form.action)
    return FormFacts(
        method=form.method,
        relation=form.action.relation,
        action=_url(form.action),
        plain_target=None if plain is None else peer_text(plain, limit=LONGEST_URL),
        password=any(one.type == "password" for one in form.fields),
        token=token,
        fields=len(form.fields),
    )


def _token_in(action: Link) -> PeerText | None:
    """The name of a token in the query of an action, where Keycloak and some others have it."""
    query = (action.url or "").partition("#")[0].partition("?")[2]
    pairs = (pair.partition("=") for pair in query.split("&")[:MAX_ROWS])
    return next((peer_text(name, limit=80) for name, _, value in pairs if value and _TOKEN.search(name[:80])), None)


def has_token(page: Page) -> bool:
    """Whether a meta element holds a token that scripts send with forms."""
    return any(not meta.http_equiv and meta.content and _TOKEN.search(meta.name) for meta in page.metas)


def captchas_of(page: Page, text: str) -> tuple[str, ...]:
    """The CAPTCHA widgets of the page, by the addresses of its scripts and frames, and by classes in its text."""
    links = [one.link for one in page.scripts if one.link] + [one.link for one in page.resources if one.kind == "frame"]
    loaded = [name for link in links if link.url and (name := captcha_of(link.url))]
    return tuple(dict.fromkeys((*loaded, *captcha_places(text))))


def internal_in_page(page: Page, exchange: int) -> tuple[Internal, ...]:
    """Private addresses and internal names in the comments and links of the page, the page's own host left out."""
    found: dict[str, Internal] = {}
    for place, text in _texts(page):
        for value in internal_names(text, prose=place is InternalPlace.COMMENT):
            if f"//{value}" not in f"{page.url.lower()}":
                row = Internal(value=peer_text(value), place=place, exchange=exchange, url=page.url)
                found.setdefault(value, row)
    return tuple(found.values())[:MAX_ROWS]


def _texts(page: Page) -> Iterator[tuple[InternalPlace, str]]:
    for comment in page.comments:
        yield InternalPlace.COMMENT, comment
    links = [one.link for one in page.scripts if one.link] + [one.link for one in page.resources]
    for link in (*links, *(one.action for one in page.forms)):
        if link.url is not None and link.relation is not Relation.SAME_ORIGIN:
            yield InternalPlace.LINK, link.url
