"""The policy `owasp-headers`: a site that sends the project's headers is left alone, a bare one is told each."""

import pytest

from scanner.model.policy import Policy
from scanner.model.rule import Severity
from scanner.policies.loader import load
from scanner.rules.case import EXAMPLE_POLICY
from tests.rules.test_http_good_sites import HTML, severities, verdicts
from tests.support.exchanges import exchange, seen

LISTED = (
    "Cache-Control: no-store, max-age=0",
    'Clear-Site-Data: "cache","cookies","storage"',
    (
        "Content-Security-Policy: default-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none';"
        " frame-ancestors 'none'; upgrade-insecure-requests"
    ),
    "Cross-Origin-Embedder-Policy: require-corp",
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin",
    "Permissions-Policy: accelerometer=(), camera=(), interest-cohort=(), sync-xhr=(self), unload=()",
    "Referrer-Policy: no-referrer",
    "Strict-Transport-Security: max-age=63072000; includeSubDomains",
    "X-Content-Type-Options: nosniff",
    "X-DNS-Prefetch-Control: off",
    "X-Frame-Options: deny",
    "X-Permitted-Cross-Domain-Policies: none",
)
"""The project's recommendation, with fewer features."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load("owasp-headers")


def found(policy: Policy, *lines: str) -> dict[str, Severity]:
    """The rules that fail, as heavy as the policy has them where no fault has a weight of its own."""
    failing = severities(verdicts(seen(exchange(HTML, *lines))))
    return {key: policy.severity_of(key, one) for key, one in failing.items() if policy.selects(key)}


def test_the_listed_headers_are_enough(policy: Policy) -> None:
    heavy = {key: one for key, one in found(policy, *LISTED).items() if one.rank > Severity.INFO.rank}

    assert heavy == {}


def test_each_header_that_is_missing_is_told(policy: Policy) -> None:
    bare = found(policy)

    assert {key for key, one in bare.items() if one is Severity.MEDIUM} == {"HDR001", "HDR009", "HDR012"}
    assert {"CSP001", "HDR014", "HDR016", "HDR022", "HDR029", "HDR030", "HDR047", "HDR048"} <= {
        key for key, one in bare.items() if one is Severity.LOW
    }
    assert bare["HDR044"] is Severity.INFO


def test_a_header_that_should_go_is_told(policy: Policy) -> None:
    assert found(policy, "X-Powered-By: Express")["INF003"] is Severity.LOW
    assert found(policy, "X-XSS-Protection: 1; mode=block")["HDR018"] is Severity.LOW


def test_two_years_are_the_least_here(policy: Policy) -> None:
    assert policy.threshold("hsts_min_age_seconds", 0) == 63_072_000
    assert EXAMPLE_POLICY.threshold("hsts_min_age_seconds", 0) == 0


def test_other_families_are_left_to_other_policies(policy: Policy) -> None:
    assert not any(policy.selects(rule) for rule in ("TLS001", "CKY001", "RDR001", "OPS001"))
