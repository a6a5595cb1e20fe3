"""Resolving: overrides, literals, localhost, one lookup a run, the address policy, and every way a question can end."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import dns.flags
import dns.message
import dns.rcode
import pytest

from scanner.errors import Forbidden, Malformed, NoSuchName, NotAsked, TimedOut, Unresolved, UserFault
from scanner.model.options import Override
from scanner.model.outcome import Outcome, Stage
from scanner.model.target import Endpoint, Family
from scanner.net import resolve
from scanner.net.budget import Deadline
from scanner.net.dns_answer import DnsAnswer
from scanner.net.resolve import MAX_ADDRESSES, Resolver
from tests.support.dns_server import DnsServer, Zone, serving
from tests.support.sessions import target_of

ZONE: Zone = {
    ("dual.example", "A"): ["192.0.2.1", "9.9.9.9", "9.9.9.9", "9.9.9.10"],
    ("dual.example", "AAAA"): ["2606:4700::1"],
    ("v4.example", "A"): ["9.9.9.9"],
    ("v6.example", "AAAA"): ["2606:4700::1", "2606:4700:0:0::2"],
    ("private.example", "A"): ["10.0.0.1", "127.0.0.1"],
    ("metadata.example", "A"): ["169.254.169.254"],
    ("mapped.example", "AAAA"): ["::ffff:9.9.9.9"],
    ("many.example", "A"): [f"9.9.9.{number}" for number in range(1, 13)],
    ("text.example", "TXT"): ['"hello"'],
    ("alias.example", "CNAME"): ["hop.example."],
    ("hop.example", "CNAME"): ["v4.example."],
    ("dangling.example", "CNAME"): ["gone.example.net."],
    ("loop.example", "CNAME"): ["loop.example."],
    ("caa.example", "CAA"): ['0 issue "ca.example; x=\\"y\\""', '128 iodef "mailto:a@b\\000\\200"'],
}


@pytest.fixture
async def server() -> AsyncIterator[DnsServer]:
    async with serving(dict(ZONE)) as running:
        yield running


def soon() -> Deadline:
    return Deadline.after(5)


async def addresses(resolver: Resolver, host: str, *, from_public: bool = False) -> list[str]:
    return [one.address for one in await resolver.endpoints(host, 443, deadline=soon(), from_public=from_public)]


class TestWithoutLookup:
    @pytest.mark.parametrize(
        ("host", "address", "family"),
        [
            ("127.0.0.1", "127.0.0.1", Family.IPV4),
            ("::1", "::1", Family.IPV6),
            ("2001:DB8::1", "2001:db8::1", Family.IPV6),
        ],
    )
    async def test_an_address_that_was_typed(self, host: str, address: str, family: Family) -> None:
        found = await Resolver().endpoints(host, 8443, deadline=soon())

        assert found == (Endpoint(address=address, port=8443, family=family),)

    @pytest.mark.parametrize("host", ["localhost", "shop.localhost"])
    async def test_localhost_is_loopback(self, host: str) -> None:
        assert await addresses(Resolver(), host) == ["127.0.0.1", "::1"]

    @pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "localhost", "::ffff:10.0.0.1"])
    async def test_a_public_target_may_not_lead_there(self, host: str) -> None:
        origin = target_of("www.example.org", 443)

        with pytest.raises(Forbidden, match=r"www\.example\.org led to") as caught:
            await Resolver(allow_private=True).endpoints(host, 443, deadline=soon(), origin=origin, from_public=True)
        assert caught.value.stage is Stage.RESOLVE

    @pytest.mark.parametrize("host", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"])
    async def test_metadata_is_refused_even_when_typed(self, host: str) -> None:
        with pytest.raises(Forbidden, match="metadata"):
            await addresses(Resolver(allow_private=True), host)

    @pytest.mark.parametrize("host", ["fe80::1%lo", "::1%1"])
    async def test_zones_are_refused(self, host: str) -> None:
        with pytest.raises(Forbidden, match="zone"):
            await addresses(Resolver(allow_private=True), host)

    @pytest.mark.parametrize(
        "host",
        [
            "",
            ".",
            "a..b",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "ü.example",
            "a b",
            "a" * 64,
            "x" * 300,
            "a\0b",
        ],
    )
    async def test_what_is_no_host_never_reaches_the_system(self, host: str) -> None:
        with pytest.raises(Malformed) as caught:
            await addresses(Resolver(), host)
        assert caught.value.stage is Stage.RESOLVE


class TestOverrides:
    OVERRIDES = (
        Override(host="www.example.org", port=443, address="127.0.0.1", to_port=8443),
        Override(host="www.example.org", port=443, address="::1", to_port=8444),
        Override(host="meta.example", port=443, address="169.254.169.254", to_port=80),
    )

    async def test_the_host_is_where_the_user_says(self, server: DnsServer) -> None:
        resolver = Resolver(overrides=self.OVERRIDES, nameserver=server.address)

        assert resolver.overridden("www.example.org")
        assert not resolver.overridden("example.org")
        found = await resolver.endpoints("www.example.org", 443, deadline=soon(), from_public=True)
        assert [one.key for one in found] == ["127.0.0.1:8443", "[::1]:8444"]

    async def test_other_ports_are_not_asked(self, server: DnsServer) -> None:
        resolver = Resolver(overrides=self.OVERRIDES, nameserver=server.address)

        with pytest.raises(NotAsked, match="other ports") as caught:
            await resolver.endpoints("www.example.org", 80, deadline=soon())
        assert caught.value.outcome is Outcome.NOT_ASSESSED
        assert server.asked == []

    async def test_metadata_is_refused_even_then(self) -> None:
        with pytest.raises(Forbidden, match="metadata"):
            await addresses(Resolver(overrides=self.OVERRIDES, allow_private=True), "meta.example")


class TestThroughAResolver:
    async def test_both_families_once_each_in_order_and_what_is_not_public_left_out(self, server: DnsServer) -> None:
        resolver = Resolver(nameserver=server.address)

        assert await addresses(resolver, "dual.example") == ["9.9.9.9", "9.9.9.10", "2606:4700::1"]
        (note,) = resolver.notes("dual.example")
        assert "192.0.2.1 is not public" in note

    async def test_one_family_is_enough(self, server: DnsServer) -> None:
        resolver = Resolver(nameserver=server.address)

        assert await addresses(resolver, "v4.example") == ["9.9.9.9"]
        assert await addresses(resolver, "v6.example") == ["2606:4700::1", "2606:4700::2"]
        assert resolver.notes("v4.example") == ()

    async def test_aliases_are_followed(self, server: DnsServer) -> None:
        assert await addresses(Resolver(nameserver=server.address), "alias.example") == ["9.9.9.9"]

    async def test_at_most_eight(self, server: DnsServer) -> None:
        resolver = Resolver(nameserver=server.address)

        assert len(await addresses(resolver, "many.example")) == MAX_ADDRESSES
        assert resolver.notes("many.example") == ("left out: 4 more addresses",)

    async def test_a_private_name_needs_the_option(self, server: DnsServer) -> None:
        with pytest.raises(Forbidden, match="--allow-private"):
            await addresses(Resolver(nameserver=server.address), "private.example")
        allowed = Resolver(nameserver=server.address, allow_private=True)
        assert await addresses(allowed, "private.example") == ["10.0.0.1", "127.0.0.1"]
        with pytest.raises(Forbidden, match="public target"):
            await addresses(allowed, "private.example", from_public=True)

    @pytest.mark.parametrize("host", ["metadata.example"])
    async def test_a_name_of_a_metadata_address_is_always_refused(self, server: DnsServer, host: str) -> None:
        with pytest.raises(Forbidden, match="metadata"):
            await addresses(Resolver(nameserver=server.address, allow_private=True), host)

    async def test_a_mapped_address_is_not_public(self, server: DnsServer) -> None:
        with pytest.raises(Forbidden):
            await addresses(Resolver(nameserver=server.address), "mapped.example")

    async def test_a_name_server_that_changes_its_answer_is_asked_once(self, server: DnsServer) -> None:
        resolver = Resolver(nameserver=server.address, allow_private=True)
        before = await addresses(resolver, "v4.example")
        server.zone["v4.example", "A"] = ["127.0.0.1"]

        assert await addresses(resolver, "v4.example", from_public=True) == before
        other_port = await resolver.endpoints("v4.example", 8443, deadline=soon())
        assert [one.address for one in other_port] == before
        assert sorted(server.asked) == [("v4.example", "A"), ("v4.example", "AAAA")]

    async def test_many_at_once_ask_once(self, server: DnsServer) -> None:
        resolver = Resolver(nameserver=server.address)

        found = await asyncio.gather(*(addresses(resolver, "v4.example") for _ in range(20)))

        assert found == [["9.9.9.9"]] * 20
        assert len(server.asked) == 2

    async def test_no_such_name(self, server: DnsServer) -> None:
        resolver = Resolver(nameserver=server.address)

        for _ in range(2):
            with pytest.raises(NoSuchName, match="NXDOMAIN") as caught:
                await addresses(resolver, "nowhere.example.net")
            assert caught.value.stage is Stage.RESOLVE
        assert len(server.asked) == 2

    async def test_no_address(self, server: DnsServer) -> None:
        with pytest.raises(NoSuchName, match="no address"):
            await addresses(Resolver(nameserver=server.address), "text.example")

    @pytest.mark.parametrize(
        ("code", "reason"),
        [(dns.rcode.SERVFAIL, "SERVFAIL"), (dns.rcode.REFUSED, "REFUSED"), (dns.rcode.NOTIMP, "used")],
    )
    async def test_a_server_that_fails(self, server: DnsServer, code: dns.rcode.Rcode, reason: str) -> None:
        server.failures = {("v4.example", kind): code for kind in ("A", "AAAA")}

        with pytest.raises(Unresolved, match=reason) as caught:
            await addresses(Resolver(nameserver=server.address), "v4.example")
        assert not isinstance(caught.value, NoSuchName), "nobody said that it is not there"

    async def test_half_an_answer_is_used_and_said(self, server: DnsServer) -> None:
        server.failures = {("dual.example", "AAAA"): dns.rcode.SERVFAIL}
        resolver = Resolver(nameserver=server.address)

        assert await addresses(resolver, "dual.example") == ["9.9.9.9", "9.9.9.10"]
        assert "AAAA records: servfail" in resolver.notes("dual.example")

    async def test_silence_ends_at_the_deadline_and_is_not_remembered(self, server: DnsServer) -> None:
        server.silent = {("v4.example", "A"), ("v4.example", "AAAA")}
        resolver = Resolver(nameserver=server.address)
        clock = time.monotonic()

        with pytest.raises(TimedOut) as caught:
            await resolver.endpoints("v4.example", 443, deadline=Deadline.after(0.3))
        assert caught.value.stage is Stage.RESOLVE
        assert time.monotonic() - clock < 5.0
        server.silent.clear()
        assert await addresses(resolver, "v4.example") == ["9.9.9.9"]


class TestThroughTheSystem:
    async def test_a_reserved_name_does_not_resolve(self) -> None:
        with pytest.raises((Unresolved, TimedOut)) as caught:
            await Resolver().endpoints("nowhere.invalid", 443, deadline=Deadline.after(3))
        assert caught.value.stage is Stage.RESOLVE

    def test_the_hosts_file_counts(self) -> None:
        # Straight to the part behind `endpoints`, which answers for localhost, the one name in every hosts file.
        found = resolve._ask_system("localhost")

        assert not isinstance(found, Unresolved)
        assert "127.0.0.1" in found.addresses
        assert len(set(found.addresses)) == len(found.addresses)

    async def test_no_time_left(self) -> None:
        with pytest.raises(TimedOut):
            await Resolver().endpoints("nowhere.invalid", 443, deadline=Deadline.after(0))


class TestQuery:
    @pytest.mark.parametrize(
        ("name", "record_type", "status", "records", "aliases"),
        [
            ("v4.example", "A", "ok", ("9.9.9.9",), ()),
            ("alias.example", "A", "ok", ("9.9.9.9",), ("hop.example", "v4.example")),
            ("alias.example", "AAAA", "nodata", (), ("hop.example", "v4.example")),
            ("dangling.example", "A", "nxdomain", (), ("gone.example.net",)),
            ("text.example", "A", "nodata", (), ()),
            ("nowhere.example.net", "A", "nxdomain", (), ()),
            (
                "caa.example", "CAA", "ok",
                ('0 issue "ca.example; x=\\"y\\""', '128 iodef "mailto:a@b\\000\\200"'), (),
            ),
        ],
    )  # fmt: skip
    async def test_answers(
        self,
        server: DnsServer,
        name: str,
        record_type: str,
        status: str,
        records: tuple[str, ...],
        aliases: tuple[str, ...],
    ) -> None:
        answer = await Resolver(nameserver=server.address).query(name, record_type, deadline=soon())

        assert answer == DnsAnswer(
            name=name, type=record_type, status=status, records=answer.records, aliases=answer.aliases
        )
        assert sorted(answer.records) == sorted(records)
        assert answer.aliases == aliases
        assert server.asked == [(name, record_type)]

    @pytest.mark.parametrize(
        ("code", "status"),
        [(dns.rcode.SERVFAIL, "servfail"), (dns.rcode.REFUSED, "refused"), (dns.rcode.NOTIMP, "failed")],
    )
    async def test_failures(self, server: DnsServer, code: dns.rcode.Rcode, status: str) -> None:
        server.failures = {("v4.example", "A"): code}

        answer = await Resolver(nameserver=server.address).query("v4.example", "A", deadline=soon())

        assert (answer.status, answer.records) == (status, ())
        assert answer.detail

    async def test_silence(self, server: DnsServer) -> None:
        server.silent = {("v4.example", "A")}

        answer = await Resolver(nameserver=server.address).query("v4.example", "A", deadline=Deadline.after(0.2))

        assert answer.status == "timeout"

    async def test_no_time_left(self, server: DnsServer) -> None:
        answer = await Resolver(nameserver=server.address).query("v4.example", "A", deadline=Deadline.after(0))

        assert answer.status == "timeout"
        assert server.asked == []

    async def test_truncated_answers_are_asked_again_over_tcp(self, server: DnsServer) -> None:
        server.zone["big.example", "TXT"] = [f'"{number:0250d}"' for number in range(100)]
        server.truncate = True

        answer = await Resolver(nameserver=server.address).query("big.example", "TXT", deadline=soon())

        assert answer.status == "ok"
        assert len(answer.records) == 64
        assert server.asked == [("big.example", "TXT")] * 2

    async def test_an_alias_loop_is_a_failure(self, server: DnsServer) -> None:
        answer = await Resolver(nameserver=server.address).query("loop.example", "A", deadline=soon())

        assert answer.status == "failed"

    @pytest.mark.parametrize("junk", [b"", b"\0", b"junk" * 100])
    async def test_junk_is_no_answer(self, server: DnsServer, junk: bytes) -> None:
        server.instead = {("v4.example", "A"): lambda _query: junk}

        answer = await Resolver(nameserver=server.address).query("v4.example", "A", deadline=Deadline.after(0.3))

        assert answer.status in {"failed", "timeout"}

    async def test_a_broken_record_is_a_failure(self, server: DnsServer) -> None:
        def cut(query: dns.message.Message) -> bytes:
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA
            wire = bytearray(response.to_wire())
            wire[7] = 1  # one answer is announced, and none follows
            return bytes(wire)

        server.instead = {("v4.example", "A"): cut}

        answer = await Resolver(nameserver=server.address).query("v4.example", "A", deadline=Deadline.after(0.3))

        assert answer.status in {"failed", "timeout"}

    async def test_an_answer_to_another_question_is_not_taken(self, server: DnsServer) -> None:
        def other(query: dns.message.Message) -> bytes:
            stranger = dns.message.make_query("other.example", "A", id=query.id)
            return dns.message.make_response(stranger).to_wire()

        server.instead = {("v4.example", "A"): other}

        answer = await Resolver(nameserver=server.address).query("v4.example", "A", deadline=Deadline.after(0.3))

        assert answer.status in {"failed", "timeout"}
        assert answer.records == ()


def test_dnspython_is_imported_with_the_first_question_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, scanner.net.session; print('dns' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "False"


def test_a_malformed_nameserver_is_the_users_fault() -> None:
    with pytest.raises(UserFault, match="write the resolver as"):
        Resolver(nameserver="dns.example")
