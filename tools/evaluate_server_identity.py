"""Measures server identification on recorded deployments, each left out of its own reference.

    python -m tools.evaluate_server_identity RECORDED.jsonl [--leave-out family] [--blind] [--wrong]

`--leave-out deployment` (the default) asks how well another deployment of a known family is recognised;
`--leave-out family` takes every deployment with the family in front out: without its banner a front's right answer is
then "unknown". `--leave-out backend` takes out all that hold the family behind the front: nobody can name it by its
pages, and whatever else is named is wrong.

The rules of `scanner.derive.server` were written with these recordings in view, and many hold the same versions: the
figures say that nothing is broken, and are better than what strange sites will give.
"""

import argparse
import pathlib
from collections import Counter

from scanner.derive.server import identify
from scanner.derive.server_reference import Reference
from scanner.model.derived import ServerGuess
from tools.build_server_reference import build
from tools.recorded_servers import HOST, Deployment, answers_of, read


def _verdict(guess: ServerGuess | None, family: str, engine: str, *, absent: bool = False) -> str:
    if guess is None:
        return "unknown"
    if guess.family == family:
        return "right"
    if guess.engine == engine:
        return "right engine"
    return "wrong, family absent" if absent else "wrong"


def _backend_verdict(guess: ServerGuess | None, one: Deployment) -> str:
    if one.direct:
        return "none, rightly" if guess is None else "claimed, wrongly"
    return _verdict(guess, one.families[-1], one.engines[-1])


def _left_out(other: Deployment, one: Deployment, what: str) -> bool:
    """Whether `other` must not be known when `one` is asked for."""
    if what == "family":
        return other.family == one.family
    if what == "backend" and not one.direct:
        return one.families[-1] in other.families
    return other.id == one.id


def main() -> None:
    """Prints how many fronts and back ends were named right, wrong or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recorded", type=pathlib.Path)
    parser.add_argument("--leave-out", choices=("deployment", "family", "backend"), default="deployment")
    parser.add_argument("--blind", action="store_true", help="take no notice of banners")
    parser.add_argument("--wrong", action="store_true", help="show each deployment that was named wrong")
    chosen = parser.parse_args()
    deployments = read(chosen.recorded)
    fronts: Counter[str] = Counter()
    backends: Counter[str] = Counter()
    for one in deployments:
        absent = chosen.leave_out == "family"
        rest = [other for other in deployments if not _left_out(other, one, chosen.leave_out)]
        found = identify(
            answers_of(one, conditions=True),
            host=HOST,
            reference=Reference(build(rest, date="")),
            blind=chosen.blind,
        )
        front = _verdict(found.front, one.family, one.engine, absent=absent)
        backend = _backend_verdict(found.backend, one)
        fronts[front] += 1
        backends[f"{'direct' if one.direct else 'proxied'}: {backend}"] += 1
        if chosen.wrong and ("wrong" in front or "wrong" in backend):
            print(f"{one.id}: front {front} ({found.front}), back end {backend} ({found.backend})")
    print(
        f"left out: {chosen.leave_out}; banners {'hidden' if chosen.blind else 'seen'}; {len(deployments)} deployments"
    )
    print("fronts:", dict(fronts.most_common()))
    print("back ends:", dict(backends.most_common()))


if __name__ == "__main__":
    main()
