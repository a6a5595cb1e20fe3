"""Good neighbours by what they answer: whatever each is told is known, and nothing of it is of medium or above."""

import dataclasses
import json
import pathlib
import secrets
from collections.abc import Iterator, Mapping

import pytest

from tests.support.sites import OF_THE_LIBRARY, Answer, Framing, Handler, Loopback, Request, Scanned, scan_site

HOST = "www.example.org"
APEX = "example.org"
HSTS = "Strict-Transport-Security: max-age=31536000; includeSubDomains"
NOSNIFF = "X-Content-Type-Options: nosniff"
HTML = "Content-Type: text/html; charset=utf-8"
JSON = "Content-Type: application/json"
WELL_KEPT = (
    HTML,
    HSTS,
    NOSNIFF,
    "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy: strict-origin-when-cross-origin",
    "Permissions-Policy: camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy: same-origin",
)
INTERFACE = (HSTS, NOSNIFF)
PAGE = "<!doctype html><html lang=en><head><title>Fine</title></head><body><p>Fine</p></body></html>\n"
CHALLENGE = "<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>\n"
MISSING = Answer(status="404 Not Found", fields=(*INTERFACE, "Content-Type: text/plain"), body="Not Found\n")

STICKY = (
    "Set-Cookie: AWSALB=abc123; Expires=Sat, 28 Nov 2026 00:00:00 GMT; Path=/",
    "Set-Cookie: AWSALBCORS=abc123; Expires=Sat, 28 Nov 2026 00:00:00 GMT; Path=/; SameSite=None; Secure",
    'Set-Cookie: GCLB="abc123"; Max-Age=3600; Path=/; HttpOnly',
    "Set-Cookie: ARRAffinity=abc123;Path=/;HttpOnly;Secure;Domain=www.example.org",
    "Set-Cookie: BIGipServerpool_www=1677787402.36895.0000; path=/",
)
BOT = "Set-Cookie: __cf_bm=a1b2c3; path=/; Max-Age=1800; domain=.example.org; HttpOnly; Secure"
SESSION = "Set-Cookie: __Host-session=1f2e3d4c5b6a79881f2e3d4c5b6a7988; Path=/; Secure; HttpOnly; SameSite=Lax"
CSRF = "Set-Cookie: XSRF-TOKEN=9a8b7c6d5e4f30211f2e3d4c5b6a7988; Path=/; Secure; SameSite=Strict"
CHOICES = (
    "Set-Cookie: CookieConsent=unset; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
    "Set-Cookie: lang=en; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
)
DELETED = (
    "Set-Cookie: PHPSESSID=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/",
    "Set-Cookie: remember_me=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; HttpOnly",
)
NONCE = (
    "Content-Security-Policy: script-src 'nonce-{nonce}' 'strict-dynamic' 'unsafe-inline' https: http:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'self'; report-uri /csp; report-to csp"
)
ENDPOINTS = 'Reporting-Endpoints: csp="/csp"'
META = (
    "<!doctype html><html lang=en><head><meta charset=utf-8>"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; object-src 'none'\">"
    '<meta name="referrer" content="strict-origin-when-cross-origin"><title>Fine</title></head></html>\n'
)
STATIC_HOST = (
    HTML,
    "Server: GitHub.com",
    "Access-Control-Allow-Origin: *",
    "Via: 1.1 varnish",
    "X-Served-By: cache-fra-eddf8230092-FRA",
    "X-Cache: HIT",
    "X-GitHub-Request-Id: 1F2E:3D4C:5B6A79:88",
    "Age: 12",
)
PROBLEM = json.dumps({"type": "about:blank", "title": "Not Found", "status": 404})

BARE = {
    "CSP001": "low", "HDR001": "low", "HDR009": "low", "HDR012": "low",
    "HDR014": "info", "HDR016": "info",
}  # fmt: skip
"""The report of a page without security headers: the price of not caring, and no alarm."""


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


def everywhere(*fields: str, status: str = "200 OK", body: str = "") -> Handler:
    """The same answer for every path."""
    return lambda _: Answer(status=status, fields=fields, body=body)


def to(url: str, *fields: str, status: str = "301 Moved Permanently") -> Handler:
    """A redirect of every path to one URL."""
    return everywhere(f"Location: {url}", *fields, status=status)


def to_https(request: Request) -> Answer:
    location = f"Location: https://{request.fields['host']}{request.target}"
    return Answer(status="301 Moved Permanently", fields=(location,))


def without(*names: str) -> tuple[str, ...]:
    """The fields of a well-kept page, but for these."""
    return tuple(field for field in WELL_KEPT if field.partition(":")[0] not in names)


def shaped(handler: Handler, **shape: object) -> Handler:
    """`handler` with its answers in another shape."""

    def changed(request: Request) -> Answer | None:
        answer = handler(request)
        return None if answer is None else dataclasses.replace(answer, **shape)  # type: ignore[arg-type] # as written

    return changed


def with_nonces(request: Request) -> Answer | None:
    """A site whose policy has a fresh nonce in every answer."""
    fields = (NONCE.replace("{nonce}", secrets.token_urlsafe(18)), ENDPOINTS)
    return site(*fields, fields=without("Content-Security-Policy"))(request)


def behind_login(request: Request) -> Answer:
    """A site that sends everybody to its log-in page first."""
    if request.target == "/login":
        return Answer(fields=(*WELL_KEPT, CSRF), body=PAGE)
    return Answer(status="302 Found", fields=(HSTS, SESSION, "Location: /login"))


SITES: Mapping[str, tuple[Handler, dict[str, str]]] = {
    "page": (site(), {}),
    "no headers at all": (everywhere(HTML, body=PAGE), BARE),
    "static pages host": (
        site(fields=STATIC_HOST, missing=Answer(status="404 Not Found", fields=STATIC_HOST, body=PAGE)),
        BARE | {"INF002": "info", "INF006": "info", "INF008": "info"},
    ),
    "single page application": (everywhere(*WELL_KEPT, body=PAGE), {}),
    "policies in meta elements": (
        site(fields=without("Content-Security-Policy", "Referrer-Policy"), body=META),
        {"HDR009": "low"},
    ),
    "nonce with fallbacks": (with_nonces, {}),
    "stricter policy on trial": (
        site("Content-Security-Policy-Report-Only: default-src 'none'; report-to csp", ENDPOINTS),
        {},
    ),
    "framing said twice": (site("X-Frame-Options: SAMEORIGIN", "X-XSS-Protection: 0"), {}),
    "HSTS with preload": (
        site(
            "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload",
            fields=without("Strict-Transport-Security"),
            missing=dataclasses.replace(MISSING, fields=(HSTS, NOSNIFF)),
        ),
        {},
    ),
    "bare product name": (site("Server: nginx"), {"INF002": "info"}),
    "behind Varnish": (site("Via: 1.1 varnish (Varnish/7.1)", "Age: 41", "X-Cache: HIT"), {"INF006": "info"}),
    "hangs up on unknown paths": (site(missing=None), {}),
    "gone": (site(missing=dataclasses.replace(MISSING, status="410 Gone")), {}),
    "unknown paths lead home": (site(missing=Answer(status="302 Found", fields=(HSTS, "Location: /"))), {}),
    "filter before unknown paths": (
        site(missing=Answer(status="403 Forbidden", fields=(HTML, "cf-mitigated: challenge"), body=CHALLENGE)),
        {},
    ),
    "HTTP/1.0": (shaped(site(), version="HTTP/1.0"), {}),
    "connection: close": (shaped(site(), framing=Framing.CLOSE), {}),
    "chunked": (shaped(site(), framing=Framing.CHUNKED), {}),
    "gzip": (shaped(site(), gzipped=True), {"TLS092": "info"}),
    "affinity cookies": (site(*STICKY), {"CKY003": "info", "CKY018": "info"}),
    "bot detection": (site(BOT), {}),
    "consent and language": (site(*CHOICES), {}),
    "deleted cookies": (site(*DELETED), {}),
    "session and CSRF token": (site(SESSION, CSRF), {}),
    "JSON": (everywhere(JSON, *INTERFACE, "Access-Control-Allow-Origin: *", body="{}"), {}),
    "JSON 401": (everywhere(JSON, *INTERFACE, "WWW-Authenticate: Bearer", status="401 Unauthorized", body="{}"), {}),
    "JSON 403": (everywhere(JSON, *INTERFACE, status="403 Forbidden", body="{}"), {}),
    "JSON 404": (everywhere(JSON, *INTERFACE, status="404 Not Found", body="{}"), {}),
    "JSON 405": (everywhere(JSON, *INTERFACE, "Allow: POST", status="405 Method Not Allowed", body="{}"), {}),
    "nothing, 204": (everywhere(*INTERFACE, status="204 No Content"), {}),
    "nothing, 404": (everywhere(*INTERFACE, status="404 Not Found"), {}),
    "problem": (
        everywhere("Content-Type: application/problem+json", *INTERFACE, status="404 Not Found", body=PROBLEM),
        {},
    ),
    "GraphQL": (
        everywhere("Content-Type: application/graphql-response+json", *INTERFACE, status="400 Bad Request", body="{}"),
        {},
    ),
    "XML": (everywhere("Content-Type: application/xml", *INTERFACE, status="403 Forbidden", body="<Error/>"), {}),
    "object store": (
        everywhere(
            "Content-Type: application/xml", "Server: AmazonS3", *INTERFACE, status="403 Forbidden", body="<E/>"
        ),
        {"INF002": "info"},
    ),
    "IIS": (site("Server: Microsoft-IIS/10.0", "X-Powered-By: ASP.NET"), {"INF002": "info", "INF003": "info"}),
    "plain text": (everywhere("Content-Type: text/plain", *INTERFACE, body="ok\n"), {}),
    "login wall 401": (site(SESSION, CSRF, status="401 Unauthorized"), {}),
    "login wall 403": (site(SESSION, CSRF, status="403 Forbidden"), {}),
    "login page": (behind_login, {}),
    "basic authentication": (
        everywhere(HTML, *INTERFACE, 'WWW-Authenticate: Basic realm="staff"', status="401 Unauthorized", body=PAGE),
        {key: value for key, value in BARE.items() if key not in {"HDR001", "HDR012"}},
    ),
    "down for maintenance": (
        everywhere(HTML, *INTERFACE, "Retry-After: 600", status="503 Service Unavailable", body=PAGE),
        {},
    ),
}
"""Each site with what it is told: all that is low, and the information that it is there for."""

PLAIN: Mapping[str, tuple[Handler, dict[str, str]]] = {
    "permanent": (to(f"https://{HOST}/", status="308 Permanent Redirect"), {}),
    "temporary": (to(f"https://{HOST}/", status="302 Found"), {"RDR005": "info"}),
    "no site there": (everywhere(HTML, status="404 Not Found", body=PAGE), {}),
    "hangs up": (lambda _: None, {}),
    "with HSTS": (to(f"https://{HOST}/", HSTS), {"HDR005": "info"}),
}

BAD: Mapping[str, tuple[Handler, dict[str, str]]] = {
    "session in the open": (
        everywhere(HTML, "Set-Cookie: PHPSESSID=0123456789abcdef; path=/", body=PAGE),
        {"CKY001": "medium", "CKY002": "medium", "RDR001": "medium"},
    ),
    "HSTS of nonsense": (
        everywhere(HTML, "Strict-Transport-Security: max-age=never", body=PAGE),
        {"HDR002": "medium", "RDR001": "medium"},
    ),
    "HSTS switched off": (
        everywhere(HTML, "Strict-Transport-Security: max-age=0", body=PAGE),
        {"HDR004": "medium", "RDR001": "medium"},
    ),
    "null origin as the visitor": (
        everywhere(JSON, "Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true", body="{}"),
        {"HDR024": "high", "RDR001": "medium"},
    ),
    "down to http": (to(f"http://{HOST}/"), {"RDR003": "high", "RDR004": "medium"}),
    "loop": (to("/"), {"RDR004": "medium"}),
}
"""Each bad site, served over plain http too, with what is of medium and above."""


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def scan(
    loopback: Loopback, folder: pathlib.Path, handler: Handler, *, plain: Handler = to_https, topics: str = "http"
) -> Scanned:
    secure = loopback.secure(handler, loopback.context(HOST))
    places = (f"{HOST}:443:127.0.0.1:{secure}", f"{HOST}:80:127.0.0.1:{loopback.plain(plain)}")
    return scan_site(loopback, folder, HOST, places, "--only", topics)


@pytest.mark.parametrize(("handler", "report"), SITES.values(), ids=SITES.keys())
def test_what_it_is_told(handler: Handler, report: dict[str, str], loopback: Loopback, tmp_path: pathlib.Path) -> None:
    found = scan(loopback, tmp_path, handler)

    found.assert_unblamed()
    assert found.beside(report) == {}


@pytest.mark.parametrize(("plain", "report"), PLAIN.values(), ids=PLAIN.keys())
def test_plain_http_beside_a_good_site(
    plain: Handler, report: dict[str, str], loopback: Loopback, tmp_path: pathlib.Path
) -> None:
    found = scan(loopback, tmp_path, site(), plain=plain)

    found.assert_unblamed()
    assert found.beside(report) == {}


@pytest.mark.parametrize(("handler", "report"), BAD.values(), ids=BAD.keys())
def test_the_bad_are_blamed(
    handler: Handler, report: dict[str, str], loopback: Loopback, tmp_path: pathlib.Path
) -> None:
    found = scan(loopback, tmp_path, handler, plain=handler)

    heavy = {rule: weight for rule, weight in found.severities().items() if weight not in {"info", "low"}}
    assert heavy == report


CHALLENGES: Mapping[str, Handler] = {
    "403": everywhere(HTML, *INTERFACE, "cf-mitigated: challenge", BOT, status="403 Forbidden", body=CHALLENGE),
    "503": everywhere(HTML, *INTERFACE, status="503 Service Unavailable", body=CHALLENGE),
    "202": everywhere(*INTERFACE, "x-amzn-waf-action: challenge", status="202 Accepted"),
    "Access Denied": everywhere(HTML, *INTERFACE, status="403 Forbidden", body="Reference&#32;&#35;18&#46;9a8b7c6d"),
    "405": everywhere(HTML, *INTERFACE, "x-amzn-waf-action: captcha", status="405 Method Not Allowed", body=PAGE),
}


@pytest.mark.parametrize("handler", CHALLENGES.values(), ids=CHALLENGES.keys())
def test_a_challenge_hides_the_document_only(handler: Handler, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    found = scan(loopback, tmp_path, handler, topics="tls,http")

    assert (found.code, found.target["status"], found.of_the_site()) == (0, "blocked", {})
    for rule in ("TLS003", "HDR001", "HDR012", "RDR001"):
        assert found.status(rule) == "pass", rule
    for rule in ("CSP001", "HDR020", "HDR023", "CKY002", "INF001", "INF010", "RDR003", "RDR007"):
        assert found.status(rule) == "unknown", rule


def test_what_a_challenge_lacks_is_no_certain_fault_of_the_site(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    bare = everywhere(HTML, "cf-mitigated: challenge", status="403 Forbidden", body=CHALLENGE)

    found = scan(loopback, tmp_path, bare, topics="tls,http")

    confidences = {one["rule"]: one["confidence"] for one in found.target["findings"]}
    assert {rule: confidence for rule, confidence in confidences.items() if rule not in OF_THE_LIBRARY} == {
        "HDR001": "tentative",
        "HDR012": "tentative",
    }


def test_a_policy_in_a_meta_element_is_not_called_absent(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    found = scan(loopback, tmp_path, SITES["policies in meta elements"][0])

    assert {found.status(rule) for rule in ("CSP001", "CSP003", "HDR014")} == {"pass"}


def test_an_apex_that_leads_to_www(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    www = loopback.secure(site(), loopback.context(HOST))
    apex = loopback.secure(to(f"https://{HOST}/", HSTS), loopback.context(APEX))
    places = (
        f"{HOST}:443:127.0.0.1:{www}",
        f"{APEX}:443:127.0.0.1:{apex}",
        f"{APEX}:80:127.0.0.1:{loopback.plain(to_https)}",
    )

    found = scan_site(loopback, tmp_path, APEX, places, "--only", "http")

    found.assert_unblamed()
    assert found.beside({}) == {}


def test_an_old_name_does_not_answer_for_the_new_one(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    old = loopback.secure(to("https://new.example.net/", HSTS), loopback.context(HOST))
    bad = everywhere(HTML, "Set-Cookie: PHPSESSID=1", "Server: nginx/1.0.1", "X-Frame-Options: maybe", body=PAGE)
    new = loopback.secure(bad, loopback.context("new.example.net"))
    places = (f"{HOST}:443:127.0.0.1:{old}", f"new.example.net:443:127.0.0.1:{new}")

    found = scan_site(loopback, tmp_path, HOST, places, "--only", "http")

    found.assert_unblamed()
    assert found.beside({}) == {}
    assert found.status("HDR001") == "pass"
    assert found.status("CSP001") == found.status("HDR012") == "not-applicable"


@pytest.mark.parametrize("entry", ["example.org", "org"])
def test_a_preloaded_parent_covers_apex_and_www(entry: str, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    listed = tmp_path / "preload.json"
    listed.write_text(json.dumps({"entries": [{"name": entry, "include_subdomains": True, "mode": "force-https"}]}))
    bare = loopback.secure(site(fields=without("Strict-Transport-Security")), loopback.context(HOST))
    apex = loopback.secure(to(f"https://{HOST}/"), loopback.context(APEX))
    places = (
        f"{HOST}:443:127.0.0.1:{bare}",
        f"{APEX}:443:127.0.0.1:{apex}",
        f"{HOST}:80:127.0.0.1:{loopback.plain(to(f'https://{APEX}/'))}",
    )

    found = scan_site(loopback, tmp_path, HOST, places, "--only", "http", "--preload-list", str(listed))

    found.assert_unblamed()
    assert found.status("HDR001") == "pass"


def test_both_families(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    first = loopback.secure(site("Server: nginx"), loopback.context(HOST))
    second = loopback.secure(site("Server: nginx"), loopback.context(HOST), "::1")
    places = (f"{HOST}:443:127.0.0.1:{first}", f"{HOST}:443:[::1]:{second}")

    found = scan_site(loopback, tmp_path, HOST, places, "--only", "http")

    found.assert_unblamed()
    assert {len(one["endpoints"]) for one in found.target["findings"]} == {2}


@pytest.mark.parametrize("url", ["https://bücher.example/", "https://xn--bcher-kva.example:8443/"])
def test_an_international_name_and_a_port(url: str, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    host = "xn--bcher-kva.example"
    port = loopback.secure(site(), loopback.context(host))
    places = (f"{host}:443:127.0.0.1:{port}", f"{host}:8443:127.0.0.1:{port}")

    found = scan_site(loopback, tmp_path, url, places, "--only", "http")

    found.assert_unblamed()
    assert found.beside({}) == {}
    assert found.status("RDR001") == "not-assessed"


def test_port_80_closed(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    secure = loopback.secure(site(), loopback.context(HOST))
    places = (f"{HOST}:443:127.0.0.1:{secure}", f"{HOST}:80:127.0.0.1:{loopback.closed_port()}")

    found = scan_site(loopback, tmp_path, HOST, places, "--only", "http")

    found.assert_unblamed()
    assert found.outcomes("RDR001") == [("pass", "port 80 is closed: nothing is served in the clear")]
