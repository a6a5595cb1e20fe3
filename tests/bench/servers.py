"""The two servers that the listings are measured on: one as many have it, and one with every suite there is."""

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator

from tests.real.openssl import OpensslServer
from tests.real.servers import Nginx, free_port
from tests.support.leaf_files import Files, write_leaf

HOST = "www.example.org"
INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305"
)
TLS13_SUITES = (
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
    "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"
)
EVERYTHING = ("-cipher", "ALL:eNULL:@SECLEVEL=0", "-ciphersuites", TLS13_SUITES)


@contextlib.contextmanager
def nginx_intermediate(folder: pathlib.Path, *, also_at: str | None = None) -> Iterator[tuple[Nginx, int, Files]]:
    """nginx as Mozilla's intermediate configuration has it (RSA and DHE: nine suites), and its plain port.

    It listens at the address `also_at`, too, at the same port.
    """
    files = write_leaf(folder, HOST)
    parameters = folder / "dh.pem"
    subprocess.run(
        ["openssl", "dhparam", "-dsaparam", "-out", parameters, "2048"], check=True, stderr=subprocess.DEVNULL
    )
    plain, port = free_port(), free_port()
    page = "default_type text/html; add_header Strict-Transport-Security 'max-age=63072000' always;"
    directives = (
        f"server_name {HOST}; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {INTERMEDIATE}; ssl_dhparam {parameters};"
        f"ssl_prefer_server_ciphers off; {page} location = / {{ return 200 '<!doctype html><p>Fine</p>'; }}"
    )
    if also_at is not None:
        directives = f"listen {also_at}:{port} ssl; {directives}"
    redirect = f"server {{ listen 127.0.0.1:{plain}; return 301 https://{HOST}$request_uri; }}"
    with Nginx(directives, http=redirect, tls=(files.chain, files.key), port=port) as server:
        yield server, plain, files


@contextlib.contextmanager
def openssl_everything(folder: pathlib.Path, *, address: str = "127.0.0.1") -> Iterator[tuple[OpensslServer, Files]]:
    """`openssl s_server` with every suite that it can do with an RSA key; it serves one connection at a time."""
    files = write_leaf(folder, HOST)
    server = OpensslServer(files, *EVERYTHING)
    server.address = address
    with server:
        yield server, files
