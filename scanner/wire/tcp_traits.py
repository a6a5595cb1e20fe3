"""Linux's `struct tcp_info` (linux/tcp.h): the bytes of getsockopt(TCP_INFO) in, the traits of a handshake out.

Rule of the file: no socket here; the kernel of an older system gives fewer bytes, and what is missing stays None.
"""

import ipaddress
import struct

from scanner.errors import Malformed
from scanner.model.evidence.operation import TcpHandshake

SIZE = 256
"""Bytes to ask the kernel for: more than the structure has had so far (248 in Linux 6.7)."""

_OPTIONS = 5  # tcpi_options
_WINDOW_SCALES = 6  # tcpi_snd_wscale in the low four bits
_SND_MSS = 16
_SND_WINDOW = 228  # tcpi_snd_wnd, since Linux 5.4
_LEAST = 104  # the structure of Linux 2.6.8

# TCPI_OPT_* of linux/tcp.h.
_TIMESTAMPS, _SACK, _WSCALE, _ECN = 1, 2, 4, 8

_TIMESTAMP_BYTES = 12  # RFC 7323 section 3.2, padded: what the option takes from each segment


def read_tcp_info(raw: bytes, address: str) -> TcpHandshake:
    """The traits, as they were right after the handshake with `address`. Raises `Malformed` for too few bytes."""
    if len(raw) < _LEAST:
        raise Malformed(f"tcp_info of {len(raw)} bytes")
    options = raw[_OPTIONS]
    timestamps = bool(options & _TIMESTAMPS)
    scale = raw[_WINDOW_SCALES] & 0x0F if options & _WSCALE else None
    (segment,) = struct.unpack_from("=I", raw, _SND_MSS)
    window = struct.unpack_from("=I", raw, _SND_WINDOW)[0] if len(raw) >= _SND_WINDOW + 4 else None
    loopback = ipaddress.ip_address(address).is_loopback
    mss = segment + (_TIMESTAMP_BYTES if timestamps else 0)
    return TcpHandshake(
        timestamps=timestamps,
        sack=bool(options & _SACK),
        ecn=bool(options & _ECN),
        window_scale=scale,
        mss=mss,
        window=window,
        loopback=loopback,
        system=None if loopback else _system(timestamps=timestamps, scale=scale, window=window),
    )


def _system(*, timestamps: bool, scale: int | None, window: int | None) -> str | None:
    """What system such a SYN-ACK is usual for, from the systems' documented defaults; None where several are.

    Windows leaves timestamps out and scales by 8; the BSDs and macOS open with 65535 and scale by 6; Linux opens with
    a multiple of the segment below 65536 and scales by 7 with its default buffers.
    """
    if scale == 8 and not timestamps and window in {8_192, 64_240, 65_535, None}:
        return "Windows"
    if scale == 6 and timestamps and window == 65_535:
        return "a BSD or macOS"
    if scale == 7 and timestamps and window in {26_847, 28_960, 65_160, 65_236}:
        return "Linux"
    return None
