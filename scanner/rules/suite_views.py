"""Views of `tls_suites` evidence that its rules share: which suites are of a kind, and what is in doubt.

No rule lives here, and no page. The one law that they all keep: a suite that was seen is a fault whatever else is
unknown, and a suite that was not seen is absent only where every listing that could show it ended properly.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.rules.case import Case
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail

CLASSIC = PROTOCOLS[:-1]
"""The versions before TLS 1.3: only they have suites of the old kinds."""

MAX_NAMES = 4
"""Suites that a message names for each version; the pointers lead to all of them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A suite that a version accepts, and its place in the evidence."""

    version: str
    suite: Suite
    at: str

    @property
    def traits(self) -> SuiteTraits:
        """What its name says."""
        return traits(self.suite.name)


def support(case: Case[TlsSuites], version: str) -> ProtocolSupport:
    """What is known of a version; unknown where the evidence does not mention it."""
    absent = ProtocolSupport(supported=Answer.UNKNOWN)
    return case.evidence.protocols.get(version, absent)


def spoken(case: Case[TlsSuites], versions: Iterable[str] = PROTOCOLS) -> tuple[str, ...]:
    """Those of these versions that the server speaks."""
    return tuple(version for version in versions if support(case, version).supported is Answer.YES)


def suites_of(case: Case[TlsSuites], versions: Iterable[str]) -> tuple[Found, ...]:
    """Every suite that these versions accept, in the order of the evidence."""
    return tuple(
        Found(version=version, suite=suite, at=f"/protocols/{version}/suites/{place}")
        for version in spoken(case, versions)
        for place, suite in enumerate(support(case, version).suites)
    )


def doubts(case: Case[TlsSuites], versions: Iterable[str]) -> str:
    """What is not known of these versions, in words: whether one is spoken, or all of its suites. Empty: nothing."""
    texts = []
    for version in versions:
        known = support(case, version)
        because = f" ({known.reason})" if known.reason else ""
        if known.supported is Answer.UNKNOWN:
            texts.append(f"{version}: whether it is spoken could not be told{because}")
        elif known.supported is Answer.YES and known.complete is not Answer.YES:
            texts.append(f"{version}: the list of suites is incomplete{because}")
    return "; ".join(texts)


def named(found: Sequence[Found]) -> str:
    """The suites, compactly; versions with the same list share it: `A, B (TLSv1.0, TLSv1.1); C (TLSv1.2)`."""
    lists: dict[str, list[str]] = {}
    for one in found:
        lists.setdefault(one.version, []).append(one.suite.name)
    versions: dict[tuple[str, ...], list[str]] = {}
    for version, names in lists.items():
        versions.setdefault(tuple(names), []).append(version)
    return "; ".join(f"{_shortened(names)} ({', '.join(shared)})" for names, shared in versions.items())


def _shortened(names: Sequence[str]) -> str:
    rest = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def judge_suites(
    case: Case[TlsSuites],
    is_weak: Callable[[SuiteTraits], bool],
    message: str,
    *,
    versions: Sequence[str] = CLASSIC,
) -> Verdict:
    """One fault that lists all the suites of these versions that are weak; `message` may use `{suites}`.

    Unknown where a listing that could show one is missing or incomplete; not applicable where none of the versions is
    spoken.
    """
    found = [one for one in suites_of(case, versions) if is_weak(one.traits)]
    if found:
        return fail(message, tuple(one.at for one in found), suites=named(found))
    return unless_seen(case, versions)


def unless_seen(case: Case[TlsSuites], versions: Sequence[str]) -> Verdict:
    """The verdict where nothing was found in these versions: pass, unless something is in doubt or none is spoken."""
    if not case.evidence.listed and spoken(case, versions):
        return NotAssessed("the quick profile asks for versions, and lists no suites")
    doubt = doubts(case, versions)
    if doubt:
        return Unknown(doubt)
    if not spoken(case, versions):
        return NotApplicable(_none_spoken(case, versions))
    return Pass()


def _none_spoken(case: Case[TlsSuites], versions: Sequence[str]) -> str:
    others = spoken(case)
    if not others:
        return f"none of {', '.join(versions)} is spoken"
    return f"only {', '.join(others)} {'is' if len(others) == 1 else 'are'} spoken"
