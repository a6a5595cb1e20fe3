"""Formats of secrets: a table of what the vendors document, with the checks that their formats allow.

Rule of the file: each pattern begins with (or contains) one of its `hints`, literal pieces of text that are looked for
first; every repeat is bounded or over one class of characters, so that the work stays linear. A name `secret` marks the
group that is the value where that is not the whole; `user` and `host` those of a login.
"""

import dataclasses
import re
from collections.abc import Callable

from scanner.model.evidence.content import Exposure
from scanner.wire.secret_checks import (
    crc32_base62,
    crc32_hex,
    is_key_body,
    is_placeholder,
    is_real_login,
    jwt_claims,
    looks_random,
)

Check = Callable[[re.Match[str]], bool]
SECRET, TOKEN, IDENTIFIER, PUBLIC = Exposure.SECRET, Exposure.TOKEN, Exposure.IDENTIFIER, Exposure.PUBLIC


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One format. `check` says of a match whether it is a real one; `verified`, that a real one is beyond doubt."""

    kind: str
    title: str
    hints: tuple[str, ...]
    regex: re.Pattern[str]
    exposure: Exposure = SECRET
    check: Check
    verified: bool = False


def value_of(match: re.Match[str]) -> str:
    """The value itself: the group `secret`, else the whole match."""
    return match["secret"] if "secret" in match.re.groupindex else match[0]


def _no_placeholder(match: re.Match[str]) -> bool:
    return not is_placeholder(value_of(match))


def _login(match: re.Match[str]) -> bool:
    return is_real_login(match["user"], match["secret"], match["host"])


def _crc62(match: re.Match[str]) -> bool:
    return crc32_base62(value_of(match))


def _crc_hex(match: re.Match[str]) -> bool:
    return crc32_hex(value_of(match))


def _key(match: re.Match[str]) -> bool:
    return is_key_body(match["secret"])


def _web_token(match: re.Match[str]) -> bool:
    claims = jwt_claims(match[0])
    if claims is None or claims.get("sub") == "1234567890":  # the example of jwt.io, which manuals have copied
        return False
    return claims.get("role") not in {"anon", "service_role"}


def _supabase(role: str) -> Check:
    def check(match: re.Match[str]) -> bool:
        claims = jwt_claims(match[0])
        return claims is not None and claims.get("role") == role

    return check


def _random(match: re.Match[str]) -> bool:
    """For a prefix that a variable may have: no member's name behind it."""
    return looks_random(value_of(match))


def _mixed(match: re.Match[str]) -> bool:
    """40 characters of base64, as AWS draws them: no hash in hexadecimal, no path."""
    text = value_of(match)
    classes = sum(any(test(one) for one in text) for test in (str.islower, str.isupper, str.isdigit))
    return classes == 3 and not is_placeholder(text)


_LITERAL = re.compile(r"(?:[A-Za-z0-9_-]|\\\.)+(?![?*+{])")
"""The literal beginning of an expression without alternatives at its top."""


def _at_a_start(regex: str) -> str:
    """The expression where nothing of a longer word stands before it.

    The look behind comes after the literal beginning: by that `re` finds its places fast, and no long run of letters is
    read from each of its middles.
    """
    if regex.startswith("-"):  # the line of a PEM block stands behind \\n in JSON
        return regex
    literal = _LITERAL.match(regex)
    begin = literal[0] if literal else ""
    return f"{begin}(?<![A-Za-z0-9_-]{begin}){regex[len(begin) :]}"


def _row(
    kind: str,
    title: str,
    hints: str,
    regex: str,
    *,
    exposure: Exposure = SECRET,
    check: Check = _no_placeholder,
    verified: bool = False,
) -> Pattern:
    return Pattern(
        kind=kind,
        title=title,
        hints=tuple(hints.split(" ")),
        regex=re.compile(_at_a_start(regex)),
        exposure=exposure,
        check=check,
        verified=verified,
    )


_END = r"(?![A-Za-z0-9_-])"
_JWT = r"eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,6000}\.[A-Za-z0-9_-]{16,1400}"
_LOGIN = r"(?P<user>[^\s:/@\"'<>]{0,80}):(?P<secret>[^\s:/@\"'<>]{1,120})@(?P<host>[A-Za-z0-9.\[\]:${}-]{1,120})"

PATTERNS = (
    _row(
        "private-key",
        "private key",
        "PRIVATE KEY",
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?P<secret>[A-Za-z0-9+/=\s\\:,.]{60,12000})-----END",
        check=_key,
        verified=True,
    ),
    _row(
        "aws-secret-access-key",
        "secret access key of AWS",
        "AKIA ASIA",
        r"(?:AKIA|ASIA)[A-Z2-7]{16}[^A-Za-z0-9](?s:.{0,120}?)[\"' =:](?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        check=_mixed,
    ),
    _row(
        "aws-secret-access-key",
        "secret access key of AWS",
        "aws_secret_access_key secretAccessKey AWS_SECRET_ACCESS_KEY",
        r"(?:aws_secret_access_key|secretAccessKey|AWS_SECRET_ACCESS_KEY)[\"']?\s{0,4}[:=]\s{0,4}[\"']?"
        r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        check=_mixed,
    ),
    _row("aws-access-key-id", "access key id of AWS", "AKIA", rf"AKIA[A-Z2-7]{{16}}{_END}", exposure=IDENTIFIER),
    _row(
        "github-token",
        "GitHub token",
        "ghp_ gho_ ghu_ ghr_ ghs_",
        rf"gh[pousr]_[A-Za-z0-9]{{36}}{_END}",
        check=_crc62,
        verified=True,
    ),
    _row(
        "github-fine-grained-token",
        "fine-grained GitHub token",
        "github_pat_",
        rf"github_pat_[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{59}}{_END}",
    ),
    _row(
        "gitlab-token",
        "GitLab token",
        "glpat- gldt- glrt- glptt- glcbt-",
        r"gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_.-]{20,300}",
    ),
    _row(
        "slack-token",
        "Slack token",
        "xoxb- xoxp- xoxa- xoxr- xoxe- xoxs- xapp-",
        r"(?:xox[abeprs]|xapp)-[0-9]{1,13}-[A-Za-z0-9-]{20,160}",
    ),
    _row(
        "slack-webhook",
        "Slack webhook",
        "hooks.slack.com/services/",
        r"hooks\.slack\.com/services/(?P<secret>T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/[A-Za-z0-9]{20,28})",
    ),
    _row(
        "discord-webhook",
        "Discord webhook",
        "/api/webhooks/",
        r"discord(?:app)?\.com/api/webhooks/(?P<secret>[0-9]{17,20}/[A-Za-z0-9_-]{60,72})",
    ),
    _row("stripe-secret-key", "secret key of Stripe", "sk_live_ rk_live_", rf"[sr]k_live_[A-Za-z0-9]{{20,250}}{_END}"),
    _row(
        "stripe-test-key",
        "test key of Stripe",
        "sk_test_ rk_test_",
        rf"[sr]k_test_[A-Za-z0-9]{{20,250}}{_END}",
        exposure=TOKEN,
    ),
    _row(
        "twilio-auth-token",
        "auth token of Twilio",
        "AC",
        r"AC[0-9a-f]{32}[^A-Za-z0-9][^\n]{0,80}?[\"' =:](?P<secret>[0-9a-f]{32})(?![0-9a-f])",
    ),
    _row("sendgrid-key", "SendGrid API key", "SG.", rf"SG\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9_-]{{43}}{_END}"),
    _row("mailgun-key", "Mailgun API key", "key-", rf"key-[0-9a-f]{{32}}{_END}"),
    _row("mailchimp-key", "Mailchimp API key", "-us", rf"[0-9a-f]{{32}}-us[0-9]{{1,2}}{_END}"),
    _row("npm-token", "npm token", "npm_", rf"npm_[A-Za-z0-9]{{36}}{_END}", check=_crc62, verified=True),
    _row(
        "pypi-token", "PyPI token", "pypi-AgEIcHlwaS5vcmc", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}", verified=True
    ),
    _row(
        "azure-storage-key",
        "account key of Azure Storage",
        "AccountKey=",
        r"AccountName=(?!devstoreaccount1)[a-z0-9]{3,24};AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)",
    ),
    _row(
        "database-url",
        "database address with a password",
        "postgres mysql:// mariadb:// mongodb redis:// rediss:// amqp mssql:// clickhouse://",
        rf"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|clickhouse)://{_LOGIN}",
        check=_login,
    ),
    _row(
        "login-in-url",
        "address with a password",
        "http:// https:// ftp://",
        rf"(?:https?|ftp)://{_LOGIN}",
        check=_login,
    ),
    _row("google-oauth-secret", "OAuth client secret of Google", "GOCSPX-", rf"GOCSPX-[A-Za-z0-9_-]{{28}}{_END}"),
    _row("google-access-token", "OAuth access token of Google", "ya29.", r"ya29\.[A-Za-z0-9_-]{60,1000}"),
    _row(
        "firebase-server-key",
        "server key of Firebase messaging",
        ":APA91b",
        r"AAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{130,160}",
    ),
    _row(
        "openai-key",
        "OpenAI API key",
        "T3BlbkFJ",
        r"sk-[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}",
        verified=True,
    ),
    _row(
        "anthropic-key",
        "Anthropic API key",
        "sk-ant-",
        rf"sk-ant-(?:api|admin)[0-9]{{2}}-[A-Za-z0-9_-]{{80,120}}{_END}",
    ),
    _row("huggingface-token", "Hugging Face token", "hf_", rf"hf_[A-Za-z]{{34}}{_END}"),
    _row("telegram-bot-token", "token of a Telegram bot", ":AA", rf"[0-9]{{8,10}}:AA[A-Za-z0-9_-]{{33}}{_END}"),
    _row(
        "shopify-token", "Shopify token", "shpat_ shpca_ shppa_ shpss_", rf"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{{32}}{_END}"
    ),
    _row("square-token", "Square token", "sq0csp- sq0atp-", rf"sq0(?:csp|atp)-[A-Za-z0-9_-]{{22,43}}{_END}"),
    _row("digitalocean-token", "DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", rf"do[opr]_v1_[0-9a-f]{{64}}{_END}"),
    _row("atlassian-token", "Atlassian token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{180,250}"),
    _row("vault-token", "Vault token", "hvs.", r"hvs\.[A-Za-z0-9_-]{24,200}", check=_random),
    _row(
        "grafana-token",
        "token of a Grafana service account",
        "glsa_",
        rf"glsa_[A-Za-z0-9]{{32}}_[0-9a-f]{{8}}{_END}",
        check=_crc_hex,
        verified=True,
    ),
    _row("databricks-token", "Databricks token", "dapi", rf"dapi[0-9a-f]{{32}}(?:-[0-9])?{_END}"),
    _row("postman-key", "Postman API key", "PMAK-", rf"PMAK-[0-9a-f]{{24}}-[0-9a-f]{{34}}{_END}"),
    _row("docker-token", "Docker token", "dckr_pat_", rf"dckr_pat_[A-Za-z0-9_-]{{27}}{_END}"),
    _row(
        "age-secret-key",
        "age secret key",
        "AGE-SECRET-KEY-1",
        r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    ),
    _row(
        "mapbox-secret-token", "secret token of Mapbox", "sk.eyJ", r"sk\.eyJ[A-Za-z0-9_-]{40,300}\.[A-Za-z0-9_-]{20,30}"
    ),
    _row(
        "supabase-service-key", "service key of Supabase", "eyJ", _JWT, check=_supabase("service_role"), verified=True
    ),
    _row(
        "supabase-anon-key",
        "anonymous key of Supabase",
        "eyJ",
        _JWT,
        exposure=PUBLIC,
        check=_supabase("anon"),
        verified=True,
    ),
    _row("web-token", "JSON Web Token", "eyJ", _JWT, exposure=TOKEN, check=_web_token, verified=True),
    _row(
        "google-api-key",
        "API key of Google (Maps, Firebase)",
        "AIza",
        rf"AIza[A-Za-z0-9_-]{{35}}{_END}",
        exposure=PUBLIC,
    ),
    _row(
        "stripe-publishable-key",
        "publishable key of Stripe",
        "pk_live_ pk_test_",
        rf"pk_(?:live|test)_[A-Za-z0-9]{{20,250}}{_END}",
        exposure=PUBLIC,
    ),
    _row(
        "sentry-dsn", "DSN of Sentry", "sentry", r"https://[0-9a-f]{32}@[a-z0-9.-]{4,80}/[0-9]{1,20}", exposure=PUBLIC
    ),
    _row(
        "mapbox-public-token",
        "public token of Mapbox",
        "pk.eyJ",
        r"pk\.eyJ[A-Za-z0-9_-]{40,300}\.[A-Za-z0-9_-]{20,30}",
        exposure=PUBLIC,
    ),
    _row(
        "recaptcha-site-key",
        "site key of reCAPTCHA",
        "6L",
        rf"6L[A-Za-z0-9_-]{{6}}AAAA[A-Za-z0-9_-]{{28}}{_END}",
        exposure=PUBLIC,
    ),
    _row("posthog-project-key", "project key of PostHog", "phc_", rf"phc_[A-Za-z0-9]{{40,50}}{_END}", exposure=PUBLIC),
    _row(
        "shopify-storefront-token",
        "storefront token of Shopify",
        "shopify-features storefrontAccessToken",
        r"(?:shopify-features[\"'][^>]{0,60}>[ \n]{0,4}\{[\"']accessToken|storefrontAccessToken)[\"']?"
        r"[ ]{0,2}:[ ]{0,2}[\"'](?P<secret>[0-9a-f]{32})[\"']",
        exposure=PUBLIC,
    ),
    _row(
        "algolia-search-key",
        "search key of Algolia",
        "algolia Algolia ALGOLIA",
        r"(?:algolia|Algolia|ALGOLIA)[^\n]{0,160}?[\"'](?P<secret>[0-9a-f]{32})[\"']",
        exposure=PUBLIC,
    ),
)
"""All formats. The first that takes a value keeps it."""
