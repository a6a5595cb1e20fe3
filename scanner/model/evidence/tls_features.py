"""Evidence of `tls_features`: what the server's handshakes can do, mostly read from hellos that are sent anyway."""

import dataclasses

from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that a server does or does not do.

    `reason` says how it showed, or why that is unknown. `tries` handshakes could have shown it, `seen` of them did.
    Where the question does not arise `applicable` is False, the answer unknown, and `reason` says why.
    """

    answer: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    tries: int = 0
    seen: int = 0
    applicable: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HelloFeatures:
    """What the ServerHellos (and EncryptedExtensions) of one protocol version show.

    `extensions` are the codes of all extensions that the server ever sent, by name where the registry has one, in the
    order in which they were first seen; `point_formats` are codes. `certificate_compression` is a certificate that came
    packed (RFC 8879). `downgrade_sentinel` is the end of ServerHello.random by which a server that speaks a higher
    version says so (RFC 8446 section 4.1.3).
    """

    extended_master_secret: Feature = dataclasses.field(default_factory=Feature)
    encrypt_then_mac: Feature = dataclasses.field(default_factory=Feature)
    secure_renegotiation: Feature = dataclasses.field(default_factory=Feature)
    session_ticket: Feature = dataclasses.field(default_factory=Feature)
    session_id: Feature = dataclasses.field(default_factory=Feature)
    heartbeat: Feature = dataclasses.field(default_factory=Feature)
    record_size_limit: Feature = dataclasses.field(default_factory=Feature)
    max_fragment_length: Feature = dataclasses.field(default_factory=Feature)
    certificate_compression: Feature = dataclasses.field(default_factory=Feature)
    server_name_acknowledged: Feature = dataclasses.field(default_factory=Feature)
    downgrade_sentinel: Feature = dataclasses.field(default_factory=Feature)
    compression: Feature = dataclasses.field(default_factory=Feature)
    point_formats: tuple[int, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alpn:
    """Application protocols (RFC 7301). `unknown_accepted`: a hello that offers only a protocol that does not exist
    is served all the same, where RFC 7301 section 3.2 asks for a refusal. `supported`: the server ever chose one of
    ours. `chosen` is what it chose of h2 and http/1.1, `protocols` all that it was seen to choose.
    """

    supported: Feature = dataclasses.field(default_factory=Feature)
    protocols: tuple[PeerText, ...] = ()
    chosen: PeerText | None = None
    unknown_accepted: Feature = dataclasses.field(default_factory=Feature)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """Abbreviated handshakes, each seen done. `session_id` and `ticket` belong to TLS 1.2 and below, `psk` to TLS 1.3.

    `ticket_lifetime_seconds` is the hint of TLS 1.2 (RFC 5077), `psk_lifetime_seconds` the longest ticket_lifetime of
    TLS 1.3, `tickets` how many NewSessionTickets came after one handshake. `max_early_data` is the largest
    max_early_data_size, None where no ticket allows any; `early_data` whether early data was taken when one byte less
    than nothing was sent, that is: whether tickets allow it. `ticket_id_sent` and `ticket_id_returned` are the session
    ids, in hexadecimal, of the resumption by ticket: sound servers return what was sent (RFC 5077 section 3.4).
    """

    session_id: Feature = dataclasses.field(default_factory=Feature)
    ticket: Feature = dataclasses.field(default_factory=Feature)
    psk: Feature = dataclasses.field(default_factory=Feature)
    early_data: Feature = dataclasses.field(default_factory=Feature)
    ticket_lifetime_seconds: int | None = None
    psk_lifetime_seconds: int | None = None
    tickets: int | None = None
    max_early_data: int | None = None
    psk_without_dhe: Feature = dataclasses.field(default_factory=Feature)
    ticket_id_sent: str | None = None
    ticket_id_returned: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Renegotiation:
    """Renegotiation in TLS 1.2 and below, each asked exactly once in a completed handshake.

    `client_initiated`: a second handshake that we began was completed. `insecure`: one without RFC 5746 was.
    """

    client_initiated: Feature = dataclasses.field(default_factory=Feature)
    insecure: Feature = dataclasses.field(default_factory=Feature)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SniAnswer:
    """What came for one way to name the host: `leaf_sha256` of the certificate, its subject and names, or a refusal."""

    answer: Answer = Answer.UNKNOWN
    leaf_sha256: str | None = None
    names: tuple[PeerText, ...] = ()
    alert: int | None = None
    warnings: tuple[int, ...] = ()
    reason: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SniBehaviour:
    """Certificates with the right name, without a name, and with a name that the server cannot have.

    `default_differs`: without or with a wrong name another certificate is served (the default virtual host).
    """

    right: SniAnswer = dataclasses.field(default_factory=SniAnswer)
    none: SniAnswer = dataclasses.field(default_factory=SniAnswer)
    wrong: SniAnswer = dataclasses.field(default_factory=SniAnswer)
    default_differs: Answer = Answer.UNKNOWN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """Whether the server asks for a client certificate in the first handshake, and from which authorities."""

    requested: Feature = dataclasses.field(default_factory=Feature)
    required: Feature = dataclasses.field(default_factory=Feature)
    authorities: tuple[PeerText, ...] = ()
    authority_count: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Hellos that a sound server takes (RFC 8446 sections 4.1.2, 9.3; RFC 8701). Each answer: `yes` is sound."""

    grease: Feature = dataclasses.field(default_factory=Feature)
    unknown_version: Feature = dataclasses.field(default_factory=Feature)
    unknown_extension: Feature = dataclasses.field(default_factory=Feature)
    long_hello: Feature = dataclasses.field(default_factory=Feature)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ech:
    """Encrypted ClientHello (RFC 9849). `retry_configs` counts the configurations that came for a GREASE hello.

    `in_dns` says whether the HTTPS record announces one.
    """

    retry_configs: int | None = None
    public_names: tuple[PeerText, ...] = ()
    accepts_grease: Feature = dataclasses.field(default_factory=Feature)
    in_dns: Answer = Answer.UNKNOWN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SignatureUse:
    """Signature schemes that the server signed its handshakes with, by version: seen in ServerKeyExchange or
    CertificateVerify, never guessed. `complete` says whether the list was run down to a refusal. `old_hashes`: a hello
    that takes nothing better than SHA-1 and MD5 is signed with one of them.
    """

    protocol: str
    schemes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    complete: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    old_hashes: Feature = dataclasses.field(default_factory=Feature)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time in ServerHello.random of TLS 1.2 and below (RFC 5246 section 7.4.1.2), where it is one.

    `skew_seconds` is the server's clock less ours; None where the field is random, as in most stacks today. `hellos`
    of the server were looked at.
    """

    answer: Answer = Answer.UNKNOWN
    hellos: int = 0
    skew_seconds: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """`ja3s` are MD5 values over version, suite and extensions of ServerHellos (`ja3s_text`), by protocol.

    A JA3S belongs to the hello that it answers: `ja3s_hello` says which of ours that was. `jarm` is opt-in, and empty
    where an answer stayed away; `jarm_raw` are its ten answers.
    """

    ja3s: dict[str, str] = dataclasses.field(default_factory=dict)
    ja3s_text: dict[str, str] = dataclasses.field(default_factory=dict)
    ja3s_hello: dict[str, str] = dataclasses.field(default_factory=dict)
    jarm: str | None = None
    jarm_raw: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TlsFeatures:
    """All features; `versions` by protocol name, for those that were seen."""

    versions: dict[str, HelloFeatures] = dataclasses.field(default_factory=dict)
    alpn: Alpn = dataclasses.field(default_factory=Alpn)
    resumption: Resumption = dataclasses.field(default_factory=Resumption)
    renegotiation: Renegotiation = dataclasses.field(default_factory=Renegotiation)
    sni: SniBehaviour = dataclasses.field(default_factory=SniBehaviour)
    client_certificate: ClientCertificate = dataclasses.field(default_factory=ClientCertificate)
    fallback_scsv: Feature = dataclasses.field(default_factory=Feature)
    tolerance: Tolerance = dataclasses.field(default_factory=Tolerance)
    ech: Ech = dataclasses.field(default_factory=Ech)
    signatures: tuple[SignatureUse, ...] = ()
    clock: Clock = dataclasses.field(default_factory=Clock)
    fingerprints: Fingerprints = dataclasses.field(default_factory=Fingerprints)
