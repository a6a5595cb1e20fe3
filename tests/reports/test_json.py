"""JSON and JSON Lines: the document itself, whole or one target a line."""

import json

from reports.json_lines import JsonLinesReport
from reports.json_report import JsonReport
from reports.pointer import MISSING, resolve
from scanner.model.codec import decode, encode
from tests.support.results import evidence_types, sample

HOSTS = ("a.example.org", "b.example.org", "c.example.org")


def test_json_is_the_document() -> None:
    raw = JsonReport().render(sample())
    assert raw == encode(sample()) + b"\n"
    document = json.loads(raw)
    assert document["schema"] == "leadline/result/1"
    assert list(document) == ["schema", "tool", "policy", "inputs", "rules", "run", "targets"]
    assert document["run"]["started"] == "2026-11-21T05:00:00Z"


def test_each_line_is_a_document_of_its_own_with_pointers_that_lead_somewhere() -> None:
    lines = JsonLinesReport().render(sample(HOSTS)).splitlines()
    assert [json.loads(line)["targets"][0]["target"]["host"] for line in lines] == list(HOSTS)
    for line in lines:
        result = decode(line, evidence_types())
        (target,) = result.targets
        pointers = [pointer for finding in target.findings for pointer in finding.evidence]
        assert pointers
        assert all(resolve(json.loads(line), pointer) is not MISSING for pointer in pointers)


def test_a_line_is_the_document_of_a_scan_of_that_target_alone() -> None:
    first = JsonLinesReport().render(sample(HOSTS)).splitlines()[0]
    assert first == encode(sample(HOSTS[:1]))


def test_no_targets_no_lines() -> None:
    assert JsonLinesReport().render(sample(())) == b""
