"""Well-kept sites as tables of literal answers, read from `tests/data/good-sites`, served on loopback and scanned.

A file holds many sites. `=== name` begins one; `key: value` lines say what it is: `host`, `path`, `kind` (`page` unless
given; `blocked` is that of a challenge), `low` (the rules that find something of low severity), `faults` (those that
find worse, in tables of bad sites: `RULE=severity`), `h2` and `gzip`. `--- what` begins an answer, which is written as
it goes over the wire: status, fields, an empty line, the body. What is answered: `GET /path`, a method, `missing`
(every other path), `stranger` (another Host, or the address), `plain` (all of http), `https://host` (all of another
name) and `https://host /path`. `hangs up` instead of an answer closes the connection. `{~}` stands for nothing, and
keeps documented examples of keys from looking like keys in this repository; `{host}`, `{target}` and `{mark}` are those
of the request, and `{nonce}` is another one in every answer.
"""

import asyncio
import dataclasses
import pathlib
import secrets
from collections.abc import Iterator, Mapping, Sequence

from probes.registry import all_probes
from scanner.engine.api import scan
from scanner.engine.plan import expand
from scanner.model.codec import encode
from scanner.model.options import Override, ScanOptions
from scanner.model.result import TargetResult
from scanner.model.rule import Severity
from scanner.wire.target_url import parse_target
from tests.support.newer_server import newer_or_older
from tests.support.sites import Answer, Loopback, Request

FOLDER = pathlib.Path(__file__).parent.parent / "data" / "good-sites"
REFUSAL = Answer(status="405 Not Allowed", fields=("Content-Type: text/html",), body="<h1>405 Not Allowed</h1>\n")
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "keep-alive"})
"""Fields that our own server writes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A well-kept site: what it answers, what kind it is, and the rules that say something of low severity about it."""

    name: str
    host: str
    path: str
    kind: str
    low: frozenset[str]
    faults: Mapping[str, str]
    newer: bool
    gzipped: bool
    parts: Mapping[str, Answer | None]

    def answer(self, request: Request) -> Answer | None:
        """What the https port answers."""
        host, parts = request.fields.get("host", "").partition(":")[0], self.parts
        if host != self.host:
            for key in (f"https://{host} {request.target}", f"https://{host}"):
                if key in parts:
                    return _filled(parts[key], request)
            if "stranger" in parts:
                return _filled(parts["stranger"], request)
        path = request.target.partition("?")[0]
        for key in (f"{request.method} {path}", request.method):
            if key in parts:
                return _filled(parts[key], request)
        if request.method == "TRACE":
            return REFUSAL
        found = parts[f"GET {path}"] if f"GET {path}" in parts else parts.get("missing", _bare_refusal(parts))
        return _filled(found, request)

    def plain(self, request: Request) -> Answer | None:
        """What the http port answers: a redirect to https unless the table says otherwise."""
        if "plain" in self.parts:
            return _filled(self.parts["plain"], request)
        location = f"Location: https://{request.fields.get('host', '')}{request.target}"
        return Answer(status="301 Moved Permanently", fields=(location,))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that lead here."""
        return (
            self.host,
            *(key.removeprefix("https://").partition(" ")[0] for key in self.parts if key.startswith("https://")),
        )


def _bare_refusal(parts: Mapping[str, Answer | None]) -> Answer:
    """A 404 of the same server: the fields of its first page that are about all of its answers."""
    first = next((one for key, one in parts.items() if key.startswith("GET ") and one is not None), Answer())
    mine = ("set-cookie:", "content-", "location:", "etag:", "last-modified:", "link:", "retry-after:")
    kept = tuple(field for field in first.fields if not field.lower().startswith(mine))
    nosniff = tuple(field for field in first.fields if field.lower().startswith(("x-content", "content-security")))
    fields = ("Content-Type: text/html", *kept, *nosniff)
    return Answer(status="404 Not Found", fields=tuple(dict.fromkeys(fields)), body="<h1>404 Not Found</h1>\n")


def _filled(answer: Answer | None, request: Request) -> Answer | None:
    if answer is None:
        return None
    host = request.fields.get("host", "").partition(":")[0]
    filling = {
        "{host}": host,
        "{target}": request.target,
        "{mark}": request.fields.get("x-leadline-mark", ""),
        "{nonce}": secrets.token_urlsafe(18),
    }

    def fill(text: str) -> str:
        for name, value in filling.items():
            text = text.replace(name, value)
        return text

    return dataclasses.replace(answer, fields=tuple(map(fill, answer.fields)), body=fill(answer.body))


def read_sites(file: pathlib.Path) -> Iterator[Site]:
    """The sites of a file."""
    for text in file.read_text("utf-8").replace("{~}", "").split("\n=== ")[1:]:
        head, *parts = text.split("\n--- ")
        name, *lines = head.split("\n")
        said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines) if value}
        gzipped = said.get("gzip") == "yes"
        yield Site(
            name=name.strip(),
            host=said.get("host", "www.example.org"),
            path=said.get("path", "/"),
            kind=said.get("kind", "page"),
            low=frozenset(said.get("low", "").split()),
            faults=dict(word.split("=") for word in said.get("faults", "").split()),
            newer=said.get("h2") == "yes",
            gzipped=gzipped,
            parts=dict(_part(one, gzipped=gzipped) for one in parts),
        )


def _part(text: str, *, gzipped: bool) -> tuple[str, Answer | None]:
    what, _, rest = text.partition("\n")
    if rest.strip() == "hangs up":
        return what.strip(), None
    head, _, body = rest.partition("\n\n")
    status, *fields = head.strip("\n").split("\n")
    kept = tuple(field for field in fields if field.partition(":")[0].lower() not in FRAMING)
    return what.strip(), Answer(status=status, fields=kept, body=body, gzipped=gzipped and bool(body))


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """A site with what a scan made of it."""

    site: Site
    result: TargetResult

    def of(self, *severities: Severity) -> list[str]:
        """The findings of these severities, with their messages as a reader sees them."""
        return [f"{one.rule} {one.message}" for one in self.result.findings if one.severity in severities]

    @property
    def heavy(self) -> list[str]:
        """What must not be: findings of medium and above."""
        return self.of(Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)

    @property
    def faults(self) -> dict[str, str]:
        """The rules that found worse than low severity, with the heaviest."""
        ranked = sorted(self.result.findings, key=lambda one: one.severity.rank)
        return {one.rule: one.severity.value for one in ranked if one.severity.rank > Severity.LOW.rank}

    @property
    def low(self) -> frozenset[str]:
        """The rules that found something of low severity."""
        return frozenset(one.rule for one in self.result.findings if one.severity is Severity.LOW)


def scan_all(loopback: Loopback, sites: Sequence[Site], folder: pathlib.Path) -> list[Judged]:
    """Every site scanned for what HTTP shows, each as a target of its own, in one process."""
    bundle = folder / "ca.pem"
    loopback.ca.cert_pem.write_to_path(str(bundle))
    names = dict.fromkeys(host for site in sites for host in site.hosts)
    context = loopback.context(*names)
    newer = loopback.context(*names)
    newer.set_alpn_protocols(["h2", "http/1.1"])
    only = expand(("http",), all_probes(), "--only")

    async def one(site: Site) -> Judged:
        port = loopback.raw(newer_or_older(site.answer), newer) if site.newer else loopback.secure(site.answer, context)
        plain = loopback.plain(site.plain)
        places = [Override(host=host, port=443, address="127.0.0.1", to_port=port) for host in site.hosts]
        places.append(Override(host=site.host, port=80, address="127.0.0.1", to_port=plain))
        options = ScanOptions(only=only, overrides=tuple(places), ca=(str(bundle),))
        target = parse_target(f"https://{site.host}{site.path}")
        result = await scan([target], options=options)
        encode(result)  # what cannot be written down is a fault as well
        return Judged(site, result.targets[0])

    async def every() -> list[Judged]:
        gate = asyncio.Semaphore(8)

        async def gated(site: Site) -> Judged:
            async with gate:
                return await one(site)

        return await asyncio.gather(*map(gated, sites))

    return asyncio.run(every())
