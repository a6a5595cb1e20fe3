"""Targets and endpoints: what the user named, and the addresses behind it."""

import dataclasses
import enum

UNKNOWN_HOST = "unknown.invalid"
"""The host of a recorded answer that nobody gave a URL for; no such host exists (RFC 6761 section 6.4)."""


class TargetKind(enum.StrEnum):
    """What kind of thing answers: rules for documents are not for APIs or for hosts that only redirect."""

    PAGE = "page"
    API = "api"
    REDIRECT = "redirect"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One canonical URL to scan.

    `host` is an A-label or an address literal without brackets; `port` is always set. `unicode_host` is the U-label
    form where it differs. `sni` is the name sent in TLS; None for an address literal (RFC 6066 section 3).
    """

    url: str
    host: str
    port: int
    scheme: str
    path: str = "/"
    unicode_host: str | None = None
    sni: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def is_tls(self) -> bool:
        """Whether the scheme asks for TLS."""
        return self.scheme == "https"

    @property
    def is_address(self) -> bool:
        """Whether the host is an address literal."""
        return ":" in self.host or self.host.replace(".", "").isdigit()


class Family(enum.StrEnum):
    """Address family."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


class TargetStatus(enum.StrEnum):
    """How much of a target or endpoint could be seen."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address and port that a target's name stands for."""

    address: str
    port: int
    family: Family

    @property
    def key(self) -> str:
        """`192.0.2.1:443` or `[2001:db8::1]:443`: how observations, outcomes and findings name it."""
        return f"[{self.address}]:{self.port}" if self.family is Family.IPV6 else f"{self.address}:{self.port}"
