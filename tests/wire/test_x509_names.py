"""Names as text, the same as another implementation writes them."""

import random

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from scanner.errors import Malformed
from scanner.wire.x509_names import rfc4514_name


def name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes])


@pytest.mark.parametrize(
    "one",
    [
        name(),
        name((NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Example"), (NameOID.COMMON_NAME, "CA")),
        name((NameOID.COMMON_NAME, 'a, b+c "d" <e>; f\\g=h')),
        name((NameOID.COMMON_NAME, " #x ")),
        name((NameOID.COMMON_NAME, "#x")),
        name((NameOID.COMMON_NAME, "Zürich 東京")),
        name((NameOID.DOMAIN_COMPONENT, "example"), (NameOID.USER_ID, "me"), (NameOID.LOCALITY_NAME, "here")),
        x509.Name(
            [
                x509.RelativeDistinguishedName(
                    [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.LOCALITY_NAME, "b")]
                )
            ]
        ),
    ],
)
def test_text_is_that_of_cryptography(one: x509.Name) -> None:
    assert rfc4514_name(one.public_bytes()) == one.rfc4514_string()


def test_other_types_stay_as_they_are() -> None:
    one = name((NameOID.EMAIL_ADDRESS, "a@b"))

    assert rfc4514_name(one.public_bytes()) == "1.2.840.113549.1.9.1=#1603614062"


def test_any_bytes_give_text_or_are_malformed() -> None:
    dice = random.Random(4514)
    whole = name((NameOID.ORGANIZATION_NAME, "Example"), (NameOID.COMMON_NAME, "CA")).public_bytes()
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            text = rfc4514_name(bytes(data[: dice.randrange(len(data) + 1)]))
        except Malformed:
            continue
        assert isinstance(text, str)
