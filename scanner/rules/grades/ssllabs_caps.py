"""The caps of the SSL Labs scale: each a small question of one endpoint, in one table.

A question's answer says what was seen, in words; None where it was not, whatever the reason. What was not asked or told
stands in `ssllabs_gaps`.
"""

from collections.abc import Callable, Iterator

from scanner.model.derived import ChainProblem, ClientResult, StoreTrust
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import HstsAt
from scanner.model.evidence.ocsp_stapling import CertStatus
from scanner.model.evidence.tls_flaws import FlawState
from scanner.model.evidence.tls_suites import Preference
from scanner.model.outcome import Answer
from scanner.model.suite_traits import UNKNOWN, SuiteTraits, traits
from scanner.rules.grades.ssllabs_scores import key_bits
from scanner.rules.grades.ssllabs_table import HSTS_SECONDS
from scanner.rules.grades.ssllabs_view import Exam

Question = Callable[[Exam], str | None]

_NEWER = ("TLSv1.1", "TLSv1.2", "TLSv1.3")
_SMALL_BLOCKS = frozenset({"3DES", "DES", "DES40", "IDEA", "RC2_128", "RC2_40", "RC2_56"})
_REFERENCE_CIPHERS = frozenset({"AES_128", "AES_256", "CHACHA20"})
_OPAQUE = frozenset({ChainProblem.UNREADABLE})


def _versions(*versions: str) -> Question:
    def ask(exam: Exam) -> str | None:
        found = [version for version in versions if exam.speaks(version)]
        return f"{', '.join(found)} {'is' if len(found) == 1 else 'are'} spoken" if found else None

    return ask


def _suites(is_meant: Callable[[SuiteTraits], bool], what: str) -> Question:
    def ask(exam: Exam) -> str | None:
        found = dict.fromkeys(suite.name for _, suite, kind in exam.accepted() if is_meant(kind))
        if not found:
            return None
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return f"{what}: {next(iter(found))}{more}"

    return ask


def _negotiated(is_meant: Callable[[SuiteTraits], bool], what: str) -> Question:
    """That a client gets such a suite in TLS 1.1 or newer: to accept it at the end of the list costs nothing.

    By the clients that were worked out; where there are none, by what the server puts first, or has only.
    """

    def ask(exam: Exam) -> str | None:
        clients = [one for one in exam.derived.clients if one.endpoint == exam.endpoint]
        served = [one for one in clients if one.suite is not None and one.protocol in _NEWER]
        for one in served:
            if is_meant(traits(one.suite or "")):
                return f"{what} in {one.protocol} with {one.name} {one.version}: {one.suite}"
        if clients:
            return None
        for version in _NEWER:
            found = exam.accepted(version) if exam.support(version).complete is Answer.YES else ()
            insists = exam.support(version).preference is Preference.SERVER
            if found and all(is_meant(kind) for _, _, kind in (found[:1] if insists else found)):
                return f"{what} in {version}: {found[0][1].name}"
        return None

    return ask


def _flaw(name: str, title: str) -> Question:
    def ask(exam: Exam) -> str | None:
        flaw = exam.flaw(name)
        return title if flaw is not None and flaw.state is FlawState.YES else None

    return ask


# --- trust ------------------------------------------------------------------------------------------------------------


def _stores(exam: Exam) -> Iterator[tuple[StoreTrust, ...]]:
    """For every chain, what each store says of it."""
    for place in range(len(exam.certificates.chains)):
        trust = exam.derived.trust_at(exam.endpoint, place)
        if trust is not None:
            yield trust.stores


def untrusted(exam: Exam) -> str | None:
    """A chain that no store trusts, for another reason than that an intermediate is missing."""
    for stores in _stores(exam):
        if not stores or any(one.trusted is not Answer.NO for one in stores):
            continue
        if any(one.problem is ChainProblem.INCOMPLETE or one.problem in _OPAQUE for one in stores):
            continue
        return f"the certificate is not trusted: {stores[0].reason or stores[0].problem or 'no store has its issuer'}"
    return None


def _out_of_time(exam: Exam) -> str | None:
    for leaf in exam.leaves:
        if leaf.not_after is not None and leaf.not_after < exam.now:
            return "the certificate has expired"
        if leaf.not_before is not None and leaf.not_before > exam.now:
            return "the certificate is not valid yet"
    return None


def _revoked(exam: Exam) -> str | None:
    staples = () if exam.staples is None else exam.staples.staples
    for one in staples:
        staple = one.staple
        if staple and staple.cert_status is CertStatus.REVOKED and staple.signature is Answer.YES:
            return "the staple says that the certificate is revoked"
    return None


def _signed_with(*hashes: str) -> Question:
    def ask(exam: Exam) -> str | None:
        found = next((one for one in exam.sent if one.signature_hash in hashes), None)
        return f"a certificate is signed with {found.signature_algorithm}" if found else None

    return ask


def _mismatch(exam: Exam) -> str | None:
    found = any(chain.host.matches is Answer.NO for chain in exam.certificates.chains)
    return "the certificate is for another host" if found else None


def _incomplete(exam: Exam) -> str | None:
    for stores in _stores(exam):
        complete = {one.complete for one in stores}
        if Answer.YES not in complete and Answer.NO in complete:
            return "an intermediate certificate is not sent"
    return None


# --- sizes, suites, versions ------------------------------------------------------------------------------------------


def _small(below: int, at_least: int = 0) -> Question:
    """A key or a group of finite-field Diffie-Hellman with so few bits."""

    def ask(exam: Exam) -> str | None:
        keys = [(key_bits(leaf.key), "the certificate's key") for leaf in exam.leaves]
        fields = [(bits, "a Diffie-Hellman group") for bits in exam.dh_bits]
        found = [(bits, what) for bits, what in (*keys, *fields) if bits is not None and at_least <= bits < below]
        if not found:
            return None
        bits, what = min(found)
        return f"{what} has the strength of {bits} bits"

    return ask


def _sslv3_at_best(exam: Exam) -> str | None:
    known = all(exam.support(version).supported is Answer.NO for version in ("TLSv1.0", *_NEWER))
    return "nothing newer than SSLv3 is spoken" if known and exam.speaks("SSLv3", "SSLv2") else None


def _only_rc4(exam: Exam) -> str | None:
    accepted = exam.accepted()
    whole = all(exam.support(version).complete is Answer.YES for version in exam.spoken)
    return "all suites are RC4" if accepted and whole and all(kind.rc4 for _, _, kind in accepted) else None


def _no_modern_version(exam: Exam) -> str | None:
    known = all(exam.support(version).supported is Answer.NO for version in ("TLSv1.2", "TLSv1.3"))
    return "neither TLS 1.2 nor TLS 1.3 is spoken" if known else None


def _no_tls13(exam: Exam) -> str | None:
    return "TLS 1.3 is not spoken" if exam.support("TLSv1.3").supported is Answer.NO else None


def _insecure_renegotiation(exam: Exam) -> str | None:
    by_feature = exam.features is not None and exam.features.renegotiation.insecure.answer is Answer.YES
    if by_feature or _flaw("insecure_renegotiation", "yes")(exam):
        return "insecure renegotiation is done"
    return None


def _no_secure_renegotiation(exam: Exam) -> str | None:
    if exam.features is None:
        return None
    without = [
        version
        for version, seen in exam.features.versions.items()
        if version != "TLSv1.3" and exam.speaks(version) and seen.secure_renegotiation.answer is Answer.NO
    ]
    return f"no secure renegotiation in {', '.join(without)}" if without else None


def _poodle(exam: Exam) -> str | None:
    by_suite = any(kind.cbc for _, _, kind in exam.accepted("SSLv3"))
    return "SSLv3 with CBC suites (POODLE)" if by_suite or _flaw("poodle", "yes")(exam) else None


def _crime(exam: Exam) -> str | None:
    by_feature = exam.features is not None and any(
        seen.compression.answer is Answer.YES for seen in exam.features.versions.values()
    )
    return "TLS compression is on (CRIME)" if by_feature or _flaw("crime", "yes")(exam) else None


# --- reference clients ------------------------------------------------------------------------------------------------


def _with_reference_clients(is_good: Callable[[SuiteTraits], bool], what: str) -> Question:
    """That a modern client gets no suite of this kind: by the clients that were worked out, else by the suites."""

    def ask(exam: Exam) -> str | None:
        clients = [one for one in exam.derived.clients if one.endpoint == exam.endpoint and one.reference]
        told = [(one, possible_suites(exam, one)) for one in clients]
        if any(names for _, names in told):
            lacking = [one for one, names in told if names and not any(is_good(traits(name)) for name in names)]
            return f"no {what} with {lacking[0].name} {lacking[0].version}" if lacking else None
        return f"no {what} for modern clients" if _lacks(exam, is_good) else None

    return ask


def possible_suites(exam: Exam, client: ClientResult) -> tuple[str, ...]:
    """The suites of which this client is certain to get one; empty where it may not connect, or get yet another."""
    if client.connects is not Answer.YES:
        return ()
    if client.suite is not None:
        return (client.suite,)
    return client.suites if exam.support(client.protocol or "").complete is Answer.YES else ()


def _lacks(exam: Exam, is_good: Callable[[SuiteTraits], bool]) -> bool:
    """Whether the newest version gives a client with the usual suites no good one; False where that is not known."""
    if not exam.spoken or exam.support("TLSv1.3").supported is not Answer.NO:
        return False
    newest = exam.support(exam.spoken[-1])
    if newest.complete is not Answer.YES:
        return False
    kinds = [traits(suite.name) for suite in newest.suites]
    usual = [
        kind
        for kind in kinds
        if kind.key_exchange in {"RSA", "ECDHE"}
        and kind.authentication in {"RSA", "ECDSA"}
        and kind.cipher in _REFERENCE_CIPHERS
        and kind.mode in {"GCM", "POLY1305", "CBC"}
    ]
    if newest.preference is Preference.CLIENT:
        return not any(map(is_good, usual))
    return not is_good(usual[0]) if usual else True


def hsts(exam: Exam) -> HstsAt | None:
    """The answer of the host itself by whose header HSTS is told; None where none was seen."""
    answers = () if exam.headers is None else exam.headers.hsts
    own = [one for one in answers if one.secure and one.own and one.purpose is Purpose.ENTRY]
    return next((one for one in own if one.host == exam.target.host), None)


def _hsts_lacking(exam: Exam) -> str | None:
    found = hsts(exam)
    if found is None or exam.target.is_address or (exam.headers and exam.headers.block):
        return None
    if not found.raw:
        return "HSTS is not sent"
    if found.policy is None:
        return "the HSTS header is invalid"
    too_short = found.policy.max_age < HSTS_SECONDS
    return f"HSTS is kept for less than {HSTS_SECONDS} seconds" if too_short else None


CAPS: tuple[tuple[str, Question], ...] = (
    ("M", _mismatch),
    ("T", untrusted),
    ("T", _out_of_time),
    ("T", _revoked),
    ("T", _signed_with("sha1")),
    ("F", _signed_with("md2", "md4", "md5")),
    ("F", _versions("SSLv2")),
    ("F", _sslv3_at_best),
    ("F", _small(1024)),
    ("F", _suites(lambda one: one.export, "export suites")),
    ("F", _suites(lambda one: one.bits < 112 and not one.export and one.cipher != UNKNOWN, "suites below 112 bits")),
    ("F", _suites(lambda one: one.anonymous, "anonymous suites")),
    ("F", _only_rc4),
    ("F", _insecure_renegotiation),
    ("F", _flaw("heartbleed", "Heartbleed")),
    ("F", _flaw("ccs_injection", "early ChangeCipherSpec is taken (CVE-2014-0224)")),
    ("F", _flaw("ticketbleed", "Ticketbleed")),
    ("F", _flaw("padding_oracle", "a CBC padding oracle")),
    ("F", _flaw("robot", "ROBOT")),
    ("F", _flaw("drown", "DROWN")),
    ("C", _poodle),
    ("C", _crime),
    ("C", _negotiated(lambda one: one.rc4, "RC4")),
    ("C", _negotiated(lambda one: one.cipher in _SMALL_BLOCKS, "a cipher with blocks of 64 bits")),
    ("C", _no_modern_version),
    ("B", _versions("SSLv3")),
    ("B", _versions("TLSv1.0", "TLSv1.1")),
    ("B", _suites(lambda one: one.rc4, "RC4")),
    ("B", _small(2048, 1024)),
    ("B", _incomplete),
    ("B", _with_reference_clients(lambda one: one.forward_secret, "forward secrecy")),
    ("B", _with_reference_clients(lambda one: one.aead, "authenticated encryption")),
    ("A-", _no_tls13),
    ("A-", _hsts_lacking),
    ("A-", _no_secure_renegotiation),
)
"""The grade that is the best one still possible, and the question after which it is."""


def caps(exam: Exam) -> tuple[tuple[str, str], ...]:
    """Every cap that holds, with its reason, heaviest kinds first."""
    return tuple((grade, seen) for grade, ask in CAPS if (seen := ask(exam)) is not None)
