"""Padding oracles in CBC suites of TLS 1.2 and below: POODLE over TLS, Zombie POODLE, GOLDENDOODLE and their like.

In each connection a handshake is completed without encrypt-then-MAC, and one broken record of an empty line sent. A
server has an oracle where what it says, or how the connection ends, tells one kind of brokenness from another; how long
that takes is not looked at.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from probes.answer_trial import REPEATS, Trial, Verdict, try_forms
from probes.cbc_records import BOTH, EMPTY_MAC, EMPTY_PADDING, MAC, NAMES, NO_ROOM, PADDING, PADDINGS, RIGHT, sealed
from probes.flaw_words import ending, no, not_applicable, not_asked, unknown, yes
from probes.suite_conditions import TLS10, TLS11, TLS12, accepted, doubts
from probes.whole_answer import Answer, read_answer
from scanner.errors import Malformed, PeerFault
from scanner.model.evidence.tls_flaws import Flaw
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.net.session import Session
from scanner.net.tls12_connection import establish
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_records import CbcProtection, is_finishable
from scanner.wire.tls_offer import ALL_SCHEMES, FFDHE_GROUPS, SHARED_GROUPS, Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

PATIENCE_SECONDS = 1.0
"""How long silence must last to be one, at least."""

CONNECTION_SECONDS = 20.0
"""The longest that one connection may last."""

VERSIONS = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0)
TITLES = (TLS10, TLS11, TLS12)

MAX_PAIRS = 3
"""Pairs of version and suite that are asked about."""

MAX_CONNECTIONS = 60

_POODLE = "POODLE over TLS (records with wrong padding are taken for right ones)"
_TAKEN = "broken records are taken for right ones"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    version: Version
    suite: int

    @property
    def traits(self) -> SuiteTraits:
        return traits(suite_name(self.suite))

    @property
    def text(self) -> str:
        return f"{self.version.title} {suite_name(self.suite)}"


async def ask_cbc_oracle(session: Session, suites: TlsSuites | None, *, patience: float = PATIENCE_SECONDS) -> Flaw:
    """The flaw `padding_oracle`, over at most `MAX_CONNECTIONS` connections one after the other.

    Raises what is our own fault: a cap or the deadline.
    """
    if suites is None:
        return not_asked("the suites were not listed")
    pairs = _pairs(suites)
    if not pairs:
        return _without(suites)
    asker = _Asker(session, patience=patience)
    sound: list[str] = []
    doubtful: list[str] = []
    for pair in pairs:
        try:
            trial = await asker.trial(pair)
        except PeerFault as fault:
            doubtful.append(f"{pair.text}: handshake {asker.tries} could not be completed: {ending(fault)}")
            break  # perhaps it blocks us
        if trial.verdict is Verdict.DIFFERENT:
            proof = f"{_kind(trial.answers)}, in {pair.text}, {1 + REPEATS} times each: {trial.told(NAMES)}"
            return yes(proof, asker.flight, tries=asker.tries)
        (sound if _is_sound(trial) else doubtful).append(f"{pair.text}: {_told(trial)}")
    if doubtful:
        return unknown("; ".join(doubtful), tries=asker.tries)
    proof = (
        f"{len(NAMES) - 1} kinds of broken CBC records are answered alike, and not like right ones: {'; '.join(sound)}"
    )
    return no(proof, asker.first, tries=asker.tries)


def _pairs(suites: TlsSuites) -> tuple[_Pair, ...]:
    """The pairs to ask about: AES in the highest version and in TLS 1.0, 3DES; or what there is instead."""
    found = [
        _Pair(version=version, suite=suite)
        for version in VERSIONS
        for suite in (int(one.suite.code, 16) for one in accepted(suites, (version.title,)) if one.traits.cbc)
        if is_finishable(suite, version)
    ]
    aes = [pair for pair in found if pair.traits.cipher.startswith("AES")]
    wanted: tuple[Sequence[_Pair], ...] = (
        aes or found,
        [pair for pair in aes or found if pair.version is Version.TLS1_0],
        [pair for pair in found if pair.traits.triple_des],
    )
    picked = [min(some, key=_preference) for some in wanted if some]
    return tuple(dict.fromkeys(picked))[:MAX_PAIRS]


def _preference(pair: _Pair) -> tuple[int, bool, bool, int]:
    """Highest version first; HMAC-SHA1, of which implementations are most special; the exchange that costs least."""
    return -pair.version, pair.traits.mac != "SHA", pair.traits.key_exchange != "RSA", pair.suite


def _without(suites: TlsSuites) -> Flaw:
    """No suite to ask with."""
    if any(one.traits.cbc for one in accepted(suites, TITLES)):
        return unknown("no handshake can be completed here with the CBC suites that are accepted")
    if doubt := doubts(suites, TITLES):
        return unknown(doubt)
    return not_applicable("no CBC suite is accepted in TLS 1.0 to 1.2")


def _broken(trial: Trial) -> Answer:
    """The answer to broken records, where all are answered alike."""
    return trial.answers[MAC]


def _is_sound(trial: Trial) -> bool:
    return trial.verdict is Verdict.ALIKE and _broken(trial) != trial.answers[RIGHT]


def _told(trial: Trial) -> str:
    if trial.verdict is not Verdict.ALIKE:
        return f"{trial.verdict.value} ({trial.doubt or trial.told(NAMES)})"
    if not _is_sound(trial):
        return f"broken records are answered like right ones: {_broken(trial).text}"
    return _broken(trial).text


def _kind(answers: Mapping[str, Answer]) -> str:
    """What such a difference is known as."""
    taken = {form for form, answer in answers.items() if form != RIGHT and answer == answers[RIGHT]}
    if taken:
        return _POODLE if taken & PADDINGS else _TAKEN
    both = answers[BOTH]
    odd = {form for form, answer in answers.items() if form != RIGHT and answer != both}
    if odd == {NO_ROOM}:
        return "a padding oracle by records without room for a MAC (CVE-2016-2107)"
    if odd <= {EMPTY_MAC, EMPTY_PADDING}:
        return "a padding oracle by records without data (0-length, CVE-2019-1559)"
    known = {PADDING: "Zombie POODLE (wrong padding with a right MAC)", MAC: "GOLDENDOODLE (right padding, wrong MAC)"}
    return " and ".join(text for form, text in known.items() if form in odd) or "a padding oracle"


class _Asker:
    """Handshakes, each with one record after it. `tries` counts them; `first` and `flight` are of first and last."""

    def __init__(self, session: Session, *, patience: float) -> None:
        self.tries = 0
        self.first: ServerFlight | None = None
        self.flight: ServerFlight | None = None
        self._session = session
        self._patience = patience

    async def trial(self, pair: _Pair) -> Trial:
        """All kinds of records with one suite; again where the connections that are left allow it.

        Raises `PeerFault` where a handshake fails.
        """
        offer = _offer(pair, self._session.target.sni)

        async def ask(form: str) -> Answer:
            return await self._ask(offer, form)

        repeat = self.tries + len(NAMES) * (1 + REPEATS) <= MAX_CONNECTIONS
        return await try_forms(tuple(NAMES), ask, random=self._session.random, control=(RIGHT,), repeat=repeat)

    async def _ask(self, offer: Offer, form: str) -> Answer:
        self.tries += 1
        deadline = self._session.deadline.sooner(CONNECTION_SECONDS)
        connection = await establish(self._session, offer, ticket=False, deadline=deadline)
        try:
            self.flight = connection.flight
            self.first = self.first or connection.flight
            if not isinstance(connection.writer, CbcProtection) or connection.encrypt_then_mac:
                raise Malformed("records are not as the suite has them")
            await connection.send_raw(sealed(connection.writer, form))
            return await read_answer(connection, patience=self._patience)
        finally:
            connection.stream.abort()


def _offer(pair: _Pair, server_name: str | None) -> Offer:
    return Offer(
        versions=(pair.version,),
        suites=(pair.suite,),
        groups=(*SHARED_GROUPS, *FFDHE_GROUPS) if pair.traits.key_exchange == "DHE" else SHARED_GROUPS,
        signature_schemes=ALL_SCHEMES,
        server_name=server_name,
        status_request=False,
        scts=False,
        signals=False,
    )
