"""A TLS server of today's OpenSSL (pyOpenSSL, the library in cryptography's wheel), where the system's is too old."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import trustme
from OpenSSL import SSL
from OpenSSL._util import lib

Setup = Callable[[SSL.Context], None]


def groups(names: str) -> Setup:
    """Restricts a server to these groups, by OpenSSL's names (SSL_CTX_set1_groups_list, which pyOpenSSL has not)."""

    def restrict(context: SSL.Context) -> None:
        assert lib.SSL_CTX_set1_curves_list(context._context, names.encode()) == 1, names

    return restrict


@contextlib.contextmanager
def grouped_server(*setup: Setup, says: bytes = b"", certificate: Setup | None = None) -> Iterator[tuple[str, int]]:
    """A running server on 127.0.0.1, one thread a connection: its place. It sends `says` once a handshake is done.

    `certificate` sets another certificate than one with an ECDSA key.
    """
    context = SSL.Context(SSL.TLS_METHOD)
    if certificate is None:
        trustme.CA().issue_cert("www.example.org", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    else:
        certificate(context)
    for one in setup:
        one(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(taken: socket.socket) -> None:
        connection = SSL.Connection(context, taken)
        connection.set_accept_state()
        with contextlib.suppress(SSL.Error, OSError):
            connection.do_handshake()
            if says:
                connection.sendall(says)
            while connection.recv(4096):
                pass
        with contextlib.suppress(SSL.Error, OSError):
            connection.shutdown()
        taken.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                taken, _ = listener.accept()
                threading.Thread(target=serve, args=(taken,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
