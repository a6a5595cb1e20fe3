"""What a server says to something broken, read to its end: the alerts, and how the connection goes on or ends.

Two answers are alike where records and end are; when they came is not looked at.
"""

import dataclasses
import enum

from scanner.errors import BudgetSpent, Closed, Malformed, Reset, TimedOut
from scanner.net.tls12_connection import Tls12Connection
from scanner.wire.tls12_client import OpenRecord
from scanner.wire.tls_alert import WARNING, alert_text
from scanner.wire.tls_record import ContentType

MAX_RECORDS = 8
"""Records of one answer that are read."""

SLOWNESS = 4.0
"""How many times the time of the handshake silence must last, where that is longer than the patience."""

MOST_SECONDS = 5.0
"""The longest that one silence is waited for."""


class End(enum.StrEnum):
    """What comes after the records of an answer."""

    CLOSED = "the end of the connection"
    RESET = "a reset"
    SILENCE = "silence"
    GARBAGE = "something that is no record of this connection"
    MORE = "more records"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: its records in words, each kind once in a row, and what comes after them."""

    records: tuple[str, ...] = ()
    end: End = End.SILENCE

    @property
    def silent(self) -> bool:
        """Whether nothing at all came."""
        return not self.records and self.end is End.SILENCE

    @property
    def roughly(self) -> "Answer":
        """The same without the difference of FIN and RST, which may be a race: what was unread when it was closed."""
        return dataclasses.replace(self, end=End.CLOSED) if self.end is End.RESET else self

    @property
    def text(self) -> str:
        """In words."""
        return ", then ".join((*self.records, self.end))


async def read_answer(connection: Tls12Connection, *, patience: float) -> Answer:
    """The answer to what was sent last. `patience` are the seconds of silence that end it, more on slow paths.

    Raises `BudgetSpent` where the deadline leaves no time to call it silence, `TooMuch` beyond the byte budget.
    """
    seconds = min(max(patience, SLOWNESS * connection.handshake_seconds), max(patience, MOST_SECONDS))
    records: list[str] = []
    for _ in range(MAX_RECORDS):
        if connection.stream.deadline.remaining() < seconds:
            raise BudgetSpent("the time was over before silence could have been told from an answer")
        try:
            words = _words(await connection.next_record(seconds=seconds))
        except TimedOut:
            return Answer(records=tuple(records), end=End.SILENCE)
        except Closed:
            return Answer(records=tuple(records), end=End.CLOSED)
        except Reset:
            return Answer(records=tuple(records), end=End.RESET)
        except Malformed:
            return Answer(records=tuple(records), end=End.GARBAGE)
        if not records or records[-1] != words:
            records.append(words)
    return Answer(records=tuple(records), end=End.MORE)


def _words(found: OpenRecord) -> str:
    if found.type is ContentType.ALERT and len(found.payload) == 2:
        level, number = found.payload
        return f"{'warning ' if level == WARNING else ''}{alert_text(number)}"
    return f"a record of type {found.type.name.lower()}"
