"""A round trip for benchmarks: a network namespace whose way to this machine takes a given time, packet by packet.

`Far(milliseconds)` makes the namespace and a TUN device at each end, and relays between them. Servers listen at
`SERVER`, on this machine; commands run in the namespace with `inside`. Root only, Linux only. Run as a program,
`far.py NAMESPACE MILLISECONDS`, this file is the relay.
"""

import collections
import ctypes
import fcntl
import os
import pathlib
import select
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Self

SERVER, CLIENT = "198.18.77.1", "198.18.77.2"
"""Addresses of the range that RFC 2544 keeps for benchmarks."""

MTU = 1500
_NAMESPACE = "leadline-bench"
_DEVICE = "leadbench0"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
_TCP, _SYN, _ACK = 6, 0x02, 0x10


def why_not() -> str | None:
    """Why no namespace can be made here; None where it can."""
    if os.geteuid() != 0:
        return "not root"
    if not pathlib.Path("/dev/net/tun").exists():
        return "no /dev/net/tun"
    tried = subprocess.run(["ip", "netns", "list"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "no network namespaces"


class Far:
    """The namespace, while entered. `connections` counts the TCP connections that were begun in it so far."""

    def __init__(self, milliseconds: float) -> None:
        self._milliseconds = milliseconds
        self._relay: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        _ip("netns", "add", _NAMESPACE)
        try:
            self._relay = subprocess.Popen(
                [sys.executable, __file__, _NAMESPACE, str(self._milliseconds)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert self._relay.stdout is not None
            assert self._relay.stdout.readline() == b"ready\n", "the relay did not start"
            for words, own, other in ((("-n", _NAMESPACE), CLIENT, SERVER), ((), SERVER, CLIENT)):
                _ip(*words, "address", "add", own, "peer", other, "dev", _DEVICE)
                _ip(*words, "link", "set", _DEVICE, "up", "mtu", str(MTU))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._relay is not None:
            self._relay.kill()
            self._relay.wait()
        subprocess.run(["ip", "netns", "delete", _NAMESPACE], check=False)

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command, run in the namespace."""
        return ["ip", "netns", "exec", _NAMESPACE, *command]

    def connections(self) -> int:
        """TCP connections begun in the namespace so far."""
        assert self._relay is not None
        assert self._relay.stdin is not None
        assert self._relay.stdout is not None
        self._relay.stdin.write(b"\n")
        self._relay.stdin.flush()
        return int(self._relay.stdout.readline())


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _tun(namespace: str | None) -> int:
    """A TUN device in the namespace (None: this one), as a descriptor."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if namespace is not None:
        there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
        if libc.setns(there, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    if libc.setns(home, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    return device


def _begins(packet: bytes) -> bytes | None:
    """Addresses and ports of a packet that begins a TCP connection; None for another."""
    if packet[0] >> 4 != 4 or packet[9] != _TCP:
        return None
    head = (packet[0] & 15) * 4
    return packet[12:20] + packet[head : head + 4] if packet[head + 13] & (_SYN | _ACK) == _SYN else None


def relay(namespace: str, milliseconds: float) -> None:
    """Carries packets both ways, each `milliseconds` / 2 after it came, until standard input ends."""
    ends = (_tun(namespace), _tun(None))
    delay = milliseconds / 2000
    waiting: tuple[collections.deque[tuple[float, bytes]], ...] = (collections.deque(), collections.deque())
    begun: set[bytes] = set()
    print("ready", flush=True)
    while True:
        due = min((queue[0][0] for queue in waiting if queue), default=None)
        timeout = None if due is None else max(0.0, due - time.monotonic())
        readable, _, _ = select.select([*ends, 0], [], [], timeout)
        if 0 in readable:
            if not os.read(0, 64):
                return
            print(len(begun), flush=True)
        now = time.monotonic()
        for at, (source, queue) in enumerate(zip(ends, waiting, strict=True)):
            while source in readable:
                try:
                    packet = os.read(source, 2 * MTU)
                except BlockingIOError:
                    break
                queue.append((now + delay, packet))
                if at == 0 and (started := _begins(packet)) is not None:
                    begun.add(started)
            while queue and queue[0][0] <= now:
                try:
                    os.write(ends[1 - at], queue.popleft()[1])
                except OSError:
                    continue  # the device is not up yet, or full: packets get lost


if __name__ == "__main__":
    relay(sys.argv[1], float(sys.argv[2]))
