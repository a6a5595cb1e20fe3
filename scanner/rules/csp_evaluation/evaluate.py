"""The evaluation of all policies of one answer: each by itself, then together as browsers apply them.

A weakness counts only where every enforced policy has it; a mistake counts wherever it stands. Policies that only
report are no protection: they are evaluated, as a rehearsal, where nothing is enforced.
"""

import functools
from collections.abc import Mapping, Sequence

from scanner.model.csp import FALLBACKS, CspPolicy, Delivery, Disposition
from scanner.model.peer import PeerText
from scanner.rules.csp_evaluation.browser_policy import TABLE as OF_POLICIES
from scanner.rules.csp_evaluation.browser_policy import check_policy
from scanner.rules.csp_evaluation.browser_values import TABLE as OF_VALUES
from scanner.rules.csp_evaluation.browser_values import check_values
from scanner.rules.csp_evaluation.finding import CspFinding, CspSet, CspSeverity
from scanner.rules.csp_evaluation.notes import Notes, Table
from scanner.rules.csp_evaluation.plain import TABLE as OF_PLAIN
from scanner.rules.csp_evaluation.plain import plain
from scanner.rules.csp_evaluation.strict import TABLE as OF_STRICT
from scanner.rules.csp_evaluation.strict import strict
from scanner.rules.csp_evaluation.view import Lists, as_written, in_force, is_nonce

NO_POLICY = CspPolicy(disposition=Disposition.ENFORCE, delivery=Delivery.HEADER, directives=())
"""What an empty text says: nothing."""

LEADLINE: Table = {**OF_POLICIES, **OF_VALUES}
"""Severity and message of each check of our own."""

CHECKS: Mapping[CspSet, Table] = {CspSet.PLAIN: OF_PLAIN, CspSet.STRICT: OF_STRICT, CspSet.LEADLINE: LEADLINE}
"""Every check by its set."""

_LACKS: Mapping[str, tuple[str, ...]] = {
    "MISSING_DIRECTIVES": (),
    "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS": (),
    "BASE_URI_MISSING": (),
    "FORM_ACTION_MISSING": (),
    "FRAME_ANCESTORS_MISSING": (),
    "DEFAULT_SRC_MISSING": (),
    "OBJECT_SRC_FALLBACK": (),
    "REPORTING_DESTINATION_MISSING": ("report-to",),
    "TRUSTED_TYPES_NOT_REQUIRED": ("require-trusted-types-for",),
    "SCRIPTS_PARTLY_GOVERNED": ("script-src", "default-src"),
}
"""Checks of what is absent: another policy that has the directive, its fallback or one of these closes the gap."""

_BREADTH = {
    "PLAIN_WILDCARD": 4,
    "WILDCARD_HOST": 4,
    "PLAIN_URL_SCHEMES": 3,
    "WILDCARD_TLD": 2,
    "WILDCARD_SHARED_HOSTING": 2,
    "SCRIPT_ALLOWLIST_BYPASS": 1,
    "OBJECT_ALLOWLIST_BYPASS": 1,
    "STRICT_DYNAMIC": 1,
    "LOCAL_SCHEME": 1,
}
"""Checks of who is let in, by how wide the door is."""

_OPENINGS = frozenset(
    {
        *_BREADTH,
        "SCRIPT_UNSAFE_INLINE",
        "SCRIPT_UNSAFE_HASHES",
        "SCRIPT_UNSAFE_EVAL",
        "FORM_ACTION_OPEN",
        "FRAME_ANCESTORS_OPEN",
        "WORKER_SOURCE_OPEN",
        "STYLE_UNSAFE_INLINE",
        "OPEN_SOURCE_LIST",
        "SRC_HTTP",
        "INSECURE_SOURCE",
        "UNSAFE_INLINE_FALLBACK",
        "ALLOWLIST_FALLBACK",
    }
)
"""Checks of what a policy allows: another policy that forbids it closes the gap."""


def evaluate(policies: Sequence[CspPolicy]) -> tuple[CspFinding, ...]:
    """What is to be said of the policies of one answer, all checks; the order has no meaning.

    Without a policy, what csp_evaluator says of an empty one.
    """
    return _evaluate(tuple(policies))


@functools.lru_cache(maxsize=4)
def _evaluate(policies: tuple[CspPolicy, ...]) -> tuple[CspFinding, ...]:
    places = [place for place, one in enumerate(policies) if one.disposition is Disposition.ENFORCE]
    places = places or list(range(len(policies)))
    if not places:
        return _of_one(NO_POLICY, in_force(NO_POLICY), 0)
    if len(places) == 1:
        only = policies[places[0]]
        found = _of_one(only, in_force(only), places[0])
    else:
        found = _together({place: policies[place] for place in places})
    reporting = [place for place, one in enumerate(policies) if one.disposition is Disposition.REPORT]
    told_apart = [_report_only(place) for place in reporting if place not in places]
    return (*found, *told_apart)


def _report_only(place: int) -> CspFinding:
    severity, message = LEADLINE["REPORT_ONLY"]
    return CspFinding("REPORT_ONLY", CspSet.LEADLINE, None, None, severity, message, place)


def _of_one(policy: CspPolicy, lists: Lists, place: int) -> tuple[CspFinding, ...]:
    written = as_written(policy, lists)
    notes = Notes(CspSet.LEADLINE, LEADLINE, place)
    check_policy(policy, lists, notes)
    check_values(lists, notes)
    return (*plain(written, place), *strict(written, place), *notes.found)


# --- several policies -------------------------------------------------------------------------------------------------


def _together(policies: Mapping[int, CspPolicy]) -> tuple[CspFinding, ...]:
    """Findings of all policies that no other policy makes void."""
    lists = {place: in_force(policy) for place, policy in policies.items()}
    found = {place: _of_one(policy, lists[place], place) for place, policy in policies.items()}
    doors = {place: _doors(findings, lists[place]) for place, findings in found.items()}
    kept: dict[tuple[str, CspSet, str | None, str | None], CspFinding] = {}
    for place, findings in found.items():
        others = [other for other in policies if other != place]
        for one in findings:
            if one.check in _LACKS:
                closed = any(_has(one, lists[other]) for other in others)
            elif one.check in _OPENINGS:
                closed = any(_closes(one, lists[place], lists[other], doors[other]) for other in others)
            else:
                closed = False
            if not closed:
                kept.setdefault((one.check, one.set, one.directive, one.value), one)
    return tuple(kept.values())


def _has(one: CspFinding, other: Lists) -> bool:
    """Whether another policy has what this finding misses."""
    directive = one.directive or ""
    stand_ins = FALLBACKS.get(directive, ()) if one.check == "MISSING_DIRECTIVES" else ()
    return any(name in other for name in (directive, *stand_ins, *_LACKS[one.check]))


def _topic(directive: str | None, lists: Lists) -> str:
    """What a finding's directive is about: scripts for default-src, where that governs them."""
    if directive is None:
        return ""
    if directive == "default-src":
        return "script-src" if "script-src" not in lists else "object-src"
    return "script-src" if directive.startswith("script-src") else directive


def _doors(findings: Sequence[CspFinding], lists: Lists) -> dict[tuple[str, str], int]:
    """Per check and topic how wide it is open; the check of all hosts stands under an empty name."""
    doors: dict[tuple[str, str], int] = {}
    for one in findings:
        topic = _topic(one.directive, lists)
        if one.check in _BREADTH:
            doors["", topic] = max(doors.get(("", topic), 0), _BREADTH[one.check])
        elif one.check in _OPENINGS:
            doors[one.check, topic] = 1
    return doors


def _closes(one: CspFinding, mine: Lists, other: Lists, doors: Mapping[tuple[str, str], int]) -> bool:
    """Whether another policy forbids what this finding says is allowed."""
    topic = _topic(one.directive, mine)
    sandboxed = "sandbox" in other and not any(flag.lower() == "allow-scripts" for flag in other["sandbox"])
    if topic == "script-src" and sandboxed:
        return True
    if not _governs(other, topic):
        return False
    if one.check in _BREADTH:
        return doors.get(("", topic), 0) < _BREADTH[one.check]
    return (one.check, topic) not in doors


def _governs(lists: Lists, topic: str) -> bool:
    if topic == "script-src":
        return any(name in lists for name in ("script-src", "script-src-elem", "default-src"))
    return any(name in lists for name in (topic, *FALLBACKS.get(topic, ())))


# --- several answers --------------------------------------------------------------------------------------------------


def reused_nonces(first: Sequence[CspPolicy], second: Sequence[CspPolicy]) -> tuple[CspFinding, ...]:
    """The nonces of scripts and styles that stand in two answers to the same question (CSP3 section 7.1)."""
    again = {value for _, _, value in _nonces(second)}
    return tuple(
        CspFinding(
            "NONCE_REUSED",
            CspSet.LEADLINE,
            PeerText(name),
            PeerText(value),
            CspSeverity.MEDIUM,
            f"the nonce {value} in {name} is the same in two answers",
            place,
        )
        for place, name, value in _nonces(first)
        if value in again
    )


def _nonces(policies: Sequence[CspPolicy]) -> list[tuple[int, str, str]]:
    return [
        (place, name, value)
        for place, policy in enumerate(policies)
        for name, values in in_force(policy).items()
        for value in values
        if is_nonce(value)
    ]
