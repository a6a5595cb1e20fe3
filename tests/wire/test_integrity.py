"""The integrity attribute, as browsers read it."""

import pytest

from scanner.wire.integrity import parse_integrity

SHA256 = "sha256-" + "A" * 43 + "="
SHA384 = "sha384-" + "a" * 64
SHA512 = "sha512-" + "/" * 86 + "=="
KEY = "ed25519-" + "_" * 43 + "="


@pytest.mark.parametrize(
    ("text", "algorithms", "problem"),
    [
        (SHA384, ("sha384",), None),
        (f" {SHA256}\n{SHA512}\t{SHA256} ", ("sha256", "sha512"), None),
        (KEY, ("ed25519",), None),
        (f"{SHA256}?ct=text/javascript", ("sha256",), None),
        ("", (), "empty"),
        ("bogus", (), "no algorithm"),
        ("SHA256-" + "A" * 43, (), "no algorithm"),
        ("md5-" + "A" * 22, (), "no algorithm"),
        ("sha256-" + "A" * 42, (), "42 characters instead of 43"),
        ("sha256-" + "*" * 43, (), "no base64"),
        (f"{SHA384} sha512-x", ("sha384",), "1 characters"),
    ],
)
def test_integrity(text: str, algorithms: tuple[str, ...], problem: str | None) -> None:
    read = parse_integrity(text)

    assert read.algorithms == algorithms
    assert read.raw == text
    assert (problem is None) is (read.problem is None)
    assert (problem or "") in (read.problem or "")
