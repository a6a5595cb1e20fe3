"""Text bodies: whether a body is text, and in which charset (RFC 9110 section 8.3).

Rule of the room: a charset that a peer names picks a row of a table and never reaches a codec by itself.
"""

import re
from collections.abc import Sequence

from scanner.wire.media_type import essence

_LONGEST_LINE = 1000
"""Characters of a Content-Type in which a charset is looked for."""

_TEXT_TYPES = re.compile(
    r"text/[^;]*|application/(?:json|javascript|ecmascript|xml|xhtml\+xml|manifest\+json|problem\+json|[^;]*\+(?:json|xml))"
    r"|image/svg\+xml|message/http"
)
_CHARSET = re.compile(r""";[ \t]*charset[ \t]*=[ \t]*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)

_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso8859-15",
    "iso-8859-2": "iso8859-2",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "koi8-r": "koi8-r",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "cp932",
    "euc-jp": "euc-jp",
    "euc-kr": "cp949",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""Labels that sites use, and the codec that browsers take for them (WHATWG Encoding section 4.2)."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))


def is_text(content_types: Sequence[str]) -> bool:
    """Whether a body with these Content-Type lines is text; without one it may be."""
    kind = essence(content_types)
    return kind is None or _TEXT_TYPES.fullmatch(kind) is not None


def decode_text(data: bytes, content_types: Sequence[str]) -> str:
    """`data` as text: by its byte order mark, else the named charset, else UTF-8, else windows-1252 as browsers do.

    Bytes that do not fit become U+FFFD.
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    named = _CHARSET.search(content_types[-1][:_LONGEST_LINE]) if content_types else None
    codec = _CODECS.get(named[1].lower()) if named else None
    if codec is not None:
        return data.decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the end of the data cut in two does not make it another charset.
        cut = error.end == len(data) and len(data) - error.start < 4
        return data.decode("utf-8" if cut else "cp1252", "replace")
