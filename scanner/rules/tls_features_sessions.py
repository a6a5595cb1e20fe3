"""Rules over `tls_features`: sessions and their resumption, early data, client certificates, the clock."""

from scanner.model.evidence.tls_features import ClientCertificate, Clock, TlsFeatures
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.tls_features_views import NO, YES, example, resumption_example, unless_bad
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail, fail_or_pass

DAY = 86_400
WEEK = 7 * DAY
"""The longest life of a ticket (RFC 8446 section 4.6.1)."""

MAX_SKEW_SECONDS = 60
"""A clock that is further off is not kept by NTP."""

_SHORTER = remedy(
    "Let tickets live for a day at most, and change the keys that encrypt them as often.",
    nginx="ssl_session_timeout 1d;",
    apache="SSLSessionCacheTimeout 86400",
)


@rule(
    RuleInfo(
        id="TLS043",
        name="session-tickets-long-lived",
        title="Session tickets live for more than a day",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the lifetime of the tickets that the server gives. Low above seven days.",
        rationale="Whoever gets the key that encrypts the tickets can read what was resumed with them, or in TLS 1.2"
        " the sessions themselves: as long as tickets live, forward secrecy does not begin.",
        remediation=_SHORTER,
        references=(
            rfc(8446, "4.6.1", "RFC 8446: New Session Ticket Message"),
            rfc(9325, "3.4", "RFC 9325 (BCP 195): TLS Session Resumption"),
        ),
        cwe=(613,),
    ),
    passing=example(),
    failing=resumption_example(ticket_lifetime_seconds=2 * DAY),
)
def session_tickets_long_lived(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a lifetime is above a day."""
    resumption = case.evidence.resumption
    lives = {
        "ticket_lifetime_seconds": resumption.ticket_lifetime_seconds,
        "psk_lifetime_seconds": resumption.psk_lifetime_seconds,
    }
    long = {name: seconds for name, seconds in lives.items() if seconds is not None and seconds > DAY}
    if long:
        return fail(
            "tickets live for {hours} hours",
            tuple(f"/resumption/{name}" for name in long),
            severity=Severity.LOW if max(long.values()) > WEEK else None,
            hours=round(max(long.values()) / 3600),
        )
    ways = {"ticket_lifetime_seconds": resumption.ticket, "psk_lifetime_seconds": resumption.psk}
    silent = [one for name, one in ways.items() if lives[name] is None]
    if len(silent) < len(ways):  # tickets were seen: what never gave one is fine, what could not be told is not
        doubtful = [one for one in silent if one.applicable and one.answer is Answer.UNKNOWN]
        return unless_bad(doubtful, none="") if doubtful else Pass()
    return unless_bad(silent, none="no tickets were seen")


@rule(
    RuleInfo(
        id="TLS044",
        name="no-session-resumption",
        title="Sessions cannot be resumed",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Completes handshakes and tries to resume them: by session id and ticket in TLS 1.2 and below, by"
        " pre-shared key in TLS 1.3.",
        rationale="Every visit then costs a full handshake. Behind a load balancer it may also mean that its servers"
        " share no sessions.",
        remediation=remedy(
            "Turn a shared session cache on.",
            nginx="ssl_session_cache shared:TLS:10m;",
            apache="SSLSessionCache shmcb:/run/apache2/ssl_scache(512000)",
        ),
        references=(rfc(9325, "3.4", "RFC 9325 (BCP 195): TLS Session Resumption"),),
    ),
    passing=example(),
    failing=resumption_example(session_id=NO, ticket=NO, psk=NO),
)
def no_session_resumption(case: Case[TlsFeatures]) -> Verdict:
    """Fails where no way of resuming worked."""
    names = ("session_id", "ticket", "psk")
    ways = {name: getattr(case.evidence.resumption, name) for name in names}
    if any(one.answer is Answer.YES for one in ways.values()):
        return Pass()
    asked = {name: one for name, one in ways.items() if one.applicable}
    if asked and all(one.answer is Answer.NO for one in asked.values()):
        return fail("no session could be resumed", tuple(f"/resumption/{name}" for name in asked))
    return unless_bad(tuple(ways.values()), none="no handshake was seen")


@rule(
    RuleInfo(
        id="TLS045",
        name="resumption-without-forward-secrecy",
        title="TLS 1.3 resumes without a fresh key exchange",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers a resumption by pre-shared key alone (psk_ke); asked with profile deep.",
        rationale="What is sent in such a session can be read by whoever gets the key that encrypts the tickets.",
        remediation=remedy("Leave psk_dhe_ke as the only mode, which is the default of every common library."),
        references=(
            rfc(8446, "4.2.9", "RFC 8446: Pre-Shared Key Exchange Modes"),
            rfc(9325, "3.4", "RFC 9325 (BCP 195): TLS Session Resumption"),
        ),
        cwe=(326,),
    ),
    passing=example(),
    failing=resumption_example(psk_without_dhe=YES),
)
def resumption_without_forward_secrecy(case: Case[TlsFeatures]) -> Verdict:
    """Fails where psk_ke was taken."""
    feature = case.evidence.resumption.psk_without_dhe
    if feature.answer is Answer.YES:
        return fail("a session was resumed without a key exchange", "/resumption/psk_without_dhe")
    if feature.answer is Answer.UNKNOWN and feature.applicable and not feature.tries:
        return NotAssessed(str(feature.reason or "it was not asked"))
    return unless_bad((feature,), none="no handshake of TLS 1.3 was seen")


@rule(
    RuleInfo(
        id="TLS046",
        name="early-data-accepted",
        title="0-RTT data is accepted",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whether the tickets of TLS 1.3 allow early data, and how many bytes.",
        rationale="Early data can be sent again by anybody who saw it. That is sound only where requests in it change"
        " nothing, or the application answers them with 425 (Too Early).",
        remediation=remedy(
            "Leave it off unless the application knows of it; tell it which requests came early.",
            nginx="ssl_early_data off;\n# or: proxy_set_header Early-Data $ssl_early_data;",
        ),
        references=(
            rfc(8446, "8", "RFC 8446: 0-RTT and Anti-Replay"),
            rfc(8470, "3", "RFC 8470: Early Data in HTTP"),
            rfc(9325, "3.10", "RFC 9325 (BCP 195): Zero Round-Trip Time (0-RTT) Data in TLS 1.3"),
        ),
        cwe=(294,),
    ),
    passing=example(),
    failing=resumption_example(early_data=YES, max_early_data=16384),
)
def early_data_accepted(case: Case[TlsFeatures]) -> Verdict:
    """Fails where early data is allowed."""
    resumption = case.evidence.resumption
    if resumption.early_data.answer is Answer.YES:
        return fail(
            "tickets allow early data of {bytes} bytes",
            ("/resumption/early_data", "/resumption/max_early_data"),
            bytes=resumption.max_early_data if resumption.max_early_data is not None else "unknown",
        )
    return unless_bad((resumption.early_data,), none="no handshake of TLS 1.3 was seen")


@rule(
    RuleInfo(
        id="TLS053",
        name="client-certificate-requested",
        title="A client certificate is asked for",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for CertificateRequest in the server's flight, and whether a handshake without a certificate is"
        " completed.",
        rationale="Browsers show their users a dialogue, and the names of the authorities tell everybody how an"
        " organisation is built.",
        remediation=remedy(
            "Ask only where certificates are needed, best at a host name of its own.",
            nginx="ssl_verify_client off;",
            apache="SSLVerifyClient none",
        ),
        references=(
            rfc(8446, "4.3.2", "RFC 8446: Certificate Request"),
            rfc(5246, "7.4.4", "RFC 5246: Certificate Request"),
        ),
    ),
    passing=example(client_certificate=ClientCertificate(requested=NO, required=NO)),
    failing=example(
        client_certificate=ClientCertificate(
            requested=YES, required=NO, authorities=(PeerText("CN=Example CA,O=Example"),), authority_count=1
        )
    ),
)
def client_certificate_requested(case: Case[TlsFeatures]) -> Verdict:
    """Fails where one is asked for."""
    found = case.evidence.client_certificate
    if found.requested.answer is Answer.YES:
        required = {Answer.YES: "required", Answer.NO: "optional", Answer.UNKNOWN: "whether required is unknown"}
        return fail(
            "a client certificate is asked for ({required}); authorities named: {count}",
            ("/client_certificate/requested", "/client_certificate/authority_count"),
            required=required[found.required.answer],
            count=found.authority_count,
        )
    return unless_bad((found.requested,), none="no handshake was seen")


@rule(
    RuleInfo(
        id="TLS054",
        name="clock-wrong",
        title="The server's clock is wrong",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares the time in ServerHello.random of TLS 1.2 and below with ours, where that field is a time.",
        rationale="A server that does not know the time judges certificates, tickets and staples wrongly, and its log"
        " cannot be compared with others.",
        remediation=remedy("Keep the clock by NTP; a current TLS library puts no time into its hellos."),
        references=(rfc(5246, "7.4.1.2", "RFC 5246: Client Hello, gmt_unix_time"),),
    ),
    passing=example(),
    failing=example(clock=Clock(answer=Answer.YES, hellos=9, skew_seconds=-7200)),
)
def clock_wrong(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a clock shows, and is more than a minute off."""
    clock = case.evidence.clock
    if set(case.evidence.versions) == {"TLSv1.3"}:
        return NotApplicable("hellos of TLS 1.3 hold no time")
    if clock.answer is Answer.UNKNOWN or (clock.answer is Answer.YES and clock.skew_seconds is None):
        return Unknown("too few hellos of TLS 1.2 and below were seen to tell a clock from a random number")
    if clock.skew_seconds is None:
        return Pass("the hellos hold no time")
    wrong = abs(clock.skew_seconds) > MAX_SKEW_SECONDS
    fault = Fault(
        message="the server's clock is {seconds} seconds off",
        at=("/clock/skew_seconds",),
        arguments={"seconds": clock.skew_seconds},
    )
    return fail_or_pass([fault] if wrong else [])
