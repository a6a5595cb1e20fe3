"""Reading builtins of unknown shape: each function gives the wanted type, empty where something else stands there."""

import datetime

_DAY = datetime.timedelta(days=1)


def as_dict(value: object) -> dict[str, object]:
    """`value` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """`value` where it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """`value` in words: text as it is, numbers in digits, yes or no, nothing for null and containers."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def texts(value: object) -> tuple[str, ...]:
    """The members of an array that are not empty, in words."""
    return tuple(text for text in map(as_text, as_list(value)) if text)


def called(value: object) -> str:
    """What an object calls itself (code, name and version, subject, protocol); empty where it has no name."""
    return " ".join(
        filter(None, (as_text(at(value, key)) for key in ("code", "name", "version", "subject", "protocol")))
    )


def at(value: object, *keys: str) -> object:
    """What stands below `keys`, one object inside the other; None where there is nothing."""
    for key in keys:
        value = as_dict(value).get(key)
    return value


def moment(value: object) -> datetime.datetime | None:
    """An RFC 3339 time; None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo is not None else None


def day(value: object) -> str:
    """The date of an RFC 3339 time (`2026-11-21`); the text itself where it is none."""
    read = moment(value)
    return f"{read:%Y-%m-%d}" if read is not None else as_text(value)


def clock(when: datetime.datetime) -> str:
    """A time for people: `2026-11-21 05:00 UTC`."""
    return f"{when.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"


def days_between(earlier: datetime.datetime, later: datetime.datetime) -> int:
    """Whole days from one to the other, negative where `later` is before `earlier`."""
    return (later - earlier) // _DAY


def plural(number: int, word: str) -> str:
    """`1 suite`, `2 suites`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def size(octets: int) -> str:
    """Bytes for people: `512 B`, `9.0 kB`, `1.2 MB` (powers of 1000)."""
    if octets < 1000:
        return f"{octets} B"
    return f"{octets / 1000:.1f} kB" if octets < 1_000_000 else f"{octets / 1_000_000:.1f} MB"
