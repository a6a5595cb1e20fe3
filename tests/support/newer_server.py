"""HTTP/2 for the sites on loopback: the same handlers, over h2 where the client chose it."""

import asyncio
import contextlib
import ssl

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from tests.support.sites import Connection, Handler, Request, respond

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade"})


def newer_or_older(handler: Handler) -> Connection:
    """A connection handler that serves HTTP/2 where ALPN chose it, and HTTP/1.1 elsewhere."""
    older = respond(handler)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = writer.get_extra_info("ssl_object")
        if inner is None or inner.selected_alpn_protocol() != "h2":
            await older(reader, writer)
            return
        with contextlib.suppress(OSError, ssl.SSLError, h2.exceptions.ProtocolError):
            await _serve(handler, reader, writer)
        writer.close()

    return serve


async def _serve(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    config = h2.config.H2Configuration(client_side=False, header_encoding="latin-1")
    connection = h2.connection.H2Connection(config)
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                _answer(handler, connection, event)
        writer.write(connection.data_to_send())
        await writer.drain()


def _answer(handler: Handler, connection: h2.connection.H2Connection, event: h2.events.RequestReceived) -> None:
    sent = {str(name): str(value) for name, value in event.headers or ()}
    fields = {name: value for name, value in sent.items() if not name.startswith(":")} | {"host": sent[":authority"]}
    answer = handler(Request(sent[":method"], sent[":path"], fields))
    assert event.stream_id is not None
    if answer is None:
        connection.reset_stream(event.stream_id)
        return
    head, _, body = answer.encoded().partition(b"\r\n\r\n")
    pairs = [line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]]
    named = [(name.lower(), value.strip()) for name, _, value in pairs if name.lower() not in HOP_BY_HOP]
    connection.send_headers(event.stream_id, [(":status", answer.status[:3]), *named], end_stream=not body)
    window = connection.local_flow_control_window(event.stream_id)
    if body:
        assert len(body) <= window, "pages of the tables are small"
        for start in range(0, len(body), 16_384):
            part = body[start : start + 16_384]
            connection.send_data(event.stream_id, part, end_stream=start + 16_384 >= len(body))
