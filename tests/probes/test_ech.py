"""ECH: what GREASE brings from servers with keys, without, and from those that cannot stand it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.ech import look_for_ech
from scanner.errors import Malformed
from scanner.model.outcome import Answer
from scanner.net.flights import Flights
from scanner.net.tls_client import handshake
from scanner.wire.ech import GREASE_BYTES, MAX_CONFIGS, grease_ech, read_ech_configs
from scanner.wire.octets import vector
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import alert, fake_server, read_hello
from tests.support.fake_tls13 import Tls13Server, conversation
from tests.support.grouped_server import grouped_server, groups
from tests.support.sessions import session_for


def config(name: bytes = b"public.example", *, version: int = 0xFE0D, suites: bytes = b"\0\1\0\1\0\1\0\3") -> bytes:
    key = b"\x07" + b"\x00\x20" + vector(bytes(32), 2) + vector(suites, 2)
    return version.to_bytes(2, "big") + vector(key + b"\x40" + vector(name, 1) + vector(b"", 2), 2)


def configs(*each: bytes) -> bytes:
    return vector(b"".join(each), 2)


def with_ech(body: bytes) -> Tls13Server:
    return Tls13Server(encrypted_extensions=b"\xfe\x0d" + vector(body, 2))


async def test_a_server_without_ech_minds_no_grease() -> None:
    with grouped_server(groups("P-384")) as place:  # by way of a HelloRetryRequest
        found = await look_for_ech(session_for(place, max_connections=1))
    assert (found.retry_configs, found.public_names) == (0, ())
    assert found.accepts_grease.answer is Answer.YES


async def test_a_server_with_ech_keys() -> None:
    server = with_ech(configs(config(), config(b"other.example"), config(), b"\xfe\x0a\x00\x01x"))
    async with fake_server(fake_tls.silence, raw=conversation(server.answer)) as running:
        found = await look_for_ech(session_for(("127.0.0.1", running.port)))
    assert (found.retry_configs, found.public_names) == (4, ("public.example", "other.example"))
    assert (found.accepts_grease.answer, found.in_dns) == (Answer.YES, Answer.UNKNOWN)


async def test_configurations_that_cannot_be_read() -> None:
    server = with_ech(configs(config())[:-3])
    async with fake_server(fake_tls.silence, raw=conversation(server.answer)) as running:
        found = await look_for_ech(session_for(("127.0.0.1", running.port)))
    assert found.retry_configs is None
    assert "cannot be read" in str(found.accepts_grease.reason)


async def test_a_refusal_is_a_no_only_where_the_hello_is_taken_without_ech() -> None:
    def answer(hello: bytes) -> bytes:
        return alert(47) if 0xFE0D in read_hello(hello).extensions else Tls13Server().answer(hello)

    async with fake_server(fake_tls.silence, raw=conversation(answer)) as running:
        place, flights = ("127.0.0.1", running.port), Flights()
        assert (await look_for_ech(session_for(place, flights=flights))).accepts_grease.answer is Answer.UNKNOWN
        await handshake(session_for(place, flights=flights), Offer.complete((Version.TLS1_3,)))
        assert (await look_for_ech(session_for(place, flights=flights))).accepts_grease.answer is Answer.NO


@pytest.mark.parametrize("answer", [fake_tls.hang_up, fake_tls.reset, lambda _: b"SSH-2.0-x\r\n"])
async def test_no_answer_leaves_it_unknown(answer: fake_tls.Answer) -> None:
    async with fake_server(answer) as server:
        found = await look_for_ech(session_for(("127.0.0.1", server.port)))
    assert (found.retry_configs, found.accepts_grease.answer) == (None, Answer.UNKNOWN)
    assert found.accepts_grease.reason


def test_the_grease_extension() -> None:
    body = grease_ech(bytes(range(256)) + b"\xff")
    # ClientHello outer, HKDF-SHA256, AES-128-GCM, config_id, enc, payload (RFC 9849 section 5).
    assert body[:8] == b"\0\0\1\0\1\0\x00\x20"
    assert len(body) == 1 + 4 + GREASE_BYTES + 4
    with pytest.raises(ValueError, match="257"):
        grease_ech(b"")


def test_a_configuration() -> None:
    (found,) = read_ech_configs(configs(config()))
    assert (found.version, found.config_id, found.kem) == (0xFE0D, 7, 0x20)
    assert (found.suites, found.public_name) == (((1, 1), (1, 3)), "public.example")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        configs(),
        configs(config()) + b"x",
        configs(config(suites=b"\0\1\0")),
        configs(*[config()] * (MAX_CONFIGS + 1)),
    ],
)
def test_broken_lists_are_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_ech_configs(body)


@given(st.binary(max_size=120))
def test_any_bytes_are_a_list_or_malformed(data: bytes) -> None:
    for body in (data, configs(data), configs(config()[:20] + data)):
        try:
            found = read_ech_configs(body)
        except Malformed:
            continue
        assert found
