"""Plans: selection by topic and group, requirements, profiles."""

import pytest

from probes.base import Group
from scanner.engine.plan import check_selection, expand, make_plan
from scanner.errors import UserFault
from scanner.model.options import Profile, ScanOptions
from tests.support.probes import FakeProbe
from tests.support.sessions import target_of

PROBES = (
    FakeProbe("names", group=Group.DNS),
    FakeProbe("versions", group=Group.TLS, needs_tls=True),
    FakeProbe("fetches", group=Group.HTTP),
    FakeProbe("fields", group=Group.HTTP, requires=frozenset({"fetches"})),
    FakeProbe("front", group=Group.IDENTITY, requires=frozenset({"fetches"}), last=True, quick=False),
)
HTTPS = target_of("www.example.org", 443)


def topics(options: ScanOptions) -> tuple[list[str], set[str]]:
    plan = make_plan(HTTPS, options, PROBES)
    return [probe.info.topic for probe in plan.probes], set(plan.judged)


def test_all_probes_run_and_are_judged_by_default() -> None:
    running, judged = topics(ScanOptions())

    assert running == ["names", "versions", "fetches", "fields", "front"]
    assert judged == set(running)


def test_a_required_probe_runs_unjudged() -> None:
    assert topics(ScanOptions(only=frozenset({"fields"}))) == (["fetches", "fields"], {"fields"})


def test_a_skipped_probe_still_runs_where_another_requires_it() -> None:
    running, judged = topics(ScanOptions(skip=frozenset({"fetches"})))

    assert "fetches" in running
    assert "fetches" not in judged


def test_the_quick_profile_leaves_out_what_is_not_quick() -> None:
    assert "front" not in topics(ScanOptions(profile=Profile.QUICK))[0]


def test_what_is_named_runs_in_the_quick_profile_too() -> None:
    assert "front" in topics(ScanOptions(profile=Profile.QUICK, only=frozenset({"front"})))[0]


def test_plain_http_has_no_tls_probes() -> None:
    plan = make_plan(target_of("www.example.org", 80, "http"), ScanOptions(), PROBES)

    assert "versions" not in {probe.info.topic for probe in plan.probes}


def test_words_are_topics_or_groups() -> None:
    assert expand(["http", "names"], PROBES, "--only") == {"fetches", "fields", "names"}


def test_an_unknown_word_is_refused_with_what_is_known() -> None:
    with pytest.raises(UserFault, match=r"--only: unknown topic 'colour'; known are .*fetches"):
        expand(["colour"], PROBES, "--only")


def test_a_selection_of_nothing_is_refused() -> None:
    everything = frozenset(probe.info.topic for probe in PROBES)
    with pytest.raises(UserFault, match="leave no probe"):
        check_selection(ScanOptions(skip=everything), PROBES)
