"""The HTML report's escapers: for the finished page, and for a link's target.

Jinja's autoescape takes `<`, `>`, `&` and quotes out of every value. What is left are characters that steer a display;
they are taken out of the whole page at once, so no way through a template can miss one.
"""

from urllib.parse import urlsplit

from reports.escape.visible import visible


def for_page(page: str) -> str:
    r"""A rendered page with every control, BiDi and invisible character as `\x1b` and the like.

    Line feeds and tabs stay: HTML gives them no meaning.
    """
    return visible(page, layout=True)


def link(url: str) -> str | None:
    """`url` where it may be a link's target: https or http, with a host, in ASCII that can be seen; else None."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"https", "http"} and parts.netloc else None
