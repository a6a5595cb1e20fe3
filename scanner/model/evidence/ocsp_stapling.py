"""Evidence of `ocsp_stapling`: whether a staple comes with the certificate, and what it says."""

import dataclasses
import datetime
import enum

from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


class CertStatus(enum.StrEnum):
    """CertStatus of RFC 6960 section 4.2.1."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Staple:
    """One stapled OCSP response (RFC 6960, RFC 6066 section 8), read and verified against the chain it came with.

    `response_status` is OCSPResponseStatus (`successful` …), or `unreadable` where the bytes hold none. `signature`
    says whether the issuer, or a delegate with OCSPSigning that the issuer made, signed it; `matches_certificate`
    whether serial and issuer hashes are the leaf's. `der_sha256` is over the response as sent. `notes` says what could
    not be read.
    """

    der_sha256: str
    size: int
    response_status: str
    cert_status: CertStatus | None = None
    revoked_at: datetime.datetime | None = None
    revocation_reason: str | None = None
    produced_at: datetime.datetime | None = None
    this_update: datetime.datetime | None = None
    next_update: datetime.datetime | None = None
    signature: Answer = Answer.UNKNOWN
    signature_reason: str | None = None
    matches_certificate: Answer = Answer.UNKNOWN
    responder: PeerText | None = None
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StapleAt:
    """What one protocol version brought for one leaf.

    `tries` counts the handshakes that brought this leaf, `seen` those of them with a staple; the server is asked until
    the first staple. `stapled` is `no` only when enough handshakes came without one, or the server hangs up on those
    who ask for one and on nobody else (the `reason` says so); `unknown` (with the `reason`) when too few could be
    completed. `staple` is the first one that came.
    """

    protocol: str
    leaf: str
    stapled: Answer
    tries: int
    seen: int
    reason: PeerText | None = None
    staple: Staple | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAt:
    """A protocol version in which the server properly refused to show this leaf: nothing to staple to there."""

    protocol: str
    leaf: str
    reason: PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OcspStapling:
    """Staples by version and leaf (SHA-256 of the certificate), newest version first, leaves in the order they came.

    `offered_by_issuer` tells for each leaf whether its certificate names an OCSP responder; `must_staple` whether it
    carries the TLS feature extension (RFC 7633): a rule needs both to judge an absence.
    """

    staples: tuple[StapleAt, ...]
    offered_by_issuer: dict[str, bool]
    must_staple: dict[str, Answer]
    refused: tuple[RefusedAt, ...] = ()
