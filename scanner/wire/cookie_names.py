"""What a cookie is for, told by its name: load balancers, bot detection, CSRF tokens, sessions.

Rule of the file: tables of names from the vendors' documentation. Affinity and bot cookies are looked up first, because
some of them have "session" in their names.
"""

import re
from collections.abc import Mapping

from scanner.model.evidence.cookies import CookieKind

_LONGEST = 256
"""Characters of a name that are looked at."""

_AFFINITY: Mapping[str, str] = {
    r"awsalb(?:tg)?(?:cors)?": "AWS Application Load Balancer",
    r"awselb(?:cors)?": "AWS Classic Load Balancer",
    r"gclb|gcilb": "Google Cloud Load Balancing",
    r"arraffinity(?:samesite)?": "Azure App Service",
    r"applicationgatewayaffinity(?:cors)?": "Azure Application Gateway",
    r"aslbsa(?:cors)?": "Azure Front Door",
    r"bigipserver.*": "F5 BIG-IP",
    r"nsc_.*|citrix_ns_id.*": "Citrix NetScaler",
    r"__cflb": "Cloudflare Load Balancing",
    r"heroku-session-affinity": "Heroku",
    r"do-lb": "DigitalOcean",
    r"x-oracle-bmc-lbs-route": "Oracle Cloud load balancer",
    r"nlbi_.*": "Imperva",
    r"serverid|srv_?id|srvname": "HAProxy",
    r"routeid|balanceid": "Apache mod_proxy_balancer",
    r"ingresscookie": "ingress-nginx",
    r"sticky(?:[_-].*)?|lb(?:[_-].*)?|route": "load balancer",
}

_BOT: Mapping[str, str] = {
    r"__cf_bm|cf_clearance|_cfuvid|__cfruid|__cfduid|cf_chl_.*|__cfwaitingroom": "Cloudflare",
    r"ak_bmsc|bm_sz|bm_sv|bm_mi|bm_s|bm_so|bm_lso|_abck|akaas_.*|akavpau_.*": "Akamai",
    r"incap_ses_.*|visid_incap_.*|reese84|___utmv[a-z]+": "Imperva",
    r"ts[0-9a-f]{6,12}(?:_[0-9]+)?|ts[0-9a-f]{6,12}[0-9]{3}": "F5 BIG-IP ASM",
    r"datadome": "DataDome",
    r"aws-waf-token": "AWS WAF",
    r"_px[0-9a-z]*|_pxhd|_pxvid": "HUMAN",
    r"sucuri_cloudproxy_uuid_.*": "Sucuri",
}

_CSRF = re.compile(r"csrf|xsrf|antiforgery|__requestverificationtoken|authenticity_token")

_SESSIONS: Mapping[str, str] = {
    r"phpsessid": "PHP",
    r"jsessionid(?:sso)?": "Java servlet container",
    r"asp\.net_sessionid|aspsessionid[a-z]*": "ASP.NET",
    r"\.aspxauth|\.aspnet\.(?:applicationcookie|cookies)": "ASP.NET",
    r"\.aspnetcore\.(?:cookies|session|identity\..*)": "ASP.NET Core",
    r"connect\.sid": "Express",
    r"koa[:.]sess|koa\.sid": "Koa",
    r"sails\.sid": "Sails",
    r"laravel_session": "Laravel",
    r"ci_session": "CodeIgniter",
    r"sessionid": "Django",
    r"rack\.session": "Rack",
    r"play_session": "Play",
    r"s?sess[0-9a-f]{32}": "Drupal",
    r"cfid|cftoken": "ColdFusion",
    r"wordpress_logged_in_.*|wordpress_sec_.*|wordpress_[0-9a-f]{32}": "WordPress",
    r"grafana_session": "Grafana",
    r"_gitlab_session": "GitLab",
    r"cgisessid": "Perl's CGI::Session",
    r"_pleroma_key|pleroma_key": "Pleroma",
    r"nab\.sid": "its application",
    r"mojolicious": "Mojolicious",
    r"beaker\.session\.id": "Beaker",
    r"_[a-z0-9_.-]{1,60}_session": "Ruby on Rails",
}

_SHARED_DEFAULTS = frozenset({"sid", "session"})
"""Defaults of more than one framework: `session` of Flask, Starlette and cookie-session."""

_SESSION_LIKE = re.compile(
    r"(?:^|[^a-z0-9])(?:sid|sess|sessions?|auth|jwt)(?:$|[^a-z0-9])"
    r"|sess(?:ion)?_?id|session[_-]?(?:token|key)|(?:access|auth|id|refresh|remember)[_-]?token|remember[_-]?me"
    r"|[a-z0-9]session$|^session|_session$"
)
"""Names that look like a session's or a credential's although no software is known for them."""

_NOT_SESSIONS = re.compile(
    r"_hjsession.*|ai_session|_?posse?ss.*|.*_session_(?:count|start|referrer)|_ga.*|_pk_ses.*"
    r"|mage-cache-sessid|kc_auth_session_hash|keycloak_session(?:_legacy)?"
    r"|(?:ab|first|had|has|is|last|no)[-_].*"
    r"|.*[-_](?:active|alive|bucket|count|depth|duration|expire[ds]?|expiry|expires[-_]at|length|number|pages?|seen|shown"
    r"|source|start(?:ed)?|status|time|timeout|timestamp|views?|warning)"
)
"""Names that only look like it: analytics cookies, what says something about a session and is none, and what Keycloak's
scripts compare to see whether the session is the same (OpenID Connect Session Management 1.0 section 3.2).
"""


def _compiled(table: Mapping[str, str], kind: CookieKind) -> list[tuple[re.Pattern[str], CookieKind, str]]:
    return [(re.compile(pattern), kind, maker) for pattern, maker in table.items()]


_KNOWN = [
    *_compiled(_AFFINITY, CookieKind.AFFINITY),
    *_compiled(_BOT, CookieKind.BOT),
    *_compiled(_SESSIONS, CookieKind.SESSION),
]


def classify(name: str) -> tuple[CookieKind, str | None]:
    """The kind of a cookie of this name, and the software that is known to use the name by default.

    Prefixes such as `__Host-` are no part of the name here.
    """
    if name.lower() in _SHARED_DEFAULTS:
        return CookieKind.SESSION, "several frameworks"
    bare = re.sub(r"^__(?:host-http|host|http|secure)-", "", name[:_LONGEST].lower())
    for pattern, kind, maker in _KNOWN:
        if pattern.fullmatch(bare):
            return kind, maker
    if _CSRF.search(bare):
        return CookieKind.CSRF, None
    if _SESSION_LIKE.search(bare) and not _NOT_SESSIONS.fullmatch(bare):
        return CookieKind.SESSION, None
    return CookieKind.OTHER, None
