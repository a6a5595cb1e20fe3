"""ROBOT: whether a server tells if a block that RSA decrypted was well formed (Bleichenbacher's oracle).

Five differently broken blocks in ClientKeyExchange, each in a handshake of its own whose Finished is wrong anyhow: by
RFC 5246 section 7.4.7.1 a server takes a random secret for a broken block and fails at Finished, like for any other.
The blocks are those of Böck, Somorovsky, Young: Return Of Bleichenbacher's Oracle Threat (2018).
"""

from collections.abc import Callable, Mapping

from probes.answer_trial import REPEATS, Ask, Trial, Verdict, try_forms
from probes.flaw_words import ending, no, not_applicable, not_asked, unknown, yes
from probes.suite_conditions import CLASSIC, accepted, doubts
from probes.whole_answer import Answer, read_answer
from scanner.errors import Malformed, PeerFault
from scanner.model.evidence.tls_flaws import Flaw
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.suite_traits import traits
from scanner.net.session import Session
from scanner.net.tls12_connection import open_connection
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_client import Extent
from scanner.wire.tls12_exchange import PREMASTER_BYTES, pkcs1_block
from scanner.wire.tls12_records import RandomBytes, is_finishable
from scanner.wire.tls_alert import alert_text
from scanner.wire.tls_offer import ALL_SCHEMES, SHARED_GROUPS, Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

PATIENCE_SECONDS = 1.0
"""How long silence must last to be one, at least."""

CONNECTION_SECONDS = 20.0
"""The longest that one connection may last."""

VERSIONS = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0, Version.SSL3)

START, MISPLACED, MISSING = "start", "misplaced", "missing"

NAMES: Mapping[str, str] = {
    "right": "a well-formed block",
    START: "a block that does not start with 00 02",
    MISPLACED: "a block with its zero in a wrong place",
    MISSING: "a block without a zero",
    "version": "a block with a wrong version",
}
"""Form of the block: what to call it."""

MAX_CONNECTIONS = len(NAMES) * (2 + REPEATS)

_EXTENTS = {
    Extent.CLIENT_FINISHED: "with ChangeCipherSpec and a wrong Finished behind it",
    Extent.KEY_EXCHANGE: "with nothing behind it",
}

Block = Callable[[RandomBytes, Version, int], bytes]

_NO_VERSION = 0x0202

_AT_FINISHED = frozenset({alert_text(number) for number in (20, 21, 51)})
"""How a server answers a Finished that it cannot read, or that is wrong."""


def _padding(random: RandomBytes, count: int) -> bytes:
    return bytes(octet or 1 for octet in random(count))


def _whole(random: RandomBytes, version: int, size: int) -> bytes:
    secret = version.to_bytes(2, "big") + random(PREMASTER_BYTES - 2)
    return pkcs1_block(secret, size, random)


BLOCKS: Mapping[str, Block] = {
    "right": _whole,
    START: lambda random, _, size: b"\x41\x17" + _padding(random, size - 2),
    MISPLACED: lambda random, _, size: b"\0\2" + _padding(random, size - 4) + b"\0\x11",
    MISSING: lambda random, _, size: b"\0\2" + _padding(random, size - 2),
    "version": lambda random, _, size: _whole(random, _NO_VERSION, size),
}
"""Form: makes the block, from the version of the hello and the bytes of the modulus."""


async def ask_robot(session: Session, suites: TlsSuites | None, *, patience: float = PATIENCE_SECONDS) -> Flaw:
    """The flaw `robot`, over at most `MAX_CONNECTIONS` connections one after the other.

    Raises what is our own fault: a cap or the deadline.
    """
    if suites is None:
        return not_asked("the suites were not listed")
    choice = _choice(suites)
    if choice is None:
        return _without(suites)
    asker = _Asker(session, *choice, patience=patience)
    trials: dict[Extent, Trial] = {}
    try:
        for extent in _EXTENTS:
            repeat = not any(trial.verdict is not Verdict.ALIKE for trial in trials.values())
            trials[extent] = await try_forms(tuple(NAMES), asker.form(extent), random=session.random, repeat=repeat)
            if trials[extent].verdict is Verdict.DIFFERENT:
                return _oracle(asker, extent, trials[extent])
    except PeerFault as fault:
        return unknown(
            f"handshake {asker.tries} with static RSA could not be begun: {ending(fault)}", tries=asker.tries
        )
    return _no_oracle(asker, trials)


def _choice(suites: TlsSuites) -> tuple[Version, int] | None:
    """The highest version with a suite of static RSA, and the suite: best one whose records cannot be half right."""
    for version in VERSIONS:
        codes = [
            int(one.suite.code, 16) for one in accepted(suites, (version.title,)) if _is_static_rsa(one.suite.name)
        ]
        usable = [code for code in codes if is_finishable(code, version)]
        if usable:
            return version, min(usable, key=lambda code: not traits(suite_name(code)).aead)
    return None


def _is_static_rsa(name: str) -> bool:
    kind = traits(name)
    return kind.key_exchange == kind.authentication == "RSA"


def _without(suites: TlsSuites) -> Flaw:
    """No suite to ask with."""
    versions = CLASSIC[1:]  # SSLv2 has another key exchange
    if any(_is_static_rsa(one.suite.name) for one in accepted(suites, versions)):
        return unknown("no handshake can be completed here with the suites of static RSA that are accepted")
    if doubt := doubts(suites, versions):
        return unknown(doubt)
    return not_applicable("no suite with static RSA key exchange is accepted")


def _oracle(asker: "_Asker", extent: Extent, trial: Trial) -> Flaw:
    """The answers differ, and came back. Whoever learns of the first two bytes alone needs far fewer questions."""
    answers = trial.answers
    strong = answers[START] != answers[MISPLACED] or answers[START] != answers[MISSING]
    kind = "a strong oracle (it tells that a block starts with 00 02)" if strong else "a weak oracle"
    proof = f"{kind}: ClientKeyExchange {_EXTENTS[extent]}, {1 + REPEATS} times each: {trial.told(NAMES)}"
    return yes(proof, asker.flight, tries=asker.tries)


def _no_oracle(asker: "_Asker", trials: Mapping[Extent, Trial]) -> Flaw:
    for extent, trial in trials.items():
        if trial.verdict is not Verdict.ALIKE:
            text = f"ClientKeyExchange {_EXTENTS[extent]}: {trial.verdict.value} ({trial.doubt or trial.told(NAMES)})"
            return unknown(text, tries=asker.tries)
    whole, bare = (next(iter(trials[extent].answers.values())) for extent in _EXTENTS)
    if whole.silent:
        return unknown("no broken key exchange was answered at all", tries=asker.tries)
    asked_for = asker.flight is not None and asker.flight.certificate_request is not None
    if asked_for and not _AT_FINISHED & set(whole.records):
        reason = f"the server asks for a client certificate, and answers its absence with {whole.text}"
        return unknown(reason, tries=asker.tries)
    proof = (
        f"{len(NAMES)} kinds of blocks in ClientKeyExchange, one well-formed, are answered alike:"
        f" {_EXTENTS[Extent.CLIENT_FINISHED]} with {whole.text}, {_EXTENTS[Extent.KEY_EXCHANGE]} with {bare.text}"
    )
    return no(proof, asker.flight, tries=asker.tries)


class _Asker:
    """Handshakes with one suite. `tries` counts them, `flight` is the latest that was answered."""

    def __init__(self, session: Session, version: Version, suite: int, *, patience: float) -> None:
        self.tries = 0
        self.flight: ServerFlight | None = None
        self._session = session
        self._version = version
        self._patience = patience
        self._offer = Offer(
            versions=(version,),
            suites=(suite,),
            groups=SHARED_GROUPS,
            signature_schemes=ALL_SCHEMES,
            server_name=session.target.sni,
            status_request=False,
            scts=False,
            signals=False,
            extensions=version > Version.SSL3,
        )

    def form(self, extent: Extent) -> Ask:
        """What asks in one of the forms, to this extent."""
        return lambda name: self._ask(name, extent)

    async def _ask(self, name: str, extent: Extent) -> Answer:
        self.tries += 1
        connection = await open_connection(
            self._session,
            self._offer,
            make_block=self._maker(BLOCKS[name]),
            extent=extent,
            deadline=self._session.deadline.sooner(CONNECTION_SECONDS),
        )
        try:
            await connection.handshake()
            self.flight = connection.flight
            return await read_answer(connection, patience=self._patience)
        finally:
            connection.stream.abort()

    def _maker(self, block: Block) -> Callable[[bytes, int], bytes]:
        """Leaves our premaster secret out of the block: with that, Finished would be right for a well-formed one."""

        def make(_: bytes, size: int) -> bytes:
            if size < PREMASTER_BYTES + 11:
                raise Malformed(f"an RSA key of {size} bytes is too small for TLS")
            return block(self._session.random, self._version, size)

        return make
