"""Visible text: characters that steer a display, or that nobody can see, become escapes that anybody can read."""

import re
from typing import Final

_STEERING: Final = (
    ("\x00", "\x1f"),  # C0 controls, ESC among them (ISO 6429)
    ("\x7f", "\x9f"),  # DEL and the C1 controls, CSI and OSC among them
    ("\xad", "\xad"),  # soft hyphen
    ("\u034f", "\u034f"),  # combining grapheme joiner
    ("\u061c", "\u061c"),  # Arabic letter mark (UAX #9)
    ("\u115f", "\u1160"),  # Hangul fillers
    ("\u17b4", "\u17b5"),  # Khmer inherent vowels
    ("\u180b", "\u180f"),  # Mongolian separators and selectors
    ("\u200b", "\u200f"),  # zero width; left-to-right and right-to-left marks
    ("\u2028", "\u202e"),  # line and paragraph separators; BiDi embeddings and overrides
    ("\u2060", "\u206f"),  # word joiner, invisible operators, BiDi isolates
    ("\u3164", "\u3164"),  # Hangul filler
    ("\ufeff", "\ufeff"),  # byte order mark
    ("\uffa0", "\uffa0"),  # halfwidth Hangul filler
    ("\ufff0", "\ufffb"),  # specials; interlinear annotation
    ("\ud800", "\udfff"),  # halves of surrogate pairs, which no encoding takes
    ("\U0001bca0", "\U0001bca3"),  # shorthand format controls
    ("\U0001d173", "\U0001d17a"),  # musical format controls
    ("\U000e0000", "\U000e0fff"),  # tags and variation selectors
)
"""First and last of each range. Source: Unicode 16, categories Cc, Cs, Zl and Zp, and Default_Ignorable_Code_Point of
DerivedCoreProperties.txt without the variation selectors of emoji (FE00 to FE0F), which only choose a glyph."""


def _pattern(spared: str) -> re.Pattern[str]:
    ranges = "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in _STEERING)
    return re.compile(f"(?![{re.escape(spared)}])[{ranges}]" if spared else f"[{ranges}]")


STEERING: Final = _pattern("")
"""One character that steers a display or hides."""

_ALL_BUT_LAYOUT: Final = _pattern("\n\t")


def visible(text: str, *, layout: bool = False) -> str:
    r"""`text` on one line, with `\x1b`, `\u202e` and the like for what steers or hides.

    With `layout`, line feeds and tabs stay.
    """
    return (_ALL_BUT_LAYOUT if layout else STEERING).sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
