"""Rules about keys and passwords in pages, scripts, header fields and error pages. No value is ever told.

Keys that are made for pages are information; so are the names of accounts.
"""

from collections.abc import Callable, Mapping

from scanner.model.evidence.content import Content, Exposure, Secret
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy
from scanner.rules.content_examples import content_case, secret
from scanner.rules.content_gate import on_whole_answers
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, Verdict, fail_or_pass

_SHEET = Reference(
    title="OWASP: Secrets Management Cheat Sheet",
    url="https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
)
_JWT = Reference(title="RFC 8725: JSON Web Token Best Current Practices", url="https://www.rfc-editor.org/rfc/rfc8725")
_MAPS = Reference(
    title="Google Maps Platform security guidance",
    url="https://developers.google.com/maps/api-security-best-practices",
)
_REVOKE = (
    "Revoke it at its issuer now: what a page has shown is known. Then keep secrets on the server, give scripts a"
    " proxy or short-lived tokens, and look for uses of the old one."
)
Weigh = Callable[[Secret], tuple[Severity | None, Confidence | None]]
_MESSAGE = "{title}, {length} characters (sha256 {hash}…), at {url}"
_NAMED = {True: "", False: ", called {name}"}
_GRAVE_NAMES = ("secret", "private", "passw", "pwd", "credential")

_WEIGHTS: Mapping[str, tuple[Severity, Confidence]] = {
    "login-in-url": (Severity.MEDIUM, Confidence.TENTATIVE),
    "database-url": (Severity.HIGH, Confidence.TENTATIVE),
    "mailgun-key": (Severity.LOW, Confidence.TENTATIVE),
    "mailchimp-key": (Severity.LOW, Confidence.TENTATIVE),
}
"""Kinds whose format says too little: examples in texts look like it, or names of files and caches made of a hash."""

_SAMPLED = frozenset({"private-key"})
"""Kinds that manuals show whole and valid, made for the purpose."""


@rule(
    RuleInfo(
        id="CNT013",
        name="secret-in-page",
        title="A secret stands in a page, script or header",
        topic="content",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for the documented formats of keys, tokens and passwords, with their checksums where they have"
        " one. The value is nowhere in the report: kind, place, length and a short hash tell which it is. In text that"
        " is set as code (pre, code) it may be an example: low, unless a checksum proves it.",
        rationale="Everybody who opens the page has it, and programs that look for such keys find it within hours.",
        remediation=remedy(_REVOKE),
        references=(_SHEET,),
        cwe=(798, 200, 540),
    ),
    passing=content_case(),
    failing=content_case(secrets=(secret("github-token", "GitHub token", Exposure.SECRET, verified=True),)),
)
@on_whole_answers
def secret_in_page(case: Case[Content]) -> Verdict:
    """Fails for each secret; tentative for passwords in addresses, and low where all of its places are quoted code.

    Manuals and questions set their examples as code. Only what a checksum proves stays heavy there.
    """
    return _verdict(case, {Exposure.SECRET}, _weight_of_secret)


def _weight_of_secret(one: Secret) -> tuple[Severity | None, Confidence | None]:
    if one.quoted and (not one.verified or one.kind in _SAMPLED):
        return Severity.LOW, Confidence.TENTATIVE
    return _WEIGHTS.get(one.kind, (None, None))


@rule(
    RuleInfo(
        id="CNT014",
        name="named-secret-in-page",
        title="A value that is named like a secret stands in a page or script",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for quoted values that seem drawn by chance and are called apiKey, token, secret and the like;"
        " medium where the name says secret, private or password. Only the site can tell whether they are.",
        rationale="Keys without a known format are found by their names, by attackers too.",
        remediation=remedy("Look at the place. Where it is a secret: " + _REVOKE[0].lower() + _REVOKE[1:]),
        references=(_SHEET,),
        cwe=(798, 200),
    ),
    passing=content_case(),
    failing=content_case(
        secrets=(secret("named-secret", "value that is named like a secret", Exposure.GUESS, name="apiToken"),)
    ),
)
@on_whole_answers
def named_secret_in_page(case: Case[Content]) -> Verdict:
    """Fails for each such value."""
    return _verdict(case, {Exposure.GUESS}, _weight_of_guess)


def _weight_of_guess(one: Secret) -> tuple[Severity | None, Confidence | None]:
    name = (one.name or "").lower()
    grave = not one.quoted and any(word in name for word in _GRAVE_NAMES)
    return (Severity.MEDIUM if grave else None), None


@rule(
    RuleInfo(
        id="CNT015",
        name="token-in-page",
        title="A token stands in a page or script",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for JSON Web Tokens and test keys. A token that is made for each visitor may be meant so; one"
        " that all visitors get is a key.",
        rationale="A token in a page ends in caches and in what scripts of other sites can read.",
        remediation=remedy("Keep tokens in cookies with HttpOnly, short-lived and bound to what the page needs."),
        references=(_JWT, _SHEET),
        cwe=(522, 200),
    ),
    passing=content_case(),
    failing=content_case(secrets=(secret("web-token", "JSON Web Token", Exposure.TOKEN, verified=True),)),
)
@on_whole_answers
def token_in_page(case: Case[Content]) -> Verdict:
    """Fails for each token."""
    return _verdict(case, {Exposure.TOKEN}, lambda _: (None, None))


@rule(
    RuleInfo(
        id="CNT016",
        name="public-key-in-page",
        title="Keys that are made for pages, and names of accounts",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Lists browser keys of Google, publishable keys of Stripe, DSNs of Sentry, site keys and the like, and"
        " access key ids without their secret.",
        rationale="These keys are public by design. What they may do depends on the limits that their owner has set:"
        " referring sites, services, quotas.",
        remediation=remedy("Nothing need be done, where each key is limited to your sites and to what the page needs."),
        references=(_MAPS,),
        cwe=(200,),
    ),
    passing=content_case(),
    failing=content_case(secrets=(secret("google-api-key", "API key of Google (Maps, Firebase)", Exposure.PUBLIC),)),
)
@on_whole_answers
def public_key_in_page(case: Case[Content]) -> Verdict:
    """Fails, as information, for each public key or identifier."""
    return _verdict(case, {Exposure.PUBLIC, Exposure.IDENTIFIER}, lambda _: (None, None))


def _verdict(case: Case[Content], exposures: set[Exposure], weigh: Weigh) -> Verdict:
    """Fails for each value of these exposures; its hash tells it apart, and says nothing of it."""
    return fail_or_pass(
        [
            Fault(
                message=_MESSAGE
                + (" in the field {field}" if one.field is not None else "")
                + (", quoted as code" if one.quoted else "")
                + _NAMED[one.name is None],
                at=(f"/secrets/{place}",),
                arguments={
                    "title": one.title,
                    "length": one.length,
                    "hash": one.sha256,
                    "url": one.url,
                    "field": one.field or "",
                    "name": one.name or "",
                },
                discriminator=f"{one.kind} {one.sha256}",
                severity=severity,
                confidence=confidence,
            )
            for place, one in enumerate(case.evidence.secrets)
            if one.exposure in exposures
            for severity, confidence in (weigh(one),)
        ]
    )
