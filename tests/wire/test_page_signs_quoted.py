"""Signs of debuggers and file paths: the software's own markup counts, the words of manuals and addresses do not."""

import pytest

from scanner.wire.page_signs import page_signs

WORDS = (
    '<title>Werkzeug Debugger</title><p>EVALEX = true; yii-debug-toolbar, id="yii-debug-toolbar"; sf-toolbar and'
    ' /_profiler/; Whoops! There was an error. class="Whoops container"; id="tracy-bs"; xdebug-error xe-warning;'
    " window.ignite( ignition; laravel-exceptions-renderer; These routes have been tried, in this order:"
    " play-error-page; Plug.Debugger exception-info; cake-error DebugKit; Rails.root: /app Application Trace;"
    " __next-dev-overlay nextjs__container_errors; <code>DEBUG = True</code> in your Django settings file;"
    " <b>Warning</b>:  x in <b>/var/www/a.php</b> on line <b>3</b>"
)
"""A page with status 200 that talks about all of them."""


def found(text: str, *, error: bool = False) -> set[str]:
    return {f"{one.kind.value} {one.name}" for one in page_signs(text, error=error)}


def test_words_are_no_debug_page() -> None:
    assert found(WORDS) == set()


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ('<div id="sfwdt5f2c1a" class="sf-toolbar"></div><script>"/_profiler/"</script>', "debug-page Symfony"),
        ('<div id="yii-debug-toolbar" data-url="/debug"></div>', "debug-page Yii"),
        ('<pre class="cake-error"><b>Notice</b>', "debug-page CakePHP"),
        ("<br />\n<font size='1'><table class='xdebug-error xe-warning' dir='ltr'>", "debug-page Xdebug"),
        ("<br /> <b>Notice</b>:  x in <b>/var/www/a.php</b> on line <b>3</b><br />", "stack-trace PHP"),
        ("<title>Console // Werkzeug Debugger</title><script>EVALEX = true</script>", "debug-page Werkzeug"),
    ],
)
def test_their_markup_is_one_with_any_status(text: str, sign: str) -> None:
    assert found(text) == {sign}


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("<style class=laravel-exceptions-renderer>", "debug-page Laravel"),
        ("<b>Rails.root: /app</b><a>Application Trace</a>", "debug-page Rails"),
        ("<title>Plug.Debugger</title><div class=exception-info>", "debug-page Phoenix"),
        ('<div id="tracy-bs">', "debug-page Tracy"),
    ],
)
def test_what_they_answer_errors_with_is_one_there(text: str, sign: str) -> None:
    assert found(text, error=True) == {sign}
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('<script src="/app/themes/shop/assets/main.js"></script>', False),
        ("<link href='/home/a/style.php'>", False),
        ("<img src=/opt/a/b.php>", False),
        ('{"chunks":["/app/shop/main.js"]}', False),
        ("in <b>/var/www/html/index.php</b>", True),
        ('{"file":"/srv/shop/index.php"}', True),
        ("at f (/app/lib/main.js:12:3)", True),
        ('File "/app/main.py"', True),
    ],
)
def test_addresses_are_no_paths_of_files(text: str, path: bool) -> None:
    assert ("file-path Unix" in found(text, error=True)) is path
