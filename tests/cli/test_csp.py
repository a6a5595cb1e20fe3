"""`leadline csp`: what comes out for one policy and for many, and what is said of bad input."""

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from scanner.cli.main import execute
from scanner.rules.csp_evaluation import CspSet
from scanner.rules.csp_evaluation.evaluate import CHECKS

RUN = [sys.executable, "-c", "from scanner.cli.main import main; main()", "csp"]
MANUAL = pathlib.Path(__file__).parent.parent.parent / "docs" / "how-to" / "csp.md"
KEYS = ["check", "set", "directive", "value", "severity", "message"]


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*RUN, *arguments], input=given, capture_output=True, check=False, timeout=30)


def documents(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def found(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["check"], one["set"]) for one in document["findings"]}


def test_one_policy_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["csp", "script-src *", "--format", "json"]) == 0

    document = json.loads(capfd.readouterr().out)
    assert document["policy"] == "script-src *"
    assert [list(one) for one in document["findings"]] == [KEYS] * len(document["findings"])
    first = document["findings"][0]
    assert (first["check"], first["set"], first["directive"], first["value"], first["severity"]) == (
        "PLAIN_WILDCARD", "plain", "script-src", "*", "high",
    )  # fmt: skip


def test_one_line_of_json_for_each_line_in_order() -> None:
    texts = ["script-src *", "", "default-src\n'none'", "img-src b\u00fccher.example", "a" * 5_000]
    given = "".join(json.dumps(text) + "\n" for text in texts)

    done = documents(run("-", "--format", "jsonl", given=given.encode()))

    assert [one["policy"] for one in done] == texts
    assert ("PLAIN_WILDCARD", "plain") in found(done[0])
    assert {one[0] for one in found(done[1])} == {"MISSING_DIRECTIVES", "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS"}
    assert ("NON_ASCII_DIRECTIVE", "leadline") in found(done[3])


def test_raw_lines_and_header_lines() -> None:
    given = b"Content-Security-Policy: default-src 'none'\r\ncontent-security-policy-report-only: img-src *\nimg-src *"

    enforced, reporting, bare = documents(run("-", "--format", "jsonl", given=given))

    assert enforced["policy"] == "Content-Security-Policy: default-src 'none'"
    assert not any(one[0] == "UNKNOWN_DIRECTIVE" for one in found(enforced))
    assert found(reporting) - found(bare) == {("REPORT_ONLY", "leadline")}


def test_a_json_string_is_taken_as_it_is() -> None:
    (one,) = documents(run("-", "--format", "jsonl", given=b'"Content-Security-Policy: default-src x"\n'))

    assert ("HEADER_NAME_IN_POLICY", "leadline") in found(one)


def test_many_policies_in_one_document() -> None:
    done = run("-", "--format", "json", given=b"script-src *\nimg-src *\n")

    document = json.loads(done.stdout)
    assert [one["policy"] for one in document["policies"]] == ["script-src *", "img-src *"]
    assert json.loads(run("-", "--format", "json").stdout) == {"policies": []}


def test_endless_input_is_answered_line_by_line() -> None:
    process = subprocess.Popen(
        [*RUN, "-", "--format", "jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        for text in ("script-src *", "img-src *"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["policy"] == text
        process.stdin.close()
        assert (process.stdout.read(), process.stderr.read(), process.wait(10)) == (b"", b"", 0)


@pytest.mark.parametrize(
    ("arguments", "given", "line"),
    [
        ((), b"", "name a policy, or - to read one a line from standard input; see `leadline csp --help`"),
        (("-",), b'"default-src\n', "standard input, line 1: begins like a JSON string but is none"),
        (("-",), b"a\n" + b"x" * 600_000, "standard input, line 2: longer than 524288 bytes"),
        (("-",), b"x" * 70_000, "standard input, line 1: longer than 65536 characters"),
        (("," + "img-src *," * 65,), b"", "the policy: more than 64 policies"),
        (("a", "--format", "xml"), b"", None),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], given: bytes, line: str | None) -> None:
    done = run(*arguments, given=given)

    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    if line is not None:
        assert done.stderr.decode() == f"leadline: {line}\n"


def test_bytes_that_are_no_text_and_control_characters() -> None:
    given = b'img-src \xff\xfe\n"img-src \\ud800"\nimg-src \x1b[31m\x00\n'

    for form in ("jsonl", "json", "console"):
        done = run("-", "--format", form, given=given)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\x1b" not in done.stdout
        assert b"\x00" not in done.stdout


def test_the_page_explains_finds_and_proposes() -> None:
    done = run("Content-Security-Policy: default-src 'self' https: 'unsafe-inline'; img-src *")

    page = done.stdout.decode()
    assert done.returncode == 0
    assert "Policy, enforced" in page
    assert "default-src: everything that no other directive names\n      'self': the page's own origin" in page
    assert "Not restricted: base-uri, form-action, frame-ancestors" in page
    assert "high          https: in default-src lets in what anybody serves (PLAIN_URL_SCHEMES, plain)" in page
    assert "A stricter policy\n" in page
    assert "script-src 'nonce-RANDOM' 'strict-dynamic'" in page
    assert max(map(len, page.splitlines())) <= 100


def test_an_empty_text_and_several_policies_on_the_page() -> None:
    assert b"No policy: nothing is restricted" in run(" ").stdout
    page = run("default-src 'none', script-src 'self'").stdout
    assert b"Policy 2 of 2, enforced" in page
    assert b"A stricter policy for policy 2" in page


def test_a_huge_policy_makes_a_short_page() -> None:
    done = run("-", given=b"script-src " + b" ".join(b"h%d.example" % number for number in range(4_000)))

    assert done.returncode == 0
    assert len(done.stdout) < 100_000


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys; from scanner.cli.main import execute; execute(['csp', 'img-src *']);"
        "print([name for name in ('rich', 'msgspec', 'asyncio', 'h2', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_manual_names_every_check_of_ours() -> None:
    text = MANUAL.read_text("utf-8")

    for check, (severity, _) in CHECKS[CspSet.LEADLINE].items():
        assert f"| `{check}` | {severity.value} |" in text
    shown = text.split("```console\n$ leadline csp ", 1)[1].split("\n```", 1)[0]
    policy, page = shown.split("\n", 1)
    assert run(policy.strip('"')).stdout.decode().rstrip() == page
