"""leadline: scans live HTTP/TLS endpoints, keeps what they answered, and judges it by a policy.

The public names are loaded when they are first asked for (PEP 562), so that `leadline --help` stays fast.
"""

import importlib
from typing import TYPE_CHECKING

from scanner.version import __version__

if TYPE_CHECKING:
    from scanner.engine.api import judge, scan
    from scanner.model.options import ScanOptions
    from scanner.model.policy import Policy
    from scanner.model.result import ScanResult
    from scanner.model.target import Target

_HOMES = {
    "Policy": "scanner.model.policy",
    "ScanOptions": "scanner.model.options",
    "ScanResult": "scanner.model.result",
    "Target": "scanner.model.target",
    "judge": "scanner.engine.api",
    "scan": "scanner.engine.api",
}

__all__ = ["Policy", "ScanOptions", "ScanResult", "Target", "__version__", "judge", "scan"]


def __getattr__(name: str) -> object:
    """The public object `name`, imported from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
