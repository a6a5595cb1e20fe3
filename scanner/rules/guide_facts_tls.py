"""Facts for guides about TLS: whose order of suites decides, who trusts the certificate, and what its names say.

Rule of the room: as in `guide_facts`.
"""

import datetime
import ipaddress
from collections.abc import Iterator, Mapping

from scanner.model.evidence.certificates import Certificate, Certificates
from scanner.model.evidence.tls_suites import Preference, TlsSuites
from scanner.model.networks import is_internal_name
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.rules.case import Case
from scanner.rules.certificate_examples import UNKNOWN_ISSUER, example, leaf_with
from scanner.rules.certificate_views import ChainAt, chains_of, leaves_of
from scanner.rules.guide_facts import fact
from scanner.rules.suite_pages import MODERN
from scanner.rules.suite_views import spoken, suites_of, support
from scanner.rules.verdict import Fault, NotAssessed, Pass, Unknown, Verdict, fail_or_pass

_ORDER: Mapping[Preference, str] = {
    Preference.SERVER: "the server's",
    Preference.CLIENT: "the client's",
    Preference.SERVER_CHACHA: "the server's, except for clients that put ChaCha20 first",
    Preference.UNKNOWN: "not known",
}

_MOST_NAMES = 5
_DAY = datetime.timedelta(days=1)


def beast_suites(case: Case[TlsSuites]) -> tuple[str, ...]:
    """The versions up to TLS 1.0 that take CBC suites: only there did a server's order ever help (BEAST)."""
    found = suites_of(case, ("SSLv3", "TLSv1.0"))
    return tuple(dict.fromkeys(one.version for one in found if one.traits.mode == "CBC"))


@fact(
    "order-of-suites",
    "tls_suites",
    "Whose order of suites decides in each version, and whether that matters",
    passing=MODERN,
)
def order_of_suites(case: Case[TlsSuites]) -> Verdict:
    """States it. With strong suites only, any order is fine; for BEAST it mattered in TLS 1.0 with CBC."""
    if not spoken(case):
        return Unknown("no version of TLS was seen to be spoken")
    if not case.evidence.listed:
        return NotAssessed("the quick profile asks for versions, and lists no suites")
    orders: dict[str, list[str]] = {}
    for version in spoken(case):
        if len(support(case, version).suites) > 1:
            orders.setdefault(_ORDER[support(case, version).preference], []).append(version)
    said = "; ".join(f"{', '.join(versions)}: {order}" for order, versions in orders.items())
    order = f"the order that decides is, in {said}" if said else "no version has more than one suite to choose from"
    exposed = beast_suites(case)
    beast = f"{' and '.join(exposed)} with CBC suites" if exposed else "no CBC suite in TLS 1.0 or below"
    return Pass(f"{order}; {beast}")


# --- certificates -----------------------------------------------------------------------------------------------------


@fact(
    "trusting-stores",
    "certificates",
    "Whether a named trust store leads to the issuer of every certificate",
    passing=example(),
    against=example(leaf_with(scts=0), UNKNOWN_ISSUER, public=Answer.NO),
)
def trusting_stores(case: Case[Certificates]) -> Verdict:
    """Passes where one store trusts each chain, and names it; fails with what each store said."""
    said: list[str] = []
    faults: list[Fault] = []
    for one in leaves_of(case):
        answers = {store.trusted for store in one.stores}
        if Answer.YES in answers:
            stores = ", ".join(store.store for store in one.stores if store.trusted is Answer.YES)
            said.append(f"{one.called} is trusted by {stores}")
        elif not answers or Answer.UNKNOWN in answers:
            return Unknown("whether a trust store leads to the issuer could not be told")
        else:
            reasons = "; ".join(f"{store.store}: {store.reason}" for store in one.stores if store.reason)
            faults.append(
                one.fault_of_chain(
                    "{certificate} is trusted by none of the stores ({reasons})", "sent", reasons=reasons
                )
            )
    if not said and not faults:
        return Unknown("no certificate was seen")
    return fail_or_pass(faults, "; ".join(said))


@fact(
    "lifetime-left",
    "certificates",
    "How much of each certificate's lifetime is left",
    passing=example(),
    against=example(leaf_with(not_after=None)),
)
def lifetime_left(case: Case[Certificates]) -> Verdict:
    """States the days that are left; what is too few is for the rules about expiry to say."""
    said = [text for one in leaves_of(case) if (text := _left(one, case.now))]
    return Pass("; ".join(said)) if said else Unknown("the dates of the certificate could not be read")


def _left(one: ChainAt, now: datetime.datetime) -> str:
    begins, ends = one.leaf.not_before, one.leaf.not_after
    if begins is None or ends is None:
        return ""
    if ends <= now:
        return f"{one.called} ended on {ends:%Y-%m-%d}"
    return f"{one.called} has {(ends - now) // _DAY} of {(ends - begins + _DAY / 2) // _DAY} days left"


@fact(
    "wildcard-names",
    "certificates",
    "Which wildcard names the certificates have",
    passing=example(leaf_with(names=(PeerText("example.org"), PeerText("*.example.org")))),
)
def wildcard_names(case: Case[Certificates]) -> Verdict:
    """States them."""
    if not case.evidence.chains:
        return Unknown("no certificate was seen")
    wild = dict.fromkeys(name for one in leaves_of(case) for name in one.leaf.names if name.startswith("*."))
    return Pass(f"wildcard names: {_listed(list(wild))}" if wild else "the certificate has no wildcard name")


@fact(
    "inner-names-in-certificate",
    "certificates",
    "Whether the certificates name machines or addresses of an inner network",
    passing=example(),
    against=example(leaf_with(names=(PeerText("www.example.org"), PeerText("web01.corp")))),
)
def inner_names_in_certificate(case: Case[Certificates]) -> Verdict:
    """Fails where a name or address of a leaf only means something inside a network."""
    if not case.evidence.chains:
        return Unknown("no certificate was seen")
    if case.target.is_address or is_internal_name(case.target.host):
        return Pass("the site's own name is one of an inner network")
    faults = []
    for chain in chains_of(case):
        inner = list(_inner_names(chain.leaf))
        if inner:
            faults.append(chain.fault("{certificate} names {names}", "names", names=_listed(inner)))
    return fail_or_pass(faults, "the certificate names nothing of an inner network")


def _inner_names(leaf: Certificate) -> Iterator[str]:
    for name in leaf.names:
        if is_internal_name(name):
            yield name
    for text in leaf.addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if address.is_private:
            yield text


def _listed(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
