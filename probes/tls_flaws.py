"""The probe of known flaws: one odd conversation, and much that follows from what the other probes saw."""

import dataclasses

from probes.base import Group, Known, ProbeInfo, Scope
from probes.blocks import shut_out
from probes.feature_flaws import feature_flaws
from probes.intrusive_flaws import MAX_CONNECTIONS as MAX_CONNECTIONS_INTRUSIVE
from probes.intrusive_flaws import SENDS, ask_intrusive
from probes.key_reuse_flaw import key_reuse, reuses
from probes.odd_hello_flaws import MAX_CONNECTIONS, ask_odd_hellos
from probes.other_conditions import Seen, other_conditions
from probes.raccoon import show_dh_values
from probes.suite_conditions import suite_conditions
from scanner.errors import OwnFault, PeerFault
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.net.session import Session

PATIENCE_SECONDS = 2.0
"""How long silence must last to be one, at least."""

REQUIRED = frozenset({"tls_suites", "certificates", "tls_groups", "tls_features"})


class TlsFlawsProbe:
    """Asks about known flaws, harmlessly."""

    info = ProbeInfo(
        id="tls_flaws",
        topic="tls_flaws",
        group=Group.TLS,
        title="Known flaws of TLS servers",
        sends=(
            "One ClientHello of TLS 1.2 or below that offers DEFLATE and the heartbeat extension. Only where the server"
            " takes up heartbeats: one heartbeat request with 8000 bytes of payload and 16 of padding that claims 8016,"
            " so that a server with Heartbleed sends back our own padding and nothing of its memory. Then, in the same"
            " connection, a ChangeCipherSpec before its time; only where the server takes that in silence, the rest of"
            " the handshake, sealed with keys that everybody can compute. A server that refuses the hello is asked"
            " plainer ones, three in all. No application data is sent. Everything else is concluded from what the other"
            " TLS probes saw."
        ),
        sends_intrusive=SENDS,
        scope=Scope.ADDRESS,
        max_connections=MAX_CONNECTIONS,
        max_connections_intrusive=MAX_CONNECTIONS_INTRUSIVE,
        produces=TlsFlaws,
        since="0.1.0",
        requires=REQUIRED,
        needs_tls=True,
        quick=False,
    )

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience

    async def collect(self, session: Session, known: Known) -> Observation[TlsFlaws]:
        """Every flaw, with its proof or the reason why it is not known. Without a version, nothing to ask; and nothing
        more where the server shut us out before.
        """
        if (why := shut_out(known, REQUIRED)) is not None:
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail=why)
        suites = known.evidence("tls_suites", TlsSuites)
        if suites is not None and not any(one.supported is Answer.YES for one in suites.protocols.values()):
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="no protocol version was seen")
        features = known.evidence("tls_features", TlsFeatures)
        groups = known.evidence("tls_groups", TlsGroups)
        odd = await ask_odd_hellos(session, suites, patience=self._patience)
        if session.options.intrusive:
            await show_dh_values(session, suites)
        flights = session.flights.of(REQUIRED | {self.info.topic})
        reused = reuses(flights)
        seen = Seen(suites=suites, features=features, groups=groups, flights=flights, reuses=reused)
        flaws = {**odd.flaws, **feature_flaws(features, suites), **suite_conditions(suites), **other_conditions(seen)}
        flaws["key_reuse"] = key_reuse(reused, suites)
        flaws |= await ask_intrusive(session, suites)
        evidence = dataclasses.replace(TlsFlaws(), **flaws)
        if isinstance(odd.fault, PeerFault | OwnFault):
            return session.observe(evidence, outcome=odd.fault.outcome, stage=odd.fault.stage, detail=odd.fault.detail)
        return session.observe(evidence)
