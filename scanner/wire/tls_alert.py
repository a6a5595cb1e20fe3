"""Alerts: their names, and which of them refuse an offer properly (RFC 8446 section 6, RFC 5246 section 7.2)."""

NAMES: dict[int, str] = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}

PROTOCOL_VERSION = 70
"""Refuses the version, whatever else is offered."""

HANDSHAKE_FAILURE = 40

UNKNOWN_PSK_IDENTITY = 115
"""Also what a server says that has chosen SRP and was given no user (RFC 5054 section 2.5.1.3)."""

WARNING = 1
CLOSE_NOTIFY = 0

REFUSALS = frozenset({40, 43, 47, 60, 70, 71, 86, 109, 115})
"""Fatal alerts by which a server that understood the hello says no to what it offers."""

ALWAYS_FATAL = frozenset({10, 20, 22, 30, 40, 47, 50, 51, 60, 70, 71, 80, 86})
"""Alerts that end the handshake even where a server marks them as a warning (RFC 5246 section 7.2.2)."""


def alert_name(number: int) -> str:
    """The AlertDescription's name, `unassigned` where it has none."""
    return NAMES.get(number, "unassigned")


def alert_text(number: int) -> str:
    """Number and name, for details: `alert 40 (handshake_failure)`."""
    return f"alert {number} ({alert_name(number)})"
