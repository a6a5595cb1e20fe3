"""List files: data from outside that the user names (`--preload-list`), read once, with its hash."""

import dataclasses
import datetime
import hashlib
import pathlib

from scanner.errors import UserFault

MAX_LIST_BYTES = 64 * 1024 * 1024
"""The largest list file that is read; Chromium's preload list has about 20 MB."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A file as it was read. `date` is the day on which it was last changed, in UTC."""

    path: str
    sha256: str
    date: datetime.date
    text: str = dataclasses.field(repr=False)


def read_list(path: str) -> ListFile:
    """The file. Raises `UserFault` where it cannot be read, is too large, or is no UTF-8 text."""
    file = pathlib.Path(path)
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_LIST_BYTES + 1)
        changed = datetime.datetime.fromtimestamp(file.stat().st_mtime, tz=datetime.UTC).date()
    except OSError as error:
        raise UserFault(f"{path}: {error.strerror}") from None
    if len(raw) > MAX_LIST_BYTES:
        raise UserFault(f"{path}: larger than {MAX_LIST_BYTES} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UserFault(f"{path}: no UTF-8 text") from None
    return ListFile(path=path, sha256=hashlib.sha256(raw).hexdigest(), date=changed, text=text)
