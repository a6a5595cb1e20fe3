"""Evidence of `ports`: which ports of a short list take a TCP connection. Nothing is sent over it."""

import dataclasses
import enum

from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


class PortRole(enum.StrEnum):
    """What a port is for, by its number (IANA's registry and the makers' documentation). Nothing was asked of it."""

    WEB = "web"
    MAIL = "mail"
    LOGIN = "login"  # a shell over an encrypted protocol
    FILES = "files"  # files and directories of people
    DATABASE = "database"  # stores and queues that belong behind the application
    ADMIN = "admin"  # whoever gets in controls the machine or the service
    APPLICATION = "application"  # where application servers listen before a proxy stands in front


class Service(enum.StrEnum):
    """Where the scan itself knows better what a port is."""

    TARGET = "target"  # the port that is scanned
    LISTED = "listed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port: `open` is no where the machine refused the connection, unknown where nothing came back.

    `name` is what usually listens there; what does listen was not asked.
    """

    port: int
    name: str
    role: PortRole
    service: Service = Service.LISTED
    open: Answer = Answer.UNKNOWN
    reason: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of the list at one address, by number.

    `everything_open` says that so many take connections that something in between seems to answer for all of them.
    """

    ports: tuple[Port, ...]
    everything_open: bool = False

    def opened(self, *roles: PortRole) -> tuple[tuple[int, Port], ...]:
        """Place and port of those that are open and have one of the roles, the scanned port itself left out."""
        return tuple(
            (place, one)
            for place, one in enumerate(self.ports)
            if one.open is Answer.YES and one.role in roles and one.service is Service.LISTED
        )
