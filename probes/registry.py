"""The registry of probes: our own by name, those of other packages through the entry-point group `leadline.probes`."""

import dataclasses
import functools
import importlib
import importlib.metadata
from collections.abc import Mapping

from probes.base import Probe
from scanner.errors import UserFault
from scanner.model.result import Input

ENTRY_POINT_GROUP = "leadline.probes"
"""An entry point of this group names a class (or a function) that returns a probe when called without arguments."""

BUILT_IN: Mapping[str, str] = {
    "dns_records": "probes.dns_records:DnsRecordsProbe",
    "tls_suites": "probes.tls_suites:TlsSuitesProbe",
    "tls_features": "probes.tls_features:TlsFeaturesProbe",
    "tls_groups": "probes.tls_groups:TlsGroupsProbe",
    "tls_flaws": "probes.tls_flaws:TlsFlawsProbe",
    "certificates": "probes.certificates:CertificatesProbe",
    "ocsp_stapling": "probes.ocsp_stapling:OcspStaplingProbe",
    "http_exchanges": "probes.http_exchanges:HttpExchangesProbe",
    "http_headers": "probes.http_headers:HttpHeadersProbe",
    "leakage": "probes.leakage:LeakageProbe",
    "cookies": "probes.cookies:CookiesProbe",
    "redirects": "probes.redirects:RedirectsProbe",
    "content": "probes.content:ContentProbe",
    "operation": "probes.operation:OperationProbe",
    "http3": "probes.http3:Http3Probe",
    "server_identity": "probes.server_identity:ServerIdentityProbe",
    "ports": "probes.ports:PortsProbe",
    "operation_trials": "probes.operation_trials:OperationTrialsProbe",
}
"""Our probes by topic, in the order in which reports show them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A package of others that brought a probe: named in every result, because plug-ins are code."""

    probe: str
    distribution: str
    version: str

    def as_input(self) -> Input:
        """How a result names it."""
        return Input(kind="plug-in", name=self.probe, source=f"{self.distribution} {self.version}")


def _load(module_and_name: str) -> Probe[object]:
    module, name = module_and_name.split(":")
    made: Probe[object] = getattr(importlib.import_module(module), name)()
    return made


@functools.cache
def _plugins() -> tuple[tuple[Plugin, Probe[object]], ...]:
    found = []
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda one: one.name):
        distribution = point.dist.name if point.dist else "?"
        try:
            probe: Probe[object] = point.load()()
            topic = probe.info.topic
        except Exception as error:
            raise UserFault(
                f"the probe {point.name!r} of {distribution} cannot be loaded ({type(error).__name__}: {error});"
                " mend or uninstall it"
            ) from error
        if topic in BUILT_IN:
            raise UserFault(f"the probe {point.name!r} of {distribution} takes our topic {topic!r}; uninstall it")
        version = point.dist.version if point.dist else "?"
        found.append((Plugin(probe=probe.info.id, distribution=distribution, version=version), probe))
    return tuple(found)


def plugins() -> tuple[Plugin, ...]:
    """The packages of others that bring probes here."""
    return tuple(plugin for plugin, _ in _plugins())


@functools.cache
def all_probes() -> tuple[Probe[object], ...]:
    """Every probe: ours first, then those of others by name. Raises `UserFault` for a plug-in that is broken."""
    return (*(_load(home) for home in BUILT_IN.values()), *(probe for _, probe in _plugins()))


def evidence_types() -> dict[str, type]:
    """The type of evidence of each topic: what a result is decoded with."""
    return {probe.info.topic: probe.info.produces for probe in all_probes()}
