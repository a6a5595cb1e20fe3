"""The traits of suites: a table of names, and every suite of the registry is understood."""

import pytest

from scanner.model.suite_traits import UNKNOWN, traits
from scanner.wire.tls_registry import registry


@pytest.mark.parametrize(
    ("name", "exchange", "authentication", "cipher", "mode", "bits", "mac"),
    [
        ("TLS_AES_128_GCM_SHA256", "any", "any", "AES_128", "GCM", 128, None),
        ("TLS_CHACHA20_POLY1305_SHA256", "any", "any", "CHACHA20", "POLY1305", 256, None),
        ("TLS_AES_128_CCM_8_SHA256", "any", "any", "AES_128", "CCM_8", 128, None),
        ("TLS_SHA256_SHA256", "any", "any", "NULL", "NULL", 0, "SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE", "RSA", "AES_256", "GCM", 256, None),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE", "ECDSA", "AES_128", "CCM", 128, None),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "RSA", "RSA", "3DES", "CBC", 112, "SHA"),
        ("TLS_RSA_WITH_RC4_128_MD5", "RSA", "RSA", "RC4_128", "STREAM", 128, "MD5"),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "RSA", "RSA", "RC4_40", "STREAM", 40, "MD5"),
        ("TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA", "RSA", "RSA", "DES", "CBC", 56, "SHA"),
        ("TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA", "DHE", "DSS", "DES40", "CBC", 40, "SHA"),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", "DHE", "anonymous", "AES_128", "CBC", 128, "SHA"),
        ("TLS_ECDH_anon_WITH_NULL_SHA", "ECDHE", "anonymous", "NULL", "NULL", 0, "SHA"),
        ("TLS_RSA_PSK_WITH_AES_128_CBC_SHA256", "RSA", "RSA_PSK", "AES_128", "CBC", 128, "SHA256"),
        ("TLS_PSK_DHE_WITH_AES_128_CCM_8", "DHE", "PSK", "AES_128", "CCM_8", 128, None),
        ("TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA", "SRP", "RSA", "AES_256", "CBC", 256, "SHA"),
        ("TLS_GOSTR341112_256_WITH_28147_CNT_IMIT", "GOST", "GOST", "GOST28147", "STREAM", 256, "IMIT"),
        ("TLS_ECDHE_SM4_CBC_SM3", "ECDHE", "SM2", "SM4", "CBC", 128, "SM3"),
        ("OLD_TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "DHE", "RSA", "CHACHA20", "POLY1305", 256, None),
        ("SSL_CK_RC4_128_EXPORT40_WITH_MD5", "RSA", "RSA", "RC4_40", "STREAM", 40, "MD5"),
        ("SSL_CK_DES_192_EDE3_CBC_WITH_MD5", "RSA", "RSA", "3DES", "CBC", 112, "MD5"),
    ],
)
def test_parts(
    name: str, exchange: str, authentication: str, cipher: str, mode: str, bits: int, mac: str | None
) -> None:
    found = traits(name)
    assert (found.key_exchange, found.authentication) == (exchange, authentication)
    assert (found.cipher, found.mode, found.bits, found.mac) == (cipher, mode, bits, mac)


def test_flags() -> None:
    assert traits("TLS_RSA_EXPORT_WITH_RC4_40_MD5").export
    assert traits("TLS_RSA_EXPORT_WITH_RC4_40_MD5").rc4
    assert traits("TLS_DH_anon_WITH_DES_CBC_SHA").anonymous
    assert traits("TLS_DH_anon_WITH_DES_CBC_SHA").des
    assert traits("TLS_RSA_WITH_NULL_SHA").null
    assert traits("SSL_CK_DES_192_EDE3_CBC_WITH_MD5").triple_des
    assert not traits("TLS_RSA_WITH_3DES_EDE_CBC_SHA").des
    assert traits("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA").cbc
    assert traits("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA").forward_secret
    assert traits("TLS_RSA_WITH_AES_128_GCM_SHA256").aead
    assert not traits("TLS_RSA_WITH_AES_128_GCM_SHA256").forward_secret
    assert traits("TLS_AES_128_GCM_SHA256").forward_secret


def test_every_registered_suite_is_understood() -> None:
    known = registry()
    names = [*known.suites.values(), *known.suites_tls13.values(), *known.suites_sslv2.values()]
    assert len(names) > 400
    for name in names:
        found = traits(name)
        assert UNKNOWN not in {found.key_exchange, found.authentication, found.cipher, found.mode}, name
        assert (found.bits == 0) == found.null, name


def test_an_unlisted_name_is_unknown() -> None:
    found = traits("TLS_FUTURE_WITH_ROT13_SHA3")
    assert (found.key_exchange, found.cipher, found.bits) == (UNKNOWN, UNKNOWN, 0)
