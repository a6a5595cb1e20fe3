"""What the pages of the certificate rules share: references, remedies, and the literals of their examples.

No rule lives here, and nothing that judges.
"""

import dataclasses
import datetime

from scanner.model.derived import ChainProblem, ChainTrust, Derived, StoreTrust
from scanner.model.evidence.certificates import Certificate, Certificates, Chain, HostMatch, Offer, PublicKey
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Reference, Remediation
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.citations import remedy, rfc

BASELINE = Reference(
    title="CA/Browser Forum: Baseline Requirements for TLS Server Certificates",
    url="https://cabforum.org/working-groups/server/baseline-requirements/requirements/",
)
VALIDITY = rfc(5280, "4.1.2.5", "RFC 5280: Validity")
PATH_VALIDATION = rfc(5280, "6.1", "RFC 5280: Basic Path Validation")
CERTIFICATE_MESSAGE = rfc(8446, "4.4.2", "RFC 8446: Certificate")

RENEW = remedy(
    "Have the certificate issued anew, and let an ACME client renew it long before it ends; reload the server after"
    " each renewal.",
    nginx="ssl_certificate /etc/ssl/example/fullchain.pem;\nssl_certificate_key /etc/ssl/example/privkey.pem;",
    apache="SSLCertificateFile /etc/ssl/example/fullchain.pem\nSSLCertificateKeyFile /etc/ssl/example/privkey.pem",
)
REISSUE = Remediation(text="Have the certificate issued anew.")
SEND_THE_CHAIN = remedy(
    "Serve one file with the server's certificate first, then each intermediate up to, and without, the root.",
    nginx="ssl_certificate /etc/ssl/example/fullchain.pem;  # not cert.pem",
    apache="SSLCertificateFile /etc/ssl/example/fullchain.pem  # SSLCertificateChainFile is for Apache before 2.4.8",
)

_DAY = datetime.timedelta(days=1)
LEAF = Certificate(
    sha256="a0" * 32,
    der="",
    size=1200,
    subject=PeerText("CN=www.example.org"),
    issuer=PeerText("CN=Example CA"),
    serial="04A1B2C3D4E5F6",
    not_before=EXAMPLE_NOW - 30 * _DAY,
    not_after=EXAMPLE_NOW + 60 * _DAY,
    key=PublicKey(type="ec", bits=256, curve="secp256r1", spki_sha256="e5" * 32),
    signature_algorithm="ecdsa-with-SHA256",
    signature_hash="sha256",
    version=3,
    common_name=PeerText("www.example.org"),
    names=(PeerText("www.example.org"),),
    is_ca=Answer.NO,
    key_usage=("digitalSignature",),
    extended_key_usage=("serverAuth",),
    scts=2,
    self_signed=Answer.NO,
)
ISSUER = dataclasses.replace(
    LEAF,
    sha256="c2" * 32,
    subject=PeerText("CN=Example CA"),
    issuer=PeerText("CN=Example Root"),
    common_name=PeerText("Example CA"),
    not_before=EXAMPLE_NOW - 700 * _DAY,
    not_after=EXAMPLE_NOW + 700 * _DAY,
    key=PublicKey(type="ec", bits=384, curve="secp384r1", spki_sha256="f6" * 32),
    names=(),
    is_ca=Answer.YES,
    key_usage=("keyCertSign", "cRLSign"),
    scts=0,
)
TRUSTED = StoreTrust(store="mozilla", trusted=Answer.YES, complete=Answer.YES, path=("a0" * 32, "c2" * 32))
UNKNOWN_ISSUER = StoreTrust(
    store="mozilla",
    trusted=Answer.NO,
    problem=ChainProblem.UNKNOWN_ISSUER,
    reason="the issuer of intermediate 1 was not sent and is not in the store",
)


def example(
    leaf: Certificate = LEAF,
    *stores: StoreTrust,
    public: Answer = Answer.YES,
    others: tuple[Certificate, ...] = (ISSUER,),
    in_order: Answer = Answer.YES,
    anchor_sent: bool = False,
    host: HostMatch | None = None,
    scts_in_tls: int = 0,
    staple: bool = False,
) -> Case[Certificates]:
    """A case of one chain; sound and publicly trusted unless told otherwise."""
    chain = Chain(
        for_=Offer(sigalg="ecdsa", protocol="TLSv1.3", suite="TLS_AES_128_GCM_SHA256"),
        leaf=leaf,
        sent=(leaf.sha256, *(one.sha256 for one in others)),
        in_order=in_order,
        anchor_sent=anchor_sent,
        host=host or HostMatch(matches=Answer.YES),
        staple=staple,
        scts_in_tls=scts_in_tls,
    )
    trust = ChainTrust(endpoint="192.0.2.1:443", chain=0, stores=stores or (TRUSTED,), public=public)
    return Case(evidence=Certificates(chains=(chain,), others=others), derived=Derived(trust=(trust,)))


def leaf_with(**fields: object) -> Certificate:
    """The sound leaf, with some fields changed."""
    return dataclasses.replace(LEAF, **fields)  # type: ignore[arg-type] # the fields of the dataclass by name


def living(days: float, *, since: datetime.datetime = EXAMPLE_NOW - 30 * _DAY) -> Certificate:
    """The sound leaf with a lifetime of so many days, the last second counted."""
    return leaf_with(not_before=since, not_after=since + days * _DAY - datetime.timedelta(seconds=1))
