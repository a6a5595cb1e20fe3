"""What the pages of the suite rules share: references, remedies, and the literals that their examples are made of.

No rule lives here, and nothing that judges. The configurations follow the intermediate profile of Mozilla's guidelines.
"""

from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Reference
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc

VERSIONS = rfc(9325, "3.1.1", "RFC 9325 (BCP 195): SSL/TLS Protocol Versions")
SUITES = rfc(9325, "4.1", "RFC 9325 (BCP 195): Cipher Suites, General Guidelines")
GOOD_SUITES = rfc(9325, "4.2", "RFC 9325 (BCP 195): Cipher Suites for TLS 1.2")
KEY_LENGTHS = rfc(9325, "4.5", "RFC 9325 (BCP 195): Public Key Length")
OBSOLETE_EXCHANGES = Reference(
    title="Internet-Draft: Deprecating Obsolete Key Exchange Methods in (D)TLS 1.2",
    url="https://datatracker.ietf.org/doc/draft-ietf-tls-deprecate-obsolete-kex/",
)
MOZILLA = Reference(
    title="Mozilla: Server Side TLS, intermediate compatibility",
    url="https://wiki.mozilla.org/Security/Server_Side_TLS",
)

_NGINX_VERSIONS = "ssl_protocols TLSv1.2 TLSv1.3;"
_APACHE_VERSIONS = "SSLProtocol -all +TLSv1.2 +TLSv1.3"
_OPENSSL_SUITES = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)
_NGINX_SUITES = f"ssl_ciphers {_OPENSSL_SUITES};\nssl_prefer_server_ciphers off;"
_APACHE_SUITES = f"SSLCipherSuite {_OPENSSL_SUITES}\nSSLHonorCipherOrder off"

ONLY_MODERN_VERSIONS = remedy(
    "Speak TLS 1.2 and TLS 1.3 only. Look at the access log first for clients that still use the older versions.",
    nginx=_NGINX_VERSIONS,
    apache=_APACHE_VERSIONS,
)
ADD_TLS13 = remedy(
    "Turn TLS 1.3 on; OpenSSL has it since 1.1.1. Every current client speaks it.",
    nginx=_NGINX_VERSIONS,
    apache=_APACHE_VERSIONS,
)
ONLY_GOOD_SUITES = remedy(
    "In TLS 1.2 offer suites with ephemeral key exchange and authenticated encryption only; those of TLS 1.3 are all"
    " of that kind.",
    nginx=_NGINX_SUITES,
    apache=_APACHE_SUITES,
)
BIGGER_GROUP = remedy(
    "Leave finite-field Diffie-Hellman out, since every current client has elliptic curves; or use a group of at least"
    " 2048 bits, best one of RFC 7919.",
    nginx=f"{_NGINX_SUITES}\n# or keep DHE:\nssl_dhparam /etc/ssl/ffdhe2048.pem;",
    apache=f"{_APACHE_SUITES}\n# or keep DHE:\nSSLOpenSSLConfCmd DHParameters /etc/ssl/ffdhe2048.pem",
)

AES_GCM = Suite(code="C02F", name="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", group="001D", signature="0804")
TLS13_AES = Suite(code="1301", name="TLS_AES_128_GCM_SHA256")
STATIC_AES_CBC = Suite(code="002F", name="TLS_RSA_WITH_AES_128_CBC_SHA")


def listed(*suites: Suite) -> ProtocolSupport:
    """A version that is spoken, with the whole list of its suites."""
    return ProtocolSupport(supported=Answer.YES, suites=suites, complete=Answer.YES)


def example(*intolerances: str, **versions: ProtocolSupport) -> Case[TlsSuites]:
    """A case of these versions (`SSLv3=…`, `TLSv1_2=…`); the others are refused."""
    refused = ProtocolSupport(supported=Answer.NO, reason=PeerText("alert 70 (protocol_version)"), complete=Answer.YES)
    given = {key.replace("_", "."): value for key, value in versions.items()}
    return Case(
        evidence=TlsSuites(
            protocols={version: given.get(version, refused) for version in PROTOCOLS},
            offered=408,
            intolerances=intolerances,
        )
    )


MODERN = example(TLSv1_2=listed(AES_GCM), TLSv1_3=listed(TLS13_AES))
"""What most servers should be: TLS 1.2 with a good suite, and TLS 1.3."""


def tls12(suite: Suite) -> Case[TlsSuites]:
    """The modern example with one more suite in TLS 1.2."""
    return example(TLSv1_2=listed(AES_GCM, suite), TLSv1_3=listed(TLS13_AES))
