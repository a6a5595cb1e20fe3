"""The console page of `leadline csp`: directive by directive in plain words, findings, and a stricter policy.

Everything that came from outside passes the terminal's escaper.
"""

import textwrap
from collections.abc import Iterator, Sequence

from reports.escape.terminal import for_terminal
from scanner.model.csp import CspPolicy, Disposition
from scanner.rules.csp_evaluation import CspFinding
from scanner.rules.csp_evaluation.explain import absent, explain
from scanner.rules.csp_evaluation.proposal import NONCE, Proposal, by_nonce, tightened

LONGEST = 4_000
"""Characters of one policy that are shown."""

MOST = 200
"""Lines of one part that are shown."""


def csp_page(text: str, policies: Sequence[CspPolicy], findings: Sequence[CspFinding], *, width: int) -> str:
    """The page of one answer's policies, ready for a terminal of this many columns."""
    lines: list[str] = []
    for place, policy in enumerate(policies):
        which = f" {place + 1} of {len(policies)}" if len(policies) > 1 else ""
        state = "reports only" if policy.disposition is Disposition.REPORT else "enforced"
        lines += [f"Policy{which}, {state}", "", *_one(policy, width), ""]
    if not policies:
        lines += ["No policy: nothing is restricted", "", *_wrapped(text, 2, width, limit=LONGEST), ""]
    lines += [f"Findings: {len(findings)}", "", *_capped(_findings(findings, width)), ""]
    for place, policy in enumerate(policies):
        which = f" for policy {place + 1}" if len(policies) > 1 else ""
        lines += _proposals(policy, which, width)
    return "\n".join(lines).rstrip("\n") + "\n"


def _one(policy: CspPolicy, width: int) -> Iterator[str]:
    yield from _capped(_directives(policy, width))
    yield ""
    for group in absent(policy):
        names = ", ".join(group.names)
        said = f"{group.stand_in} stands in for: {names}" if group.stand_in else f"Not restricted: {names}"
        yield from _wrapped(said, 2, width)


def _directives(policy: CspPolicy, width: int) -> Iterator[str]:
    for one in explain(policy):
        yield from _wrapped(f"{one.name}: {one.about}", 2, width)
        for line in one.lines:
            yield from _wrapped(line, 6, width)


def _findings(findings: Sequence[CspFinding], width: int) -> Iterator[str]:
    for one in findings:
        yield from _wrapped(
            f"{one.severity.value:<12}  {one.message} ({one.check}, {one.set.value})", 2, width, hang=14
        )


def _proposals(policy: CspPolicy, which: str, width: int) -> Iterator[str]:
    tighter = tightened(policy)
    if tighter.changes:
        yield from _proposal(f"A stricter policy{which}", tighter, width)
    else:
        yield f"Nothing to tighten{which}"
        yield ""
    single = by_nonce(policy)
    if single is not None:
        yield from _proposal(f"Stricter still{which}: scripts trusted one by one", single, width)
    if single is not None or (tighter.changes and NONCE in tighter.text):
        note = (
            f"RANDOM in {NONCE} stands for 22 or more base64 characters from a random generator, new for each answer."
        )
        yield from _wrapped(note, 2, width)
        yield ""


def _proposal(title: str, proposal: Proposal, width: int) -> Iterator[str]:
    yield title
    yield ""
    yield from _wrapped(proposal.text, 2, width, limit=LONGEST)
    yield ""
    yield from _capped(line for change in proposal.changes for line in _wrapped(f"- {change}", 2, width, hang=2))
    yield ""


def _capped(lines: Iterator[str]) -> Iterator[str]:
    for count, line in enumerate(lines):
        if count == MOST:
            yield "  … and more; --format json has all"
            return
        yield line


def _wrapped(text: str, indent: int, width: int, *, hang: int = 0, limit: int = 600) -> list[str]:
    return textwrap.wrap(
        for_terminal(text, limit=limit),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang + (0 if hang else 2)),
        break_on_hyphens=False,
        drop_whitespace=True,
    )
