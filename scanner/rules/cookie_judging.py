"""What the rules about cookies share: the examples, which cookies count, and one fault for each name."""

import dataclasses
from collections.abc import Callable

from scanner.model.evidence.cookies import (
    Cookie,
    CookieKind,
    CookiePrefix,
    Cookies,
    Holding,
    Refusal,
    SameSite,
    ValueShape,
)
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Severity
from scanner.rules.case import Case
from scanner.rules.document_gate import BLOCKED, site_answered
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Verdict, fail_or_pass

INFRASTRUCTURE = frozenset({CookieKind.AFFINITY, CookieKind.BOT})
"""Cookies that a balancer or bot detection sets: they hold no session, and their owner can seldom change them."""

_REFUSED = {
    Refusal.MALFORMED: "it holds control characters",
    Refusal.EMPTY: "it has neither name nor value",
    Refusal.OVERSIZED: "name and value are over 4096 octets",
    Refusal.FOREIGN_DOMAIN: "its Domain does not cover the host",
    Refusal.SECURE_OVER_HTTP: "it is Secure and came by plain http",
    Refusal.SAMESITE_NONE_WITHOUT_SECURE: "SameSite=None needs Secure",
    Refusal.PARTITIONED_WITHOUT_SECURE: "Partitioned needs Secure",
    Refusal.PUBLIC_SUFFIX: "its Domain is a public suffix",
    Refusal.PREFIX_BROKEN: "the conditions of its prefix are not met",
    Refusal.NAMELESS_PREFIX: "it has no name, and its value begins like a prefix",
}
"""Why browsers refuse a cookie, in words."""

_SHAPE = ValueShape(length=32, sha256_prefix="9f86d081", characters="hexadecimal")

_NO_ORIGIN = "the URL that the cookies came from is not known"

Condition = Callable[[Cookie], bool]


def example_cookie(
    name: str,
    *,
    kind: CookieKind = CookieKind.OTHER,
    maker: str | None = None,
    secure: bool = True,
    http_only: bool = True,
    same_site: SameSite = SameSite.LAX,
    over_https: bool = True,
    domain: str | None = None,
    size: int = 41,
    prefix: CookiePrefix | None = None,
    broken: tuple[str, ...] = (),
    refused: tuple[Refusal, ...] = (),
    max_age: int | None = None,
    too_long: tuple[str, ...] = (),
    holds: tuple[Holding, ...] = (),
    internal: tuple[str, ...] = (),
) -> Cookie:
    """A cookie for the examples: well kept unless told otherwise."""
    return Cookie(
        purpose=Purpose.ENTRY,
        hop=0,
        url=PeerText("https://www.example.org/" if over_https else "http://www.example.org/"),
        host=PeerText("www.example.org"),
        secure_origin=over_https,
        name=PeerText(name),
        value=dataclasses.replace(_SHAPE, holds=holds, internal=tuple(map(PeerText, internal))),
        secure=secure,
        http_only=http_only,
        same_site=same_site,
        domain=None if domain is None else PeerText(domain),
        size=size,
        prefix=prefix,
        broken=broken,
        max_age=max_age,
        too_long=tuple(map(PeerText, too_long)),
        refused=refused,
        kind=kind,
        maker=maker,
    )


def example_case(*cookies: Cookie) -> Case[Cookies]:
    """A case with these cookies."""
    return Case(evidence=Cookies(cookies=cookies))


def kept(case: Case[Cookies], one: Cookie) -> bool:
    """Whether browsers keep it and it is no deletion."""
    return not one.refused and not one.is_deletion(case.now)


def lighter_for_infrastructure(one: Cookie) -> Severity | None:
    """Information for what balancers and bot detection set; else the rule's own severity."""
    return Severity.INFO if one.kind in INFRASTRUCTURE else None


def surer_for_known_names(one: Cookie) -> Confidence | None:
    """Tentative where a name only looks like a session's; the rule's own confidence where its software is known."""
    return None if one.maker else Confidence.TENTATIVE


def lighter_for_guessed_names(one: Cookie) -> Severity | None:
    """Low where a name only looks like a session's; the rule's own severity where its software is known."""
    return None if one.maker else Severity.LOW


def judge_cookies(
    case: Case[Cookies],
    question: Condition,
    wrong: Condition,
    message: str,
    *,
    weight: Callable[[Cookie], Severity | None] = lambda _: None,
    sureness: Callable[[Cookie], Confidence | None] = lambda _: None,
    by_origin: bool = False,
) -> Verdict:
    """One fault for each name among the cookies that `question` is about and that are `wrong`.

    `weight` and `sureness` give a fault a severity and a confidence other than the rule's. `by_origin` says that the
    answer depends on where the cookie came from, which a recording may not tell: then there is no pass.
    """
    asked = [(place, one) for place, one in enumerate(case.evidence.cookies) if question(one)]
    unknown = by_origin and any(one.secure_origin is None for one in case.evidence.cookies)
    if not asked:
        nothing = NotAssessed(_NO_ORIGIN) if unknown else NotApplicable("no cookie is set that this is about")
        return nothing if site_answered(case) else BLOCKED
    groups: dict[str, list[tuple[int, Cookie]]] = {}
    for place, one in asked:
        if wrong(one):
            groups.setdefault(one.name, []).append((place, one))
    faults = [
        Fault(
            message=message,
            at=tuple(f"/cookies/{place}" for place, _ in found),
            arguments=_arguments(found[0][1]),
            discriminator=name,
            severity=weight(found[0][1]),
            confidence=sureness(found[0][1]),
        )
        for name, found in groups.items()
    ]
    return NotAssessed(_NO_ORIGIN) if unknown and not faults else fail_or_pass(faults)


def _arguments(one: Cookie) -> dict[str, object]:
    """What the messages may name."""
    return {
        "name": one.name or "(no name)",
        "maker": one.maker or "unknown software",
        "domain": one.domain or "",
        "size": one.size,
        "prefix": one.prefix or "",
        "broken": ", ".join(one.broken),
        "why": "; ".join(_REFUSED[why] for why in one.refused),
        "holds": ", ".join(one.value.holds),
        "internal": ", ".join(one.value.internal),
        "too_long": ", ".join(one.too_long),
    }
