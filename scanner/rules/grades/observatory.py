"""The grade `observatory`: the HTTP Observatory's scale, algorithm 6, over our evidence.

It is one opinion among others. Results, points, score and letter are the scale's; where its reference program reads a
site as no browser would, ours is the browsers' answer, and the test says `differs`.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from scanner.model.evidence.cookies import Cookies
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.grade import ObservatoryGrade, ObservatoryMark, ObservatoryTest
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.rules.grades.observatory_cookies import cookies
from scanner.rules.grades.observatory_csp import content_security_policy
from scanner.rules.grades.observatory_headers import referrer_policy, x_content_type_options, x_frame_options
from scanner.rules.grades.observatory_isolation import (
    cross_origin_embedder_policy,
    cross_origin_opener_policy,
    cross_origin_resource_policy,
    cross_origin_resource_sharing,
)
from scanner.rules.grades.observatory_scripts import subresource_integrity
from scanner.rules.grades.observatory_table import ALGORITHM, TESTS, letter, total
from scanner.rules.grades.observatory_transport import redirection, strict_transport_security
from scanner.rules.grades.observatory_view import Finding, Site, Untold, find_site
from scanner.rules.grades.registry import grader
from scanner.rules.judge import Bench

T = TypeVar("T")

KEY = "observatory"

ASKED: Mapping[str, Callable[[Site], Finding]] = {
    "content-security-policy": content_security_policy,
    "cookies": cookies,
    "cross-origin-embedder-policy": cross_origin_embedder_policy,
    "cross-origin-opener-policy": cross_origin_opener_policy,
    "cross-origin-resource-policy": cross_origin_resource_policy,
    "cross-origin-resource-sharing": cross_origin_resource_sharing,
    "redirection": redirection,
    "referrer-policy": referrer_policy,
    "strict-transport-security": strict_transport_security,
    "subresource-integrity": subresource_integrity,
    "x-content-type-options": x_content_type_options,
    "x-frame-options": x_frame_options,
}
"""The tests of the scale, by name."""

NO_LIST = "no preload list says more, so {host} counts as not preloaded"
"""What is taken for granted where nobody gave a list, or the list is too old to deny anything."""


@grader(KEY)
def observatory(observations: Sequence[Observation[object]], bench: Bench) -> ObservatoryGrade | None:
    """The grade of a target: that of its worst endpoint. None where HTTP headers were not asked for."""
    if "http_headers" not in bench.judged:
        return None
    asked = [one for one in observations if one.topic == "http_exchanges" and one.outcome is not Outcome.NOT_APPLICABLE]
    marks = [_mark_at(one.endpoint, observations, bench) for one in asked if one.endpoint is not None]
    if not marks:
        return None
    graded = [one for one in marks if one.score is not None]
    mark = min(graded, key=lambda one: one.score or 0) if graded else marks[0]
    fields = {field.name: getattr(mark, field.name) for field in dataclasses.fields(ObservatoryMark)}
    return ObservatoryGrade(**fields, endpoints=tuple(marks) if len(marks) > 1 else ())


def _mark_at(endpoint: str, observations: Sequence[Observation[object]], bench: Bench) -> ObservatoryMark:
    here = {one.topic: one.evidence for one in observations if one.endpoint == endpoint}
    seen = _typed(here, "http_exchanges", HttpExchanges)
    if seen is None:
        outcome = next(one.outcome for one in observations if (one.topic, one.endpoint) == ("http_exchanges", endpoint))
        return ObservatoryMark(reason=PeerText(f"the site could not be asked ({outcome})"), endpoint=endpoint)
    site = find_site(
        bench.target.host,
        seen,
        headers=_typed(here, "http_headers", HttpHeaders),
        cookies=_typed(here, "cookies", Cookies),
        derived=bench.derived,
        now=bench.now,
    )
    if isinstance(site, str):
        return ObservatoryMark(reason=peer_text(site), endpoint=endpoint)
    return dataclasses.replace(mark(site), endpoint=endpoint)


def _typed(evidence: Mapping[str, object], topic: str, kind: type[T]) -> T | None:
    found = evidence.get(topic)
    return found if isinstance(found, kind) else None


def mark(site: Site) -> ObservatoryMark:
    """The mark of one site."""
    tests = {name: _test(name, ask(site)) for name, ask in ASKED.items()}
    untold = [f"{name}: {one.reason}" for name, one in tests.items() if one.result is None]
    score = None if untold else total([one.modifier for one in tests.values() if one.modifier is not None])
    reason = f"not every test could be done: {'; '.join(untold)}" if untold else None
    if site.away:
        reason = "; ".join(filter(None, (reason, "the host has no https, and its plain http leads to another site")))
    return ObservatoryMark(
        algorithm=ALGORITHM,
        score=score,
        grade=None if score is None else letter(score),
        tests=tests,
        reason=None if reason is None else peer_text(reason),
        document=site.document.url,
        assumed=tuple(map(peer_text, _assumed(site))),
    )


def _assumed(site: Site) -> Iterator[str]:
    """What nobody said and was taken for granted."""
    if site.preloaded(site.host) is Answer.UNKNOWN:
        yield NO_LIST.format(host=site.host)
    if site.page is not None and (site.page.truncated or site.page.more.get("scripts")):
        yield "only the beginning of the document was read, so the rest has no worse scripts"
    if site.cookies is not None and site.cookies.skipped:
        yield f"{site.cookies.skipped} cookies more were set, none of them worse"


def _test(name: str, found: Finding) -> ObservatoryTest:
    if isinstance(found, Untold):
        return ObservatoryTest(reason=peer_text(found.reason))
    points = TESTS[name][found.result]
    return ObservatoryTest(
        result=found.result,
        modifier=points.modifier,
        passed=points.passed,
        reason=peer_text(found.reason),
        differs=None if found.differs is None else peer_text(found.differs),
    )
