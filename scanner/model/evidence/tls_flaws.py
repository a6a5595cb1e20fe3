"""Evidence of `tls_flaws`: known flaws of TLS servers, each with what was sent and what came back."""

import dataclasses
import enum

from scanner.model.peer import PeerText


class FlawState(enum.StrEnum):
    """Whether the server has the flaw. `no` needs an answer that a server with the flaw would not have given."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is known of one flaw.

    `proof` says, where `state` is `yes` or `no`, what was sent and what came back (or which accepted suites make the
    condition); `reason` why it is `unknown` or `not-applicable`. `asked` is False where this scan did not ask (a test
    that needs `--intrusive`, a cap). `protocol` and `suite` (code) are those of the handshake in which it showed,
    `tries` how often it was asked. `condition` marks what only is a condition of an attack, true or not by the accepted
    versions and suites alone. `sent` and `received` hold the decisive bytes in hexadecimal, capped.
    """

    state: FlawState
    proof: PeerText | None = None
    reason: PeerText | None = None
    asked: bool = True
    protocol: str | None = None
    suite: str | None = None
    tries: int = 0
    condition: bool = False
    sent: str | None = None
    received: str | None = None


def _not_asked() -> Flaw:
    return Flaw(state=FlawState.UNKNOWN, reason=PeerText("this scan did not ask"), asked=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TlsFlaws:
    """One entry a flaw; the names are those under which the flaws became known."""

    # Asked on the wire, harmlessly.
    heartbleed: Flaw = dataclasses.field(default_factory=_not_asked)
    ccs_injection: Flaw = dataclasses.field(default_factory=_not_asked)
    ticketbleed: Flaw = dataclasses.field(default_factory=_not_asked)
    insecure_renegotiation: Flaw = dataclasses.field(default_factory=_not_asked)
    client_renegotiation: Flaw = dataclasses.field(default_factory=_not_asked)
    crime: Flaw = dataclasses.field(default_factory=_not_asked)
    key_reuse: Flaw = dataclasses.field(default_factory=_not_asked)
    # With --intrusive only.
    robot: Flaw = dataclasses.field(default_factory=_not_asked)
    padding_oracle: Flaw = dataclasses.field(default_factory=_not_asked)
    # Conditions: they follow from what is accepted.
    raccoon: Flaw = dataclasses.field(default_factory=_not_asked)
    poodle: Flaw = dataclasses.field(default_factory=_not_asked)
    sweet32: Flaw = dataclasses.field(default_factory=_not_asked)
    freak: Flaw = dataclasses.field(default_factory=_not_asked)
    logjam: Flaw = dataclasses.field(default_factory=_not_asked)
    drown: Flaw = dataclasses.field(default_factory=_not_asked)
    rc4: Flaw = dataclasses.field(default_factory=_not_asked)
    beast: Flaw = dataclasses.field(default_factory=_not_asked)
    lucky13: Flaw = dataclasses.field(default_factory=_not_asked)
    export: Flaw = dataclasses.field(default_factory=_not_asked)
    null: Flaw = dataclasses.field(default_factory=_not_asked)
    anonymous: Flaw = dataclasses.field(default_factory=_not_asked)
    alpaca: Flaw = dataclasses.field(default_factory=_not_asked)
    opossum: Flaw = dataclasses.field(default_factory=_not_asked)
    winshock: Flaw = dataclasses.field(default_factory=_not_asked)
    dheat: Flaw = dataclasses.field(default_factory=_not_asked)
    http2_forbidden_suites: Flaw = dataclasses.field(default_factory=_not_asked)
