"""Our own answers where the reference's is a quirk that browsers or the standards disagree with, each with its reason.

`same` ones keep the scale's verdict, because cases that nobody calls a quirk demand it or because it is a definition of
the scale and no matter of browsers; the reason says so, and docs/reference/observatory-grade.md lists both kinds.
"""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class OwnAnswer:
    """What we answer for one case: the test that it is about, its result, the score, and why."""

    test: str
    result: str
    score: int
    why: str
    same: bool = False


CSP, COOKIES, HSTS = "content-security-policy", "cookies", "strict-transport-security"
FRAMING, SCRIPTS, CORS = "x-frame-options", "subresource-integrity", "cross-origin-resource-sharing"
NO_AGE = "RFC 6797 section 6.1.1: max-age is a whole number of seconds, so browsers ignore the header"
EXTERNAL = "sri-not-implemented-but-external-scripts-loaded-securely"
NO_FRAMING = "the scale counts any frame-ancestors; reason, `differs` and the findings say that every site may frame"
REFUSED = "browsers refuse the cookie, so none is set; the reason names it, and the cookie findings its broken prefix"

ANSWERS: Mapping[str, OwnAnswer] = {
    "obs-041": OwnAnswer(CSP, "csp-header-invalid", 75, "the scale wants a repeated directive noticed", same=True),
    "obs-046": OwnAnswer(
        CSP, "csp-header-invalid", 75, "valid, but no script runs; the reason says that and not 'unparsable'", same=True
    ),
    "obs-049": OwnAnswer(
        CSP,
        "csp-implemented-with-no-unsafe-default-src-none",
        130,
        "browsers skip unknown directives and default-src governs; the CSP findings name it",
        same=True,
    ),
    "obs-057": OwnAnswer(
        CSP, "csp-implemented-with-no-unsafe", 125, "what stands there allows nothing more", same=True
    ),
    "obs-058": OwnAnswer(
        CSP, "csp-implemented-with-no-unsafe", 125, "host names to browsers too: too strict, not unsafe", same=True
    ),
    "obs-063": OwnAnswer(FRAMING, "x-frame-options-implemented-via-csp", 130, NO_FRAMING, same=True),
    "obs-064": OwnAnswer(
        FRAMING, "x-frame-options-implemented-via-csp", 125, "a restriction, if a weak one: not every site", same=True
    ),
    "obs-073": OwnAnswer(
        CSP,
        "csp-implemented-with-unsafe-inline-in-style-src-only",
        120,
        "each policy is asked: neither lets inline scripts run, neither restricts styles",
        same=True,
    ),
    "obs-075": OwnAnswer(
        CSP, "csp-header-invalid", 75, "the scale wants the empty member noticed; browsers skip it", same=True
    ),
    "obs-079": OwnAnswer(FRAMING, "x-frame-options-sameorigin-or-deny", 130, "the header protects, the meta does not"),
    "obs-084": OwnAnswer(FRAMING, "x-frame-options-not-implemented", 80, "browsers ignore frame-ancestors in meta"),
    "obs-092": OwnAnswer(CSP, "csp-not-implemented", 75, "browsers that run scripts do not see what is in noscript"),
    "obs-116": OwnAnswer(
        COOKIES,
        "cookies-without-secure-flag-but-protected-by-hsts",
        125,
        "session names are a definition of the scale; the cookie findings know connect.sid",
        same=True,
    ),
    "obs-124": OwnAnswer(
        COOKIES, "cookies-anticsrf-without-samesite-flag", 80, "XSRF-TOKEN is what csrf in the name stands for"
    ),
    "obs-130": OwnAnswer(COOKIES, "cookies-not-found", 130, REFUSED, same=True),
    "obs-131": OwnAnswer(COOKIES, "cookies-not-found", 130, REFUSED, same=True),
    "obs-132": OwnAnswer(COOKIES, "cookies-not-found", 130, REFUSED, same=True),
    "obs-135": OwnAnswer(COOKIES, "cookies-not-found", 130, "a deletion leaves no cookie, so it earns no bonus"),
    "obs-137": OwnAnswer(
        COOKIES, "cookies-secure-with-httponly-sessions", 130, "browsers keep cookies without a name (RFC 6265bis)"
    ),
    "obs-145": OwnAnswer(
        COOKIES, "cookies-not-found", 130, "a visit does not fetch robots.txt; the cookie findings see it", same=True
    ),
    "obs-146": OwnAnswer(
        COOKIES,
        "cookies-session-without-httponly-flag",
        70,
        "a browser that came over plain http holds the cookie and sends it to https as well",
    ),
    "obs-151": OwnAnswer(HSTS, "hsts-not-implemented", 80, "max-age=0 makes browsers forget the host (section 6.1.1)"),
    "obs-154": OwnAnswer(HSTS, "hsts-header-invalid", 80, NO_AGE),
    "obs-162": OwnAnswer(HSTS, "hsts-header-invalid", 80, NO_AGE),
    "obs-163": OwnAnswer(HSTS, "hsts-header-invalid", 80, NO_AGE),
    "obs-164": OwnAnswer(HSTS, "hsts-header-invalid", 80, "RFC 6797 section 6.1: a directive must not stand twice"),
    "obs-167": OwnAnswer(HSTS, "hsts-header-invalid", 80, NO_AGE),
    "obs-198": OwnAnswer(
        "redirection", "redirection-not-needed-no-http", 130, "a listener that refuses serves nothing over plain http"
    ),
    "obs-205": OwnAnswer(
        "redirection", "redirection-off-host-from-http", 125, "plain http answers and leads to another host's https"
    ),
    "obs-219": OwnAnswer(
        "referrer-policy", "referrer-policy-not-implemented", 125, "an empty value is no policy: the default applies"
    ),
    "obs-228": OwnAnswer(
        "referrer-policy", "referrer-policy-unsafe", 120, "the last known value counts in browsers too", same=True
    ),
    "obs-239": OwnAnswer(
        SCRIPTS,
        "sri-not-implemented-and-external-scripts-not-loaded-securely",
        50,
        "a definition of the scale: a script without a scheme is loaded over http wherever the page is",
        same=True,
    ),
    "obs-256": OwnAnswer(SCRIPTS, EXTERNAL, 125, "browsers pass over md5, so the script is loaded unchecked"),
    "obs-258": OwnAnswer(SCRIPTS, EXTERNAL, 125, "schemes have no case: the script is another site's"),
    "obs-262": OwnAnswer(
        SCRIPTS, "sri-not-implemented-but-no-scripts-loaded", 130, "what is in a template is inert: nothing is loaded"
    ),
    "obs-265": OwnAnswer(SCRIPTS, EXTERNAL, 125, "browsers strip white space: the script is another site's"),
    "obs-269": OwnAnswer(
        SCRIPTS, EXTERNAL, 125, "browsers take it for HTML; so does our reading of meta elements", same=True
    ),
    "obs-271": OwnAnswer(SCRIPTS, EXTERNAL, 125, "the base element makes it another site's script"),
    "obs-280": OwnAnswer(
        CORS,
        "cross-origin-resource-sharing-implemented-with-restricted-access",
        130,
        "Fetch section 4.9: credentials need the exact word true, so browsers withhold the answer",
    ),
    "obs-282": OwnAnswer(
        CORS,
        "cross-origin-resource-sharing-not-implemented",
        130,
        "Fetch section 4.8: a preflight without an ok status fails in browsers as well",
        same=True,
    ),
    "obs-283": OwnAnswer(
        CORS, "cross-origin-resource-sharing-not-implemented", 130, "as for status 404: the preflight fails", same=True
    ),
    "obs-300": OwnAnswer(FRAMING, "x-frame-options-implemented-via-csp", 130, NO_FRAMING, same=True),
    "obs-302": OwnAnswer(
        FRAMING, "x-frame-options-sameorigin-or-deny", 75, "HTML section 7.5: equal values are one, and it is honoured"
    ),
    "obs-310": OwnAnswer(
        "x-content-type-options", "x-content-type-options-nosniff", 130, "Fetch section 3.6: the first value decides"
    ),
    "obs-348": OwnAnswer(
        CSP, "csp-implemented-with-no-unsafe-default-src-none", 130, "a login wall is the site to visitors", same=True
    ),
}
"""By case."""
