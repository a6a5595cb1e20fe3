"""Inputs: reads the data from outside that verdicts depend on, and names it for the result."""

import dataclasses
import datetime
import importlib.metadata

from scanner.derive.preload import PreloadList, parse_preload_list
from scanner.errors import UserFault
from scanner.model.options import ScanOptions
from scanner.model.result import Input
from scanner.net.list_files import read_list
from scanner.net.trust_stores import TrustStores

SUFFIX_PACKAGE = "publicsuffixlist"
"""The package that brings the Public Suffix List; the last part of its version is the list's day."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Data from outside that derivations need: trust stores, the HSTS preload list, and the instant."""

    trust: TrustStores
    now: datetime.datetime
    preload_list: PreloadList | None = None
    preload_input: Input | None = None

    def inputs(self) -> tuple[Input, ...]:
        """What of it was used, by name, for the result."""
        stores = [
            Input(kind="trust-store", name=store.name, source=store.source, sha256=store.sha256)
            for store in self.trust.loaded()
        ]
        lists = (self.preload_input, suffix_list()) if self.preload_input else (suffix_list(),)
        return (*stores, *lists)


def suffix_list() -> Input:
    """The Public Suffix List that says which hosts are one site, by its package, version and day."""
    version = importlib.metadata.version(SUFFIX_PACKAGE)
    day = version.rpartition(".")[2]
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == len("20261023") and day.isdigit() else None
    return Input(kind="public-suffix-list", name="publicsuffix.org", source=f"{SUFFIX_PACKAGE} {version}", date=date)


def read_outside(options: ScanOptions, now: datetime.datetime) -> Outside:
    """What derivations need from outside. Raises `UserFault` for a CA file or list that cannot be used."""
    trust = TrustStores(options.ca)
    trust.check()
    if options.preload_list is None:
        return Outside(trust=trust, now=now)
    file = read_list(options.preload_list)
    try:
        entries = parse_preload_list(file.text, date=file.date)
    except ValueError as error:
        raise UserFault(f"{options.preload_list}: {error}") from None
    named = Input(kind="preload-list", name=file.path, source=file.path, sha256=file.sha256, date=str(file.date))
    return Outside(trust=trust, preload_list=entries, now=now, preload_input=named)
