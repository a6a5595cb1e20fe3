"""Arguments that several verbs share, each declared once with its help."""

from typing import Annotated

import typer

ResultFile = Annotated[str, typer.Argument(metavar="RESULT.json", help="A result of `leadline scan --format json`.")]
PolicyName = Annotated[str, typer.Option("--policy", metavar="ID|FILE", help="The policy to judge by.")]
GuideNames = Annotated[
    list[str] | None,
    typer.Option("--guide", metavar="ID|FILE", help="Also answer this checklist; see leadline policies. Repeatable."),
]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="console (default), json, jsonl or html.")
]
OutputFiles = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write here; the ending tells the format. Repeatable."),
]
FailOn = Annotated[str, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 from this severity on, or none.")]
Now = Annotated[str | None, typer.Option("--now", metavar="TIME", help="Judge as of this RFC 3339 time.")]
