"""Variants of one good site for the Observatory's scale: a few headers changed, and what the grade makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.model.grade import ObservatoryMark
from scanner.model.peer import PeerText
from scanner.rules.grades.observatory import mark
from tests.support.observatory_sites import Corpus, site

_BEGINNINGS = (
    "csp-implemented-with-",
    "cookies-",
    "cross-origin-resource-sharing-",
    "x-frame-options-",
    "sri-",
    "hsts-",
    "redirection-",
)
HOST = "v.example"
GOOD: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'",
}
SRI = 'integrity="sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"'
TO_HTTPS = {"status": 301, "headers": [["Location", f"https://{HOST}/"]], "body": ""}


def graded(case: Corpus) -> ObservatoryMark:
    """The mark of a case; with the reason alone where there is none."""
    found = site(case)
    return ObservatoryMark(reason=PeerText(found)) if isinstance(found, str) else mark(found)


def page(
    body: str = "<title>t</title><p>hello", *, status: int = 200, **changes: str | Sequence[str] | None
) -> dict[str, object]:
    """An answer with the good headers, changed: None takes one out, a list sends it several times."""
    return answer(body, status, {name.replace("_", "-"): value for name, value in changes.items()})


def answer(body: str, status: int, changes: Mapping[str, str | Sequence[str] | None]) -> dict[str, object]:
    """The same, the headers under their own names."""
    wanted: dict[str, str | Sequence[str] | None] = {**GOOD, **changes}
    lines = [
        [name, line]
        for name, value in wanted.items()
        if value is not None
        for line in ([value] if isinstance(value, str) else value)
    ]
    return {"status": status, "headers": lines, "body": body}


def case(answer: Any = None, *, plain: Any = None, more: Any = None, **fields: Any) -> Corpus:
    """A site whose document is `answer`, whose plain http answers `plain`, with `more` origins."""
    origins = {
        f"https://{HOST}": {"GET /": answer or page()},
        f"http://{HOST}": {"GET /": plain or TO_HTTPS},
        **(more or {}),
    }
    return Corpus(id="variant", host=HOST, origins=origins, **fields)


def result(made: Corpus, test: str) -> str | None:
    """The result of one test."""
    found = graded(made).tests
    assert test in found, graded(made).reason
    return found[test].result


def short(result: str | None) -> str:
    """The result without what all the results of its test begin with."""
    return next((result.removeprefix(one) for one in _BEGINNINGS if result.startswith(one)), result) if result else ""


def redirect(to: str, status: int = 301) -> dict[str, object]:
    """A redirect to `to`."""
    return {"status": status, "headers": [["Location", to]], "body": ""}
