"""Structured fields (RFC 9651): items, lists and dictionaries.

Rule of the file: the parsing algorithms of section 4.2, step by step. Repeated lines of a field are joined with a
comma first; one fault fails the whole field, because that is what recipients do.
"""

import base64
import binascii
import dataclasses
import decimal
import re
from collections.abc import Mapping, Sequence

from scanner.errors import Malformed

MAX_SIZE = 65_536
"""Characters of one field, all lines together."""

MAX_MEMBERS = 4_096
"""Members of one list, dictionary, inner list or parameter list; section 3 asks for at least 1024."""

_INTEGER_DIGITS = 15  # section 3.3.1
_DECIMAL_DIGITS = 12  # section 3.3.2, before the point
_FRACTION_DIGITS = 3

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]*))?")
_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_BOOLEAN = re.compile(r"\?([01])")
_DATE = re.compile(r"@(-?[0-9]{1,15})(?![0-9.])")
_DISPLAY = re.compile(r'%"((?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*)"')
_SP = re.compile(r" *")
_OWS = re.compile(r"[ \t]*")


class Token(str):
    """A token; its own type, because `"a"` (a string) and `a` (a token) are different values."""

    __slots__ = ()


class DisplayString(str):
    """A display string: Unicode for people (section 3.3.8)."""

    __slots__ = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Date:
    """A date in seconds since 1970-01-01T00:00:00Z (section 3.3.7)."""

    seconds: int


BareItem = bool | int | decimal.Decimal | str | Token | DisplayString | bytes | Date
Parameters = Mapping[str, BareItem]


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A bare item with its parameters."""

    value: BareItem
    parameters: Parameters = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class InnerList:
    """A list in parentheses with its parameters."""

    items: tuple[Item, ...]
    parameters: Parameters = dataclasses.field(default_factory=dict)


Member = Item | InnerList


def parse_item(lines: Sequence[str]) -> Item:
    """The item that the lines of one field hold. Raises Malformed."""
    reader = _Reader(lines)
    item = reader.item()
    reader.end()
    return item


def parse_list(lines: Sequence[str]) -> tuple[Member, ...]:
    """The list that the lines of one field hold; an empty field is an empty list. Raises Malformed."""
    reader = _Reader(lines)
    members: list[Member] = []
    while not reader.at_end:
        members.append(reader.member())
        _count(members)
        if not reader.comma():
            break
    reader.end()
    return tuple(members)


def parse_dictionary(lines: Sequence[str]) -> dict[str, Member]:
    """The dictionary that the lines of one field hold, in order; of equal keys the last value counts.

    Raises Malformed.
    """
    reader = _Reader(lines)
    members: dict[str, Member] = {}
    while not reader.at_end:
        key = reader.key()
        members[key] = reader.member() if reader.take("=") else Item(value=True, parameters=reader.parameters())
        _count(members)
        if not reader.comma():
            break
    reader.end()
    return members


def _count(members: Sequence[object] | Mapping[str, object]) -> None:
    if len(members) > MAX_MEMBERS:
        raise Malformed(f"more than {MAX_MEMBERS} members")


class _Reader:
    """A place in a field; each method reads one production and moves on."""

    def __init__(self, lines: Sequence[str]) -> None:
        if sum(len(line) + 2 for line in lines) > MAX_SIZE:
            raise Malformed(f"longer than {MAX_SIZE} characters")
        # The OWS round a line is no part of it (RFC 9110 section 5.5).
        self._text = ", ".join(line.strip(" \t") for line in lines).strip(" ")
        self._place = 0

    @property
    def at_end(self) -> bool:
        return self._place >= len(self._text)

    def take(self, character: str) -> bool:
        """Whether `character` comes next; it is read then."""
        if not self._text.startswith(character, self._place):
            return False
        self._place += len(character)
        return True

    def comma(self) -> bool:
        """Whether another member follows a comma (sections 4.2.1 and 4.2.2)."""
        self._skip(_OWS)
        if self.at_end:
            return False
        if not self.take(","):
            raise self._fault("a comma is missing")
        self._skip(_OWS)
        if self.at_end:
            raise self._fault("nothing follows the last comma")
        return True

    def end(self) -> None:
        """Nothing but spaces may follow."""
        self._skip(_SP)
        if not self.at_end:
            raise self._fault("something follows the value")

    def member(self) -> Member:
        """An item or an inner list (section 4.2.1.1)."""
        if not self.take("("):
            return self.item()
        items: list[Item] = []
        while True:
            self._skip(_SP)
            if self.take(")"):
                return InnerList(tuple(items), self.parameters())
            items.append(self.item())
            _count(items)
            if not self._text.startswith((" ", ")"), self._place):
                raise self._fault("an inner list is not closed")

    def item(self) -> Item:
        """A bare item and its parameters (section 4.2.3)."""
        return Item(self._bare_item(), self.parameters())

    def parameters(self) -> dict[str, BareItem]:
        """Parameters (section 4.2.3.2); of equal keys the last value counts."""
        found: dict[str, BareItem] = {}
        while self.take(";"):
            self._skip(_SP)
            key = self.key()
            found[key] = self._bare_item() if self.take("=") else True
            _count(found)
        return found

    def key(self) -> str:
        """A key (section 4.2.3.3)."""
        return self._match(_KEY, "a key must begin with a lower-case letter or '*'")[0]

    def _bare_item(self) -> BareItem:
        """A bare item, told by its first character (section 4.2.3.1)."""
        first = self._text[self._place : self._place + 1]
        match first:
            case '"':
                return re.sub(r"\\(.)", r"\1", self._match(_STRING, "a string is not closed or not ASCII")[1])
            case ":":
                return self._bytes()
            case "?":
                return self._match(_BOOLEAN, "a boolean is ?0 or ?1")[1] == "1"
            case "@":
                return Date(int(self._match(_DATE, "a date is '@' and an integer")[1]))
            case "%":
                return self._display()
        if first == "-" or ("0" <= first <= "9"):
            return self._number()
        return Token(self._match(_TOKEN, "a value begins with a character that no type begins with")[0])

    def _number(self) -> int | decimal.Decimal:
        """An integer or decimal (section 4.2.4)."""
        sign, whole, fraction = self._match(_NUMBER, "a number has no digits").groups()
        if fraction is None:
            if len(whole) > _INTEGER_DIGITS:
                raise self._fault(f"an integer has over {_INTEGER_DIGITS} digits")
            return int(sign + whole)
        if len(whole) > _DECIMAL_DIGITS or not 1 <= len(fraction) <= _FRACTION_DIGITS:
            raise self._fault("a decimal has too many digits, or none after the point")
        return decimal.Decimal(f"{sign}{whole}.{fraction}")

    def _bytes(self) -> bytes:
        """A byte sequence (section 4.2.7); missing padding is forgiven, as the section advises."""
        text = self._match(_BYTES, "a byte sequence is not closed or not base64")[1].rstrip("=")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self._fault("a byte sequence is not base64") from error

    def _display(self) -> DisplayString:
        """A display string (section 4.2.10)."""
        text = self._match(_DISPLAY, "a display string is not closed or badly escaped")[1]
        raw = re.sub(rb"%([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode("ascii"))
        try:
            return DisplayString(raw.decode())
        except UnicodeDecodeError as error:
            raise self._fault("a display string is not UTF-8") from error

    def _match(self, pattern: re.Pattern[str], problem: str) -> re.Match[str]:
        found = pattern.match(self._text, self._place)
        if found is None:
            raise self._fault(problem)
        self._place = found.end()
        return found

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._place)
        self._place = found.end() if found else self._place

    def _fault(self, problem: str) -> Malformed:
        return Malformed(f"{problem} (character {self._place + 1})")
