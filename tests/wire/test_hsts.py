import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HstsPolicy
from scanner.wire.hsts import LONGEST_AGE, parse_hsts


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("max-age=31536000", HstsPolicy(max_age=31_536_000)),
        ('max-age="31536000"', HstsPolicy(max_age=31_536_000)),
        ("max-age = 1", HstsPolicy(max_age=1)),
        (' max-age\t=\t"1" ; includeSubDomains', HstsPolicy(max_age=1, include_subdomains=True)),
        ("INCLUDESUBDOMAINS;MAX-AGE=5", HstsPolicy(max_age=5, include_subdomains=True)),
        ("max-age=1;;; preload;", HstsPolicy(max_age=1, preload=True)),
        # RFC 6797 section 6.1, requirement 5: what a browser does not know voids nothing; preload is not in the RFC.
        ("max-age=1; preload=1", HstsPolicy(max_age=1)),
        ("max-age=1; preload; preload", HstsPolicy(max_age=1, preload=True)),
        ("max-age=1; other; other=2", HstsPolicy(max_age=1)),
        (";max-age=1", HstsPolicy(max_age=1)),
        ("max-age=0", HstsPolicy(max_age=0)),
        ("max-age=1; future=thing; other", HstsPolicy(max_age=1)),
        ('max-age=1; note="a;b=c"', HstsPolicy(max_age=1)),
        ('max-age="\\3"', HstsPolicy(max_age=3)),
        ("max-age=" + "9" * 4000, HstsPolicy(max_age=LONGEST_AGE)),
    ],
)
def test_valid(value: str, policy: HstsPolicy) -> None:
    assert parse_hsts(value) == policy


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "missing"),
        ("includeSubDomains", "missing"),
        ("max-age=abc", "number"),
        ("max-age=-1", "number"),
        ("max-age=1.5", "number"),
        ('max-age=""', "number"),
        ("max-age", "number"),
        ("max-age=\u0661", "semicolon"),
        ("max-age=1; max-age=2", "twice"),
        ("max-age=1; includeSubDomains; includesubdomains", "twice"),
        ("max-age=1, max-age=2", "semicolon"),
        ("max-age=1 includeSubDomains", "semicolon"),
        ('max-age="1', "semicolon"),
        ("max-age=1; includeSubDomains=true", "no value"),
        ("=1", "token"),
        ("max-age=1;" + " " * 5000, "longer"),
    ],
)
def test_invalid(value: str, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        parse_hsts(value)


@given(st.text(alphabet='max-ge=01;" \\\tincludeSDo,é', max_size=60) | st.text(max_size=60))
def test_a_policy_or_malformed(value: str) -> None:
    with contextlib.suppress(Malformed):
        assert 0 <= parse_hsts(value).max_age <= LONGEST_AGE


@given(st.integers(0, 10**9), st.sampled_from(["", " ", "\t "]), st.booleans(), st.booleans())
def test_white_space_quotes_and_order_do_not_matter(age: int, space: str, quoted: bool, first: bool) -> None:
    value = f'"{age}"' if quoted else str(age)
    parts = [f"{space}max-age{space}={space}{value}{space}", "includeSubDomains"]

    read = parse_hsts(";".join(parts if first else reversed(parts)))

    assert read == HstsPolicy(max_age=age, include_subdomains=True)
