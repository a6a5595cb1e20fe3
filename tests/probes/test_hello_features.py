"""What single flights show, and what they do not: literals, no network."""

import dataclasses
import datetime
from collections.abc import Mapping

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from probes.flight_facts import MAX_AUTHORITIES, read_client_certificate, read_clock, read_ja3s
from probes.hello_features import HEARTBEAT, MAX_FRAGMENT_LENGTH, RECORD_SIZE_LIMIT, read_versions
from scanner.errors import Closed
from scanner.model.evidence.tls_features import Feature, HelloFeatures
from scanner.model.outcome import Answer
from scanner.net.flights import SeenFlight
from scanner.wire.ja3s import ja3s
from scanner.wire.server_flight import CertificateRequest, ServerFlight
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version

AT = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
GCM, CBC = 0xC02F, 0xC013
EMS, ETM, TICKET, RENEGOTIATION = 23, 22, 35, 0xFF01
MODERN_SPOKEN = {Version.TLS1_3: Answer.YES, Version.TLS1_2: Answer.YES}
ONLY_CLASSIC = {Version.TLS1_3: Answer.NO, Version.TLS1_2: Answer.YES, Version.TLS1_1: Answer.YES}


def seen(
    version: Version = Version.TLS1_2,
    *codes: int,
    suite: int = GCM,
    random: bytes = bytes(32),
    session_id: bytes = b"",
    offer: Mapping[str, object] | None = None,
    at: datetime.datetime = AT,
    **flight: object,
) -> SeenFlight:
    asked = dataclasses.replace(Offer.complete((version,), server_name="www.example.org"), **(offer or {}))  # type: ignore[arg-type]
    answered = ServerFlight(
        version=version,
        suite=suite,
        random=random,
        session_id=session_id,
        extensions=dict.fromkeys(codes, b""),
        certificates=(b"leaf",),
    )
    return SeenFlight(
        topic="certificates",
        offer=asked,
        flight=dataclasses.replace(answered, **flight),  # type: ignore[arg-type]
        fault=None,
        at=at,
    )


def features(*flights: SeenFlight, spoken: dict[Version, Answer] | None = None) -> HelloFeatures:
    (found,) = read_versions(flights, spoken or MODERN_SPOKEN).values()
    return found


def counted(feature: Feature) -> tuple[Answer, int, int]:
    return feature.answer, feature.seen, feature.tries


def test_an_extension_that_was_offered_and_not_answered_is_a_no() -> None:
    found = features(seen(Version.TLS1_2, RENEGOTIATION), seen(Version.TLS1_2, RENEGOTIATION, EMS))

    assert counted(found.extended_master_secret) == (Answer.YES, 1, 2)
    assert counted(found.secure_renegotiation) == (Answer.YES, 2, 2)
    assert counted(found.session_ticket) == (Answer.NO, 0, 2)
    assert found.extensions == ("renegotiation_info", "extended_master_secret")


def test_what_was_never_offered_is_unknown() -> None:
    found = features(seen(Version.TLS1_2, offer={"signals": False}))

    for feature in (found.extended_master_secret, found.session_ticket, found.heartbeat, found.compression):
        assert (feature.answer, feature.applicable) == (Answer.UNKNOWN, True)
        assert feature.reason


def test_encrypt_then_mac_is_judged_by_cbc_suites_alone() -> None:
    assert features(seen(suite=GCM)).encrypt_then_mac.answer is Answer.UNKNOWN
    assert features(seen(suite=CBC)).encrypt_then_mac.answer is Answer.NO
    assert features(seen(suite=GCM), seen(Version.TLS1_2, ETM, suite=CBC)).encrypt_then_mac.answer is Answer.YES


def test_an_empty_session_id_beside_a_ticket_tells_nothing() -> None:
    assert features(seen(Version.TLS1_2, TICKET)).session_id.answer is Answer.UNKNOWN
    assert features(seen()).session_id.answer is Answer.NO
    assert features(seen(session_id=b"1")).session_id.answer is Answer.YES


def test_an_id_of_our_own_is_no_session_id() -> None:
    both = (Version.TLS1_3, Version.TLS1_2)

    assert features(seen(session_id=bytes(32), offer={"versions": both})).session_id.answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("version", "tail", "spoken", "answer", "applicable"),
    [
        (Version.TLS1_2, b"DOWNGRD\x01", MODERN_SPOKEN, Answer.YES, True),
        (Version.TLS1_2, b"DOWNGRD\x00", MODERN_SPOKEN, Answer.NO, True),
        (Version.TLS1_2, b"DOWNGRD\x02", MODERN_SPOKEN, Answer.NO, True),
        (Version.TLS1_1, b"DOWNGRD\x00", MODERN_SPOKEN, Answer.YES, True),
        (Version.TLS1_1, b"DOWNGRD\x01", MODERN_SPOKEN, Answer.NO, True),
        (Version.TLS1_1, b"DOWNGRD\x00", ONLY_CLASSIC, Answer.YES, True),
        (Version.TLS1_2, bytes(8), ONLY_CLASSIC, Answer.UNKNOWN, False),
        (Version.TLS1_2, bytes(8), {Version.TLS1_2: Answer.YES}, Answer.UNKNOWN, True),
    ],
)
def test_the_downgrade_sentinel(
    version: Version, tail: bytes, spoken: dict[Version, Answer], answer: Answer, applicable: bool
) -> None:
    found = features(seen(version, random=bytes(24) + tail), spoken=spoken).downgrade_sentinel

    assert (found.answer, found.applicable) == (answer, applicable)


def test_the_sizes_are_judged_by_hellos_that_offered_them_alone() -> None:
    both = ((RECORD_SIZE_LIMIT, b"\x40\0"), (MAX_FRAGMENT_LENGTH, b"\4"))

    found = features(seen(Version.TLS1_2, RECORD_SIZE_LIMIT, offer={"extra_extensions": both}))
    assert found.record_size_limit.answer is Answer.YES
    assert found.max_fragment_length.answer is Answer.UNKNOWN, "a server that knows both answers with one"

    found = features(seen(Version.TLS1_2, offer={"extra_extensions": both[1:]}))
    assert found.max_fragment_length.answer is Answer.NO
    assert found.record_size_limit.answer is Answer.UNKNOWN


def test_answers_under_encryption_count_only_where_they_were_read() -> None:
    extra = {"extra_extensions": ((HEARTBEAT, b"\1"), (27, b"\2\0\1"))}
    hello_only = seen(Version.TLS1_3, offer=extra, certificates=())
    whole = seen(Version.TLS1_3, offer=extra, encrypted_extensions={HEARTBEAT: b"\1"})
    packed = seen(Version.TLS1_3, offer=extra, certificates=(), signature=0x0804, certificate_compression=2)

    assert features(hello_only).heartbeat.answer is Answer.UNKNOWN
    assert features(hello_only).certificate_compression.answer is Answer.UNKNOWN
    assert features(whole).heartbeat.answer is Answer.YES
    assert features(whole).certificate_compression.answer is Answer.NO
    assert features(packed).certificate_compression.answer is Answer.YES


def test_compression_is_judged_where_it_was_offered() -> None:
    assert features(seen(offer={"compressions": (1, 0)})).compression.answer is Answer.NO
    assert features(seen(offer={"compressions": (1, 0)}, compression=1)).compression.answer is Answer.YES


def test_a_retry_request_and_a_version_that_was_not_offered_show_nothing() -> None:
    retry = seen(Version.TLS1_3, retried=True, random=RETRY_RANDOM)
    assert read_versions([retry], MODERN_SPOKEN) == {}
    assert read_versions([seen(Version.TLS1_3, retried=True)], MODERN_SPOKEN)
    assert read_versions([seen(offer={"versions": (Version.TLS1_3,)})], MODERN_SPOKEN) == {}


def test_point_formats_that_do_not_add_up_are_left_out() -> None:
    assert features(seen(extensions={11: b"\2\0\1"})).point_formats == (0, 1)
    assert features(seen(extensions={11: b"\5\0\1"})).point_formats == ()
    assert features(seen(extensions={11: b""})).point_formats == ()


def at_second(offset: int, skew: int) -> SeenFlight:
    at = AT + datetime.timedelta(seconds=offset)
    told = (int(at.timestamp()) + skew) & 0xFFFFFFFF
    return seen(random=told.to_bytes(4, "big") + bytes((offset,)) * 28, at=at)


def test_a_clock_shows_where_three_hellos_agree() -> None:
    clock = read_clock([at_second(0, -7200), at_second(1, -7200), at_second(9, -7199)])

    assert (clock.answer, clock.skew_seconds, clock.hellos) == (Answer.YES, -7200, 3)


@pytest.mark.parametrize(
    ("skews", "answer"),
    [
        ((0, 0), Answer.UNKNOWN),
        ((0, 0, 3600), Answer.NO),  # one of them is no time
        ((2**31, 2**31, 2**31), Answer.NO),  # no clock is that wrong
    ],
)
def test_a_random_number_is_no_clock(skews: tuple[int, ...], answer: Answer) -> None:
    clock = read_clock([at_second(offset, skew) for offset, skew in enumerate(skews)])

    assert (clock.answer, clock.skew_seconds) == (answer, None)


def test_the_same_hello_again_is_one() -> None:
    assert read_clock([at_second(0, 0)] * 3).answer is Answer.UNKNOWN


def test_authorities_are_named_counted_and_capped() -> None:
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A, B"), x509.NameAttribute(NameOID.COMMON_NAME, "CA")]
    ).public_bytes()
    request = CertificateRequest(authorities=(name, b"\x30\x05no", *[name] * MAX_AUTHORITIES))

    found = read_client_certificate([seen(), seen(certificate_request=request)], Feature())

    assert counted(found.requested) == (Answer.YES, 1, 2)
    assert found.authorities[:2] == ("CN=CA,O=A\\, B", "(unreadable)")
    assert (len(found.authorities), found.authority_count) == (MAX_AUTHORITIES, MAX_AUTHORITIES + 2)


def test_a_flight_that_broke_off_cannot_show_that_nothing_was_asked_for() -> None:
    broken = dataclasses.replace(seen(), fault=Closed())

    assert read_client_certificate([broken], Feature()).requested.answer is Answer.UNKNOWN


def test_ja3s_of_the_first_whole_flight() -> None:
    other = dataclasses.replace(seen(Version.TLS1_0), topic="tls_suites")
    first = seen(Version.TLS1_0, RENEGOTIATION, 0, 11, 35, 5, 16, suite=0x002F)
    broken = dataclasses.replace(seen(Version.TLS1_0), fault=Closed())

    found = read_ja3s([other, broken, first], ("certificates", "tls_suites"))

    assert found.ja3s_text == {"TLSv1.0": "769,47,65281-0-11-35-5-16"}
    assert found.ja3s == {"TLSv1.0": ja3s("769,47,65281-0-11-35-5-16")}
    assert found.ja3s_hello["TLSv1.0"].startswith("hello of certificates: TLSv1.0")


def test_the_hash_is_that_of_its_authors() -> None:
    """Text and hash are from the page of the method (https://github.com/salesforce/ja3)."""
    text = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"

    assert ja3s(text) == "ada70206e40642a3e4461f35503241d5"
