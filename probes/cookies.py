"""Every Set-Cookie on every answer of the named host, without the values."""

import hashlib
import re
from collections.abc import Iterator

from probes.base import Known, ProbeInfo
from probes.exchange_reader import read_exchanges, reader_info
from scanner.errors import Malformed
from scanner.model.evidence.cookies import Cookie, CookieAttribute, Cookies, Refusal, ValueShape
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.observation import Observation
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import UNKNOWN_HOST
from scanner.net.session import Session
from scanner.wire.cookie_names import classify
from scanner.wire.cookie_values import value_forms
from scanner.wire.set_cookie import MAX_PAIR, SetCookie, parse_set_cookie
from scanner.wire.urls import parse_url

MAX_COOKIES = 200
"""Cookies that are kept, all answers together; browsers keep 180 a site."""

LONGEST_NAME = 256
"""Characters of a name or attribute value that are kept."""

NOT_THE_SITE = frozenset({Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS})
"""Answers to whoever asks without the site's name: their cookies are nobody's session."""

KNOWN_ATTRIBUTES = frozenset(
    {"domain", "expires", "httponly", "max-age", "partitioned", "path", "priority", "samesite", "secure"}
)
"""Attributes whose values are kept; the value of another may be a second cookie, joined by mistake."""

CHARACTERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("empty", re.compile(r"")),
    ("digits", re.compile(r"[0-9]+")),
    ("hexadecimal", re.compile(r"[0-9A-Fa-f]+")),
    ("jwt", re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")),
    ("alphanumeric", re.compile(r"[0-9A-Za-z]+")),
    ("base64url", re.compile(r"[0-9A-Za-z_-]+={0,2}")),
    ("base64", re.compile(r"[0-9A-Za-z+/]+={0,2}")),
    ("percent-encoded", re.compile(r"(?=.*%[0-9A-Fa-f]{2})[!-~]+")),
    ("ascii", re.compile(r"[ -~]+")),
    ("binary", re.compile(r".*", re.DOTALL)),
)
"""Kinds of characters, narrowest first."""


class CookiesProbe:
    """Reads Set-Cookie fields out of the exchanges, as browsers would."""

    info: ProbeInfo = reader_info("cookies", "Cookies", Cookies)

    async def collect(self, session: Session, known: Known) -> Observation[Cookies]:
        """Every cookie on every hop of every chain."""
        return read_exchanges(session, known, read_cookies)


def read_cookies(seen: HttpExchanges) -> Cookies:
    """The evidence of `cookies` out of the exchanges: the answers of the named host and of its www sibling."""
    found = [
        (exchange, raw)
        for exchange in seen.exchanges
        if exchange.answered and (exchange.own or exchange.same_host) and exchange.purpose not in NOT_THE_SITE
        for raw in exchange.values("set-cookie")
    ]
    names = {raw[:MAX_PAIR].partition(";")[0].partition("=")[0].strip(" \t") for _, raw in found}
    kept = tuple(_cookie(exchange, raw) for exchange, raw in found[:MAX_COOKIES])
    return Cookies(cookies=kept, skipped=max(0, len(found) - MAX_COOKIES), names=len(names))


def _cookie(exchange: Exchange, raw: str) -> Cookie:
    host, secure = _origin(exchange.url)
    try:
        parsed = parse_set_cookie(raw)
        refused = parsed.refusals(host=host, secure=secure)
    except Malformed:
        # Its name is shown, for somebody has to find it in his code; without '=' all of it may be a secret.
        name, equals, _ = raw[:MAX_PAIR].partition(";")[0].partition("=")
        parsed = SetCookie(name=peer_text(name.strip(" \t") if equals else ""), value=peer_text(""))
        refused = (Refusal.MALFORMED,)
    kind, maker = classify(parsed.name)
    return Cookie(
        purpose=exchange.purpose,
        hop=exchange.hop,
        url=exchange.url,
        host=peer_text(host or UNKNOWN_HOST),
        secure_origin=secure,
        name=peer_text(parsed.name, limit=LONGEST_NAME),
        value=value_shape(parsed.value),
        attributes=tuple(_attributes(parsed)),
        secure=parsed.secure,
        http_only=parsed.http_only,
        partitioned=parsed.partitioned,
        same_site=parsed.same_site,
        domain=_short(parsed.domain),
        path=_short(parsed.path),
        max_age=parsed.max_age,
        expires=parsed.expires,
        size=parsed.size,
        prefix=parsed.prefix,
        broken=parsed.broken,
        too_long=tuple(peer_text(one, limit=LONGEST_NAME) for one in parsed.too_long),
        site_wide=parsed.site_wide,
        refused=refused,
        kind=kind,
        maker=maker,
    )


def _attributes(parsed: SetCookie) -> Iterator[CookieAttribute]:
    for name, value in parsed.attributes:
        kept = _short(value) if name.lower() in KNOWN_ATTRIBUTES else None
        yield CookieAttribute(name=peer_text(name, limit=LONGEST_NAME), value=kept)


def _short(text: PeerText | None) -> PeerText | None:
    return None if text is None else peer_text(text, limit=LONGEST_NAME)


def _origin(url: str) -> tuple[str | None, bool | None]:
    """Host and whether it is https; None for both where nobody knows the URL."""
    try:
        parsed = parse_url(url)
    except Malformed:
        return "", url.lower().startswith("https:")
    return (None, None) if parsed.host == UNKNOWN_HOST else (parsed.host, parsed.scheme == "https")


def value_shape(value: str) -> ValueShape:
    """What may be kept of a value."""
    raw = value.encode("latin-1", "replace")
    forms = value_forms(value)
    return ValueShape(
        length=len(raw),
        sha256_prefix=hashlib.sha256(raw).hexdigest()[:8],
        characters=next(name for name, pattern in CHARACTERS if pattern.fullmatch(value)),
        holds=forms.holds,
        internal=forms.internal,
    )
