"""Views of `tls_features` evidence that its rules share, and the literals that their examples are made of.

No rule lives here. The one law that they all keep: a feature that could not be told is unknown, one that the server
cannot have is not applicable, and neither is ever fine.
"""

import dataclasses
from collections.abc import Sequence

from scanner.model.evidence.tls_features import (
    Alpn,
    Clock,
    Feature,
    HelloFeatures,
    Resumption,
    SniAnswer,
    SniBehaviour,
    TlsFeatures,
    Tolerance,
)
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.rules.case import Case
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict

CLASSIC = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2")
"""The versions before TLS 1.3 whose hellos show features."""

YES = Feature(answer=Answer.YES, tries=1, seen=1)
NO = Feature(answer=Answer.NO, tries=1)
ABSENT = Feature(applicable=False, reason=PeerText("TLS 1.3 has none"))


def unless_bad(features: Sequence[Feature], *, none: str) -> Verdict:
    """The verdict over features of which none is bad: unknown where one is, not applicable where none could be.

    `none` says why there may be nothing to judge.
    """
    asked = [one for one in features if one.applicable]
    if not asked:
        reasons = dict.fromkeys(str(one.reason) for one in features if one.reason)
        return NotApplicable("; ".join(reasons) or none)
    doubts = dict.fromkeys(str(one.reason or "it could not be told") for one in asked if one.answer is Answer.UNKNOWN)
    return Unknown("; ".join(doubts)) if doubts else Pass()


def without_extensions(case: Case[TlsFeatures]) -> NotApplicable | None:
    """Not applicable where all versions that were seen are older than extensions (SSLv3: RFC 6101); else None."""
    seen = case.evidence.versions
    return NotApplicable("SSLv3 has no extensions") if seen and set(seen) <= {"SSLv2", "SSLv3"} else None


def unseen(case: Case[TlsFeatures], versions: Sequence[str] = CLASSIC[1:]) -> Unknown | None:
    """Unknown where one of these versions is spoken, or may be, and no hello of it was seen; else None."""
    suites, seen = case.other("tls_suites", TlsSuites), case.evidence.versions
    if suites is None:
        return None if seen else Unknown("no hello was seen")
    known = suites.protocols
    missing = [one for one in versions if one in known and known[one].supported is not Answer.NO and one not in seen]
    return Unknown(f"no hello of {', '.join(missing)} was seen") if missing else None


def by_version(case: Case[TlsFeatures], name: str) -> dict[str, Feature]:
    """One feature of each version that was seen, by the version's name."""
    return {version: getattr(one, name) for version, one in case.evidence.versions.items()}


def at(version: str, name: str) -> str:
    """The place of a version's feature in the evidence."""
    return f"/versions/{version}/{name}"


MODERN_HELLO = HelloFeatures(
    extended_master_secret=ABSENT,
    encrypt_then_mac=ABSENT,
    secure_renegotiation=ABSENT,
    session_ticket=ABSENT,
    session_id=ABSENT,
    downgrade_sentinel=ABSENT,
    heartbeat=NO,
)
CLASSIC_HELLO = HelloFeatures(
    extended_master_secret=YES,
    encrypt_then_mac=YES,
    secure_renegotiation=YES,
    session_ticket=YES,
    session_id=YES,
    downgrade_sentinel=YES,
    heartbeat=NO,
)
_LEAF = SniAnswer(answer=Answer.YES, leaf_sha256="a1" * 32, names=(PeerText("www.example.org"),))
_REFUSED = SniAnswer(answer=Answer.NO, alert=112, reason=PeerText("alert 112 (unrecognized_name)"))

SOUND = TlsFeatures(
    versions={"TLSv1.3": MODERN_HELLO, "TLSv1.2": CLASSIC_HELLO},
    alpn=Alpn(supported=YES, protocols=(PeerText("h2"),), chosen=PeerText("h2"), unknown_accepted=NO),
    resumption=Resumption(
        session_id=YES,
        ticket=YES,
        psk=YES,
        early_data=NO,
        psk_without_dhe=NO,
        ticket_lifetime_seconds=7200,
        psk_lifetime_seconds=7200,
        tickets=2,
    ),
    sni=SniBehaviour(right=_LEAF, none=_REFUSED, wrong=_REFUSED, default_differs=Answer.NO),
    fallback_scsv=YES,
    tolerance=Tolerance(grease=YES, unknown_version=YES, unknown_extension=YES, long_hello=YES),
    clock=Clock(answer=Answer.NO, hellos=9),
)
"""What a well-kept server shows."""


def example(**changes: object) -> Case[TlsFeatures]:
    """A case of the sound server with these fields changed."""
    return Case(evidence=dataclasses.replace(SOUND, **changes))  # type: ignore[arg-type] # field by field


def classic_example(**changes: object) -> Case[TlsFeatures]:
    """The sound server with these features of TLS 1.2 changed."""
    hello = dataclasses.replace(CLASSIC_HELLO, **changes)  # type: ignore[arg-type] # field by field
    return example(versions={"TLSv1.3": MODERN_HELLO, "TLSv1.2": hello})


def resumption_example(**changes: object) -> Case[TlsFeatures]:
    """The sound server with these ways of resumption changed."""
    return example(resumption=dataclasses.replace(SOUND.resumption, **changes))  # type: ignore[arg-type] # as above
