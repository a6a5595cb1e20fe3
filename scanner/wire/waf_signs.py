"""Signs of firewalls and of networks in front of a site (`data/waf_signs.toml`): an answer in, vendors out. Passive."""

import dataclasses
import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import TypedDict, cast

from scanner.model.evidence.http_exchanges import Exchange
from scanner.model.evidence.operation import WafRole, WafSign
from scanner.model.peer import peer_text

PAGE_CHARACTERS = 64 * 1024
"""How much of a page is searched."""

REFUSALS = frozenset({401, 403, 405, 406, 429, 501, 503})
"""Statuses of refusal pages: on others a piece of such a page may be anything, a text about the product for one."""

LONGEST_VALUE = 256
"""Characters of a header value or cookie name that are looked at."""


class _Row(TypedDict, total=False):
    vendor: str
    role: str
    headers: dict[str, str]
    cookies: list[str]
    pages: list[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Product:
    """One product and its signs."""

    vendor: str
    role: WafRole
    headers: Mapping[str, re.Pattern[str]]
    cookies: re.Pattern[str] | None
    pages: tuple[str, ...]


@functools.cache
def _products() -> tuple[_Product, ...]:
    text = importlib.resources.files("scanner.wire").joinpath("data/waf_signs.toml").read_text("utf-8")
    rows = cast("list[_Row]", tomllib.loads(text)["products"])
    return tuple(
        _Product(
            vendor=row["vendor"],
            role=WafRole(row["role"]),
            headers={name: re.compile(value, re.IGNORECASE) for name, value in row.get("headers", {}).items()},
            cookies=re.compile("|".join(row["cookies"]), re.IGNORECASE) if "cookies" in row else None,
            pages=tuple(row.get("pages", ())),
        )
        for row in rows
    )


def waf_signs(exchange: Exchange, place: int) -> Iterator[WafSign]:
    """The signs on one answer, the first of each kind a product. `place` is the answer's place in the evidence."""
    headers = {one.name.strip(" \t").lower(): one.value[:LONGEST_VALUE] for one in reversed(exchange.fields)}
    cookies = [_cookie_name(value) for value in exchange.values("set-cookie")]
    text = exchange.body.text if exchange.body is not None and exchange.status in REFUSALS else None
    page = (text or "")[:PAGE_CHARACTERS]
    for product in _products():
        for where in _places(product, headers, cookies, page):
            yield WafSign(vendor=product.vendor, role=product.role, where=peer_text(where), at=place)


def _places(product: _Product, headers: Mapping[str, str], cookies: list[str], page: str) -> Iterator[str]:
    header = next((name for name, value in product.headers.items() if value.search(headers.get(name, ""))), None)
    if header is not None:
        yield f"header {header}"
    pattern = product.cookies
    cookie = next((name for name in cookies if pattern is not None and pattern.fullmatch(name)), None)
    if cookie is not None:
        yield f"cookie {cookie}"
    if any(piece in page for piece in product.pages):
        yield "page"


def _cookie_name(line: str) -> str:
    return line.partition(";")[0].partition("=")[0].strip(" \t")[:LONGEST_VALUE]
