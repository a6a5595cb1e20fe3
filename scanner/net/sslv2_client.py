"""SSLv2 over a stream: one hello, one answer, one connection."""

from scanner.errors import Closed, PeerFault, Truncated
from scanner.model.outcome import Stage
from scanner.net.budget import Deadline
from scanner.net.session import Session
from scanner.wire import sslv2
from scanner.wire.sslv2 import Ssl2ServerHello


async def ssl2_hello(session: Session, kinds: tuple[int, ...], *, deadline: Deadline | None = None) -> Ssl2ServerHello:
    """The server's hello in answer to one that offers `kinds`, over a new connection of `session`.

    Raises what `Session.connect` raises, `AlertReceived` where TLS refuses, `Closed`, `Reset`, `TimedOut`, or
    `Malformed` for an answer that is no SSLv2.
    """
    async with await session.connect(deadline=deadline) as stream:
        await stream.send(sslv2.client_hello(kinds, session.random(sslv2.CHALLENGE_BYTES)))
        received = b""
        while True:
            data = await stream.receive()
            if not data:
                raise Closed(stage=Stage.SERVER_HELLO if received else Stage.CLIENT_HELLO)
            received += data
            try:
                return sslv2.read_answer(received)
            except Truncated:
                stream.stage = Stage.SERVER_HELLO
            except PeerFault as fault:
                fault.stage = Stage.CLIENT_HELLO
                raise
