"""The guide about hiding a proxy, against real nginx in front of real Apache."""

import json
import pathlib
from typing import Any

import pytest
import trustme

from scanner.cli.main import execute
from tests.real.servers import Apache, Nginx

pytestmark = pytest.mark.real

HOST = "www.example.org"
CARELESS = """
    location / {{
      proxy_pass http://127.0.0.1:{port};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
"""
CAREFUL = """
    server_tokens off;
    error_page 400 404 414 431 494 500 502 /error.html;
    location = /error.html { internal; return 404 "<p>Sorry"; }
    location = / { return 200 "<p>Hello"; }
    location / { return 404; }
"""


def scan(nginx: Nginx, folder: pathlib.Path) -> dict[str, Any]:
    path = folder / "scan.json"
    where = ["--resolve", f"{HOST}:443:127.0.0.1:{nginx.port}"]
    topics = ["--only", "http,identity"]
    execute(["scan", HOST, *where, *topics, "--guide", "secure-nginx", "-q", "--fail-on", "none", "-o", str(path)])
    (guide,) = json.loads(path.read_text("utf-8"))["targets"][0]["guides"]
    return {row["id"]: row for row in guide["rows"]}


@pytest.fixture
def tls(tmp_path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    certificate = trustme.CA().issue_cert(HOST)
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    return chain, key


def test_apache_behind_nginx_is_told_with_the_sizes_at_which_each_refuses(
    tls: tuple[pathlib.Path, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    with Apache("ServerTokens Full") as apache, Nginx(CARELESS.format(port=apache.port), tls=tls) as nginx:
        rows = scan(nginx, tmp_path)
    assert {name: rows[name]["status"] for name in ("D1", "D3", "D4")} == dict.fromkeys(("D1", "D3", "D4"), "not-met")
    said = rows["D4"]["reason"]
    assert "the page of apache, behind nginx, comes back at: " in said
    assert "X-Forwarded-For of 8185 bytes" in said
    assert "nginx refuses: X-Forwarded-For of 9000 bytes" in said
    assert "FPR001" in rows["D4"]["failed"]
    assert rows["D7"]["status"] == "unknown", "TLS was not asked"


def test_a_front_that_hides_well_meets_the_rows(tls: tuple[pathlib.Path, pathlib.Path], tmp_path: pathlib.Path) -> None:
    with Nginx(CAREFUL, tls=tls) as nginx:
        rows = scan(nginx, tmp_path)
    assert {name: rows[name]["status"] for name in ("D1", "D2", "D3", "D4", "D5")} == dict.fromkeys(
        ("D1", "D2", "D3", "D4", "D5"), "met"
    ), {name: row["reason"] for name, row in rows.items()}
