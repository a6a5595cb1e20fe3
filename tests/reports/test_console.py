"""The console report: the answer first, then what is open, then what was looked at."""

import dataclasses
import re

from reports.console import DEFAULT_WIDTH, ConsoleReport
from scanner.model.finding import Finding
from scanner.model.peer import PeerText
from scanner.model.result import RunStatus
from scanner.model.rule import RuleStatus, Severity
from tests.support.results import sample, unreachable

TEXT = ConsoleReport().render(sample()).decode()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_answer_comes_first_and_findings_heaviest_first() -> None:
    order = [
        "https://shop.example.org/  partial",
        "Act at once: 1 critical, 1 high, 2 medium and 1 low findings. 1 risk is accepted. 1 question",
        "critical 1 · high 1 · medium 2 · low 1 · info 0 · passed 2 · unknown 1 · not assessed 1",
        "CRITICAL (1)",
        "HIGH (1)",
        "MEDIUM (2)",
        "LOW (1)",
        "ACCEPTED (1)",
        "WHAT COULD NOT BE KNOWN",
        "WHAT WAS LOOKED AT",
    ]
    places = [TEXT.index(one) for one in order]
    assert places == sorted(places)


def test_a_finding_has_message_place_proof_and_remedy() -> None:
    block = TEXT[TEXT.index("TLS003") :].split("\n\n")[0]
    assert block.splitlines() == [
        "TLS003  TLS 1.0 is accepted",
        "    A handshake with TLS 1.0 was completed; 2 suites are offered with it.",
        "    at    192.0.2.10:443",
        "    seen  TLSv1.0: yes, 2 suites",
        "    fix   Offer TLS 1.2 and 1.3 only.",
    ]
    assert "/targets/" not in TEXT


def _with_findings(findings: tuple[Finding, ...], endpoints: int = 1) -> str:
    result = sample()
    target = result.targets[0]
    alone = dataclasses.replace(target, endpoints=target.endpoints[:endpoints], findings=findings)
    return ConsoleReport().render(dataclasses.replace(result, targets=(alone,))).decode()


def test_what_is_known_already_is_not_said_again() -> None:
    leak = next(one for one in sample().targets[0].findings if one.rule == "INF001")
    again = dataclasses.replace(leak, rule="INF002", fingerprint="inf002")
    text = _with_findings((leak, again))
    assert "    at " not in text, "a site with one address"
    assert "    seen  " not in text, "the message holds the header"
    assert "fix   as for INF001" in text
    remark = dataclasses.replace(leak, severity=Severity.INFO)
    assert "fix " not in _with_findings((remark,)), "a remark asks for nothing"


def test_findings_of_one_rule_share_their_title_and_advice() -> None:
    leak = next(one for one in sample().targets[0].findings if one.rule == "INF001")
    ours = [f"Server: front-{number}/1.0 tells" for number in range(12)]
    alike = tuple(
        dataclasses.replace(leak, message=PeerText(text), fingerprint=f"{number:02}")
        for number, text in enumerate(ours)
    )
    text = _with_findings(alike)
    assert text.count(leak.title) == 1
    assert f"{leak.title}  12 times" in text
    assert text.count("    fix   ") == 1
    assert [line.strip() for line in text.splitlines() if "/1.0 tells" in line] == ours[:8]
    assert "    and 4 more\n" in text


def test_a_sentence_of_ours_begins_with_a_capital_and_a_peers_word_stays() -> None:
    finding = sample().targets[0].findings[0]
    for template, message, expected in (
        ("the page is bad", "the page is bad", "The page is bad"),
        ("{what} ends", "the certificate ends", "The certificate ends"),
        ("{what} shows", "an unknown name shows", "An unknown name shows"),
        ("{host} asks", "shop.example.org asks", "shop.example.org asks"),
        ("max-age is short", "max-age is short", "max-age is short"),
    ):
        one = dataclasses.replace(finding, template=template, message=PeerText(message))
        assert f"\n    {expected}\n" in _with_findings((one,))


def test_several_targets_begin_with_an_overview() -> None:
    text = ConsoleReport(width=60).render(sample(("a.example.org", "b.example.org"))).decode()
    rows = [line.split() for line in text.splitlines()[4:8]]
    assert rows[0] == ["target", "seen", "crit", "high", "med", "low", "info", "open"]
    assert rows[2] == ["a.example.org", "partial", "1", "1", "2", "1", "0", "2"]
    assert rows[3] == ["b.example.org", "partial", "1", "1", "2", "1", "0", "2"]
    assert "target " not in TEXT


def test_what_could_not_be_known_is_grouped_by_reason() -> None:
    assert "unknown timeout at handshake: no answer in 5.0 s — CRT020 at 192.0.2.10:443" in flat(TEXT)
    assert "not assessed content was not asked for — CSP001" in flat(TEXT)


def test_a_host_that_refuses_is_a_short_story() -> None:
    text = ConsoleReport().render(unreachable()).decode()
    assert "Nothing could be judged: no endpoint answered (refused at connect)." in text
    assert "no answer refused at connect — 11 rules" in flat(text)
    assert len(text.splitlines()) < 20


def test_what_was_left_out_on_purpose_is_said() -> None:
    result = sample()
    target = dataclasses.replace(result.targets[0], notes=(PeerText("10.0.0.1 was left out: a private address"),))
    text = ConsoleReport().render(dataclasses.replace(result, targets=(target,))).decode()
    assert "10.0.0.1 was left out: a private address" in text


def test_a_probe_that_ended_badly_is_named_where_no_rule_says_so() -> None:
    result = sample()
    target = dataclasses.replace(result.targets[0], outcomes=())
    text = ConsoleReport().render(dataclasses.replace(result, targets=(target,))).decode()
    assert "ocsp_stapling timeout at handshake: no answer in 5.0 s at 192.0.2.10:443" in flat(text)


def test_a_site_of_which_nothing_was_judged_has_not_no_findings() -> None:
    result = sample()
    target = result.targets[0]
    unknown = tuple(one for one in target.outcomes if one.status is RuleStatus.UNKNOWN)
    whole = dataclasses.replace(result, targets=(dataclasses.replace(target, outcomes=unknown, findings=()),))
    assert "Nothing could be judged. 1 question stayed open." in ConsoleReport().render(whole).decode()


def test_it_says_what_was_looked_at() -> None:
    for wanted in (
        "TLSv1.1 unknown; reset at client-hello",
        "TLSv1.2 yes, 4 suites; the server's order decides",
        "certificate shop.example.org, issued by CN=R11,O=Let's Encrypt,C=US, until 2026-11-18 (expired 3 days ago)",
        "trusted by mozilla: no: certificate has expired",
        "server nginx (93% sure), Apache (88% sure) behind it",
        "cost 18 connections, 7.2 kB sent, 48.0 kB received, 3.4 s",
    ):
        assert wanted in flat(TEXT)


def test_an_incomplete_run_says_so() -> None:
    whole = dataclasses.replace(sample(), run=dataclasses.replace(sample().run, status=RunStatus.INTERRUPTED))
    assert "The scan is interrupted" in ConsoleReport().render(whole).decode()
    finished = dataclasses.replace(sample(), run=dataclasses.replace(sample().run, status=RunStatus.COMPLETE))
    assert "The scan is" not in ConsoleReport().render(finished).decode()


def test_lines_keep_to_the_width_and_end_without_blanks() -> None:
    for width in (DEFAULT_WIDTH, 60, 10):
        lines = ConsoleReport(width=width).render(sample(("a.example.org", "b.example.org"))).decode().splitlines()
        assert max(map(len, lines)) <= max(width, 40)
        assert not [line for line in lines if line != line.rstrip()]


def test_colour_is_there_only_when_asked_for_and_changes_no_word() -> None:
    assert "\x1b" not in TEXT
    coloured = ConsoleReport(colour=True).render(sample()).decode()
    assert "\x1b[1;31mHIGH" in coloured
    assert flat(re.sub(r"\x1b\[[0-9;]*m", "", coloured)) == flat(TEXT)
