"""An HTML document as values: what a browser would load, run and send, and which policies it sets itself.

`scanner.wire.html_page` makes it; rules ask it. What is inert (templates, comments, noscript with scripting on) is in
no list but `comments`. Every list is capped by the parser, and `more` says what the caps left out.
"""

import dataclasses
import enum
from collections.abc import Mapping

from scanner.model.peer import PeerText


class Relation(enum.StrEnum):
    """Whose a URL is, seen from the document."""

    INLINE = "inline"  # no URL: the content stands in the document
    SAME_ORIGIN = "same-origin"
    SAME_SITE = "same-site"  # same registrable domain, another host, scheme or port
    CROSS_SITE = "cross-site"
    OTHER = "other"  # no http or https URL: data:, blob:, javascript:, or none that can be read


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One URL of the document.

    `raw` is the attribute as written, `url` what it resolves to with the document's base (None where it cannot be read
    or is no http URL), `host` its host, `secure` whether it is https; None with `url`.
    """

    relation: Relation
    raw: PeerText
    url: PeerText | None = None
    host: PeerText | None = None
    secure: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """An integrity attribute (Subresource Integrity section 3.5): as written, and what browsers make of it.

    `algorithms` are those of the members that browsers act on (`sha256`, `sha384`, `sha512`, `ed25519`), each once, in
    order; without one they load the resource unchecked. `problem` says what is wrong with the first faulty member.
    `refused`: no value of the strongest algorithm has the right length, so browsers refuse whatever comes.
    """

    raw: PeerText
    algorithms: tuple[str, ...] = ()
    problem: str | None = None
    refused: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One script element.

    `link` is None for an inline one; `size` (characters) and `sha256` (hexadecimal, of the UTF-8 text) are of the
    inline content. `runs` is false for data blocks (`application/json` and other types that browsers do not run).
    `kind` is `classic`, `module`, `importmap`, `speculationrules` or `data`.
    """

    kind: str
    runs: bool
    link: Link | None = None
    size: int = 0
    sha256: str | None = None
    integrity: Integrity | None = None
    crossorigin: PeerText | None = None
    nonce: PeerText | None = None
    type: PeerText | None = None
    referrerpolicy: PeerText | None = None
    in_head: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Anything else that the document loads. `kind`: stylesheet, image, frame, media, object, font, preload, icon,
    manifest, form-image, other.
    """

    kind: str
    link: Link
    integrity: Integrity | None = None
    crossorigin: PeerText | None = None
    sandbox: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One control of a form: its type in lower case, its name, and whether it has a value (which is not kept)."""

    type: str
    name: PeerText
    has_value: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form: where it goes, how (`get`, `post`, `dialog`), and its controls.

    `other_actions` are where its submit buttons send it instead (formaction).
    """

    method: str
    action: Link
    fields: tuple[Field, ...] = ()
    other_actions: tuple[Link, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MetaPolicy:
    """A meta element that sets something, as written. `name` is the value of http-equiv or name in lower case.

    `in_head` says whether it is a child of head in the parsed document: only there a CSP counts.
    """

    name: PeerText
    content: PeerText
    http_equiv: bool
    in_head: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One parsed document.

    `url` is where it came from, `base` what its URLs resolve against, where a base element changes that. `metas` holds
    the elements with http-equiv or with a name that matters (`referrer`, `generator`, `robots`, `csrf-token` …).
    `handlers` counts inline event handler attributes by name, `javascript_urls` links to javascript:, `inline_styles`
    style attributes and elements. `comments` are the comments as written, cut. `noscript_scripts` and `noscript_metas`
    stand in noscript elements, so no browser that runs scripts heeds them. `truncated` says that the text was cut
    before it was parsed. `more` counts what was left out of each list by our caps.
    """

    url: PeerText
    title: PeerText | None = None
    base: PeerText | None = None
    metas: tuple[MetaPolicy, ...] = ()
    scripts: tuple[Script, ...] = ()
    resources: tuple[Resource, ...] = ()
    forms: tuple[Form, ...] = ()
    handlers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    javascript_urls: int = 0
    inline_styles: int = 0
    comments: tuple[PeerText, ...] = ()
    noscript_scripts: tuple[Script, ...] = ()
    noscript_metas: tuple[MetaPolicy, ...] = ()
    truncated: bool = False
    more: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def metas_of(self, name: str, *, http_equiv: bool) -> tuple[MetaPolicy, ...]:
        """The meta elements with this http-equiv or name, in order."""
        return tuple(one for one in self.metas if one.name == name and one.http_equiv is http_equiv)
