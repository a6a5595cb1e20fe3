"""The gate of rules about answers: whether there is something at this endpoint that the rule can fairly judge.

Document headers are judged on a page of the named host only, and not on a challenge, an error page or another host's
document; what belongs on every answer is judged on whatever came.
"""

import functools
from collections.abc import Callable

from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.http_headers import DocumentHeaders, HttpHeaders
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.verdict import NotApplicable, NotAssessed, Unknown, Verdict

Check = Callable[[Case[HttpHeaders]], Verdict]
CheckOfDocument = Callable[[Case[HttpHeaders], DocumentHeaders], Verdict]

OFF_HOST = "the entry redirects to another host, whose document is not judged"
NO_HTML = "the answer is no HTML document"
NO_DOCUMENT = frozenset({OFF_HOST, NO_HTML})
"""Why a rule about documents does not apply where there is none of the site's."""

BLOCKED = Unknown("a challenge, ban or rate limit stands in front of the site")
"""The verdict of whatever asks about the site's own answers where something else answered for it."""


ON_A_CHALLENGE = ", as far as its challenge page shows"
"""What a message adds where a fault was seen on a challenge only."""


def site_answered(case: Case[object]) -> bool:
    """Whether the answers at this endpoint are the site's own, and no challenge stands in front of it."""
    exchanges = case.other("http_exchanges", HttpExchanges)
    return exchanges is None or exchanges.block is None


def page_unread(case: Case[HttpHeaders]) -> Verdict | None:
    """Why nobody knows what the document's meta elements set; None where it was read, or nobody says otherwise."""
    exchanges = case.other("http_exchanges", HttpExchanges)
    reason = None if exchanges is None or exchanges.page is not None else exchanges.left_out.get("page")
    return None if reason is None else NotAssessed(f"a meta element may hold it; {reason}")


def on_page(check: CheckOfDocument) -> Check:
    """A rule that asks about HTML documents; `check` gets the final document."""

    @functools.wraps(check)
    def gated(case: Case[HttpHeaders]) -> Verdict:
        seen = case.evidence
        if seen.block is not None:
            return BLOCKED
        if case.kind is TargetKind.REDIRECT:
            return NotApplicable(OFF_HOST)
        if case.kind is TargetKind.API:
            return NotApplicable(NO_HTML)
        if seen.final is None:
            return NotAssessed(seen.no_final or "there is no final document")
        if case.kind is not TargetKind.PAGE:
            return NotAssessed(f"the answer with status {seen.final.status} is not known to be the site's document")
        return check(case, seen.final)

    return gated


def on_answer(check: CheckOfDocument) -> Check:
    """A rule that asks about the site's own answer, of whatever type; `check` gets the final one."""
    every = on_every_answer(check)

    @functools.wraps(check)
    def gated(case: Case[HttpHeaders]) -> Verdict:
        return every(case) if case.evidence.block is None else BLOCKED

    return gated


def on_every_answer(check: CheckOfDocument) -> Check:
    """A rule that asks about any answer of the named host, a challenge included; `check` gets the final one."""

    @functools.wraps(check)
    def gated(case: Case[HttpHeaders]) -> Verdict:
        if case.kind is TargetKind.REDIRECT:
            return NotApplicable(OFF_HOST)
        final = case.evidence.final
        if final is None:
            return NotAssessed(case.evidence.no_final or "there is no final answer")
        return check(case, final)

    return gated
