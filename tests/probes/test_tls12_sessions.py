"""What the look at sessions says of servers that do what no server should do."""

import pytest

from probes import tls12_sessions
from probes.tls12_sessions import ClassicSessions, look_at_classic_sessions
from scanner.model.outcome import Answer
from scanner.wire.tls_version import Version
from tests.support.sessions import session_for
from tests.support.whole_server import SUITE, Again, Behaviour, whole_server

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


async def look(behaviour: Behaviour) -> ClassicSessions:
    async with whole_server(behaviour) as place:
        session = session_for(place, max_connections=4)
        return await look_at_classic_sessions(session, version=Version.TLS1_2, suites=(SUITE,))


async def test_a_sound_server() -> None:
    found = await look(Behaviour())

    assert (found.ticket.answer, found.ticket_lifetime_seconds) == (YES, 600)
    assert found.ticket_id_returned == found.ticket_id_sent
    assert (found.renegotiation.client_initiated.answer, found.renegotiation.insecure.answer) == (YES, NO)


async def test_a_server_that_renegotiates_insecurely() -> None:
    found = await look(Behaviour(binding=False))

    assert (found.renegotiation.client_initiated.answer, found.renegotiation.insecure.answer) == (YES, YES)
    assert found.renegotiation.insecure.seen == 1


@pytest.mark.parametrize(
    ("again", "binding", "answer", "reason"),
    [
        (Again.UNFINISHED, False, NO, "refused: the connection was closed at handshake"),
        (Again.UNFINISHED, True, NO, "refused: the connection was closed at handshake"),
        (Again.WRONG_FINISHED, False, UNKNOWN, "Finished does not fit"),
    ],
)
async def test_what_is_no_second_handshake(again: Again, binding: bool, answer: Answer, reason: str) -> None:
    found = await look(Behaviour(again=again, binding=binding))

    assert found.renegotiation.client_initiated.answer is answer
    assert reason in str(found.renegotiation.client_initiated.reason)
    assert found.renegotiation.insecure.answer is (NO if binding else answer)
    assert found.ticket.answer is YES


async def test_silence_is_waited_for_and_then_a_refusal() -> None:
    found = await look(Behaviour(again=Again.SILENCE, binding=False))

    assert found.renegotiation.insecure.answer is NO
    assert f"no answer within {tls12_sessions.RENEGOTIATION_SECONDS}" in str(found.renegotiation.insecure.reason)


async def test_one_byte_more_than_the_id_that_was_sent() -> None:
    found = await look(Behaviour(returned_id=lambda sent: sent + b"M"))

    assert found.ticket_id_sent is not None
    assert found.ticket_id_returned == found.ticket_id_sent + "4d"
    assert found.ticket.answer is YES


async def test_a_server_without_tickets_or_ids() -> None:
    found = await look(Behaviour(tickets=False))

    assert (found.ticket.answer, found.session_id.answer) == (NO, NO)
    assert found.ticket.reason == "the server's hello has no session_ticket extension"


async def test_a_session_is_given_time_to_be_kept() -> None:
    """tlslite-ng, for one, puts it away after its last word; so do servers that share sessions over a network."""
    found = await look(Behaviour(keeps_after=0.02))

    assert (found.session_id.answer, found.session_id.reason) == (YES, "a session was resumed by its session id")
