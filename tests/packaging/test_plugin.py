"""Probes of other packages: a tiny one is installed as any package is, and runs in a real scan."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "leadline-fathom"
version = "1.2.3"

[project.entry-points."leadline.probes"]
fathom = "{entry}"

[tool.hatch.build.targets.wheel]
packages = ["leadline_fathom"]
"""

PROBE = '''
"""A third-party probe: how deep is it?"""

import dataclasses

from probes.base import Group, ProbeInfo, Scope


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Evidence: fathoms."""

    fathoms: int


class FathomProbe:
    """Sees the same depth everywhere."""

    info = ProbeInfo(
        id="fathom",
        topic="fathom",
        group=Group.HTTP,
        title="Depth",
        sends="nothing",
        scope=Scope.TARGET,
        max_connections=0,
        produces=Depth,
        since="1.0",
    )

    async def collect(self, session, known):
        """The depth."""
        return session.observe(Depth(fathoms=20))
'''


def install(folder: pathlib.Path, entry: str = "leadline_fathom:FathomProbe") -> dict[str, str]:
    """Installs the package into a folder of its own; the environment in which Python finds it."""
    source, place = folder / "source", folder / "site"
    (source / "leadline_fathom").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PYPROJECT.format(entry=entry), "utf-8")
    (source / "leadline_fathom" / "__init__.py").write_text(PROBE, "utf-8")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--target", place, source],
        check=True, capture_output=True,
    )  # fmt: skip
    return {**os.environ, "PYTHONPATH": str(place)}


def leadline(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    script = pathlib.Path(sys.executable).parent / "leadline"
    return subprocess.run(
        [script, *arguments], capture_output=True, text=True, env=environment, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return install(tmp_path_factory.mktemp("plugin"))


def test_an_installed_probe_runs_and_is_named(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    report = tmp_path / "report.json"

    done = leadline(environment, "scan", "https://127.0.0.1:1/", "--only", "fathom", "-q", "-o", str(report))

    assert done.stderr == ""
    document = json.loads(report.read_text("utf-8"))
    seen = [one for one in document["targets"][0]["observations"] if one["topic"] == "fathom"]
    assert [(one["outcome"], one["evidence"]) for one in seen] == [("ok", {"fathoms": 20})]
    assert {"kind": "plug-in", "name": "fathom", "source": "leadline-fathom 1.2.3"}.items() <= document["inputs"][
        -1
    ].items()
    assert "fathom" in leadline(environment, "probes").stdout


def test_its_result_loads_where_it_is_not_installed(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    report, again = tmp_path / "report.json", tmp_path / "again.json"
    leadline(environment, "scan", "https://127.0.0.1:1/", "--only", "fathom", "-q", "-o", str(report))

    done = leadline(dict(os.environ), "report", str(report), "-o", str(again))

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(again.read_text("utf-8")) == json.loads(report.read_text("utf-8"))


def test_a_broken_plugin_is_one_clear_line(tmp_path: pathlib.Path) -> None:
    done = leadline(install(tmp_path, "leadline_fathom:NoSuchProbe"), "probes")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "leadline-fathom" in done.stderr
