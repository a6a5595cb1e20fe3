"""Rules about what odd requests made the servers say: who stands behind the front, and how much their pages tell.

Rule of the room: being recognised is no hole. It spares an attacker guesses; so nothing here is above low.
"""

import re
from collections.abc import Iterator

from scanner.model.derived import Derived, ServerIdentity
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.server_identity import BASELINE, OddReply, ServerAnswers
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity, Snippet
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.server_examples import APACHE_PAGE, BACKEND, FRONT, QUIET, example, reply_to
from scanner.rules.verdict import Fail, Fault, NotAssessed, Pass, Unknown, Verdict, fail, fail_or_pass

FIRM_FROM = 0.85
"""The derived confidence from which on a named back end is firm."""

_PRODUCTS = (
    r"Apache Tomcat",
    r"ApacheTrafficServer",
    r"Apache(?=/\d| Server at )",
    r"nginx",
    r"openresty",
    r"Tengine",
    r"lighttpd",
    r"Jetty(?=:|\()",
    r"squid(?=/\d)",
    r"nghttpx",
    r"Werkzeug",
    r"WEBrick(?=/\d)",
    r"TwistedWeb",
    r"Phusion Passenger",
    r"Microsoft-IIS",
    r"LiteSpeed",
    r"mini_httpd",
    r"uWebSockets",
)
"""Products as they write themselves into their own error pages; names that are also plain words only in that form."""

_NAMED = re.compile(rf"(?<![\w./-])({'|'.join(_PRODUCTS)})(?![\w-])(?:(?:/|://)? ?v?(\d+(?:\.\d+)+[\w.-]{{0,20}}))?")

_WSTG = Reference(
    title="OWASP WSTG: fingerprint web server",
    url="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
    "01-Information_Gathering/02-Fingerprint_Web_Server",
)
_CPDOS = Reference(title="CPDoS: cache-poisoned denial of service by oversized headers", url="https://cpdos.org/")
_NGINX_BUFFERS = Reference(
    title="nginx: large_client_header_buffers",
    url="https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers",
)
_NGINX_INTERCEPT = Reference(
    title="nginx: proxy_intercept_errors",
    url="https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_intercept_errors",
)
_APACHE_CORE = Reference(
    title="Apache: ErrorDocument, ServerSignature, LimitRequestFieldSize",
    url="https://httpd.apache.org/docs/2.4/mod/core.html",
)

_OWN_PAGES = Remediation(
    text="Answer refusals with pages of your own at the outermost server, for the statuses 400, 404, 413, 414, 431 and"
    " 5xx, and keep names and versions off the pages that remain.",
    snippets=(
        Snippet(
            server="nginx",
            config="server_tokens off;\nproxy_intercept_errors on;\nerror_page 400 404 413 414 431 500 502 503 504"
            " /error.html;\nlocation = /error.html { internal; root /srv/errors; }",
        ),
        Snippet(
            server="apache",
            config="ServerTokens Prod\nServerSignature Off\n"
            'ErrorDocument 400 "Bad Request"\nErrorDocument 404 /error.html',
        ),
    ),
)


def _no_baseline(case: Case[ServerAnswers]) -> Verdict | None:
    """Unknown where there is nothing to compare odd answers with."""
    return Unknown("the plain request got no HTTP answer") if case.evidence.baseline is None else None


def _error_answers(case: Case[ServerAnswers]) -> Iterator[tuple[int, OddReply]]:
    """Every answer with an error status, with its place; the plain one too, which is mostly a 404."""
    for place, reply in enumerate(case.evidence.replies):
        if reply.status is not None and reply.status >= 400:
            yield place, reply


@rule(
    RuleInfo(
        id="FPR001",
        name="hidden-backend-revealed",
        title="Oversized requests reveal the hidden back end",
        topic="server_identity",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether a request with oversized or too many header fields passes the front and is refused by the"
        " server behind it, with that server's own page.",
        rationale="The front hides which software answers. Where its limits are wider than those of the server behind"
        " it, an oversized request goes through and comes back with the error page of that server: product, sometimes"
        " version, and the fact that both judge requests differently, which caches and request filters rely on not"
        " being so.",
        remediation=Remediation(
            text="Let the front refuse what the back end would: limits at the front that are not wider than those"
            " behind it, and pages of your own for the errors that still come through. Keep a cache from storing"
            " 4xx answers.",
            snippets=(
                Snippet(
                    server="nginx",
                    config="large_client_header_buffers 4 7k;\nproxy_intercept_errors on;\nerror_page 400 414 431"
                    " /error.html;\nlocation = /error.html { internal; root /srv/errors; }",
                ),
                Snippet(
                    server="apache",
                    config="# behind the front: wider than the front's limits\nLimitRequestFields 1100\n"
                    'LimitRequestFieldSize 65536\nLimitRequestLine 65536\nErrorDocument 400 "Bad Request"',
                ),
            ),
        ),
        references=(rfc(9110, "5.4", "Field limits"), _CPDOS, _NGINX_BUFFERS, _NGINX_INTERCEPT, _APACHE_CORE),
        cwe=(200, 209),
    ),
    passing=example(QUIET, derived=Derived(server=ServerIdentity(front=FRONT))),
    failing=example(APACHE_PAGE, derived=Derived(server=ServerIdentity(front=FRONT, backend=BACKEND))),
)
def hidden_backend_revealed(case: Case[ServerAnswers]) -> Verdict:
    """Fails where a back end was named by a page in these answers and no ordinary answer names it."""
    front, backend = case.derived.server.front, case.derived.server.backend
    if unknown := _no_baseline(case):
        return unknown
    if backend is None:
        return Pass("no other server's page came through the front")
    proof = [
        (place, reply)
        for place, reply in enumerate(case.evidence.replies)
        if reply.request != BASELINE and any(word.startswith(f"{reply.title}: ") for word in backend.because)
    ]
    if not proof or _shown_openly(case, backend.family):
        return Pass(f"ordinary answers show {backend.family} as well")
    if front is None:
        return Unknown(f"a page of {backend.family} came through a front that is not known")
    first = proof[0][1]
    fault = Fault(
        message="{backend} behind {front} gives itself away with an error page of its own (request: {request}; status"
        " {status})",
        at=tuple(f"/replies/{place}" for place, _ in proof),
        arguments={"backend": backend.family, "front": front.family, "request": first.title, "status": first.status},
        discriminator=backend.family,
        confidence=Confidence.FIRM if backend.confidence >= FIRM_FROM else Confidence.TENTATIVE,
    )
    return Fail((fault,))


def _shown_openly(case: Case[ServerAnswers], family: str) -> bool:
    """Whether an ordinary answer names this product in its Server field."""
    exchanges = case.other("http_exchanges", HttpExchanges)
    ordinary = [one.values("server") for one in exchanges.exchanges if one.same_host] if exchanges else []
    if case.evidence.baseline is not None:
        ordinary.append(case.evidence.baseline.values("server"))
    return any(family in value.lower() for values in ordinary for value in values)


@rule(
    RuleInfo(
        id="FPR002",
        name="error-page-names-version",
        title="An error page names a server version",
        topic="server_identity",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the page of a refusal holds the name of a server product with its version.",
        rationale="The version tells which published flaws to try. Error pages often still name it where the Server"
        " field no longer does, and a page that came from behind the front names a server that was to be hidden."
        " Hiding a version is no cure: keep the software up to date.",
        remediation=_OWN_PAGES,
        references=(rfc(9110, "10.2.4", "Server"), _WSTG, _APACHE_CORE),
        cwe=(200, 209),
    ),
    passing=example(QUIET),
    failing=example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, "<hr><center>nginx/1.22.1</center>")),
)
def error_page_names_version(case: Case[ServerAnswers]) -> Verdict:
    """Fails for each product and version on an error page."""
    return _no_baseline(case) or fail_or_pass(list(_named(case, with_version=True)), "no page names a version")


@rule(
    RuleInfo(
        id="FPR003",
        name="error-page-names-product",
        title="An error page names the server software",
        topic="server_identity",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the page of a refusal holds the name of a server product without a version.",
        rationale="The name alone spares an attacker one guess. Stock pages of nginx keep it even with server_tokens"
        " off; only pages of your own leave it out.",
        remediation=_OWN_PAGES,
        references=(rfc(9110, "10.2.4", "Server"), _WSTG),
        cwe=(200,),
    ),
    passing=example(QUIET),
    failing=example(reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, "<hr><center>nginx</center>")),
)
def error_page_names_product(case: Case[ServerAnswers]) -> Verdict:
    """Fails for each product that is named without a version."""
    return _no_baseline(case) or fail_or_pass(list(_named(case, with_version=False)), "no page names a product")


def _named(case: Case[ServerAnswers], *, with_version: bool) -> Iterator[Fault]:
    """One fault for each product, with every page that names it."""
    found: dict[str, tuple[str, list[tuple[int, OddReply]]]] = {}
    for place, reply in _error_answers(case):
        match = None if reply.body is None else _NAMED.search(reply.body.text)
        if match is not None and (match[2] is not None) is with_version:
            found.setdefault(match[1], (match[0], []))[1].append((place, reply))
    for product, (words, places) in found.items():
        yield Fault(
            message="an error page names {product} (request: {request}; status {status})",
            at=tuple(f"/replies/{place}/body/text" for place, _ in places),
            arguments={
                "request": places[0][1].title,
                "status": places[0][1].status,
                "product": PeerText(words),
            },
            discriminator=product,
        )


@rule(
    RuleInfo(
        id="FPR004",
        name="server-field-only-on-errors",
        title="The Server field differs on error answers",
        topic="server_identity",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether refusals carry a Server field that ordinary answers lack, or another value of it.",
        rationale="Removing or changing the field in ordinary answers only shows that it was meant to be hidden."
        " Refusals are written by another part of the server, or by another server, which the setting does not reach.",
        remediation=Remediation(
            text="Set or remove the field where every answer passes, errors included.",
            snippets=(
                Snippet(server="nginx", config="# headers-more module\nmore_clear_headers Server;"),
                Snippet(server="apache", config="ServerTokens Prod  # Apache writes the field on every answer"),
            ),
        ),
        references=(rfc(9110, "10.2.4", "Server"), _WSTG),
        cwe=(200,),
    ),
    passing=example(QUIET),
    failing=example(QUIET, baseline=reply_to(BASELINE, "plain GET", 404, server=None)),
)
def server_field_only_on_errors(case: Case[ServerAnswers]) -> Verdict:
    """Fails for the first refusal whose Server field the plain answer does not have."""
    plain = case.evidence.baseline
    if plain is None:
        return Unknown("the plain request got no HTTP answer")
    usual = plain.values("server")
    for place, reply in case.evidence.refused():
        shown = reply.values("server")
        if shown and shown != usual:
            return fail(
                "an error answer has Server: {shown} (request: {request}), the plain answer has {usual}",
                (f"/replies/{place}/fields", f"/replies/{case.evidence.replies.index(plain)}/fields"),
                request=reply.title,
                shown=shown[0],
                usual=f"Server: {usual[0]}" if usual else "no such field",
            )
    return Pass("refusals carry the same Server field as the plain answer")


@rule(
    RuleInfo(
        id="FPR005",
        name="oversized-request-server-error",
        title="An oversized request causes a server error",
        topic="server_identity",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a request with large or many header fields is answered with a 5xx status.",
        rationale="A request that is too large is the client's fault: 400, 414 or 431. A 5xx says that the server (or"
        " the front, about the server behind it) took it for its own failure: health checks and alerts count it, and a"
        " front may take a sound back end out of service for it.",
        remediation=Remediation(
            text="Refuse oversized requests at the front, with 431 or 414, before they reach the application.",
            snippets=(
                Snippet(server="nginx", config="large_client_header_buffers 4 8k;"),
                Snippet(server="apache", config="LimitRequestFieldSize 8190\nLimitRequestFields 100"),
            ),
        ),
        references=(
            rfc(6585, "5", "431 Request Header Fields Too Large"),
            rfc(9110, "15.5.15", "414 URI Too Long"),
            _NGINX_BUFFERS,
        ),
        cwe=(755,),
    ),
    passing=example(QUIET),
    failing=example(reply_to("xff-17000", "X-Forwarded-For of 17000 bytes", 502)),
)
def oversized_request_server_error(case: Case[ServerAnswers]) -> Verdict:
    """Fails for each odd request that turned a sound answer into a server error."""
    plain = case.evidence.baseline
    if plain is None or plain.status is None:
        return Unknown("the plain request got no HTTP answer")
    if plain.status >= 500:
        return Unknown(f"the plain request is answered {plain.status} as well")
    faults = [
        Fault(
            message="an oversized request causes a server error (request: {request}; status {status})",
            at=(f"/replies/{place}/status",),
            arguments={"request": reply.title, "status": reply.status},
            discriminator=reply.request,
        )
        for place, reply in case.evidence.refused()
        if reply.status is not None and reply.status >= 500
    ]
    return fail_or_pass(faults, "no oversized request caused a server error")


@rule(
    RuleInfo(
        id="FPR006",
        name="root-page-changed-by-probing",
        title="The root page turned into an error during the odd requests",
        topic="server_identity",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Whether the root page, sound before, was an error after odd requests for another path.",
        rationale="A cache that stores error pages under a key that strangers can hit hands them to every visitor. The"
        " odd requests go to a path of their own, so this should never happen; it may also be a coincidence, or a"
        " block of our address. Look at the root page from elsewhere.",
        remediation=Remediation(
            text="See whether a cache stores error answers, and for how long; let it store only what it should.",
            snippets=(Snippet(server="nginx", config="proxy_cache_valid 200 301 10m;  # not `any`"),),
        ),
        references=(_CPDOS, rfc(9111, "3", "Storing Responses in Caches")),
        cwe=(524,),
    ),
    passing=example(QUIET),
    failing=example(QUIET, changed=Answer.YES, after=400),
)
def root_page_changed_by_probing(case: Case[ServerAnswers]) -> Verdict:
    """Fails where the page changed; unknown where it was not seen both before and after."""
    before, after = case.evidence.root_before, case.evidence.root_after
    match case.evidence.root_changed:
        case Answer.NO:
            return Pass("the root page answers as before")
        case Answer.YES if before is not None and after is not None:
            return fail(
                "the root page was answered {before} before and {after} after the odd requests",
                ("/root_before/status", "/root_after/status"),
                before=before.status,
                after=after.status,
            )
        case _ if case.evidence.stopped is not None:
            return NotAssessed(f"the visit ended early: {case.evidence.stopped}")
        case _:
            return Unknown("the root page was not seen both before and after")
