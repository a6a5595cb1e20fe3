"""Facts of the derived clients: which known ones connect, with what, or why not."""

from collections.abc import Sequence

from reports.facts.reading import as_list, as_text, at, texts
from reports.facts.sheet import Sheet, make_sheet

COLUMNS = ("Client", "Released", "Protocol", "Suite", "Group", "Forward secrecy", "Remark")
_CONNECTS = {"no": "does not connect", "unknown": "not known"}
_MOST_NAMED = 5


def client_sheets(derived: object) -> tuple[Sheet, ...]:
    """One table an endpoint, empty where no client was simulated."""
    return tuple(
        make_sheet(_title(endpoint, of_this), COLUMNS, map(_row, of_this)) for endpoint, of_this in _all(derived)
    )


def client_lines(derived: object) -> tuple[str, ...]:
    """One line an endpoint: `47 of 50 connect; not: Java 6, Internet Explorer on Windows XP 8`."""
    found = _all(derived)
    return tuple((f"{endpoint}: " if len(found) > 1 else "") + _line(of_this) for endpoint, of_this in found)


def _all(derived: object) -> tuple[tuple[str, list[object]], ...]:
    """The clients by endpoint."""
    found: dict[str, list[object]] = {}
    for one in as_list(at(derived, "clients")):
        found.setdefault(as_text(at(one, "endpoint")), []).append(one)
    return tuple(found.items())


def _title(endpoint: str, clients: Sequence[object]) -> str:
    return f"{endpoint}: {_count(clients)}"


def _count(clients: Sequence[object]) -> str:
    able = sum(at(one, "connects") == "yes" for one in clients)
    open_ = sum(at(one, "connects") == "unknown" for one in clients)
    said = f"{able} of {len(clients)} connect"
    return f"{said}, {open_} not known" if open_ else said


def _line(clients: Sequence[object]) -> str:
    unable = [_named(one) for one in clients if at(one, "connects") == "no"]
    rest = len(unable) - _MOST_NAMED
    names = ", ".join(unable[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    return _count(clients) + (f"; not: {names}" if unable else "")


def _named(client: object) -> str:
    return " ".join(filter(None, (as_text(at(client, "name")), as_text(at(client, "version")))))


def _row(client: object) -> tuple[str, ...]:
    connects = as_text(at(client, "connects"))
    suite = as_text(at(client, "suite")) or _one_of(at(client, "suites"))
    return (
        _named(client),
        as_text(at(client, "date")),
        as_text(at(client, "protocol")) if connects == "yes" else _CONNECTS.get(connects, connects),
        suite,
        as_text(at(client, "group")) or _one_of(at(client, "groups")),
        as_text(at(client, "forward_secret")) if suite else "",
        as_text(at(client, "reason")),
    )


def _one_of(names: object) -> str:
    listed = texts(names)
    return f"one of {', '.join(listed)}" if listed else ""
