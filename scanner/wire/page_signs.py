"""Signs in pages: what a page, or an error page, is by its text: listing, default page, debugger, stack trace.

Rule of the file: tables of pieces of text that the software itself writes, its markup included where it can be, so that
a page that only talks about it is not taken for it. What is not `everywhere` counts on answers to errors only.
"""

import dataclasses
import re

from scanner.model.evidence.content import SignKind

MAX_TEXT = 256 * 1024
"""Characters of an answer that are looked at."""

LONGEST_EXCERPT = 160
"""Characters of what was found that are kept."""

LISTING, DEFAULT, DEBUG, TRACE, DATABASE, FILE_PATH, VERSION = (
    SignKind.DIRECTORY_LISTING,
    SignKind.DEFAULT_PAGE,
    SignKind.DEBUG_PAGE,
    SignKind.STACK_TRACE,
    SignKind.DATABASE_ERROR,
    SignKind.FILE_PATH,
    SignKind.VERSION,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One sign in a text: what it is, whose, and the piece of text."""

    kind: SignKind
    name: str
    excerpt: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Mark:
    """All `pieces` must stand in the text; `shows` is then searched for what to quote, and must be found if given."""

    kind: SignKind
    name: str
    pieces: tuple[str, ...]
    everywhere: bool = True
    shows: re.Pattern[str] | None = None


def _any(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


_MARKS = (
    _Mark(LISTING, "Apache or nginx", ("<title>Index of /", "<h1>Index of /")),
    _Mark(LISTING, "IIS", ("[To Parent Directory]</A>",)),
    _Mark(LISTING, "Python", ("<h1>Directory listing for /", "<hr>\n<ul>")),
    _Mark(LISTING, "Tomcat", ("<title>Directory Listing For [/",)),
    _Mark(LISTING, "Jetty", ("<title>Directory: /", "</title>")),
    _Mark(LISTING, "lighttpd", ("<title>Index of /", "<h2>Index of /", 'class="list"')),
    _Mark(LISTING, "Node serve-index", ("<title>listing directory /", 'id="files"')),
    _Mark(DEFAULT, "nginx", ("<title>Welcome to nginx!</title>", "successfully installed")),
    _Mark(DEFAULT, "OpenResty", ("<title>Welcome to OpenResty!</title>",)),
    _Mark(DEFAULT, "Apache", ("<html><body><h1>It works!</h1></body></html>",)),
    _Mark(DEFAULT, "Apache", ("Default Page: It works</title>", "/var/www/html")),
    _Mark(DEFAULT, "Apache", ("Test Page for the ", "HTTP Server</title>")),
    _Mark(DEFAULT, "Apache", ("<title>HTTP Server Test Page powered by",)),
    _Mark(DEFAULT, "IIS", ("<title>IIS Windows Server</title>",)),
    _Mark(DEFAULT, "IIS", ("<title>IIS7</title>", "welcome.png")),
    _Mark(DEFAULT, "IIS", ("<title>Microsoft Internet Information Services", "iis-8")),
    _Mark(DEFAULT, "Tomcat", ("<title>Apache Tomcat/", "successfully installed Tomcat")),
    _Mark(DEFAULT, "Caddy", ("<title>Caddy works!</title>",)),
    _Mark(DEFAULT, "lighttpd", ("<title>Welcome page</title>", "lighttpd")),
    _Mark(DEFAULT, "Plesk", ("<title>Default Parallels Plesk", "</title>")),
    _Mark(DEFAULT, "Plesk", ("<title>Domain Default page</title>", "Plesk")),
    _Mark(DEFAULT, "cPanel", ("<title>Default Web Site Page</title>", "cpanel")),
    _Mark(DEFAULT, "XAMPP", ("<title>Welcome to XAMPP</title>",)),
    _Mark(DEFAULT, "Django", ("<title>The install worked successfully! Congratulations!</title>",)),
    _Mark(DEFAULT, "Rails", ("<title>Ruby on Rails", "Rails version:")),
    _Mark(DEFAULT, "Laravel", ("<title>Laravel</title>", "laravel.com/docs", "Laravel v")),
    _Mark(DEFAULT, "Vite template", ("<title>Vite + ", 'src="/vite.svg"')),
    _Mark(DEBUG, "Werkzeug", ("// Werkzeug Debugger</title>", "EVALEX = ")),
    _Mark(DEBUG, "Werkzeug", ("// Werkzeug Debugger</title>", "traceback")),
    # Django answers with it in place of an error only (404, 500), and questions about it quote it word for word.
    _Mark(DEBUG, "Django", ("<code>DEBUG = True</code>", "Django settings file"), everywhere=False),
    _Mark(DEBUG, "Laravel Ignition", ("window.ignite(", "ignition"), everywhere=False),
    _Mark(DEBUG, "Laravel", ("laravel-exceptions-renderer",), everywhere=False),
    _Mark(DEBUG, "Whoops", ("Whoops! There was an error.", '<div class="Whoops')),
    _Mark(DEBUG, "Symfony", ('<div class="exception-summary', "Symfony")),
    _Mark(DEBUG, "Symfony", ("sf-toolbar", "/_profiler/"), shows=_any(r'<div id="sfwdt\w{1,32}"')),
    _Mark(DEBUG, "Rails", ("<title>Action Controller: Exception caught</title>",)),
    _Mark(DEBUG, "Rails", ("Rails.root: ", "Application Trace"), everywhere=False),
    _Mark(DEBUG, "ASP.NET", ("<b> Version Information:</b>", "Stack Trace:</b>", "Server Error in '")),
    _Mark(DEBUG, "ASP.NET Core", ("An unhandled exception occurred while processing the request.", 'id="stackpage"')),
    _Mark(DEBUG, "Play", ("These routes have been tried, in this order:", "play-error-page"), everywhere=False),
    _Mark(DEBUG, "Phoenix", ("Plug.Debugger", "exception-info"), everywhere=False),
    _Mark(DEBUG, "Yii", ('<div id="yii-debug-toolbar"',)),
    _Mark(DEBUG, "Tracy", ('id="tracy-bs"',), everywhere=False),
    _Mark(DEBUG, "CakePHP", ("cake-error",), shows=_any(r'<(?:pre|div) class="cake-error')),
    _Mark(DEBUG, "Xdebug", ("<table class='xdebug-error xe-",)),
    _Mark(DEBUG, "PHP", ("<title>PHP ", "- phpinfo()</title>", "Loaded Configuration File")),
    _Mark(DEBUG, "Next.js", ("__next-dev-overlay", "nextjs__container_errors"), everywhere=False),
    _Mark(
        TRACE,
        "PHP",
        ("<br />", " on line <b>"),
        shows=_any(
            r"<br />\s{0,9}<b>(?:Fatal error|Warning|Notice|Deprecated|Parse error)</b>: {1,2}"
            r"[^\n]{1,300}? on line <b>\d+"
        ),
    ),
    _Mark(
        TRACE,
        "Python",
        ("Traceback (most recent call last)",),
        everywhere=False,
        shows=_any(r'File (?:"|&quot;).{1,200}?, line \d+'),
    ),
    _Mark(
        TRACE,
        "Java",
        ("at ", ".java:"),
        everywhere=False,
        shows=_any(r"\bat [a-z][\w.$]{3,200}\([A-Za-z0-9_$]{1,80}\.java:\d+\)"),
    ),
    _Mark(
        TRACE,
        ".NET",
        (":line ",),
        everywhere=False,
        shows=_any(r"\bat [A-Z][\w.`<>\[\]]{3,200}\([^)\n]{0,200}\) in [^\n]{1,200}:line \d+"),
    ),
    _Mark(
        TRACE,
        "Node.js",
        ("at ", ".js:"),
        everywhere=False,
        shows=_any(r"\bat [\w.<>$ \[\]]{1,80} \((?:file://)?[/A-Za-z][^()\n]{1,200}\.[cm]?js:\d+:\d+\)"),
    ),
    _Mark(TRACE, "Ruby", (".rb:", ":in "), everywhere=False, shows=_any(r"\.rb:\d+:in [`']")),
    _Mark(TRACE, "Go", ("goroutine ", "[running]:"), everywhere=False, shows=_any(r"goroutine \d+ \[running\]:")),
    _Mark(DATABASE, "MySQL", ("You have an error in your SQL syntax",), everywhere=False),
    _Mark(DATABASE, "PHP PDO", ("SQLSTATE[",), everywhere=False, shows=_any(r"SQLSTATE\[\w{5}\][^<\n]{0,120}")),
    _Mark(DATABASE, "PostgreSQL", ("pg_query()",), everywhere=False),
    _Mark(DATABASE, "PostgreSQL", ("PG::",), everywhere=False, shows=_any(r"\bPG::[A-Z][A-Za-z]{3,40}: ")),
    _Mark(DATABASE, "Oracle", ("ORA-",), everywhere=False, shows=_any(r"\bORA-\d{5}: ")),
    _Mark(DATABASE, "SQL Server", ("System.Data.SqlClient.SqlException",), everywhere=False),
    _Mark(
        FILE_PATH,
        "Unix",
        ("/",),
        everywhere=False,
        shows=_any(
            # An address in an attribute is no path of files; scripts have one only before a line number.
            r"(?<![\w/:.-])(?<!=[\"'])(?<!=)/(?:var/www|home/\w{1,32}|srv|opt|app|usr/(?:share|local|src))/[\w./-]{1,200}"
            r"\.(?:(?:php|py|rb|java|pl|go|twig|inc)\b|(?:[cm]?[jt]s|html)(?=:\d))"
        ),
    ),
    _Mark(
        FILE_PATH,
        "Windows",
        (":\\",),
        everywhere=False,
        shows=_any(r"\b[A-Za-z]:\\(?:inetpub|Users|Windows|Program Files|www|xampp|wamp)[\\\w. ()-]{1,200}"),
    ),
    _Mark(VERSION, "Apache", ("<address>Apache/",), everywhere=False, shows=_any(r"<address>Apache/\d[^<]{1,100}")),
    _Mark(VERSION, "nginx", ("<center>nginx/",), everywhere=False, shows=_any(r"<center>nginx/\d[\d.]{1,20}")),
    _Mark(
        VERSION, "OpenResty", ("<center>openresty/",), everywhere=False, shows=_any(r"<center>openresty/\d[\d.]{1,20}")
    ),
    _Mark(
        VERSION, "Tomcat", ("<h3>Apache Tomcat/",), everywhere=False, shows=_any(r"<h3>Apache Tomcat/\d[\w.-]{1,20}")
    ),
    _Mark(
        VERSION,
        "Jetty",
        ("Powered by Jetty:// ",),
        everywhere=False,
        shows=_any(r"Powered by Jetty:// (?:</a> )?\d[\w.-]{1,30}"),
    ),
    _Mark(VERSION, "ASP.NET", ("ASP.NET Version:",), everywhere=False, shows=_any(r"ASP\.NET Version:\d[\d.]{1,20}")),
)

_DEV_SCRIPTS = (
    ("Vite", _any(r"/@vite/client$|/@react-refresh$")),
    ("webpack dev server", _any(r"/webpack-dev-server(?:\.js|/client)|/__webpack_hmr|/webpack-hmr")),
    (
        "Next.js in development",
        _any(r"/_next/static/(?:development/|chunks/(?:react-refresh|fallback/)|webpack/webpack-hot)"),
    ),
    ("Browsersync", _any(r"/browser-sync/browser-sync-client")),
    ("LiveReload", _any(r":35729/livereload\.js|/livereload\.js\?port=")),
    ("Parcel", _any(r"/__parcel_(?:hmr|source_root)")),
)
"""Scripts that only development servers put into pages, by their address."""


def page_signs(text: str, *, error: bool) -> tuple[Shown, ...]:
    """The signs in the text of an answer; `error`: its status is 400 or more. Each kind and name once."""
    text = text[:MAX_TEXT]
    found: dict[tuple[SignKind, str], Shown] = {}
    for mark in _MARKS:
        if (mark.kind, mark.name) in found or not (error or mark.everywhere):
            continue
        if not all(piece in text for piece in mark.pieces):
            continue
        match = mark.shows.search(text) if mark.shows else None
        if mark.shows and not match:
            continue
        excerpt = match[0] if match else mark.pieces[0]
        found[mark.kind, mark.name] = Shown(kind=mark.kind, name=mark.name, excerpt=excerpt[:LONGEST_EXCERPT])
    return tuple(found.values())


def dev_server(url: str) -> str | None:
    """Whose development server puts a script with this address into pages; None for all others."""
    path = url.partition("#")[0]
    return next((name for name, pattern in _DEV_SCRIPTS if pattern.search(path)), None)
