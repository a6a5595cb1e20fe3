"""Facts of the derived addresses: what the addresses of one name do not answer alike."""

from collections.abc import Mapping

from reports.facts.reading import as_dict, as_list, as_text, at, texts
from reports.facts.sheet import Sheet, make_sheet

_ASPECTS = {
    "protocol": "Protocol",
    "suites": "Suites",
    "groups": "Groups",
    "certificate": "Certificate",
    "staple": "Staple",
    "flaw": "Flaw",
}
_DIFFER = {
    "suites": "not the same suites",
    "groups": "not the same groups",
    "certificate": "not the same certificate",
}
_VERBS = {"protocol": ("accepts", "accept"), "staple": ("staples in", "staple in"), "flaw": ("has", "have")}
_NOT_KNOWN = "could not be told"
_NOTHING_MORE = "nothing more"
_MOST_COLUMNS = 8


def address_sheets(derived: object) -> tuple[Sheet, ...]:
    """A row a difference; none where fewer than two addresses were compared.

    What is answered with yes or no has a column an address (`2 of 3 addresses accept TLSv1.0`); of lists, what one
    address has beyond the others, and where.
    """
    endpoints = _compared(derived)
    if len(endpoints) < 2:
        return ()
    counted: list[tuple[str, ...]] = []
    listed: list[tuple[str, ...]] = []
    for one in as_list(at(derived, "addresses", "differences")):
        aspect, subject = as_text(at(one, "aspect")), as_text(at(one, "subject"))
        answers = {as_text(at(each, "endpoint")): as_text(at(each, "answer")) for each in as_list(at(one, "answers"))}
        said = _said(aspect, subject, tuple(answers.values()))
        if said:
            shown = endpoints[:_MOST_COLUMNS]
            counted.append((said, *(answers[place] or _NOT_KNOWN if place in answers else "" for place in shown)))
        else:
            listed += [(f"{_ASPECTS.get(aspect, aspect)}, {subject}", *row) for row in _by_answer(answers)]
    made = [
        make_sheet("", ("", *endpoints[:_MOST_COLUMNS]), counted) if counted else None,
        make_sheet("What only some of them have", ("", "At", "Beyond the others"), sorted(listed)) if listed else None,
    ]
    found = tuple(one for one in made if one is not None)
    alike = f"{len(endpoints)} addresses answer alike, as far as they were compared."
    return (*(found or (make_sheet(alike, (), ()),)), *_unsettled(derived))


def _by_answer(answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each answer after the places that gave it; nothing for those that have no more than the others."""
    places: dict[str, list[str]] = {}
    for endpoint, answer in answers.items():
        if answer and answer != _NOTHING_MORE:
            places.setdefault(answer, []).append(endpoint)
    return [(", ".join(at_), answer) for answer, at_ in places.items()]


def address_lines(derived: object) -> tuple[str, ...]:
    """`2 of 3 addresses accept TLSv1.0`, a line a difference; nothing where fewer than two were compared."""
    endpoints = _compared(derived)
    if len(endpoints) < 2:
        return ()
    lines, lists = [], dict[str, list[str]]()
    for one in as_list(at(derived, "addresses", "differences")):
        aspect, subject = as_text(at(one, "aspect")), as_text(at(one, "subject"))
        said = _said(aspect, subject, tuple(as_text(at(each, "answer")) for each in as_list(at(one, "answers"))))
        if said:
            lines.append(said)
        else:
            lists.setdefault(_DIFFER.get(aspect, f"{aspect} differs"), []).append(subject)
    lines += [f"{words}: {', '.join(sorted(subjects))}" for words, subjects in lists.items()]
    return tuple(dict.fromkeys(lines)) or (f"{len(endpoints)} compared, all alike",)


def _said(aspect: str, subject: str, answers: tuple[str, ...]) -> str:
    """The count where the answers are yes and no; nothing where they are lists."""
    yes, known = answers.count("yes"), sum(one in {"yes", "no"} for one in answers)
    if aspect not in _VERBS or not known:
        return ""
    return f"{yes} of {known} addresses {_VERBS[aspect][yes > 1]} {subject}"


def _compared(derived: object) -> tuple[str, ...]:
    whole = as_dict(at(derived, "addresses", "compared")).values()
    return tuple(dict.fromkeys(place for places in whole for place in texts(places)))


def _unsettled(derived: object) -> tuple[Sheet, ...]:
    left = ", ".join(texts(at(derived, "addresses", "unsettled")))
    return (make_sheet(f"Not known at every address: {left}", (), ()),) if left else ()
