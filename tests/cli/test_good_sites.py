"""Good neighbours under the whole product: one command, all probes, odd requests included; no blame, and exit 0.

Each row is a kind of site that scanners wrongly blame. What single answers are told stands in the tests beside this
one, which leave the odd requests out because they are paced: here all sites are scanned at once.
"""

import dataclasses
import json
import pathlib
import ssl
from collections.abc import Callable, Iterator, Mapping

import pytest

from scanner.cli.main import execute
from tests.cli.test_good_sites_http import CHALLENGES, HOST, scan
from tests.support.good_sites import FOLDER, Site, read_sites
from tests.support.newer_server import newer_or_older
from tests.support.sites import Handler, Loopback, Scanned, after, hang_up, only_for

EVERYTHING = "tls,certificates,ocsp_stapling,http,identity,dns"
TABLES = {site.name: site for file in sorted(FOLDER.glob("*.http")) for site in read_sites(file)}
V = ssl.TLSVersion


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of site: the table's name, what is special about its TLS, and what its point is.

    `lacks` is a field that its answers go without; `passing` holds rules that pass, `out` those that do not apply or
    are not assessed.
    """

    site: str
    context: Mapping[str, object] = dataclasses.field(default_factory=dict)
    strict: bool = False
    relay: Callable[[Loopback, int], int] | None = None
    lacks: str | None = None
    passing: tuple[str, ...] = ()
    out: tuple[str, ...] = ()


ROWS: Mapping[str, Row] = {
    "cdn.example.org": Row(site="Cloudflare before a site", passing=("FPR001",), out=("CKY001", "CKY002")),
    "alb.example.org": Row(
        site="Application load balancer of AWS",
        relay=lambda loopback, port: loopback.refusing_relay(port, after(0.2)),
        passing=("TLS003", "TLS004"),
    ),
    "iis.example.org": Row(
        site="IIS with its default fields",
        relay=lambda loopback, port: loopback.resetting_relay(port),
        passing=("TLS001", "TLS003", "TLS004", "OPS005"),
    ),
    "fin.example.org": Row(
        site="HAProxy before an application",
        relay=lambda loopback, port: loopback.refusing_relay(port, hang_up),
        passing=("TLS003", "TLS004"),
    ),
    "pages.example.org": Row(site="GitHub Pages", out=("CKY001",)),
    "short.example.org": Row(
        site="Traefik with its default certificate for strangers",
        context={"days": 6.67, "age_days": 2},
        passing=("CRT011",),
    ),
    "intranet.example.org": Row(
        site="intranet behind an identity proxy", context={"days": 825}, out=("CRT010", "CRT014")
    ),
    "api.example.org": Row(site="JSON API with OpenAPI", out=("CSP001", "HDR009", "HDR014", "CNT001")),
    "wall.example.org": Row(site="log-in wall with 401", passing=("CKY001", "CKY002")),
    "old.example.org": Row(site="old name that leads to the new one", passing=("HDR001",), out=("CSP001", "HDR012")),
    "www.preloaded.example": Row(
        site="default server of nginx that closes", lacks="Strict-Transport-Security", passing=("HDR001",)
    ),
    "h3.example.org": Row(site="Caddy"),
    "strict.example.org": Row(site="Azure Front Door", strict=True),
    "modern.example.org": Row(
        site="Envoy in a mesh", context={"oldest": V.TLSv1_3}, passing=("TLS006",), out=("TLS040", "TLS048")
    ),
    "keys.example.org": Row(site="bundle with long strings", passing=("CNT013", "CNT014", "CNT015")),
    "pay.example.org": Row(site="Shop with a payment widget", passing=("CNT013", "HDR009")),
}
"""Every kind of site, at a host of its own."""


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def places(loopback: Loopback, host: str, row: Row) -> Iterator[str]:
    """Serves a row, and says where: `HOST:PORT:ADDRESS:PORT` for each of its names."""
    site = _at(host, TABLES[row.site], row)
    context = loopback.context(*site.hosts, **row.context)  # type: ignore[arg-type] # names and types are the table's
    if site.newer:
        context.set_alpn_protocols(["h2", "http/1.1"])
        port = loopback.raw(newer_or_older(site.answer), only_for(host, context) if row.strict else context)
    else:
        port = loopback.secure(site.answer, context)
    port = port if row.relay is None else row.relay(loopback, port)
    yield from (f"{name}:443:127.0.0.1:{port}" for name in site.hosts)
    yield f"{host}:80:127.0.0.1:{loopback.plain(site.plain)}"


def _at(host: str, site: Site, row: Row) -> Site:
    """The site of the table at another host, without the field that it is to lack."""
    parts = dict(site.parts)
    for key, answer in parts.items():
        if answer is not None and row.lacks is not None:
            fields = tuple(field for field in answer.fields if not field.startswith(row.lacks))
            parts[key] = dataclasses.replace(answer, fields=fields)
    return dataclasses.replace(site, host=host, parts=parts)


def test_every_kind_of_site(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    bundle, listed, report, names = (tmp_path / name for name in ("ca.pem", "preload.json", "report.json", "targets"))
    loopback.ca.cert_pem.write_to_path(str(bundle))
    entry = {"name": "preloaded.example", "include_subdomains": True, "mode": "force-https"}
    listed.write_text(json.dumps({"entries": [entry]}))
    names.write_text("".join(f"https://{host}{TABLES[row.site].path}\n" for host, row in ROWS.items()))
    served = [place for host, row in ROWS.items() for place in places(loopback, host, row)]
    resolved = [word for place in served for word in ("--resolve", place)]
    trust = ["--ca", str(bundle), "--preload-list", str(listed)]

    code = execute(["scan", "--targets", str(names), *resolved, *trust, "-q", "-o", str(report)])

    targets = json.loads(report.read_text("utf-8"))["targets"]
    found = {one["target"]["host"]: Scanned(code=code, target=one) for one in targets}
    assert code == 0
    assert found.keys() == ROWS.keys()
    assert {host: one.heavy for host, one in found.items() if one.heavy} == {}
    assert {host: one.unfinished for host, one in found.items() if one.unfinished} == {}
    assert {host: wrong for host, row in ROWS.items() if (wrong := beside_the_point(found[host], row))} == {}


def beside_the_point(found: Scanned, row: Row) -> list[str]:
    """Rules that do not say what the row is there for."""
    wanted = {rule: {"pass"} for rule in row.passing} | {rule: {"not-applicable", "not-assessed"} for rule in row.out}
    return [
        f"{rule}: {said} {reason}"
        for rule, words in wanted.items()
        for said, reason in found.outcomes(rule) or [("nothing", None)]
        if said not in words
    ]


@pytest.mark.parametrize("handler", CHALLENGES.values(), ids=CHALLENGES.keys())
def test_no_odd_request_goes_to_a_challenge(handler: Handler, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    found = scan(loopback, tmp_path, handler, topics=EVERYTHING)

    assert (found.code, found.target["target"]["host"], found.low()) == (0, HOST, {})
    assert found.status("FPR001") == "not-assessed"
