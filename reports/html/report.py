"""The HTML report's renderer."""

import base64
import functools
import hashlib
import importlib.resources

import jinja2
from markupsafe import Markup

from reports.escape.html import for_page, link
from reports.facts.reading import clock, plural, size
from reports.facts.tree import short
from reports.html.view import page
from reports.names import product_name, reference_name
from reports.wording import capital, clipped, sentence, spans
from scanner.model.result import ScanResult

_POLICY = "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
"""The page's own Content-Security-Policy: nothing but our style sheet, by its hash (CSP3 section 8.4)."""


class HtmlReport:
    """One self-contained page for people: screen, phone and paper, light and dark."""

    format = "html"
    suffix = ".html"
    media_type = "text/html; charset=utf-8"

    def render(self, result: ScanResult) -> bytes:
        """The page in UTF-8."""
        template = _environment().get_template("report.html.j2")
        return for_page(template.render(page=page(result), style=_style(), policy=_policy())).encode()


def _resource(name: str) -> str:
    return importlib.resources.files("reports.html").joinpath("templates", name).read_text("utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_resource),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        link=link,
        reference=reference_name,
        product=product_name,
        short=short,
        clock=clock,
        size=size,
        plural=plural,
        spans=spans,
        sentence=sentence,
        capital=capital,
        clipped=clipped,
    )
    return environment


@functools.cache
def _style() -> Markup:
    """The style sheet, as it is: our own file, the one thing on the page that is not escaped."""
    return Markup(_resource("report.css"))  # noqa: S704 - package data, no text of a result


@functools.cache
def _policy() -> str:
    digest = hashlib.sha256(f"\n{_style()}".encode()).digest()
    return _POLICY.format(digest=base64.b64encode(digest).decode("ascii"))
