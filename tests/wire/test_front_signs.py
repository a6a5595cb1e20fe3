"""Signs of firewalls and limits on single answers, and the traits of a TCP handshake."""

import socket
import struct

import pytest

from scanner.errors import Malformed
from scanner.model.evidence.operation import WafRole
from scanner.net.tcp_hints import handshake_of
from scanner.wire.rate_limits import limit_signs
from scanner.wire.tcp_traits import read_tcp_info
from scanner.wire.waf_signs import waf_signs
from tests.support.exchanges import exchange


@pytest.mark.parametrize(
    ("lines", "vendor", "role", "where"),
    [
        (["CF-RAY: 8a-FRA", "Server: cloudflare"], "Cloudflare", WafRole.FRONT, "header cf-ray"),
        (["cf-mitigated: challenge"], "Cloudflare WAF", WafRole.FIREWALL, "header cf-mitigated"),
        (["X-Iinfo: 1-2-3"], "Imperva", WafRole.FIREWALL, "header x-iinfo"),
        (["Set-Cookie: incap_ses_12_345=x; path=/"], "Imperva", WafRole.FIREWALL, "cookie incap_ses_12_345"),
        (["Set-Cookie: TS01a2b3c4=0123; Path=/"], "F5 BIG-IP Advanced WAF", WafRole.FIREWALL, "cookie TS01a2b3c4"),
        (["Set-Cookie: datadome=x"], "DataDome", WafRole.FIREWALL, "cookie datadome"),
        (["Server: Apache mod_security2"], "ModSecurity", WafRole.FIREWALL, "header server"),
        (["Server: AkamaiGHost"], "Akamai", WafRole.FRONT, "header server"),
    ],
)
def test_vendors_by_their_own_signs(lines: list[str], vendor: str, role: WafRole, where: str) -> None:
    found = list(waf_signs(exchange(*lines), 3))

    assert (vendor, role, where, 3) in [(one.vendor, one.role, one.where, one.at) for one in found]
    assert {one.vendor for one in found} == {vendor}


@pytest.mark.parametrize(
    "lines",
    [
        ["Server: nginx", "X-Request-Id: 1"],
        ["Set-Cookie: TSession=1", "Set-Cookie: session=2", "Set-Cookie: theme=3"],
        ["Server: cloudflare-like"],
        ["X-Served-By: app-1"],
    ],
)
def test_ordinary_answers_have_none(lines: list[str]) -> None:
    assert list(waf_signs(exchange(*lines), 0)) == []


def test_pages_count_on_refusals_only() -> None:
    page = "<p>The requested URL was rejected. Please consult with your administrator.</p>"

    assert [one.where for one in waf_signs(exchange(status=403, body=page), 0)] == ["page"]
    assert list(waf_signs(exchange(status=200, body=page), 0)) == []


@pytest.mark.parametrize(
    ("lines", "status", "names"),
    [
        (["RateLimit-Policy: 100;w=60", "RateLimit: limit=100, remaining=99, reset=1"], 200, 2),
        (["X-RateLimit-Remaining: 59", "X-Rate-Limit-Limit: 60"], 200, 2),
        (["X-RateLimit-Limit-Minute: 60"], 200, 1),
        (["Retry-After: 10"], 429, 2),
        (["Retry-After: 10"], 503, 1),
        (["Retry-After: 10"], 301, 0),
        (["X-Rate: 5"], 200, 0),
    ],
)
def test_limits(lines: list[str], status: int, names: int) -> None:
    assert len(list(limit_signs(exchange(*lines, status=status), 0))) == names


def _info(*, options: int, scale: int, segment: int, window: int | None) -> bytes:
    raw = bytearray(248 if window is not None else 104)
    raw[5], raw[6] = options, scale | 0x70
    struct.pack_into("=I", raw, 16, segment)
    if window is not None:
        struct.pack_into("=I", raw, 228, window)
    return bytes(raw)


@pytest.mark.parametrize(
    ("options", "scale", "window", "system"),
    [(0b0110, 8, 65_535, "Windows"), (0b0111, 7, 65_160, "Linux"), (0b0111, 6, 65_535, "a BSD or macOS"),
     (0b0111, 9, 65_535, None), (0b0011, 7, 65_160, None), (0b0111, 7, None, None)],
)  # fmt: skip
def test_traits_suggest_a_system(options: int, scale: int, window: int | None, system: str | None) -> None:
    seen = read_tcp_info(_info(options=options, scale=scale, segment=1448, window=window), "192.0.2.1")

    assert seen.system == system
    assert seen.timestamps is bool(options & 1)
    assert seen.window_scale == (scale if options & 4 else None)
    assert seen.mss == 1448 + (12 if options & 1 else 0)


def test_the_loopback_proves_nothing() -> None:
    seen = read_tcp_info(_info(options=0b0111, scale=7, segment=1448, window=65_160), "127.0.0.1")

    assert (seen.loopback, seen.system) == (True, None)


def test_too_few_bytes() -> None:
    with pytest.raises(Malformed):
        read_tcp_info(bytes(50), "192.0.2.1")


def test_what_this_kernel_tells() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        seen = handshake_of(client, "127.0.0.1")

    assert seen is not None
    assert seen.loopback
    assert seen.mss > 500
    assert seen.window
