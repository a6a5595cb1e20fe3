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
        ("sha256-" + "A" * 42, ("sha256",), "42 characters instead of 43"),
        ("sha256-AAA", ("sha256",), "3 characters"),
        ("sha256-...", (), "no base64"),
        ("sha256-" + "*" * 43, (), "no base64"),
        (f"{SHA384} sha512-x", ("sha384", "sha512"), "1 characters"),
    ],
)
def test_integrity(text: str, algorithms: tuple[str, ...], problem: str | None) -> None:
    read = parse_integrity(text)

    assert read.algorithms == algorithms
    assert read.raw == text
    assert (problem is None) is (read.problem is None)
    assert (problem or "") in (read.problem or "")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("sha256-AAA", True),  # web-platform-tests/interop issue 666: blocked by all browsers
        ("sha256-...", False),
        (f"{SHA384} sha512-x", True),  # only the strongest algorithm counts
        (f"{SHA512} sha384-x", False),
        (f"sha256-x {SHA256}", False),  # one of them may fit
        (f"{KEY} sha256-x", True),
        ("", False),
    ],
)
def test_a_digest_of_the_wrong_length_is_compared_and_fits_nothing(text: str, refused: bool) -> None:
    assert parse_integrity(text).refused is refused
