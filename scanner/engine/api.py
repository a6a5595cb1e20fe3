"""The engine's public face: `scan` some targets, `judge` a saved result again."""

import asyncio
import dataclasses
import datetime
import importlib
import secrets
from collections.abc import Callable, Sequence

from probes.registry import all_probes, plugins
from scanner.engine.collect import Means
from scanner.engine.document import Frame
from scanner.engine.events import Listener, silent
from scanner.engine.inputs import read_outside
from scanner.engine.one_target import scan_target
from scanner.model.guide import Guide
from scanner.model.options import ScanOptions
from scanner.model.policy import Policy
from scanner.model.result import RunStatus, ScanResult, TargetResult
from scanner.model.target import Target
from scanner.net.dial import Dialer
from scanner.net.pace import Paces
from scanner.net.resolve import Resolver
from scanner.policies.loader import load
from scanner.rules.registry import all_rules

Done = Callable[[TargetResult], None]


HEAD_START_SECONDS = 0.2
"""How long the first requests are left alone before the rules are loaded beside them."""


def ignore(_result: TargetResult) -> None:
    """For those who only want the whole."""


class Scan:
    """One run over some targets.

    `run()` brings every target's result; `document()` puts results together. Setting `stop` ends the work early: what
    runs is recorded as cancelled, and so is what was not begun.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        options: ScanOptions | None = None,
        policy: Policy | None = None,
        guides: Sequence[Guide] = (),
        listener: Listener = silent,
    ) -> None:
        """Reads what the scan needs from outside; raises `UserFault` for a CA file or list that cannot be used."""
        self.targets = tuple(targets)
        self.stop = asyncio.Event()
        options = options or ScanOptions()
        started = datetime.datetime.now(datetime.UTC)
        self._outside = read_outside(options, options.now or started)
        self._frame = Frame(
            run_id=secrets.token_hex(8),
            started=started,
            now=options.now or started,
            policy=policy or load("default"),
            inputs=(),
            guides=tuple(guides),
        )
        self._means = Means(
            options=options,
            dialer=Dialer(Paces(options.pace)),
            resolver=Resolver(
                overrides=options.overrides, nameserver=options.resolver, allow_private=options.allow_private
            ),
            trust=self._outside.trust,
            stop=self.stop,
            listener=listener,
        )

    async def run(self, done: Done = ignore) -> list[TargetResult]:
        """Every target's result in the order given; `done` is called with each as it is ready.

        What `done` raises ends the run, and is raised here.
        """
        probes = all_probes()
        results: dict[int, TargetResult] = {}
        waiting = iter(enumerate(self.targets))

        async def worker() -> None:
            for place, target in waiting:
                results[place] = await scan_target(target, self._means, self._frame, self._outside, probes)
                done(results[place])

        loading = asyncio.create_task(_load_judgement())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._means.options.concurrency, len(self.targets))):
                    group.create_task(worker())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None  # what came first; it is what the caller knows how to handle
        finally:
            loading.cancel()
        return [results[place] for place in range(len(self.targets))]

    def document(self, results: Sequence[TargetResult]) -> ScanResult:
        """One document over these results, in this order."""
        finished = datetime.datetime.now(datetime.UTC)
        inputs = (*self._outside.inputs(), *(plugin.as_input() for plugin in plugins()))
        frame = dataclasses.replace(self._frame, inputs=inputs)
        return frame.document(results, finished=finished, interrupted=self.stop.is_set())


async def _load_judgement() -> None:
    """Loads the rules in a thread while the network is waited for: most of the program, and nothing needs it before."""
    await asyncio.sleep(HEAD_START_SECONDS)
    await asyncio.to_thread(_import_judgement)


def _import_judgement() -> None:
    """Imports what judges, once a process."""
    importlib.import_module("scanner.engine.conclude")
    all_rules()


async def scan(
    targets: Sequence[Target],
    *,
    options: ScanOptions | None = None,
    policy: Policy | None = None,
    guides: Sequence[Guide] = (),
    listener: Listener = silent,
) -> ScanResult:
    """One document over all the targets, in the order given; with the rows of these guides at each.

    Never raises for what a peer does; `UserFault` for input that cannot be used.
    """
    run = Scan(targets, options=options, policy=policy, guides=guides, listener=listener)
    return run.document(await run.run())


def judge(
    result: ScanResult,
    *,
    policy: Policy | None = None,
    guides: Sequence[Guide] | None = None,
    now: datetime.datetime | None = None,
) -> ScanResult:
    """The same evidence judged again: by another policy, and by another instant where `now` is given. No network.

    `guides` are answered again, too; None stands for those that the result holds and that come with leadline. What was
    derived from data outside at the time of the scan (trust, preload) stays as it was.
    """
    from scanner.engine.conclude import rejudge  # all rules: a scan begins without them

    frame = Frame(
        run_id=result.run.id,
        started=result.run.started,
        now=now or result.run.now,
        policy=policy or load("default"),
        inputs=result.inputs,
        guides=_guides_in(result) if guides is None else tuple(guides),
    )
    targets = [rejudge(target, frame) for target in result.targets]
    return frame.document(targets, finished=result.run.finished, interrupted=result.run.status is RunStatus.INTERRUPTED)


def _guides_in(result: ScanResult) -> tuple[Guide, ...]:
    """The guides that a result holds, as they come with this leadline."""
    held = dict.fromkeys(guide.id for target in result.targets for guide in target.guides)
    if not held:
        return ()
    from scanner.policies.guide_loader import available_guides, load_guides  # all rules, as above

    return load_guides(one for one in held if one in available_guides())
