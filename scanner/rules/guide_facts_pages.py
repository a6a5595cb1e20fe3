"""Facts for guides about provoked error pages and banners: stock pages, and names of operating systems.

Rule of the room: as in `guide_facts`. The patterns are of the pages that each software sends where nobody set up
others, written down from what it answers.
"""

import re
from collections.abc import Iterator

from scanner.model.evidence.http_exchanges import Body, Exchange, HttpExchanges, Purpose
from scanner.model.evidence.server_identity import OddReply, ServerAnswers
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.rules.case import Case
from scanner.rules.document_gate import BLOCKED, site_answered
from scanner.rules.guide_facts import fact
from scanner.rules.guide_facts_site import an_answer
from scanner.rules.server_examples import example, reply_to
from scanner.rules.verdict import Fault, NotAssessed, Unknown, Verdict, fail_or_pass

_READ = 8192
"""Characters of a page that are looked at."""

_LONGEST_BANNER = 512
"""Characters of a field that are looked at."""

_STOCK: tuple[tuple[str, str], ...] = (
    ("nginx", r"<center><h1>\d{3} [^<]*</h1></center>"),
    ("Apache httpd", r"-//(?:IETF//DTD HTML 2\.0|W3C//DTD HTML 4\.01)//EN.{0,200}<title>\d{3} "),
    ("lighttpd", r"<title>\d{3} [^<]*</title>\s*</head>\s*<body>\s*<h1>\d{3} [^<]*</h1>\s*</body>"),
    ("IIS", r"<h[23]>(?:HTTP Error )?\d{3}(?:\.\d+)? - |<hr><p>HTTP Error \d{3}\."),
    ("HAProxy", r"^\s*<html><body><h1>\d{3} [^<]*</h1>"),
    ("Varnish", r"Guru Meditation:"),
    ("Squid", r"<!-- ERR_[A-Z_]+ -->|id=.?ERR_[A-Z_]+"),
    ("Traefik or Go", r"^\s*404 page not found\s*$"),
    ("Express", r"<pre>Cannot (?:GET|POST|OPTIONS) /"),
    ("Tomcat", r"<h1>HTTP Status \d{3}"),
    ("Jetty", r"<title>Error \d{3}[^<]*</title>.{0,400}<h2>HTTP ERROR \d{3}"),
    ("Spring Boot", r"Whitelabel Error Page"),
    ("Werkzeug", r"<p>The requested URL was not found on the server\. If you entered"),
    ("Django", r"<h1>Not Found</h1>\s*<p>The requested (?:resource|URL)[^<]* was not found on this server\.</p>"),
    ("Rails", r"The page you were looking for doesn(?:'|’|&#39;)t exist"),
    ("Laravel", r"<div class=\"px-4 text-lg text-gray-500 border-r[^>]*>\s*\d{3}"),
    ("Starlette", r"^\s*\{\"detail\":\s*\"Not Found\"\}\s*$"),
    ("Next.js", r"<h1 class=\"next-error-h1\""),
    ("Tornado", r"<html><title>(\d{3}): ([^<]*)</title><body>\1: \2</body></html>"),
    ("Python's http.server", r"<h1>Error response</h1>"),
    ("WEBrick", r"<H1>Not Found</H1>.{0,300}WEBrick"),
    ("cheroot or CherryPy", r"#powered_by|Powered by.{0,60}CherryPy"),
)
"""Software, and what its own error pages look like."""

_STOCK_PAGES = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _STOCK)

_SYSTEMS = (
    "Debian|Ubuntu|CentOS|Red ?Hat|RHEL|Fedora|Rocky(?: Linux)?|AlmaLinux|Oracle Linux|Amazon(?: Linux)?|openSUSE|SUSE|"
    "Gentoo|Arch Linux|Alpine|Raspbian|Slackware|Mandriva|FreeBSD|OpenBSD|NetBSD|SunOS|Darwin|Windows(?: Server)?|"
    "Win32|Win64|Unix|Linux"
)
_IN_BRACKETS = re.compile(rf"\((?:[^()]{{0,40}}[ ;,/])?({_SYSTEMS})(?:[ ;,/][^()]{{0,40}})?\)", re.IGNORECASE)
_IN_VERSION = re.compile(r"[+~-](deb\d+u\d+|ubuntu[\d.]*|\.?el\d+|fc\d{2}|\dubuntu\d[\w.]*|bpo\d+)", re.IGNORECASE)
_BY_PRODUCT = re.compile(r"Microsoft-(?:IIS|HTTPAPI)", re.IGNORECASE)
_BANNERS = ("server", "x-powered-by", "via", "x-generator", "x-server")
_SIGNATURE = re.compile(
    r"<address>[^<]{1,200}</address>|<title>[^<]{0,40}(?:Apache2?|nginx)[^<]{0,60}</title>", re.IGNORECASE
)


def system_in(text: str) -> str | None:
    """The operating system that a banner names, as it is written there; None where it names none."""
    text = text[:_LONGEST_BANNER]
    for pattern in (_IN_BRACKETS, _IN_VERSION):
        if match := pattern.search(text):
            return match[1]
    return "Windows" if _BY_PRODUCT.search(text) else None


def stock_page_of(text: str) -> str | None:
    """The software whose own error page this is; None for a page that nobody is known for, or an empty one."""
    return next((name for name, pattern in _STOCK_PAGES if pattern.search(text[:_READ])), None)


# --- the answer to a path that is not there ---------------------------------------------------------------------------


def _not_found(body: str, *, server: str = "nginx") -> Case[HttpExchanges]:
    page = Exchange(
        purpose=Purpose.MISSING,
        hop=0,
        method="GET",
        url=PeerText("https://www.example.org/leadline-0"),
        same_host=True,
        own=True,
        endpoint="192.0.2.1:443",
        outcome=Outcome.OK,
        status=404,
        body=Body(size=len(body), complete=True, sha256="", text=PeerText(body)),
    )
    return Case(evidence=HttpExchanges(exchanges=(*an_answer(("Server", server)).evidence.exchanges, page)))


_NGINX_404 = (
    "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>"
)


@fact(
    "own-not-found-page",
    "http_exchanges",
    "Whether a path that is not there is answered with a page of the site's own",
    passing=_not_found("<h1>We could not find that</h1>"),
    against=_not_found(_NGINX_404),
)
def own_not_found_page(case: Case[HttpExchanges]) -> Verdict:
    """Fails where the page is a software's own; an empty page says nothing, which is as good."""
    if not site_answered(case) or case.evidence.block is not None:
        return BLOCKED
    pages = [
        (place, one)
        for place, one in enumerate(case.evidence.exchanges)
        if one.purpose is Purpose.MISSING and one.answered and (one.own or one.same_host)
    ]
    errors = [(place, one) for place, one in pages if (one.status or 0) >= 400]
    if not pages:
        return Unknown("a path that is not there was not answered")
    if not errors:
        return NotAssessed(f"a path that is not there is answered with status {pages[-1][1].status}")
    faults = [
        Fault(
            message="the answer to a path that is not there is the page that comes with {software} (status {status})",
            at=(f"/exchanges/{place}/body/text",),
            arguments={"software": software, "status": one.status},
            discriminator=software,
        )
        for place, one in errors
        if one.body is not None and (software := stock_page_of(one.body.text or ""))
    ]
    return fail_or_pass(faults, "a path that is not there is answered with no known software's own page")


@fact(
    "own-refusal-pages",
    "server_identity",
    "Whether refused requests are answered with pages of the site's own",
    passing=example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, "<p>sorry</p>")),
    against=example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, _NGINX_404.replace("404", "400"))),
)
def own_refusal_pages(case: Case[ServerAnswers]) -> Verdict:
    """Fails for each software whose own page came, with the requests that brought it."""
    if case.evidence.baseline is None:
        return Unknown("the plain request got no HTTP answer")
    found: dict[str, list[int]] = {}
    for place, reply in enumerate(case.evidence.replies):
        if (reply.status or 0) >= 400 and reply.body and (software := stock_page_of(reply.body.text)):
            found.setdefault(software, []).append(place)
    faults = [
        Fault(
            message="refused requests are answered with the page that comes with {software} (statuses {statuses})",
            at=tuple(f"/replies/{place}/body/text" for place in places),
            arguments={
                "software": software,
                "statuses": ", ".join(dict.fromkeys(str(case.evidence.replies[place].status) for place in places)),
            },
            discriminator=software,
        )
        for software, places in found.items()
    ]
    return fail_or_pass(faults, "no refused request is answered with a known software's own page")


# --- operating systems ------------------------------------------------------------------------------------------------


@fact(
    "no-system-in-banners",
    "http_exchanges",
    "Whether header fields and the page for a missing path name no operating system",
    passing=_not_found("<p>nothing here</p>"),
    against=_not_found("<p>nothing here</p>", server="Apache/2.4.62 (Debian)"),
)
def no_system_in_banners(case: Case[HttpExchanges]) -> Verdict:
    """Fails for each banner that names a system or a distribution's package version."""
    if not any(one.answered for one in case.evidence.exchanges):
        return Unknown("no answer was seen")
    faults: dict[str, Fault] = {}
    for place, one in enumerate(case.evidence.exchanges):
        if one.own or one.same_host:
            for where, banner, at in _banners(one):
                if (system := system_in(banner)) is not None:
                    found = _names_system(where, banner, system, f"/exchanges/{place}{at}")
                    faults.setdefault(found.discriminator, found)
    return fail_or_pass(list(faults.values()), "no banner names an operating system")


def _banners(one: Exchange) -> Iterator[tuple[str, str, str]]:
    """Name, text and place of all that may name a system: fields, and the signature of an error page."""
    for place, field in enumerate(one.fields):
        if field.name.lower().strip() in _BANNERS:
            yield field.name, field.value, f"/fields/{place}"
    if one.purpose is Purpose.MISSING and one.body is not None and one.body.text:
        for match in _SIGNATURE.finditer(one.body.text[:_READ]):
            yield "the error page", match[0], "/body/text"


def _names_system(where: str, banner: str, system: str, at: str) -> Fault:
    return Fault(
        message="{where} names {system}: {banner}",
        at=(at,),
        arguments={"where": where, "system": system, "banner": banner[:120]},
        discriminator=f"{where} {system}".lower(),
    )


@fact(
    "no-system-in-refusals",
    "server_identity",
    "Whether refused requests and their pages name no operating system",
    passing=example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, "<p>sorry</p>")),
    against=example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, server="Apache/2.4.62 (Debian)")),
)
def no_system_in_refusals(case: Case[ServerAnswers]) -> Verdict:
    """Fails for each banner on an answer to an odd request that names a system."""
    if case.evidence.baseline is None:
        return Unknown("the plain request got no HTTP answer")
    faults: dict[str, Fault] = {}
    for place, reply in enumerate(case.evidence.replies):
        for where, banner, at in _banners_of(reply):
            if (system := system_in(banner)) is not None:
                found = _names_system(where, banner, system, f"/replies/{place}{at}")
                faults.setdefault(found.discriminator, found)
    return fail_or_pass(list(faults.values()), "no refused request brings the name of an operating system")


def _banners_of(reply: OddReply) -> Iterator[tuple[str, str, str]]:
    """The same of an answer to an odd request."""
    for place, field in enumerate(reply.fields):
        if field.name.lower() in _BANNERS:
            yield field.name, field.value, f"/fields/{place}"
    if reply.body is not None and (reply.status or 0) >= 400:
        for match in _SIGNATURE.finditer(reply.body.text[:_READ]):
            yield "an error page", match[0], "/body/text"
