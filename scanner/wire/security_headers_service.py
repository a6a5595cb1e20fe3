"""How the service is offered: other ways to it (Alt-Svc) and how often it may be asked (RateLimit)."""

from collections.abc import Iterator, Mapping, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HeaderPart
from scanner.wire.alt_svc import parse_alt_svc
from scanner.wire.fields import InnerList, Item, Token, parse_dictionary, parse_list
from scanner.wire.security_headers_reading import Read, Reader, as_sent, part

OLD_DRAFT = "it is written as drafts before 2024 had it"
"""The problem of a RateLimit field in an older form."""


def alt_svc(lines: Sequence[str]) -> Read:
    """Alt-Svc (RFC 7838 section 3): `clear`, or protocols with their authorities; one slip voids the field."""
    services = parse_alt_svc(lines)
    if services is None:
        return Read("clear")
    if not services:
        raise Malformed("it names no service")
    parts = tuple(part(one.protocol, [f"{one.host}:{one.port}", str(one.max_age)]) for one in services)
    return Read(", ".join(dict.fromkeys(str(one.protocol) for one in services)), parts)


def _quotas(needed: str) -> Reader:
    """A reader of a list of named policies with parameters; `needed` is the one that each must have."""

    def read(lines: Sequence[str]) -> Read:
        try:
            members = parse_list(lines)
        except Malformed:
            return _old_draft(lines)
        if not members:
            raise Malformed("it names no policy")
        if any(isinstance(one, InnerList) or not _is_name(one.value) for one in members):
            return _old_draft(lines)
        parts = tuple(_quota(one, needed) for one in members if isinstance(one, Item))
        if all(one.problem for one in parts):
            raise Malformed(f"no policy counts: {parts[0].problem}")
        return Read(", ".join(str(one.name) for one in parts), parts)

    return read


def _parameters(item: Item) -> list[str]:
    """The parameters of a policy as words, for the reports; byte sequences (partition keys) are not spelled out."""
    return [f"{key}={'…' if isinstance(value, bytes) else value}" for key, value in item.parameters.items()]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Token)


def _quota(item: Item, needed: str) -> HeaderPart:
    values = _parameters(item)
    number = item.parameters.get(needed)
    sound = isinstance(number, int) and not isinstance(number, bool) and number >= 0
    return part(str(item.value), values, None if sound else f"the parameter {needed} is no whole number")


def _old_draft(lines: Sequence[str]) -> Read:
    """`limit=100, remaining=50, reset=5` and `100;w=60`, which drafts 3 to 7 had; else Malformed."""
    parts = tuple(_old_parts(lines))
    if not parts:
        raise Malformed("not a list of named policies with parameters")
    return Read(", ".join(str(one.name) for one in parts), parts)


def _old_parts(lines: Sequence[str]) -> Iterator[HeaderPart]:
    try:
        for item in parse_list(lines):
            if isinstance(item, Item) and isinstance(item.value, int) and not isinstance(item.value, bool):
                values = _parameters(item)
                yield part(str(item.value), values, OLD_DRAFT)
        return
    except Malformed:
        pass
    for key, member in parse_dictionary(lines).items():
        if isinstance(member, Item) and isinstance(member.value, int):
            yield part(key, [str(member.value)], OLD_DRAFT)


def _number(lines: Sequence[str]) -> Read:
    """RateLimit-Limit, -Remaining and -Reset of the older drafts: an integer, in some with parameters or a list."""
    first = next(iter(parse_list(lines)), None)
    value = first.value if isinstance(first, Item) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("not a whole number")
    return Read(str(value))


SERVICE_READERS: Mapping[str, Reader] = {
    "alt-svc": alt_svc,
    "ratelimit": _quotas("r"),
    "ratelimit-limit": _number,
    "ratelimit-policy": _quotas("q"),
    "ratelimit-remaining": _number,
    "ratelimit-reset": _number,
    "x-rate-limit-limit": as_sent,
    "x-rate-limit-remaining": as_sent,
    "x-rate-limit-reset": as_sent,
    "x-ratelimit-limit": as_sent,
    "x-ratelimit-remaining": as_sent,
    "x-ratelimit-reset": as_sent,
}
"""Reader by name in lower case."""
