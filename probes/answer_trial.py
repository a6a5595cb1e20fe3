"""Trials: the same question in several broken forms, and whether a server answers all of them alike.

A difference counts only where it comes back every time, in another order each time: load balancers, races between
FIN and RST, and servers in a mood give differences too, but not those.
"""

import dataclasses
import enum
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from probes.whole_answer import Answer
from scanner.wire.tls12_records import RandomBytes

REPEATS = 3
"""How often all forms are asked again where their answers differ."""

Ask = Callable[[str], Awaitable[Answer]]
"""Asks in the form of that name, over a connection of its own."""


class Verdict(enum.Enum):
    """What a trial came to."""

    ALIKE = "all forms are answered alike"
    DIFFERENT = "they are answered differently, each always in the same way"
    UNSTEADY = "the same form was answered in different ways"
    UNREPEATED = "they were answered differently, and not asked again"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`answers` are those of the first round, by form; `doubt` says, in words, what was unsteady."""

    verdict: Verdict
    answers: Mapping[str, Answer]
    doubt: str = ""

    def told(self, names: Mapping[str, str]) -> str:
        """The answers in words, each with the forms that it was given to; the commonest is that to all others."""
        groups: dict[Answer, list[str]] = {}
        for form, answer in self.answers.items():
            groups.setdefault(answer, []).append(names[form])
        ordered = sorted(groups.items(), key=lambda one: len(one[1]))
        texts = [f"{', '.join(forms)}: {answer.text}" for answer, forms in ordered]
        if len(ordered) > 1 and len(ordered[-1][1]) > 1:
            texts[-1] = f"all others: {ordered[-1][0].text}"
        return "; ".join(texts)


async def try_forms(
    forms: Sequence[str], ask: Ask, *, random: RandomBytes, control: Collection[str] = (), repeat: bool = True
) -> Trial:
    """Asks in every form once, and `REPEATS` times more where the answers differ.

    Those in `control` are asked too, but their answers may differ from the others. `repeat` False leaves the repeats
    out. Raises what `ask` raises.
    """
    answers = {form: await ask(form) for form in forms}
    if len({answer for form, answer in answers.items() if form not in control}) == 1:
        return Trial(verdict=Verdict.ALIKE, answers=answers)
    if not repeat:
        return Trial(verdict=Verdict.UNREPEATED, answers=answers)
    doubt = ""
    for _ in range(REPEATS):
        for form in sorted(forms, key=lambda _: random(8)):
            again = await ask(form)
            if again != answers[form]:
                doubt = f"first {answers[form].text}, then {again.text}"
            if again.roughly != answers[form].roughly:
                return Trial(verdict=Verdict.UNSTEADY, answers=answers, doubt=doubt)
    rough = {answer.roughly for form, answer in answers.items() if form not in control}
    steady = not doubt or len(rough) > 1  # where only FIN and RST were unsteady, the rest may still differ
    return Trial(verdict=Verdict.DIFFERENT if steady else Verdict.UNSTEADY, answers=answers, doubt=doubt)
