"""Trust, against made PKIs; where `openssl verify` is of the same mind by design, it must say the same."""

import dataclasses
import datetime
import ipaddress
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.derive.trust import derive_trust, needs_worker
from scanner.model.derived import ChainProblem, ChainTrust, StoreTrust
from scanner.model.evidence.certificates import Certificates, Chain, HostMatch, Offer
from scanner.model.outcome import Answer
from scanner.wire.x509_view import read_certificate
from tests.support.made_chains import CLIENT, DAY, NOW, Issued, intermediate, issue, leaf, name, root, rsa_key

P = ChainProblem


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FakeStore:
    """A store as `derive_trust` wants it."""

    name: str = "/tmp/ca.pem"
    public: bool = False
    anchors: tuple[bytes, ...] = ()


def evidence(*sent: bytes) -> Certificates:
    views = [read_certificate(der) for der in sent]
    chain = Chain(
        for_=Offer(sigalg="any", protocol="TLSv1.3"),
        leaf=views[0],
        sent=tuple(view.sha256 for view in views),
        in_order=Answer.UNKNOWN,
        anchor_sent=False,
        host=HostMatch(matches=Answer.UNKNOWN),
    )
    return Certificates(chains=(chain,), others=tuple(views[1:]))


def trust_of(sent: list[Issued], *stores: FakeStore, now: datetime.datetime = NOW) -> ChainTrust:
    (found,) = derive_trust("192.0.2.1:443", evidence(*(one.der for one in sent)), stores=stores, now=now)
    return found


def in_store(sent: list[Issued], anchors: list[Issued], now: datetime.datetime = NOW) -> StoreTrust:
    (store,) = trust_of(sent, FakeStore(anchors=tuple(one.der for one in anchors)), now=now).stores
    return store


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A chain as sent, the roots, and what is to come out."""

    sent: list[Issued]
    roots: list[Issued]
    problem: ChainProblem | None = None
    complete: Answer = Answer.YES
    openssl_agrees: bool = True

    @property
    def trusted(self) -> Answer:
        return Answer.YES if self.problem is None else Answer.NO


def permitting(*trees: x509.GeneralName) -> tuple[x509.ExtensionType, bool]:
    return x509.NameConstraints(permitted_subtrees=list(trees), excluded_subtrees=None), True


def excluding(*trees: x509.GeneralName) -> tuple[x509.ExtensionType, bool]:
    return x509.NameConstraints(permitted_subtrees=None, excluded_subtrees=list(trees)), True


def scenes() -> dict[str, Scene]:
    top = root()
    mid = intermediate("Intermediate", top)
    good = leaf(mid)
    other = root("Other Root")
    found = {
        "good": Scene(sent=[good, mid], roots=[top]),
        "root sent too": Scene(sent=[good, mid, top], roots=[top]),
        "wrong order": Scene(sent=[good, top, mid], roots=[top]),
        "extra certificates": Scene(sent=[good, other, leaf(other), mid], roots=[other, top]),
        "repeated": Scene(sent=[good, mid, mid, good], roots=[top]),
        "root signs the leaf": Scene(sent=[leaf(top)], roots=[top]),
        "missing intermediate": Scene(sent=[good], roots=[top], problem=P.INCOMPLETE, complete=Answer.NO),
        "missing intermediate that the store knows": Scene(sent=[good], roots=[mid, top], complete=Answer.NO),
        "unknown root": Scene(sent=[good, mid], roots=[other], problem=P.UNKNOWN_ISSUER, complete=Answer.UNKNOWN),
        "unknown root, sent": Scene(sent=[good, mid, top], roots=[other], problem=P.SELF_SIGNED),
        "self-signed": Scene(sent=[leaf(None)], roots=[top], problem=P.SELF_SIGNED),
    }
    own = leaf(None)
    found["self-signed and in the store"] = Scene(sent=[own], roots=[own])
    found |= _times(top, mid)
    found |= _shapes(top, mid)
    found |= _crossings()
    found |= _names(top)
    return found


def _times(top: Issued, mid: Issued) -> dict[str, Scene]:
    past, future = NOW - DAY, NOW + DAY
    old_mid = intermediate("Old", top, begins=NOW - 99 * DAY, ends=past)
    old_root = issue("Old Root", ca=True, begins=NOW - 99 * DAY, ends=past)
    expired = leaf(mid, ends=past)
    return {
        "expired": Scene(
            sent=[expired, mid],
            roots=[top],
            problem=P.EXPIRED,
        ),
        "not yet valid": Scene(
            sent=[leaf(mid, begins=future), mid],
            roots=[top],
            problem=P.NOT_YET_VALID,
        ),
        "intermediate expired": Scene(
            sent=[leaf(old_mid), old_mid],
            roots=[top],
            problem=P.EXPIRED,
        ),
        "root expired": Scene(
            sent=[leaf(old_root)],
            roots=[old_root],
            problem=P.EXPIRED,
        ),
        "expired, and by an unknown root": Scene(
            sent=[expired, mid],
            roots=[old_root],
            problem=P.UNKNOWN_ISSUER,
            complete=Answer.UNKNOWN,
        ),
    }


def _shapes(top: Issued, mid: Issued) -> dict[str, Scene]:
    below = intermediate("Below", mid)
    narrow = intermediate("Narrow", top, path_length=0)
    too_deep = intermediate("Too deep", narrow)
    no_ca, plain_ca = intermediate("No CA", top, ca=False), intermediate("v3 without", top, ca=None)
    no_signer = intermediate("No signer", top, sign_certificates=False)
    client_ca = intermediate("Client CA", top, purposes=CLIENT)
    forged = intermediate("Intermediate", root("Root"))
    unknown = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), True)
    return {
        "two intermediates": Scene(sent=[leaf(below), below, mid], roots=[top]),
        "path length kept": Scene(sent=[leaf(narrow), narrow], roots=[top]),
        "path length exceeded": Scene(
            sent=[leaf(too_deep), too_deep, narrow],
            roots=[top],
            problem=P.PATH_LENGTH,
        ),
        "leaf with CA:TRUE": Scene(sent=[leaf(mid, ca=True), mid], roots=[top]),
        "leaf without basicConstraints": Scene(sent=[leaf(mid, ca=None), mid], roots=[top]),
        "leaf without extKeyUsage": Scene(sent=[leaf(mid, purposes=None), mid], roots=[top]),
        "leaf for clients": Scene(
            sent=[leaf(mid, purposes=CLIENT), mid],
            roots=[top],
            problem=P.PURPOSE,
        ),
        "CA for clients": Scene(
            sent=[leaf(client_ca), client_ca],
            roots=[top],
            problem=P.PURPOSE,
        ),
        "issuer is no CA": Scene(
            sent=[leaf(no_ca), no_ca],
            roots=[top],
            problem=P.NOT_A_CA,
        ),
        "issuer does not say that it is a CA": Scene(
            sent=[leaf(plain_ca), plain_ca],
            roots=[top],
            problem=P.NOT_A_CA,
        ),
        "issuer may not sign": Scene(
            sent=[leaf(no_signer), no_signer],
            roots=[top],
            problem=P.NOT_A_CA,
        ),
        "forged intermediate": Scene(
            sent=[leaf(forged), forged],
            roots=[top],
            problem=P.BAD_SIGNATURE,
            complete=Answer.UNKNOWN,
        ),
        "critical extension unknown": Scene(
            sent=[leaf(mid, extensions=[unknown]), mid],
            roots=[top],
            problem=P.CRITICAL_EXTENSION,
        ),
        "uncritical extension unknown": Scene(sent=[leaf(mid, extensions=[(unknown[0], False)]), mid], roots=[top]),
        "empty subject": Scene(sent=[issue(None, mid, names=["192.0.2.1"], ca=False), mid], roots=[top]),
        "six days": Scene(sent=[leaf(mid, begins=NOW - 3 * DAY, ends=NOW + 3 * DAY), mid], roots=[top]),
        "RSA": Scene(sent=[leaf(mid, key=rsa_key()), mid], roots=[top]),
        "Ed25519 all the way": _ed25519(),
    }


def _ed25519() -> Scene:
    def key() -> ed25519.Ed25519PrivateKey:
        return ed25519.Ed25519PrivateKey.generate()

    top = root("Ed Root", key=key())
    mid = intermediate("Ed CA", top, key=key())
    return Scene(sent=[leaf(mid, key=key()), mid], roots=[top])


def _crossings() -> dict[str, Scene]:
    """One CA key, certified by a root that died and by one that lives, as when AddTrust's root expired in 2020."""
    key = ec.generate_private_key(ec.SECP256R1())
    dead = issue("Dead Root", ca=True, begins=NOW - 99 * DAY, ends=NOW - DAY)
    alive = root("Alive", key=key)
    cross = issue("Alive", dead, ca=True, key=key)
    mid = intermediate("Crossed", alive)
    good = leaf(mid)
    live_root = root("Live Root")
    live_cross = issue("Alive", live_root, ca=True, key=key)
    lower = name("intermediate"), name("INTERMEDIATE ")
    spelled = intermediate("intermediate", live_root)
    return {
        "cross-signed by a dead root": Scene(sent=[good, mid, cross], roots=[dead, alive]),
        "only the dead root is known": Scene(sent=[good, mid, cross], roots=[dead], problem=P.EXPIRED),
        "cross-sign reaches the older root": Scene(sent=[good, mid, live_cross], roots=[live_root]),
        "self-signed twin is a dead end": Scene(
            sent=[good, mid, alive, live_cross],
            roots=[live_root],
            openssl_agrees=False,  # it takes the first certificate of the issuer's name, and does not come back
        ),
        "both ways sent, either order": Scene(sent=[good, live_cross, mid, cross], roots=[live_root]),
        "issuer's name in other letters": Scene(sent=[leaf(spelled, issuer_name=lower[1]), spelled], roots=[live_root]),
    }


def _names(top: Issued) -> dict[str, Scene]:
    def by(constraint: tuple[x509.ExtensionType, bool], *names: str) -> list[Issued]:
        authority = intermediate("Constrained", top, extensions=[constraint])
        return [leaf(authority, *names), authority]

    def bad(sent: list[Issued]) -> Scene:
        return Scene(sent=sent, roots=[top], problem=P.NAME_CONSTRAINTS)

    example, dotted = x509.DNSName("example.org"), x509.DNSName(".example.org")
    network = x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))
    directory = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.org")]))
    return {
        "permitted name": Scene(sent=by(permitting(example), "www.example.org", "example.org"), roots=[top]),
        "permitted wildcard": Scene(sent=by(permitting(example), "*.example.org"), roots=[top]),
        "name outside": bad(by(permitting(example), "www.example.org", "www.example.net")),
        "name outside by its letters only": bad(by(permitting(example), "badexample.org")),
        "dotted tree": Scene(sent=by(permitting(dotted), "www.example.org"), roots=[top]),
        "dotted tree is not for its own name": bad(by(permitting(dotted), "example.org")),
        "excluded name": bad(by(excluding(example), "www.example.org")),
        "not excluded": Scene(sent=by(excluding(example), "www.example.net"), roots=[top]),
        "permitted address": Scene(sent=by(permitting(network), "192.0.2.7"), roots=[top]),
        "address outside": bad(by(permitting(network), "198.51.100.7")),
        "no constraint on DNS names": Scene(sent=by(permitting(network), "www.example.org"), roots=[top]),
        "permitted subject": Scene(sent=by(permitting(directory), "www.example.org"), roots=[top]),
        "subject outside": bad(by(permitting(directory), "www.example.net")),
    }


SCENES = scenes()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_the_chain_is_judged_as_it_is(scene: Scene) -> None:
    found = in_store(scene.sent, scene.roots)
    assert (found.trusted, found.problem, found.complete) == (scene.trusted, scene.problem, scene.complete)
    assert (found.reason is None) is (found.trusted is Answer.YES)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_openssl_says_the_same(scene: Scene, tmp_path: Path) -> None:
    assert openssl_verifies(scene, tmp_path) is ((scene.trusted is Answer.YES) is scene.openssl_agrees)


def openssl_verifies(scene: Scene, folder: Path) -> bool:
    files = {"leaf": scene.sent[:1], "sent": scene.sent[1:], "roots": scene.roots}
    for title, certificates in files.items():
        (folder / title).write_bytes(b"".join(one.pem for one in certificates))
    options = ["-attime", str(int(NOW.timestamp())), "-purpose", "sslserver", "-no-CApath", "-no-CAstore"]
    options += ["-untrusted", "sent"] if scene.sent[1:] else []
    done = subprocess.run(
        ["openssl", "verify", *options, "-CAfile", "roots", "leaf"],
        cwd=folder,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode == 0


def test_both_ends_of_the_validity_count() -> None:
    top = root()
    short = leaf(top, begins=NOW, ends=NOW + DAY)
    times = {NOW - DAY / 86400: False, NOW: True, NOW + DAY: True, NOW + DAY + DAY / 86400: False}
    for at, valid in times.items():
        assert (in_store([short], [top], at).trusted is Answer.YES) is valid


def test_a_path_names_its_certificates_leaf_to_anchor() -> None:
    top = root()
    mid = intermediate("Intermediate", top)
    sent = [leaf(mid), mid]
    expected = tuple(read_certificate(one.der).sha256 for one in (*sent, top))
    assert in_store(sent, [top]).path == expected


class TestPublic:
    """Whether a chain is a public one decides which rules are for it."""

    def setup_method(self) -> None:
        self.public, self.private = root("Public"), root("Private")
        self.stores = (
            FakeStore(name="mozilla", public=True, anchors=(self.public.der,)),
            FakeStore(name="system", anchors=(self.public.der,)),
            FakeStore(anchors=(self.private.der,)),
        )

    def test_a_public_root_makes_it_public(self) -> None:
        found = trust_of([leaf(self.public)], *self.stores)
        assert found.public is Answer.YES
        assert [one.trusted for one in found.stores] == [Answer.YES, Answer.YES, Answer.NO]

    def test_also_when_it_expired(self) -> None:
        assert trust_of([leaf(self.public, ends=NOW - DAY)], *self.stores).public is Answer.YES

    def test_a_private_root_does_not(self) -> None:
        found = trust_of([leaf(self.private)], *self.stores)
        assert found.public is Answer.NO
        assert [one.trusted for one in found.stores] == [Answer.NO, Answer.NO, Answer.YES]

    def test_an_unknown_issuer_is_no_missing_intermediate_by_itself(self) -> None:
        stores = self.stores[:2]
        found = trust_of([leaf(self.private)], *stores)
        assert {one.complete for one in found.stores} == {Answer.UNKNOWN}
        assert {one.problem for one in found.stores} == {P.UNKNOWN_ISSUER}

    def test_a_url_of_the_issuer_says_that_there_is_one(self) -> None:
        where = x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier("http://ca.example/ca.der"),
                )
            ]
        )
        mid = intermediate("Intermediate", self.public)
        found = trust_of([leaf(mid, extensions=[(where, False)])], *self.stores)
        assert found.public is Answer.UNKNOWN
        assert {one.complete for one in found.stores} == {Answer.NO}
        assert {one.problem for one in found.stores} == {P.INCOMPLETE}

    def test_without_a_public_store_nobody_knows(self) -> None:
        assert trust_of([leaf(self.private)], self.stores[2]).public is Answer.UNKNOWN


def test_a_leaf_that_cannot_be_read_is_unknown() -> None:
    (found,) = derive_trust("192.0.2.1:443", evidence(b"rubbish"), stores=[FakeStore()], now=NOW)
    assert found.public is Answer.UNKNOWN
    assert (found.stores[0].trusted, found.stores[0].problem) == (Answer.UNKNOWN, P.UNREADABLE)


def test_certificates_that_cannot_be_read_do_not_stop_the_search() -> None:
    top = root()
    mid = intermediate("Intermediate", top)
    (found,) = derive_trust(
        "192.0.2.1:443",
        evidence(leaf(mid).der, b"rubbish", mid.der),
        stores=[FakeStore(anchors=(b"rubbish", top.der))],
        now=NOW,
    )
    assert found.stores[0].trusted is Answer.YES


def test_a_web_of_cross_signed_cas_is_given_up() -> None:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(6)]
    roots = [issue(f"CA {number}", ca=True, key=key) for number, key in enumerate(keys)]
    web = [
        issue(f"CA {below}", above, ca=True, key=keys[below])
        for below in range(6)
        for above in roots
        if above is not roots[below]
    ]
    found = in_store([leaf(roots[0]), *web], [root("Elsewhere")])
    assert found.trusted is Answer.UNKNOWN
    assert found.reason is not None
    assert "too many" in found.reason


def test_costly_chains_are_for_the_worker() -> None:
    assert not needs_worker(evidence(leaf(None).der))
    assert needs_worker(evidence(leaf(None, *(f"{number}.example.org" for number in range(4000))).der))


ROOT = root()
INTERMEDIATE = intermediate("Intermediate", ROOT)
SENT = (leaf(INTERMEDIATE).der, INTERMEDIATE.der)


def signed(chain: tuple[bytes, ...]) -> list[tuple[bytes, bytes]] | None:
    """What is signed and the signatures; None where one cannot be read. A bit string may call its last bits unused."""
    try:
        read = [x509.load_der_x509_certificate(der) for der in chain]
        return [(one.tbs_certificate_bytes, one.signature) for one in read]
    except (ValueError, x509.InvalidVersion):
        return None


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_changed_chains_never_raise_and_are_never_trusted(data: st.DataObject) -> None:
    changed = [bytearray(der) for der in SENT]
    for _ in range(data.draw(st.integers(1, 3))):
        one = data.draw(st.sampled_from(changed))
        one[data.draw(st.integers(0, 10_000)) % len(one)] ^= data.draw(st.integers(1, 255))
    sent = tuple(map(bytes, changed))
    (found,) = derive_trust("192.0.2.1:443", evidence(*sent), stores=[FakeStore(anchors=(ROOT.der,))], now=NOW)
    if found.stores[0].trusted is Answer.YES:
        assert signed(sent) == signed(SENT)
    else:
        assert sent != SENT
