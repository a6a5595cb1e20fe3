"""What the demo answers: a small shop with the faults of many sites, in one place.

Weak on purpose, and harmless: nothing in it is true, nothing that it names exists (RFC 2606, RFC 6761), and its key is
made up anew at each start.
"""

import base64
import json
import random
import string

HOST = "demo.leadline.test"
"""The name that the demo is scanned by; RFC 6761 reserves .test, so nobody else has it."""

MAX_FIELDS = 100
"""Fields of a request head that the server takes."""

_METHODS = "GET, HEAD, OPTIONS, TRACE"
_BANNER = "Server: DemoServer/1.4.2 (Unix) PHP/5.6.40\r\nX-Powered-By: PHP/5.6.40\r\n"

_PAGE = """<!doctype html>
<html lang="en"><head><title>Demo shop</title>
<meta name="generator" content="DemoShop 2.3.1">
<script src="/shop.js"></script>
<script src="https://widgets.example/pay.js"></script>
<script>var shop = {currency: "EUR"};</script>
</head>
<body onload="greet()">
<h1>Demo shop</h1>
<p>This endpoint is weak on purpose: leadline looks at it to show what it finds. Nothing here is real.</p>
<!-- stock comes from http://stock.corp.internal:8080/ -->
<form method="post" action="/login">
<input name="user"><input name="password" type="password"><button>Log in</button></form>
<form method="post" action="http://demo.leadline.test/newsletter"><input name="mail" type="email"></form>
<img src="http://images.example/logo.png" alt="">
</body></html>
"""

_TRACE_OF_A_FAULT = """Traceback (most recent call last):
  File "/srv/demo/shop/views.py", line 42, in dispatch
    return handlers[request.path](request)
KeyError: 'no such page'
"""

_FIELDS = (
    "Content-Type: text/html; charset=utf-8\r\n"
    "Strict-Transport-Security: max-age=300\r\n"
    "Content-Security-Policy: default-src *; script-src 'self' 'unsafe-inline' 'unsafe-eval' https://*.googleapis.com;"
    " report-uri /csp\r\n"
    "X-Frame-Options: ALLOW-FROM https://partner.example/\r\n"
    "X-XSS-Protection: 1; mode=block\r\n"
    "Referrer-Policy: unsafe-url\r\n"
    "Cache-Control: public, max-age=600\r\n"
    "X-Backend-Server: shop-03.corp.internal\r\n"
    "Set-Cookie: PHPSESSID=4f1c2b7e9a0d; Path=/\r\n"
    "Set-Cookie: __Host-cart=empty; Path=/shop\r\n"
    "Set-Cookie: BIGipServerdemo=167772170.20480.0000; Path=/\r\n"
    "Set-Cookie: tracking=1; SameSite=None; Max-Age=63072000\r\n"
)

_SOURCE_MAP = "//# sourceMappingURL=shop.js.map"
_ROBOTS = "User-agent: *\nDisallow: /admin/\nDisallow: /backup/\n"
_SECURITY_TXT = f"Contact: mailto:security@{HOST}\nExpires: 2024-12-31T00:00:00Z\n"


def make_key() -> str:
    """A key in the form of a payment service's, of characters drawn anew: it opens nothing."""
    drawn = random.SystemRandom().choices(string.ascii_letters + string.digits, k=32)
    return "sk_" + "live_" + "".join(drawn)


def answer(head: bytes, *, secure: bool, key: str) -> bytes:
    """The answer to one request head: a page for what is small and well-formed, an error page for the rest."""
    lines = head.decode("latin-1").split("\r\n")
    if len(lines) - 3 > MAX_FIELDS:
        return error_page("400 Bad Request", "The number of request header fields exceeds the limit of this server")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        return error_page("400 Bad Request", "Your browser sent a request that this server could not understand")
    method, path, _ = parts
    if not secure:
        return _response("302 Found", f"Location: https://{HOST}{path}\r\nSet-Cookie: visited=1\r\n", "")
    shared = _shared_with(lines)
    if method == "TRACE":
        return _response("200 OK", "Content-Type: message/http\r\n", head.decode("latin-1"))
    if method == "OPTIONS":
        return _response("204 No Content", f"Allow: {_METHODS}\r\nAccess-Control-Allow-Methods: *\r\n{shared}", None)
    if method not in {"GET", "HEAD"}:
        return error_page("405 Method Not Allowed", "Only GET is served here", f"Allow: {_METHODS}\r\n")
    found = _resource(path, key)
    if found is None:
        return error_page("404 Not Found", f"<pre>{_TRACE_OF_A_FAULT}</pre>", shared)
    fields, body = found
    whole = _response("200 OK", fields + shared, body)
    return whole if method == "GET" else whole[: whole.index(b"\r\n\r\n") + 4]


def error_page(status: str, why: str, fields: str = "") -> bytes:
    """An error page, chatty as the server behind it."""
    body = f"<html><title>{status}</title><h1>{status}</h1><p>{why}</p><hr>DemoServer/1.4.2 at 10.0.0.7:8443</html>\n"
    return _response(status, f"Content-Type: text/html\r\n{fields}", body)


def _resource(path: str, key: str) -> tuple[str, str] | None:
    """Fields and body of what the shop has; None where it has no such thing."""
    return {
        "/": (f"{_FIELDS}Set-Cookie: login={_token()}; Path=/; HttpOnly\r\n", _PAGE),
        "/shop.js": ("Content-Type: text/javascript\r\n", _script(key)),
        "/robots.txt": ("Content-Type: text/plain\r\n", _ROBOTS),
        "/.well-known/security.txt": ("Content-Type: text/plain; charset=utf-8\r\n", _SECURITY_TXT),
    }.get(path)


def _script(key: str) -> str:
    lines = ("// A made-up key: it opens nothing.", f'var pay = "{key}";', "function greet() {}", _SOURCE_MAP)
    return "\n".join(lines)


def _token() -> str:
    """A JSON Web Token (RFC 7519) for nobody, without an expiry and without a signature that holds."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": "visitor"})
    encoded = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
    return ".".join((*encoded, "c2lnbmVkLWJ5LW5vYm9keS1mb3ItdGhlLWRlbW8tc2hvcA"))


def _shared_with(lines: list[str]) -> str:
    """CORS fields that let in every origin, with the visitor's cookies."""
    sent = (line.partition(":")[2].strip() for line in lines[1:] if line.lower().startswith("origin:"))
    origin = next(sent, "")
    return f"Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n" if origin else ""


def _response(status: str, fields: str, body: str | None) -> bytes:
    """A whole answer; without a body (None) for a status that has none."""
    content = (body or "").encode()
    length = "" if body is None else f"Content-Length: {len(content)}\r\n"
    return f"HTTP/1.1 {status}\r\n{_BANNER}{fields}{length}\r\n".encode("latin-1", "replace") + content
