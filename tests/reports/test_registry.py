"""The registry of reports: names, suffixes, packages of others, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from reports import registry
from scanner.errors import UserFault
from tests.support.results import sample

PLUGIN = """
class Knots:
    format = "knots"
    suffix = ".knots"
    media_type = "text/plain"

    def render(self, result):
        return f"{len(result.targets)} knots".encode()
"""


@pytest.mark.parametrize("name", ["console", "json", "jsonl", "html"])
def test_every_built_in_renders_and_is_found_by_its_suffix(name: str) -> None:
    found = registry.renderer(name)
    assert found.format == name
    assert found.media_type
    assert type(registry.renderer_for_suffix(found.suffix)) is type(found)
    assert found.render(sample())


def test_suffixes_are_compared_without_case() -> None:
    assert registry.renderer_for_suffix(".HTML").format == "html"
    assert registry.renderer_for_suffix(".txt").format == "console"


def test_unknown_names_say_what_is_known() -> None:
    with pytest.raises(UserFault, match="unknown format 'docx'; known are console, json, jsonl, html"):
        registry.renderer("docx")
    with pytest.raises(UserFault, match=r"'.docx'; known endings are .txt, .json, .jsonl, .html"):
        registry.renderer_for_suffix(".docx")


def _in_fresh_interpreter(code: str, path: Path | None = None) -> str:
    prefix = f"import sys; sys.path.insert(0, {str(path)!r}); " if path else "import sys; "
    ran = subprocess.run([sys.executable, "-c", prefix + code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_importing_it_imports_no_engine_of_any_format() -> None:
    code = "import reports.registry; print({'jinja2', 'rich', 'msgspec', 'importlib.metadata'} & set(sys.modules))"
    assert _in_fresh_interpreter(code) == "set()"


def _plugin(home: Path, name: str) -> None:
    (home / "knots.py").write_text(PLUGIN)
    info = home / "knots-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: knots\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[leadline.reports]\n{name} = knots:Knots\n")


def test_another_package_brings_a_format(tmp_path: Path) -> None:
    _plugin(tmp_path, "knots")
    code = (
        "from reports import registry; from types import SimpleNamespace as N; "
        "print(registry.formats()[-1], registry.renderer('knots').render(N(targets=(1, 2))).decode(), "
        "registry.renderer_for_suffix('.knots').format)"
    )
    assert _in_fresh_interpreter(code, tmp_path) == "knots 2 knots knots"


def test_another_package_takes_no_format_of_ours(tmp_path: Path) -> None:
    _plugin(tmp_path, "html")
    code = (
        "from reports import registry\n"
        "from scanner.errors import UserFault\n"
        "try: registry.formats()\n"
        "except UserFault as fault: print(fault)"
    ).replace("from reports", "\nfrom reports", 1)
    assert "takes the format 'html'" in _in_fresh_interpreter(code, tmp_path)
