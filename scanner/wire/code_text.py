"""Text that is set as code: whether a place in a page's source stands in an element for quoted code.

Rule of the file: pure, and bounded by a window before the place. Manuals quote keys and addresses there as examples.
"""

REACH = 20_000
"""Characters before a place in which the element must begin."""

_ELEMENTS = ("pre", "code", "samp", "kbd")  # HTML sections 4.4.3, 4.5.15, 4.5.17 and 4.5.18
_AFTER_NAME = " >\t\r\n\f/"


def in_code(text: str, offset: int) -> bool:
    """Whether the nearest `pre`, `code`, `samp` or `kbd` element before `offset` in a page's source is still open."""
    start = max(0, offset - REACH)
    return any(_begins(text, name, start, offset) > text.rfind(f"</{name}", start, offset) for name in _ELEMENTS)


def _begins(text: str, name: str, start: int, end: int) -> int:
    """Where the last such element begins; -1 where none does."""
    place = text.rfind(f"<{name}", start, end)
    while place >= 0 and text[place + len(name) + 1 : place + len(name) + 2] not in _AFTER_NAME:
        place = text.rfind(f"<{name}", start, place)
    return place
