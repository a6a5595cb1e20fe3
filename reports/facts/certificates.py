"""Facts of `certificates`: one card a chain, with the trust that was derived for it."""

import dataclasses
import datetime

from reports.facts.reading import as_dict, as_list, as_text, at, day, days_between, moment, plural, texts

_KEY_TYPES = {"rsa": "RSA", "ec": "EC", "dsa": "DSA", "ed25519": "Ed25519", "ed448": "Ed448"}

_IN_ORDER = {"yes": ", in order", "no": ", not in order"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A certificate of the chain other than the leaf."""

    subject: str
    until: str
    key: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CertificateCard:
    """One chain for reading. `facts` are label and text; `left` the days to the leaf's end, None where unknown."""

    subject: str
    issuer: str
    until: str
    left: int | None
    key: str
    offer: str
    names: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    trust: tuple[tuple[str, str], ...]
    issuers: tuple[Issuer, ...]

    @property
    def remaining(self) -> str:
        """`41 days left`, `expired 3 days ago`, or nothing where the end is not known."""
        if self.left is None:
            return ""
        return f"expired {plural(-self.left, 'day')} ago" if self.left < 0 else f"{plural(self.left, 'day')} left"

    @property
    def trust_by_answer(self) -> dict[str, list[str]]:
        """The stores that give each answer: most fail for one reason, which is said once."""
        found: dict[str, list[str]] = {}
        for store, answer in self.trust:
            found.setdefault(answer, []).append(store)
        return found


def certificates(
    evidence: object, *, trust: object, endpoint: str | None, now: datetime.datetime
) -> tuple[CertificateCard, ...]:
    """The cards of one endpoint. `trust` is `derived.trust` of the target."""
    others = {as_text(at(one, "sha256")): one for one in as_list(at(evidence, "others"))}
    return tuple(
        _card(chain, others, _stores(trust, endpoint, number), now)
        for number, chain in enumerate(as_list(at(evidence, "chains")))
    )


def _card(
    chain: object, others: dict[str, object], trust: tuple[tuple[str, str], ...], now: datetime.datetime
) -> CertificateCard:
    leaf = at(chain, "leaf")
    end = moment(at(leaf, "not_after"))
    sent = texts(at(chain, "sent"))
    return CertificateCard(
        subject=as_text(at(leaf, "common_name")) or as_text(at(leaf, "subject")) or "(empty subject)",
        issuer=as_text(at(leaf, "issuer")),
        until=day(at(leaf, "not_after")),
        left=days_between(now, end) if end is not None else None,
        key=key_words(at(leaf, "key")),
        offer=_offer(at(chain, "for")),
        names=texts(at(leaf, "names")) + texts(at(leaf, "addresses")),
        facts=_facts(chain, leaf, len(sent)),
        trust=trust,
        issuers=tuple(_issuer(others[one]) for one in sent[1:] if one in others),
    )


def _facts(chain: object, leaf: object, sent: int) -> tuple[tuple[str, str], ...]:
    rows = (
        ("Subject", as_text(at(leaf, "subject")) or "(empty)"),
        ("Issuer", as_text(at(leaf, "issuer"))),
        ("Serial", as_text(at(leaf, "serial"))),
        ("Valid", _span(leaf)),
        ("Signature", as_text(at(leaf, "signature_algorithm"))),
        ("SHA-256", as_text(at(leaf, "sha256"))),
        ("Sent", f"{plural(sent, 'certificate')}{_IN_ORDER.get(as_text(at(chain, 'in_order')), '')}" if sent else ""),
        ("For the host", _with_reason(at(chain, "host", "matches"), at(chain, "host", "reason"))),
        ("Notes", "; ".join(texts(at(leaf, "notes")))),
    )
    return tuple((label, text) for label, text in rows if text)


def _span(leaf: object) -> str:
    start, end = day(at(leaf, "not_before")), day(at(leaf, "not_after"))
    return f"{start or '?'} to {end or '?'}" if start or end else ""


def _stores(trust: object, endpoint: str | None, number: int) -> tuple[tuple[str, str], ...]:
    """Each store's name and answer for chain `number` of `endpoint`."""
    found = (
        one
        for one in as_list(trust)
        if as_dict(one).get("endpoint") == endpoint and as_dict(one).get("chain") == number
    )
    return tuple(
        (as_text(at(store, "store")), _with_reason(at(store, "trusted"), at(store, "reason")))
        for one in found
        for store in as_list(at(one, "stores"))
    )


def _issuer(certificate: object) -> Issuer:
    return Issuer(
        subject=as_text(at(certificate, "subject")),
        until=day(at(certificate, "not_after")),
        key=key_words(at(certificate, "key")),
    )


def key_words(key: object) -> str:
    """`RSA 2048 bits`, `EC secp256r1`."""
    kind = as_text(at(key, "type"))
    curve, bits = as_text(at(key, "curve")), as_text(at(key, "bits"))
    detail = curve or (f"{bits} bits" if bits else "")
    named = kind.upper() if kind.startswith("ml-dsa-") else _KEY_TYPES.get(kind, kind)
    return f"{named} {detail}".strip()


def _offer(offer: object) -> str:
    sigalg, protocol = as_text(at(offer, "sigalg")), as_text(at(offer, "protocol"))
    return ", ".join(filter(None, (f"{sigalg.upper()} offer" if sigalg else "", protocol)))


def _with_reason(answer: object, reason: object) -> str:
    return ": ".join(filter(None, (as_text(answer), as_text(reason))))
