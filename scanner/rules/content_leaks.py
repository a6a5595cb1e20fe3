"""Rules about what pages and error pages give away: debuggers, traces, listings, internal names, source maps."""

from collections.abc import Callable

from scanner.model.evidence.content import Content, Internal, InternalPlace, Sign, SignKind, SourceMap
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy
from scanner.rules.content_examples import content_case, sign
from scanner.rules.content_gate import on_answers, on_content
from scanner.rules.header_examples import URL
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotAssessed, Verdict, fail, fail_or_pass

_WSTG = "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
_ERRORS = Reference(
    title="OWASP WSTG: testing for improper error handling",
    url=f"{_WSTG}08-Testing_for_Error_Handling/01-Testing_For_Improper_Error_Handling",
)
_COMMENTS = Reference(
    title="OWASP WSTG: review web page content for information leakage",
    url=f"{_WSTG}01-Information_Gathering/05-Review_Web_Page_Content_for_Information_Leakage",
)
_SOURCE_MAPS = Reference(title="ECMA-426: source map format", url="https://tc39.es/ecma426/")
_DETAIL = frozenset({SignKind.STACK_TRACE, SignKind.DATABASE_ERROR, SignKind.FILE_PATH, SignKind.VERSION})
_GRAVE = frozenset({SignKind.STACK_TRACE, SignKind.DATABASE_ERROR})
_WORDS = {
    SignKind.STACK_TRACE: "a stack trace",
    SignKind.DATABASE_ERROR: "an error of the database",
    SignKind.FILE_PATH: "a path of the file system",
    SignKind.VERSION: "a version",
}
_PLACES = {
    InternalPlace.COMMENT: "a comment",
    InternalPlace.LINK: "a link",
    InternalPlace.ERROR_PAGE: "an error page",
}


def _cwe(number: int, title: str) -> Reference:
    return Reference(title=f"CWE-{number}: {title}", url=f"https://cwe.mitre.org/data/definitions/{number}.html")


@rule(
    RuleInfo(
        id="CNT017",
        name="debug-page",
        title="A debugger's page is open to everybody",
        topic="content",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Recognises the debug pages of frameworks by the markup that they write themselves: Werkzeug, Django,"
        " Laravel, Symfony, Rails, ASP.NET, phpinfo() and others, on the page and on a provoked error.",
        rationale="Such pages show source code, settings and secrets, and some run what one types into them.",
        remediation=remedy(
            "Switch debugging off where the site is public: DEBUG = False (Django), APP_DEBUG=false (Laravel),"
            ' APP_ENV=prod (Symfony), <compilation debug="false"> and <customErrors mode="On"> (ASP.NET).'
        ),
        references=(_cwe(489, "Active Debug Code"), _ERRORS),
        cwe=(489, 215, 209),
    ),
    passing=content_case(),
    failing=content_case(signs=(sign(SignKind.DEBUG_PAGE, "Django", "<code>DEBUG = True</code>", status=404),)),
)
@on_answers
def debug_page(case: Case[Content]) -> Verdict:
    """Fails for each framework whose debug page was seen."""
    return _signs(case, {SignKind.DEBUG_PAGE}, "the debug page of {name} at {url} (status {status})")


@rule(
    RuleInfo(
        id="CNT018",
        name="dev-server-exposed",
        title="The page comes from a development server",
        topic="content",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for scripts that only development servers put into pages: of Vite, webpack, Browsersync.",
        rationale="Development servers give out source files, trust everybody who can reach them, and are not built to"
        " stand on the net.",
        remediation=remedy("Build the site and serve the result with a web server."),
        references=(
            _cwe(489, "Active Debug Code"),
            Reference(title="Vite: server options", url="https://vite.dev/config/server-options"),
        ),
        cwe=(489,),
    ),
    passing=content_case(),
    failing=content_case(signs=(sign(SignKind.DEV_SERVER, "Vite", "https://www.example.org/@vite/client"),)),
)
@on_content
def dev_server_exposed(case: Case[Content]) -> Verdict:
    """Fails for each development server that has left its mark in the page."""
    return _signs(case, {SignKind.DEV_SERVER}, "the page holds a script of {name}: {excerpt}")


@rule(
    RuleInfo(
        id="CNT019",
        name="default-page",
        title="The page is the one that the software was installed with",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Recognises the welcome pages of servers, control panels and frameworks.",
        rationale="Nobody meant to publish it: a host that is forgotten is not kept up to date either.",
        remediation=remedy(
            "Put the site there, or answer nothing.",
            nginx="return 444;",
            apache="RedirectMatch 404 ^/$",
        ),
        references=(_cwe(1188, "Initialization of a Resource with an Insecure Default"), _COMMENTS),
        cwe=(1188,),
    ),
    passing=content_case(),
    failing=content_case(signs=(sign(SignKind.DEFAULT_PAGE, "nginx", "<title>Welcome to nginx!</title>"),)),
)
@on_answers
def default_page(case: Case[Content]) -> Verdict:
    """Fails for each welcome page."""
    return _signs(case, {SignKind.DEFAULT_PAGE}, "the welcome page of {name} at {url}")


@rule(
    RuleInfo(
        id="CNT020",
        name="directory-listing",
        title="The server lists a directory",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Recognises the listings that servers make of directories without an index page.",
        rationale="A listing shows files that no page links to: backups, settings, sources. Some sites mean it.",
        remediation=remedy(
            "Switch listings off, or put an index page there.", nginx="autoindex off;", apache="Options -Indexes"
        ),
        references=(_cwe(548, "Exposure of Information Through Directory Listing"),),
        cwe=(548,),
    ),
    passing=content_case(),
    failing=content_case(signs=(sign(SignKind.DIRECTORY_LISTING, "Apache or nginx", "<title>Index of /"),)),
)
@on_answers
def directory_listing(case: Case[Content]) -> Verdict:
    """Fails for each listing."""
    return _signs(case, {SignKind.DIRECTORY_LISTING}, "a directory listing at {url}")


@rule(
    RuleInfo(
        id="CNT021",
        name="error-page-detail",
        title="An error page tells how the site is built",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for stack traces, errors of databases, paths of the file system and versions in the answers to"
        " errors; PHP's own messages count on every page. Traces and database errors are medium.",
        rationale="Paths, queries and versions save attackers the guessing.",
        remediation=remedy(
            "Show a page of your own for errors, and write the details into a log.",
            nginx="error_page 404 /404.html;\nerror_page 500 502 503 504 /50x.html;\nserver_tokens off;",
            apache="ErrorDocument 404 /404.html\nErrorDocument 500 /50x.html\nServerSignature Off",
        ),
        references=(_ERRORS, _cwe(209, "Generation of Error Message Containing Sensitive Information")),
        cwe=(209, 200),
    ),
    passing=content_case(),
    failing=content_case(signs=(sign(SignKind.STACK_TRACE, "Python", 'File "/app/main.py", line 12', status=500),)),
)
@on_answers
def error_page_detail(case: Case[Content]) -> Verdict:
    """Fails for each such detail; no answer to an error leaves only what ordinary pages show."""
    verdict = _signs(
        case,
        _DETAIL,
        "{what} ({name}) at {url} (status {status}): {excerpt}",
        weigh=lambda one: Severity.MEDIUM if one.kind in _GRAVE else None,
    )
    if case.evidence.errors == 0 and not any(one.kind in _DETAIL for one in case.evidence.signs):
        return NotAssessed("no answer was an error")
    return verdict


@rule(
    RuleInfo(
        id="CNT022",
        name="internal-names-in-page",
        title="Private addresses or internal names stand in a page",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for addresses of private networks and for hosts under .internal, .local, .lan and the like, in"
        " comments, links and error pages.",
        rationale="They are a map of the net behind the site, and links to them do not work for visitors.",
        remediation=remedy("Take comments out when pages are built, and use public addresses in links."),
        references=(_COMMENTS, _cwe(615, "Inclusion of Sensitive Information in Source Code Comments")),
        cwe=(615, 200),
    ),
    passing=content_case(),
    failing=content_case(
        internal=(Internal(value=PeerText("10.1.2.3"), place=InternalPlace.COMMENT, exchange=0, url=URL),)
    ),
)
@on_answers
def internal_names_in_page(case: Case[Content]) -> Verdict:
    """Fails for each name or address."""
    return fail_or_pass(
        [
            Fault(
                message="{value} stands in {place} at {url}",
                at=(f"/internal/{place}",),
                arguments={"value": one.value, "place": _PLACES[one.place], "url": one.url},
                discriminator=one.value,
            )
            for place, one in enumerate(case.evidence.internal)
        ]
    )


@rule(
    RuleInfo(
        id="CNT023",
        name="source-map-exposed",
        title="Scripts name their source maps",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Reads the last comment and the SourceMap header of the site's own scripts. The map is not asked for,"
        " so it may not be there; one that is embedded is.",
        rationale="A source map gives back the sources with names and comments. That is fine where they are public.",
        remediation=remedy(
            "Build without maps for the public, or keep them where only developers get them.",
            nginx="location ~ \\.map$ { return 404; }",
            apache='<FilesMatch "\\.map$">\n  Require all denied\n</FilesMatch>',
        ),
        references=(_SOURCE_MAPS, _cwe(540, "Inclusion of Sensitive Information in Source Code")),
        cwe=(540,),
    ),
    passing=content_case(files=1),
    failing=content_case(
        files=1,
        source_maps=(
            SourceMap(
                url=PeerText(f"{URL}app.js"),
                map=PeerText(f"{URL}app.js.map"),
                embedded=False,
                exchange=1,
                by="comment",
            ),
        ),
    ),
)
@on_answers
def source_map_exposed(case: Case[Content]) -> Verdict:
    """Fails, as information, for each script that names a map."""
    if case.evidence.files == 0:
        return NotAssessed("no script or stylesheet of the site was read")
    return fail_or_pass(
        [
            Fault(
                message="{url} holds its source map" if one.embedded else "{url} names its source map {map}",
                at=(f"/source_maps/{place}",),
                arguments={"url": one.url, "map": one.map or ""},
                discriminator=one.url,
                confidence=Confidence.CERTAIN if one.embedded else None,
            )
            for place, one in enumerate(case.evidence.source_maps)
        ]
    )


@rule(
    RuleInfo(
        id="CNT024",
        name="generator-in-page",
        title="The page names what made it",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the meta element generator.",
        rationale="It tells where to look for known flaws; the page's markup mostly tells the same. Hiding it is no"
        " cure for an outdated version.",
        remediation=remedy("Keep the software up to date; the element can be dropped."),
        references=(_COMMENTS,),
        cwe=(200,),
    ),
    passing=content_case(),
    failing=content_case(generator=(PeerText("WordPress 6.8"),)),
)
@on_content
def generator_in_page(case: Case[Content]) -> Verdict:
    """Fails, as information, with the generators."""
    names = case.evidence.generator
    if not names:
        return fail_or_pass(())
    at = tuple(f"/generator/{place}" for place in range(len(names)))
    return fail("the page says that {names} made it", at, names=", ".join(names[:5]))


def _signs(
    case: Case[Content],
    kinds: set[SignKind] | frozenset[SignKind],
    message: str,
    weigh: Callable[[Sign], Severity | None] = lambda _: None,
) -> Verdict:
    return fail_or_pass(
        [
            Fault(
                message=message,
                at=(f"/signs/{place}",),
                arguments={
                    "name": one.name,
                    "url": one.url,
                    "status": one.status,
                    "excerpt": one.excerpt or "",
                    "what": _WORDS.get(one.kind, ""),
                },
                discriminator=f"{one.kind} {one.name}",
                severity=weigh(one),
            )
            for place, one in enumerate(case.evidence.signs)
            if one.kind in kinds
        ]
    )
