"""Facts of `operation`, `operation_trials`, `ports` and `http3`: what was seen, what was not, and why not."""

from collections.abc import Iterator

from reports.facts.reading import as_list, as_text, at, day
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word

_RECEPTIONS = {
    "refused": "refused",
    "site": "shows the site",
    "redirect-to-site": "leads to the site",
    "redirect-to-self": "leads to the name that was asked for",
    "redirect-elsewhere": "leads elsewhere",
    "default-page": "shows the server software's default page",
    "other-page": "shows another page",
    "unknown": "could not be told",
}
_SIBLINGS = {
    "redirects-here": "leads to the site",
    "is-the-site": "the site leads there",
    "same-document": "shows the same",
    "other-document": "shows another document",
    "redirects-elsewhere": "leads elsewhere",
    "error": "is answered with an error",
    "absent": "there is none",
    "unknown": "could not be told",
}
_ROLES = {
    "web": "the web",
    "mail": "mail",
    "login": "login",
    "files": "files and directories",
    "database": "databases and queues",
    "admin": "administration",
    "application": "applications",
}
_OPEN = {"yes": "open", "no": "closed", "unknown": "no answer"}
_BY = {"alt-svc": "Alt-Svc", "https-record": "the HTTPS record"}


def operation_sheets(evidence: object) -> Iterator[Sheet]:
    """How the site is run: a table of answers, and one each for security.txt and signs of firewalls and limits."""
    if not isinstance(at(evidence, "methods"), dict):
        return
    yield make_sheet("", ("Question", "Answer", "Why or how"), _answers(evidence))
    fields = as_list(at(evidence, "security_txt", "fields"))
    if fields:
        signed = ", signed (the signature was not verified)" if at(evidence, "security_txt", "signed") is True else ""
        yield make_sheet(
            f"security.txt{signed}", ("Line", "Field", "Value"), (cells(one, "line", "name", "value") for one in fields)
        )
    waf = as_list(at(evidence, "waf"))
    if waf:
        yield make_sheet(
            "Signs of what stands in front",
            ("Product", "Kind", "Seen in"),
            (cells(one, "vendor", "role", "where") for one in waf),
        )
    limits = as_list(at(evidence, "rate_limit"))
    if limits:
        yield make_sheet(
            "Signs of limits on requests",
            ("Field", "As sent", "Status"),
            (cells(one, "name", "value", "status") for one in limits),
        )


def _answers(evidence: object) -> Iterator[tuple[str, str, str]]:
    methods = at(evidence, "methods")
    yield "Methods in Allow", listed(at(methods, "allowed")) or "not listed", ""
    echo = listed(at(methods, "trace_echo"))
    reason = as_text(at(methods, "trace_reason"))
    yield "TRACE comes back", as_text(at(methods, "trace")), f"{reason}; it shows {echo}" if echo else reason
    security = at(evidence, "security_txt")
    expires = day(at(security, "expires"))
    until = f"expires {expires}" if expires else as_text(at(security, "reason"))
    yield "security.txt", as_text(at(security, "present")), until
    robots = at(evidence, "robots")
    telling = listed(at(robots, "telling"))
    yield "robots.txt", as_text(at(robots, "present")), f"names {telling}" if telling else as_text(at(robots, "reason"))
    yield "HTTP/2", as_text(at(evidence, "http2", "spoken")), as_text(at(evidence, "http2", "reason"))
    services = ", ".join(
        f"{as_text(at(one, 'protocol'))} at {as_text(at(one, 'host'))}:{as_text(at(one, 'port'))}"
        for one in as_list(at(evidence, "alt_svc"))
    )
    yield "Alternative services", services or "none announced", ""
    for key, words in (("unknown_host", "A Host that nobody has"), ("bare_address", "The bare address")):
        one = at(evidence, key)
        reflected = listed(at(one, "reflected_in"))
        why = f"it comes back in {reflected}" if reflected else as_text(at(one, "reason")) or as_text(at(one, "title"))
        yield words, word(_RECEPTIONS, at(one, "reception")), why
    sibling = at(evidence, "sibling")
    name = as_text(at(sibling, "url")) or "The www sibling"
    yield name, word(_SIBLINGS, at(sibling, "relation")), as_text(at(sibling, "reason"))
    tcp = at(evidence, "tcp")
    if isinstance(tcp, dict):
        yield "TCP handshake", *_handshake(tcp)


def _handshake(tcp: object) -> tuple[str, str]:
    timestamps = "with timestamps" if at(tcp, "timestamps") is True else "without timestamps"
    scale = as_text(at(tcp, "window_scale"))
    traits = ", ".join(
        (
            f"segments of {as_text(at(tcp, 'mss'))} bytes",
            f"window {as_text(at(tcp, 'window')) or 'unknown'}",
            f"scaled by {scale}" if scale else "not scaled",
            timestamps,
        )
    )
    system = as_text(at(tcp, "system"))
    if at(tcp, "loopback") is True:
        return traits, "over the loopback this shows this machine"
    return traits, f"a hint at {system}, no more" if system else ""


def trial_sheets(evidence: object) -> Iterator[Sheet]:
    """What came of the trials."""
    if not isinstance(at(evidence, "firewall"), dict):
        return
    firewall, rate = at(evidence, "firewall"), at(evidence, "rate")
    requests = f"{as_text(at(rate, 'requests'))} requests in {as_text(at(rate, 'seconds'))} s"
    yield make_sheet(
        f"Sent to {as_text(at(evidence, 'path'))}",
        ("Trial", "Answer", "How"),
        (
            ("A firewall interferes", as_text(at(firewall, "interfered")), _why(firewall)),
            ("A limit on requests", as_text(at(rate, "limited")), "; ".join(filter(None, (requests, _why(rate))))),
        ),
    )


def _why(trial: object) -> str:
    return as_text(at(trial, "sign")) or as_text(at(trial, "reason"))


def port_sheets(evidence: object) -> Iterator[Sheet]:
    """Ports that are open or silent; the closed ones are counted."""
    ports = as_list(at(evidence, "ports"))
    if not ports:
        return
    closed = [one for one in ports if at(one, "open") == "no"]
    if at(evidence, "everything_open") is True:
        yield Sheet(
            title="So many ports are open that something in front seems to answer for them", columns=(), rows=()
        )
    yield make_sheet(
        f"{len(ports)} ports, {len(closed)} of them closed",
        ("Port", "State", "Usually", "For", "Reason"),
        (
            (
                as_text(at(one, "port")),
                "scanned" if at(one, "service") == "target" else word(_OPEN, at(one, "open")),
                as_text(at(one, "name")),
                word(_ROLES, at(one, "role")),
                as_text(at(one, "reason")),
            )
            for one in ports
            if at(one, "open") != "no"
        ),
    )


def http3_sheets(evidence: object) -> Iterator[Sheet]:
    """Who announces HTTP/3, and what one visit brought."""
    announced = as_list(at(evidence, "announced"))
    if not announced:
        return
    yield make_sheet(
        "Announced",
        ("By", "Protocol", "Host", "UDP port"),
        ((word(_BY, at(one, "by")), *cells(one, "protocol", "host", "port")) for one in announced),
    )
    if at(evidence, "port") is None:
        return
    yield make_sheet(
        f"One visit at UDP port {as_text(at(evidence, 'port'))}",
        ("Handshake", "Request", "Status", "QUIC version", "Protocol", "Milliseconds", "Reason"),
        (cells(evidence, "handshake", "request", "status", "version", "alpn", "handshake_ms", "reason"),),
    )
