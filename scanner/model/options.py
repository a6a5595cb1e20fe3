"""Scan options: how far a scan may go. What the command line says, as a value."""

import dataclasses
import datetime
import enum

DEFAULT_MAX_CONNECTIONS = 300
"""Connections an address, all probes together."""

DEFAULT_CONCURRENCY = 20
"""Targets at a time."""


class Profile(enum.StrEnum):
    """How much is asked of a target."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


DEADLINES: dict[Profile, float] = {Profile.QUICK: 20.0, Profile.STANDARD: 60.0, Profile.DEEP: 300.0}
"""Seconds a target may take, by profile."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PaceLimits:
    """Pace per dialled address and port: a token bucket (`rate` a second, `burst` at once), and how many stay open.

    Beside those, `waiting` connections may be open that wait for an answer which a server holds back on purpose: some
    delay each refusal by half a minute.
    """

    rate: float = 40.0
    burst: int = 150
    open_at_once: int = 8
    waiting: int = 24


GENTLE = PaceLimits(rate=5.0, burst=5, open_at_once=2, waiting=0)
"""What `--gentle` means."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One `--resolve HOST:PORT:ADDR[:PORT]`: that host and port are never looked up."""

    host: str
    port: int
    address: str
    to_port: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeaderOption:
    """One `--header`: goes to the target's own origin only and is redacted everywhere."""

    name: str
    value: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """Everything that shapes a scan, with the defaults of the command line.

    `only` and `skip` hold probe topics (groups already expanded); empty `only` means all. `address` is `first`, `all`
    or a literal. `deadline` is in seconds a target, None for the profile's. `now` is the instant that rules judge by,
    None for the start of the scan. `ca` and `preload_list` are file paths. `intrusive` allows what could disturb a
    server, `jarm` the ten hellos of that fingerprint, `ports` the look at a list of ports; `capture` keeps the bytes of
    the TLS probes.
    """

    profile: Profile = Profile.STANDARD
    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    address: str = "all"
    overrides: tuple[Override, ...] = ()
    ca: tuple[str, ...] = ()
    preload_list: str | None = None
    deadline: float | None = None
    max_connections: int = DEFAULT_MAX_CONNECTIONS
    pace: PaceLimits = dataclasses.field(default_factory=PaceLimits)
    concurrency: int = DEFAULT_CONCURRENCY
    allow_private: bool = False
    resolver: str | None = None
    user_agent: str | None = None
    headers: tuple[HeaderOption, ...] = ()
    now: datetime.datetime | None = None
    intrusive: bool = False
    jarm: bool = False
    ports: bool = False
    capture: bool = False

    @property
    def seconds(self) -> float:
        """The deadline a target, in seconds."""
        return DEADLINES[self.profile] if self.deadline is None else self.deadline
