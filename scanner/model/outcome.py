"""Outcomes: the closed list of ways in which asking a peer can end."""

import enum


class Outcome(enum.StrEnum):
    """How an observation ended. Everything but `ok` leaves something unknown, and says which way."""

    OK = "ok"
    UNRESOLVED = "unresolved"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    RESET = "reset"
    TLS_ALERT = "tls-alert"
    PROTOCOL_ERROR = "protocol-error"
    OVER_BUDGET = "over-budget"
    FORBIDDEN = "forbidden"
    BLOCKED = "blocked"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASSESSED = "not-assessed"
    CANCELLED = "cancelled"
    INTERNAL_ERROR = "internal-error"


class Stage(enum.StrEnum):
    """How far a conversation had come when it ended."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    CLIENT_HELLO = "client-hello"
    SERVER_HELLO = "server-hello"
    CERTIFICATE = "certificate"
    HANDSHAKE = "handshake"
    REQUEST = "request"
    RESPONSE_HEAD = "response-head"
    RESPONSE_BODY = "response-body"
    PARSE = "parse"


class Answer(enum.StrEnum):
    """Three answers, never two."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
