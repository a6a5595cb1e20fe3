"""The plan: what is asked of a site after its entries, in which order, and when it is left out.

Rule of the room: a table of steps in the order of the wire. Ordinary GETs come first, what servers may count as a
refusal comes last. Each step looks at what came before and says its questions, or why it has none.
"""

import dataclasses
from collections.abc import Callable, Sequence

from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.http_headers import OriginKind
from scanner.model.options import Profile, ScanOptions
from scanner.model.page import Link, Relation
from scanner.model.target import Endpoint, Target
from scanner.net.http_session import Manner
from scanner.net.session import Session
from scanner.wire.host import sibling_of
from scanner.wire.origins import FOREIGN_ORIGIN, origins
from scanner.wire.public_suffix import registrable
from scanner.wire.urls import DEFAULT_PORTS, HttpUrl, parse_url

QUESTION_SECONDS = 8.0
"""The longest that one of these requests may take, its answer included."""

MAX_SCRIPTS = 5
"""First-party scripts that are read, the asset included where it is one."""

SCRIPT_BYTES = 1024 * 1024
"""Bytes of all of them together."""

SECURITY_TXT_HOPS = 2
"""Redirects that are followed to the security.txt (RFC 9116 section 3 allows them)."""

ROBOTS_HOPS = 1
"""Redirects that are followed to the robots.txt; robots follow five (RFC 9309 section 2.3.1.2)."""

MARK_FIELD = "X-Leadline-Mark"
"""The field of the TRACE request that an echo must show."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request of a step.

    `newer` asks it over the connection that offers HTTP/2. `endpoint` is where it goes where its URL does not say.
    `if_found` leaves it out where the host has no address that may be asked. `hops` redirects are followed.
    """

    url: HttpUrl
    manner: Manner
    newer: bool = False
    endpoint: Endpoint | None = None
    if_found: bool = False
    hops: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What nobody can guess: the word in paths and host names, and the mark that an echo of TRACE must show."""

    path: str
    mark: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a step may look at.

    `base` is the root of the named host that answered, https before http, and `place` where that is.
    """

    target: Target
    options: ScanOptions
    seen: HttpExchanges
    base: HttpUrl
    place: Endpoint
    words: Words

    @property
    def document(self) -> Exchange | None:
        """The document, where there is one."""
        return self.seen.document

    @property
    def document_url(self) -> HttpUrl:
        """Its URL. Ask only where there is one."""
        assert self.document is not None
        return parse_url(self.document.url)

    def given(self, host: str, port: int | None = None) -> bool:
        """Whether `--resolve` names the host, at this port where there is one."""
        return any(one.host == host and port in {None, one.port} for one in self.options.overrides)


def plain_entry(session: Session) -> HttpUrl | None:
    """`http://host/`, where it is asked: beside an https target at the default ports, or where `--resolve` names it."""
    target = session.target
    if target.scheme != "https" or session.endpoint is None:
        return None
    default = target.port == session.endpoint.port == 443
    named = any(one.host == target.host and one.port == 80 for one in session.options.overrides)
    return HttpUrl(scheme="http", host=target.host, port=80) if default or named else None


_PLAIN = Manner(seconds=QUESTION_SECONDS)
_ODD = Manner(private=False, again=False, seconds=QUESTION_SECONDS)
"""What some servers refuse by hanging up: asked once, and without the user's own fields."""


class Nothing(str):
    """Why a step has no question: the site has nothing of the kind."""

    __slots__ = ()


_NO_PAGE = "the document is no HTML page that could be read"

Asked = Sequence[Question] | str
"""The questions of a step, or why there are none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One purpose. `spare` requests are kept for what comes later and matters more; `quick`: also in that profile."""

    purpose: Purpose
    ask: Callable[[Scene], Asked]
    spare: int = 1
    quick: bool = False


def _of_document(ask: Callable[[Scene], Asked]) -> Callable[[Scene], Asked]:
    """A step that has no question where there is no document of the site."""

    def gated(scene: Scene) -> Asked:
        return ask(scene) if scene.document is not None else "no document of the site came"

    return gated


def _plain(url: HttpUrl, **more: object) -> Question:
    return Question(url=url, manner=_PLAIN, **more)  # type: ignore[arg-type]


def _with_origin(url: HttpUrl, origin: str, *, newer: bool = False) -> Question:
    manner = dataclasses.replace(_PLAIN, fields=(("Origin", origin),))
    return Question(url=url, manner=manner, newer=newer)


@_of_document
def _repeat(scene: Scene) -> Asked:
    """The document again; over HTTP/2 where no static file is there to be asked that way."""
    return [_with_origin(scene.document_url, FOREIGN_ORIGIN, newer=not _assets(scene))]


def _missing(scene: Scene) -> Asked:
    return [_plain(scene.base.at(f"/leadline-{scene.words.path}"))]


@_of_document
def _asset(scene: Scene) -> Asked:
    if scene.seen.page is None:
        return _NO_PAGE
    assets = _assets(scene)
    if not assets:
        return Nothing("the document names no static file of its own origin")
    return [_plain(assets[0], newer=True)]


@_of_document
def _scripts(scene: Scene) -> Asked:
    if scene.seen.page is None:
        return _NO_PAGE
    asked = {one.url for one in scene.seen.exchanges}
    scripts = _own_scripts(scene)[:MAX_SCRIPTS]
    left = [url for url in scripts if str(url) not in asked]
    return [_plain(url, newer=True) for url in left] or Nothing(
        "the document names no further script of its own origin"
    )


def _security_txt(scene: Scene) -> Asked:
    return [_plain(scene.base.at("/.well-known/security.txt"), hops=SECURITY_TXT_HOPS)]


def _robots(scene: Scene) -> Asked:
    return [_plain(scene.base.at("/robots.txt"), hops=ROBOTS_HOPS)]


def _sibling(scene: Scene) -> Asked:
    target = scene.target
    domain = registrable(target.host)
    if domain is None or target.host not in {domain, f"www.{domain}"}:
        return Nothing("the host is neither a registrable domain nor its www name")
    url = HttpUrl(scheme="https", host=sibling_of(target.host), port=DEFAULT_PORTS["https"])
    named = scene.given(url.host, url.port)
    if target.port != DEFAULT_PORTS[target.scheme] and not named:
        return "the port is not the default one"
    if scene.given(target.host) and not named:
        return f"--resolve names {target.host} and not {url.host}"
    if any(one.url.startswith(f"https://{url.authority}/") for one in scene.seen.exchanges):
        return "a redirect has led there already"
    return [_plain(url, if_found=True)]


@_of_document
def _preflight(scene: Scene) -> Asked:
    fields = (("Origin", FOREIGN_ORIGIN), ("Access-Control-Request-Method", "GET"))
    manner = dataclasses.replace(_ODD, method="OPTIONS", fields=fields)
    return [Question(url=scene.document_url, manner=manner)]


@_of_document
def _origins(scene: Scene) -> Asked:
    """Other origins, where the site looks at Origin at all and does not let everybody in anyway."""
    answers = [*scene.seen.of(Purpose.REPEAT), *scene.seen.of(Purpose.PREFLIGHT)]
    if scene.options.profile is not Profile.DEEP:
        if not any(map(_looks_at_origin, answers)):
            return "the answers to a foreign Origin show no sign of cross-origin sharing"
        if any({FOREIGN_ORIGIN, "*"}.intersection(one.values("access-control-allow-origin")) for one in answers):
            return "any origin is allowed, as the answers to a foreign one show"
    known = origins(scene.target.host)
    return [_with_origin(scene.document_url, known[kind]) for kind in known if kind is not OriginKind.FOREIGN]


def _trace(scene: Scene) -> Asked:
    fields = ((MARK_FIELD, scene.words.mark),)
    manner = dataclasses.replace(_ODD, method="TRACE", fields=fields)
    return [Question(url=scene.base.at(f"/leadline-{scene.words.path}-trace"), manner=manner)]


def _unknown_host(scene: Scene) -> Asked:
    url = dataclasses.replace(scene.base.at("/"), host=f"leadline-{scene.words.path}.invalid")
    manner = dataclasses.replace(_ODD, via=scene.base)
    return [Question(url=url, manner=manner, endpoint=scene.place)]


def _bare_address(scene: Scene) -> Asked:
    if scene.target.is_address:
        return "the target is an address itself"
    url = dataclasses.replace(scene.base.at("/"), host=scene.place.address)
    return [Question(url=url, manner=_ODD, endpoint=scene.place)]


STEPS = (
    Step(purpose=Purpose.REPEAT, ask=_repeat),
    Step(purpose=Purpose.MISSING, ask=_missing, quick=True),
    Step(purpose=Purpose.ASSET, ask=_asset),
    Step(purpose=Purpose.SECURITY_TXT, ask=_security_txt),
    Step(purpose=Purpose.ROBOTS, ask=_robots),
    Step(purpose=Purpose.SCRIPT, ask=_scripts),
    Step(purpose=Purpose.SIBLING, ask=_sibling),
    Step(purpose=Purpose.PREFLIGHT, ask=_preflight, spare=0),
    Step(purpose=Purpose.ORIGIN, ask=_origins, spare=3),
    Step(purpose=Purpose.TRACE, ask=_trace, spare=0),
    Step(purpose=Purpose.UNKNOWN_HOST, ask=_unknown_host, spare=0),
    Step(purpose=Purpose.BARE_ADDRESS, ask=_bare_address, spare=0),
)
"""All steps, in the order of the wire."""


def _assets(scene: Scene) -> list[HttpUrl]:
    """Static files of the document's own origin: scripts before stylesheets before images."""
    page = scene.seen.page
    if page is None:
        return []
    links = [one.link for kind in ("stylesheet", "image", "icon") for one in page.resources if one.kind == kind]
    return _own_scripts(scene) or _same_origin(scene, links)


def _own_scripts(scene: Scene) -> list[HttpUrl]:
    page = scene.seen.page
    if page is None:
        return []
    return _same_origin(scene, [one.link for one in page.scripts if one.runs and one.link is not None])


def _same_origin(scene: Scene, links: Sequence[Link]) -> list[HttpUrl]:
    """The URLs of the links to the document's own origin, each once, the document itself left out."""
    here = scene.document_url
    named = [parse_url(one.url) for one in links if one.relation is Relation.SAME_ORIGIN and one.url is not None]
    return [url for url in dict.fromkeys(named) if url.origin == here.origin and str(url) != str(here)]


def _looks_at_origin(answer: Exchange) -> bool:
    """Whether an answer shows that the site's CORS handling has looked at the request."""
    named = any(one.name.lower().startswith("access-control-") for one in answer.fields)
    return named or any(
        word.strip(" \t").lower() == "origin" for line in answer.values("vary") for word in line.split(",")
    )
