"""Output: where reports go. Standard output, or files that are checked before the work and replaced atomically."""

import contextlib
import errno
import os
import pathlib
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.errors import UserFault

if TYPE_CHECKING:
    from reports.base import Renderer
    from scanner.model.result import ScanResult

DEFAULT_WIDTH = 100
"""Columns of the console report where no terminal says otherwise."""

_PREFIX = ".leadline."


class Output:
    """The places that a result is written to, each with its format.

    What writes a format is loaded when the first result is there. Construction raises `UserFault` for an unknown format
    or suffix, and for a path that cannot be written.
    """

    def __init__(self, format_name: str | None, files: Sequence[str], *, also_standard: bool = False) -> None:
        self._files: list[tuple[pathlib.Path, str]] = []
        self._standard: str | None = None
        self._streamed = False
        for name in files:
            self._files.append((_writable(name), _for_file(name, format_name)))
        if format_name is not None:
            _check(format_name)
            if files and format_name not in {form for _, form in self._files}:
                raise UserFault(f"--format {format_name}: the endings of the -o files tell their formats; leave it out")
        if not files or also_standard:
            if sys.stdout is None:
                raise UserFault("standard output is closed; say -o FILE")
            self._standard = format_name or "console"

    @property
    def streams(self) -> bool:
        """Whether standard output takes one document a target, as each is ready."""
        return self._standard == "jsonl"

    def write_now(self, result: "ScanResult") -> bool:
        """Writes to standard output at once; False where its reader has gone (`| head`). Raises `UserFault`."""
        self._streamed = True
        return self._standard is None or _to_standard_output(_for_terminal(self._standard).render(result))

    def write(self, result: "ScanResult") -> None:
        """Writes the whole result everywhere; standard output only where nothing was written there at once before.

        Raises `UserFault` in the end where a place could not be written.
        """
        faults = []
        for path, form in self._files:
            try:
                _put(path, _renderer(form).render(result))
            except UserFault as fault:
                faults.append(fault)
        if not self._streamed:
            self.write_now(result)
        if faults:
            raise faults[0]


def _for_file(name: str, format_name: str | None) -> str:
    """The format of a file, by its ending or as it was said."""
    from reports.registry import format_of, suffixes

    suffix = pathlib.Path(name).suffix.lower()
    if suffix in suffixes():
        return format_of(suffix)
    if format_name is not None:
        return _check(format_name)
    known = ", ".join(suffixes())
    raise UserFault(f"-o {name}: the ending does not tell the format; use one of {known}, or say --format")


def _check(format_name: str) -> str:
    from reports.registry import check

    return check(format_name)


def _renderer(format_name: str) -> "Renderer":
    from reports.registry import renderer

    return renderer(format_name)


def _for_terminal(format_name: str) -> "Renderer":
    if format_name != "console":
        return _renderer(format_name)
    from reports.console import ConsoleReport

    return ConsoleReport(width=terminal_width(), colour=colour_wanted(sys.stdout))


def terminal_width() -> int:
    """Columns of the terminal on standard output, else the default."""
    try:
        return max(60, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError, AttributeError):  # a closed standard output is None
        return DEFAULT_WIDTH


def colour_wanted(stream: object) -> bool:
    """Whether colours suit the stream: `NO_COLOR` wins, then `FORCE_COLOR`, then whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty is not None and isatty())


def _to_standard_output(data: bytes) -> bool:
    """Whether somebody read it."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again at its end
        raise UserFault(f"standard output: cannot be written: {error.strerror}") from None
    return True


def _writable(name: str) -> pathlib.Path:
    """The path, once it is sure that a file can be put there."""
    path = pathlib.Path(name)
    try:
        if path.is_dir():
            raise UserFault(f"-o {name}: is a directory; name a file in it")
        if _is_open_ended(path):
            if not os.access(path, os.W_OK):
                raise UserFault(f"-o {name}: cannot be written: {os.strerror(errno.EACCES)}")
            return path
        with tempfile.NamedTemporaryFile(dir=_real(path).parent, prefix=_PREFIX):
            return path
    except OSError as error:
        raise UserFault(f"-o {name}: cannot be written: {error.strerror}") from None


def _is_open_ended(path: pathlib.Path) -> bool:
    """Whether data is added to what is there: a pipe, a device, or the file that our own standard streams go to.

    `/dev/stdout` is a name for such a file; to put another file in its place would take the name away from everyone.
    """
    if not path.exists():
        return False
    there = path.stat()
    return not stat.S_ISREG(there.st_mode) or any(os.path.samestat(there, one) for one in _standard_streams())


def _standard_streams() -> Iterator[os.stat_result]:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or no file at all
            yield os.fstat(stream.fileno())


def _real(path: pathlib.Path) -> pathlib.Path:
    """The path itself where a symbolic link names it: the link stays."""
    return pathlib.Path(os.path.realpath(path))


def _put(path: pathlib.Path, data: bytes) -> None:
    try:
        if _is_open_ended(path):
            with contextlib.suppress(BrokenPipeError), path.open("ab") as stream:
                stream.write(data)
        else:
            _replace(_real(path), data)
    except OSError as error:
        raise UserFault(f"-o {path}: cannot be written: {error.strerror}") from None


def _replace(path: pathlib.Path, data: bytes) -> None:
    """Puts `data` in the place of the file in one step: readers see the old or the new one, never a part.

    The new file has the permissions of the old one.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        pathlib.Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            pathlib.Path(temporary).unlink()
        raise


def _umask() -> int:
    """The process's umask; reading it means setting it for a moment."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
