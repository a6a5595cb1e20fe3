"""CCS injection (CVE-2014-0224): a ChangeCipherSpec that comes before the key exchange is taken.

OpenSSL before 1.0.1h then derives the record keys from a master secret that is still empty, so that anybody on the way
knows them. The proof is just that: a handshake is carried to its end under those keys, and the server's Finished can be
read with them. An alert or the end of the connection after the early ChangeCipherSpec is what sound servers give.
"""

from probes.flaw_words import no, unknown, yes
from probes.open_flight import OpenFlight, Reaction
from scanner.errors import Malformed, PeerFault
from scanner.model.evidence.tls_flaws import Flaw
from scanner.model.suite_traits import traits
from scanner.net.new_share import new_share
from scanner.wire.octets import vector
from scanner.wire.tls12_exchange import client_exchange
from scanner.wire.tls12_keys import KeySchedule
from scanner.wire.tls12_records import Protection, RandomBytes, is_finishable, key_lengths, prf_hash, protection
from scanner.wire.tls12_round import CLIENT_KEY_EXCHANGE, FINISHED
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_record import ContentType, record
from scanner.wire.tls_registry import suite_name

_EMPTY_MASTER = b""
_FIRST_PART = 6
"""Bytes of the ClientKeyExchange that go out first: whoever can read them waits for the rest."""

_MAX_RECORDS = 4
"""Records that a server sends to end a handshake: NewSessionTicket, ChangeCipherSpec, Finished."""


async def ask_ccs_injection(one: OpenFlight, random: RandomBytes) -> tuple[Flaw, bool]:
    """Asks in an open handshake; the flaw, and whether the server showed that it listens and has nothing more to say.

    A record that answers something else, maybe something that was asked before, shows no such thing.
    """
    flight = one.flight
    early = record(ContentType.CHANGE_CIPHER_SPEC, flight.version, b"\x01")
    first = await one.ask(early)
    if first.refusal:
        proof = f"a ChangeCipherSpec before the key exchange was answered with {first.text}"
        return no(proof, flight, sent=early, received=first.raw), True
    if not first.silent:
        return unknown(f"an early ChangeCipherSpec was answered with {first.text}", tries=1), False
    if not is_finishable(flight.suite, flight.version) or flight.compression:
        name = suite_name(flight.suite)
        return unknown(
            f"an early ChangeCipherSpec brought silence, and no record of {name} can be made", tries=1
        ), False
    try:
        ending = _Ending(one, random)
    except PeerFault as fault:
        return unknown(f"an early ChangeCipherSpec brought silence, and then: {fault.detail}", tries=1), False
    sealed = ending.begin()
    second = await one.ask(sealed)
    if second.refusal:
        text = f"a record under the keys of an empty master secret was answered with {second.text}"
        proof = f"an early ChangeCipherSpec brought silence, but {text}"
        return no(proof, flight, sent=sealed, received=second.raw), True
    if not second.silent:
        return unknown(f"a record under the keys of an empty master secret brought {second.text}", tries=1), False
    return await _carried_through(one, ending, sealed)


async def _carried_through(one: OpenFlight, ending: "_Ending", sealed: bytes) -> tuple[Flaw, bool]:
    """The rest of the handshake under those keys, and what the server makes of it."""
    reaction = await one.ask(ending.rest())
    came: list[str] = []
    while reaction.record is not None and len(came) < _MAX_RECORDS:
        if ending.is_finished(reaction):
            proof = (
                "after a ChangeCipherSpec before the key exchange a handshake was completed under the keys of an empty"
                " master secret, which anybody can compute: the server's Finished can be read with them"
            )
            return yes(proof, one.flight, sent=sealed, received=reaction.raw), True
        came.append(reaction.text)
        if reaction.refusal:
            break
        reaction = await one.ask(b"")
    if reaction.silent and not came:
        reason = "the server reacts neither to an early ChangeCipherSpec nor to anything after it"
        return unknown(reason, tries=1), False
    reason = (
        "after an early ChangeCipherSpec the server takes a record under the keys of an empty master secret in silence,"
        f" but no handshake could be completed with them: {', '.join(came) or reaction.text}. OpenSSL before 1.0.1 does"
        " so, and is not known to be open to the attack as a server"
    )
    return unknown(reason, tries=1), reaction.refusal and len(came) <= 1


class _Ending:
    """Our part of the handshake's end, sealed with the keys of an empty master secret.

    Raises what `client_exchange` raises.
    """

    def __init__(self, one: OpenFlight, random: RandomBytes) -> None:
        flight = one.flight
        self._changed = False
        exchange = client_exchange(
            traits(suite_name(flight.suite)),
            flight,
            client_version=int.from_bytes(one.transcript[4:6], "big"),
            random=random,
            make_share=new_share,
        )
        message = bytes((CLIENT_KEY_EXCHANGE,)) + vector(exchange.body, 3)
        transcript = one.transcript + message
        schedule = KeySchedule(
            version=flight.version,
            hash_name=prf_hash(flight.suite),
            client_random=one.client_random,
            server_random=flight.random,
        )
        if ExtensionType.EXTENDED_MASTER_SECRET in flight.extensions:
            master = schedule.extended_master_secret(exchange.premaster, transcript)
        else:
            master = schedule.master_secret(exchange.premaster)
        verify_data = schedule.verify_data(master, transcript, client=True)
        self._message = message
        self._finished = bytes((FINISHED,)) + vector(verify_data, 3)
        block = schedule.key_block(_EMPTY_MASTER, key_lengths(flight.suite).block)

        def keys(*, ours: bool) -> Protection:
            return protection(
                flight.suite,
                flight.version,
                block,
                client=ours,
                encrypt=ours,
                encrypt_then_mac=ExtensionType.ENCRYPT_THEN_MAC in flight.extensions,
                random=random,
            )

        self._ours, self._theirs = keys(ours=True), keys(ours=False)

    def begin(self) -> bytes:
        """The beginning of the ClientKeyExchange, in one record."""
        return self._ours.seal(ContentType.HANDSHAKE, self._message[:_FIRST_PART])

    def rest(self) -> bytes:
        """The rest of it, and Finished."""
        parts = (self._message[_FIRST_PART:], self._finished)
        return b"".join(self._ours.seal(ContentType.HANDSHAKE, part) for part in parts)

    def is_finished(self, reaction: Reaction) -> bool:
        """Whether this is the server's Finished behind its ChangeCipherSpec, readable with those keys."""
        found = reaction.record
        if found is None:
            return False
        if found.type is ContentType.CHANGE_CIPHER_SPEC:
            self._changed = True
            return False
        if not self._changed or found.type is not ContentType.HANDSHAKE:
            return False
        try:
            return self._theirs.open(found)[:1] == bytes((FINISHED,))
        except Malformed:
            return False
