"""The JSON Lines report: one complete document with one target a line, so that a cut file loses a line and no more."""

import dataclasses
import re

from reports.escape.json_text import plain_json
from scanner.model.codec import encode
from scanner.model.finding import Finding
from scanner.model.result import ScanResult, TargetResult

_PLACE = re.compile(r"\A/targets/[0-9]+(?=/|\Z)")


class JsonLinesReport:
    """One `leadline/result/1` document a line, each over one target (jsonlines.org)."""

    format = "jsonl"
    suffix = ".jsonl"
    media_type = "application/jsonl"

    def render(self, result: ScanResult) -> bytes:
        """The lines in UTF-8, in the order of the targets; nothing where there are none."""
        return b"".join(plain_json(encode(_only(result, target))) + b"\n" for target in result.targets)


def _only(result: ScanResult, target: TargetResult) -> ScanResult:
    """The result over this target alone, the findings' JSON Pointers set to its place there."""
    alone = dataclasses.replace(target, findings=tuple(_repointed(finding) for finding in target.findings))
    return dataclasses.replace(result, targets=(alone,))


def _repointed(finding: Finding) -> Finding:
    return dataclasses.replace(
        finding, evidence=tuple(_PLACE.sub("/targets/0", one, count=1) for one in finding.evidence)
    )
