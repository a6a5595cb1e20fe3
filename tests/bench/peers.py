"""The peers that this machine has: their command lines for versions, suites and certificate, and what they found."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

from tests.bench.servers import HOST
from tests.bench.timing import LEADLINE

INSTALL_SECONDS = 240.0

Peer = tuple[str, Callable[[str, int, pathlib.Path], list[str]], Callable[[pathlib.Path], int]]
"""Name, the command for an address and a port that writes its result to a file, and the pairs of version and suite
that it found."""


def peers() -> list[Peer]:
    """This tool and the peers."""
    found: list[Peer] = [("leadline", _leadline, _pairs_of_leadline)]
    if shutil.which("sslscan"):
        found.append(("sslscan", _sslscan, _pairs_of_sslscan))
    if shutil.which("nmap"):
        found.append(("nmap", _nmap, _pairs_of_nmap))
    if (program := sslyze()) is not None:
        found.append(("sslyze", lambda *where: _sslyze(program, *where), _pairs_of_sslyze))
    return found


def sslyze() -> str | None:
    """sslyze's program: on the path, or in a virtual environment of its own in the user's cache. None without."""
    if (found := shutil.which("sslyze")) is not None:
        return found
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    place = cache / "leadline-bench" / "sslyze"
    program, tried = place / "bin" / "sslyze", place / "tried"
    if not program.exists() and not tried.exists():
        place.mkdir(parents=True, exist_ok=True)
        tried.touch()  # where it cannot be installed, the next run does not try again
        try:
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
            subprocess.run(
                [str(place / "bin" / "pip"), "install", "-q", "sslyze"],
                check=True, capture_output=True, timeout=INSTALL_SECONDS,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError):
            return None
    return str(program) if program.exists() else None


def _leadline(address: str, port: int, out: pathlib.Path) -> list[str]:
    where = f"{HOST}:{port}:{address}:{port}"
    only = ("--only", "tls_suites,certificates", "--skip", "ocsp_stapling", "-q", "--fail-on", "none")
    return [LEADLINE, "scan", f"https://{HOST}:{port}/", "--resolve", where, *only, "-o", f"{out}.json"]


def _pairs_of_leadline(out: pathlib.Path) -> int:
    document = json.loads(pathlib.Path(f"{out}.json").read_text())
    seen = next(one for one in document["targets"][0]["observations"] if one["topic"] == "tls_suites")
    return sum(len(one["suites"]) for one in seen["evidence"]["protocols"].values())


def _sslscan(address: str, port: int, out: pathlib.Path) -> list[str]:
    lean = ("--no-heartbleed", "--no-groups", "--no-renegotiation", "--no-fallback", "--no-compression")
    return ["sslscan", f"--sni-name={HOST}", *lean, f"--xml={out}", f"{address}:{port}"]


def _pairs_of_sslscan(out: pathlib.Path) -> int:
    return len({(one.get("sslversion"), one.get("id")) for one in ET.parse(out).iter("cipher")})


def _nmap(address: str, port: int, out: pathlib.Path) -> list[str]:
    scripts = ("--script", "ssl-enum-ciphers,ssl-cert", "--script-args", f"tls.servername={HOST}")
    return ["nmap", "-Pn", "-n", *scripts, "-p", str(port), "-oN", str(out), address]


def _pairs_of_nmap(out: pathlib.Path) -> int:
    return len(re.findall(r"^\|\s+TLS_\w+|^\|\s+SSL_\w+", out.read_text(), re.MULTILINE))


def _sslyze(program: str, address: str, port: int, out: pathlib.Path) -> list[str]:
    versions = ("--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--certinfo")
    return [program, *versions, f"--sni={HOST}", f"--json_out={out}", f"{address}:{port}"]


def _pairs_of_sslyze(out: pathlib.Path) -> int:
    (server,) = json.loads(out.read_text())["server_scan_results"]
    results = (server["scan_result"][name] for name in server["scan_result"] if name.endswith("cipher_suites"))
    return sum(len(one["result"]["accepted_cipher_suites"]) for one in results if one["result"])
