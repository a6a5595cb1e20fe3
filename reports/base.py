"""The renderer protocol: what every report is."""

from typing import Protocol

from scanner.model.result import ScanResult


class Renderer(Protocol):
    """Turns a result into the bytes of one format.

    `format` is the name that `--format` takes, `suffix` the file ending that `-o` recognises it by (with the dot),
    `media_type` per RFC 6838.
    """

    @property
    def format(self) -> str:
        """The format's name."""

    @property
    def suffix(self) -> str:
        """The file ending, with the dot."""

    @property
    def media_type(self) -> str:
        """The media type."""

    def render(self, result: ScanResult) -> bytes:
        """The report. Deterministic: the same result gives the same bytes."""
