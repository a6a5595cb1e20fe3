"""One DNS question and its answer, by dnspython: every way in which it can end becomes a status.

Rule of the room: the only module that imports `dns`. Numbers of records and their length are capped; names and
records are the peer's text.
"""

import functools

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rcode
import dns.resolver

from scanner.errors import NotAsked
from scanner.model.evidence.dns_records import DnsStatus
from scanner.model.outcome import Stage
from scanner.model.peer import PeerText, peer_text
from scanner.net.budget import Deadline
from scanner.net.dns_answer import DnsAnswer

QUESTION_SECONDS = 4.0
"""The longest that one question may take, within the deadline, with its repeats."""

TRY_SECONDS = 1.5
"""How long one datagram is waited for before the question is sent again."""

MAX_RECORDS = 64
"""Records of one answer that are kept."""

MAX_RECORD = 4096
"""Characters of one record that are kept."""


async def ask(name: str, record_type: str, *, nameserver: tuple[str, int] | None, deadline: Deadline) -> DnsAnswer:
    """The answer for `name` (A-labels) and `record_type`, from `nameserver` or the system's name servers.

    Truncated answers are asked again over TCP. Raises `NotAsked` where this machine has no name server configured.
    """
    asked = functools.partial(DnsAnswer, name=name, type=record_type)
    seconds = deadline.sooner(QUESTION_SECONDS).remaining()
    if seconds == 0:
        return asked(status=DnsStatus.TIMEOUT)
    client = _client(nameserver)
    try:
        answer = await client.resolve(
            dns.name.from_text(name), record_type, search=False, lifetime=seconds, raise_on_no_answer=False
        )
    except dns.resolver.NXDOMAIN as error:
        responses = error.kwargs["responses"].values()
        return asked(status=DnsStatus.NXDOMAIN, aliases=_aliases(next(iter(responses))))
    except dns.resolver.LifetimeTimeout:
        return asked(status=DnsStatus.TIMEOUT)
    except dns.resolver.NoNameservers as error:
        return asked(status=_status_of(error), detail=str(error)[:300])
    except dns.exception.DNSException as error:
        return asked(status=DnsStatus.FAILED, detail=f"{type(error).__name__}: {error}"[:300])
    aliases = _aliases(answer.response)
    if answer.rrset is None:
        return asked(status=DnsStatus.NODATA, aliases=aliases)
    records = tuple(peer_text(record.to_text(), limit=MAX_RECORD) for record in list(answer.rrset)[:MAX_RECORDS])
    return asked(status=DnsStatus.OK, records=records, aliases=aliases)


def _client(nameserver: tuple[str, int] | None) -> dns.asyncresolver.Resolver:
    if nameserver is None:
        try:
            client = dns.asyncresolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            raise NotAsked("no name server is configured here; name one with --resolver", stage=Stage.RESOLVE) from None
    else:
        client = dns.asyncresolver.Resolver(configure=False)
        address, port = nameserver
        client.nameservers = [dns.nameserver.Do53Nameserver(address, port)]
    client.timeout = TRY_SECONDS
    return client


def _aliases(response: dns.message.QueryMessage) -> tuple[PeerText, ...]:
    """The names that the CNAME records of an answer lead through, without the question's own."""
    chain = response.resolve_chaining().cnames
    return tuple(peer_text(rrset[0].target.to_text(omit_final_dot=True)) for rrset in chain)


def _status_of(error: dns.resolver.NoNameservers) -> DnsStatus:
    """What the last name server said: its response code, or that it could not be used."""
    response = error.kwargs["errors"][-1][4] if error.kwargs["errors"] else None
    codes = {dns.rcode.SERVFAIL: DnsStatus.SERVFAIL, dns.rcode.REFUSED: DnsStatus.REFUSED}
    return DnsStatus.FAILED if response is None else codes.get(response.rcode(), DnsStatus.FAILED)
