"""Signs of pages: what the software writes itself is recognised, what only talks about it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.evidence.content import SignKind
from scanner.wire.internal_names import internal_names
from scanner.wire.page_signs import dev_server, page_signs
from scanner.wire.script_hosts import captcha_of, captcha_places, compromised

LISTING = (
    "<html><head><title>Index of /files/</title></head><body><h1>Index of /files/</h1><hr><pre><a href='../'>../</a>"
)
NGINX_404 = "<html><body><center><h1>404 Not Found</h1></center><hr><center>nginx/1.22.1</center></body></html>"
DJANGO = (
    "<p>You&rsquo;re seeing this error because you have <code>DEBUG = True</code> in your Django settings file. Change"
    " that to <code>False</code>, and Django will display a standard 404 page.</p>"
)
WERKZEUG = (
    "<title>ZeroDivisionError // Werkzeug Debugger</title><script>var CONSOLE_MODE = false, EVALEX = true,</script>"
)
YELLOW = (
    "<title>Oops</title><H1>Server Error in '/' Application.</H1><b>Source File: </b><b>Stack Trace:</b>"
    "<b> Version Information:</b>&nbsp;Microsoft .NET Framework Version:4.0.30319; ASP.NET Version:4.8.4110.0"
)
PHP = "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/var/www/html/index.php</b> on line <b>3</b><br />"
PYTHON = 'Traceback (most recent call last):\n  File "/app/main.py", line 12, in view'
JAVA = "java.lang.NullPointerException\n\tat com.shop.web.CartController.show(CartController.java:41)"
NODE = (
    "Error: no<br> &nbsp; at Layer.handle [as handle_request] (/srv/app/node_modules/express/lib/router/layer.js:95:5)"
)


@pytest.mark.parametrize(
    ("text", "error", "signs"),
    [
        (LISTING, False, {("directory-listing", "Apache or nginx")}),
        ("<p>How to read an Index of / page</p>", False, set()),
        (
            "<title>Welcome to nginx!</title><p>the nginx web server is successfully installed",
            False,
            {("default-page", "nginx")},
        ),
        ("<html><body><h1>It works!</h1></body></html>\n", False, {("default-page", "Apache")}),
        ("<h1>It works!</h1><p>Our new site.</p>", False, set()),
        (DJANGO, True, {("debug-page", "Django")}),
        ("<p>Set DEBUG = True in your Django settings file</p>", False, set()),
        (WERKZEUG, True, {("debug-page", "Werkzeug")}),
        (YELLOW, True, {("debug-page", "ASP.NET"), ("version", "ASP.NET")}),
        (PHP, False, {("stack-trace", "PHP")}),
        (PHP, True, {("stack-trace", "PHP"), ("file-path", "Unix")}),
        (PYTHON, True, {("stack-trace", "Python"), ("file-path", "Unix")}),
        (PYTHON, False, set()),  # an article about it
        (JAVA, True, {("stack-trace", "Java")}),
        (NODE, True, {("stack-trace", "Node.js"), ("file-path", "Unix")}),
        (NGINX_404, True, {("version", "nginx")}),
        (NGINX_404.replace("/1.22.1", ""), True, set()),
        ("SQLSTATE[42S02]: Base table or view not found", True, {("database-error", "PHP PDO")}),
        ("<p>The page /leadline-1f2e was not found.</p>", True, set()),
    ],
)
def test_signs(text: str, error: bool, signs: set[tuple[str, str]]) -> None:
    assert {(one.kind.value, one.name) for one in page_signs(text, error=error)} == signs


def test_what_was_found_is_quoted() -> None:
    (one,) = page_signs(NGINX_404, error=True)

    assert (one.kind, one.excerpt) == (SignKind.VERSION, "<center>nginx/1.22.1")


@given(st.text(), st.booleans())
def test_any_text_has_signs_or_none(text: str, error: bool) -> None:
    assert isinstance(page_signs(text, error=error), tuple)
    assert isinstance(internal_names(text), tuple)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.example.org/@vite/client", "Vite"),
        ("https://www.example.org/_next/static/chunks/react-refresh.js?ts=1", "Next.js in development"),
        ("http://localhost:35729/livereload.js?snipver=1", "LiveReload"),
        ("https://www.example.org/_next/static/chunks/main-1f2e.js", None),
        ("https://www.example.org/assets/vite-1f2e.js", None),
    ],
)
def test_development_servers(url: str, name: str | None) -> None:
    assert dev_server(url) == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("see 10.1.2.3 and 192.168.7.9:8080", ("10.1.2.3", "192.168.7.9")),
        ("version 10.3.6.0, v10.1.2.3 and 10.2.3.4.5", ()),
        ("jquery 1.10.2.4", ()),
        ("http://build01.prod.internal/x and root@db.lan", ("build01.prod.internal", "db.lan")),
        ("cache-1.corp:6379", ("cache-1.corp",)),
        ("window.local, this.internal and foo.lan are variables", ()),
        ("http://localhost:3000/api", ("localhost:3000",)),
        ("http://[fd00::12]/", ("fd00::12",)),
        ("https://www.local.example.org/", ()),
        ("127.0.0.1 and 8.8.8.8", ()),
    ],
)
def test_internal_names(text: str, names: tuple[str, ...]) -> None:
    assert internal_names(text) == names


def test_hosts_with_a_record() -> None:
    assert (known := compromised("cdn.polyfill.io")) is not None
    assert known.served
    assert compromised("cdn.bootcss.com") is not None
    assert compromised("Union.Macoms.la") is not None
    assert compromised("www.macoms.la") is None
    assert compromised("polyfill.io.example.org") is None
    assert compromised("cdnjs.cloudflare.com") is None


def test_captcha_widgets() -> None:
    assert captcha_of("https://www.google.com/recaptcha/api.js?render=x") == "reCAPTCHA"
    assert captcha_of("https://challenges.cloudflare.com/turnstile/v0/api.js") == "Turnstile"
    assert captcha_of("https://www.google.com/maps") is None


def test_a_comment_may_name_a_host_by_itself() -> None:
    text = "server db01.corp.internal 10.0.0.7, this.state.internal(1), a.local, x.corp.example"
    assert internal_names(text, prose=True) == ("10.0.0.7", "db01.corp.internal")
    assert internal_names(text) == ("10.0.0.7",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('<div class="wide g-recaptcha" data-sitekey=x></div><div class=h-captcha></div>', ("reCAPTCHA", "hCaptcha")),
        ("<div class='cf-turnstile'></div><p class=\"cf-turnstile-note\">", ("Turnstile",)),
        ("<p>g-recaptcha</p><a class=link href=/g-recaptcha>", ()),
    ],
)
def test_elements_that_widgets_fill(text: str, names: tuple[str, ...]) -> None:
    assert captcha_places(text) == names
