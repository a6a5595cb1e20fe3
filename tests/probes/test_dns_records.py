"""DNS records: what is asked, what comes back, and what is never made of an answer that did not come."""

from collections.abc import AsyncIterator

import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.base import Known
from probes.dns_records import MAX_CLIMB, DnsRecordsProbe, climb
from scanner.errors import Malformed
from scanner.model.evidence.dns_records import CaaRecord, DnsRecords, DnsStatus
from scanner.model.observation import Observation
from scanner.model.options import Override, ScanOptions
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer
from scanner.net.pace import Paces
from scanner.net.resolve import Resolver
from scanner.net.session import Session
from scanner.net.trust_stores import TrustStores
from scanner.wire.caa import parse_caa
from tests.support.dns_server import DnsServer, Zone, serving
from tests.support.sessions import target_of

ECH = "AEX+DQBBpQAgACB/RU5hAC5mXe3uOZtNY58Bc8UU1cd4QBxQzqirMlWZeQAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="

ZONE: Zone = {
    ("www.shop.example", "HTTPS"): [f'1 . alpn="h2,h3" ipv4hint=9.9.9.9,9.9.9.10 ech="{ECH}" key65333=x'],
    ("_8443._https.www.shop.example", "HTTPS"): ["2 pool.shop.example. alpn=h2 no-default-alpn port=9443"],
    ("apex.test", "HTTPS"): ["0 www.shop.example."],
    ("www.shop.example", "A"): ["9.9.9.9", "10.0.0.1"],
    ("www.shop.example", "AAAA"): ["2606:4700::1"],
    ("shop.example", "CAA"): ['0 issue "letsencrypt.org; validationmethods=dns-01"', '128 iodef "mailto:a@b"'],
    ("example", "CAA"): ['0 issue ";"'],
    ("cdn.shop.example", "CNAME"): ["edge.cdn.test."],
    ("edge.cdn.test", "A"): ["9.9.9.9"],
    ("edge.cdn.test", "CAA"): ['0 issue "cdn-ca.test"'],
    ("old.shop.example", "CNAME"): ["gone.host.test."],
    ("plain.test", "A"): ["9.9.9.9"],
}


@pytest.fixture
async def server() -> AsyncIterator[DnsServer]:
    async with serving(dict(ZONE)) as running:
        yield running


async def collect(
    host: str, server: DnsServer, *, overrides: tuple[Override, ...] = (), seconds: float = 5, port: int = 443
) -> Observation[DnsRecords]:
    options = ScanOptions(overrides=overrides, resolver=server.address)
    probe = DnsRecordsProbe()
    session = Session(
        identity=probe.info,
        target=target_of(host, port),
        endpoint=None,
        options=options,
        deadline=Deadline.after(seconds),
        meter=Meter(max_connections=probe.info.max_connections),
        dialer=Dialer(Paces(options.pace)),
        resolver=Resolver(overrides=overrides, nameserver=server.address),
        trust=TrustStores(),
    )
    return await probe.collect(session, Known({}))


async def evidence(host: str, server: DnsServer) -> DnsRecords:
    observation = await collect(host, server)
    assert observation.outcome is Outcome.OK
    assert observation.endpoint is None
    assert observation.evidence is not None
    return observation.evidence


async def test_addresses_and_the_nearest_caa_set(server: DnsServer) -> None:
    found = await evidence("www.shop.example", server)

    assert [(one.address, one.public) for one in found.ipv4] == [("9.9.9.9", True), ("10.0.0.1", False)]
    assert [(one.address, one.public) for one in found.ipv6] == [("2606:4700::1", True)]
    assert found.aliases == ()
    assert (found.caa.present, found.caa.at) == (Answer.YES, "shop.example")
    issue, iodef = found.caa.records
    assert (issue.flags, issue.tag, issue.value) == (0, "issue", "letsencrypt.org; validationmethods=dns-01")
    assert (iodef.critical, iodef.tag) == (True, "iodef")


async def test_every_question_is_counted(server: DnsServer) -> None:
    found = await evidence("www.shop.example", server)

    asked = [(one.name, one.type) for one in found.questions]
    assert sorted(asked) == sorted(server.asked)
    assert asked == [
        ("www.shop.example", "A"), ("www.shop.example", "AAAA"), ("www.shop.example", "HTTPS"),
        ("www.shop.example", "CAA"), ("shop.example", "CAA"), ("example", "CAA"),
    ]  # fmt: skip
    assert found.status("AAAA") is DnsStatus.OK
    assert found.status("MX") is None


async def test_https_records(server: DnsServer) -> None:
    found = (await evidence("www.shop.example", server)).https

    assert (found.present, found.ech, found.unreadable) == (Answer.YES, Answer.YES, ())
    (record,) = found.records
    assert (record.priority, record.target, record.alpn, record.port) == (1, ".", ("h2", "h3"), None)
    assert (record.ipv4_hints, record.ipv6_hints) == (("9.9.9.9", "9.9.9.10"), ())
    assert (record.ech_configs, record.ech_public_names) == (1, ("cloudflare-ech.com",))
    assert (record.no_default_alpn, record.other_keys) == (False, ("key65333",))


async def test_https_records_of_another_port(server: DnsServer) -> None:
    observation = await collect("www.shop.example", server, port=8443)

    assert observation.evidence is not None
    (record,) = observation.evidence.https.records
    assert (record.priority, record.target, record.port) == (2, "pool.shop.example", 9443)
    assert (record.no_default_alpn, record.ech_configs) == (True, None)
    assert observation.evidence.https.ech is Answer.NO


async def test_https_records_that_are_an_alias_not_there_or_not_known(server: DnsServer) -> None:
    alias = (await evidence("apex.test", server)).https
    assert (alias.present, alias.ech) == (Answer.YES, Answer.UNKNOWN)
    none = (await evidence("plain.test", server)).https
    assert (none.present, none.ech) == (Answer.NO, Answer.NO)
    server.failures = {("plain.test", "HTTPS"): dns.rcode.SERVFAIL}
    failed = (await evidence("plain.test", server)).https
    assert (failed.present, failed.ech) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert failed.reason is not None
    assert "servfail" in failed.reason


async def test_an_alias_is_followed_for_addresses_and_for_caa(server: DnsServer) -> None:
    found = await evidence("cdn.shop.example", server)

    assert found.aliases == ("edge.cdn.test",)
    assert [record.value for record in found.caa.records] == ["cdn-ca.test"]
    assert found.status("AAAA") is DnsStatus.NODATA


async def test_an_alias_that_leads_nowhere(server: DnsServer) -> None:
    found = await evidence("old.shop.example", server)

    assert found.aliases == ("gone.host.test",)
    assert found.status("A") is DnsStatus.NXDOMAIN
    assert not found.beside_dns


async def test_no_caa_up_to_the_top(server: DnsServer) -> None:
    found = await evidence("plain.test", server)

    assert (found.caa.present, found.caa.at, found.caa.records) == (Answer.NO, None, ())


async def test_a_name_that_is_not_in_the_dns(server: DnsServer) -> None:
    found = await evidence("intranet.invalid", server)

    assert found.beside_dns


@pytest.mark.parametrize("code", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP])
async def test_a_failure_below_the_set_leaves_it_unknown(server: DnsServer, code: dns.rcode.Rcode) -> None:
    server.failures = {("www.shop.example", "CAA"): code}

    found = await evidence("www.shop.example", server)

    assert found.caa.present is Answer.UNKNOWN
    assert found.caa.reason is not None
    assert "www.shop.example" in found.caa.reason


async def test_a_failure_above_the_set_does_not_matter(server: DnsServer) -> None:
    server.failures = {("example", "CAA"): dns.rcode.SERVFAIL}

    assert (await evidence("www.shop.example", server)).caa.present is Answer.YES


async def test_a_failure_is_never_a_record_that_is_not_there(server: DnsServer) -> None:
    server.failures = {("plain.test", "AAAA"): dns.rcode.SERVFAIL, ("test", "CAA"): dns.rcode.SERVFAIL}

    found = await evidence("plain.test", server)

    assert found.status("AAAA") is DnsStatus.SERVFAIL
    assert found.caa.present is Answer.UNKNOWN


async def test_silence_is_a_timeout_with_what_was_asked(server: DnsServer) -> None:
    server.silent = {("plain.test", kind) for kind in ("A", "AAAA", "HTTPS", "CAA")} | {("test", "CAA")}

    observation = await collect("plain.test", server, seconds=0.3)

    assert (observation.outcome, observation.stage) == (Outcome.TIMEOUT, Stage.RESOLVE)
    assert observation.evidence is not None
    assert {one.status for one in observation.evidence.questions} == {DnsStatus.TIMEOUT}
    assert observation.evidence.caa.present is Answer.UNKNOWN


async def test_a_server_that_refuses_everything(server: DnsServer) -> None:
    questions = [*(("plain.test", kind) for kind in ("A", "AAAA", "HTTPS", "CAA")), ("test", "CAA")]
    server.failures = dict.fromkeys(questions, dns.rcode.REFUSED)

    assert (await collect("plain.test", server)).outcome is Outcome.PROTOCOL_ERROR


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "shop.localhost", "given.example"])
async def test_where_the_dns_has_no_say_nothing_is_asked(server: DnsServer, host: str) -> None:
    given_ = Override(host="given.example", port=443, address="127.0.0.1", to_port=443)

    observation = await collect(host, server, overrides=(given_,))

    assert observation.outcome is Outcome.NOT_APPLICABLE
    assert observation.evidence is None
    assert observation.detail
    assert server.asked == []


def test_the_climb_stops_before_the_root_and_has_a_bound() -> None:
    assert climb("a.b.example") == ("a.b.example", "b.example", "example")
    assert climb("example") == ("example",)
    assert len(climb("a." * 100 + "example")) == MAX_CLIMB


async def test_a_climb_that_was_cut_short_is_unknown(server: DnsServer) -> None:
    found = await evidence("a." * 20 + "plain.test", server)

    assert found.caa.present is Answer.UNKNOWN
    assert len(server.asked) == MAX_CLIMB + 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('0 issue "letsencrypt.org"', (0, "issue", "letsencrypt.org")),
        ('128 issue ""', (128, "issue", "")),
        ('0 issue "a\\"b\\\\c\\009\\255"', (0, "issue", 'a"b\\c\t\xff')),
        ('255 Tag9 "x y"', (255, "Tag9", "x y")),
    ],
)
def test_caa_presentation_form(text: str, expected: tuple[int, str, str]) -> None:
    record = parse_caa(text)

    assert (record.flags, record.tag, record.value) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "issue",
        "0 issue",
        "0 issue x",
        '256 issue "x"',
        '-1 issue "x"',
        '0 issue "x',
        '0  "x"',
        '0 a b "x"',
        '0 i "\\999"',
        '0 i "x" ',
    ],
)
def test_what_is_no_caa_record(text: str) -> None:
    with pytest.raises(Malformed):
        parse_caa(text)


@given(st.one_of(st.text(), st.text(alphabet='0129 issue"\\;=.').map(lambda text: f'0 issue "{text}"')))
def test_any_text_is_a_record_or_malformed(text: str) -> None:
    try:
        record = parse_caa(text)
    except Malformed:
        return
    assert isinstance(record, CaaRecord)
    assert 0 <= record.flags <= 255


@given(st.binary(max_size=40))
def test_what_dnspython_writes_is_read_back(value: bytes) -> None:
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    wire = b"\x80\x05issue" + value
    text = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.CAA, wire, 0, len(wire)).to_text()

    assert parse_caa(text).value.encode("latin-1") == value
