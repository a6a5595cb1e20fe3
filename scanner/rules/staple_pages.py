"""What the pages of the stapling rules share: references, snippets, and the literals that their examples are made of.

No rule lives here, and nothing that judges.
"""

import dataclasses
import datetime

from scanner.model.evidence.ocsp_stapling import CertStatus, OcspStapling, Staple, StapleAt
from scanner.model.outcome import Answer
from scanner.model.rule import Snippet
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.citations import rfc

STATUS_REQUEST = rfc(6066, "8", "RFC 6066: Certificate Status Request")
TLS_FEATURE = rfc(7633, "4", "RFC 7633: TLS Feature Extension, Syntax")
ACCEPTANCE = rfc(6960, "3.2", "RFC 6960: Signed Response Acceptance Requirements")
IN_TLS13 = rfc(8446, "4.4.2.1", "RFC 8446: OCSP Status and SCT Extensions")

NGINX = Snippet(
    server="nginx",
    config="""\
ssl_stapling on;
ssl_stapling_verify on;
ssl_trusted_certificate /etc/ssl/issuer-chain.pem;  # intermediate and root
resolver 127.0.0.53;                                # nginx looks the responder up itself""",
)
APACHE = Snippet(
    server="apache",
    config="""\
# outside of every <VirtualHost>
SSLStaplingCache "shmcb:${APACHE_RUN_DIR}/stapling(128000)"
# inside
SSLUseStapling On
SSLStaplingReturnResponderErrors Off
SSLStaplingFakeTryLater Off""",
)
REACH_THE_RESPONDER = (
    "Check that the server can reach the responder that the certificate names (name resolution, outgoing firewall) and"
    " that the issuer's chain is configured; then reload it so that it fetches a new response."
)

_LEAF = "a0" * 32
GOOD_STAPLE = Staple(
    der_sha256="b1" * 32,
    size=471,
    response_status="successful",
    cert_status=CertStatus.GOOD,
    produced_at=EXAMPLE_NOW - datetime.timedelta(days=1),
    this_update=EXAMPLE_NOW - datetime.timedelta(days=1),
    next_update=EXAMPLE_NOW + datetime.timedelta(days=6),
    signature=Answer.YES,
    signature_reason="signed by the issuer",
    matches_certificate=Answer.YES,
)


def _at(protocol: str, staple: Staple | None, tries: int) -> StapleAt:
    came = staple is not None
    return StapleAt(
        protocol=protocol,
        leaf=_LEAF,
        stapled=Answer.YES if came else Answer.NO,
        tries=tries,
        seen=int(came),
        staple=staple,
    )


def example(
    tls13: Staple | None,
    tls12: Staple | None,
    *,
    tries: int = 1,
    offered: bool = True,
    required: Answer = Answer.NO,
) -> Case[OcspStapling]:
    """One leaf, and what came with it in each version; after `tries` handshakes where nothing came."""
    return Case(
        evidence=OcspStapling(
            staples=(_at("TLSv1.3", tls13, tries), _at("TLSv1.2", tls12, tries)),
            offered_by_issuer={_LEAF: offered},
            must_staple={_LEAF: required},
        )
    )


WELL = example(GOOD_STAPLE, GOOD_STAPLE)


def example_with(**changes: object) -> Case[OcspStapling]:
    """The good example with these changes of its staple."""
    staple = dataclasses.replace(GOOD_STAPLE, **changes)  # type: ignore[arg-type]
    return example(staple, staple)
