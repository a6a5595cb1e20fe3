"""Real nginx, configured as people do: headers that its add_header loses, and CORS by reflection."""

import pathlib

import pytest

from probes.base import Known
from probes.http_exchanges import HttpExchangesProbe
from probes.http_headers_reading import read_headers
from scanner.derive.kinds import target_kind
from scanner.model.derived import Derived, KindAt
from scanner.model.evidence.http_headers import HttpHeaders, OriginKind
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail, Verdict
from tests.real.servers import Nginx, free_port
from tests.support.leaf_files import write_leaf
from tests.support.sessions import TEST_HOST, session_for

pytestmark = pytest.mark.real

# A location with an add_header of its own inherits none; without `always` they are left out of errors.
SITE = """
    listen 127.0.0.1:{port} ssl;
    add_header X-Content-Type-Options nosniff;
    add_header Strict-Transport-Security "max-age=31536000";
    location = / {{
        default_type text/html;
        add_header X-Content-Type-Options nosniff;
        add_header Strict-Transport-Security "max-age=31536000";
        add_header Access-Control-Allow-Origin $http_origin;
        add_header Access-Control-Allow-Credentials true;
        return 200 '<head><meta name=referrer content=no-referrer>
          <meta http-equiv=Content-Security-Policy content="default-src \\'self\\'"><script src=/static/a.js></script>';
    }}
    location /static/ {{
        default_type text/javascript;
        add_header Cache-Control "public, max-age=86400";
        return 200 "1;";
    }}
    location / {{ return 404; }}
"""


async def look(tmp_path: pathlib.Path) -> tuple[HttpHeaders, dict[str, Verdict]]:
    """The headers of that site, and how the rules of headers come out."""
    files = write_leaf(tmp_path, TEST_HOST)
    port = free_port()
    with Nginx(SITE.format(port=port), tls=(files.chain, files.key)):
        session = session_for(("127.0.0.1", port))
        seen = (await HttpExchangesProbe().collect(session, Known({}))).evidence
    assert seen is not None
    headers = read_headers(seen, TEST_HOST)
    kind, because = target_kind(seen)
    case = Case(
        evidence=headers,
        others={"http_exchanges": seen},
        endpoint="e",
        derived=Derived(kinds=(KindAt(endpoint="e", kind=kind, because=because),)),
    )
    rules = [rule for rule in all_rules() if rule.info.topic == "http_headers"]
    return headers, {rule.info.id: rule.check(case) for rule in rules}


async def test_what_nginx_loses_and_reflects(tmp_path: pathlib.Path) -> None:
    headers, verdicts = await look(tmp_path)

    assert headers.final is not None
    assert headers.final.meta_referrer == "no-referrer"
    assert [one.delivery for one in headers.final.csp] == ["meta"]
    lost = {key: verdicts[key] for key in ("HDR020", "HDR026")}
    for verdict in lost.values():
        assert isinstance(verdict, Fail)
        assert verdict.faults[0].arguments["names"] == "Strict-Transport-Security, X-Content-Type-Options"
    assert (OriginKind.FOREIGN, False, True) in {
        (one.kind, one.preflight, one.with_credentials) for one in headers.cors
    }
    assert isinstance(verdicts["HDR032"], Fail)
    told_by_it = ("HDR024", "HDR033", "HDR034", "HDR035")
    assert not any(isinstance(verdicts[key], Fail) for key in told_by_it), "one mistake is one finding"
    own = {rule.info.id: rule.info.severity for rule in all_rules()}
    heavy = {
        key
        for key, verdict in verdicts.items()
        if isinstance(verdict, Fail)
        and any((one.severity or own[key]).rank > Severity.LOW.rank for one in verdict.faults)
    }
    assert heavy == {"HDR032"}
