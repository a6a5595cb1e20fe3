"""Good neighbours by what they answer: pages, interfaces, walls, redirects and fronts, none of which is to be blamed."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator

import pytest

from tests.support.sites import Answer, Framing, Handler, Loopback, Request, Scanned, scan_site

HOST = "www.example.org"
HSTS = "Strict-Transport-Security: max-age=31536000; includeSubDomains"
NOSNIFF = "X-Content-Type-Options: nosniff"
HTML = "Content-Type: text/html; charset=utf-8"
JSON = "Content-Type: application/json"
CSP = "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
REFERRER = "Referrer-Policy: strict-origin-when-cross-origin"
PERMISSIONS = "Permissions-Policy: camera=(), geolocation=(), microphone=()"
OPENER = "Cross-Origin-Opener-Policy: same-origin"
PAGE = "<!doctype html><html lang=en><head><title>Fine</title></head><body><p>Fine</p></body></html>\n"
WELL_KEPT = (HTML, HSTS, NOSNIFF, CSP, REFERRER, PERMISSIONS, OPENER)
MISSING = Answer(status="404 Not Found", fields=(HSTS, NOSNIFF, "Content-Type: text/plain"), body="Not Found\n")


def site(
    *extra: str,
    status: str = "200 OK",
    body: str = PAGE,
    fields: tuple[str, ...] = WELL_KEPT,
    missing: Answer | None = MISSING,
) -> Handler:
    """A site with one page at `/`; every other path is `missing`."""

    def handler(request: Request) -> Answer | None:
        return Answer(status=status, fields=(*fields, *extra), body=body) if request.target == "/" else missing

    return handler


def without(*names: str) -> tuple[str, ...]:
    """The fields of a well-kept page, but for these."""
    return tuple(field for field in WELL_KEPT if field.partition(":")[0] not in names)


def everywhere(*fields: str, status: str = "200 OK", body: str = "") -> Handler:
    """The same answer for every path."""
    return lambda _: Answer(status=status, fields=fields, body=body)


def shaped(handler: Handler, **shape: object) -> Handler:
    """`handler` with its answers in another shape."""

    def changed(request: Request) -> Answer | None:
        answer = handler(request)
        return None if answer is None else dataclasses.replace(answer, **shape)  # type: ignore[arg-type] # as written

    return changed


def to(url: str, *fields: str, status: str = "301 Moved Permanently") -> Handler:
    return everywhere(f"Location: {url}", *fields, status=status)


def to_https(request: Request) -> Answer:
    return Answer(
        status="301 Moved Permanently", fields=(f"Location: https://{request.fields['host']}{request.target}",)
    )


def first_page(then: Handler, first: Handler) -> Handler:
    """`first` at the root, `then` elsewhere."""
    return lambda request: (first if request.target == "/" else then)(request)


CHALLENGE = "<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>\n"
BOT = "Set-Cookie: __cf_bm=a1b2c3; path=/; expires=Sat, 21-Nov-26 12:30:00 GMT; domain=.example.org; HttpOnly; Secure"
STICKY = (
    "Set-Cookie: AWSALB=abc123; Expires=Sat, 28 Nov 2026 00:00:00 GMT; Path=/",
    "Set-Cookie: AWSALBCORS=abc123; Expires=Sat, 28 Nov 2026 00:00:00 GMT; Path=/; SameSite=None; Secure",
)
OTHER_STICKY = (
    'Set-Cookie: GCLB="abc123"; Max-Age=3600; Path=/; HttpOnly',
    "Set-Cookie: ARRAffinity=abc123;Path=/;HttpOnly;Secure;Domain=www.example.org",
    "Set-Cookie: ARRAffinitySameSite=abc123;Path=/;HttpOnly;SameSite=None;Secure;Domain=www.example.org",
    "Set-Cookie: BIGipServerpool_www=1677787402.36895.0000; path=/",
    "Set-Cookie: SERVERID=web1; path=/",
)
SESSION = "Set-Cookie: __Host-session=1f2e3d4c5b6a79881f2e3d4c5b6a7988; Path=/; Secure; HttpOnly; SameSite=Lax"
CSRF = "Set-Cookie: XSRF-TOKEN=9a8b7c6d5e4f30211f2e3d4c5b6a7988; Path=/; Secure; SameSite=Strict"
CHOICES = (
    "Set-Cookie: CookieConsent=unset; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
    "Set-Cookie: lang=en; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
)
DELETED = (
    "Set-Cookie: PHPSESSID=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/",
    "Set-Cookie: old_session=; Max-Age=0; Path=/",
    "Set-Cookie: remember_me=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; HttpOnly",
)
NONCES = (
    "Content-Security-Policy: script-src 'nonce-dGhpcyBpcyByYW5kb20h' 'strict-dynamic' 'unsafe-inline' https: http:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'self'; report-uri /csp; report-to csp"
)
META = (
    "<!doctype html><html lang=en><head><meta charset=utf-8>"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; object-src 'none'\">"
    '<meta name="referrer" content="strict-origin-when-cross-origin"><title>Fine</title></head></html>\n'
)
GITHUB = (
    HTML,
    "Server: GitHub.com",
    "Access-Control-Allow-Origin: *",
    "Via: 1.1 varnish",
    "X-Served-By: cache-fra-eddf8230092-FRA",
    "X-Cache: HIT",
    "X-Timer: S1763712000.123456,VS0,VE1",
    "X-Fastly-Request-ID: 9a8b7c6d5e4f3021",
    "X-GitHub-Request-Id: 1F2E:3D4C:5B6A79:88",
    "Age: 12",
    "Vary: Accept-Encoding",
)
PROBLEM = json.dumps({"type": "about:blank", "title": "Not Found", "status": 404})
SPA = "<!doctype html><html lang=en><head><title>App</title></head><body><div id=app></div></body></html>\n"

SITES: dict[str, Handler] = {
    # pages
    "page": site(),
    "no headers at all": everywhere(HTML, body=PAGE),
    "static host": site(fields=GITHUB, missing=Answer(status="404 Not Found", fields=GITHUB, body=PAGE)),
    "single page application": everywhere(*WELL_KEPT, body=SPA),
    "policy in a meta element": site(fields=without("Content-Security-Policy", "Referrer-Policy"), body=META),
    "nonces with fallbacks": site(NONCES, fields=without("Content-Security-Policy")),
    "stricter policy on trial": site("Content-Security-Policy-Report-Only: default-src 'none'; report-to csp"),
    "X-Frame-Options beside frame-ancestors": site("X-Frame-Options: SAMEORIGIN", "X-XSS-Protection: 0"),
    "HSTS with preload": site(
        "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload",
        fields=without("Strict-Transport-Security"),
        missing=None,
    ),
    "Server without a version": site(
        "Server: nginx", missing=dataclasses.replace(MISSING, fields=(*MISSING.fields, "Server: nginx"))
    ),
    "behind Varnish": site("Via: 1.1 varnish (Varnish/7.1), 1.1 www", "X-Varnish: 32770 3", "Age: 41", "X-Cache: HIT"),
    "hangs up on unknown paths": site(missing=None),
    "410 for what is missing": site(missing=dataclasses.replace(MISSING, status="410 Gone")),
    "redirects unknown paths home": site(missing=Answer(status="302 Found", fields=(HSTS, "Location: /"))),
    # the shape of answers
    "HTTP/1.0": shaped(site(), version="HTTP/1.0"),
    "connection: close": shaped(site(), framing=Framing.CLOSE),
    "chunked": shaped(site(), framing=Framing.CHUNKED),
    "gzip": shaped(site(), gzipped=True),
    "chunked gzip": shaped(site(), gzipped=True, framing=Framing.CHUNKED),
    # cookies
    "load balancer": site(*STICKY),
    "other load balancers": site(*OTHER_STICKY),
    "bot detection": site(BOT),
    "consent and language": site(*CHOICES),
    "deleted cookies": site(*DELETED),
    "session with CSRF token": site(SESSION, CSRF),
    # interfaces
    "JSON API": everywhere(JSON, HSTS, NOSNIFF, "Access-Control-Allow-Origin: *", body='{"ok": true}\n'),
    "JSON API, 404 at /": everywhere(JSON, HSTS, NOSNIFF, status="404 Not Found", body='{"error": "not found"}\n'),
    "JSON API, 401": everywhere(
        JSON, HSTS, NOSNIFF, 'WWW-Authenticate: Bearer realm="api"', status="401 Unauthorized", body="{}"
    ),
    "JSON API, 403": everywhere(
        JSON, HSTS, NOSNIFF, status="403 Forbidden", body='{"message": "Missing Authentication Token"}'
    ),
    "API, 204": everywhere(HSTS, NOSNIFF, status="204 No Content"),
    "API, 405": everywhere(JSON, HSTS, NOSNIFF, "Allow: POST", status="405 Method Not Allowed", body="{}"),
    "API, 404 without a body": everywhere(HSTS, NOSNIFF, status="404 Not Found"),
    "problem+json": everywhere(
        "Content-Type: application/problem+json", HSTS, NOSNIFF, status="404 Not Found", body=PROBLEM
    ),
    "GraphQL": everywhere(
        "Content-Type: application/graphql-response+json",
        HSTS,
        NOSNIFF,
        status="400 Bad Request",
        body='{"errors": []}',
    ),
    "XML API": everywhere("Content-Type: application/xml", HSTS, NOSNIFF, status="403 Forbidden", body="<Error/>"),
    "plain text": everywhere("Content-Type: text/plain; charset=utf-8", HSTS, NOSNIFF, body="ok\n"),
    # walls
    "login wall 401": site(SESSION, CSRF, status="401 Unauthorized"),
    "login wall 403": site(SESSION, CSRF, status="403 Forbidden"),
    "basic auth": everywhere(
        HTML,
        HSTS,
        NOSNIFF,
        'WWW-Authenticate: Basic realm="staff", charset="UTF-8"',
        status="401 Unauthorized",
        body=PAGE,
    ),
    "login page": lambda request: (
        (site(SESSION, CSRF) if request.target == "/" else everywhere(*WELL_KEPT, body=PAGE))(
            Request(request.method, "/", request.fields)
        )
        if request.target == "/login?next=/"
        else Answer(status="302 Found", fields=(HSTS, SESSION, "Location: /login?next=/"))
    ),
    # redirects
    "old name to new": to("https://new.example.net/", HSTS),
    "old name to new, 308": to("https://new.example.net/", HSTS, status="308 Permanent Redirect"),
}


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def scan(
    loopback: Loopback, folder: pathlib.Path, handler: Handler, *arguments: str, plain: Handler | None = to_https
) -> Scanned:
    places = [f"{HOST}:443:127.0.0.1:{loopback.secure(handler, loopback.context(HOST))}"]
    if plain is not None:
        places.append(f"{HOST}:80:127.0.0.1:{loopback.plain(plain)}")
    return scan_site(loopback, folder, HOST, places, "--only", "http", *arguments)


@pytest.mark.parametrize("handler", SITES.values(), ids=SITES.keys())
def test_not_blamed(handler: Handler, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    scan(loopback, tmp_path, handler).assert_unblamed()
