"""Text that is set as code: the nearest such element decides, within a window."""

import pytest

from scanner.wire.code_text import REACH, in_code


@pytest.mark.parametrize(
    ("before", "inside"),
    [
        ("<pre>", True),
        ('<pre class="hljs"><span>', True),
        ("<p><code>", True),
        ("<samp\n>", True),
        ("<pre>a</pre>", False),
        ("<pre>a</pre><code>", True),
        ("<pre><code>a</code>", True),
        ("<codex>", False),
        ("<code>a</code><codex>", False),
        ("<preface><p>", False),
        ("<p>", False),
        ("", False),
        ("<pre>" + " " * REACH, False),
    ],
)
def test_the_nearest_element_decides(before: str, inside: bool) -> None:
    assert in_code(before + "value", len(before)) is inside
