"""An open handshake that is cancelled leaves no connection behind."""

import asyncio
import gc

import pytest

from probes.open_flight import open_flight
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import SeenHello, fake_server
from tests.support.sessions import session_for


@pytest.mark.filterwarnings("error")
async def test_a_handshake_that_is_cancelled_ends_its_connection() -> None:
    asked = asyncio.Event()

    def fall_silent(_: SeenHello) -> bytes:
        asked.set()
        raise fake_tls.Silence

    async with fake_server(fall_silent) as server:
        session = session_for(("127.0.0.1", server.port))

        async def ask() -> None:
            async with open_flight(session, Offer.complete((Version.TLS1_2,)), patience=1.0, deadline=session.deadline):
                raise AssertionError("nobody answered")

        asking = asyncio.create_task(ask())
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        del asking

        for _ in range(100):
            gc.collect()
            if server.open_now == 0:
                break
            await asyncio.sleep(0.02)
        assert server.open_now == 0
