"""Facts of the topics that read best as tables: a few columns each, in words."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from reports.facts.content import content_sheets
from reports.facts.cookies import cookie_sheets
from reports.facts.exchanges import exchange_sheets
from reports.facts.header_sheets import header_sheets
from reports.facts.operation import http3_sheets, operation_sheets, port_sheets, trial_sheets
from reports.facts.purposes import PURPOSES, answer
from reports.facts.reading import as_list, as_text, at, day
from reports.facts.sheet import Sheet, cells, listed, make_sheet, word
from reports.facts.tls_sheets import feature_sheets, flaw_sheets, group_sheets, suite_sheets
from reports.facts.tree import short
from reports.wording import several

_AFTERWARDS = {
    "fin": "connection ended",
    "reset": "connection reset",
    "open": "connection kept",
    "timeout": "no whole answer in time",
    "cut": "longer than was read",
}
_LEAKS = {
    "server": "the server software",
    "platform": "the platform",
    "generator": "the site generator",
    "proxy": "proxies and caches",
    "topology": "machines behind the front",
    "timing": "times of work",
    "trace": "tracing",
    "debug": "debugging",
}
_DNS = {
    "ok": "empty",
    "nodata": "none",
    "nxdomain": "no such name",
    "servfail": "the resolver failed",
    "timeout": "no answer in time",
}
_MOST_PLACES = 3  # answers that show one header
_NO_DEFAULT = {False: "", True: "not http/1.1"}
_CHAIN_ENDS = {
    "answer": "ends with an answer",
    "blocked": "ends at a block",
    "failed": "fails",
    "loop": "is a loop",
    "too-many-hops": "has too many hops",
    "request-cap": "was not followed to its end",
    "malformed": "ends at a Location that is no URL",
    "other-scheme": "leaves http and https",
    "not-recorded": "goes on where the recording ends",
}


def sheets(topic: str, evidence: object) -> tuple[Sheet, ...]:
    """The tables of one observation; none where the topic has no such form or the evidence another shape."""
    make = _SHEETS.get(topic)
    return tuple(make(evidence)) if make is not None else ()


def _odd_requests(evidence: object) -> Iterator[Sheet]:
    if isinstance(at(evidence, "replies"), list):
        yield make_sheet(
            f"Sent to {as_text(at(evidence, 'path'))}" if at(evidence, "path") else "",
            ("Request", "Bytes", "Answer", "Afterwards"),
            (
                (*cells(one, "title", "size"), answer(one), word(_AFTERWARDS, at(one, "ending")))
                for one in as_list(at(evidence, "replies"))
            ),
        )
    left_out = as_list(at(evidence, "left_out"))
    if left_out:
        yield make_sheet("Left out", ("Request", "Reason"), (cells(one, "request", "reason") for one in left_out))


def _redirects(evidence: object) -> Iterator[Sheet]:
    for start in ("https", "http"):
        hops = as_list(at(evidence, start, "hops"))
        if hops:
            yield make_sheet(
                f"The chain from {start} {word(_CHAIN_ENDS, at(evidence, start, 'end'))}",
                ("URL", "Answer", "Leads to"),
                ((as_text(at(one, "url")), answer(one), as_text(at(one, "location"))) for one in hops),
            )
    reason = as_text(at(evidence, "http_not_asked"))
    if reason:
        yield make_sheet(f"Plain http was not asked: {reason}", (), ())


def _leaks(evidence: object) -> Iterator[Sheet]:
    """A row a header and value, whatever the spelling of its name, with the answers that bear it."""
    if isinstance(at(evidence, "leaks"), list):
        found: dict[tuple[str, ...], list[str]] = {}
        spelled: dict[str, str] = {}
        for one in as_list(at(evidence, "leaks")):
            name = as_text(at(one, "name"))
            told = (as_text(at(one, "value")), word(_LEAKS, at(one, "kind")), listed(at(one, "internal")))
            key = (spelled.setdefault(name.lower(), name), *told)
            found.setdefault(key, []).append(word(PURPOSES, at(one, "purpose")))
        yield make_sheet(
            "",
            ("Header", "As sent", "Tells of", "Private addresses", "Seen on"),
            ((*told, several(dict.fromkeys(places), _MOST_PLACES, "; ")) for told, places in found.items()),
        )


def _dns(evidence: object) -> Iterator[Sheet]:
    questions = as_list(at(evidence, "questions"))
    if questions:
        yield make_sheet(
            f"What the DNS says of {as_text(at(evidence, 'host'))}",
            ("Name", "Type", "Answer"),
            (
                (
                    *cells(one, "name", "type"),
                    listed(at(one, "records"))
                    or ": ".join(filter(None, (word(_DNS, at(one, "status")), as_text(at(one, "detail"))))),
                )
                for one in questions
            ),
        )
    private = [
        as_text(at(one, "address"))
        for family in ("ipv4", "ipv6")
        for one in as_list(at(evidence, family))
        if at(one, "public") is False
    ]
    if private:
        yield Sheet(title=f"Not public: {short(', '.join(private))}", columns=(), rows=())
    caa = at(evidence, "caa")
    where = as_text(at(caa, "at"))
    if as_list(at(caa, "records")):
        yield make_sheet(
            f"Who may issue certificates (CAA{f' at {where}' if where else ''})",
            ("Tag", "Value", "Flags"),
            (cells(one, "tag", "value", "flags") for one in as_list(at(caa, "records"))),
        )
    elif isinstance(caa, dict):
        reason = as_text(at(caa, "reason"))
        known = "None" if at(caa, "present") == "no" else "Unknown"
        yield Sheet(
            title=short(f"Who may issue certificates (CAA): {': '.join(filter(None, (known, reason)))}"),
            columns=(),
            rows=(),
        )
    yield from _https_records(at(evidence, "https"))


def _https_records(https: object) -> Iterator[Sheet]:
    """The HTTPS records (RFC 9460), or why there are none; nothing where the evidence is older than they."""
    records = as_list(at(https, "records"))
    if records:
        yield make_sheet(
            "How to connect (HTTPS records)",
            ("Priority", "Target", "Protocols", "Port", "Address hints", "ECH configurations", "ECH public names"),
            (
                (
                    *cells(one, "priority", "target"),
                    ", ".join(filter(None, (listed(at(one, "alpn")), _NO_DEFAULT[at(one, "no_default_alpn") is True]))),
                    as_text(at(one, "port")),
                    ", ".join(filter(None, (listed(at(one, key)) for key in ("ipv4_hints", "ipv6_hints")))),
                    as_text(at(one, "ech_configs")),
                    listed(at(one, "ech_public_names")),
                )
                for one in records
            ),
        )
    elif at(https, "present") == "no" or at(https, "reason"):
        known = "None" if at(https, "present") == "no" else "Unknown"
        said = ": ".join(filter(None, (known, as_text(at(https, "reason")))))
        yield Sheet(title=short(f"How to connect (HTTPS records): {said}"), columns=(), rows=())
    unreadable = listed(at(https, "unreadable"))
    if unreadable:
        yield Sheet(title=short(f"HTTPS records that could not be read: {unreadable}"), columns=(), rows=())


def _staples(evidence: object) -> Iterator[Sheet]:
    if isinstance(at(evidence, "staples"), list):
        yield make_sheet(
            "",
            ("Version", "Stapled", "Seen", "Status", "Next update", "Signature", "Reason"),
            (
                (
                    *cells(one, "protocol", "stapled"),
                    f"{as_text(at(one, 'seen'))} of {as_text(at(one, 'tries'))}",
                    as_text(at(one, "staple", "cert_status")),
                    day(at(one, "staple", "next_update")),
                    as_text(at(one, "staple", "signature_reason")),
                    as_text(at(one, "reason")),
                )
                for one in as_list(at(evidence, "staples"))
            ),
        )


_SHEETS: Mapping[str, Callable[[object], Iterable[Sheet]]] = {
    "http_exchanges": exchange_sheets,
    "cookies": cookie_sheets,
    "server_identity": _odd_requests,
    "redirects": _redirects,
    "http_headers": header_sheets,
    "leakage": _leaks,
    "content": content_sheets,
    "dns_records": _dns,
    "ocsp_stapling": _staples,
    "tls_suites": suite_sheets,
    "tls_groups": group_sheets,
    "tls_features": feature_sheets,
    "tls_flaws": flaw_sheets,
    "operation": operation_sheets,
    "operation_trials": trial_sheets,
    "http3": http3_sheets,
    "ports": port_sheets,
}
