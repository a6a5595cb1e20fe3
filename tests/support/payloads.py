"""What a hostile server may write into a header, a certificate or a page to attack who reads the report."""

import pytest

ESC, BEL, ST, CSI_C1, OSC_C1, DCS_C1, ST_C1 = "\x1b", "\x07", "\x1b\\", "\x9b", "\x9d", "\x90", "\x9c"

TERMINAL = (
    f"{ESC}[2J{ESC}[H",  # clear the screen
    f"{ESC}[31mred{ESC}[0m",
    f"{ESC}[1A{ESC}[2Kno findings",  # overwrite the line above
    f"{ESC}]0;owned{BEL}",  # window title
    f"{ESC}]2;owned{ST}",
    f"{ESC}]8;;https://evil.example/{ST}click{ESC}]8;;{ST}",  # hyperlink
    f"{ESC}]52;c;cm0gLXJm{BEL}",  # clipboard
    f"{ESC}]1337;File=inline=1:AAAA{BEL}",
    f"{ESC}P+q544e{ST}",  # device control string
    f"{ESC}[?1049h",  # alternate screen
    f"{ESC}[6n",  # report the cursor: types into the shell
    f"{ESC}c",  # full reset
    f"{ESC}[8mhidden{ESC}[28m",
    f"{ESC}_payload{ST}",
    f"{CSI_C1}31mred",
    f"{OSC_C1}0;owned{ST_C1}",
    f"{DCS_C1}q{ST_C1}",
    "\x84\x85\x8d\x8e\x8f\x98\x9e\x9f",
    "line\r\noverwritten",
    "fine\rno findings",
    "a\nb\n\nc",
    "a\tb\vc\fd",
    "back\b\b\bspace",
    "nul\x00byte",
    "bell\x07",
    "del\x7f",
    "shift\x0eout\x0f",
    "\u2028line\u2029paragraph",
    "[bold red]markup[/bold red]",
    "[link=https://evil.example/]x[/link]",
    "[/]",
    ":warning: :pile_of_poo:",
)
"""Terminals and rich's markup."""

BIDI = (
    "\u202egnp.exe",  # right-to-left override
    "\u202a\u202b\u202c\u202d",
    "\u2066isolate\u2069",
    "\u2067\u2068",
    "\u200e\u200f\u061c",
    "zero\u200bwidth\u200c\u200d",
    "\ufeffbom\u2060joiner",
    "soft\xadhyphen",
    "\U000e0041\U000e0042tag",
    "\u115f\u1160\u3164\uffa0",
)
"""Text that reads otherwise than it is."""

HTML = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "</pre></dd></dl><h1>owned</h1>",
    "</textarea></noscript></template><svg/onload=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "` onmouseover=alert(1) `",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=https://evil.example/><button>x",
    "<!--",
    "-->",
    "<![CDATA[x]]>",
    "<?xml version='1.0'?>",
    "&lt;script&gt;",
    "&#x3c;script&#x3e;",
    "&colon;&NewLine;&zwj;",
    "{{7*7}}",
    "{% include '/etc/passwd' %}",
    "{{ page.__class__ }}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "expression(alert(1))",
    "url(https://evil.example/x.png)",
    "+ADw-script+AD4-alert(1)",  # UTF-7
)
"""Markup, handlers, links and template languages."""

CELLS_AND_MARKDOWN = (
    '=HYPERLINK("https://evil.example/","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "| a | b |",
    "```\nfence",
    "# heading",
    '"}],"schema":"leadline/result/2","x":[{"',
    "\\u001b[2J",
    "\ud800lone surrogate",
    "%s %d {0} {name}",
    "😀 é 中文",
)
"""Sheets, Markdown, JSON, formats; and text that is only foreign, which must survive."""

PAYLOADS = TERMINAL + BIDI + HTML + CELLS_AND_MARKDOWN


def sampled(every: int) -> pytest.MarkDecorator:
    """A parameter `payload`: each `every`-th of all is tried in `make test`, the others in `make patient`."""
    rows = [pytest.param(one, marks=() if i % every == 0 else pytest.mark.patient) for i, one in enumerate(PAYLOADS)]
    return pytest.mark.parametrize("payload", rows, ids=ascii)
