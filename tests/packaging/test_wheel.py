"""The wheel: our three packages with their data, and nothing else."""

import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("leadline-*.whl")
    return zipfile.ZipFile(built)


def test_only_our_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"scanner", "probes", "reports"}


def test_data_files_are_in(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "scanner", "probes", "reports"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()

    assert set(tracked) <= set(wheel.namelist())


def test_metadata(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    text = wheel.read(name).decode()

    assert re.search(r"^Name: leadline$", text, re.MULTILINE)
    assert re.search(r"^License-Expression: Apache-2.0$", text, re.MULTILINE)
    assert re.search(r"^Requires-Python: >=3.11$", text, re.MULTILINE)
    (points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "leadline = scanner.cli.main:main" in wheel.read(points).decode()
