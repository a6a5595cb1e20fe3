"""The public API's types, checked by mypy and never run."""

import asyncio

from probes.base import Known, Probe, ProbeInfo
from reports.base import Renderer
from reports.registry import renderer
from scanner import Policy, ScanOptions, ScanResult, Target, __version__, judge, scan
from scanner.model.observation import Observation
from scanner.net.session import Session


async def scans(targets: list[Target], policy: Policy) -> ScanResult:
    result: ScanResult = await scan(targets, options=ScanOptions(concurrency=5), policy=policy)
    again: ScanResult = judge(result, policy=policy)
    return again


def renders(targets: list[Target], policy: Policy) -> bytes:
    html: Renderer = renderer("html")
    return html.render(asyncio.run(scans(targets, policy)))


class TypedProbe:
    """A probe of another package."""

    info: ProbeInfo

    async def collect(self, session: Session, known: Known) -> Observation[str]:
        del known
        return session.observe(__version__)


one: Probe[str] = TypedProbe()
wider: Probe[object] = one
