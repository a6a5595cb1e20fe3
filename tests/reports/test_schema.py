"""The published schema: what the model says today, and what real results fit."""

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from probes.registry import evidence_types
from scanner.model.codec import decode, encode
from tests.support.results import sample, unreachable
from tests.support.synthesis import synthesize
from tools.write_schema import HOME, published


def test_the_published_schema_is_the_models() -> None:
    assert HOME.read_bytes() == published(), "the model has changed: run python tools/write_schema.py and see the diff"


def test_results_fit_the_published_schema() -> None:
    check = Draft202012Validator(json.loads(HOME.read_bytes()))
    check.validate(json.loads(encode(sample(("a.example", "b.example")))))
    check.validate(json.loads(encode(unreachable())))


@pytest.mark.parametrize("topic", sorted(evidence_types()))
def test_evidence_of_every_topic_fits_the_schema_and_comes_back(topic: str) -> None:
    result = sample()
    target = result.targets[0]
    evidence = synthesize(evidence_types()[topic], "\x1b]0;x\x07<script>")
    observation = dataclasses.replace(target.observations[0], topic=topic, evidence=evidence)
    whole = dataclasses.replace(result, targets=(dataclasses.replace(target, observations=(observation,)),))
    Draft202012Validator(json.loads(HOME.read_bytes())).validate(json.loads(encode(whole)))
    assert decode(encode(whole), evidence_types()) == whole
