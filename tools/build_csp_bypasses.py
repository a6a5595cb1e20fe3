"""Writes scanner/rules/data/csp-bypasses.json from an unpacked `csp_evaluator` package (npm, Apache-2.0).

`python tools/build_csp_bypasses.py FOLDER`, where FOLDER is what `npm pack csp_evaluator` and `tar x` left.
Only the lists are taken: addresses of JSONP endpoints, of AngularJS files and of Flash files on shared hosts.
"""

import json
import pathlib
import re
import sys

TARGET = pathlib.Path(__file__).parent.parent / "scanner" / "rules" / "data" / "csp-bypasses.json"
DATE = "2026-05-14"
"""Day of the newest commit of the source when the lists were taken."""


def main(folder: str) -> None:
    """Reads the three lists and the hosts that need eval, and writes one file."""
    root = pathlib.Path(folder)
    version = json.loads((root / "package.json").read_text("utf-8"))["version"]
    document = {
        "source": "https://github.com/google/csp-evaluator, allowlist_bypasses/",
        "licence": "Apache-2.0, Copyright 2016 Google Inc.",
        "version": version,
        "date": DATE,
        "needs_eval": _needs_eval((root / "allowlist_bypasses" / "jsonp.ts").read_text("utf-8")),
        **{name: _addresses((root / "allowlist_bypasses" / f"{name}.ts").read_text("utf-8")) for name in LISTS},
    }
    TARGET.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


LISTS = ("jsonp", "angular", "flash")


def _addresses(text: str) -> list[str]:
    return re.findall(r"'(//[^']+)'", text)


def _needs_eval(text: str) -> list[str]:
    found = re.search(r"NEEDS_EVAL[^=]*= \[(.*?)\]", text, re.DOTALL)
    assert found, "the source has changed"
    return re.findall(r"'([^']+)'", found[1])


if __name__ == "__main__":
    main(sys.argv[1])
