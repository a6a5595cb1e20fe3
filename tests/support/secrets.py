"""Made-up secrets of every format, put together here so that no file of the project holds one."""

import base64
import itertools
import json
import zlib

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def chance(count: int, alphabet: str = _BASE62, seed: int = 1) -> str:
    """Characters that look drawn by chance, the same in every run."""
    state, drawn = seed * 2_654_435_761 % 2**32 or 1, []
    for _ in range(count):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        drawn.append(alphabet[(state >> 16) % len(alphabet)])
    return "".join(drawn)


def with_crc62(prefix: str, body: str) -> str:
    """A token whose last six characters are the CRC-32 of its body in base 62."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return f"{prefix}{body}{digits}"


def web_token(**claims: object) -> str:
    """A JSON Web Token with these claims."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, claims)
    ]
    return ".".join((*parts, chance(43, seed=zlib.crc32(parts[1].encode()))))


_SEEDS = itertools.count(100)


def _other(count: int, alphabet: str = _BASE62) -> str:
    """As `chance`, and different at each place of this file."""
    return chance(count, alphabet, next(_SEEDS))


def _alone(value: str) -> tuple[str, str]:
    return value, value


def _within(text: str, value: str) -> tuple[str, str]:
    return text.replace("VALUE", value), value


_DIGITS = "123456789"
_HEX = "0123456789abcdef"
_PEM = "MIIEvQIBADANBg" + _other(200)
_GRAFANA = f"glsa_{_other(32)}"

SECRETS: dict[str, tuple[str, str]] = {
    "private-key": _within("-----BEGIN PRIVATE KEY-----VALUE-----END PRIVATE KEY-----", f"\n{_PEM}\n"),
    "aws-secret-access-key": _within("aws_secret_access_key = VALUE", _other(40)),
    "github-token": _alone(with_crc62("ghp_", _other(30))),
    "github-fine-grained-token": _alone(f"github_pat_{_other(22)}_{_other(59)}"),
    "gitlab-token": _alone(f"glpat-{_other(20)}"),
    "slack-token": _alone(f"xoxb-{_other(11, _DIGITS)}-{_other(11, _DIGITS)}-{_other(24)}"),
    "slack-webhook": _within(
        "https://hooks.slack.com/services/VALUE", f"T0{_other(8).upper()}/B0{_other(8).upper()}/{_other(24)}"
    ),
    "discord-webhook": _within("https://discord.com/api/webhooks/VALUE", f"{_other(18, _DIGITS)}/{_other(68)}"),
    "stripe-secret-key": _alone(f"sk_live_{_other(32)}"),
    "stripe-test-key": _alone(f"sk_test_{_other(32)}"),
    "twilio-auth-token": _within(f'sid: "AC{_other(32, _HEX)}", token: "VALUE"', _other(32, _HEX)),
    "sendgrid-key": _alone(f"SG.{_other(22)}.{_other(43)}"),
    "mailgun-key": _alone(f"key-{_other(32, _HEX)}"),
    "mailchimp-key": _alone(f"{_other(32, _HEX)}-us14"),
    "npm-token": _alone(with_crc62("npm_", _other(30))),
    "pypi-token": _alone(f"pypi-AgEIcHlwaS5vcmc{_other(80)}"),
    "azure-storage-key": _within("AccountName=shopfiles;AccountKey=VALUE;", _other(86) + "=="),
    "database-url": _within("postgres://shop:VALUE@db.shop.net:5432/shop", _other(14)),
    "login-in-url": _within("https://deploy:VALUE@git.shop.net/x", _other(14)),
    "google-oauth-secret": _alone(f"GOCSPX-{_other(28)}"),
    "google-access-token": _alone(f"ya29.{_other(120)}"),
    "firebase-server-key": _alone(f"AAAA{_other(7)}:APA91b{_other(134)}"),
    "openai-key": _alone(f"sk-proj-{_other(40)}T3BlbkFJ{_other(40)}"),
    "anthropic-key": _alone(f"sk-ant-api03-{_other(93)}AA"),
    "huggingface-token": _alone(f"hf_{_other(34, _BASE62[10:])}"),
    "telegram-bot-token": _alone(f"{_other(10, _DIGITS)}:AA{_other(33)}"),
    "shopify-token": _alone(f"shpat_{_other(32, _HEX)}"),
    "square-token": _alone(f"sq0csp-{_other(43)}"),
    "digitalocean-token": _alone(f"dop_v1_{_other(64, _HEX)}"),
    "atlassian-token": _alone(f"ATATT3{_other(190)}"),
    "vault-token": _alone(f"hvs.{_other(90)}"),
    "grafana-token": _alone(f"{_GRAFANA}_{zlib.crc32(_GRAFANA.encode()):08x}"),
    "databricks-token": _alone(f"dapi{_other(32, _HEX)}"),
    "postman-key": _alone(f"PMAK-{_other(24, _HEX)}-{_other(34, _HEX)}"),
    "docker-token": _alone(f"dckr_pat_{_other(27)}"),
    "age-secret-key": _alone(f"AGE-SECRET-KEY-1{_other(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}"),
    "mapbox-secret-token": _alone(f"sk.eyJ{_other(60)}.{_other(22)}"),
    "supabase-service-key": _alone(web_token(role="service_role")),
    "web-token": _alone(web_token(sub="1", admin=True)),
    "named-secret": _within('clientSecret: "VALUE"', _other(28)),
}
"""By kind: the text that a page shows, and the value in it."""

PUBLIC: dict[str, tuple[str, str]] = {
    "aws-access-key-id": _alone(f"AKIA{_other(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}"),
    "supabase-anon-key": _alone(web_token(role="anon")),
    "google-api-key": _alone(f"AIza{_other(35)}"),
    "stripe-publishable-key": _alone(f"pk_live_{_other(32)}"),
    "sentry-dsn": _alone(f"https://{_other(32, _HEX)}@o123.ingest.sentry.io/4501"),
    "mapbox-public-token": _alone(f"pk.eyJ{_other(60)}.{_other(22)}"),
    "recaptcha-site-key": _alone(f"6L{_other(6)}AAAA{_other(28)}"),
    "posthog-project-key": _alone(f"phc_{_other(43)}"),
    "shopify-storefront-token": _within('<script id="shopify-features">{"accessToken":"VALUE"', _other(32, _HEX)),
    "algolia-search-key": _within('algolia({apiKey: "VALUE"', _other(32, _HEX)),
}
"""The same for what is made for pages."""
