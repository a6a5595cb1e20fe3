"""`leadline csp` in words: what each source lets in, what stands in for what, and the stricter policies it proposes."""

import pytest

from scanner.rules.csp_evaluation import evaluate
from scanner.rules.csp_evaluation.explain import absent, explain
from scanner.rules.csp_evaluation.proposal import by_nonce, tightened
from tests.rules.test_csp_evaluation import GOOD_NONCE, PLEROMA, checks, parsed


class TestProposals:
    POLICIES = (
        "default-src *",
        "default-src 'self' https: 'unsafe-inline' 'unsafe-eval'",
        "script-src data:",
        "script-src 'unsafe-inline'",
        "script-src 'none'",
        "default-src 'none'",
        "default-src 'self'; img-src http://a.example",
        f"script-src {GOOD_NONCE} 'strict-dynamic' https: 'unsafe-inline'",
        "script-src-elem https:; script-src 'self'",
        "frame-ancestors *; form-action https:; base-uri *",
        PLEROMA,
    )

    @pytest.mark.parametrize("text", POLICIES)
    def test_no_proposal_allows_more(self, text: str) -> None:
        """What may be loaded is judged by the evaluator; a nonce is the one thing that may come in."""
        (policy,) = parsed(text)
        before = checks(evaluate((policy,)))
        for proposal in filter(None, (tightened(policy), by_nonce(policy))):
            after = evaluate(parsed(proposal.text))
            heavy = {one.check for one in after if one.severity in {"high", "medium", "syntax", "medium_maybe"}}
            assert heavy - before <= {"NONCE_LENGTH", "NONCE_STATIC", "SCRIPT_ALLOWLIST_BYPASS"}
            assert not heavy & {"PLAIN_WILDCARD", "PLAIN_URL_SCHEMES", "SCRIPT_UNSAFE_INLINE", "SCRIPT_UNSAFE_EVAL"}

    @pytest.mark.parametrize("text", POLICIES)
    def test_a_proposal_has_nothing_left_to_propose(self, text: str) -> None:
        (policy,) = parsed(text)
        (again,) = parsed(tightened(policy).text)

        assert tightened(again).changes == ()

    def test_self_is_not_added_where_it_was_not_allowed(self) -> None:
        (policy,) = parsed("script-src data:")

        assert "script-src 'none'" in tightened(policy).text

    def test_a_policy_that_blocks_scripts_gets_no_nonce(self) -> None:
        assert by_nonce(parsed("default-src 'none'")[0]) is None
        assert by_nonce(parsed("default-src 'self'")[0]) is None

    def test_hosts_give_way_to_a_nonce(self) -> None:
        proposal = by_nonce(parsed("default-src 'self'; script-src 'self' cdn.example.org")[0])

        assert proposal is not None
        assert "script-src 'nonce-RANDOM' 'strict-dynamic'" in proposal.text
        assert "cdn.example.org" not in proposal.text

    def test_a_nonce_is_never_handed_on(self) -> None:
        """It is for one answer; who takes a proposal over must not fix it."""
        (policy,) = parsed(f"script-src {GOOD_NONCE} 'strict-dynamic'; style-src {GOOD_NONCE}")

        text = tightened(policy).text
        assert GOOD_NONCE not in text
        assert "script-src 'nonce-RANDOM' 'strict-dynamic'; style-src 'nonce-RANDOM'" in text

    def test_what_pages_need_besides_hosts_stays(self) -> None:
        proposal = by_nonce(parsed("script-src 'self' cdn.example.org 'wasm-unsafe-eval' 'report-sample'")[0])

        assert proposal is not None
        assert "script-src 'nonce-RANDOM' 'strict-dynamic' 'wasm-unsafe-eval' 'report-sample'" in proposal.text

    def test_eval_goes_from_the_default_too_where_scripts_have_their_own_list(self) -> None:
        (policy,) = parsed("default-src 'self' 'unsafe-eval'; script-src 'self'")

        assert "default-src 'self'; script-src 'self'" in tightened(policy).text

    def test_misspelt_directives_are_taken_as_meant(self) -> None:
        (policy,) = parsed("defualt-src 'self'; repot-uri /r; scrpt-src 'self'; script-src 'none'; telepathy-src *")
        proposal = tightened(policy)

        assert proposal.text.startswith("default-src 'self'; report-uri /r; script-src 'none'; ")
        assert "scrpt-src is left out: it has no effect" in proposal.changes
        assert "telepathy" not in proposal.text

    def test_mistakes_are_not_handed_on(self) -> None:
        (policy,) = parsed("default-src self https://ex*.org; img-src none; font-src none self")

        text = tightened(policy).text
        assert text.startswith("default-src 'self'; img-src 'none'; font-src 'self'; ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("script-src 'nonce-abcdefgh' 'strict-dynamic' https:", "https: ignored, because 'strict-dynamic' stands"),
        ("img-src self", "self: a host of this name; the keyword is 'self', in quotes"),
        ("img-src a.example font-src", "font-src: a host of this name; for the directive a semicolon is missing"),
        ("img-src https://ex*.org", "https://ex*.org: nothing that browsers know"),
        ("img-src https://a.example/x/", "https://a.example/x/: what lies under this path; after a redirect, any path"),
        ("img-src a.example/x", "a.example/x: exactly this path"),
        ("img-src https://a.example/", "https://a.example/: this host"),
    ],
)
def test_a_source_in_plain_words(text: str, line: str) -> None:
    (one,) = explain(parsed(text)[0])

    assert any(found.startswith(line) for found in one.lines), one.lines


def test_explanations_name_what_stands_in() -> None:
    (policy,) = parsed("default-src 'self'; child-src 'none'; script-src 'none' a.example")

    groups = {one.stand_in: one.names for one in absent(policy)}
    assert "worker-src" in groups["child-src"]
    assert "object-src" in groups["default-src"]
    assert "base-uri" in groups[None]
    lines = {one.name: one.lines for one in explain(policy)}
    assert lines["child-src"] == ("nothing",)
    assert "'none': ignored, because other sources stand beside it" in lines["script-src"]
