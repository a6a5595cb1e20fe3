"""What could still change a grade of the SSL Labs scale: all that was not asked, or not told. A grade must not lie."""

from collections.abc import Callable, Iterator, Mapping

from scanner.model.evidence.tls_flaws import FlawState
from scanner.model.evidence.tls_suites import PROTOCOLS
from scanner.model.outcome import Answer
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.rules.grades.ssllabs_caps import hsts, possible_suites
from scanner.rules.grades.ssllabs_view import Exam

_FLAWS = (
    *("heartbleed", "ccs_injection", "ticketbleed", "padding_oracle", "robot", "drown"),
    *("insecure_renegotiation", "poodle", "crime"),
)
"""The flaws that cap a grade."""

_NEEDS: Mapping[str, Callable[[SuiteTraits], bool]] = {
    "padding_oracle": lambda kind: kind.cbc,
    "robot": lambda kind: kind.key_exchange == "RSA",
}
"""The suites without which a flaw cannot be."""

_HASHLESS = ("Ed", "ML-DSA-", "SLH-DSA-")
"""How the names of signatures begin that have no hash of their own to choose."""

_BEYOND_THE_GUIDE = ("ml-dsa-", "slh-dsa-")
"""Kinds of key whose size is no size of RSA or of a curve."""

_CLASSIC = PROTOCOLS[1:-1]


def gaps(exam: Exam) -> tuple[str, ...]:
    """Every question whose answer is missing, in words."""
    return (*_versions(exam), *_clients(exam), *_trust(exam), *_flaws(exam), *_features(exam), *_hsts(exam))


def _versions(exam: Exam) -> Iterator[str]:
    for version in PROTOCOLS:
        support = exam.support(version)
        if support.supported is Answer.UNKNOWN:
            yield f"{version}: whether it is spoken could not be told"
        elif support.supported is Answer.YES and support.complete is not Answer.YES:
            yield f"{version}: the list of suites is incomplete"


def _clients(exam: Exam) -> Iterator[str]:
    """Reference clients that may get a good suite or a bad one: an order of suites that could not be told."""
    clients = [one for one in exam.derived.clients if one.endpoint == exam.endpoint and one.reference]
    suites = [[traits(name) for name in possible_suites(exam, one)] for one in clients]
    if any(len({(kind.forward_secret, kind.aead) for kind in one}) > 1 for one in suites):
        yield "which suite some modern clients get is not known"


def _trust(exam: Exam) -> Iterator[str]:
    for place, chain in enumerate(exam.certificates.chains):
        trust = exam.derived.trust_at(exam.endpoint, place)
        answers = {one.trusted for one in trust.stores} if trust is not None else set()
        incomplete = trust is not None and any(one.complete is Answer.NO for one in trust.stores)
        if Answer.YES not in answers and (Answer.UNKNOWN in answers or not answers or incomplete):
            yield "whether the certificate is trusted is not known"
        if chain.host.matches is Answer.UNKNOWN:
            yield "whether the certificate is for the host is not known"
    if any(one.signature_hash is None and not one.signature_algorithm.startswith(_HASHLESS) for one in exam.sent):
        yield "the hash of a certificate's signature is not known"
    for kind in dict.fromkeys(leaf.key.type for leaf in exam.leaves if leaf.key.type.startswith(_BEYOND_THE_GUIDE)):
        yield f"the guide has no points for a certificate's key of kind {kind}"


def _flaws(exam: Exam) -> Iterator[str]:
    if exam.flaws is None:
        yield "known flaws were not looked for"
        return
    for name in _FLAWS:
        flaw = exam.flaw(name)
        if flaw is not None and flaw.state is FlawState.UNKNOWN and not _cannot_have(exam, name):
            yield f"{name}: {flaw.reason or 'could not be told'}"


def _cannot_have(exam: Exam, name: str) -> bool:
    """Whether the whole list of suites has none that this flaw could be in."""
    needs = _NEEDS.get(name)
    return needs is not None and not any(_versions(exam)) and not any(needs(kind) for _, _, kind in exam.accepted())


def _features(exam: Exam) -> Iterator[str]:
    classic = [version for version in _CLASSIC if exam.speaks(version)]
    known = {} if exam.features is None else exam.features.versions
    if any(version not in known or known[version].secure_renegotiation.answer is Answer.UNKNOWN for version in classic):
        yield "whether renegotiation is secure is not known"


def _hsts(exam: Exam) -> Iterator[str]:
    if exam.target.is_address:
        return
    if exam.headers is not None and exam.headers.block:
        yield "HSTS: a challenge or ban answered"
    elif hsts(exam) is None:
        yield "HSTS was not looked at"
