"""Whole TLS 1.3 connections: how they end, and what is kept of them."""

import time

import pytest

from scanner.errors import AlertReceived, Closed, LeadlineError, Malformed, Reset, TimedOut
from scanner.model.outcome import Stage
from scanner.net.budget import Deadline
from scanner.net.flights import Flights
from scanner.net.tls13_connection import establish
from scanner.wire.tls13_client import Resume
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import Suites, alert, fake_server
from tests.support.grouped_server import grouped_server
from tests.support.sessions import session_for

OFFER = Offer.complete((Version.TLS1_3,))


async def test_a_session_is_taken_up_and_only_the_first_flight_is_kept() -> None:
    flights = Flights()
    with grouped_server() as place:
        first = await establish(session_for(place, flights=flights), OFFER)
        assert (first.completed, first.resumed, first.fault, len(first.tickets)) == (True, False, None, 2)
        resume = Resume(ticket=first.tickets[0], age_ms=int((time.monotonic() - first.ticket_at) * 1000))
        second = await establish(session_for(place, flights=flights), OFFER, resume=resume)
    assert (second.completed, second.resumed, second.without_dhe, second.tickets) == (True, True, False, ())
    (kept,) = flights.of({"test"})
    assert kept.flight is not None
    assert kept.fault is None
    assert kept.flight.certificates


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (lambda _: alert(40), AlertReceived),
        (fake_tls.hang_up, Closed),
        (fake_tls.reset, Reset),
        (lambda _: b"220 smtp\r\n", Malformed),
        (
            Suites(by_version={Version.TLS1_2: [0x1301]}, refuse_version=lambda _: fake_tls.flight(0x0303, 0xC02F)),
            Malformed,
        ),
    ],
)
async def test_faults_are_values(answer: fake_tls.Answer, fault: type[LeadlineError]) -> None:
    async with fake_server(answer) as server:
        found = await establish(session_for(("127.0.0.1", server.port)), OFFER)
    assert isinstance(found.fault, fault)
    assert (found.completed, found.tickets) == (False, ())


async def test_silence_ends_with_the_deadline() -> None:
    async with fake_server(fake_tls.silence) as server:
        session = session_for(("127.0.0.1", server.port))
        found = await establish(session, OFFER, deadline=Deadline.after(0.1))
    assert isinstance(found.fault, TimedOut)
    assert found.fault.stage is Stage.CLIENT_HELLO


async def test_a_port_that_is_closed_is_a_value_too() -> None:
    async with fake_server(fake_tls.silence) as server:
        place = ("127.0.0.1", server.port)
    found = await establish(session_for(place), OFFER)
    assert (found.flight, found.completed) == (None, False)
    assert found.fault is not None
