"""Facts for guides about header fields: values that a guide asks for by name, and old fields as they stand.

Rule of the room: as in `guide_facts`.
"""

from collections.abc import Iterator

from scanner.model.csp import CspPolicy, Delivery, Disposition
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.http_headers import DocumentHeaders, HstsPolicy, HttpHeaders
from scanner.model.outcome import Answer
from scanner.rules.case import Case
from scanner.rules.document_gate import BLOCKED, on_answer, on_page, site_answered
from scanner.rules.guide_facts import fact
from scanner.rules.guide_facts_site import an_answer
from scanner.rules.header_examples import answer, hsts_case, page, policy, valid
from scanner.rules.hsts import PRELOAD_AGE
from scanner.rules.verdict import Fault, NotApplicable, Pass, Unknown, Verdict, fail, fail_or_pass

PRIVATE_REFERRER = frozenset({"same-origin", "no-referrer"})
"""Referrer policies that tell other sites nothing."""

_XFO = "/final/headers/x-frame-options"
_REFERRER = "/final/headers/referrer-policy"
_CROSS_DOMAIN = "/final/headers/x-permitted-cross-domain-policies"
_PASSIVE = ("img-src", "media-src")


@fact(
    "framing-denied",
    "http_headers",
    "Whether nobody at all may frame the page: X-Frame-Options: DENY, or frame-ancestors 'none'",
    passing=page({"x-frame-options": valid("DENY", "deny")}),
    against=page({"x-frame-options": valid("SAMEORIGIN", "sameorigin")}),
)
@on_page
def framing_denied(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Passes for frame-ancestors 'none', which browsers heed first, else for DENY."""
    del case
    framers = [
        (place, found)
        for place, one in enumerate(final.csp)
        if one.disposition is Disposition.ENFORCE
        and one.delivery is Delivery.HEADER
        and (found := one.directive("frame-ancestors")) is not None
    ]
    if any(found.is_none for _, found in framers):
        return Pass("frame-ancestors 'none'")
    if framers:
        at = tuple(f"/final/csp/{place}" for place, _ in framers)
        values = " and ".join(" ".join(found.sources) for _, found in framers)
        return fail(
            "frame-ancestors {values} lets some sites frame the page; the guide asks for none", at, values=values
        )
    reading = final.reading("x-frame-options")
    if reading.effective == "deny":
        return Pass("X-Frame-Options: DENY")
    if reading.raw:
        return fail("X-Frame-Options is {value}; the guide asks for DENY", _XFO, value=", ".join(reading.raw))
    return fail("neither X-Frame-Options nor frame-ancestors is sent", "/final/headers")


@fact(
    "referrer-stays-home",
    "http_headers",
    "Whether other sites get no referrer: Referrer-Policy same-origin, or no-referrer",
    passing=page({"referrer-policy": valid("same-origin")}),
    against=page({"referrer-policy": valid("strict-origin-when-cross-origin")}),
)
@on_page
def referrer_stays_home(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Passes where the policy in force is `same-origin` or stricter."""
    del case
    reading = final.reading("referrer-policy")
    policy_in_force = (
        final.meta_referrer or reading.effective
    )  # a meta element is read after the header, and replaces it
    if policy_in_force is None:
        said = (
            f"Referrer-Policy: {', '.join(reading.raw)} has no effect" if reading.raw else "no Referrer-Policy is sent"
        )
        return fail("{said}; browsers then send the origin to other sites", "/final/headers", said=said)
    if policy_in_force in PRIVATE_REFERRER:
        return Pass(f"Referrer-Policy: {policy_in_force}")
    message = "Referrer-Policy is {value}, which tells other sites where a visitor comes from"
    return fail(message, _REFERRER if reading.raw else "/final/meta_referrer", value=policy_in_force)


@fact(
    "cross-domain-policies-none",
    "http_headers",
    "Whether X-Permitted-Cross-Domain-Policies is none",
    passing=page({"x-permitted-cross-domain-policies": valid("none")}),
    against=page({}),
)
@on_answer
def cross_domain_policies_none(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where it is absent or another value. Only old Adobe clients read it."""
    del case
    reading = final.reading("x-permitted-cross-domain-policies")
    if not reading.raw:
        return fail("X-Permitted-Cross-Domain-Policies is not sent", "/final/headers")
    if all(line.strip().lower() == "none" for line in reading.raw):
        return Pass("X-Permitted-Cross-Domain-Policies: none")
    values = ", ".join(reading.raw)
    return fail("X-Permitted-Cross-Domain-Policies is {values}; the guide asks for none", _CROSS_DOMAIN, values=values)


# --- the policy that closes everything --------------------------------------------------------------------------------

_CLOSED = policy(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob: https:",
        "connect-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
        "upgrade-insecure-requests": "",
    }
)


@fact(
    "csp-closed-by-default",
    "http_headers",
    "Whether the CSP closes everything and opens each type by a list of its own",
    passing=page(csp=(_CLOSED,)),
    against=page(csp=(policy({"default-src": "'self'"}),)),
)
@on_page
def csp_closed_by_default(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for what the enforced policies together leave open; remarks are in the reason of the pass."""
    del case
    enforced = [(place, one) for place, one in enumerate(final.csp) if one.disposition is Disposition.ENFORCE]
    if not enforced:
        return fail("no Content-Security-Policy is enforced", "/final/csp")
    policies = [one for _, one in enforced]
    at = tuple(f"/final/csp/{place}" for place, _ in enforced)
    lacking = list(_lacking(policies))
    faults = [
        Fault(message="the policy lacks {what}", at=at, arguments={"what": what}, discriminator=what)
        for what in lacking
    ]
    if any_inline(policies):
        faults.append(Fault(message="script-src has 'unsafe-inline', a weakness", at=at, discriminator="inline"))
    remarks = list(_remarks(policies))
    said = "default-src 'none', lists for each type, frame-ancestors 'none' and upgrade-insecure-requests"
    return fail_or_pass(faults, f"{said}; remarks: {'; '.join(remarks)}" if remarks else said)


def _lacking(policies: list[CspPolicy]) -> Iterator[str]:
    if not any((found := one.directive("default-src")) is not None and found.is_none for one in policies):
        yield "default-src 'none'"
    framed = [one.directive("frame-ancestors") for one in policies if one.delivery is Delivery.HEADER]
    if not any(found is not None and found.is_none for found in framed):
        yield "frame-ancestors 'none'"
    if not any(one.directive("upgrade-insecure-requests") is not None for one in policies):
        yield "upgrade-insecure-requests"


def any_inline(policies: list[CspPolicy]) -> bool:
    """Whether all the policies together let any inline script run: each of them has to."""
    return all((found := one.effective("script-src-elem")) is None or found.allows_all_inline for one in policies)


def _remarks(policies: list[CspPolicy]) -> Iterator[str]:
    """What is no fault of the policy, and good to know."""
    styles = [one.effective("style-src") for one in policies]
    if all(found is None or found.allows_all_inline for found in styles):
        yield "style-src has 'unsafe-inline', so injected styles apply"
    for name in _PASSIVE:
        sources = [one.effective(name) for one in policies]
        if all(
            found is None or any(source.lower() in {"https:", "https://*", "*", "http:"} for source in found.sources)
            for found in sources
        ):
            yield f"{name} takes any host"
    if not any(one.directive("form-action") is not None for one in policies):
        yield "there is no form-action, so forms may be sent anywhere"


# --- HSTS preload -----------------------------------------------------------------------------------------------------

_ASKING = HstsPolicy(max_age=63_072_000, include_subdomains=True, preload=True)


@fact(
    "hsts-preload",
    "http_headers",
    "Whether the host is on the HSTS preload list, or asks for it and meets the conditions",
    passing=hsts_case(answer("max-age=63072000; includeSubDomains; preload", policy=_ASKING)),
    against=hsts_case(answer("max-age=63072000", policy=HstsPolicy(max_age=63_072_000))),
)
def hsts_preload(case: Case[HttpHeaders]) -> Verdict:
    """Passes where the list covers the host or the header asks for it properly; the list's date is in the reason."""
    preload = case.derived.preload
    dated = f" of {preload.list_date}" if preload.list_date else ""
    if case.target.is_address:
        return NotApplicable("browsers keep no HSTS for an address (RFC 6797 section 8.1.1)")
    if preload.covered is Answer.YES:
        return Pass(f"covered by the entry {preload.entry} of the preload list{dated}")
    if case.evidence.block is not None:
        return BLOCKED
    listed = (
        f"not on the list{dated}" if preload.covered is Answer.NO else "whether it is on the list was not looked up"
    )
    own = [(place, hop) for place, hop in enumerate(case.evidence.hsts) if hop.secure and hop.own and hop.policy]
    if not own:
        seen = any(hop.secure and hop.own for hop in case.evidence.hsts)
        return (
            fail("no valid HSTS header is sent; {listed}", "/hsts", listed=listed)
            if seen
            else Unknown("no answer over https was seen")
        )
    place, hop = next(((place, hop) for place, hop in own if hop.policy and hop.policy.preload), own[0])
    said = hop.policy
    if said is None or not said.preload:
        return fail("HSTS is sent without preload; {listed}", f"/hsts/{place}/policy", listed=listed)
    if said.max_age < PRELOAD_AGE or not said.include_subdomains:
        return fail(
            "HSTS asks for preloading without a max-age of a year and includeSubDomains; {listed}",
            f"/hsts/{place}/policy",
            listed=listed,
        )
    return Pass(f"HSTS asks for preloading and meets the conditions; {listed}")


# --- old fields, as they stand ----------------------------------------------------------------------------------------


def _stated(case: Case[HttpExchanges], name: str) -> Verdict:
    """Whether the document carries the field, and with which value."""
    if not site_answered(case) or case.evidence.block is not None:
        return BLOCKED
    final = case.evidence.document or case.evidence.final
    if final is None:
        return Unknown("there is no final document")
    values = final.values(name.lower())
    return Pass(f"{name}: {', '.join(values)} is sent" if values else f"{name} is not sent")


@fact("xss-filter-field", "http_exchanges", "What X-XSS-Protection says", passing=an_answer(("X-XSS-Protection", "0")))
def xss_filter_field(case: Case[HttpExchanges]) -> Verdict:
    """States it."""
    return _stated(case, "X-XSS-Protection")


@fact("download-options-field", "http_exchanges", "What X-Download-Options says", passing=an_answer())
def download_options_field(case: Case[HttpExchanges]) -> Verdict:
    """States it."""
    return _stated(case, "X-Download-Options")


@fact("expect-ct-field", "http_exchanges", "What Expect-CT says", passing=an_answer(("Expect-CT", "max-age=86400")))
def expect_ct_field(case: Case[HttpExchanges]) -> Verdict:
    """States it."""
    return _stated(case, "Expect-CT")
