"""The JSON contract: every key that a consumer may build on, in a real document of a real scan.

Two targets: the embedded weak endpoint, and a port that refuses. Names are fixed for the life of `leadline/result/1`;
a key may be added, none of these may go, change its type or its meaning.
"""

import asyncio
import copy
import json
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from reports.json_lines import JsonLinesReport
from reports.json_report import JsonReport
from reports.pointer import MISSING, resolve
from scanner.demo.endpoint import DemoEndpoint
from scanner.demo.pages import HOST
from scanner.engine.api import scan
from scanner.model.options import Override, ScanOptions
from scanner.model.result import ScanResult
from scanner.policies.loader import load
from scanner.rules.registry import all_rules
from scanner.version import __version__
from scanner.wire.target_url import parse_target
from tools.write_schema import HOME

PROTOCOLS = ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
SEVERITIES = {"info", "low", "medium", "high", "critical"}
CONFIDENCES = {"certain", "firm", "tentative"}
STATUSES = {"complete", "partial", "unreachable", "blocked"}
OUTCOMES = {
    *("ok", "unresolved", "unreachable", "refused", "timeout", "closed", "reset", "tls-alert", "protocol-error"),
    *("over-budget", "forbidden", "blocked", "not-applicable", "not-assessed", "cancelled", "internal-error"),
}
STAGES = {
    *("resolve", "connect", "client-hello", "server-hello", "certificate", "handshake"),
    *("request", "response-head", "response-body", "parse"),
}
ANSWERS = {"yes", "no", "unknown"}
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z")
SHA256 = re.compile(r"[0-9a-f]{64}")
WEB_ADDRESS = re.compile(r"https://[^\s/]+/\S*")

Shape = dict[str, Any]
"""A key's name, and what its value must be: a type, a tuple of types, a closed set, a pattern, or an object's shape."""

REFERENCE: Shape = {"title": str, "url": WEB_ADDRESS, "section": (str, type(None))}
DOCUMENT: Shape = {
    "schema": {"leadline/result/1"},
    "tool": {"name": {"leadline"}, "version": {__version__}, "rules": str},
    "policy": {"id": {"default"}, "version": str, "sha256": SHA256},
    "inputs": [{"kind": str, "name": str, "source": str, "sha256": (str, type(None)), "date": (str, type(None))}],
    "rules": [
        {
            "id": re.compile(r"[A-Z]{3}\d{3}"),
            "name": re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"),
            "title": str,
            "severity": SEVERITIES,
            "topic": str,
            "help_uri": WEB_ADDRESS,
            "references": [REFERENCE],
            "summary": str,
            "rationale": str,
        }
    ],
    "run": {
        "id": str,
        "started": MOMENT,
        "finished": MOMENT,
        "status": {"complete", "partial", "interrupted"},
        "now": MOMENT,
    },
    "targets": [
        {
            "target": {"url": str, "host": str, "port": int, "scheme": {"https", "http"}},
            "status": STATUSES,
            "reason": (str, type(None)),
            "endpoints": [{"address": str, "port": int, "family": {"ipv4", "ipv6"}, "status": STATUSES}],
            "judged": [str],
            "notes": [str],
            "observations": [
                {
                    "probe": str,
                    "version": int,
                    "topic": str,
                    "endpoint": (str, type(None)),
                    "outcome": OUTCOMES,
                    "stage": (*STAGES, None),
                    "detail": (str, type(None)),
                    "started": MOMENT,
                    "elapsed_ms": (int, float),
                    "cost": {"connections": int, "bytes_out": int, "bytes_in": int},
                    "evidence": (dict, type(None)),
                }
            ],
            "derived": {"server": {"front": (dict, type(None)), "backend": (dict, type(None)), "candidates": [dict]}},
            "outcomes": [
                {
                    "rule": str,
                    "status": {"pass", "fail", "unknown", "not-applicable", "not-assessed"},
                    "endpoint": (str, type(None)),
                    "reason": (str, type(None)),
                }
            ],
            "findings": [
                {
                    "rule": str,
                    "name": str,
                    "title": str,
                    "severity": SEVERITIES,
                    "confidence": CONFIDENCES,
                    "topic": str,
                    "message": str,
                    "endpoints": [str],
                    "evidence": [str],
                    "fingerprint": re.compile(r"[0-9a-f]{16,64}"),
                    "remediation": {"text": str, "snippets": [{"server": str, "config": str}]},
                    "references": [REFERENCE],
                    "waiver": (dict, type(None)),
                }
            ],
            "grades": dict,
            "guides": list,
            "cost": {"connections": int, "bytes_out": int, "bytes_in": int, "seconds": (int, float)},
        }
    ],
}


def check(value: Any, shape: Any, place: str) -> None:
    """Fails with the place where `value` has not the shape."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), place
        assert shape.keys() <= value.keys(), (place, shape.keys() - value.keys())
        for key, one in shape.items():
            check(value[key], one, f"{place}/{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), place
        for number, one in enumerate(value):
            check(one, shape[0], f"{place}/{number}")
    elif isinstance(shape, re.Pattern):
        assert isinstance(value, str), (place, value)
        assert shape.fullmatch(value), (place, value)
    elif isinstance(shape, set) or (isinstance(shape, tuple) and not all(isinstance(one, type) for one in shape)):
        assert value in shape, (place, value)
    else:
        assert isinstance(value, shape), (place, value)
        assert not (shape is int and isinstance(value, bool)), place


@pytest.fixture(scope="module")
def result() -> Iterator[ScanResult]:
    """A scan of the embedded weak endpoint and of a port that refuses, without the paced odd requests."""
    with DemoEndpoint() as endpoint, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # never listens: connections to it are refused
        overrides = (
            Override(host=HOST, port=443, address=endpoint.address, to_port=endpoint.https_port),
            Override(host=HOST, port=80, address=endpoint.address, to_port=endpoint.http_port),
        )
        targets = [parse_target(HOST), parse_target(f"https://127.0.0.1:{bound.getsockname()[1]}/")]
        yield asyncio.run(
            scan(
                targets,
                options=ScanOptions(overrides=overrides, skip=frozenset({"server_identity"})),
                policy=load("default"),
            )
        )


@pytest.fixture(scope="module")
def document(result: ScanResult) -> Any:
    return json.loads(JsonReport().render(result))


@pytest.fixture(scope="module")
def evidence(document: Any) -> Callable[[str], Any]:
    """The evidence of a topic at the first target."""
    found = {one["topic"]: one["evidence"] for one in document["targets"][0]["observations"]}
    return lambda topic: found[topic]


def test_every_key_is_there_with_its_type_and_its_closed_set(document: Any) -> None:
    check(document, DOCUMENT, "")
    for list_that_must_not_be_empty in ("inputs", "rules", "targets"):
        assert document[list_that_must_not_be_empty]
    weak, refused = document["targets"]
    assert weak["findings"]
    assert (weak["status"], refused["status"]) == ("complete", "unreachable")
    assert refused["findings"] == []
    assert document["run"]["status"] == "partial"


def test_a_document_that_breaks_the_shape_is_caught(document: Any) -> None:
    broken = copy.deepcopy(document)
    del broken["targets"][0]["findings"][0]["message"]
    with pytest.raises(AssertionError):
        check(broken, DOCUMENT, "")
    with pytest.raises(AssertionError):
        check({**document, "schema": "leadline/result/2"}, DOCUMENT, "")


def test_every_protocol_appears_whether_offered_or_not(document: Any, evidence: Callable[[str], Any]) -> None:
    unreachable = next(one for one in document["targets"][1]["observations"] if one["topic"] == "tls_suites")
    for protocols in (evidence("tls_suites")["protocols"], unreachable["evidence"]["protocols"]):
        assert list(protocols) == PROTOCOLS
        for name, support in protocols.items():
            check(support, {"supported": ANSWERS, "reason": (str, type(None))}, name)
            check(support, {"preference": {"server", "client", "server-chacha", "unknown"}}, name)
            digits = 6 if name == "SSLv2" else 4
            suite = {"code": re.compile(rf"[0-9A-F]{{{digits}}}"), "name": re.compile(r"(TLS|SSL_CK)_[A-Z0-9_]+")}
            check(support["suites"], [suite], name)
    assert evidence("tls_suites")["protocols"]["TLSv1.2"]["suites"]
    assert {one["supported"] for one in unreachable["evidence"]["protocols"].values()} == {"unknown"}


def test_the_certificate_is_where_the_contract_says(evidence: Callable[[str], Any]) -> None:
    leaf: Shape = {
        **dict.fromkeys(("subject", "issuer"), str),
        "serial": re.compile(r"[0-9A-F]+"),
        **dict.fromkeys(("not_before", "not_after"), MOMENT),
        "key": {"type": str, "bits": int},
        "names": [str],
        "sha256": SHA256,
    }
    chains = evidence("certificates")["chains"]
    assert chains
    check(chains, [{"for": {"sigalg": str}, "leaf": leaf, "sent": [SHA256]}], "chains")
    assert chains[0]["leaf"]["names"] == [HOST]
    assert chains[0]["sent"][0] == chains[0]["leaf"]["sha256"]


def test_one_outcome_for_each_rule_and_endpoint(document: Any) -> None:
    default = load("default")
    selected = {rule.info.id: rule.info.topic for rule in all_rules() if default.selects(rule.info.id)}
    assert [rule["id"] for rule in document["rules"]] == sorted(selected)
    for target in document["targets"]:
        keys = {f"{one['address']}:{one['port']}" for one in target["endpoints"]}
        judged = [(one["rule"], one["endpoint"]) for one in target["outcomes"]]
        assert len(judged) == len(set(judged))
        assert {endpoint for _, endpoint in judged} <= {*keys, None}
        for rule, topic in selected.items():
            assert [one for one in judged if one[0] == rule] or topic not in target["judged"], rule


def test_findings_outcomes_and_rules_agree(document: Any) -> None:
    rules = {rule["id"]: rule for rule in document["rules"]}
    for target in document["targets"]:
        failed = {(one["rule"], one["endpoint"]) for one in target["outcomes"] if one["status"] == "fail"}
        found = {(one["rule"], place) for one in target["findings"] for place in one["endpoints"] or [None]}
        assert found == failed
        assert len({one["fingerprint"] for one in target["findings"]}) == len(target["findings"])
        for one in target["findings"]:
            assert (one["name"], one["title"]) == (rules[one["rule"]]["name"], rules[one["rule"]]["title"])
            assert one["message"] == one["template"].format(**one["arguments"])
        for one in target["outcomes"]:
            assert one["reason"] or one["status"] in {"pass", "fail"}, one


def test_every_pointer_leads_into_the_evidence_of_its_target(document: Any) -> None:
    for number, target in enumerate(document["targets"]):
        for finding in target["findings"]:
            assert finding["evidence"], finding["rule"]
            for pointer in finding["evidence"]:
                assert pointer.startswith(f"/targets/{number}/")
                assert resolve(document, pointer) is not MISSING, pointer


def test_the_cost_of_a_target_covers_its_observations(document: Any) -> None:
    for target in document["targets"]:
        for key in ("connections", "bytes_out", "bytes_in"):
            assert target["cost"][key] >= sum(one["cost"][key] for one in target["observations"]), key
        assert target["cost"]["seconds"] > 0


def test_the_trust_store_that_judged_is_named(document: Any) -> None:
    stores = {one["name"]: one for one in document["inputs"] if one["kind"] == "trust-store"}
    assert stores["mozilla"]["source"].startswith("certifi ")
    assert SHA256.fullmatch(stores["mozilla"]["sha256"])


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(HOME.read_bytes()), format_checker=FormatChecker())


def test_the_document_and_every_line_fit_the_schema(
    result: ScanResult, document: Any, validator: Draft202012Validator
) -> None:
    validator.validate(document)
    lines = JsonLinesReport().render(result).splitlines()
    assert len(lines) == 2
    for number, line in enumerate(lines):
        one = json.loads(line)
        validator.validate(one)
        check(one, DOCUMENT, "")
        assert one["targets"][0]["outcomes"] == document["targets"][number]["outcomes"]


@pytest.mark.parametrize(
    ("pointer", "wrong"),
    [
        ("/schema", "leadline/result/2"),
        ("/run/started", 5),
        ("/run/status", "done"),
        ("/targets/0/status", "fine"),
        ("/targets/0/outcomes/0/status", "maybe"),
        ("/targets/0/findings/0/severity", "bad"),
        ("/targets/0/observations/1/outcome", "great"),
        ("/targets/0/observations/1/evidence/protocols/TLSv1.2/supported", True),
    ],
)
def test_the_schema_refuses_what_is_no_result(
    pointer: str, wrong: object, document: Any, validator: Draft202012Validator
) -> None:
    broken = copy.deepcopy(document)
    parent, _, key = pointer.rpartition("/")
    holder: Any = resolve(broken, parent)
    assert key in holder
    holder[key] = wrong
    with pytest.raises(ValidationError):
        validator.validate(broken)


def test_the_schema_names_itself_and_explains_every_object() -> None:
    schema = json.loads(HOME.read_bytes())
    assert schema["$id"] == "urn:leadline:result:1"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "leadline/result/1"
    for name, one in schema["$defs"].items():
        assert len(one.get("description", "")) > 10, name
    assert schema["$defs"]["Severity"]["enum"] == ["info", "low", "medium", "high", "critical"]
    assert schema["$defs"]["RuleStatus"]["enum"] == ["pass", "fail", "unknown", "not-applicable", "not-assessed"]
