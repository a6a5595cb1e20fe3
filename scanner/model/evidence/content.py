"""Evidence of `content`: what the page loads, runs and sends, and what it and other answers give away.

No secret is ever kept: of each there is only its kind, its place, its length and a short hash.
"""

import dataclasses
import enum
from collections.abc import Mapping

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.page import Relation
from scanner.model.peer import PeerText


class IntegrityState(enum.StrEnum):
    """Whether a loaded file is pinned by its hash (Subresource Integrity)."""

    VALID = "valid"
    INVALID = "invalid"  # there is an attribute, but browsers find nothing in it that they know
    REFUSED = "refused"  # the hash has a length that no file can meet: browsers refuse the file
    NONE = "none"
    INLINE = "inline"  # nothing is loaded


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One script or stylesheet of the page: a row of the inventory.

    `url` and `host` are None for inline ones and for what is no web address; `sha256` and `size` (characters) are those
    of inline content. `secure` says whether it is loaded over https. `kind` is `classic`, `module`, `importmap`,
    `speculationrules`, `data` or `stylesheet`.
    """

    kind: str
    runs: bool
    relation: Relation
    url: PeerText | None = None
    host: PeerText | None = None
    secure: bool | None = None
    integrity: IntegrityState = IntegrityState.NONE
    algorithms: tuple[str, ...] = ()
    crossorigin: bool = False
    nonce: bool = False
    sha256: str | None = None
    size: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A host of the page's scripts that is known to have served harmful code, or belongs to who did.

    `served` tells the first from the second. `since` is the day of the report (ISO 8601), `source` its address.
    """

    host: PeerText
    url: PeerText
    served: bool
    since: str
    source: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Something that an https page loads by plain http. Browsers block what is `active`, and mend or show the rest."""

    kind: str
    active: bool
    url: PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """One form: where it goes, and what in it matters.

    `plain_target` is the address of plain http that it, or a button of it, sends to. `password` says whether it asks
    for one; `token` names the hidden field that looks like a token against forged requests. `fields` counts controls.
    """

    method: str
    relation: Relation
    action: PeerText | None = None
    plain_target: PeerText | None = None
    password: bool = False
    token: PeerText | None = None
    fields: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """Counts of what runs inline: scripts (and those with a nonce), handlers by name, javascript: URLs, styles."""

    scripts: int = 0
    scripts_with_nonce: int = 0
    handlers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    javascript_urls: int = 0
    styles: int = 0


class SignKind(enum.StrEnum):
    """What a page, or an error page, gives away by what it is."""

    DIRECTORY_LISTING = "directory-listing"
    DEFAULT_PAGE = "default-page"
    DEBUG_PAGE = "debug-page"
    DEV_SERVER = "dev-server"
    STACK_TRACE = "stack-trace"
    DATABASE_ERROR = "database-error"
    FILE_PATH = "file-path"
    VERSION = "version"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One such sign on one answer. `exchange` is its index in the evidence of `http_exchanges`.

    `name` is whose sign it is, in our words; `excerpt` what was found, cut.
    """

    kind: SignKind
    name: str
    exchange: int
    purpose: Purpose
    url: PeerText
    status: int
    excerpt: PeerText | None = None


class InternalPlace(enum.StrEnum):
    """Where an internal name or address stands."""

    COMMENT = "comment"
    LINK = "link"
    ERROR_PAGE = "error-page"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Internal:
    """A private address or an internal host name."""

    value: PeerText
    place: InternalPlace
    exchange: int
    url: PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """A source map that a script or stylesheet names. `embedded`: it is part of the file, as a data: URL."""

    url: PeerText
    map: PeerText | None
    embedded: bool
    exchange: int
    by: str


class Exposure(enum.StrEnum):
    """What it means that a found value is public."""

    SECRET = "secret"  # noqa: S105 - a word of the evidence, no secret
    TOKEN = "token"  # noqa: S105 - the same: a token for one visitor, or for all; nobody but the site can tell
    GUESS = "guess"  # named like a secret and looks random, but has no format of its own
    IDENTIFIER = "identifier"  # half of a pair: names an account, opens nothing alone
    PUBLIC = "public"  # made to stand in pages


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A found secret, without its value.

    `exchange` is the index of the answer in the evidence of `http_exchanges`, `field` the header's name or None for the
    body, `offset` the place in that text in characters. `sha256` has the first 8 hexadecimal digits, `starts` the first
    4 characters where the value is long enough to bear it. `verified`: a checksum or the structure inside is right.
    `seen` counts the places where the same value stands. `name` is what a guess is called there. `quoted`: all these
    places are in elements for quoted code on pages that are no errors, as the examples of manuals are.
    """

    kind: str
    title: str
    exposure: Exposure
    verified: bool
    exchange: int
    purpose: Purpose
    url: PeerText
    offset: int
    length: int
    sha256: str
    field: PeerText | None = None
    starts: PeerText | None = None
    name: PeerText | None = None
    seen: int = 1
    quoted: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of one endpoint's page, and what other answers of the named host give away.

    `url` is the page's; None where no page was read, and then `no_page` says why and everything that only a page has is
    empty. `complete` is false where only its beginning was read, or our caps left something out. `answers` counts the
    answers that were searched, `errors` those with a status of 400 or more, `files` the scripts and stylesheets; `cut`
    counts those of the answers of which only the beginning was read.
    `scripts` and `stylesheets` are the inventory, in the order of the page. `csrf_meta` says whether a meta element
    holds a token for forms. `hosts_dated` is the day of the list behind `suspects`.
    """

    url: PeerText | None = None
    no_page: str | None = None
    secure: bool | None = None
    complete: bool = True
    answers: int = 0
    errors: int = 0
    files: int = 0
    cut: int = 0
    scripts: tuple[Part, ...] = ()
    stylesheets: tuple[Part, ...] = ()
    inline: Inline = dataclasses.field(default_factory=Inline)
    suspects: tuple[Suspect, ...] = ()
    hosts_dated: str | None = None
    mixed: tuple[Mixed, ...] = ()
    forms: tuple[FormFacts, ...] = ()
    csrf_meta: bool = False
    captchas: tuple[str, ...] = ()
    generator: tuple[PeerText, ...] = ()
    signs: tuple[Sign, ...] = ()
    internal: tuple[Internal, ...] = ()
    source_maps: tuple[SourceMap, ...] = ()
    secrets: tuple[Secret, ...] = ()
    block: PeerText | None = None
