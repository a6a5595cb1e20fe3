"""Writes the published JSON Schema of results from the model: run it after a change of the model, and look at the diff.

Usage: python tools/write_schema.py
"""

import json
from pathlib import Path

from probes.registry import BUILT_IN, evidence_types
from scanner.model.codec import schema

HOME = Path(__file__).parent.parent / "reports" / "schema" / "leadline-result-1.json"


def published() -> bytes:
    """The schema file's content: the document with the evidence of our own probes."""
    own = {topic: kind for topic, kind in evidence_types().items() if topic in BUILT_IN}
    return (json.dumps(schema(own), indent=2, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    HOME.write_bytes(published())
    print(f"wrote {HOME}")
