"""The Public Suffix List is named in every result, with the day of the list."""

import datetime

from scanner.engine.inputs import read_outside, suffix_list
from scanner.model.options import ScanOptions


def test_the_list_is_named_by_package_version_and_day() -> None:
    named = suffix_list()
    assert (named.kind, named.name) == ("public-suffix-list", "publicsuffix.org")
    assert named.source.startswith("publicsuffixlist ")
    assert named.date is not None
    assert datetime.date.fromisoformat(named.date) > datetime.date(2025, 1, 1)
    assert named.date.replace("-", "") == named.source.rpartition(".")[2]


def test_it_is_among_the_inputs_with_and_without_a_preload_list() -> None:
    outside = read_outside(ScanOptions(), datetime.datetime.now(datetime.UTC))
    assert suffix_list() in outside.inputs()
