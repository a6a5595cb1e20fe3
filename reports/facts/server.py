"""Facts of the derived server identity, in a line."""

from reports.facts.reading import as_text, at, texts
from reports.names import product_name


def server_line(derived: object) -> str:
    """`nginx (93 % sure), Apache behind it (88 % sure)`; empty where nothing was identified."""
    front, backend = _guess(at(derived, "server", "front")), _guess(at(derived, "server", "backend"))
    if backend:
        return f"{front or 'unknown'}, {backend} behind it"
    return front


def reasons(derived: object) -> tuple[str, ...]:
    """What speaks for it, front first."""
    return texts(at(derived, "server", "front", "because")) + texts(at(derived, "server", "backend", "because"))


def _guess(guess: object) -> str:
    family = as_text(at(guess, "family"))
    confidence = at(guess, "confidence")
    name = product_name(family)
    return f"{name} ({confidence:.0%} sure)" if name and isinstance(confidence, int | float) else name
