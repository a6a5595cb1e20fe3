"""Messages: lines for people, on standard error. A message that nobody reads any more never spoils the work."""

import contextlib
import sys


def tell(text: str) -> None:
    """Writes `text` to standard error as it is; nothing happens where that is closed."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()
