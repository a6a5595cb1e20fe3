"""Facts of the HTTP topics in a few lines, for reports with little room."""

from collections.abc import Iterable, Iterator

from reports.facts.purposes import answer
from reports.facts.reading import as_dict, as_list, as_text, at, day, plural, texts
from reports.wording import several

_MOST_HEADERS = 8
_MOST_HOSTS = 4
_MOST_NAMES = 6
_WEIGHED = (
    ("strict-transport-security", "HSTS"),
    ("content-security-policy", "CSP"),
    ("x-frame-options", "X-Frame-Options"),
    ("x-content-type-options", "X-Content-Type-Options"),
    ("referrer-policy", "Referrer-Policy"),
    ("permissions-policy", "Permissions-Policy"),
    ("cross-origin-opener-policy", "COOP"),
)
"""The headers that a page is asked for first, with short names."""

Line = tuple[str, str]
"""A label, and what is to be said."""


def http_lines(topic: str, evidence: object) -> tuple[Line, ...]:
    """What one observation says; nothing where the topic is another or the evidence is missing."""
    make = {
        "http_exchanges": _page,
        "http_headers": _headers,
        "cookies": _cookies,
        "content": _content,
        "operation": _operation,
        "http3": _http3,
        "ports": _ports,
    }.get(topic)
    return tuple(line for line in make(evidence) if line[1]) if make and isinstance(evidence, dict) else ()


def _page(evidence: object) -> Iterator[Line]:
    hops = as_list(at(evidence, "exchanges"))
    chain = [one for one in hops if at(one, "purpose") == "entry"]
    if chain:
        last = chain[-1]
        media = next((value for name, value in _fields(last) if name == "content-type"), "")
        moved = f"after {plural(len(chain) - 1, 'redirect')}" if len(chain) > 1 else ""
        version = as_text(at(last, "version"))
        yield "page", ", ".join(filter(None, (as_text(at(last, "url")), answer(last), media, version, moved)))
    plain = [one for one in hops if at(one, "purpose") == "plain-entry"]
    if plain:
        leads = as_text(at(plain[0], "location"))
        yield "plain http", answer(plain[0]) + (f" → {leads}" if leads else "")


def _fields(exchange: object) -> Iterable[tuple[str, str]]:
    for one in as_list(at(exchange, "fields")):
        yield as_text(at(one, "name")).lower(), as_text(at(one, "value"))


def _headers(evidence: object) -> Iterator[Line]:
    final = at(evidence, "final")
    if not isinstance(final, dict):
        return
    read = as_dict(at(final, "headers"))
    policies = as_list(at(final, "csp"))
    place = (at(final, "purpose"), at(final, "hop"))
    hsts = any((at(one, "purpose"), at(one, "hop")) == place and texts(at(one, "raw")) for one in _hsts(evidence))
    known = {
        *read,
        *(["content-security-policy"] if policies else []),
        *(["strict-transport-security"] if hsts else []),
    }
    yield "headers", ", ".join(words for name, words in _WEIGHED if name in known) or "none of those that protect"
    yield "not sent", several((words for name, words in _WEIGHED if name not in known), _MOST_HEADERS)
    script = (_scripts_of(one) for one in policies if at(one, "disposition") != "report")
    yield "scripts by CSP", "; ".join(dict.fromkeys(filter(None, script)))
    readers = {
        ("with cookies" if at(one, "with_credentials") is True else "without cookies"): None
        for one in as_list(at(evidence, "cors"))
        if at(one, "readable") is True
    }
    yield "other origins", f"may read answers {' and '.join(readers)}" if readers else ""


def _hsts(evidence: object) -> list[object]:
    return as_list(at(evidence, "hsts"))


def _scripts_of(policy: object) -> str:
    """The sources of scripts in one policy, of script-src or of what stands in for it."""
    found = {as_text(at(one, "name")): texts(at(one, "sources")) for one in reversed(as_list(at(policy, "directives")))}
    sources = found.get("script-src", found.get("default-src"))
    return "" if sources is None else " ".join(sources) or "'none'"


def _cookies(evidence: object) -> Iterator[Line]:
    named: dict[str, object] = {}
    for one in as_list(at(evidence, "cookies")):
        named.setdefault(as_text(at(one, "name")), one)
    sessions = [name for name, one in named.items() if at(one, "kind") == "session"]
    said = several(named, _MOST_NAMES)
    yield "cookies", f"{said}{f' (of a session: {several(sessions, _MOST_NAMES)})' if sessions else ''}"


def _content(evidence: object) -> Iterator[Line]:
    scripts = as_list(at(evidence, "scripts"))
    foreign = [one for one in scripts if at(one, "relation") == "cross-site"]
    hosts = several(sorted({as_text(at(one, "host")) for one in foreign} - {""}), _MOST_HOSTS)
    free = sum(at(one, "integrity") == "none" for one in foreign)
    inline = sum(at(one, "relation") == "inline" for one in scripts)
    parts = (
        f"{len(scripts) - inline - len(foreign)} of the site, {inline} inline",
        f"{len(foreign)} of other sites ({hosts})" if foreign else "none of other sites",
        f"{free} of them without integrity" if free else "",
    )
    yield "scripts", ", ".join(filter(None, parts)) if scripts else ""
    secrets = [as_text(at(one, "title")) for one in as_list(at(evidence, "secrets")) if at(one, "exposure") != "public"]
    yield "keys in pages", several(dict.fromkeys(secrets), _MOST_NAMES)


def _operation(evidence: object) -> Iterator[Line]:
    expires = day(at(evidence, "security_txt", "expires"))
    has = as_text(at(evidence, "security_txt", "present"))
    yield "contacts", f"security.txt: {f'{has}, expires {expires}' if expires else has}" if has else ""
    yield "HTTP/2", as_text(at(evidence, "http2", "spoken"))


def _http3(evidence: object) -> Iterator[Line]:
    announced = bool(as_list(at(evidence, "announced")))
    tried = as_text(at(evidence, "handshake"))
    why = as_text(at(evidence, "reason"))
    yield "HTTP/3", ": ".join(filter(None, (f"announced; handshake {tried}", why))) if announced else ""


def _ports(evidence: object) -> Iterator[Line]:
    ports = as_list(at(evidence, "ports"))
    reachable = (
        " ".join(filter(None, (as_text(at(one, "port")), as_text(at(one, "name")))))
        for one in ports
        if at(one, "open") == "yes" and at(one, "service") != "target"
    )
    yield "open ports", (several(reachable, 12) or f"none of {len(ports)}") if ports else ""
