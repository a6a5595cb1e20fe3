"""Facts for guides about the site as a whole: https, the proxy in front, its limits, cookies, forms, our own name.

Rule of the room: as in `guide_facts`.
"""

import re
from collections.abc import Iterator

from scanner.model.derived import Derived, ServerGuess, ServerIdentity
from scanner.model.evidence.content import Content, FormFacts
from scanner.model.evidence.cookies import CookieKind, CookiePrefix, Cookies
from scanner.model.evidence.http_exchanges import Exchange, HeaderField, HttpExchanges, Purpose
from scanner.model.evidence.operation import Operation, TcpHandshake
from scanner.model.evidence.redirects import Chain, Redirects
from scanner.model.evidence.server_identity import ReplyKind, ServerAnswers
from scanner.model.outcome import Outcome
from scanner.model.page import Relation
from scanner.model.peer import PeerText
from scanner.rules.case import Case
from scanner.rules.cookie_judging import example_case, example_cookie, kept
from scanner.rules.document_gate import BLOCKED, site_answered
from scanner.rules.guide_facts import fact
from scanner.rules.redirect_views import DOCUMENT, GOOD, after, hop_of, plain_chain
from scanner.rules.server_examples import APACHE_PAGE, BACKEND, FRONT, example, reply_to
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail, fail_or_pass
from scanner.version import USER_AGENT

PROXIES = frozenset(
    {
        *("haproxy", "envoy", "traefik", "varnish", "squid", "trafficserver", "nghttpx", "tinyproxy", "h2o"),
        *("cloudflare", "cloudfront", "akamai", "fastly", "awselb", "google", "big-ip", "bunnycdn", "keycdn"),
        *("ddos-guard", "vercel", "netlify", "fly"),
    }
)
"""Products, as `derived.server` names them, that only ever stand in front of something else."""

_FRONTS = frozenset({"nginx", "openresty", "tengine", "angie", "freenginx", "apache", "caddy", "lighttpd", "litespeed"})
"""Servers that run no application of these kinds themselves, so one that shows behind them is proxied to."""

_APPLICATION = re.compile(
    r"express|next\.js|kestrel|asp\.net|servlet|undertow|phusion passenger|plack|werkzeug", re.IGNORECASE
)
_OF_A_PROXY = (
    "via",
    "x-served-by",
    "x-cache",
    "cf-ray",
    "x-amz-cf-id",
    "x-varnish",
    "x-azure-ref",
    "x-envoy-upstream-service-time",
)
_IDENTIFIABLE = re.compile(r"(?!Mozilla/)[\w.-]+/[\w.-]+.*(?:https?://|@)", re.IGNORECASE)


def an_answer(*fields: tuple[str, str], url: str = "https://www.example.org/") -> Case[HttpExchanges]:
    """A document with these fields, for the examples."""
    one = Exchange(
        purpose=Purpose.ENTRY,
        hop=0,
        method="GET",
        url=PeerText(url),
        same_host=True,
        own=True,
        endpoint="192.0.2.1:443",
        outcome=Outcome.OK,
        status=200,
        fields=tuple(HeaderField(name=PeerText(name), value=PeerText(value)) for name, value in fields),
    )
    return Case(evidence=HttpExchanges(exchanges=(one,)))


@fact(
    "https-answers",
    "http_exchanges",
    "Whether the site answers over https",
    passing=an_answer(),
    against=an_answer(url="http://www.example.org/"),
)
def https_answers(case: Case[HttpExchanges]) -> Verdict:
    """Passes where the named host, or its www sibling, answered a request over https."""
    for one in case.evidence.exchanges:
        if one.answered and (one.own or one.same_host) and one.url.lower().startswith("https:"):
            return Pass(f"https is answered{f' ({one.tls})' if one.tls else ''}")
    return Unknown("no answer of the host over https was seen")


@fact(
    "redirect-keeps-path",
    "redirects",
    "Whether the redirect from plain http keeps the path",
    passing=Case(evidence=GOOD),
    against=Case(evidence=after(hop_of("http://www.example.org/", 301, "https://www.example.org/start"), DOCUMENT)),
)
def redirect_keeps_path(case: Case[Redirects]) -> Verdict:
    """Fails where the first redirect on the host changes the path; only the root page was asked."""
    chain = plain_chain(case)
    if not isinstance(chain, Chain):
        return NotApplicable("port 80 is closed") if isinstance(chain, Pass) else chain
    first = chain.hops[0]
    if first.to is None or first.to_scheme != "https":
        return NotApplicable("plain http does not redirect to https at once")
    if _path(first.to) != _path(first.url):
        return fail("{url} is redirected to {to}: the path is not kept", "/http/hops/0", url=first.url, to=first.to)
    return Pass(f"{first.status} from {first.url} to {first.to}")


def _path(url: str) -> str:
    """What follows the authority; the root where nothing does (RFC 9110 section 4.2.3)."""
    return "/" + url.partition("://")[2].partition("/")[2]


# --- what stands in front ---------------------------------------------------------------------------------------------


def _behind(*fields: tuple[str, str]) -> Case[HttpExchanges]:
    found = an_answer(*fields)
    return Case(evidence=found.evidence, derived=Derived(server=ServerIdentity(front=FRONT)))


@fact(
    "proxy-in-front",
    "http_exchanges",
    "Whether something shows that a proxy stands in front of the application",
    passing=_behind(("X-Powered-By", "Express")),
    against=an_answer(),
)
def proxy_in_front(case: Case[HttpExchanges]) -> Verdict:
    """Passes with the signs; without one it cannot be told, for a good proxy leaves none."""
    signs = list(dict.fromkeys(_proxy_signs(case)))
    if signs:
        return Pass("; ".join(signs[:3]))
    front = case.derived.server.front
    who = f"{front.family} answers, and " if front else ""
    return Unknown(f"{who}no sign tells a proxy from the application itself; a good proxy may leave none")


def _proxy_signs(case: Case[HttpExchanges]) -> Iterator[str]:
    server = case.derived.server
    if server.front and server.backend:
        yield f"{server.front.family} answers in front of {server.backend.family}"
    if server.front and server.front.family in PROXIES:
        yield f"{server.front.family} answers, which only stands in front of others"
    for one in case.evidence.exchanges:
        if not (one.own or one.same_host):
            continue
        for name in _OF_A_PROXY:
            for value in one.values(name)[:1]:
                yield f"an answer carries {name}: {value[:80]}"
        if server.front and server.front.family in _FRONTS:
            for value in one.values("x-powered-by"):
                if _APPLICATION.search(value):
                    yield f"{server.front.family} answers, and X-Powered-By is {value[:80]}"


_ODD = reply_to("xff-33000", "X-Forwarded-For of 33000 bytes", 400, "<h1>front</h1>")


@fact(
    "front-refuses-first",
    "server_identity",
    "Whether the front refuses an oversized request before the server behind it does",
    passing=example(_ODD, derived=Derived(server=ServerIdentity(front=FRONT))),
    against=example(APACHE_PAGE, _ODD, derived=Derived(server=ServerIdentity(front=FRONT, backend=BACKEND))),
)
def front_refuses_first(case: Case[ServerAnswers]) -> Verdict:
    """Fails where the page of a server behind the front came back; names both, and the requests that each refused."""
    if case.evidence.baseline is None:
        return Unknown("the plain request got no HTTP answer")
    front, backend = case.derived.server.front, case.derived.server.backend
    refused = [(place, one) for place, one in case.evidence.refused() if one.status is not None]
    inner = [] if backend is None else [(place, one) for place, one in refused if _came_from(backend, one.title)]
    outer = [one for pair in refused if (one := pair[1]) not in [other for _, other in inner]]
    by_front = f"{front.family if front else 'the front'} refuses: " + ", ".join(
        f"{one.title} ({one.size} bytes in all, status {one.status})" for one in outer[:2]
    )
    if inner and backend is not None:
        message = "the page of {backend}, behind {front}, comes back at: {requests}" + (
            "; {by_front}" if outer else "; {front} refused none of the requests itself"
        )
        requests = ", ".join(f"{one.title} ({one.size} bytes in all, status {one.status})" for _, one in inner[:3])
        return fail(
            message,
            tuple(f"/replies/{place}" for place, _ in inner),
            backend=backend.family,
            front=front.family if front else "the front",
            requests=requests,
            by_front=by_front,
        )
    if outer:
        return Pass(f"no other server's page came through; {by_front}")
    odd = [one for one in case.evidence.replies if one.kind(case.evidence.replies[0]) is ReplyKind.SAME]
    largest = max((one.size for one in odd), default=0)
    return Unknown(f"no request was refused, up to {largest} bytes: nothing shows which limit is the smaller")


def _came_from(backend: ServerGuess, title: str) -> bool:
    return any(word.startswith(f"{title}: ") for word in backend.because)


def _handshake(system: str | None) -> Case[Operation]:
    tcp = TcpHandshake(timestamps=True, sack=True, ecn=False, window_scale=7, mss=1460, system=system)
    return Case(evidence=Operation(tcp=tcp))


@fact("tcp-traits", "operation", "What the TCP handshake suggests of the system", passing=_handshake("Linux"))
def tcp_traits(case: Case[Operation]) -> Verdict:
    """States it: a hint about whatever ended the TCP connection, never proof, and nothing to mend."""
    tcp = case.evidence.tcp
    if tcp is None:
        return NotAssessed("the kernel tells nothing of the TCP handshake")
    if tcp.loopback:
        return NotApplicable("the TCP handshake went over the loopback, where it shows this machine's own system")
    return Pass(
        f"only a hint: the TCP handshake is as usual for {tcp.system}"
        if tcp.system
        else "the TCP handshake suggests no system"
    )


# --- cookies and forms ------------------------------------------------------------------------------------------------


@fact(
    "session-host-prefix",
    "cookies",
    "Whether session cookies have the prefix __Host- and keep its promise",
    passing=example_case(example_cookie("__Host-sid", kind=CookieKind.SESSION, prefix=CookiePrefix.HOST)),
    against=example_case(example_cookie("sid", kind=CookieKind.SESSION)),
)
def session_host_prefix(case: Case[Cookies]) -> Verdict:
    """Fails for each session cookie without the prefix; `__Host-Http-` promises the same and more."""
    if not site_answered(case):
        return BLOCKED
    sessions = [
        (place, one)
        for place, one in enumerate(case.evidence.cookies)
        if one.kind is CookieKind.SESSION and not one.is_deletion(case.now)
    ]
    if not sessions:
        return NotApplicable("no session cookie was set before a log-in")
    good = {CookiePrefix.HOST, CookiePrefix.HOST_HTTP}
    faults = [
        Fault(
            message="the session cookie {name} {what}",
            at=(f"/cookies/{place}/name",),
            arguments={
                "name": one.name,
                "what": f"breaks what its prefix promises ({', '.join(one.broken)})"
                if one.prefix in good and one.broken
                else "has no prefix __Host-",
            },
            discriminator=one.name,
        )
        for place, one in sessions
        if one.prefix not in good or not kept(case, one)
    ]
    return fail_or_pass(faults, "the session cookie has the prefix __Host- and keeps its promise")


_LOG_IN = FormFacts(method="post", relation=Relation.SAME_ORIGIN, password=True, fields=2)


@fact(
    "captcha-on-forms",
    "content",
    "Whether a page with forms carries a known CAPTCHA widget",
    passing=Case(evidence=Content(url=PeerText("https://www.example.org/"), forms=(_LOG_IN,), captchas=("hCaptcha",))),
    against=Case(evidence=Content(url=PeerText("https://www.example.org/"), forms=(_LOG_IN,))),
)
def captcha_on_forms(case: Case[Content]) -> Verdict:
    """Passes with the widget's name; a form without one cannot be told from one that needs none."""
    seen = case.evidence
    if not site_answered(case) or seen.block is not None:
        return BLOCKED
    if seen.url is None:
        return NotAssessed(seen.no_page or "there is no HTML document")
    if seen.captchas:
        return Pass(f"the page carries {', '.join(seen.captchas)}")
    asking = [one for one in seen.forms if one.method == "post" and one.fields]
    if not asking:
        return NotApplicable("the page has no form that posts anything")
    return Unknown(f"no known widget on a page with {len(asking)} form{'s' if len(asking) > 1 else ''} that post data")


@fact(
    "own-user-agent",
    "http_exchanges",
    "Under which name this scan asked",
    passing=Case(evidence=HttpExchanges(exchanges=an_answer().evidence.exchanges, user_agent=USER_AGENT)),
)
def own_user_agent(case: Case[HttpExchanges]) -> Verdict:
    """Fails where a name was given that does not tell who asks. The clients of the site itself are never seen."""
    name = case.evidence.user_agent
    if name is None:
        return NotAssessed("under which name was asked is not in the evidence")
    if not _IDENTIFIABLE.match(name):
        return fail(
            "this scan asked as {name}, which does not tell who asks and where to write", "/user_agent", name=name
        )
    return Pass(f"this scan asked as {name}")
