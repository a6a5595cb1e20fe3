"""The flaws that are asked about with `--intrusive` only, because many broken handshakes show them: one table.

A module a flaw holds the function; here is only which there are, and what is said where none is asked.
"""

from collections.abc import Awaitable, Callable, Mapping

from probes import cbc_oracle, cbc_records, raccoon, robot
from probes.flaw_words import ending, not_asked, unknown
from scanner.errors import LeadlineError
from scanner.model.evidence.tls_flaws import Flaw
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.net.session import Session

NEEDS_INTRUSIVE = "it needs --intrusive"

ASKS: Mapping[str, Callable[[Session, TlsSuites | None], Awaitable[Flaw]]] = {
    "robot": robot.ask_robot,
    "padding_oracle": cbc_oracle.ask_cbc_oracle,
}
"""Flaw: the function that asks, given the suites where they are known."""

MAX_CONNECTIONS = raccoon.HANDSHAKES + robot.MAX_CONNECTIONS + cbc_oracle.MAX_CONNECTIONS
"""Connections that `--intrusive` adds."""

SENDS = (
    f"Raccoon: {raccoon.HANDSHAKES} handshakes with DHE, begun and not ended, to see whether the server's public value"
    " comes again; nothing is timed. ROBOT, where suites with static RSA are accepted:"
    f" {2 * len(robot.NAMES)} handshakes, at most {robot.MAX_CONNECTIONS} where the answers differ, whose"
    " ClientKeyExchange holds an RSA block that is well-formed, starts with 41 17, has its zero in a wrong place, has"
    " none, or a wrong version; once with ChangeCipherSpec and a Finished that cannot be right behind it, once with"
    " nothing. CBC padding oracles, where CBC suites are accepted in TLS 1.0 to 1.2: with up to"
    f" {cbc_oracle.MAX_PAIRS} suites {len(cbc_records.NAMES)} completed handshakes each, at most"
    f" {cbc_oracle.MAX_CONNECTIONS} in all where the answers differ, each with one record of {cbc_records.SIZE} bytes"
    " inside: an empty line or nothing, with a wrong MAC, wrong padding, both, neither, or nothing but padding. One"
    " connection after the other; they end at the first that fails. A server logs each as a failed handshake or a"
    " broken record, which may look like an attack to who watches it."
)
"""What the functions of `ASKS`, and `raccoon`, send, in prose for the operator."""


async def ask_intrusive(session: Session, suites: TlsSuites | None) -> dict[str, Flaw]:
    """The flaws of `ASKS`: asked one after the other with `--intrusive`, else said not to be."""
    if not session.options.intrusive:
        return {name: not_asked(NEEDS_INTRUSIVE) for name in ASKS}
    found: dict[str, Flaw] = {}
    for name, ask in ASKS.items():
        try:
            found[name] = await ask(session, suites)
        except LeadlineError as fault:
            found[name] = unknown(f"the questions broke off: {ending(fault)}", tries=1)
    return found
