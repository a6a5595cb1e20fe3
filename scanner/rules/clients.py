"""Rules over the simulated clients: whom a site locks out that most people use, and who gets no forward secrecy.

Old clients that a site locks out are no fault: leaving them behind is often the very thing that other rules ask for.
"""

from collections.abc import Iterable, Sequence

from scanner.model.derived import ClientResult, Derived
from scanner.model.evidence.tls_suites import PROTOCOLS, Preference, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.suite_pages import AES_GCM, MOZILLA, ONLY_GOOD_SUITES, STATIC_AES_CBC, SUITES, example, listed
from scanner.rules.suite_views import CLASSIC, doubts, spoken, suites_of, support
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail

_MAX_NAMES = 8


def _example(*, connects: Answer = Answer.YES, secret: Answer = Answer.YES) -> Case[TlsSuites]:
    """A case with one current client."""
    case = example(TLSv1_2=listed(AES_GCM, STATIC_AES_CBC))
    result = ClientResult(
        endpoint=case.endpoint or "",
        client="firefox-151",
        name="Firefox",
        version="151 to 152",
        date="2026-05",
        current=True,
        reference=True,
        connects=connects,
        protocol="TLSv1.2",
        forward_secret=secret,
        reason=None if connects is Answer.YES else "TLSv1.2, and no suite in common",
    )
    return Case(evidence=case.evidence, derived=Derived(clients=(result,)))


@rule(
    RuleInfo(
        id="TLS140",
        name="current-client-locked-out",
        title="Clients that most people use cannot connect",
        topic="tls_suites",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Decides from the listing which of the current releases of Chrome, Firefox and Safari would find a"
        " version, a suite and a group in common with the server.",
        rationale="Their users see an error instead of the site. Where that is meant, say so with a waiver.",
        remediation=ONLY_GOOD_SUITES,
        references=(MOZILLA, SUITES),
    ),
    passing=_example(),
    failing=_example(connects=Answer.NO),
)
def current_client_locked_out(case: Case[TlsSuites]) -> Verdict:
    """Fails where a current client has nothing in common with the server; unknown where that is open."""
    clients = [one for one in _clients(case) if one.current]
    if not clients or not spoken(case):
        return _no_clients(case)
    if all(support(case, version).supported is Answer.NO for version in ("TLSv1.2", "TLSv1.3")):
        return NotApplicable("neither TLS 1.2 nor TLS 1.3 is spoken, which is a finding of its own")
    out = [one for one in clients if one.connects is Answer.NO]
    if out:
        reasons = "; ".join(dict.fromkeys(one.reason or "nothing in common" for one in out))
        return fail("{clients} cannot connect ({reasons})", "/protocols", clients=_named(out), reasons=reasons)
    return _open(clients, [one for one in clients if one.connects is Answer.UNKNOWN])


@rule(
    RuleInfo(
        id="TLS141",
        name="client-without-forward-secrecy",
        title="Modern clients get no forward secrecy",
        topic="tls_suites",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Decides from the listing and its order which suite each modern client would be given, and whether its"
        " key exchange is ephemeral.",
        rationale="Whoever gets the server's key later can read all that these clients exchanged before. They all can"
        " do better, so it is the server's choice.",
        remediation=ONLY_GOOD_SUITES,
        references=(rfc(9325, "7.3", "RFC 9325 (BCP 195): Forward Secrecy"), SUITES),
        cwe=(326,),
    ),
    passing=_example(),
    failing=_example(secret=Answer.NO),
)
def client_without_forward_secrecy(case: Case[TlsSuites]) -> Verdict:
    """Fails where a reference client would be given a suite without ephemeral keys."""
    clients = [one for one in _clients(case) if one.reference and one.connects is not Answer.NO]
    if not clients:
        return _no_clients(case)
    found = suites_of(case, PROTOCOLS)
    if found and not any(one.traits.forward_secret for one in found) and not doubts(case, spoken(case)):
        return NotApplicable("no suite that is accepted has forward secrecy, which is a finding of its own")
    without = [one for one in clients if one.connects is Answer.YES and one.forward_secret is Answer.NO]
    if without and _prefers_static(case):
        return NotApplicable("the server prefers suites without forward secrecy, which is a finding of its own")
    if without:
        return fail("no forward secrecy for {clients}", "/protocols", clients=_named(without))
    return _open(clients, [one for one in clients if one.forward_secret is Answer.UNKNOWN])


def _prefers_static(case: Case[TlsSuites]) -> bool:
    """Whether the newest version before TLS 1.3 puts a suite without ephemeral keys first, for every client."""
    newest = spoken(case, CLASSIC)[-1:]
    first = suites_of(case, newest)[:1]
    insists = any(support(case, version).preference is Preference.SERVER for version in newest)
    return insists and any(not one.traits.forward_secret for one in first)


def _clients(case: Case[TlsSuites]) -> Iterable[ClientResult]:
    return (one for one in case.derived.clients if one.endpoint == case.endpoint)


def _no_clients(case: Case[TlsSuites]) -> Verdict:
    if not case.evidence.listed:
        return NotAssessed("the quick profile asks for versions, and lists no suites")
    if not spoken(case) and (doubt := doubts(case, PROTOCOLS)):
        return Unknown(doubt)
    if any(True for _ in _clients(case)) or not spoken(case):
        return NotApplicable("no such client can connect")
    return NotAssessed("no clients were simulated")


def _open(clients: Sequence[ClientResult], doubtful: Sequence[ClientResult]) -> Verdict:
    if not doubtful:
        return Pass()
    reasons = "; ".join(dict.fromkeys(one.reason for one in doubtful if one.reason)) or "several suites are possible"
    return Unknown(f"{len(doubtful)} of {len(clients)} clients, {_named(doubtful)}: {reasons}")


def _named(clients: Sequence[ClientResult]) -> str:
    names = [f"{one.name} {one.version}" for one in clients]
    rest = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")
