"""The hand-written pages: links lead somewhere, and the lists in them are those of the product."""

import pathlib
import re

import pytest

from scanner.cli.main import execute
from scanner.model.port_list import PORTS

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def test_links_between_pages_lead_somewhere() -> None:
    links = [
        (page.relative_to(ROOT), link)
        for page in PAGES
        for link in LINK.findall(page.read_text("utf-8"))
        if not link.startswith(("http:", "https:", "mailto:"))
    ]

    assert len(links) > 300
    assert [(page, link) for page, link in links if not (ROOT / page.parent / link).exists()] == []


def test_the_readme_names_every_how_to() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [one.name for one in (ROOT / "docs/how-to").glob("*.md") if f"docs/how-to/{one.name}" not in readme] == []


def test_the_readme_names_every_verb(capfd: pytest.CaptureFixture[str]) -> None:
    execute(["--help"])
    verbs = re.findall(r"^  ([a-z]+)  ", capfd.readouterr().out.split("Commands:")[1], re.MULTILINE)
    rows = re.findall(r"^\| (`[^|]*) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    named = {words.split()[0] for row in rows for words in re.findall(r"`([^`]+)`", row)}

    assert "csp" in verbs
    assert set(verbs) <= named


def test_the_ports_are_listed() -> None:
    page = " ".join((ROOT / "docs/how-to/operation.md").read_text("utf-8").split())

    assert f"The list: {', '.join(f'{number} {use}' for number, use, _ in PORTS)}." in page
