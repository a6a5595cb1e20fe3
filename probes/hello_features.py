"""One handshake, many facts: what the flights at an endpoint show of each protocol version. Pure, connects to nothing.

An answer is `no` only where a hello asked for the thing and the server answered that hello without it. What no hello
asked for stays unknown, and what a version cannot have is not applicable.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from scanner.model.evidence.tls_features import Feature, HelloFeatures
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.model.suite_traits import traits
from scanner.net.flights import SeenFlight
from scanner.wire.extension_names import extension_name
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

MAX_FRAGMENT_LENGTH, HEARTBEAT, RECORD_SIZE_LIMIT = 1, 15, 28
"""Extensions that only some of our hellos carry (RFC 6066 section 4, RFC 6520, RFC 8449)."""

SENTINELS: Mapping[Version, bytes] = {
    Version.TLS1_2: b"DOWNGRD\x01",
    Version.TLS1_1: b"DOWNGRD\x00",
    Version.TLS1_0: b"DOWNGRD\x00",
    Version.SSL3: b"DOWNGRD\x00",
}
"""The last eight bytes of ServerHello.random of a server that speaks a higher version (RFC 8446 section 4.1.3)."""

_SIZES = frozenset({MAX_FRAGMENT_LENGTH, RECORD_SIZE_LIMIT})

_Test = Callable[[SeenFlight, ServerFlight], bool]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """`asked`: whether a flight could have shown it; `shows`: whether it does. `absent` says why a version has none."""

    asked: _Test
    shows: _Test
    absent: Mapping[Version, str] = dataclasses.field(default_factory=dict)


def read_versions(seen: Sequence[SeenFlight], spoken: Mapping[Version, Answer]) -> dict[str, HelloFeatures]:
    """The features of every version that a flight shows, by the version's title, highest first.

    `spoken` is what is known of the versions: the downgrade sentinel means nothing in the highest of them.
    """
    by_version: dict[Version, list[SeenFlight]] = {}
    for one in seen:
        if one.flight is not None and not one.flight.is_retry and one.flight.version in one.offer.versions:
            by_version.setdefault(one.flight.version, []).append(one)
    return {
        version.title: _features(version, by_version[version], spoken) for version in sorted(by_version, reverse=True)
    }


def not_applicable(reason: str) -> Feature:
    """A question that does not arise here."""
    return Feature(applicable=False, reason=peer_text(reason))


def unknown(reason: str, *, tries: int = 0) -> Feature:
    """A question without an answer."""
    return Feature(reason=peer_text(reason), tries=tries)


def tally(tries: int, seen: int, *, never: str = "no hello could have shown it") -> Feature:
    """Yes where it was seen, no where it was only asked for, unknown where it never was."""
    if not tries:
        return unknown(never)
    return Feature(answer=Answer.YES if seen else Answer.NO, tries=tries, seen=seen)


def _features(version: Version, seen: Sequence[SeenFlight], spoken: Mapping[Version, Answer]) -> HelloFeatures:
    found = {name: _judge(question, version, seen) for name, question in _QUESTIONS.items()}
    return HelloFeatures(
        downgrade_sentinel=_sentinel(version, seen, spoken),
        point_formats=_point_formats(seen),
        extensions=tuple(dict.fromkeys(extension_name(code) for one in seen for code in _codes(one))),
        **found,
    )


def _judge(question: _Question, version: Version, seen: Sequence[SeenFlight]) -> Feature:
    if version in question.absent:
        return not_applicable(question.absent[version])
    asked = [(one, one.flight) for one in seen if one.flight is not None and question.asked(one, one.flight)]
    return tally(len(asked), sum(question.shows(one, flight) for one, flight in asked))


def _codes(one: SeenFlight) -> Iterable[int]:
    """All extensions of a flight, those under encryption too."""
    return () if one.flight is None else (*one.flight.extensions, *one.flight.encrypted_extensions)


def _whole(flight: ServerFlight) -> bool:
    """Whether what could answer an extension was seen: in TLS 1.3 most answers stand in EncryptedExtensions."""
    return flight.version is not Version.TLS1_3 or flight.signature is not None or bool(flight.certificates)


def _extra(code: int) -> _Question:
    """An extension that a hello carried beside the usual ones."""
    return _Question(
        asked=lambda one, flight: any(code == each for each, _ in one.offer.extra_extensions) and _whole(flight),
        shows=lambda one, _: code in _codes(one),
        absent={Version.SSL3: "SSLv3 has no extensions"},
    )


def _signal(code: int, modern: str) -> _Question:
    """An empty extension of TLS 1.2 and below that most of our hellos carry."""
    return _Question(
        asked=lambda one, _: one.offer.signals and one.offer.extensions,
        shows=lambda _, flight: code in flight.extensions,
        absent={Version.SSL3: "SSLv3 has no extensions", Version.TLS1_3: modern},
    )


def _is_cbc(flight: ServerFlight) -> bool:
    return "_CBC_" in suite_name(flight.suite)


_MODERN_SESSIONS = {Version.TLS1_3: "TLS 1.3 resumes with pre-shared keys"}

_QUESTIONS: Mapping[str, _Question] = {
    "extended_master_secret": _signal(ExtensionType.EXTENDED_MASTER_SECRET, "TLS 1.3 binds its keys to the handshake"),
    # A server answers it for CBC suites alone (RFC 7366 section 3).
    "encrypt_then_mac": dataclasses.replace(
        _signal(ExtensionType.ENCRYPT_THEN_MAC, "TLS 1.3 has authenticated encryption only"),
        asked=lambda one, flight: one.offer.signals and one.offer.extensions and _is_cbc(flight),
    ),
    # Every hello of these versions has the SCSV, SSLv3 included (RFC 5746 section 3.6).
    "secure_renegotiation": _Question(
        asked=lambda _one, _flight: True,
        shows=lambda _, flight: ExtensionType.RENEGOTIATION_INFO in flight.extensions,
        absent={Version.TLS1_3: "TLS 1.3 has no renegotiation"},
    ),
    "session_ticket": dataclasses.replace(
        _signal(ExtensionType.SESSION_TICKET, ""),
        absent={Version.SSL3: "SSLv3 has no extensions", **_MODERN_SESSIONS},
    ),
    # A server that gives a ticket may leave the id empty (RFC 5077 section 3.4), so such a flight tells nothing. An id
    # that we sent would come back from a server that knows none.
    "session_id": _Question(
        asked=lambda one, flight: (
            Version.TLS1_3 not in one.offer.versions and ExtensionType.SESSION_TICKET not in flight.extensions
        ),
        shows=lambda _, flight: bool(flight.session_id),
        absent=_MODERN_SESSIONS,
    ),
    "heartbeat": _extra(HEARTBEAT),
    "record_size_limit": _extra(RECORD_SIZE_LIMIT),
    # A server that knows both answers with record_size_limit alone (RFC 8449 section 5).
    "max_fragment_length": dataclasses.replace(
        _extra(MAX_FRAGMENT_LENGTH),
        asked=lambda one, flight: (
            {MAX_FRAGMENT_LENGTH} == {code for code, _ in one.offer.extra_extensions if code in _SIZES}
            and _whole(flight)
        ),
    ),
    "certificate_compression": _Question(
        asked=lambda one, flight: (
            any(code == ExtensionType.COMPRESS_CERTIFICATE for code, _ in one.offer.extra_extensions)
            and (bool(flight.certificates) or flight.certificate_compression is not None)
        ),
        shows=lambda _, flight: flight.certificate_compression is not None,
        absent={
            version: "only TLS 1.3 can compress certificates" for version in Version if version is not Version.TLS1_3
        },
    ),
    "server_name_acknowledged": _Question(
        asked=lambda one, flight: one.offer.server_name is not None and one.offer.extensions and _whole(flight),
        shows=lambda one, _: ExtensionType.SERVER_NAME in _codes(one),
        absent={Version.SSL3: "SSLv3 has no extensions"},
    ),
    "compression": _Question(
        asked=lambda one, _: any(one.offer.compressions),
        shows=lambda _, flight: flight.compression != 0,
        absent={Version.TLS1_3: "TLS 1.3 has no compression"},
    ),
}


def _sentinel(version: Version, seen: Sequence[SeenFlight], spoken: Mapping[Version, Answer]) -> Feature:
    if version not in SENTINELS:
        return not_applicable(f"{version.title} is the highest version there is")
    higher = [one for one in (Version.TLS1_3, Version.TLS1_2) if one > version]
    if not any(spoken.get(one) is Answer.YES for one in higher):
        if any(spoken.get(one, Answer.UNKNOWN) is Answer.UNKNOWN for one in higher):
            return unknown("whether a higher version is spoken could not be told")
        return not_applicable(f"no version above {version.title} is spoken that would tell")
    shown = [one.flight.random.endswith(SENTINELS[version]) for one in seen if one.flight is not None]
    return tally(len(shown), sum(shown))


def _point_formats(seen: Sequence[SeenFlight]) -> tuple[int, ...]:
    """The first list that came (RFC 8422 section 5.1.2); empty where none did."""
    for one in seen:
        body = b"" if one.flight is None else one.flight.extensions.get(ExtensionType.EC_POINT_FORMATS, b"")
        if body and body[0] == len(body) - 1:
            return tuple(body[1:])
    return ()


def signs(suite: int) -> bool:
    """Whether a handshake with this suite of TLS 1.2 is signed: ephemeral, with a certificate."""
    kind = traits(suite_name(suite))
    return kind.key_exchange in {"DHE", "ECDHE"} and kind.authentication in {"RSA", "ECDSA", "DSS"}
