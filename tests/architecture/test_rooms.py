"""The house: contracts that import-linter cannot say, and pages that must not go stale."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
MODULES = sorted(path for room in ("scanner", "probes", "reports") for path in (ROOT / room).rglob("*.py"))
MAX_LINES = 420


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_opens_with_the_rule_of_its_room_and_stays_small(path: pathlib.Path) -> None:
    text = path.read_text("utf-8")

    assert ast.get_docstring(ast.parse(text)), "a module opens with what belongs here"
    assert len(text.splitlines()) <= MAX_LINES


def test_rule_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "tools/write_rule_pages.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_open_ends_are_left_in_the_code() -> None:
    words = ("TO" + "DO", "FIX" + "ME")

    left = [f"{path}: {word}" for path in MODULES for word in words if word in path.read_text("utf-8")]

    assert left == []
