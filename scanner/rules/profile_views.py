"""Views that the profile rules share: what a policy asks for, and how its answer is worded.

No rule lives here. A profile's lists are what is allowed: a server with fewer complies. Of a list that only recommends
(`recommendation = true`) what is missing is "not listed", never "not allowed".
"""

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from scanner.model.policy import Policy
from scanner.model.rule import Reference
from scanner.rules.case import Case
from scanner.rules.verdict import NotApplicable

E = TypeVar("E")

MOZILLA = Reference(title="Mozilla SSL Configuration Generator, guidelines", url="https://ssl-config.mozilla.org/")
NIST = Reference(
    title="NIST SP 800-52 Rev. 2: Guidelines for TLS Implementations",
    url="https://csrc.nist.gov/pubs/sp/800/52/r2/final",
)
BSI = Reference(
    title="BSI TR-02102-2: Cryptographic Mechanisms, Use of TLS",
    url="https://www.bsi.bund.de/EN/Themen/Unternehmen-und-Organisationen/Standards-und-Zertifizierung/Technische-Richtlinien/TR-nach-Thema-sortiert/tr02102/tr02102_node.html",
)
PROFILES = (MOZILLA, NIST, BSI)


def standing(policy: Policy) -> str:
    """What something is that the policy's list has not."""
    return "not listed" if policy.asks("recommendation") else "not allowed"


def unset(policy: Policy, name: str) -> NotApplicable:
    """That the policy asks for nothing of this name."""
    return NotApplicable(f"policy {policy.id} sets no {name}")


def under(
    case: Case[E],
    *,
    lists: Mapping[str, tuple[str, ...]] | None = None,
    options: Mapping[str, str | bool] | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Case[E]:
    """The case as a profile judges it that asks for these: for examples and tests."""
    policy = Policy(
        id="example-profile",
        version="1",
        title="An example",
        sha256="",
        lists=lists or {},
        options=options or {},
        thresholds=thresholds or {},
    )
    return dataclasses.replace(case, policy=policy)
