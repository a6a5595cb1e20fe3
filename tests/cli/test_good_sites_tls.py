"""Good neighbours by their TLS: versions, refusals and certificates of well-kept servers, and bad ones beside them."""

import datetime
import pathlib
import ssl
from collections.abc import Callable, Iterator, Mapping

import pytest
import trustme

from tests.support import made_chains
from tests.support.made_chains import Issued
from tests.support.sites import Answer, Loopback, Request, Scanned, after, hang_up, only_for, scan_site

HOST = "www.example.org"
TOPICS = "tls,certificates,ocsp_stapling"
BOTH_KEYS = (trustme.KeyType.RSA, trustme.KeyType.ECDSA)
OLD_REFUSED = {"SSLv2": "no", "SSLv3": "no", "TLSv1.0": "no", "TLSv1.1": "no"}
V = ssl.TLSVersion


def page(_: Request) -> Answer:
    return Answer(body="fine\n")


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def root() -> Issued:
    return made_chains.root("An intranet's root")


def scan(
    loopback: Loopback, folder: pathlib.Path, port: int, *arguments: str, url: str = HOST, topics: str = TOPICS
) -> Scanned:
    return scan_site(loopback, folder, url, (f"{HOST}:443:127.0.0.1:{port}",), "--only", topics, *arguments)


def protocols(found: Scanned) -> dict[str, str]:
    """Whether each version is spoken."""
    (suites,) = (one["evidence"] for one in found.target["observations"] if one["topic"] == "tls_suites")
    return {name: one["supported"] for name, one in suites["protocols"].items()}


CONTEXTS: Mapping[str, tuple[Callable[[Loopback], ssl.SSLContext], dict[str, str]]] = {
    "TLS 1.3 only": (lambda loopback: loopback.context(HOST, oldest=V.TLSv1_3), {}),
    "TLS 1.2 only": (lambda loopback: loopback.context(HOST, newest=V.TLSv1_2), {"TLS006": "low"}),
    "RSA": (lambda loopback: loopback.context(HOST, keys=(trustme.KeyType.RSA,)), {}),
    "RSA and ECDSA": (lambda loopback: loopback.context(HOST, keys=BOTH_KEYS), {}),
    "wildcard": (lambda loopback: loopback.context("example.org", "*.example.org"), {"CRT013": "info"}),
    "strict SNI": (lambda loopback: only_for(HOST, loopback.context(HOST)), {}),
}
"""Each server's context with its whole report."""


@pytest.mark.parametrize(("make", "report"), CONTEXTS.values(), ids=CONTEXTS.keys())
def test_the_whole_report(
    make: Callable[[Loopback], ssl.SSLContext], report: dict[str, str], loopback: Loopback, tmp_path: pathlib.Path
) -> None:
    found = scan(loopback, tmp_path, loopback.secure(page, make(loopback)))

    found.assert_unblamed()
    assert found.of_the_site() == report


RELAYS: Mapping[str, Callable[[Loopback, int], int]] = {
    "FIN": lambda loopback, port: loopback.refusing_relay(port, hang_up),
    "RST": lambda loopback, port: loopback.resetting_relay(port),
    "late alert": lambda loopback, port: loopback.refusing_relay(port, after(0.5)),
}


@pytest.mark.parametrize("relay", RELAYS.values(), ids=RELAYS.keys())
def test_refusals_of_fronts(relay: Callable[[Loopback, int], int], loopback: Loopback, tmp_path: pathlib.Path) -> None:
    port = relay(loopback, loopback.secure(page, loopback.context(HOST)))

    found = scan(loopback, tmp_path, port, topics="tls")

    found.assert_unblamed()
    assert found.of_the_site() == {}
    assert protocols(found) == OLD_REFUSED | {"TLSv1.2": "yes", "TLSv1.3": "yes"}


@pytest.mark.parametrize(
    ("days", "age", "weight"),
    [
        (6.67, 0.2, None),
        (6.67, 3.5, None),  # renewal is due: half of the time has gone
        (6.67, 4.6, None),
        (6.67, 5.3, "low"),
        (6.67, 6.2, "high"),
        (45, 31, None),  # two thirds have gone
        (45, 36, "low"),
        (45, 41, "high"),
        (90, 61, None),
        (90, 70, "low"),
        (90, 84, "high"),
        (398, 360, None),
        (398, 370, "low"),
        (398, 392, "high"),
    ],
)
def test_health_of_renewal(
    days: float, age: float, weight: str | None, loopback: Loopback, tmp_path: pathlib.Path
) -> None:
    port = loopback.secure(page, loopback.context(HOST, days=days, age_days=age))

    found = scan(loopback, tmp_path, port, topics="certificates")

    assert found.severities() == ({} if weight is None else {"CRT011": weight})
    assert found.code == (1 if weight == "high" else 0)


@pytest.mark.parametrize(("days", "report"), [(825, {}), (826, {"CRT017": "low"}), (3652, {"CRT017": "low"})])
def test_long_lives_under_a_private_root(
    days: int, report: dict[str, str], loopback: Loopback, tmp_path: pathlib.Path
) -> None:
    found = scan(loopback, tmp_path, loopback.secure(page, loopback.context(HOST, days=days)), topics="certificates")

    found.assert_unblamed()
    assert found.severities() == report
    assert found.status("CRT010") == found.status("CRT014") == "not-applicable"


def test_a_private_root_that_is_not_given_is_said_once(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    port = loopback.secure(page, loopback.context(HOST, days=3652))

    found = scan_site(
        loopback, tmp_path, HOST, (f"{HOST}:443:127.0.0.1:{port}",), "--only", "certificates", trusting=False
    )

    assert found.severities() == {"CRT004": "high", "CRT017": "low"}


def served(folder: pathlib.Path, leaf: Issued, *, weak: bool = False) -> ssl.SSLContext:
    """A server context for a certificate made to order; a weak one speaks every version that is left here."""
    chain = folder / "leaf.pem"
    chain.write_bytes(leaf.pem + leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        context.minimum_version = V.MINIMUM_SUPPORTED
    context.load_cert_chain(chain)
    return context


def living(leaf: Callable[..., Issued], *arguments: object, **shape: object) -> Issued:
    """A certificate of sixty days, ten of which have gone."""
    now = datetime.datetime.now(datetime.UTC)
    begins, ends = now - datetime.timedelta(days=10), now + datetime.timedelta(days=50)
    return leaf(*arguments, **{"begins": begins, "ends": ends, **shape})


def given(folder: pathlib.Path, root: Issued) -> tuple[str, str]:
    """The arguments that make the root known."""
    file = folder / "root.pem"
    file.write_bytes(root.pem)
    return "--ca", str(file)


def test_a_certificate_with_an_empty_subject(loopback: Loopback, tmp_path: pathlib.Path, root: Issued) -> None:
    leaf = living(made_chains.leaf, root, HOST, subject=None)
    port = loopback.secure(page, served(tmp_path, leaf))

    found = scan(loopback, tmp_path, port, *given(tmp_path, root), topics="certificates")

    found.assert_unblamed()
    assert found.severities() == {}


def test_a_certificate_for_an_address_only(loopback: Loopback, tmp_path: pathlib.Path, root: Issued) -> None:
    leaf = living(made_chains.leaf, root, "127.0.0.1", subject=None)
    port = loopback.secure(page, served(tmp_path, leaf))

    arguments = given(tmp_path, root)
    found = scan(loopback, tmp_path, port, *arguments, url=f"https://127.0.0.1:{port}/", topics="certificates,http")

    found.assert_unblamed()
    assert {one for one in found.severities() if one.startswith("CRT")} == set()
    assert found.status("HDR001") == "not-applicable"


PAST: dict[str, object] = {
    "begins": made_chains.NOW - 90 * made_chains.DAY,
    "ends": made_chains.NOW - 2 * made_chains.DAY,
}
BAD_LEAVES: Mapping[str, tuple[dict[str, object], dict[str, str]]] = {
    "no alternative names": ({"names": ()}, {"CRT003": "high", "CRT012": "medium"}),
    "for clients": ({"purposes": made_chains.CLIENT}, {"CRT015": "high"}),
    "a CA": ({"ca": True}, {"CRT019": "medium"}),
    "short key": ({"key": made_chains.rsa_key(1024)}, {"CRT008": "high"}),
    "for another host": ({"names": ("other.example",)}, {"CRT003": "high"}),
    "expired": (PAST, {"CRT001": "high"}),
}
"""Each bad certificate with what is of medium and above."""


@pytest.mark.parametrize(("shape", "report"), BAD_LEAVES.values(), ids=BAD_LEAVES.keys())
def test_bad_certificates_are_blamed(
    shape: dict[str, object], report: dict[str, str], loopback: Loopback, tmp_path: pathlib.Path, root: Issued
) -> None:
    leaf = living(made_chains.leaf, root, HOST, **shape)
    port = loopback.secure(page, served(tmp_path, leaf, weak=True))

    found = scan(loopback, tmp_path, port, *given(tmp_path, root), topics="certificates")

    assert {rule: weight for rule, weight in found.severities().items() if weight != "low"} == report


def test_weak_tls_is_blamed(loopback: Loopback, tmp_path: pathlib.Path, root: Issued) -> None:
    port = loopback.secure(page, served(tmp_path, living(made_chains.leaf, root, HOST), weak=True))

    found = scan(loopback, tmp_path, port, topics="tls")

    assert found.code == 1
    heavy = {"TLS003": "medium", "TLS004": "medium", "TLS007": "high", "TLS008": "high"}
    assert heavy.items() <= found.severities().items()
