"""Facts of content security policies: each as it takes effect, directive by directive."""

from collections.abc import Iterator, Mapping

from reports.facts.reading import as_list, as_text, at, texts
from reports.facts.sheet import Sheet, make_sheet
from scanner.model.csp import FALLBACKS

_DELIVERIES = {"header": "from the header", "meta": "from a meta element"}
_DISPOSITIONS = {"enforce": "enforced", "report": "only reported"}
_WITHOUT_FALLBACK = ("base-uri", "form-action", "frame-ancestors")
"""Directives that default-src does not stand in for, and that documents need (CSP3 section 6)."""

_HEADER_ONLY = {"frame-ancestors", "sandbox", "report-uri"}
"""Directives without effect in a meta element (CSP3 section 3.3)."""

_NOT_SET = "not set, so without limit"
_SOURCE_LISTS = {"default-src", *FALLBACKS, *_WITHOUT_FALLBACK}
"""Directives of which an empty list allows nothing."""

_WHY_PASSED_OVER = {
    "repeated": "stands there again; the first counts",
    "dropped": "browsers skip it: it is not ASCII",
    "unheeded": "without effect in a meta element",
}


def policy_sheets(policies: object) -> Iterator[Sheet]:
    """A table a policy, the enforced ones first as sent. Where there are several, a browser asks all of them."""
    listed = as_list(policies)
    if sum(at(one, "disposition") == "enforce" for one in listed) > 1:
        yield Sheet(title="Several policies are enforced: each must allow what loads", columns=(), rows=())
    for number, policy in enumerate(listed, 1):
        of = f" {number} of {len(listed)}" if len(listed) > 1 else ""
        how = (
            _DELIVERIES.get(as_text(at(policy, "delivery")), ""),
            _DISPOSITIONS.get(as_text(at(policy, "disposition")), ""),
        )
        yield make_sheet(
            f"Content security policy{of}: {', '.join(filter(None, how))}",
            ("Directive", "Allows", "Stands in for"),
            (*_rows(policy), *_passed_over(policy)),
        )


def _rows(policy: object) -> Iterator[tuple[str, str, str]]:
    """What is written, with what it governs besides; then what nothing limits."""
    written = {
        as_text(at(one, "name")): texts(at(one, "sources"))
        for one in reversed(as_list(at(policy, "directives")))  # the first of a name counts
    }
    order = [as_text(at(one, "name")) for one in as_list(at(policy, "directives"))]
    governors = _governors(written)
    for name in dict.fromkeys(order):
        yield name, _allows(name, written[name]), ", ".join(sorted(one for one, by in governors.items() if by == name))
    unlimited = sorted(one for one, by in governors.items() if not by)
    meta = at(policy, "delivery") == "meta"
    unlimited += [one for one in _WITHOUT_FALLBACK if one not in written and not (meta and one in _HEADER_ONLY)]
    if unlimited:
        yield _NOT_SET, ", ".join(unlimited), ""


def _governors(written: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The directive that answers for each fetch directive that is not written; empty where nothing limits it."""
    return {
        name: next((one for one in chain if one in written), "")
        for name, chain in FALLBACKS.items()
        if name not in written
    }


def _allows(name: str, sources: tuple[str, ...]) -> str:
    return " ".join(sources) or ("nothing" if name in _SOURCE_LISTS else "")


def _passed_over(policy: object) -> Iterator[tuple[str, str, str]]:
    for key, why in _WHY_PASSED_OVER.items():
        for name in dict.fromkeys(texts(at(policy, key))):
            yield name, why, ""
