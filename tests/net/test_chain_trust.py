"""Trust of a connection's certificate: chain, dates, purpose and name, each distinct chain and host once."""

import datetime
import pathlib

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from scanner.model.evidence.certificates import Certificate
from scanner.net.chain_trust import ChainTrust, chain_trust
from scanner.net.trust_stores import TrustStores
from scanner.wire.x509_view import read_certificate

HOST = "www.example.org"
CA = trustme.CA()


def stores(folder: pathlib.Path, *authorities: trustme.CA) -> TrustStores:
    paths = []
    for number, one in enumerate(authorities):
        path = folder / f"{number}.pem"
        one.cert_pem.write_to_path(str(path))
        paths.append(str(path))
    return TrustStores(tuple(paths))


def chain(leaf: trustme.LeafCert) -> tuple[bytes, ...]:
    loaded = (x509.load_pem_x509_certificate(one.bytes()) for one in leaf.cert_chain_pems)
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in loaded)


NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def leaf(
    *names: str, ca: trustme.CA = CA, begin: datetime.datetime | None = None, end: datetime.datetime | None = None
) -> tuple[bytes, ...]:
    return chain(ca.issue_cert(*(names or (HOST,)), not_before=begin, not_after=end))


@pytest.mark.parametrize("host", [HOST, "a.wild.example", "127.0.0.1", "::1"])
def test_a_sound_chain(tmp_path: pathlib.Path, host: str) -> None:
    names = (HOST, "*.wild.example", "127.0.0.1", "::1")

    assert ChainTrust(stores(tmp_path, CA)).accepts(leaf(*names), host, None) is True


@pytest.mark.parametrize("host", ["example.org", "a.www.example.org", "127.0.0.1", "::1"])
def test_another_name(tmp_path: pathlib.Path, host: str) -> None:
    assert ChainTrust(stores(tmp_path, CA)).accepts(leaf(), host, None) is False


def test_an_unknown_root(tmp_path: pathlib.Path) -> None:
    assert ChainTrust(stores(tmp_path, trustme.CA())).accepts(leaf(), HOST, None) is False


def test_an_intermediate_that_was_not_sent(tmp_path: pathlib.Path) -> None:
    under = trustme.CA(parent_cert=CA)
    whole = leaf(ca=under)
    trust = ChainTrust(stores(tmp_path, CA))

    assert len(whole) == 2
    assert trust.accepts(whole, HOST, None) is True
    assert trust.accepts(whole[:1], HOST, None) is False


def test_a_ca_file_may_hold_an_intermediate(tmp_path: pathlib.Path) -> None:
    under = trustme.CA(parent_cert=CA)

    assert ChainTrust(stores(tmp_path, under)).accepts(leaf(ca=under), HOST, None) is True


def test_the_instant_of_the_scan_counts(tmp_path: pathlib.Path) -> None:
    trust = ChainTrust(stores(tmp_path, CA))
    sent = leaf(begin=NOW + 10 * DAY, end=NOW + 20 * DAY)  # within the root's own days
    elsewhere = datetime.timezone(datetime.timedelta(hours=9))

    verdicts = {days: trust.accepts(sent, HOST, NOW + days * DAY) for days in (9, 11, 19, 21)}
    assert verdicts == {9: False, 11: True, 19: True, 21: False}
    assert trust.accepts(sent, HOST, (NOW + 11 * DAY).astimezone(elsewhere)) is True


def test_what_is_no_certificate_is_unknown(tmp_path: pathlib.Path) -> None:
    trust = ChainTrust(stores(tmp_path, CA))

    assert trust.accepts((), HOST, None) is None
    assert trust.accepts((b"\x30\x03\x02\x01\x01",), HOST, None) is None


def test_a_chain_is_looked_at_once_for_each_host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bytes] = []

    def read(der: bytes) -> Certificate:
        looked.append(der)
        return read_certificate(der)

    monkeypatch.setattr("scanner.net.chain_trust.read_certificate", read)
    trust = chain_trust(stores(tmp_path, CA))
    sent = leaf()

    for host in (HOST, HOST, "other.example", HOST):
        trust.accepts(sent, host, None)
    assert len(looked) == 2


def test_a_run_has_one_trust(tmp_path: pathlib.Path) -> None:
    ours, others = stores(tmp_path, CA), stores(tmp_path, CA)

    assert chain_trust(ours) is chain_trust(ours)
    assert chain_trust(ours) is not chain_trust(others)
