"""`leadline scan`: scans live endpoints and reports."""

from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.arguments import FailOn, FormatName, GuideNames, Now, OutputFiles, PolicyName

if TYPE_CHECKING:
    from scanner.model.options import ScanOptions

Many = list[str] | None


def run(
    urls: Annotated[
        Many, typer.Argument(metavar="URL...", help="What to scan; a bare host means https://host/.")
    ] = None,
    targets: Annotated[str | None, typer.Option(metavar="FILE|-", help="A file with one URL a line.")] = None,
    policy: PolicyName = "default",
    guide: GuideNames = None,
    format_: FormatName = None,
    output: OutputFiles = None,
    fail_on: FailOn = "high",
    only: Annotated[Many, typer.Option(metavar="TOPIC,...", help="Only these topics or groups.")] = None,
    skip: Annotated[Many, typer.Option(metavar="TOPIC,...", help="Not these topics or groups.")] = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="quick, standard or deep.")] = "standard",
    intrusive: Annotated[
        bool, typer.Option("--intrusive", help="Also send what could disturb a server; see leadline probes.")
    ] = False,
    address: Annotated[str, typer.Option(metavar="first|all|IP", help="Which of a name's addresses.")] = "all",
    resolve: Annotated[
        Many, typer.Option(metavar="HOST:PORT:ADDR[:PORT]", help="Use this address, never look the host up.")
    ] = None,
    sni: Annotated[str | None, typer.Option(metavar="NAME", help="The name to send in TLS.")] = None,
    ca: Annotated[Many, typer.Option(metavar="FILE", help="Also trust the roots in this PEM file.")] = None,
    preload_list: Annotated[
        str | None, typer.Option(metavar="FILE", help="The HSTS preload list, in Chromium's JSON form.")
    ] = None,
    deadline: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, max=86400, help="For each target (standard: 60).")
    ] = None,
    max_connections: Annotated[int, typer.Option(metavar="N", min=1, max=100000, help="For each address.")] = 300,
    rate: Annotated[str | None, typer.Option(metavar="N/s", help="Connections a second to one address.")] = None,
    gentle: Annotated[
        bool, typer.Option("--gentle", help="2 connections at a time, 5 a second unless --rate says otherwise.")
    ] = False,
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Targets at a time.")] = 20,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Names may resolve to private addresses.")
    ] = False,
    resolver: Annotated[str | None, typer.Option(metavar="ADDR", help="The name server to ask.")] = None,
    user_agent: Annotated[str | None, typer.Option(metavar="TEXT", help="Instead of leadline's own.")] = None,
    header: Annotated[
        Many, typer.Option(metavar="'Name: value'", help="Send it to the target's own origin; value may be env:NAME.")
    ] = None,
    jarm: Annotated[bool, typer.Option("--jarm", help="Also take the JARM fingerprint: ten more hellos.")] = False,
    ports: Annotated[
        bool, typer.Option("--ports", help="Also connect to a list of ports of each address; nothing is sent there.")
    ] = False,
    now: Now = None,
    capture: Annotated[
        bool, typer.Option("--capture", help="Keep the bytes of the TLS and certificate probes in the result.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress, no summary line.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line for each probe that ends.")] = False,
) -> int:
    """Scan live endpoints: probes collect evidence, rules judge it, a report comes out."""
    from scanner.cli import scan_options as parse
    from scanner.cli.output import Output
    from scanner.cli.run_scan import run_scan
    from scanner.model.options import ScanOptions
    from scanner.policies.loader import load
    from scanner.wire.target_url import parse_override

    threshold = parse.severity(fail_on)
    name = parse.server_name(sni)
    options = ScanOptions(
        profile=parse.profile(profile),
        address=parse.address(address),
        overrides=tuple(parse_override(text) for text in resolve or ()),
        ca=tuple(ca or ()),
        preload_list=preload_list,
        deadline=parse.deadline(deadline),
        max_connections=max_connections,
        pace=parse.pace(rate=rate, gentle=gentle),
        concurrency=concurrency,
        allow_private=allow_private,
        resolver=resolver,
        user_agent=parse.user_agent(user_agent),
        headers=parse.headers(header or ()),
        now=parse.instant(now),
        intrusive=intrusive,
        jarm=jarm,
        ports=ports or "ports" in parse.words(only or ()),
        capture=capture,
    )
    chosen = load(policy)
    guides = parse.guides(guide)
    wanted = parse.read_targets(urls or (), targets, name)
    places = Output(format_, output or ())
    return run_scan(
        wanted,
        options=_with_topics(options, parse.words(only or ()), parse.words(skip or ())),
        policy=chosen,
        guides=guides,
        output=places,
        fail_on=threshold,
        quiet=quiet,
        verbose=verbose,
    )


def _with_topics(options: "ScanOptions", only: tuple[str, ...], skip: tuple[str, ...]) -> "ScanOptions":
    """`options` with the topics of `--only` and `--skip`, groups expanded."""
    import dataclasses

    from probes.registry import all_probes
    from scanner.engine.plan import check_selection, expand

    probes = all_probes()
    chosen = dataclasses.replace(options, only=expand(only, probes, "--only"), skip=expand(skip, probes, "--skip"))
    check_selection(chosen, probes)
    return chosen
