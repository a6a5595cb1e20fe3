"""robots.txt (RFC 9309): the paths that robots are asked to leave alone, and which of them name an inner area."""

import re

from scanner.model.peer import PeerText, peer_text

MAX_CHARACTERS = 500 * 1024
"""Characters that are read: section 2.5 asks parsers for at least 500 kibibytes."""

MAX_PATHS = 200
"""Paths that are kept."""

LONGEST_PATH = 200
"""Characters of a path that are kept."""

_LINE = re.compile(r"[ \t]*disallow[ \t]*:[ \t]*([^#\r\n]*)", re.IGNORECASE)
_HTML = re.compile(r"\s*<(?:!doctype|html|head|body)", re.IGNORECASE)
_RULE = re.compile(r"^[ \t]*(?:user-agent|disallow|allow|sitemap)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TELLING = re.compile(
    r"(?<![a-z0-9])(?:admin(?:istrator|istration)?|backend|backup|bak|config|cpanel|database|db|debug|dump|export"
    r"|git|install|intern(?:al)?|intranet|jenkins|kibana|grafana|log|logs|manager?|old|phpmyadmin|pma|private|secret"
    r"|server-status|setup|sql|stage|staging|svn|temp|test|tmp|upload|wp-admin)(?![a-z0-9])",
    re.IGNORECASE,
)
"""Words of areas that are not meant for everybody; each alone between characters that are no letters or digits."""


def is_robots_txt(text: str) -> bool:
    """Whether the text is a robots.txt, and not a page that answers for every path. An empty one is one."""
    head = text[:4096]
    return not _HTML.match(head) and (not text.strip() or bool(_RULE.search(text[:MAX_CHARACTERS])))


def disallowed_paths(text: str) -> tuple[PeerText, ...]:
    """The paths of Disallow, each once, in order; an empty one allows everything and is left out."""
    found: dict[str, None] = {}
    for line in text[:MAX_CHARACTERS].splitlines():
        match = _LINE.match(line)
        if match and (path := match[1].strip(" \t")) and len(found) < MAX_PATHS:
            found[path[:LONGEST_PATH]] = None
    return tuple(peer_text(path) for path in found)


def names_inner_area(path: str) -> bool:
    """Whether a path names an area that is not meant for everybody."""
    return bool(_TELLING.search(path))
