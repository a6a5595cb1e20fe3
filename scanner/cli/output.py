"""Output: where reports go. Standard output, or files that are checked before the work and replaced atomically."""

import contextlib
import os
import pathlib
import sys
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scanner.errors import UserFault

if TYPE_CHECKING:
    from reports.base import Renderer
    from scanner.model.result import ScanResult

DEFAULT_WIDTH = 100
"""Columns of the console report where no terminal says otherwise."""


class Output:
    """The places that a result is written to, each with its renderer.

    Construction raises `UserFault` for an unknown format or suffix, and for a path that cannot be written.
    """

    def __init__(self, format_name: str | None, files: Sequence[str], *, also_standard: bool = False) -> None:
        self._files: list[tuple[pathlib.Path, Renderer]] = []
        self._standard: Renderer | None = None
        for name in files:
            self._files.append((_writable(name), _for_file(name, format_name)))
        if not files or also_standard:
            self._standard = _for_terminal(format_name or "console")

    @property
    def streams(self) -> bool:
        """Whether standard output takes one document a target, as each is ready."""
        return self._standard is not None and self._standard.format == "jsonl"

    def write_now(self, result: "ScanResult") -> None:
        """Writes to standard output at once."""
        if self._standard is not None:
            _to_standard_output(self._standard.render(result))

    def write(self, result: "ScanResult") -> None:
        """Writes the whole result everywhere. Raises `UserFault` where a file cannot be written after all."""
        for path, renderer in self._files:
            _replace(path, renderer.render(result))
        if not self.streams:
            self.write_now(result)


def _for_file(name: str, format_name: str | None) -> "Renderer":
    from reports.registry import renderer, renderer_for_suffix, suffixes

    suffix = pathlib.Path(name).suffix.lower()
    if suffix in suffixes():
        return renderer_for_suffix(suffix)
    if format_name is not None:
        return renderer(format_name)
    known = ", ".join(suffixes())
    raise UserFault(f"-o {name}: the ending does not tell the format; use one of {known}, or say --format")


def _for_terminal(format_name: str) -> "Renderer":
    from reports.registry import renderer

    if format_name == "console":
        from reports.console import ConsoleReport

        return ConsoleReport(width=terminal_width(), colour=colour_wanted(sys.stdout))
    return renderer(format_name)


def terminal_width() -> int:
    """Columns of the terminal on standard output, else the default."""
    try:
        return max(60, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return DEFAULT_WIDTH


def colour_wanted(stream: object) -> bool:
    """Whether colours suit the stream: `NO_COLOR` wins, then `FORCE_COLOR`, then whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty is not None and isatty())


def _to_standard_output(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _writable(name: str) -> pathlib.Path:
    """The path, once it is sure that a file can be put there."""
    path = pathlib.Path(name)
    if path.is_dir():
        raise UserFault(f"-o {name}: is a directory; name a file in it")
    try:
        if _is_special(path):
            with path.open("ab"):
                return path
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            return path
    except OSError as error:
        raise UserFault(f"-o {name}: cannot be written: {error.strerror}") from None


def _is_special(path: pathlib.Path) -> bool:
    """Whether the path is a pipe or a device, which cannot be replaced."""
    return path.exists() and not path.is_file()


def _replace(path: pathlib.Path, data: bytes) -> None:
    """Puts `data` in the place of the file in one step: readers see the old or the new one, never a part."""
    try:
        if _is_special(path):
            path.write_bytes(data)
            return
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            pathlib.Path(temporary).chmod(0o666 & ~_umask())
            pathlib.Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                pathlib.Path(temporary).unlink()
            raise
    except OSError as error:
        raise UserFault(f"-o {path}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    """The process's umask; reading it means setting it for a moment."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
