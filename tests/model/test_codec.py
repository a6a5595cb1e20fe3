"""The codec: there and back, by topic, and one clear line for what is no result."""

import contextlib
import dataclasses
import datetime
import enum
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from scanner.errors import UserFault
from scanner.model.codec import decode, document, encode, schema, to_builtins
from scanner.model.evidence.certificates import Certificates
from scanner.model.observation import Observation
from scanner.model.result import ScanResult
from tests.support.results import THIRD_PARTY_EVIDENCE, certificates, evidence_types, sample, unreachable
from tests.support.synthesis import hostile_result


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    class_: str
    plain: int = 0


class Colour(enum.StrEnum):
    RED = "red"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """Keywords at every depth and in every container; a mapping whose keys are the peer's."""

    for_: Inner
    in_: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = dataclasses.field(default_factory=dict)
    maybe_: Inner | None = None
    either: tuple[Inner, ...] | Inner | None = None
    when: datetime.datetime | None = None
    colours: frozenset[Colour] = frozenset()


OUTER = Outer(
    for_=Inner(class_="a"),
    in_=(Inner(class_="b"), Inner(class_="c", plain=3)),
    by_name={"class_": Inner(class_="d"), "for": Inner(class_="e"), "": Inner(class_="f")},
    maybe_=Inner(class_="g"),
    either=(Inner(class_="h"),),
    when=datetime.datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    colours=frozenset({Colour.RED}),
)


def with_evidence(topic: str, evidence: object) -> ScanResult:
    result = sample()
    target = result.targets[0]
    observation = dataclasses.replace(target.observations[0], topic=topic, evidence=evidence)
    return dataclasses.replace(result, targets=(dataclasses.replace(target, observations=(observation,)),))


def evidence_of(result: ScanResult) -> Any:
    return result.targets[0].observations[0].evidence


@pytest.mark.parametrize("result", [sample(), unreachable(), sample(()), sample(("a.example", "b.example"))])
def test_there_and_back(result: ScanResult) -> None:
    raw = encode(result)
    assert decode(raw, evidence_types()) == result
    assert encode(decode(raw, evidence_types())) == raw


def test_without_any_type_the_evidence_stays_as_it_stood() -> None:
    raw = encode(sample())
    opaque = decode(raw, {})
    assert encode(opaque) == raw
    assert evidence_of(opaque)["protocols"]["TLSv1.2"]["supported"] == "yes"


def test_an_unknown_topic_keeps_its_keys() -> None:
    read = decode(encode(sample()), evidence_types())
    (foreign,) = (one for one in read.targets[0].observations if one.topic == "soundings")
    assert foreign.evidence == THIRD_PARTY_EVIDENCE


def test_keywords_lose_their_underscore_and_peers_keys_do_not() -> None:
    written = json.loads(encode(with_evidence("outer", OUTER)))["targets"][0]["observations"][0]["evidence"]
    assert written == {
        "for": {"class": "a", "plain": 0},
        "in": [{"class": "b", "plain": 0}, {"class": "c", "plain": 3}],
        "by_name": {
            "class_": {"class": "d", "plain": 0},
            "for": {"class": "e", "plain": 0},
            "": {"class": "f", "plain": 0},
        },
        "maybe": {"class": "g", "plain": 0},
        "either": [{"class": "h", "plain": 0}],
        "when": "2026-01-02T01:04:05.600000Z",
        "colours": ["red"],
    }
    assert evidence_of(decode(encode(with_evidence("outer", OUTER)), {"outer": Outer})) == OUTER


def test_a_key_with_the_underscore_is_no_field() -> None:
    raw = encode(with_evidence("outer", {"for_": {"class": "a"}}))
    with pytest.raises(UserFault, match=r"evidence of outer: .*missing required field"):
        decode(raw, {"outer": Outer})


def test_unknown_members_of_newer_versions_are_passed_over() -> None:
    raw = encode(sample()).replace(b'"tool":{', b'"novelty":[1],"tool":{"novelty":{},')
    assert decode(raw, evidence_types()) == sample()


def test_a_time_without_a_zone_is_a_bug_of_ours() -> None:
    naive = dataclasses.replace(sample().run, started=datetime.datetime(2026, 11, 21))  # noqa: DTZ001
    with pytest.raises(ValueError, match="without a zone"):
        encode(dataclasses.replace(sample(), run=naive))


def test_text_that_utf_8_cannot_carry_is_kept_readable() -> None:
    assert evidence_of(decode(encode(with_evidence("x", ["\udc80é"])), {})) == ["\\udc80é"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not a leadline result"),
        (b"\xff\xfe", "not a leadline result"),
        (b"<html>", "not a leadline result"),
        (b"{}", "the document does not say that it is leadline/result/1"),
        (b"[]", "the document does not say that it is leadline/result/1"),
        (b'{"schema":7}', "the document does not say that it is leadline/result/1"),
        (b'{"schema":"sarif"}', "the document does not say that it is leadline/result/1"),
        (
            b'{"schema":"leadline/result/2"}',
            "the result is leadline/result/2, but this leadline reads leadline/result/1",
        ),
        (b'{"schema":"leadline/result/\\u001b[2J"}', r"the result is leadline/result/\\x1b\[2J"),
        (b'{"schema":"leadline/result/1"}', "missing required field `tool`"),
        (b"[" * 100_000, "not a leadline result"),
        (b'{"schema":"leadline/result/1","tool":' + b'{"name":' * 100_000, "not a leadline result"),
    ],
)
def test_what_is_no_result_is_one_clear_line(raw: bytes, said: str) -> None:
    with pytest.raises(UserFault, match=said) as caught:
        decode(raw, {})
    assert str(caught.value).isprintable()


@given(st.binary(max_size=60), st.integers(0, 400))
def test_any_bytes_are_a_result_or_the_users_fault(noise: bytes, cut: int) -> None:
    whole = encode(sample())
    for raw in (noise, whole[:cut], whole[:cut] + noise + whole[cut:]):
        with contextlib.suppress(UserFault):
            assert isinstance(decode(raw, evidence_types()), ScanResult)


def test_evidence_of_the_wrong_shape_names_its_topic() -> None:
    raw = encode(with_evidence("certificates", {"chains": 7}))
    with pytest.raises(UserFault, match="evidence of certificates: Expected `array`, got `int`"):
        decode(raw, {"certificates": Certificates})


def test_builtins_are_the_evidence_as_the_document_has_it() -> None:
    whole: Any = document(sample())
    assert to_builtins(certificates("shop.example.org")) == whole["targets"][0]["observations"][1]["evidence"]


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "import sys; from scanner.model.codec import to_builtins; import msgspec;"
        "sys.stdout.buffer.write(msgspec.json.encode(to_builtins({'set': frozenset(map(str, range(50)))})))"
    )
    root = Path(__file__).parent.parent.parent
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1


# --- schema -----------------------------------------------------------------------------------------------------------


def validator(types: Mapping[str, type]) -> Draft202012Validator:
    made = schema(types)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def test_results_fit_the_schema() -> None:
    check = validator(evidence_types())
    for result in (sample(), unreachable(), sample(())):
        check.validate(json.loads(encode(result)))
    hostile = dataclasses.replace(hostile_result("x"), schema="leadline/result/1")
    validator({}).validate(json.loads(encode(hostile)))


def test_the_schema_ties_evidence_to_its_topic() -> None:
    check = validator({**evidence_types(), "outer": Outer})
    check.validate(json.loads(encode(with_evidence("outer", OUTER))))
    check.validate(json.loads(encode(with_evidence("outer", None))))
    check.validate(json.loads(encode(with_evidence("elsewhere", {"any": "thing"}))))
    for topic, evidence in (("outer", {"for": 1}), ("outer", {"for_": {"class": "a"}}), ("certificates", OUTER)):
        with pytest.raises(ValidationError):
            check.validate(json.loads(encode(with_evidence(topic, evidence))))


def test_the_schema_names_the_version_and_describes_its_parts() -> None:
    made: Any = schema(evidence_types())
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    root = made["$defs"]["ScanResult"]
    assert root["properties"]["schema"] == {"const": "leadline/result/1"}
    assert "schema" in root["required"]
    assert made["$defs"]["Chain"]["properties"]["for"] == {"$ref": "#/$defs/Offer"}
    assert "for" in made["$defs"]["Chain"]["required"]
    assert made["$defs"]["Observation"]["title"] == Observation.__name__
    assert made["$defs"]["Exchange"]["description"].startswith("One request and its answer.\n\n`hop` counts")
    other_version = json.loads(encode(sample())) | {"schema": "leadline/result/2"}
    with pytest.raises(ValidationError):
        validator(evidence_types()).validate(other_version)
