"""The policy `default` keeps the report of a well-kept site short: what is mere advice is left to other policies."""

import pytest

from scanner.model.policy import Policy
from scanner.model.rule import Severity
from scanner.policies.loader import load
from tests.rules.test_http_good_sites import HSTS, HTML, severities, verdicts
from tests.support.exchanges import exchange, missing, seen, to_https

NOSNIFF = "X-Content-Type-Options: nosniff"
FIVE = (
    HTML,
    HSTS,
    NOSNIFF,
    "X-Frame-Options: SAMEORIGIN",
    "Referrer-Policy: strict-origin-when-cross-origin",
    (
        "Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src"
        " 'self' data: https:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
    ),
    "Server: nginx",
)
GITHUB = (
    "Content-Security-Policy: default-src 'none'; base-uri 'self'; child-src assets.example.org/worker/; connect-src"
    " 'self' api.example.org wss://alive.example.org; font-src assets.example.org; form-action 'self';"
    " frame-ancestors 'none'; img-src 'self' data: assets.example.org; script-src assets.example.org; style-src"
    " 'unsafe-inline' assets.example.org; upgrade-insecure-requests; worker-src assets.example.org/worker/"
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load("default")


def found(policy: Policy, *lines: str) -> dict[str, Severity]:
    """What the policy has to say of a site whose every answer has these lines."""
    all_of_them = severities(verdicts(seen(exchange(*lines), missing(*lines), to_https())))
    return {key: policy.severity_of(key, one) for key, one in all_of_them.items() if policy.selects(key)}


def test_the_usual_five_headers(policy: Policy) -> None:
    assert found(policy, *FIVE) == dict.fromkeys(("CSP014", "HDR016", "INF002"), Severity.INFO)


def test_nothing_but_https_and_hsts(policy: Policy) -> None:
    low = dict.fromkeys(("CSP001", "HDR009", "HDR012"), Severity.LOW)

    assert found(policy, HTML, HSTS) == low | dict.fromkeys(("HDR014", "HDR016"), Severity.INFO)


def test_a_long_and_careful_policy_needs_no_advice(policy: Policy) -> None:
    assert not [key for key in found(policy, *FIVE[:-2], GITHUB) if key.startswith("CSP")]


def test_framing_is_told_once(policy: Policy) -> None:
    anybody = "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *"

    for one in (policy, load("owasp-headers")):
        framing = {key for key in found(one, HTML, HSTS, anybody) if key in {"HDR009", "CSP013"}}
        assert framing == {"HDR009"}
