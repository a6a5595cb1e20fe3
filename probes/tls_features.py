"""The probe of TLS features: what the server's handshakes can do, mostly read from hellos that were sent anyway."""

from probes.base import Group, Known, ProbeInfo, Scope
from probes.blocks import shut_out
from probes.feature_asker import HELLO_SECONDS
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome
from scanner.net.session import Session

MAX_CONNECTIONS = 60
"""The most that this probe opens at one endpoint; 14 where all is well, up to 30 more in profile deep, 10 for JARM."""


class TlsFeaturesProbe:
    """Looks at what the server's handshakes can do."""

    info = ProbeInfo(
        id="tls_features",
        topic="tls_features",
        group=Group.TLS,
        title="TLS features",
        sends="Up to 14 connections. Hellos without a server name, with a name under .invalid, with ALPN for browsers"
        " and for nobody, with GREASE, unknown values and padding, with SHA-1 signatures only, and marked as a"
        " fallback; each ends after the server's first flight. Up to six whole handshakes that are resumed, and one"
        " renegotiation, without application data. A few more where the server refuses, hangs up, or with profile"
        " deep.",
        sends_on_request="With --jarm, the ten hellos of that fingerprint.",
        scope=Scope.ADDRESS,
        max_connections=MAX_CONNECTIONS,
        produces=TlsFeatures,
        since="0.1.0",
        requires=frozenset({"tls_suites", "certificates"}),
        needs_tls=True,
        quick=False,
    )

    def __init__(self, seconds: float = HELLO_SECONDS) -> None:
        self._seconds = seconds

    async def collect(self, session: Session, known: Known) -> Observation[TlsFeatures]:
        """The features. Not assessed without a single ServerHello, or where the server shut us out before."""
        if (why := shut_out(known, self.info.requires)) is not None:
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail=why)
        from probes.feature_look import look  # loaded once the suites are listed: a scan is on its way before that

        return await look(session, known.evidence("tls_suites", TlsSuites), seconds=self._seconds)
