"""security.txt, robots.txt and Alt-Svc: what they say, what is wrong with them, and any text at all."""

import contextlib
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.model.evidence.operation import AltService
from scanner.model.peer import PeerText
from scanner.wire.alt_svc import DEFAULT_AGE, parse_alt_svc
from scanner.wire.robots_txt import disallowed_paths, is_robots_txt, names_inner_area
from scanner.wire.security_txt import MAX_FIELDS, parse_security_txt

URL = "https://example.org/.well-known/security.txt"
GOOD = f"""# our contact
Contact: mailto:security@example.org
Contact: https://example.org/report
Expires: 2027-03-01T10:00:00.000+02:00
Encryption: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f
Preferred-Languages: en, de-CH
Canonical: {URL}
X-Extension: anything
"""
SIGNED = f"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

- Contact: mailto:security@example.org
Expires: 2027-03-01T10:00:00Z
Canonical: {URL}
-----BEGIN PGP SIGNATURE-----

iHUEARYKAB0WIQSsP2kEdoKDVFpSg6u3rK+YCkjapwUCY9qRaQAKCRC3rK+YCkja
Contact: this is no field
-----END PGP SIGNATURE-----
"""


class TestSecurityTxt:
    def test_a_good_one(self) -> None:
        seen = parse_security_txt(GOOD, url=URL)

        assert (seen.is_one, seen.signed, seen.problems, seen.advice) == (True, False, (), ())
        assert len(seen.fields) == 7
        assert seen.fields[0].line == 2
        assert seen.expires == datetime.datetime(2027, 3, 1, 8, tzinfo=datetime.UTC)

    def test_line_ends_and_a_byte_order_mark_do_not_matter(self) -> None:
        seen = parse_security_txt("\ufeff" + GOOD.replace("\n", "\r\n"), url=URL)

        assert (seen.is_one, seen.problems) == (True, ())

    def test_a_signed_one_is_read_without_its_armour(self) -> None:
        seen = parse_security_txt(SIGNED, url=URL)

        assert (seen.is_one, seen.signed, seen.problems) == (True, True, ())
        assert [one.name for one in seen.fields] == ["Contact", "Expires", "Canonical"]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("Contact: mailto:a@example.org", "Expires is missing"),
            ("Expires: 2027-01-01T00:00:00Z", "Contact is missing"),
            (GOOD + "Expires: 2027-01-01T00:00:00Z", "Expires stands more than once"),
            ("Contact: a@example.org\nExpires: 2027-01-01T00:00:00Z", "Contact is no URI (line 1)"),
            ("Contact: http://example.org/\nExpires: 2027-01-01T00:00:00Z", "Contact is not https (line 1)"),
            ("Contact: tel:+1-2\nExpires: 2027-01-01", "Expires is no date of RFC 3339"),
            ("Contact: tel:+1-2\nExpires: 2027-02-30T00:00:00Z", "Expires is no date of RFC 3339"),
            ("Contact: tel:+1-2\nExpires: 0001-01-01T00:00:00+23:00", "Expires is no date of RFC 3339"),
            (GOOD + "no field at all", "line 9 is neither a field nor a comment"),
            (GOOD + "Preferred-Languages: en", "Preferred-Languages stands more than once"),
            (GOOD.replace("en, de-CH", "English, please!"), "Preferred-Languages is no list of language tags"),
            (
                SIGNED.split("-----BEGIN PGP SIGNATURE", maxsplit=1)[0],
                "the signature is missing after a signed message",
            ),
        ],
    )
    def test_problems(self, text: str, problem: str) -> None:
        assert problem in parse_security_txt(text, url=URL).problems

    def test_a_canonical_that_names_another_place_is_advice(self) -> None:
        seen = parse_security_txt(GOOD, url="https://www.example.org/.well-known/security.txt")

        assert (seen.problems, len(seen.advice)) == ((), 1)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Not Found\n",
            "<!doctype html><title>x</title>Contact: mailto:a@b",
            " <html>",
            "User-agent: *\nDisallow:",
        ],
    )
    def test_another_page_is_none(self, text: str) -> None:
        assert not parse_security_txt(text, url=URL).is_one

    def test_fields_are_capped(self) -> None:
        assert len(parse_security_txt("Contact: a:b\n" * 2000).fields) == MAX_FIELDS

    @given(st.text(max_size=300) | st.text(alphabet="Contact:Expires 0-9TZ\r\n#-", max_size=200))
    def test_any_text_gives_a_reading(self, text: str) -> None:
        parse_security_txt(text, url=URL)
        parse_security_txt("-----BEGIN PGP SIGNED MESSAGE-----\n\n" + text)


class TestRobotsTxt:
    def test_paths_once_each_without_comments(self) -> None:
        text = "User-agent: *\nDisallow: /admin/ # inner\nDISALLOW:/search\nDisallow:\nDisallow: /admin/\nAllow: /x"

        assert is_robots_txt(text)
        assert disallowed_paths(text) == ("/admin/", "/search")

    @pytest.mark.parametrize(
        ("path", "telling"),
        [
            ("/admin/", True), ("/wp-admin/", True), ("/old", True), ("/db.sql", True), ("/.git/", True),
            ("/search", False), ("/gold/", False), ("/administer-x", False), ("/*.pdf$", False), ("/tests", False),
        ],
    )  # fmt: skip
    def test_words_of_inner_areas_stand_alone(self, path: str, *, telling: bool) -> None:
        assert names_inner_area(path) is telling

    def test_a_page_for_every_path_is_none(self) -> None:
        assert not is_robots_txt("<!DOCTYPE html><p>Disallow: /admin")
        assert not is_robots_txt("Not Found")
        assert is_robots_txt("")


class TestAltSvc:
    @pytest.mark.parametrize(
        ("lines", "services"),
        [
            (['h3=":443"; ma=86400'], [("h3", "", 443, 86_400)]),
            (['h3=":443"; ma=60, h3-29=":8443"'], [("h3", "", 443, 60), ("h3-29", "", 8443, DEFAULT_AGE)]),
            (['h3="alt.test:443"', 'h2=":444"'], [("h3", "alt.test", 443, DEFAULT_AGE), ("h2", "", 444, DEFAULT_AGE)]),
            (['h3="[2001:db8::1]:443";ma="5"'], [("h3", "2001:db8::1", 443, 5)]),
            (['w%3Dx="a:1"'], [("w=x", "a", 1, DEFAULT_AGE)]),
            ([""], []),
        ],
    )  # fmt: skip
    def test_services(self, lines: list[str], services: list[tuple[str, str, int, int]]) -> None:
        assert parse_alt_svc(lines) == tuple(
            AltService(protocol=PeerText(protocol), host=PeerText(host), port=port, max_age=age)
            for protocol, host, port, age in services
        )

    def test_clear(self) -> None:
        assert parse_alt_svc(["clear"]) is None

    def test_persist(self) -> None:
        services = parse_alt_svc(['h3=":443"; persist=1'])

        assert services is not None
        assert services[0].persist

    @pytest.mark.parametrize("line", ["h3", "h3=:443", 'h3="443"', 'h3=":0"', 'h3=":99999"', 'h3=":443" x', "x" * 9000])
    def test_broken(self, line: str) -> None:
        with pytest.raises(Malformed):
            parse_alt_svc([line])

    @given(st.text(max_size=200) | st.text(alphabet='h3=":;,ma \\%', max_size=80))
    def test_a_value_or_malformed(self, text: str) -> None:
        with contextlib.suppress(Malformed):
            parse_alt_svc([text])
