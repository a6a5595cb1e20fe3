"""The sheets of content: what is told of a page, and that no shape of evidence breaks them."""

from hypothesis import given
from hypothesis import strategies as st

from probes.content_reading import read_content
from reports.facts.content import content_sheets
from reports.facts.sheet import Sheet
from scanner.model.codec import to_builtins
from scanner.model.evidence.content import Content
from tests.probes.test_content import shop

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["scripts", "forms", "inline", "handlers", "secrets", "signs", "mixed", "no_page"]),
            children,
        )
    ),
    max_leaves=15,
)


def tables(evidence: Content) -> dict[str, Sheet]:
    return {one.title: one for one in content_sheets(to_builtins(evidence))}


def test_a_page() -> None:
    found = tables(read_content(shop()))

    inventory = found["Scripts and stylesheets of the page"]
    assert (
        "script",
        "https://cdn.example.net/lib@1.2.3/lib.js",
        "another site",
        "bound by a hash, sha384",
        "yes",
        "",
    ) in (inventory.rows)
    assert any(row[0] == "script (nonce)" for row in inventory.rows)
    assert ("CAPTCHA widgets", "reCAPTCHA") in found[""].rows
    assert set(found) >= {"Forms", "Named by plain http", "Hosts with a record", "Internal names and addresses"}


def test_no_page() -> None:
    assert list(tables(Content(no_page="the answer is JSON"))) == ["No page was looked at: the answer is JSON"]


@given(JSON)
def test_any_shape(evidence: object) -> None:
    assert all(isinstance(one, Sheet) for one in content_sheets(evidence))
