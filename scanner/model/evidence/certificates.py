"""Evidence of `certificates`: the chains as they were sent, for each kind of key that the server has."""

import dataclasses
import datetime

from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A subject's key.

    `type` is `rsa`, `ec`, `dsa`, `ed25519`, `ed448`, `ml-dsa-44`, `ml-dsa-65`, `ml-dsa-87`, `slh-dsa-…` (RFC 9909),
    an OID in dots, or `unreadable`. `bits` is None where no size is known, or compares with others.
    """

    type: str
    bits: int | None = None
    curve: str | None = None
    spki_sha256: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One X.509 certificate (RFC 5280) as far as it could be read.

    `sha256` is over the DER, hexadecimal; `der` is base64. `subject` and `issuer` are RFC 4514 text; `serial` is
    hexadecimal. `names` are the DNS names and `addresses` the IP addresses of subjectAltName. Times are UTC, None
    where unreadable; `notes` says what could not be read. `self_issued` compares the names, `self_signed` the
    signature too. `scts` counts the embedded signed certificate timestamps (RFC 6962).
    """

    sha256: str
    der: str
    size: int
    subject: PeerText
    issuer: PeerText
    serial: str
    not_before: datetime.datetime | None
    not_after: datetime.datetime | None
    key: PublicKey
    signature_algorithm: str
    signature_hash: str | None = None
    version: int | None = None
    common_name: PeerText | None = None
    names: tuple[PeerText, ...] = ()
    addresses: tuple[str, ...] = ()
    is_ca: Answer = Answer.UNKNOWN
    path_length: int | None = None
    key_usage: tuple[str, ...] = ()
    extended_key_usage: tuple[str, ...] = ()
    ocsp_urls: tuple[PeerText, ...] = ()
    ca_issuer_urls: tuple[PeerText, ...] = ()
    crl_urls: tuple[PeerText, ...] = ()
    must_staple: Answer = Answer.NO
    scts: int = 0
    self_issued: bool = False
    self_signed: Answer = Answer.UNKNOWN
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the hello asked for when this chain came: kind of signature (`rsa`, `ecdsa`, `any`) and the version used."""

    sigalg: str
    protocol: str
    suite: str | None = None
    signature: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostMatch:
    """Whether the leaf is for the host (RFC 9525), and against which names it was tried."""

    matches: Answer
    reason: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One chain: `sent` are the SHA-256 of its certificates in the order of the wire, leaf first.

    `in_order` says whether each certificate is issued by the next (RFC 5246 7.4.2); `anchor_sent` whether a
    self-signed root is among them. `staple` and `scts_in_tls` tell whether the same flight carried them. `shared_by`
    lists the other offers that brought the same chain.
    """

    for_: Offer
    leaf: Certificate
    sent: tuple[str, ...]
    in_order: Answer
    anchor_sent: bool
    host: HostMatch
    staple: bool = False
    scts_in_tls: int = 0
    shared_by: tuple[Offer, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An offer that brought no chain, and what came instead. `answer` is `no` only after a proper refusal."""

    for_: Offer
    answer: Answer
    reason: PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """The distinct chains, the certificates in them other than leaves, and the offers that brought none."""

    chains: tuple[Chain, ...]
    others: tuple[Certificate, ...] = ()
    refused: tuple[Refusal, ...] = ()
