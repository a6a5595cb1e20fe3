import pytest

from scanner.model.evidence.cookies import CookieKind
from scanner.wire.cookie_names import classify

AFFINITY = [
    "AWSALB", "AWSALBCORS", "AWSALBTG", "AWSALBTGCORS", "AWSELB", "GCLB", "ARRAffinity", "ARRAffinitySameSite",
    "ApplicationGatewayAffinityCORS", "BIGipServerpool_web", "NSC_abcd", "__cflb",
    "heroku-session-affinity", "SERVERID",
]  # fmt: skip
BOT = [
    "__cf_bm", "cf_clearance", "_cfuvid", "ak_bmsc", "bm_sz", "_abck", "incap_ses_123_456", "visid_incap_1", "datadome",
    "aws-waf-token", "_px3", "_pxhd", "TS01a2b3c4", "TS01a2b3c4028",
]  # fmt: skip
KNOWN_SESSIONS = [
    "PHPSESSID", "JSESSIONID", "ASP.NET_SessionId", "ASPSESSIONIDQQAABBCC", "connect.sid", "laravel_session",
    "sessionid", "session", "SESSION",
    "ci_session", ".AspNetCore.Cookies", ".AspNetCore.Identity.Application", "CFID", "__Host-PHPSESSID",
    "SSESS0123456789abcdef0123456789abcdef", "wordpress_logged_in_abc", "sid", "_app_session", "nab.sid",
    "pleroma_key", "_pleroma_key",
]  # fmt: skip
SESSION_LIKE = [
    "sess", "usersession", "sessid", "__Host-sid", "user_session", "auth_token", "access_token", "remember_me",
    "sso.sid", "__Host-sess", "XSESSIONID", "jwt",
]  # fmt: skip
CSRF = ["XSRF-TOKEN", "csrftoken", "_csrf", "X-CSRF-Token", ".AspNetCore.Antiforgery.abc", "__RequestVerificationToken"]
OTHER = [
    "", "theme", "lang", "_ga", "_hjSession_1", "_hjSessionUser_1", "ai_session", "possession", "assessment", "consent",
    "pref", "sidebar", "_pk_ses.1", "author", "inside", "KC_AUTH_SESSION_HASH", "KEYCLOAK_SESSION", "has_session",
    "session_expired", "session-timeout", "ab_session_bucket", "session_start_time", "is_authenticated",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "known"),
    [
        *((CookieKind.AFFINITY, name, True) for name in AFFINITY),
        *((CookieKind.BOT, name, True) for name in BOT),
        *((CookieKind.SESSION, name, True) for name in KNOWN_SESSIONS),
        *((CookieKind.SESSION, name, False) for name in SESSION_LIKE),
        *((CookieKind.CSRF, name, False) for name in CSRF),
        *((CookieKind.OTHER, name, False) for name in OTHER),
    ],
)
def test_kinds(kind: CookieKind, name: str, known: bool) -> None:
    found, maker = classify(name)

    assert found is kind
    assert (maker is not None) is known


def test_a_long_name_is_cut() -> None:
    assert classify("a" * 10_000_000) == (CookieKind.OTHER, None)
