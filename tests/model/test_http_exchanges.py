"""Which answer of a look is the document."""

import dataclasses

from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.outcome import Outcome
from scanner.model.peer import peer_text

HOP = Exchange(
    purpose=Purpose.ENTRY,
    hop=0,
    method="GET",
    url=peer_text("https://www.example.org/"),
    same_host=True,
    endpoint="192.0.2.1:443",
    outcome=Outcome.OK,
    status=200,
)


def test_results_from_before_own_was_told_have_their_document() -> None:
    seen = HttpExchanges(exchanges=(HOP,))

    assert seen.document is HOP
    assert seen.departure is None


def test_the_www_sibling_has_the_document_and_another_site_has_not() -> None:
    sibling = dataclasses.replace(HOP, same_host=False, own=True)
    elsewhere = dataclasses.replace(HOP, same_host=False)

    assert HttpExchanges(exchanges=(sibling,)).document is sibling
    assert HttpExchanges(exchanges=(elsewhere,)).document is None
