"""Documents: JSON Pointers lead to the target's place, those of guides as those of findings."""

import dataclasses
import datetime

from scanner.engine.document import Frame
from scanner.model.guide import GuideResult, GuideRow, GuideStatus
from scanner.model.peer import PeerText
from scanner.model.policy import Policy
from tests.support.results import NOW, sample

AT = "/observations/2/evidence/exchanges/0/fields"


def test_pointers_are_set_to_the_place_of_the_target() -> None:
    row = GuideRow(
        id="D1",
        advice="no version",
        status=GuideStatus.NOT_MET,
        reason=PeerText("Server: nginx/1.22.1"),
        evidence=(f"/targets/0{AT}",),
    )
    guide = GuideResult(id="g", title="G", version="1", sha256="", rows=(row,))
    whole = sample(("a.example", "b.example"))
    targets = [dataclasses.replace(target, guides=(guide,)) for target in whole.targets]
    policy = Policy(id="p", version="1", title="P", sha256="")
    frame = Frame(run_id="1", started=NOW, now=NOW, policy=policy, inputs=())

    document = frame.document(targets, finished=NOW + datetime.timedelta(seconds=1), interrupted=False)

    for place, target in enumerate(document.targets):
        (found,) = target.guides[0].rows
        assert found.evidence == (f"/targets/{place}{AT}",)
        assert all(pointer.startswith(f"/targets/{place}/") for one in target.findings for pointer in one.evidence)
