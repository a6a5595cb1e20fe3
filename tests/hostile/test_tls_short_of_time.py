"""A scan that runs out of time, or of connections, knows less than another; it never says anything else.

Every answer that a scan cut short gives about a sound server is compared with what a calm scan gave.
"""

import asyncio
import pathlib
from collections.abc import Iterator, Mapping

import pytest
from OpenSSL import SSL

from scanner.engine.api import Scan
from scanner.model.codec import to_builtins
from scanner.model.options import Override, ScanOptions
from scanner.model.result import TargetResult
from tests.hostile import certificates
from tests.hostile.peers import Hostiles, Peer, tls_context
from tests.support.sessions import target_of

pytestmark = pytest.mark.patient  # servers that stall: many seconds, whatever the machine

HOST = "www.example.org"
TOPICS = frozenset({"tls_suites", "tls_groups", "tls_features", "tls_flaws", "certificates", "ocsp_stapling"})
THINKS = 0.03
"""Seconds that the server takes for each answer: a whole scan then lasts about a second."""

KINDS = {"1.2 and 1.3": SSL.TLS1_3_VERSION, "1.2": SSL.TLS1_2_VERSION}

SAID = frozenset({"yes", "no", "offered", "not-offered"})
"""Answers that claim something."""

OPEN = frozenset({"unknown", "not-applicable"})


async def handshakes(peer: Peer) -> None:
    """A whole handshake, each answer of which takes its time; what comes behind it ends the connection."""
    await asyncio.sleep(THINKS)
    await peer.secure()
    await peer.heard()


async def scan(port: int, ca: str, deadline: float, most: int) -> TargetResult:
    """One scan with this many seconds and connections."""
    place = Override(host=HOST, port=443, address="127.0.0.1", to_port=port)
    options = ScanOptions(deadline=deadline, overrides=(place,), ca=(ca,), only=TOPICS, max_connections=most)
    return (await Scan([target_of(HOST, 443)], options=options).run())[0]


def leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value of a document with its place; what is in a list counts by its protocol, where it has one."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, (*path, str(key)))
    elif isinstance(value, list | tuple):
        if all(isinstance(one, Mapping) and "code" in one for one in value):
            yield path, tuple(sorted(one["code"] for one in value))
        for one in value:
            if isinstance(one, Mapping) and "protocol" in one:
                yield from leaves(one, (*path, str(one["protocol"])))
    else:
        yield path, value


Claims = dict[tuple[str, ...], object]


def claims(result: TargetResult) -> Claims:
    """What a scan says."""
    return {
        place: value
        for one in result.observations
        if one.evidence is not None
        for place, value in leaves(to_builtins(one.evidence), (one.topic,))
    }


def contradictions(cut: Claims, calm: Claims) -> Iterator[str]:
    """What was said in haste, and not so when there was time."""
    for place, said in cut.items():
        where = "/".join(place)
        known = calm.get(place)
        if isinstance(said, str) and said in SAID and known != said:
            if not (place[-1] == "complete" and known in OPEN):
                yield f"{where}: {said}, not {known}"
        elif isinstance(said, tuple) and cut.get((*place[:-1], "complete")) == "yes" and known != said:
            yield f"{where}: whole without {sorted(set(known or ()) - set(said))}"  # type: ignore[call-overload]


HURRIES = (
    *((deadline, 300) for deadline in (0.7, 0.9, 1.1, 1.3, 1.6, 2.0)),
    *((20.0, most) for most in (5, 12, 20, 30, 40, 50)),
)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_in_haste_that_is_not_so(kind: str, tmp_path: pathlib.Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(certificates.authority().cert_pem.bytes())
    leaf = certificates.leaf(HOST)
    with Hostiles() as hostiles:
        port = hostiles.serve(handshakes, tls_context(leaf.chain, leaf.key, newest=KINDS[kind]))
        calm = claims(asyncio.run(scan(port, str(ca), 20.0, 300)))
        hasty = [(hurry, claims(asyncio.run(scan(port, str(ca), *hurry)))) for hurry in HURRIES]

    wrong = [f"{hurry}: {what}" for hurry, said in hasty for what in contradictions(said, calm)]
    assert wrong == []
    assert all(any(value in SAID for value in said.values()) for hurry, said in hasty if hurry[0] > 1 and hurry[1] > 5)
