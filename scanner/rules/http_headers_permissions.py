"""Rules about Permissions-Policy: its grammar, its features and its allowlists."""

from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import STATIC_HOSTING, mdn_header, remedy, rfc, send_header, w3c
from scanner.rules.document_gate import on_page
from scanner.rules.header_examples import invalid, page, part, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Unknown, Verdict, fail, fail_or_pass

POWERFUL = frozenset(
    {
        "bluetooth", "camera", "clipboard-read", "digital-credentials-get", "display-capture", "geolocation", "hid",
        "identity-credentials-get", "local-network-access", "microphone", "midi", "otp-credentials", "payment",
        "publickey-credentials-create", "publickey-credentials-get", "serial", "usb",
    }
)  # fmt: skip
"""Features that reach the visitor's devices, position, credentials or money."""

_UNKNOWN = "not among the features known on"
_MEANT = " may be meant"
_UNNAMED = (_UNKNOWN, "a feature that browsers have given up")
_SHOWN = 5
_POLICY = "permissions-policy"
_AT = f"/final/headers/{_POLICY}"
_PERMISSIONS = w3c("Permissions Policy", "https://www.w3.org/TR/permissions-policy-1/", "section 5.2")
_NOT_SENT = NotApplicable("Permissions-Policy is not sent")


@rule(
    RuleInfo(
        id="HDR016",
        name="permissions-policy-missing",
        title="No Permissions-Policy header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for the Permissions-Policy header.",
        rationale="It switches off features that a page does not use (camera, location …), for itself and its frames."
        " It is hardening: of the large browsers Chromium alone reads the header.",
        remediation=send_header(
            "List the features that the page does not need." + STATIC_HOSTING,
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=()",
        ),
        references=(_PERMISSIONS, mdn_header("Permissions-Policy")),
    ),
    passing=page({_POLICY: valid("camera=()", "camera")}),
    failing=page({}),
)
@on_page
def permissions_policy_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header is absent."""
    del case
    if final.reading(_POLICY).state is not HeaderState.ABSENT:
        return Pass()
    if final.reading("feature-policy").state is not HeaderState.ABSENT:
        return fail("Permissions-Policy is not sent, only Feature-Policy, its old name and syntax", "/final/headers")
    return fail("Permissions-Policy is not sent", "/final/headers")


@rule(
    RuleInfo(
        id="HDR017",
        name="permissions-policy-invalid",
        title="The Permissions-Policy header breaks its grammar",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Parses the header as a structured dictionary (RFC 9651), and each allowlist.",
        rationale="One slip in the syntax makes browsers drop the whole header, one in an allowlist that feature. The"
        " old syntax of Feature-Policy is the most common slip.",
        remediation=remedy("Write feature=(allowlist), with commas between features: camera=(), geolocation=(self)."),
        references=(_PERMISSIONS, rfc(9651, "4.2.2", "Structured fields: dictionaries")),
    ),
    passing=page({_POLICY: valid("camera=()", "camera")}),
    failing=page({_POLICY: invalid("camera 'none'", problem="a comma is missing (character 8)")}),
)
@on_page
def permissions_policy_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where browsers would drop the header, or the allowlist of a feature."""
    del case
    reading = final.reading(_POLICY)
    if reading.state is HeaderState.ABSENT:
        return _NOT_SENT
    if reading.state is HeaderState.INVALID:
        return fail("browsers drop the Permissions-Policy header: {problem}", _AT, problem=reading.problem)
    return fail_or_pass(
        [
            Fault(
                message="Permissions-Policy: the allowlist of {feature} does not count as written: {problem}",
                at=(f"{_AT}/parts/{place}",),
                arguments={"feature": one.name, "problem": one.problem},
                discriminator=one.name,
            )
            for place, one in enumerate(reading.parts)
            if one.problem and not one.problem.startswith(_UNNAMED)
        ]
    )


@rule(
    RuleInfo(
        id="HDR027",
        name="permissions-policy-unknown-feature",
        title="The Permissions-Policy seems to misspell features",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for names that are almost those of a dated table of features, current and given up. Others that"
        " the table does not have may be newer than it: what they are is unknown.",
        rationale="A misspelt feature switches nothing off. Names that browsers have given up are not meant.",
        remediation=remedy("Correct the spelling, or drop the name."),
        references=(
            mdn_header("Permissions-Policy"),
            w3c(
                "Policy-controlled features",
                "https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md",
            ),
        ),
    ),
    passing=page({_POLICY: valid("camera=()", "camera", (part("camera"),))}),
    failing=page({_POLICY: valid("camra=()", "camra", (part("camra", problem=f"{_UNKNOWN} …; camera{_MEANT}"),))}),
)
@on_page
def permissions_policy_unknown_feature(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, with all names that seem misspelt; unknown for other names that the table has not."""
    del case
    reading = final.reading(_POLICY)
    if reading.state is not HeaderState.VALID:
        return NotApplicable("there is no Permissions-Policy that can be read")
    strange = [(place, one) for place, one in enumerate(reading.parts) if (one.problem or "").startswith(_UNKNOWN)]
    found = [(place, one) for place, one in strange if str(one.problem).endswith(_MEANT)]
    if found:
        return fail(
            "Permissions-Policy names {names}",
            tuple(f"{_AT}/parts/{place}" for place, _ in found),
            names=", ".join(f"{one.name} ({one.problem})" for _, one in found),
        )
    if strange:
        names = ", ".join(str(one.name) for _, one in strange[:_SHOWN])
        return Unknown(f"{strange[0][1].problem}, so misspelt or newer: {names}")
    return Pass()


@rule(
    RuleInfo(
        id="HDR028",
        name="permissions-policy-open",
        title="The Permissions-Policy gives powerful features to every site in a frame",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for camera, location, credentials and the like with the allowlist `*`.",
        rationale="Without the header browsers keep these features to the page's own origin; `*` lets every frame on it"
        " ask the visitor in the page's name, as far as its allow attribute lets it.",
        remediation=remedy('Name the origins that need the feature: camera=(self "https://meet.example.net").'),
        references=(_PERMISSIONS, mdn_header("Permissions-Policy")),
    ),
    passing=page({_POLICY: valid("camera=(self)", "camera", (part("camera", "self"),))}),
    failing=page({_POLICY: valid("camera=*", "camera", (part("camera", "*"),))}),
)
@on_page
def permissions_policy_open(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for powerful features that are given to all origins."""
    del case
    reading = final.reading(_POLICY)
    if reading.state is not HeaderState.VALID:
        return NotApplicable("there is no Permissions-Policy that can be read")
    found = [
        (place, one)
        for place, one in enumerate(reading.parts)
        if one.name in POWERFUL and "*" in one.values and one.problem is None
    ]
    if not found:
        return Pass()
    return fail(
        "Permissions-Policy gives these features to all origins: {names}",
        tuple(f"{_AT}/parts/{place}" for place, _ in found),
        names=", ".join(one.name for _, one in found),
    )
