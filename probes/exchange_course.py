"""The course of a look at a site over HTTP: the entries, the steps of the plan, and what of it all is kept.

Loaded when the look begins: it and its libraries take a tenth of a second, which other probes need not wait for.
"""

import dataclasses
from types import TracebackType

from probes.exchange_page import page_of
from probes.exchange_plan import SCRIPT_BYTES, STEPS, Nothing, Question, Scene, Step, Words, plain_entry
from probes.exchange_walk import RATE_LIMITED, Walk
from probes.http_exchanges import MAX_REQUESTS
from scanner.errors import NoSuchName, OwnFault, PeerFault
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.options import Profile, ScanOptions
from scanner.model.page import Page
from scanner.net.http_session import KEPT_OPEN, HttpSession, Manner
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.urls import HttpUrl, parse_url

NOT_QUICK = "left out in the profile quick"
NO_ROOM = "the requests of this look are used up"

SIBLING_SECONDS = 3.0
"""The longest that looking up the sibling's name may take."""

_ENTRIES = (Purpose.ENTRY, Purpose.PLAIN_ENTRY)


def _user_agent(options: ScanOptions) -> str | None:
    """The name that requests carry; None where the user gives it as a header field, which is never shown."""
    named = any(one.name.lower() == "user-agent" for one in options.headers)
    return None if named else options.user_agent or USER_AGENT


class Course:
    """One look. Use it as an asynchronous context manager: leaving closes everything."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._http = HttpSession(session)
        self._newer = HttpSession(session, http2=True)
        self._walk = Walk(session, self._http, self._newer, MAX_REQUESTS[session.options.profile])
        self._page: Page | None = None
        self._away: Page | None = None
        self._left_out: dict[str, str] = {}
        self._absent: list[Purpose] = []
        self._mark: str | None = None
        self._words = Words(path=session.random(8).hex(), mark=session.random(8).hex())

    @property
    def first(self) -> Exchange:
        """The entry's first answer."""
        return self._walk.exchanges[0]

    async def enter(self, entry: HttpUrl) -> None:
        """Asks for the entry, and follows its redirects."""
        await self._walk.follow(Purpose.ENTRY, entry, spare=1)  # one is kept for plain http

    async def go_on(self) -> None:
        """Asks for the plain-http entry, and then what the plan says."""
        plain = plain_entry(self._session)
        if plain is None:
            self._left_out[Purpose.PLAIN_ENTRY.value] = (
                "asked beside https at the default ports, and where --resolve names port 80"
            )
        elif self._walk.rate_limited:
            self._left_out[Purpose.PLAIN_ENTRY.value] = RATE_LIMITED
        else:
            await self._walk.follow(Purpose.PLAIN_ENTRY, plain)
        if self._walk.block() is None:
            seen = self.evidence()
            self._page, why_not = await page_of(seen.document, self._session.deadline)
            self._away, _ = await page_of(seen.departure, self._session.deadline)
            if why_not is not None:
                self._left_out["page"] = why_not
        await self._ask_all()

    def evidence(self) -> HttpExchanges:
        """What is known so far."""
        return HttpExchanges(
            exchanges=tuple(self._walk.exchanges),
            block=self._walk.block(),
            page=self._page,
            away=self._away,
            left_out=dict(self._left_out),
            absent=tuple(self._absent),
            mark=self._mark,
            user_agent=_user_agent(self._session.options),
        )

    async def _ask_all(self) -> None:
        base = self._base()
        for step in STEPS:
            reason = self._reason_against(step, base)
            if reason is None and base is not None:
                reason = await self._take(step, self._scene(base))
            if reason is not None:
                self._left_out[step.purpose.value] = str(reason)  # a plain one: `Nothing` is no type of the evidence

    def _reason_against(self, step: Step, base: HttpUrl | None) -> str | None:
        if self._session.options.profile is Profile.QUICK and not step.quick:
            return NOT_QUICK
        if base is None:
            return f"no answer of the named host ({self.first.outcome})"
        return self._walk.why_stop()

    async def _take(self, step: Step, scene: Scene) -> str | None:
        """Asks the questions of a step; why not all of them."""
        questions = step.ask(scene)
        if isinstance(questions, Nothing):
            self._absent.append(step.purpose)
        if isinstance(questions, str):
            return questions
        for question in questions:
            if self._walk.room <= step.spare:
                return NO_ROOM
            if (reason := self._walk.why_stop()) is not None:
                return reason
            if (reason := await self._ask(step.purpose, question)) is not None:
                return reason
        return None

    async def _ask(self, purpose: Purpose, question: Question) -> str | None:
        """Asks one question; why not, where it was not asked."""
        manner = question.manner
        if purpose is Purpose.SCRIPT:
            left = SCRIPT_BYTES - self._script_bytes()
            if left <= 0:
                return f"the scripts before it have {SCRIPT_BYTES} bytes together"
            manner = dataclasses.replace(manner, body_bytes=left)
        if question.if_found:
            try:
                await self._walk.find(question.url, SIBLING_SECONDS)
            except (PeerFault, OwnFault) as fault:
                if isinstance(fault, NoSuchName):
                    self._absent.append(purpose)
                return f"{question.url.host}: {fault.detail or fault.outcome}"
        if purpose is Purpose.TRACE:
            self._mark = self._words.mark
        if question.hops:
            await self._walk.follow(purpose, question.url, most_hops=question.hops, manner=manner)
        elif question.newer:
            await self._ask_newer(purpose, question, manner)
        else:
            await self._walk.ask(purpose, question.url, manner=manner, endpoint=question.endpoint)
        return None

    async def _ask_newer(self, purpose: Purpose, question: Question, manner: Manner) -> None:
        """Asks over the connection that offers HTTP/2; a document that does not come so, once more without."""
        narrow = self._session.options.pace.open_at_once <= KEPT_OPEN
        if narrow:
            await self._http.rest()  # an idle connection must not hold the place that this one needs
        exchange = await self._walk.ask(purpose, question.url, manner=manner, newer=True)
        if narrow:
            await self._newer.rest()
        if purpose is Purpose.REPEAT and not exchange.answered and self._walk.room > 1:
            await self._walk.ask(purpose, question.url, manner=manner)

    def _script_bytes(self) -> int:
        """Bytes of the scripts that were read. The asset is one wherever there is any."""
        read = (*self._walk.of(Purpose.ASSET), *self._walk.of(Purpose.SCRIPT))
        return sum(one.body.size for one in read if one.body is not None)

    def _base(self) -> HttpUrl | None:
        """The root of the named host that answered: https before http, the entry's hops before the plain ones'."""
        hops = (one for purpose in _ENTRIES for one in self._walk.of(purpose) if one.answered and one.same_host)
        found = [parse_url(one.url).at("/") for one in hops]
        return next((one for one in found if one.scheme == "https"), found[0] if found else None)

    def _scene(self, base: HttpUrl) -> Scene:
        return Scene(
            target=self._session.target,
            options=self._session.options,
            seen=self.evidence(),
            base=base,
            place=self._walk.place_of(base),
            words=self._words,
        )

    async def __aenter__(self) -> "Course":
        """The look itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes every connection."""
        await self._http.__aexit__(kind, value, trace)
        await self._newer.__aexit__(kind, value, trace)
