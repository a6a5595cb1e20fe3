"""Hostile servers of every kind against the whole engine: it ends in time, says nothing false, and leaves nothing."""

import asyncio
import dataclasses
import gc
import pathlib
import time
from collections.abc import Iterator

import pytest

from scanner import isolate
from scanner.engine.api import Scan
from scanner.engine.collect import PROBE_BYTES
from scanner.model.options import Override, ScanOptions
from scanner.model.outcome import Outcome
from scanner.model.result import TargetResult
from scanner.model.rule import RuleStatus
from scanner.net.dial import READ_SIZE
from scanner.rules.registry import all_rules
from tests.hostile import certificates
from tests.hostile.behaviours import Behaviour, Stage, crossed, well_kept
from tests.hostile.peers import Hostiles, open_things, tls_context
from tests.hostile.special import special
from tests.support.sessions import target_of

DEADLINE = 1.2
OVERRUN = 3.0  # on a machine whose cores are busy with other tests; a hang has no end
LONGEST_LAG = 3.0  # seconds that the event loop may stand still while all cores are busy with other tests
TOGETHER = 16

HTTP_TOPICS = frozenset({"http_exchanges", "http_headers", "leakage", "cookies", "redirects", "server_identity"})
TOPICS = {rule.info.id: rule.info.topic for rule in all_rules()}

BEHAVIOURS = (*crossed(), *special())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of all the scans."""

    results: tuple[TargetResult, ...]
    longest_lag: float
    complaints: list[str]
    tasks_left: int


def host_of(number: int) -> str:
    return f"h{number}.example.org"


async def scan_all(ports: list[tuple[int, int]], ca: str) -> Ran:
    """Scans a host for each pair of ports (https and http), some of them at once."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(str(context)))
    overrides = tuple(
        Override(host=host_of(number), port=port, address="127.0.0.1", to_port=to)
        for number, pair in enumerate(ports)
        for port, to in zip((443, 80), pair, strict=True)
    )
    options = ScanOptions(deadline=DEADLINE, overrides=overrides, ca=(ca,), concurrency=TOGETHER)
    lags = [0.0]

    async def watch() -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.01)
            lags.append(time.monotonic() - begun - 0.01)

    watching = asyncio.create_task(watch())
    results = await Scan([target_of(host_of(number), 443) for number in range(len(ports))], options=options).run()
    watching.cancel()
    await asyncio.wait({watching})
    return Ran(
        results=tuple(results),
        longest_lag=max(lags),
        complaints=complaints,
        tasks_left=len(asyncio.all_tasks()) - 1,
    )


def run_all(behaviours: tuple[Behaviour, ...], ca: pathlib.Path) -> Ran:
    """Every behaviour served and scanned, in this order."""
    hosts = [host_of(number) for number in range(len(behaviours))]
    chains = {
        "leaf": certificates.leaf(*hosts),
        "long": certificates.long(*hosts),
        "huge": certificates.huge(*hosts),
        "other": certificates.leaf("somebody.example.net"),
    }
    ca.write_bytes(certificates.authority().cert_pem.bytes())
    with Hostiles() as hostiles:
        ports = []
        for one in behaviours:
            chain = chains[one.chain]
            context = tls_context(chain.chain, chain.key, newest=one.newest)
            ports.append((hostiles.serve(one.script, context), hostiles.serve(one.script)))
        return asyncio.run(scan_all(ports, str(ca)))


def found(result: TargetResult) -> set[str]:
    return {one.rule for one in result.findings}


def what_is_wrong(behaviour: Behaviour, result: TargetResult, well: TargetResult) -> Iterator[str]:
    """Whatever must not come of a scan of this server."""
    if result.cost.seconds > DEADLINE + OVERRUN:
        yield f"took {result.cost.seconds:.2f} s"
    for one in result.observations:
        if one.outcome is Outcome.INTERNAL_ERROR:
            yield f"{one.probe}: internal error: {one.detail}"
        if one.cost.bytes_in > PROBE_BYTES + READ_SIZE:
            yield f"{one.probe}: read {one.cost.bytes_in} bytes"
    false = {rule for rule in found(result) - found(well) if not {rule, rule[:3]} & behaviour.may}
    if false:
        yield f"found {sorted(false)}"
    for outcome in result.outcomes:
        passed, topic = outcome.status is RuleStatus.PASS, TOPICS[outcome.rule]
        known = passed or outcome.status is RuleStatus.FAIL
        silent = behaviour.stage is Stage.TCP and behaviour.name != "fatal alerts at tcp"  # an alert is a refusal
        if silent and known and topic not in HTTP_TOPICS:
            yield f"{outcome.rule} of a server that never said a word of TLS: {outcome.status}"
        if behaviour.stage < Stage.HEAD and passed and topic in HTTP_TOPICS:
            yield f"{outcome.rule} passed without an answer over https"


TORN = tuple(one for one in BEHAVIOURS if one.name in {"torn at head", "torn at body", "torn at close"})
"""Sound answers, one byte at a time."""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.patient), 5])
def test_every_behaviour(tmp_path: pathlib.Path, every: int) -> None:
    behaviours = BEHAVIOURS[::every]
    calm = run_all((well_kept(), *TORN), tmp_path / "ca.pem")  # what is loaded once and kept is no leak
    isolate.close()
    before = sorted(open_things())
    well, *in_bits = calm.results
    for result in in_bits:
        assert found(result) <= found(well), "one byte at a time tells the same"
        assert found(well) - found(result) <= {"OPS012"}, "what is asked last may be out of time on a busy machine"

    ran = run_all(behaviours, tmp_path / "ca.pem")

    isolate.close()
    gc.collect()
    wrong = [
        f"{behaviour.name}: {what}"
        for behaviour, result in zip(behaviours, ran.results, strict=True)
        for what in what_is_wrong(behaviour, result, well)
    ]
    assert wrong == []
    assert (ran.complaints, ran.tasks_left) == ([], 0)
    assert sorted(open_things()) == before
    assert ran.longest_lag < LONGEST_LAG


def test_there_are_enough_of_them() -> None:
    names = [one.name for one in BEHAVIOURS]

    assert len(names) == len(set(names))
    assert len(names) >= 120
