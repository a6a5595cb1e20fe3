"""Configuration: defaults from leadline.toml or pyproject.toml; the command line wins; no secrets in files."""

import json
import pathlib

import pytest

from scanner.cli.main import execute

URL = "https://127.0.0.1:1/"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(folder: pathlib.Path, *arguments: str) -> list[str]:
    execute(["scan", URL, "-q", *arguments])
    document = json.loads((folder / "report.json").read_text("utf-8"))
    topics: list[str] = document["targets"][0]["judged"]
    return topics


@pytest.mark.parametrize(
    ("name", "head"), [("leadline.toml", ""), ("pyproject.toml", "[project]\nname = 'x'\n[tool.leadline]\n")]
)
def test_files_hold_defaults_and_the_command_line_wins(name: str, head: str, folder: pathlib.Path) -> None:
    (folder / name).write_text(f'{head}only = ["dns", "cookies"]\noutput = ["report.json"]\ndeadline = 5\n', "utf-8")

    assert judged(folder) == ["cookies", "dns_records"]
    assert judged(folder, "--only", "redirects") == ["redirects"]


def test_one_text_does_where_a_list_may_stand(folder: pathlib.Path) -> None:
    (folder / "leadline.toml").write_text('only = "dns,cookies"\noutput = "report.json"\n', "utf-8")

    assert judged(folder) == ["cookies", "dns_records"]


def test_guides_and_flags_may_be_set(folder: pathlib.Path) -> None:
    (folder / "leadline.toml").write_text(
        'guide = ["secure-nginx", "app-behind-proxy"]\nports = false\njarm = true\nonly = ["cookies"]\n'
        'output = ["report.json"]\ndeadline = 5\n',
        "utf-8",
    )

    execute(["scan", URL, "-q"])

    document = json.loads((folder / "report.json").read_text("utf-8"))
    assert [guide["id"] for guide in document["targets"][0]["guides"]] == ["secure-nginx", "app-behind-proxy"]


def test_our_own_file_wins_over_the_shared_one(folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.leadline]\nonly = ["dns"]\n', "utf-8")
    (folder / "leadline.toml").write_text('only = ["cookies"]\noutput = ["report.json"]\n', "utf-8")

    assert judged(folder) == ["cookies"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1\n", "unknown key 'colour'"),
        ("fail_on = 'high'\n", "unknown key 'fail_on'"),
        ("only = 3.5 5\n", "cannot be read"),
        ("only = [1]\n", "only is a text"),
        ("header = ['Authorization: Bearer abc']\n", "secrets come from the environment"),
        ("fail-on = 'severe'\n", "unknown severity 'severe'"),
        ("concurrency = 0\n", "concurrency"),
        ("concurrency = true\n", "concurrency"),
        ("ports = 7\n", "'7' is not a valid boolean"),
        ("ports = 'perhaps'\n", "'perhaps' is not a valid boolean"),
        ("guide = 'nobodys'\n", "unknown guide 'nobodys'"),
        ("guide = {}\n", "guide is a text"),
        ("policy = ['a', 'b']\n", "policy is one value, no list"),
        ("only = " + "[" * 20000, "cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(
    text: str, words: str, folder: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "leadline.toml").write_text(text, "utf-8")

    assert execute(["scan", URL]) == 2
    err = capfd.readouterr().err
    assert words in err
    assert err.count("\n") == 1
