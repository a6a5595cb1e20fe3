"""Banners: what servers say of themselves in header fields, and which fields only a front adds.

Rule of the room: two tables and their reader. `engine` is the HTTP parser inside, so that relatives (openresty and
nginx, Caddy and plain Go) never count as a contradiction of each other.
"""

import dataclasses
import re
from collections.abc import Iterable

from scanner.model.evidence.http_exchanges import HeaderField


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """One product that a field names. `versioned` says whether a version number stands with it."""

    family: str
    engine: str
    field: str
    value: str
    versioned: bool


_SERVER: tuple[tuple[str, str, str], ...] = (
    # (beginning of the value, family, engine); edges whose error pages are nginx's or a relative's have its engine
    (r"cloudflare", "cloudflare", "nginx"),
    (r"awselb", "awselb", "nginx"),
    (r"openresty", "openresty", "nginx"),
    (r"tengine", "tengine", "nginx"),
    (r"angie", "angie", "nginx"),
    (r"freenginx", "freenginx", "nginx"),
    (r"ddos-guard", "ddos-guard", "nginx"),
    (r"bunnycdn", "bunnycdn", "nginx"),
    (r"keycdn", "keycdn", "nginx"),
    (r"nginx", "nginx", "nginx"),
    (r"apache-coyote", "tomcat", "tomcat"),
    (r"apachetrafficserver|ats(?:/|$)", "trafficserver", "trafficserver"),
    (r"apache", "apache", "apache"),
    (r"lighttpd", "lighttpd", "lighttpd"),
    (r"litespeed|openlitespeed", "litespeed", "litespeed"),
    (r"caddy", "caddy", "go"),
    (r"envoy|istio-envoy", "envoy", "envoy"),
    (r"h2o", "h2o", "h2o"),
    (r"nghttpx", "nghttpx", "nghttpx"),
    (r"squid", "squid", "squid"),
    (r"varnish", "varnish", "varnish"),
    (r"tinyproxy", "tinyproxy", "tinyproxy"),
    (r"mitmproxy", "mitmproxy", "mitmproxy"),
    (r"microsoft-iis|microsoft-httpapi", "iis", "http.sys"),
    (r"kestrel", "kestrel", "kestrel"),
    (r"akamaighost|akamainetstorage", "akamai", "akamai"),
    (r"cloudfront", "cloudfront", "cloudfront"),
    (r"amazons3", "amazon-s3", "amazon-s3"),
    (r"google frontend|gws|gse|esf|sffe|golfe2", "google", "google"),
    (r"vercel", "vercel", "vercel"),
    (r"netlify", "netlify", "netlify"),
    (r"github\.com", "github-pages", "github-pages"),
    (r"fly/", "fly", "fly"),
    (r"big-?ip", "big-ip", "big-ip"),
    (r"cowboy", "cowboy", "cowboy"),
    (r"jetty", "jetty", "jetty"),
    (r"gunicorn", "gunicorn", "gunicorn"),
    (r"uvicorn", "uvicorn", "uvicorn"),
    (r"hypercorn", "hypercorn", "hypercorn"),
    (r"daphne", "daphne", "twisted"),
    (r"twistedweb", "twisted", "twisted"),
    (r"granian", "granian", "hyper"),
    (r"waitress", "waitress", "waitress"),
    (r"werkzeug", "werkzeug", "python-httpserver"),
    (r"wsgiserver", "wsgiref", "python-httpserver"),
    (r"simplehttp|basehttp", "python-httpserver", "python-httpserver"),
    (r"python/[\d.]+ aiohttp", "aiohttp", "aiohttp"),
    (r"tornadoserver", "tornado", "tornado"),
    (r"cheroot|cherrypy", "cheroot", "cheroot"),
    (r"circuits\.web", "circuits", "circuits"),
    (r"netius", "netius", "netius"),
    (r"tremolo", "tremolo", "tremolo"),
    (r"mini_httpd", "mini-httpd", "mini-httpd"),
    (r"webfs", "webfs", "webfs"),
    (r"mojolicious", "mojolicious", "mojolicious"),
    (r"plack::handler::starlet", "starlet", "starlet"),
    (r"puma", "puma", "puma"),
    (r"thin", "thin", "thin"),
    (r"webrick", "webrick", "webrick"),
    (r"uwebsockets", "uwebsockets", "uwebsockets"),
)

_FRONT_MARKS: tuple[tuple[str, str, str, str], ...] = (
    # (field, pattern in the value, family, engine): fields that only an intermediary adds
    ("cf-ray", r"", "cloudflare", "nginx"),
    ("x-amz-cf-id", r"", "cloudfront", "cloudfront"),
    ("x-azure-ref", r"", "azure-front-door", "azure-front-door"),
    ("x-served-by", r"^cache-", "fastly", "varnish"),
    ("via", r"cloudfront", "cloudfront", "cloudfront"),
    ("via", r"google", "google", "google"),
    ("via", r"\bats\b|apachetrafficserver", "trafficserver", "trafficserver"),
    ("via", r"squid", "squid", "squid"),
    ("via", r"tinyproxy", "tinyproxy", "tinyproxy"),
    ("via", r"caddy", "caddy", "go"),
    ("via", r"nghttpx", "nghttpx", "nghttpx"),
    ("via", r"varnish", "varnish", "varnish"),
    ("x-varnish", r"", "varnish", "varnish"),
    ("x-envoy-upstream-service-time", r"", "envoy", "envoy"),
)

_SERVER_PATTERNS = tuple((re.compile(pattern), family, engine) for pattern, family, engine in _SERVER)
_FRONT_PATTERNS = tuple((name, re.compile(pattern), family, engine) for name, pattern, family, engine in _FRONT_MARKS)
_VERSION = re.compile(r"[/( ]v?\d+(?:\.\d+)+")


def banner(fields: Iterable[HeaderField]) -> Banner | None:
    """What the Server field names; None where there is none, or one that the table does not know."""
    for field in fields:
        if field.name.lower() != "server":
            continue
        value = field.value.strip().lower()
        for pattern, family, engine in _SERVER_PATTERNS:
            if pattern.match(value):
                return _found(family, engine, field)
    return None


def front_mark(fields: Iterable[HeaderField]) -> Banner | None:
    """The intermediary that a field gives away; None where no field does."""
    kept = tuple(fields)
    for name, pattern, family, engine in _FRONT_PATTERNS:
        for field in kept:
            if field.name.lower() == name and pattern.search(field.value.lower()):
                return _found(family, engine, field)
    return None


def _found(family: str, engine: str, field: HeaderField) -> Banner:
    return Banner(
        family=family,
        engine=engine,
        field=str(field.name),
        value=str(field.value)[:80],
        versioned=_VERSION.search(field.value) is not None,
    )
