"""Running a scan for the terminal: signals, progress, reports, the summary line, the exit code."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence

from scanner.cli.exit_codes import ExitCode, exit_code
from scanner.cli.messages import tell
from scanner.cli.output import Output
from scanner.cli.progress import Progress
from scanner.cli.summary import internal_errors, summary_line
from scanner.engine.api import Scan
from scanner.model.guide import Guide
from scanner.model.options import ScanOptions
from scanner.model.policy import Policy
from scanner.model.result import ScanResult, TargetResult
from scanner.model.rule import Severity
from scanner.model.target import Target

Stream = Callable[[TargetResult], None]

_STOPS = (signal.SIGINT, signal.SIGTERM)


def run_scan(
    targets: Sequence[Target],
    *,
    options: ScanOptions,
    policy: Policy,
    guides: Sequence[Guide] = (),
    output: Output,
    fail_on: Severity | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Scans, writes the reports, and returns the exit code."""
    with Progress(len(targets), quiet=quiet, verbose=verbose) as progress:
        scan = Scan(targets, options=options, policy=policy, guides=guides, listener=progress.on_event)

        def stream(target: TargetResult) -> None:
            if output.streams and not output.write_now(scan.document([target])):
                scan.stop.set()  # nobody reads on: nothing more is asked of anyone

        result = asyncio.run(_until_done(scan, stream))
    if result is None:
        tell("leadline: stopped; the report was not written\n")
        return ExitCode.INTERRUPTED
    with _patience():
        output.write(result)
    for line in internal_errors(result):
        tell(f"leadline: {line}\n")
    if not quiet:
        tell(summary_line(result) + "\n")
    return exit_code(result, fail_on)


async def _until_done(scan: Scan, stream: Stream) -> ScanResult | None:
    """The result; None after a second Ctrl-C, which does not wait for anything."""
    work = asyncio.create_task(scan.run(stream))
    with _signals(scan, work):
        try:
            return scan.document(await work)
        except asyncio.CancelledError:
            return None


@contextlib.contextmanager
def _signals(scan: Scan, work: "asyncio.Task[list[TargetResult]]") -> Iterator[None]:
    """Ctrl-C or SIGTERM: once, finish and write; twice, stop."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if scan.stop.is_set():
            work.cancel()
        scan.stop.set()

    for number in _STOPS:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Writing is not given up at the first Ctrl-C or SIGTERM; at the second it is."""
    usual = {number: signal.getsignal(number) for number in _STOPS}

    def once(number: int, _frame: object) -> None:
        signal.signal(number, usual[signal.Signals(number)])

    for number in _STOPS:
        signal.signal(number, once)
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
