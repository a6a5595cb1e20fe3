"""More Diffie-Hellman values for Raccoon's condition (CVE-2020-1968): whether a server uses its secrets again.

The attack needs a secret that lives longer than one handshake, and the timing of thousands of questions. Only the
secret's age is looked at, by the public value that goes with it; nothing is timed.
"""

from probes.suite_conditions import accepted
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.net.session import Session
from scanner.net.tls_client import attempt
from scanner.wire.tls_offer import ALL_SCHEMES, FFDHE_GROUPS, SHARED_GROUPS, Offer
from scanner.wire.tls_version import Version

HANDSHAKES = 3
"""All in one group: values in different groups differ anyhow."""

CONNECTION_SECONDS = 12.0

VERSIONS = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0, Version.SSL3)


async def show_dh_values(session: Session, suites: TlsSuites | None) -> int:
    """Begins up to `HANDSHAKES` handshakes with DHE where that is accepted; what they bring is in `session.flights`.

    Returns how many were begun. They stop at the first that fails. Raises nothing of the peer's.
    """
    offer = None if suites is None else _offer(suites, session.target.sni)
    if offer is None:
        return 0
    for count in range(1, HANDSHAKES + 1):
        went = await attempt(session, offer, deadline=session.deadline.sooner(CONNECTION_SECONDS))
        if went.fault is not None:
            return count
    return HANDSHAKES


def _offer(suites: TlsSuites, server_name: str | None) -> Offer | None:
    """The DHE suites of the highest version that has some."""
    for version in VERSIONS:
        found = [one for one in accepted(suites, (version.title,)) if one.traits.key_exchange == "DHE"]
        if found:
            return Offer(
                versions=(version,),
                suites=tuple(int(one.suite.code, 16) for one in found),
                groups=(*SHARED_GROUPS, *FFDHE_GROUPS),
                signature_schemes=ALL_SCHEMES,
                server_name=server_name,
                status_request=False,
                scts=False,
                extensions=version > Version.SSL3,
            )
    return None
