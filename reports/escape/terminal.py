"""The terminal's escaper: nothing of a peer's text may move a cursor, colour, retitle, ring or reverse."""

from reports.escape.visible import visible

LONGEST = 400
"""Characters of one text that a terminal shows; a report on a screen is for reading, the JSON holds the whole."""


def for_terminal(text: str, *, limit: int = LONGEST) -> str:
    r"""`text` on one line, with every control, BiDi and invisible character as `\x1b` and the like.

    At most `limit` characters are kept; where there were more, the end says how many. The result is plain text: it
    must go into a `rich.text.Text`, never into markup.
    """
    kept = visible(text[:limit])
    return kept if len(text) <= limit else f"{kept}… (+{len(text) - limit} characters)"
