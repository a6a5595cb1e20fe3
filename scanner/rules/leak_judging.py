"""What the rules about leakage share: the examples, what tells a version, and one fault for each header."""

from collections.abc import Callable, Iterable

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.leakage import Leak, Leakage, LeakKind, Product
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.verdict import Fault, NotApplicable, Verdict, fail_or_pass

FIXED_BANNERS = frozenset({("awselb", "2.0"), ("microsoft-httpapi", "2.0"), ("microsoft-iis", "10.0")})
"""Products and versions that have been the same for years (IIS since Windows Server 2016) and so tell nothing."""

_VALUES_SHOWN = 3


def example_leak(
    name: str, value: str, kind: LeakKind, product: tuple[str, str | None] | None = None, *, internal: str | None = None
) -> Leak:
    """A field for the examples."""
    given = [(PeerText(product[0]), None if product[1] is None else PeerText(product[1]))] if product else []
    return Leak(
        purpose=Purpose.ENTRY,
        hop=0,
        status=200,
        name=PeerText(name),
        value=PeerText(value),
        kind=kind,
        products=tuple(Product(name=name, version=version) for name, version in given),
        internal=() if internal is None else (PeerText(internal),),
    )


def example_case(*leaks: Leak) -> Case[Leakage]:
    """A case with these fields on one normal answer."""
    return Case(evidence=Leakage(leaks=leaks, answers=1, normal=1))


def telling_versions(leak: Leak) -> list[Product]:
    """The products with a version that tells something."""
    return [one for one in leak.products if one.version and (one.name.lower(), one.version) not in FIXED_BANNERS]


def leak_faults(
    case: Case[Leakage],
    wanted: Callable[[Leak], bool],
    message: str,
    *,
    weight: Callable[[Leak], Severity | None] = lambda _: None,
) -> list[Fault]:
    """One fault for each header (for each set of products of a server header), with every place where it was seen.

    Values and versions are no part of the discriminator: they change, and the fault stays the same.
    """
    groups: dict[str, list[tuple[int, Leak]]] = {}
    for place, leak in enumerate(case.evidence.leaks):
        if wanted(leak):
            products = " ".join(one.name for one in leak.products) if leak.kind is LeakKind.SERVER else ""
            groups.setdefault(f"{leak.name.lower()} {products}".rstrip(), []).append((place, leak))
    return [
        Fault(
            message=message,
            at=tuple(f"/leaks/{place}" for place, _ in found),
            arguments={
                "name": found[0][1].name,
                "value": " | ".join(list(dict.fromkeys(leak.value for _, leak in found))[:_VALUES_SHOWN]),
                "internal": ", ".join(dict.fromkeys(address for _, leak in found for address in leak.internal)),
            },
            discriminator=discriminator,
            severity=next((heavier for _, leak in found if (heavier := weight(leak))), None),
        )
        for discriminator, found in groups.items()
    ]


def leak_verdict(case: Case[Leakage], faults: Iterable[Fault]) -> Verdict:
    """Fails with these faults; no answer of the named host leaves nothing to ask."""
    if case.evidence.answers == 0:
        return NotApplicable("there is no answer of the named host to read")
    return fail_or_pass(tuple(faults))


def of_kind(*kinds: LeakKind) -> Callable[[Leak], bool]:
    """Whether a field is of one of these kinds."""
    return lambda leak: leak.kind in kinds
