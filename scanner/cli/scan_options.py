"""Scan options from the command line: texts in, values out, or one line that says what to do."""

import contextlib
import dataclasses
import datetime
import ipaddress
import math
import os
import pathlib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from scanner.errors import Malformed, UserFault
from scanner.model.options import GENTLE, HeaderOption, PaceLimits, Profile
from scanner.model.rule import Severity
from scanner.model.target import Target

if TYPE_CHECKING:
    from scanner.model.guide import Guide

MAX_TARGETS_BYTES = 64 * 1024 * 1024
"""The largest targets file that is read."""

_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(?:/s)?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_FIELD_VALUE = re.compile(r"[\x20-\x7e\t]*")
_OF_BODIES = frozenset({"content-length", "transfer-encoding"})


def words(values: Iterable[str]) -> tuple[str, ...]:
    """The words of comma-separated lists."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def severity(text: str) -> Severity | None:
    """The severity of `--fail-on`; None for `none`."""
    if text == "none":
        return None
    if text not in list(Severity):
        raise UserFault(f"--fail-on: unknown severity {text!r}; use none or one of {', '.join(Severity)}")
    return Severity(text)


def guides(names: Sequence[str] | None) -> "tuple[Guide, ...]":
    """The guides of `--guide`. Their rules are loaded only where one is asked for."""
    if not names:
        return ()
    from scanner.policies.guide_loader import load_guides

    return load_guides(names)


def profile(text: str) -> Profile:
    """The profile of `--profile`."""
    if text not in list(Profile):
        raise UserFault(f"--profile: unknown profile {text!r}; use one of {', '.join(Profile)}")
    return Profile(text)


def instant(text: str | None) -> datetime.datetime | None:
    """The instant of `--now`: RFC 3339 with a zone."""
    if text is None:
        return None
    try:
        value = datetime.datetime.fromisoformat(text)
        if value.tzinfo is not None and "T" in text.upper():
            return value.astimezone(datetime.UTC)
    except (ValueError, OverflowError):  # the zone may lead out of the calendar
        pass
    raise UserFault(f"--now: {text!r} is no RFC 3339 time with a zone; write for example 2026-11-21T12:00:00Z")


def deadline(seconds: float | None) -> float | None:
    """The seconds of `--deadline`. Its bounds are checked already; "not a number" is within none of them."""
    if seconds is not None and math.isnan(seconds):
        raise UserFault("--deadline: 'nan' is no number of seconds")
    return seconds


def pace(*, rate: str | None, gentle: bool) -> PaceLimits:
    """The pace that `--rate` and `--gentle` ask for."""
    if rate is None:
        return GENTLE if gentle else PaceLimits()
    match = _RATE.fullmatch(rate)
    number = float(match[1]) if match else 0.0
    if number <= 0:
        raise UserFault(f"--rate: {rate!r} is no rate; write connections a second, for example 10/s")
    base = GENTLE if gentle else PaceLimits()
    return PaceLimits(rate=number, burst=max(1, int(number)), open_at_once=base.open_at_once)


def address(text: str) -> str:
    """What `--address` asks for: first, all, or an address in its usual form."""
    if text in {"first", "all"}:
        return text
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise UserFault(f"--address: {text!r} is neither first, all nor an IP address") from None


def server_name(text: str | None) -> str | None:
    """The name of `--sni`, as A-labels."""
    from scanner.wire.host import parse_host

    if text is None:
        return None
    try:
        return parse_host(text).name
    except Malformed as fault:
        raise UserFault(f"--sni: {fault.detail}") from None


def user_agent(text: str | None) -> str | None:
    """The text of `--user-agent`, if it can stand in a header."""
    if text is not None and (not text or not _FIELD_VALUE.fullmatch(text)):
        raise UserFault("--user-agent: use printable ASCII characters")
    return text


def headers(values: Iterable[str]) -> tuple[HeaderOption, ...]:
    """The fields of `--header`. A value `env:NAME` is read from the environment, so that it stays out of `ps`."""
    found = []
    for text in values:
        name, colon, value = text.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _TOKEN.fullmatch(name):
            raise UserFault("--header: write 'Name: value' (the value may be env:NAME)")
        if name.lower() in _OF_BODIES:
            raise UserFault(f"--header {name}: requests have no body, and this field announces one")
        if value.startswith("env:"):
            variable = value.removeprefix("env:")
            if variable not in os.environ:
                raise UserFault(f"--header {name}: the environment has no variable {variable}")
            value = os.environ[variable]
        if not _FIELD_VALUE.fullmatch(value):
            raise UserFault(f"--header {name}: use printable ASCII characters in the value")
        found.append(HeaderOption(name=name, value=value))
    return tuple(found)


def read_targets(urls: Sequence[str], file: str | None, sni: str | None) -> tuple[Target, ...]:
    """The targets of the command line, then those of the targets file, each once.

    The file has one URL a line; empty lines and lines that begin with `#` are skipped.
    """
    from scanner.wire.target_url import parse_target

    targets = [parse_target(url) for url in urls]
    if file is not None:
        lines = _lines(file)
        if not lines:
            raise UserFault(f"{_shown(file)}: holds no target; write one URL a line")
        for number, line in lines:
            try:
                targets.append(parse_target(line))
            except UserFault as fault:
                raise UserFault(f"{_shown(file)}, line {number}: {fault}") from None
    if not targets:
        raise UserFault("name a URL to scan, or a file of them with --targets")
    if sni is not None:
        targets = [dataclasses.replace(target, sni=sni) if target.is_tls else target for target in targets]
    return tuple(dict.fromkeys(targets))


def _shown(file: str) -> str:
    return "standard input" if file == "-" else file


def _lines(file: str) -> list[tuple[int, str]]:
    if file == "-" and sys.stdin is None:
        raise UserFault("standard input: is closed")
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if file == "-" else pathlib.Path(file).open("rb") as opened:
            raw = opened.read(MAX_TARGETS_BYTES + 1)
    except OSError as error:
        raise UserFault(f"{_shown(file)}: cannot be read: {error.strerror}") from None
    if len(raw) > MAX_TARGETS_BYTES:
        raise UserFault(f"{_shown(file)}: larger than {MAX_TARGETS_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UserFault(f"{_shown(file)}, line {line}: no UTF-8 text") from None
    numbered = ((number, line.strip()) for number, line in enumerate(text.split("\n"), 1))
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]
