"""All peers that are hostile within TLS, by name."""

import dataclasses
from collections.abc import Iterator

from OpenSSL import SSL

from tests.hostile.peers import Script
from tests.hostile.tls12_answers import CLASSIC
from tests.hostile.tls13_answers import MODERN_SAYS
from tests.hostile.tls_floods import PEERS, REAL
from tests.hostile.tls_speakers import sound_classic, speaking


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TlsPeer:
    """One hostile peer; `newest` where OpenSSL does its handshakes."""

    name: str
    script: Script
    newest: int = SSL.TLS1_3_VERSION


def tls_peers() -> Iterator[TlsPeer]:
    """All of them."""
    for name, script in PEERS.items():
        yield TlsPeer(name=name, script=script)
    for name, classic in CLASSIC.items():
        yield TlsPeer(name=name, script=speaking(classic, None))
    for name, modern in MODERN_SAYS.items():
        yield TlsPeer(name=name, script=speaking(sound_classic, modern))
    for name, (script, newest) in REAL.items():
        yield TlsPeer(name=name, script=script, newest=newest)
