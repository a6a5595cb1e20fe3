"""Clients: which of the known ones would connect, with what; decided from the evidence, without connecting again.

Rule of the room: pure. The highest version in common counts (RFC 8446 section 4.1.2, RFC 5246 appendix E.1), then the
order of the suites that is the server's or the client's, as was observed. What the evidence leaves open stays open:
the result then names the possible suites, or the reason why nothing can be said. Whether a client trusts the
certificate is another matter and not asked here, and intolerant servers are not simulated.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from scanner.derive.client_profiles import ClientProfile, client_profiles
from scanner.derive.client_server import MODERN, ServerView
from scanner.model.derived import ClientResult
from scanner.model.evidence.tls_suites import PROTOCOLS, Preference, ProtocolSupport, Suite
from scanner.model.outcome import Answer
from scanner.model.suite_traits import traits
from scanner.wire.tls_registry import group_name, suite_name

_NO_NAME = "sends no server name"
_WITHOUT_EXTENSIONS = "SSLv3"


def simulate(
    endpoint: str, server: ServerView, profiles: Sequence[ClientProfile] | None = None
) -> tuple[ClientResult, ...]:
    """The results of all known clients (or of `profiles`) at `endpoint`, in their order."""
    return tuple(_simulate(endpoint, server, one) for one in (client_profiles() if profiles is None else profiles))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How the choice of a suite ended: `possible` holds every suite that may have been chosen, one where it is sure."""

    connects: Answer
    possible: tuple[Suite, ...] = ()
    reason: str | None = None


def _simulate(endpoint: str, server: ServerView, client: ClientProfile) -> ClientResult:
    blank = ClientResult(
        endpoint=endpoint,
        client=client.id,
        name=client.name,
        version=client.version,
        date=client.date,
        current=client.current,
        reference=client.reference,
    )
    version, refusal = _version(server, client)
    if version is None:
        return dataclasses.replace(blank, connects=refusal.connects, reason=refusal.reason)
    outcome = _after_refusals(server, client, version, _choose(server, client, version))
    if version != _WITHOUT_EXTENSIONS:  # where nobody names the host, the evidence came without a name, too
        outcome = _without_name(server, client, outcome)
    outcome = _without_certificate(server, outcome)
    if outcome.connects is not Answer.YES:
        return dataclasses.replace(blank, connects=outcome.connects, protocol=version, reason=outcome.reason)
    return _connected(blank, server, client, version, outcome)


def _connected(
    blank: ClientResult, server: ServerView, client: ClientProfile, version: str, outcome: _Outcome
) -> ClientResult:
    secret = {traits(one.name).forward_secret for one in outcome.possible}
    if version != MODERN and _support(server, version).complete is not Answer.YES:
        secret = set()  # a suite that was not seen may come before these
    suite = outcome.possible[0] if len(outcome.possible) == 1 else None
    groups = {server.group(client, version, one) for one in outcome.possible}
    group = next(iter(groups)) if len(groups) == 1 else None
    certain = group.certain if group is not None else None
    return dataclasses.replace(
        blank,
        connects=Answer.YES,
        protocol=version,
        suite=suite.name if suite is not None else None,
        suite_code=suite.code if suite is not None else None,
        suites=tuple(one.name for one in outcome.possible) if suite is None else (),
        group=group_name(int(certain, 16)) if certain is not None else None,
        group_code=certain,
        groups=tuple(group_name(int(one, 16)) for one in group.possible) if group is not None else (),
        forward_secret=Answer.UNKNOWN if len(secret) != 1 else Answer.YES if secret.pop() else Answer.NO,
        reason=outcome.reason,
    )


# The version


def _version(server: ServerView, client: ClientProfile) -> tuple[str | None, _Outcome]:
    """The highest version in common; without one, why."""
    for version in reversed(PROTOCOLS):
        if version not in client.versions:
            continue
        supported = _support(server, version).supported
        if supported is Answer.YES:
            return version, _Outcome(connects=Answer.YES)
        if supported is Answer.UNKNOWN:
            return None, _Outcome(connects=Answer.UNKNOWN, reason=f"whether the server speaks {version} is not known")
    offered = client.versions[0] if len(client.versions) == 1 else f"{client.versions[0]} to {client.versions[-1]}"
    return None, _Outcome(connects=Answer.NO, reason=f"no version in common: the client speaks {offered}")


def _support(server: ServerView, version: str) -> ProtocolSupport:
    return server.suites.protocols.get(version) or ProtocolSupport(supported=Answer.UNKNOWN)


# The suite


def _choose(server: ServerView, client: ClientProfile, version: str) -> _Outcome:
    """Which suites the server may choose for this client."""
    support = _support(server, version)
    states = {one.code: server.serves(client, version, one) for one in support.suites}
    able = [one for one in support.suites if states[one.code] is not Answer.NO]
    whole = support.complete is Answer.YES
    if not able:
        if not whole:
            return _Outcome(connects=Answer.UNKNOWN, reason=f"not all suites of {version} are known")
        if dropped := [one.name for one in support.dropped if one.code in client.suites]:
            return _Outcome(connects=Answer.NO, reason=f"the server chooses {dropped[0]} and then breaks off")
        return _Outcome(connects=Answer.NO, reason=_nothing_in_common(client, version, support))
    possible = tuple(dict.fromkeys(one for order in _orders(client, support, able) for one in _heads(order, states)))
    sure = any(states[one.code] is Answer.YES for one in able)
    if any(one.code in client.suites for one in support.dropped) and not _comes_first(client, support, possible):
        return _Outcome(connects=Answer.UNKNOWN, reason="the server may choose a suite that it cannot complete")
    if not sure:
        return _Outcome(connects=Answer.UNKNOWN, possible=possible, reason=_what_is_missing(server, version, possible))
    if not whole:
        # Others may come before these. One alone would look like a certain choice.
        several = tuple(able) if len(able) > 1 else ()
        return _Outcome(connects=Answer.YES, possible=several, reason=f"not all suites of {version} are known")
    return _Outcome(connects=Answer.YES, possible=possible)


def _orders(client: ClientProfile, support: ProtocolSupport, able: list[Suite]) -> tuple[tuple[list[Suite], bool], ...]:
    """The orders of preference that may apply to what the server can take, and whether each is a strict one."""
    if len(able) == 1:
        return ((able, True),)
    if support.preference is Preference.SERVER:
        return ((able, True),)
    if support.preference is Preference.CLIENT:
        return ((sorted(able, key=lambda one: client.suites.index(one.code)), True),)
    if support.preference is Preference.SERVER_CHACHA:
        moved = sorted(able, key=lambda one: not _is_chacha(one.name))
        first = _puts_chacha_first(client)
        if first is Answer.UNKNOWN:
            return ((able, True), (moved, True))
        return ((moved if first is Answer.YES else able, True),)
    return ((able, False),)


def _heads(order: tuple[list[Suite], bool], states: dict[str, Answer]) -> Iterable[Suite]:
    """Those that may be chosen: all where the order is not known, else down to the first that is sure."""
    listed, strict = order
    for one in listed:
        yield one
        if strict and states[one.code] is Answer.YES:
            return


def _comes_first(client: ClientProfile, support: ProtocolSupport, possible: tuple[Suite, ...]) -> bool:
    """Whether the client's order decides, and puts what is chosen before all that the server breaks off with."""
    if support.preference is not Preference.CLIENT:
        return False
    broken = min(client.suites.index(one.code) for one in support.dropped if one.code in client.suites)
    return all(client.suites.index(one.code) < broken for one in possible)


def _puts_chacha_first(client: ClientProfile) -> Answer:
    """Whether a server that prefers ChaCha20 for clients that put it first does so for this one.

    OpenSSL looks at the first suite of all, others at the first with authenticated encryption.
    """
    names = _names(client.suites)
    if _is_chacha(names[0]):
        return Answer.YES
    aead = next((name for name in names if traits(name).aead), None)
    return Answer.UNKNOWN if aead is not None and _is_chacha(aead) else Answer.NO


def _names(codes: Iterable[str]) -> list[str]:
    return [suite_name(int(code, 16)) for code in codes]


def _is_chacha(name: str) -> bool:
    return traits(name).cipher == "CHACHA20"


def _nothing_in_common(client: ClientProfile, version: str, support: ProtocolSupport) -> str:
    if not any(one.code in client.suites for one in support.suites):
        return f"{version}, and no suite in common"
    if version == MODERN:
        return f"{version}, and no group or no signature algorithm in common"
    return f"{version}, and no suite in common that has a group and a certificate for this client"


def _what_is_missing(server: ServerView, version: str, possible: Sequence[Suite]) -> str:
    if server.groups is None and any(
        version == MODERN or traits(one.name).key_exchange in {"DHE", "ECDHE"} for one in possible
    ):
        return "the server's groups are not known"
    return "what the server's suites need besides is not known"


# What the client makes of it


def _after_refusals(server: ServerView, client: ClientProfile, version: str, outcome: _Outcome) -> _Outcome:
    """The outcome, once the client has broken off with the suites that it cannot or will not complete."""
    refusals = [server.refused_by(client, version, one) for one in outcome.possible]
    reasons = [one for one in refusals if one is not None]
    if outcome.connects is Answer.NO or not reasons:
        return outcome
    if len(reasons) == len(refusals):
        return dataclasses.replace(outcome, connects=Answer.NO, reason=f"{version}: {reasons[0]}")
    return dataclasses.replace(outcome, connects=Answer.UNKNOWN, reason=f"{reasons[0]}, if the server chooses that")


def _without_name(server: ServerView, client: ClientProfile, outcome: _Outcome) -> _Outcome:
    """The outcome of a client without SNI: what the server does without a name counts."""
    if client.sni or not server.named or outcome.connects is Answer.NO:
        return outcome
    seen = server.features.sni.none.answer if server.features is not None else Answer.UNKNOWN
    if seen is Answer.NO:
        return _Outcome(connects=Answer.NO, reason=f"{_NO_NAME}, and the server refuses that")
    if seen is Answer.UNKNOWN:
        return _Outcome(connects=Answer.UNKNOWN, reason=f"{_NO_NAME}; what the server does then is not known")
    differs = server.features is not None and server.features.sni.default_differs is Answer.YES
    note = f"{_NO_NAME}" + (", and gets another certificate" if differs else "")
    return dataclasses.replace(outcome, reason="; ".join(filter(None, (outcome.reason, note))))


def _without_certificate(server: ServerView, outcome: _Outcome) -> _Outcome:
    """The outcome where the server demands a certificate of the client: who has one is not known."""
    demanded = server.features.client_certificate.required.answer if server.features is not None else Answer.UNKNOWN
    if demanded is not Answer.YES or outcome.connects is not Answer.YES:
        return outcome
    return dataclasses.replace(outcome, connects=Answer.UNKNOWN, reason="the server demands a client certificate")
