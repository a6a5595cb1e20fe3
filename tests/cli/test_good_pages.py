"""Good neighbours by what their pages hold: shops, logins and documentation end with nothing of medium or above."""

import pathlib

import pytest

from tests.support.secrets import PUBLIC, SECRETS, chance, web_token
from tests.support.sites import Answer, Handler, Loopback, Request, Scanned, scan_site

HOST = "www.example.org"
FIELDS = (
    "Content-Type: text/html; charset=utf-8",
    "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    "X-Content-Type-Options: nosniff",
    "Content-Security-Policy: default-src https: 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy: strict-origin-when-cross-origin",
)
SESSION = "Set-Cookie: __Host-session=1f2e3d4c5b6a79881f2e3d4c5b6a7988; Path=/; Secure; HttpOnly; SameSite=Lax"
HASH = "sha384-" + "a" * 64
INTENT = f"pi_{chance(24)}_secret_{chance(25)}"

PAYMENT = f"""<!doctype html><html lang=en><head><title>Pay</title>
<script src="https://js.stripe.com/v3/"></script><script src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
<script src="https://cdn.jsdelivr.net/npm/vue@3.5.1/dist/vue.global.prod.js" integrity="{HASH}" crossorigin></script>
<script>const stripe = Stripe("{PUBLIC["stripe-publishable-key"][0]}"); window.config = {{
 mapsKey: "{PUBLIC["google-api-key"][0]}", sentry: "{PUBLIC["sentry-dsn"][0]}", clientSecret: "{INTENT}",
 {PUBLIC["algolia-search-key"][0]}}}), supabaseKey: "{PUBLIC["supabase-anon-key"][0]}"}};</script>
<script src="/app.js" defer></script></head><body><form method=post action=/pay>
<input type=hidden name=csrf_token value="{chance(40)}"><input name=name></form></body></html>"""
LOGIN = f"""<!doctype html><title>Log in</title><form method=post action=/login><input name=user>
<input type=password name=password><input type=hidden name=_token value="{chance(40)}"></form>"""
APPLICATION = f"""<!doctype html><title>App</title><div id=root></div><script id=state type="application/json">
{{"buildId": "{chance(21)}", "csrfToken": "{chance(40)}", "token": "{web_token(sub="guest", exp=1)}",
"assets": {{"main": "/static/main.{chance(20)}.js"}}, "apiKey": "{chance(32, "0123456789abcdef")}"}}</script>"""
MANUAL = """<!doctype html><title>Manual</title><h1>Index of /etc</h1><p>Set <code>DEBUG = True</code> for a while; then
<pre>Traceback (most recent call last):\n  File "/srv/app/main.py", line 3
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
curl -u user:password https://user:password@api.example.com/\npostgres://user:secret@localhost:5432/db
Authorization: Bearer sk_live_xxxxxxxxxxxxxxxxxxxxxxxx\nghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</pre>"""


def serving(html: str) -> Handler:
    def site(request: Request) -> Answer:
        if request.target == "/":
            return Answer(fields=(*FIELDS, SESSION), body=html)
        if request.target == "/app.js":
            return Answer(
                fields=("Content-Type: text/javascript", *FIELDS[1:3]), body="go();\n//# sourceMappingURL=app.js.map"
            )
        return Answer(status="404 Not Found", fields=FIELDS, body="<!doctype html><title>Nothing here</title>")

    return site


def scanned(folder: pathlib.Path, html: str) -> Scanned:
    with Loopback() as loopback:
        port = loopback.secure(serving(html), loopback.context(HOST))
        place = f"{HOST}:443:127.0.0.1:{port}"
        return scan_site(loopback, folder, f"https://{HOST}/", [place], "--only", "content")


@pytest.mark.parametrize(
    "html", [PAYMENT, LOGIN, APPLICATION, MANUAL], ids=["payment", "login", "application", "manual"]
)
def test_a_good_page_is_not_blamed(tmp_path: pathlib.Path, html: str) -> None:
    found = scanned(tmp_path, html)

    assert found.code == 0
    heavy = [
        (one["rule"], one["message"]) for one in found.target["findings"] if one["severity"] not in {"info", "low"}
    ]
    assert heavy == []


def test_a_payment_page_has_its_inventory(tmp_path: pathlib.Path) -> None:
    found = scanned(tmp_path, PAYMENT).target
    (evidence,) = (one["evidence"] for one in found["observations"] if one["topic"] == "content")

    assert [one["host"] for one in evidence["scripts"] if one["relation"] == "cross-site"] == [
        "js.stripe.com",
        "www.googletagmanager.com",
        "cdn.jsdelivr.net",
    ]
    assert {one["exposure"] for one in evidence["secrets"]} == {"public"}
    assert {one["rule"] for one in found["findings"]} == {"CNT002", "CNT005", "CNT008", "CNT016", "CNT023"}


def test_a_leaking_page_is_blamed(tmp_path: pathlib.Path) -> None:
    found = scanned(tmp_path, f"<!doctype html><title>x</title><!-- {SECRETS['aws-secret-access-key'][0]} -->")

    assert found.code == 1
    assert [one["rule"] for one in found.target["findings"] if one["severity"] == "high"] == ["CNT013"]
