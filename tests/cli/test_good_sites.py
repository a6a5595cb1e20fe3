"""Good neighbours under the whole product, odd requests included: nothing of medium or above, all ended, exit 0.

What each kind of site is told is asserted in `test_good_sites_http` and `test_good_sites_tls`, which leave the odd
requests out because they are paced.
"""

import pathlib
from collections.abc import Iterator

import pytest

from tests.cli.test_good_sites_http import CHALLENGES, HOST, SITES, scan
from tests.support.sites import Handler, Loopback

EVERYTHING = "tls,certificates,ocsp_stapling,http,identity,dns"
KINDS = ("page", "no headers at all", "affinity cookies", "JSON 404", "login wall 401", "bare product name")


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_well_kept_site(kind: str, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    handler, report = SITES[kind]

    found = scan(loopback, tmp_path, handler, topics=EVERYTHING)

    found.assert_unblamed()
    assert found.of_the_site() == report
    assert [one["outcome"] for one in found.target["observations"] if one["topic"] == "server_identity"] == ["ok"]


@pytest.mark.parametrize("handler", CHALLENGES.values(), ids=CHALLENGES.keys())
def test_no_odd_request_goes_to_a_challenge(handler: Handler, loopback: Loopback, tmp_path: pathlib.Path) -> None:
    found = scan(loopback, tmp_path, handler, topics=EVERYTHING)

    assert (found.code, found.target["target"]["host"], found.of_the_site()) == (0, HOST, {})
    assert found.status("FPR001") == "not-assessed"
