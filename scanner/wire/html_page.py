"""HTML documents: what a browser would load, run and send (WHATWG HTML), as a `Page`.

Rule of the room: the tree is the HTML standard's, built by `justhtml` with scripting on, so that templates, comments
and noscript are inert. The text is cut first and every list is capped; the walk keeps no Python stack.
"""

import contextlib
import hashlib
import re
from collections import Counter

from justhtml import JustHTML
from justhtml.dom import Element, Template

from scanner.errors import Malformed
from scanner.model.page import Field, Form, Link, MetaPolicy, Page, Relation, Resource, Script
from scanner.model.peer import PeerText, peer_text
from scanner.wire.html_names import (
    HANDLERS,
    JAVASCRIPT_TYPES,
    LINK_KINDS,
    LOADING_ATTRIBUTES,
    METAS,
    SCRIPT_KINDS,
)
from scanner.wire.integrity import parse_integrity
from scanner.wire.page_url import read_link, resolve_as_browser, scheme_of
from scanner.wire.urls import HttpUrl, parse_url

MAX_TEXT = 512 * 1024
"""Characters of a document that are parsed."""

MAX_NOSCRIPT = 32 * 1024
"""Characters of noscript elements that are read."""

MAX_SCRIPTS = 300
"""Script elements that are kept; pages with many have a hundred."""

MAX_RESOURCES = 500
"""Other loaded things that are kept."""

MAX_FORMS = 50
"""Forms that are kept."""

MAX_FIELDS = 100
"""Controls of one form that are kept."""

MAX_METAS = 50
"""Meta elements that are kept, of those that set something."""

MAX_COMMENTS = 100
"""Comments that are kept."""

LONGEST_COMMENT = 1000
"""Characters of a comment that are kept."""

LONGEST_TITLE = 300
"""Characters of the title that are kept."""

LONGEST_META = 16 * 1024
"""Characters of a meta element's content that are kept: a policy may be as long as a header."""

LONGEST_ATTRIBUTE = 500
"""Characters of any other attribute that are kept."""

SAFE_COST = 400_000
"""Elements that the parser may have to make before a document belongs in the worker; some 2 s at the worst."""

_TAG = re.compile(r"<[A-Za-z]")
# Formatting elements are made anew in every block while they stay open (HTML section 13.2.4.3), and the insertion modes
# of open templates are gone through again and again: with many of them the work grows with the square of the text.
_REPEATED = re.compile(
    r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u|template)[\t\n\f\r />]", re.IGNORECASE
)
_SPACE = " \t\n\f\r"
_SPACES = re.compile(r"[ \t\n\f\r]+")
_CANDIDATE = re.compile(r"[ \t\n\f\r,]*([^ \t\n\f\r]+)[^,]*,?")
_CONTROLS = frozenset({"input", "select", "textarea", "button"})
_LIVE_TEMPLATES = frozenset({"open", "closed"})


def needs_isolation(text: str) -> bool:
    """Whether parsing `text` belongs in the worker process (`scanner.isolate`), because it may take seconds.

    An upper bound that no markup gets round: every repeated element may be made again at every tag.
    """
    text = text[:MAX_TEXT]
    return len(_TAG.findall(text)) * len(_REPEATED.findall(text)) > SAFE_COST


def parse_page(text: str, url: str, cut: bool = False) -> Page:
    """The document `text` that came from `url` (absolute, http or https); `cut` says that it is a beginning only.

    Ordinary documents take 0.4 ms a KiB. Where `needs_isolation` says so, call it through `scanner.isolate`
    (`probes.page_reader` does). Raises `Malformed` for any other URL.
    """
    document = parse_url(url)
    try:
        tree = JustHTML(text[:MAX_TEXT], sanitize=False, scripting_enabled=True).root
    except (RecursionError, ValueError) as error:
        raise Malformed(f"the document cannot be parsed ({type(error).__name__})") from None
    return _Reader(document, url).page(tree, truncated=cut or len(text) > MAX_TEXT)


class _Reader:
    """Walks one tree and gathers what a `Page` holds."""

    def __init__(self, document: HttpUrl, url: str) -> None:
        self.document = document
        self.base = document
        self.url = url
        self.has_base = False
        self.title: PeerText | None = None
        self.metas: list[MetaPolicy] = []
        self.scripts: list[Script] = []
        self.resources: list[Resource] = []
        self.forms: list[_FormReader] = []
        self.form_of: dict[int, _FormReader] = {}
        self.named_forms: dict[str, _FormReader] = {}
        self.loose: list[tuple[str, str, Element]] = []
        self.handlers: Counter[str] = Counter()
        self.javascript_urls = 0
        self.inline_styles = 0
        self.comments: list[PeerText] = []
        self.noscripts: list[str] = []
        self.more: Counter[str] = Counter()

    def page(self, tree: object, *, truncated: bool) -> Page:
        """The `Page` of a whole tree."""
        self._walk(tree)
        for name, form_id, element in self.loose:
            if form_id in self.named_forms:
                self.named_forms[form_id].add(self, name, element)
        unheeded = self._in_noscript()
        return Page(
            url=peer_text(self.url),
            title=self.title,
            base=peer_text(str(self.base)) if self.has_base else None,
            metas=tuple(self.metas),
            scripts=tuple(self.scripts),
            resources=tuple(self.resources),
            forms=tuple(form.form(self) for form in self.forms),
            handlers=dict(sorted(self.handlers.items())),
            javascript_urls=self.javascript_urls,
            inline_styles=self.inline_styles,
            comments=tuple(self.comments),
            noscript_scripts=tuple(unheeded.scripts),
            noscript_metas=tuple(unheeded.metas),
            truncated=truncated,
            more={name: count for name, count in self.more.items() if count},
        )

    def link(self, raw: str) -> Link:
        """The link of an attribute, with the base as it stands now."""
        return read_link(self.document, self.base, raw)

    def _in_noscript(self) -> "_Reader":
        """What the noscript elements hold, mere text to a browser that runs scripts; nothing where it is unreadable."""
        reader = _Reader(self.document, self.url)
        reader.base = self.base
        text = "".join(self.noscripts)[:MAX_NOSCRIPT]
        if text and not needs_isolation(text):
            with contextlib.suppress(RecursionError, ValueError):
                reader._walk(JustHTML(text, sanitize=False, scripting_enabled=True).root)
        return reader

    def _walk(self, tree: object) -> None:
        # Each entry: a node, the form around it, whether it is in the document's own tree (and no shadow tree).
        waiting: list[tuple[object, _FormReader | None, bool]] = [(tree, None, True)]
        while waiting:
            node, form, own = waiting.pop()
            if isinstance(node, Element):
                form = self._element(node, form, own=own)
            elif getattr(node, "name", "") == "#comment":
                self._comment(str(getattr(node, "data", "") or ""))
            children = getattr(node, "children", None) or ()
            if isinstance(node, Template) and _attribute(node, "shadowrootmode").lower() in _LIVE_TEMPLATES:
                children, own = getattr(node.template_content, "children", None) or (), False
            waiting.extend((child, form, own) for child in reversed(children))

    def _comment(self, text: str) -> None:
        if len(self.comments) < MAX_COMMENTS:
            self.comments.append(peer_text(text, limit=LONGEST_COMMENT))
        else:
            self.more["comments"] += 1

    def _element(self, element: Element, form: "_FormReader | None", *, own: bool) -> "_FormReader | None":
        name, attrs = element.name.lower(), element.attrs
        for attribute in attrs:
            if attribute in HANDLERS:
                self.handlers[attribute] += 1
        if "style" in attrs or name == "style":
            self.inline_styles += 1
        if name == "script":
            self._script(element)
        elif element.namespace == "html":
            form = self._html_element(name, element, form, own=own)
        elif name == "a":
            self._javascript_url(_either(element, "href", "xlink:href"))
        if len(attrs):
            self._resources(name, element)
        return form

    def _html_element(
        self, name: str, element: Element, form: "_FormReader | None", *, own: bool
    ) -> "_FormReader | None":
        if name in _CONTROLS:
            self._control(name, element, form)
        elif name == "form":
            form = self._form(element)
        elif name == "meta":
            self._meta(element)
        elif name in {"a", "area"}:
            self._javascript_url(_attribute(element, "href"))
        elif name == "base" and own and not self.has_base and "href" in element.attrs:
            base = resolve_as_browser(self.document, _attribute(element, "href"))
            self.base, self.has_base = base or self.document, True
        elif name == "title" and self.title is None:
            text = _SPACES.sub(" ", _text(element)).strip(" ")
            self.title = peer_text(text, limit=LONGEST_TITLE)
        elif name == "link":
            self._link_element(element)
        elif name == "noscript":
            self.noscripts.append(_text(element))
        elif name == "iframe" and "srcdoc" in element.attrs:
            self._resource("frame", Link(relation=Relation.INLINE, raw=peer_text("about:srcdoc")), element)
        return form

    def _script(self, element: Element) -> None:
        if len(self.scripts) >= MAX_SCRIPTS:
            self.more["scripts"] += 1
            return
        source = "href" if element.namespace == "svg" else "src"
        external = source in element.attrs or (source == "href" and "xlink:href" in element.attrs)
        raw = _either(element, source, "xlink:href") if external else ""
        content = "" if external else _text(element)
        kind = _script_kind(element)
        self.scripts.append(
            Script(
                kind=kind,
                runs=kind != "data" and bool(raw if external else content),
                link=self.link(raw) if external else None,
                size=len(content),
                sha256=None if external else hashlib.sha256(content.encode("utf-8", "replace")).hexdigest(),
                integrity=parse_integrity(_attribute(element, "integrity")) if "integrity" in element.attrs else None,
                crossorigin=_kept(element, "crossorigin"),
                nonce=_kept(element, "nonce"),
                type=_kept(element, "type"),
                referrerpolicy=_kept(element, "referrerpolicy"),
                in_head=_parent_name(element) == "head",
            )
        )

    def _meta(self, element: Element) -> None:
        named = [("http-equiv", True)] if "http-equiv" in element.attrs else []
        named += [("name", False)] if "name" in element.attrs else []
        for attribute, http_equiv in named:
            name = _attribute(element, attribute).strip(_SPACE).lower()
            if not name or not (http_equiv or name in METAS):
                continue
            if len(self.metas) >= MAX_METAS:
                self.more["metas"] += 1
                continue
            self.metas.append(
                MetaPolicy(
                    name=peer_text(name, limit=LONGEST_ATTRIBUTE),
                    content=peer_text(_attribute(element, "content"), limit=LONGEST_META),
                    http_equiv=http_equiv,
                    in_head=_parent_name(element) == "head",
                )
            )

    def _link_element(self, element: Element) -> None:
        relations = set(_SPACES.split(_attribute(element, "rel").lower()))
        kind = next((kind for relation, kind in LINK_KINDS.items() if relation in relations), None)
        if kind == "preload" and _attribute(element, "as").lower() == "font":
            kind = "font"
        if kind is not None and _attribute(element, "href"):
            self._resource(kind, self.link(_attribute(element, "href")), element)

    def _resources(self, name: str, element: Element) -> None:
        for attribute, raw in element.attrs.items():
            if attribute in {"srcset", "imagesrcset"} and name in {"img", "source", "link"}:
                for match in _CANDIDATE.finditer((raw or "")[: LONGEST_ATTRIBUTE * 8]):
                    self._resource("image", self.link(match[1].rstrip(",")), element)
                continue
            kind = LOADING_ATTRIBUTES.get((name, attribute))
            if kind is None or not raw or (name == "input" and _attribute(element, "type").lower() != "image"):
                continue
            self._javascript_url(raw)
            if not raw.startswith("#"):
                self._resource(kind, self.link(raw), element)

    def _resource(self, kind: str, link: Link, element: Element) -> None:
        if len(self.resources) >= MAX_RESOURCES:
            self.more["resources"] += 1
            return
        integrity = parse_integrity(_attribute(element, "integrity")) if "integrity" in element.attrs else None
        self.resources.append(
            Resource(
                kind=kind,
                link=link,
                integrity=integrity,
                crossorigin=_kept(element, "crossorigin"),
                sandbox=_kept(element, "sandbox"),
            )
        )

    def _javascript_url(self, raw: str) -> None:
        self.javascript_urls += scheme_of(raw) == "javascript"

    def _form(self, element: Element) -> "_FormReader | None":
        if len(self.forms) >= MAX_FORMS:
            self.more["forms"] += 1
            return None
        form = _FormReader(element)
        self.forms.append(form)
        self._javascript_url(_attribute(element, "action"))
        name = _attribute(element, "id")
        if name:
            self.named_forms.setdefault(name, form)
        return form

    def _control(self, name: str, element: Element, form: "_FormReader | None") -> None:
        if "formaction" in element.attrs:
            self._javascript_url(_attribute(element, "formaction"))
        if "form" in element.attrs:
            self.loose.append((name, _attribute(element, "form"), element))
            return
        if form is None and self.forms and self.forms[-1].is_empty:
            form = self.forms[-1]  # a form in a table is closed at once, and owns what follows (its "form pointer")
        if form is not None:
            form.add(self, name, element)


class _FormReader:
    """One form element, and the controls found so far."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.is_empty = not element.children
        self.fields: list[Field] = []
        self.other_actions: list[str] = []

    def add(self, reader: _Reader, name: str, element: Element) -> None:
        """Takes one control in."""
        if len(self.fields) >= MAX_FIELDS:
            reader.more["fields"] += 1
            return
        kind = _attribute(element, "type").strip().lower() if name in {"input", "button"} else name
        self.fields.append(
            Field(
                type=kind[:LONGEST_ATTRIBUTE] or ("text" if name == "input" else "submit"),
                name=peer_text(_attribute(element, "name"), limit=LONGEST_ATTRIBUTE),
                has_value=bool(_text(element) if name == "textarea" else _attribute(element, "value")),
            )
        )
        if "formaction" in element.attrs:
            self.other_actions.append(_attribute(element, "formaction"))

    def form(self, reader: _Reader) -> Form:
        """The form; its URLs are read with the document's final base, as they are when it is sent."""
        method = _attribute(self.element, "method").lower()
        return Form(
            method=method if method in {"post", "dialog"} else "get",
            action=self._action(reader, _attribute(self.element, "action")),
            fields=tuple(self.fields),
            other_actions=tuple(self._action(reader, raw) for raw in self.other_actions),
        )

    @staticmethod
    def _action(reader: _Reader, raw: str) -> Link:
        # Without an action a form goes to the document itself, whatever the base (HTML section 4.10.21.3).
        return reader.link(raw) if raw else read_link(reader.document, reader.document, "")


def _script_kind(element: Element) -> str:
    """`classic`, `module`, `importmap`, `speculationrules` or `data` (HTML section 4.12.1.1)."""
    named, language = _attribute(element, "type"), _attribute(element, "language")
    if not named and "type" not in element.attrs and language:
        named = f"text/{language}"
    if not named:
        return "classic"
    named = named.strip(_SPACE).lower()
    if named in JAVASCRIPT_TYPES:
        return "classic"
    return named if named in SCRIPT_KINDS else "data"


def _attribute(element: Element, name: str) -> str:
    return element.attrs.get(name) or ""


def _either(element: Element, first: str, second: str) -> str:
    return _attribute(element, first) if first in element.attrs else _attribute(element, second)


def _kept(element: Element, name: str) -> PeerText | None:
    return peer_text(_attribute(element, name), limit=LONGEST_ATTRIBUTE) if name in element.attrs else None


def _parent_name(element: Element) -> str:
    return getattr(element.parent, "name", "") or ""


def _text(element: Element) -> str:
    """The text directly in an element."""
    return "".join(str(child.data or "") for child in element.children or () if child.name == "#text")
