"""Faults: whose they are decides what may be made of them.

    LeadlineError                       never raised itself
    ├── UserFault                       bad input: one clear line, exit 2
    ├── OwnFault                        our side; never a finding about the peer
    │   ├── Forbidden                   the address policy said no
    │   ├── BudgetSpent                 our own budget of time or bytes is used up
    │   │   └── CapReached              the cap of connections that the user or the probe set
    │   ├── NoRoute                     this machine has no route for the address family
    │   ├── Unspoken                    our library can no longer speak what the peer wants (HTTP over SSLv3)
    │   ├── NotAsked                    the user's choice of options leaves it out
    │   ├── ShutOut                     the server talks to us no more, so this was not asked
    │   ├── Stopped                     the user stopped the scan
    │   └── Exhausted                   this machine is out of descriptors, ports or memory
    └── PeerFault                       the peer's doing
        ├── Unresolved                  no address of the name is known
        │   └── NoSuchName                  because there is none: no such name, or none with an address
        ├── Unreachable                 no host or network there
        ├── Refused                     the port is closed
        ├── TimedOut                    silence until the deadline
        ├── Closed                      an orderly end before the answer was whole
        ├── Reset                       a TCP reset
        ├── AlertReceived               a fatal TLS alert
        ├── Malformed                   bytes that break the grammar
        │   └── Truncated               a prefix of something; says how many bytes are missing
        ├── TooMuch                     more than the budget for one answer allows
        └── Blocked                     something stands between us and the site (challenge, ban, 429)

Expected failures end as an `Outcome` in an observation: each fault knows its own. A parser of `scanner.wire` raises
`Malformed` (or `Truncated`) and nothing else, whatever the bytes.
"""

from scanner.model.outcome import Outcome, Stage


class LeadlineError(Exception):
    """The root of the tree; only its leaves are raised."""

    def __new__(cls, *args: object, **kwargs: object) -> "LeadlineError":
        """Refuses to make one of the abstract kinds: a fault must say whose it is."""
        if cls is LeadlineError:
            raise TypeError("raise a leaf of the tree: UserFault, OwnFault or PeerFault")
        return super().__new__(cls, *args, **kwargs)


class UserFault(LeadlineError):
    """Bad input. Its text is the one line that the user reads: what is wrong and what to do."""


class OwnFault(LeadlineError):
    """Something on our side. `outcome` is what an observation that met it ends with."""

    outcome = Outcome.INTERNAL_ERROR

    def __init__(self, detail: str, *, stage: Stage | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.stage = stage


class Forbidden(OwnFault):
    """The address policy refuses this address; nothing was sent."""

    outcome = Outcome.FORBIDDEN


class BudgetSpent(OwnFault):
    """Our own budget (connections, time) for this target or probe is used up."""

    outcome = Outcome.OVER_BUDGET


class CapReached(BudgetSpent):
    """A cap of connections is reached: what it leaves out is not assessed."""

    outcome = Outcome.NOT_ASSESSED


class NoRoute(OwnFault):
    """This machine cannot reach that address family at all; says nothing about the peer."""

    outcome = Outcome.NOT_ASSESSED


class Unspoken(OwnFault):
    """What the peer wants to speak is beyond our library; the peer is not to blame for that."""

    outcome = Outcome.NOT_ASSESSED


class NotAsked(OwnFault):
    """The user's own options leave this out."""

    outcome = Outcome.NOT_ASSESSED


class ShutOut(OwnFault):
    """The server has stopped talking to us, so that this was not asked, or the answer is not believed."""

    outcome = Outcome.BLOCKED


class Stopped(OwnFault):
    """The user stopped the scan."""

    outcome = Outcome.CANCELLED


class Exhausted(OwnFault):
    """This machine is out of descriptors, ephemeral ports or memory."""


class PeerFault(LeadlineError):
    """The peer's doing. `outcome` is what an observation that met it ends with, `stage` how far it had come."""

    outcome = Outcome.PROTOCOL_ERROR

    def __init__(self, detail: str = "", *, stage: Stage | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.stage = stage


class Unresolved(PeerFault):
    """No address of the name is known."""

    outcome = Outcome.UNRESOLVED


class NoSuchName(Unresolved):
    """The name servers say that there is no such name, or that it has no address."""


class Unreachable(PeerFault):
    """No host or network there (ICMP, EHOSTUNREACH)."""

    outcome = Outcome.UNREACHABLE


class Refused(PeerFault):
    """The port is closed (ECONNREFUSED)."""

    outcome = Outcome.REFUSED


class TimedOut(PeerFault):
    """Silence, or too slow, until the absolute deadline."""

    outcome = Outcome.TIMEOUT


class Closed(PeerFault):
    """The peer ended the connection in order (FIN, close_notify) before its answer was whole."""

    outcome = Outcome.CLOSED


class Reset(PeerFault):
    """The peer reset the connection (RST)."""

    outcome = Outcome.RESET


class AlertReceived(PeerFault):
    """A fatal TLS alert; `number` is its AlertDescription (RFC 8446 section 6)."""

    outcome = Outcome.TLS_ALERT

    def __init__(self, number: int, detail: str = "", *, stage: Stage | None = None) -> None:
        super().__init__(detail or f"alert {number}", stage=stage)
        self.number = number


class Malformed(PeerFault):
    """Bytes that break the grammar."""


class Truncated(Malformed):
    """A proper prefix: `missing` more bytes, at least, are needed."""

    def __init__(self, missing: int, detail: str = "", *, stage: Stage | None = None) -> None:
        super().__init__(detail or f"{missing} more bytes needed", stage=stage)
        self.missing = missing


class TooMuch(PeerFault):
    """More bytes, messages or hops than one answer may have."""

    outcome = Outcome.OVER_BUDGET


class Blocked(PeerFault):
    """A challenge, a ban or a rate limit stands between us and the site; what is behind it is unknown."""

    outcome = Outcome.BLOCKED
