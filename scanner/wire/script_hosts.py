"""Known hosts of scripts: those that have served harmful code, and those of CAPTCHA widgets.

Rule of the file: short tables, dated, each row with its source. Facts only; nobody's list is copied.
"""

import dataclasses
import re
from collections.abc import Mapping

DATED = "2026-11-21"
"""The day on which the table of compromised hosts was last looked through (ISO 8601)."""

_SANSEC = "https://sansec.io/research/polyfill-supply-chain-attack"
_OPERATOR = (
    "https://www.bleepingcomputer.com/news/security/polyfillio-bootcdn-bootcss-staticfile-attack-traced-to-1-operator/"
)
_RELAUNCH = (
    "https://www.bleepingcomputer.com/news/security/polyfill-claims-it-has-been-defamed-returns-after-domain-shut-down/"
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownBad:
    """A domain that served harmful scripts (`served`), or belongs to who did; reported on `since` (ISO 8601)."""

    served: bool
    since: str
    source: str


_POLYFILL = KnownBad(served=True, since="2024-06-25", source=_SANSEC)
_RELATED = KnownBad(served=False, since="2024-06-28", source=_OPERATOR)
COMPROMISED: Mapping[str, KnownBad] = {
    "polyfill.io": _POLYFILL,
    "googie-anaiytics.com": _POLYFILL,  # what the injected code loaded
    "kuurza.com": _POLYFILL,  # where it led visitors
    "polyfill.com": KnownBad(served=False, since="2024-06-27", source=_RELAUNCH),
    "bootcss.com": _RELATED,
    "bootcdn.net": _RELATED,
    "staticfile.org": _RELATED,
    "staticfile.net": _RELATED,
    "unionadjs.com": _RELATED,
    "xhsbpza.com": _RELATED,
    "union.macoms.la": _RELATED,
    "newcrbpc.com": _RELATED,
}
"""Domains with all hosts below them."""

CAPTCHAS: Mapping[str, tuple[str, ...]] = {
    "reCAPTCHA": ("www.google.com/recaptcha/", "www.recaptcha.net/recaptcha/", "www.gstatic.com/recaptcha/"),
    "hCaptcha": ("hcaptcha.com/",),
    "Turnstile": ("challenges.cloudflare.com/turnstile/",),
    "Friendly Captcha": ("/friendly-challenge", "friendlycaptcha.com/", "/@friendlycaptcha/"),
    "Arkose Labs": (".arkoselabs.com/", ".funcaptcha.com/"),
    "GeeTest": ("static.geetest.com/", "gt4.js", "gcaptcha4.geetest.com/"),
    "AWS WAF CAPTCHA": (".captcha.awswaf.com/", ".captcha-sdk.awswaf.com/"),
    "Yandex SmartCaptcha": ("smartcaptcha.yandexcloud.net/", "captcha-api.yandex.ru/"),
    "MTCaptcha": ("service.mtcaptcha.com/",),
    "ALTCHA": ("/altcha", "altcha.org/"),
    "Procaptcha": ("js.prosopo.io/",),
    "Cap": ("/@cap.js/widget", "/npm/cap-widget"),
}
"""CAPTCHA widgets, and pieces of the addresses of their scripts and frames, from the vendors' instructions."""


_PLACES: Mapping[str, str] = {
    "g-recaptcha": "reCAPTCHA",
    "h-captcha": "hCaptcha",
    "cf-turnstile": "Turnstile",
    "frc-captcha": "Friendly Captcha",
    "smart-captcha": "Yandex SmartCaptcha",
}
"""Classes of the elements that widgets fill, from the same instructions."""

_CLASS = re.compile(
    rf"""class=(?:"[^"<>]{{0,200}}?|'[^'<>]{{0,200}}?|[^\s"'<>]{{0,100}}?)(?<![\w-])({"|".join(_PLACES)})(?![\w-])""",
    re.IGNORECASE,
)


def compromised(host: str) -> KnownBad | None:
    """What is known against a host of scripts, or a domain above it; None for all others."""
    labels = host.lower().rstrip(".").split(".")
    above = (".".join(labels[place:]) for place in range(len(labels) - 1))
    return next((COMPROMISED[domain] for domain in above if domain in COMPROMISED), None)


def captcha_of(url: str) -> str | None:
    """Whose CAPTCHA widget a script or frame with this address is; None for all others."""
    return next((name for name, pieces in CAPTCHAS.items() if any(piece in url for piece in pieces)), None)


def captcha_places(text: str) -> tuple[str, ...]:
    """Whose CAPTCHA widgets the classes in this HTML make room for, each once."""
    return tuple(dict.fromkeys(_PLACES[found[1].lower()] for found in _CLASS.finditer(text)))
