"""Header fields that tell what runs behind them, on every answer of the named host."""

from collections.abc import Iterator

from probes.base import Known, ProbeInfo
from probes.exchange_reader import read_exchanges, reader_info
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges
from scanner.model.evidence.leakage import Leak, Leakage, LeakKind
from scanner.model.observation import Observation
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.wire.leaking_headers import leaking_headers
from scanner.wire.products import internal_addresses, parse_products

MAX_LEAKS = 256
"""Fields that are kept, all answers together."""

LONGEST_VALUE = 1_024
"""Characters of a value that are kept."""

_NAMING = frozenset({LeakKind.SERVER, LeakKind.PLATFORM, LeakKind.GENERATOR})
"""Kinds whose values name products."""


class LeakageProbe:
    """Reads telling header fields out of the exchanges."""

    info: ProbeInfo = reader_info("leakage", "Headers that tell what runs here", Leakage)

    async def collect(self, session: Session, known: Known) -> Observation[Leakage]:
        """Every telling field on every answer, normal and error."""
        return read_exchanges(session, known, read_leakage)


def read_leakage(seen: HttpExchanges) -> Leakage:
    """The evidence of `leakage` out of the exchanges, provoked errors included; other hosts' answers are not read."""
    answers = [one for one in seen.exchanges if one.answered and (one.own or one.same_host)]
    leaks = [leak for exchange in answers for leak in _leaks(exchange)]
    normal = sum((one.status or 0) < 400 for one in answers)
    return Leakage(leaks=tuple(leaks[:MAX_LEAKS]), answers=len(answers), normal=normal)


def _leaks(exchange: Exchange) -> Iterator[Leak]:
    kinds = leaking_headers()
    for field in exchange.fields:
        name = field.name.strip(" \t").lower()
        kind = kinds.get(name)
        if kind is None or not field.value.strip():
            continue
        yield Leak(
            purpose=exchange.purpose,
            hop=exchange.hop,
            status=exchange.status or 0,
            name=peer_text(field.name),
            value=peer_text(field.value, limit=LONGEST_VALUE),
            kind=kind,
            products=parse_products(field.value, fallback=name) if kind in _NAMING else (),
            # A version such as WebLogic's 10.3.6.0 looks like an address, so where products are named it is none.
            internal=() if kind in _NAMING else internal_addresses(field.value),
        )
