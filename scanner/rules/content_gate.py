"""The gate of rules about content: whether there is a page, or an answer, that the rule can fairly judge.

A pass on a page of which only a part was read is no pass.
"""

import functools
from collections.abc import Callable

from scanner.model.evidence.content import Content
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.document_gate import BLOCKED, NO_HTML, OFF_HOST
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict

Check = Callable[[Case[Content]], Verdict]

_NO_DOCUMENT = {TargetKind.REDIRECT: NotApplicable(OFF_HOST), TargetKind.API: NotApplicable(NO_HTML)}
_PARTLY = Unknown("only a part of the page was read, and nothing was found in it")


def on_content(check: Check) -> Check:
    """A rule that asks about the parsed page of the named host."""

    @functools.wraps(check)
    def gated(case: Case[Content]) -> Verdict:
        seen = case.evidence
        if seen.block is not None:
            return BLOCKED
        if case.kind in _NO_DOCUMENT:
            return _NO_DOCUMENT[case.kind]
        if case.kind is not TargetKind.PAGE:
            return NotAssessed("the answer is not known to be the site's document")
        if seen.url is None:
            return Unknown(f"the page could not be read: {seen.no_page or 'for no known reason'}")
        verdict = check(case)
        return _PARTLY if isinstance(verdict, Pass) and not seen.complete else verdict

    return gated


def on_answers(check: Check) -> Check:
    """A rule that asks about any answer of the named host: pages, scripts, error pages, header fields.

    What it looks for shows in the first part of an answer, so that a pass on that is one.
    """

    @functools.wraps(check)
    def gated(case: Case[Content]) -> Verdict:
        if case.evidence.block is not None:
            return BLOCKED
        if case.evidence.answers == 0:
            return NotApplicable("there is no answer of the named host to read")
        return check(case)

    return gated


def on_whole_answers(check: Check) -> Check:
    """A rule that asks about whatever stands anywhere in those answers."""

    @functools.wraps(check)
    def gated(case: Case[Content]) -> Verdict:
        verdict = check(case)
        if isinstance(verdict, Pass) and case.evidence.cut:
            return Unknown(f"of {case.evidence.cut} answers only a part was read, and nothing was found in it")
        return verdict

    return on_answers(gated)
