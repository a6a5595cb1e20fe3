"""Start-up: help and version load none of the heavy libraries."""

import subprocess
import sys

import pytest

HEAVY = ("cryptography", "h2", "jinja2", "OpenSSL", "dns", "rich", "msgspec", "pydantic", "asyncio")
CODE = """
import sys
from scanner.cli.main import execute
code = execute({arguments!r})
print([name for name in {heavy!r} if name in sys.modules], code)
"""


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", "--help"]])
def test_no_heavy_imports(arguments: list[str]) -> None:
    code = CODE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[] 0"
    assert done.stderr == ""
