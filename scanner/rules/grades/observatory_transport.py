"""The Observatory's tests of the way to the site: Strict-Transport-Security, and redirection from plain http."""

import re
from collections.abc import Sequence

from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.model.evidence.http_headers import HstsAt
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.rules.grades.observatory_table import SIX_MONTHS, TESTS
from scanner.rules.grades.observatory_view import Finding, Found, Site, Untold, host_of, is_https, turned_down

REFUSING = frozenset({403, 421, 426})
"""Statuses by which a plain-http listener declines to serve the host at all."""

_NO_URL = PeerText("about:blank")
"""Stands for a place that is no http or https URL."""

_AT_LEAST, _SHORTER = (f"hsts-implemented-max-age-{one}-six-months" for one in ("at-least", "less-than"))


def strict_transport_security(site: Site) -> Finding:
    """HSTS on the document, or the preload list where https answers."""
    entry = site.entry[0]
    if not is_https(entry.url):
        return Untold("https of this host was not asked")
    if not entry.answered:
        gone = turned_down(entry)
        return Found("hsts-not-implemented-no-https", "https does not answer") if gone else _not_asked("https", entry)
    if site.preloaded(site.host) is Answer.YES:
        return Found("hsts-preloaded", f"{site.host} is covered by the preload list")
    trust = _trust(site.chain)
    if trust is None:
        return Untold("whether the certificate is trusted was not told")
    if not trust:
        return Found("hsts-invalid-cert", "browsers heed the header only with a trusted certificate")
    return _hsts(site)


def _hsts(site: Site) -> Finding:
    document = site.document
    if not is_https(document.url):
        return Found("hsts-not-implemented", "the https entry leads to a document over plain http")
    if not document.values("strict-transport-security"):
        return Found("hsts-not-implemented", "the header is absent")
    read = _reading(site)
    if read is None:
        return Untold("the headers were not read")
    if read.policy is None:
        result, reason = "hsts-header-invalid", read.problem or "the header is invalid"
    elif read.policy.max_age == 0:
        result, reason = "hsts-not-implemented", "max-age=0 switches it off"
    else:
        result = _AT_LEAST if read.policy.max_age >= SIX_MONTHS else _SHORTER
        reason = f"max-age is {read.policy.max_age} s"
    theirs = _by_the_reference(", ".join(document.values("strict-transport-security")))
    return Found(result, reason, None if theirs == result else f"the reference says {theirs}; RFC 6797 decides here")


def _reading(site: Site) -> HstsAt | None:
    """The reading of the document's header."""
    if site.headers is None:
        return None
    place = (site.document.purpose, site.document.hop)
    return next((one for one in site.headers.hsts if (one.purpose, one.hop) == place), None)


def _by_the_reference(value: str) -> str:
    """What the reference makes of a value, for a prefix and leading digits suffice it: to say where we differ."""
    ages = [part[8:] for one in value.lower().split(";") if (part := one.strip()).startswith("max-age=")]
    if "," in value or not ages:
        return "hsts-header-invalid"
    digits = re.match(r"\s*([+-]?[0-9]+)", ages[-1])
    return _SHORTER if digits and int(digits[1]) < SIX_MONTHS else _AT_LEAST


def hsts_protects(site: Site) -> bool:
    """Whether the HSTS test passes."""
    found = strict_transport_security(site)
    return isinstance(found, Found) and TESTS["strict-transport-security"][found.result].passed


def redirection(site: Site) -> Finding:
    """Where plain http leads."""
    hops = route(site)
    if not hops:
        return Untold(site.seen.left_out.get(Purpose.PLAIN_ENTRY, "plain http was not asked"))
    first, last = hops[0], hops[-1]
    if not first.answered:
        gone = turned_down(first)
        reason = "plain http does not answer"
        return Found("redirection-not-needed-no-http", reason) if gone else _not_asked("plain http", first)
    trust = _trust(hops)
    if trust is None:
        return Untold("whether a certificate on the way is trusted was not told")
    if not trust:
        return Found("redirection-invalid-cert", "a certificate on the way is not trusted")
    urls = [one.url for one in hops]
    if last.redirect is not None:
        urls.append(last.redirect.to or _NO_URL)  # where it would have gone on
    found = _route(site, urls)
    if found.result == "redirection-missing" and first.status in REFUSING:
        reason = f"plain http refuses to serve (status {first.status})"
        return Found("redirection-not-needed-no-http", reason, "the reference takes a refusal for full service")
    if not last.answered:
        differs = "the reference says that plain http does not answer"
        return Found(found.result, f"plain http leads to {host_of(last.url)}, which does not answer", differs)
    return found


def _route(site: Site, urls: Sequence[str]) -> Found:
    hosts = [host_of(one) for one in urls]
    if all(site.preloaded(one) is Answer.YES for one in hosts):
        return Found("redirection-all-redirects-preloaded", "browsers know every host on the way as https-only")
    if len(urls) == 1:
        return Found("redirection-missing", "plain http serves the site")
    if not is_https(urls[-1]):
        return Found("redirection-not-to-https", "plain http does not end at https")
    if not is_https(urls[1]):
        return Found("redirection-not-to-https-on-initial-redirection", "the first redirect stays with plain http")
    if hosts[0] != hosts[1]:
        reason = f"the first redirect leads to {hosts[1]}, so {hosts[0]} cannot set HSTS"
        return Found("redirection-off-host-from-http", reason)
    return Found("redirection-to-https", "the first redirect leads to https of the same host")


def route(site: Site) -> tuple[Exchange, ...]:
    """The hops from plain http; where they meet the entry's, with what followed there."""
    plain = site.seen.of(Purpose.PLAIN_ENTRY)
    if not plain or plain[-1].redirect is None or plain[-1].redirect.to is None:
        return plain
    urls = [one.url for one in site.entry]
    meets = plain[-1].redirect.to
    return (*plain, *site.entry[urls.index(meets) :]) if meets in urls else plain


def _trust(hops: Sequence[Exchange]) -> bool | None:
    """Whether every certificate on the way is trusted; None where nobody said."""
    verdicts = [one.certificate_trusted for one in hops if is_https(one.url) and one.answered]
    return False if False in verdicts else None if None in verdicts else True


def _not_asked(what: str, exchange: Exchange) -> Untold:
    return Untold(f"{what} was not asked ({exchange.detail or exchange.outcome})")
