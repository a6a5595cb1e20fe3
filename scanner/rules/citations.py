"""Citations and remedies: short ways to write the references and the configuration of a rule's page."""

from scanner.model.rule import Reference, Remediation, Snippet


def rfc(number: int, section: str, title: str) -> Reference:
    """A section of an RFC."""
    return Reference(
        title=title, url=f"https://www.rfc-editor.org/rfc/rfc{number}#section-{section}", section=f"section {section}"
    )


def mdn_header(name: str) -> Reference:
    """The MDN page of a header field."""
    return Reference(title=f"MDN: {name}", url=f"https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/{name}")


def w3c(title: str, url: str, section: str | None = None) -> Reference:
    """A W3C or WHATWG specification."""
    return Reference(title=title, url=url, section=section)


def remedy(text: str, *, nginx: str | None = None, apache: str | None = None) -> Remediation:
    """What to do, with configuration where it can mend the finding."""
    configs = (("nginx", nginx), ("apache", apache))
    return Remediation(
        text=text, snippets=tuple(Snippet(server=server, config=config) for server, config in configs if config)
    )


def send_header(text: str, name: str, value: str) -> Remediation:
    """Sending one header on every answer, errors included. `value` must not hold a double quote."""
    return remedy(
        text,
        nginx=f'add_header {name} "{value}" always;',
        apache=f'Header always set {name} "{value}"',
    )


COOKIES_DRAFT = Reference(
    title="Cookies: HTTP State Management Mechanism (RFC 6265bis)",
    url="https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis",
)
CSP3 = "https://www.w3.org/TR/CSP3/"
FETCH = "https://fetch.spec.whatwg.org/"
HTML = "https://html.spec.whatwg.org/multipage/"
STATIC_HOSTING = " On static hosting that lets its owner set no headers, put a CDN in front that adds them."
"""The honest hint for pages hosts: their owners cannot follow the advice on the host itself."""

STATIC_HOSTING_META = (
    " On static hosting that lets its owner set no headers, use a meta element, or put a CDN in front."
)
"""The same for policies that a document can carry itself (CSP without frame-ancestors, the referrer policy)."""
