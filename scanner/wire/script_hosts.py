"""Known hosts of scripts: those that have served harmful code, and those of CAPTCHA widgets.

Rule of the file: short tables, dated, each row with its source. Facts only; nobody's list is copied.
"""

import dataclasses
from collections.abc import Mapping

from scanner.wire.public_suffix import registrable

DATED = "2026-11-21"
"""The day on which the table of compromised hosts was last looked through (ISO 8601)."""

_SANSEC = "https://sansec.io/research/polyfill-supply-chain-attack"
_OPERATOR = (
    "https://www.bleepingcomputer.com/news/security/polyfillio-bootcdn-bootcss-staticfile-attack-traced-to-1-operator/"
)
_JUNE_2024 = "2024-06-25"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownBad:
    """A registrable domain that served harmful scripts (`served`), or belongs to who did; reported on `since`."""

    served: bool
    since: str
    source: str


_POLYFILL = KnownBad(served=True, since=_JUNE_2024, source=_SANSEC)
_RELATED = KnownBad(served=False, since="2024-06-26", source=_OPERATOR)
COMPROMISED: Mapping[str, KnownBad] = {
    "polyfill.io": _POLYFILL,
    "polyfill.com": _POLYFILL,
    "polyfillcache.com": _POLYFILL,
    "googie-anaiytics.com": _POLYFILL,
    "kuurza.com": _POLYFILL,
    "bootcss.com": _RELATED,
    "bootcdn.net": _RELATED,
    "staticfile.org": _RELATED,
    "staticfile.net": _RELATED,
    "unionadjs.com": _RELATED,
    "xhsbpza.com": _RELATED,
    "macoms.la": _RELATED,
    "newcrbpc.com": _RELATED,
}

CAPTCHAS: Mapping[str, tuple[str, ...]] = {
    "reCAPTCHA": ("www.google.com/recaptcha/", "www.recaptcha.net/recaptcha/", "www.gstatic.com/recaptcha/"),
    "hCaptcha": ("hcaptcha.com/", "js.hcaptcha.com/"),
    "Turnstile": ("challenges.cloudflare.com/turnstile/",),
    "Friendly Captcha": ("/friendly-challenge", "friendlycaptcha.com/", "/@friendlycaptcha/"),
    "Arkose Labs": (".arkoselabs.com/", ".funcaptcha.com/"),
    "GeeTest": ("static.geetest.com/", "gt4.js", "gcaptcha4.geetest.com/"),
    "AWS WAF CAPTCHA": (".captcha.awswaf.com/", ".captcha-sdk.awswaf.com/"),
    "Yandex SmartCaptcha": ("smartcaptcha.yandexcloud.net/", "captcha-api.yandex.ru/"),
    "MTCaptcha": ("service.mtcaptcha.com/",),
    "ALTCHA": ("/altcha", "altcha.org/"),
    "Procaptcha": ("js.prosopo.io/",),
    "Cap": ("/@cap.js/widget",),
}
"""CAPTCHA widgets, and pieces of the addresses of their scripts and frames, from the vendors' instructions."""


def compromised(host: str) -> KnownBad | None:
    """What is known against a host of scripts; None for all others."""
    domain = registrable(host)
    return COMPROMISED.get(domain) if domain else None


def captcha_of(url: str) -> str | None:
    """Whose CAPTCHA widget a script or frame with this address is; None for all others."""
    return next((name for name, pieces in CAPTCHAS.items() if any(piece in url for piece in pieces)), None)
