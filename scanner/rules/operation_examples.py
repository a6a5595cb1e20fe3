"""Literals for the examples of rules on operation, and what several of them say."""

import datetime

from scanner.model.evidence.operation import Operation, SecurityField, SecurityTxt
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Reference
from scanner.rules.case import Case
from scanner.rules.verdict import NotAssessed, Unknown

_URL = "https://www.example.org/.well-known/security.txt"

SECURITY_TXT_HOWTO = Reference(title="securitytxt.org", url="https://securitytxt.org/")
WSTG_METHODS = Reference(
    title="OWASP WSTG: test HTTP methods",
    url="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
    "02-Configuration_and_Deployment_Management_Testing/06-Test_HTTP_Methods",
)
WSTG_HOST = Reference(
    title="OWASP WSTG: testing for Host header injection",
    url="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
    "07-Input_Validation_Testing/17-Testing_for_Host_Header_Injection",
)


def site(**parts: object) -> Case[Operation]:
    """A case with these parts of the evidence."""
    return Case(evidence=Operation(**parts))  # type: ignore[arg-type]  # each caller names a field with its type


def security_txt(
    *fields: tuple[str, str], expires: datetime.datetime | None = None, problems: tuple[str, ...] = ()
) -> Case[Operation]:
    """A security.txt with these fields."""
    return site(
        security_txt=SecurityTxt(
            present=Answer.YES,
            at=3,
            url=PeerText(_URL),
            status=200,
            media_type=PeerText("text/plain"),
            fields=tuple(
                SecurityField(name=PeerText(name), value=PeerText(value), line=line)
                for line, (name, value) in enumerate(fields, start=1)
            ),
            expires=expires,
            problems=problems,
        )
    )


def unsure(at: int | None, reason: str | None) -> Unknown | NotAssessed:
    """Unknown where it was asked and could not be told, not assessed where it was not asked."""
    words = reason or "it could not be told"
    return NotAssessed(words) if at is None else Unknown(words)
