"""What the kernel tells of a TCP handshake that was made anyway (TCP_INFO; Linux only)."""

import socket

from scanner.errors import Malformed
from scanner.model.evidence.operation import TcpHandshake
from scanner.wire.tcp_traits import SIZE, read_tcp_info


def handshake_of(sock: socket.socket, address: str) -> TcpHandshake | None:
    """The traits of the handshake of a connection that has just been made; None where the kernel tells nothing."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return None
    try:
        return read_tcp_info(sock.getsockopt(socket.IPPROTO_TCP, option, SIZE), address)
    except (OSError, Malformed):
        return None
