"""The numbers of the HTTP Observatory's scale, algorithm 6 (release 1.6.3). Tables and nothing else.

Keys, points and pass sets are facts of the scale, put together from measured answers of mdn-http-observatory
(github.com/mdn/mdn-http-observatory); no text or code of it is here.
"""

import dataclasses
from collections.abc import Mapping

ALGORITHM = 6
BASE = 100
BONUS_FROM = 90
"""The score before bonuses from which on bonuses count: one fault of 20 points loses them all."""

LETTERS: tuple[tuple[int, str], ...] = (
    (100, "A+"),
    (90, "A"),
    (85, "A-"),
    (80, "B+"),
    (70, "B"),
    (65, "B-"),
    (60, "C+"),
    (50, "C"),
    (45, "C-"),
    (40, "D+"),
    (30, "D"),
    (25, "D-"),
    (0, "F"),
)
"""The least score of each letter."""

SIX_MONTHS = 15_552_000
"""Seconds that the scale calls six months: 180 days."""

GRADED_ERRORS = frozenset({401, 403})
"""Statuses from 400 on that are graded as the site: a login wall is one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Points:
    """What one result is worth, and whether it counts as passed."""

    modifier: int
    passed: bool


def _passes(**results: int) -> dict[str, Points]:
    return {name.replace("_", "-"): Points(modifier, passed=True) for name, modifier in results.items()}


def _fails(**results: int) -> dict[str, Points]:
    return {name.replace("_", "-"): Points(modifier, passed=False) for name, modifier in results.items()}


TESTS: Mapping[str, Mapping[str, Points]] = {
    "content-security-policy": {
        **_passes(
            csp_implemented_with_no_unsafe_default_src_none=10,
            csp_implemented_with_no_unsafe=5,
            csp_implemented_with_unsafe_inline_in_style_src_only=0,
            csp_implemented_with_insecure_scheme_in_passive_content_only=-10,
            csp_implemented_but_duplicate_directives=0,
        ),
        **_fails(
            csp_implemented_with_unsafe_eval=-10,
            csp_implemented_with_unsafe_inline=-20,
            csp_implemented_with_insecure_scheme=-20,
            csp_header_invalid=-25,
            csp_not_implemented=-25,
            csp_not_implemented_but_reporting_enabled=-25,
        ),
    },
    "cookies": {
        **_passes(
            cookies_secure_with_httponly_sessions_and_samesite=5,
            cookies_secure_with_httponly_sessions=0,
            cookies_not_found=0,
        ),
        **_fails(
            cookies_without_secure_flag_but_protected_by_hsts=-5,
            cookies_session_without_secure_flag_but_protected_by_hsts=-10,
            cookies_without_secure_flag=-20,
            cookies_samesite_flag_invalid=-20,
            cookies_anticsrf_without_samesite_flag=-20,
            cookies_session_without_httponly_flag=-30,
            cookies_session_without_secure_flag=-40,
        ),
    },
    "cross-origin-embedder-policy": {
        **_passes(
            coep_not_implemented=0,
            coep_implemented_with_require_corp=10,
            coep_implemented_with_credentialless=10,
            coep_implemented_with_unsafe_none=0,
        ),
        **_fails(coep_header_invalid=-5),
    },
    "cross-origin-opener-policy": {
        **_passes(
            coop_not_implemented=0,
            coop_implemented_with_same_origin=10,
            coop_implemented_with_same_origin_allow_popups=10,
            coop_implemented_with_noopener_allow_popups=10,
            coop_implemented_with_unsafe_none=0,
        ),
        **_fails(coop_header_invalid=-5),
    },
    "cross-origin-resource-policy": {
        **_passes(
            corp_not_implemented=0,
            corp_implemented_with_same_origin=10,
            corp_implemented_with_same_site=10,
            corp_implemented_with_cross_origin=0,
        ),
        **_fails(corp_header_invalid=-5),
    },
    "cross-origin-resource-sharing": {
        **_passes(
            cross_origin_resource_sharing_not_implemented=0,
            cross_origin_resource_sharing_implemented_with_public_access=0,
            cross_origin_resource_sharing_implemented_with_restricted_access=0,
        ),
        **_fails(cross_origin_resource_sharing_implemented_with_universal_access=-50),
    },
    "redirection": {
        **_passes(
            redirection_all_redirects_preloaded=0,
            redirection_to_https=0,
            redirection_not_needed_no_http=0,
        ),
        **_fails(
            redirection_off_host_from_http=-5,
            redirection_not_to_https_on_initial_redirection=-10,
            redirection_not_to_https=-20,
            redirection_missing=-20,
            redirection_invalid_cert=-20,
        ),
    },
    "referrer-policy": {
        **_passes(referrer_policy_private=5, referrer_policy_not_implemented=0),
        **_fails(referrer_policy_unsafe=-5, referrer_policy_header_invalid=-5),
    },
    "strict-transport-security": {
        **_passes(hsts_preloaded=5, hsts_implemented_max_age_at_least_six_months=0),
        **_fails(
            hsts_implemented_max_age_less_than_six_months=-10,
            hsts_not_implemented=-20,
            hsts_header_invalid=-20,
            hsts_not_implemented_no_https=-20,
            hsts_invalid_cert=-20,
        ),
    },
    "subresource-integrity": {
        **_passes(
            sri_implemented_and_all_scripts_loaded_securely=5,
            sri_implemented_and_external_scripts_loaded_securely=5,
            sri_not_implemented_response_not_html=0,
            sri_not_implemented_but_no_scripts_loaded=0,
            sri_not_implemented_but_all_scripts_loaded_from_secure_origin=0,
        ),
        **_fails(
            sri_not_implemented_but_external_scripts_loaded_securely=-5,
            sri_implemented_but_external_scripts_not_loaded_securely=-20,
            sri_not_implemented_and_external_scripts_not_loaded_securely=-50,
        ),
    },
    "x-content-type-options": {
        **_passes(x_content_type_options_nosniff=0),
        **_fails(x_content_type_options_header_invalid=-5, x_content_type_options_not_implemented=-5),
    },
    "x-frame-options": {
        **_passes(
            x_frame_options_implemented_via_csp=5,
            x_frame_options_sameorigin_or_deny=5,
            x_frame_options_allow_from_origin=0,
        ),
        **_fails(x_frame_options_not_implemented=-20, x_frame_options_header_invalid=-20),
    },
}
"""What every result of every test is worth."""


def letter(score: int) -> str:
    """The letter of a score."""
    return next(name for least, name in LETTERS if score >= least)


def total(modifiers: list[int]) -> int:
    """The score that these modifiers make: bonuses count where the faults alone leave `BONUS_FROM`."""
    uncurved = BASE + sum(one for one in modifiers if one < 0)
    return max(0, uncurved if uncurved < BONUS_FROM else BASE + sum(modifiers))
