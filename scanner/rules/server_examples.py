"""Answers to odd requests for the examples of the rules about server identity."""

from scanner.model.derived import Derived, ServerGuess
from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.evidence.server_identity import BASELINE, Ending, OddReply, PageSample, RootPage, ServerAnswers
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from scanner.rules.case import Case


def sample(text: str) -> PageSample:
    """A short page."""
    return PageSample(size=len(text), complete=True, text=PeerText(text), sha256="0" * 64)


def reply_to(
    request: str,
    title: str,
    status: int,
    body: str = "",
    server: str | None = "nginx",
    ending: Ending = Ending.OPEN,
) -> OddReply:
    """The answer to one row."""
    fields = () if server is None else (HeaderField(name=PeerText("Server"), value=PeerText(server)),)
    return OddReply(
        request=request,
        title=title,
        level=0 if request == BASELINE else 3,
        size=200,
        outcome=Outcome.OK,
        version=PeerText("HTTP/1.1"),
        status=status,
        reason=PeerText(""),
        fields=fields,
        ending=ending,
        body=sample(body),
    )


def example(
    *odd: OddReply,
    derived: Derived | None = None,
    baseline: OddReply | None = None,
    changed: Answer = Answer.NO,
    after: int = 200,
) -> Case[ServerAnswers]:
    """A case with a plain answer and these odd ones."""
    plain = baseline or reply_to(BASELINE, "plain GET", 404, "<p>nothing here</p>")
    return Case(
        evidence=ServerAnswers(
            path="/leadline-0123456789abcdef",
            replies=(plain, *odd),
            root_before=RootPage(status=200),
            root_after=RootPage(status=after),
            root_changed=changed,
        ),
        derived=derived or Derived(),
    )


QUIET = reply_to("xff-9000", "X-Forwarded-For of 9000 bytes", 400, "<p>sorry</p>")
APACHE_PAGE = reply_to(
    "fields-110",
    "110 small header fields",
    400,
    "<p>Your browser sent a request that this server could not understand.</p>",
)
FRONT = ServerGuess(family="nginx", engine="nginx", confidence=0.93, because=("the field Server: nginx",))
BACKEND = ServerGuess(
    family="apache",
    engine="apache",
    confidence=0.94,
    because=("110 small header fields: 400, with the error page of apache",),
)
