"""A dual-stack site, scanned from a network without IPv6: not assessed there, and no fault of anybody.

Runs in a network namespace of its own, which has loopback and nothing else.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

INSIDE = """
import sys
from scanner.cli.main import execute
from tests.cli.test_good_sites_http import HOST, site
from tests.support.sites import Loopback

with Loopback() as loopback:
    port = loopback.secure(site(), loopback.context(HOST))
    loopback.ca.cert_pem.write_to_path(sys.argv[1] + "/ca.pem")
    sys.exit(execute([
        "scan", HOST, "--ca", sys.argv[1] + "/ca.pem", "--skip", "identity", "-q", "-o", sys.argv[1] + "/report.json",
        "--resolve", f"{HOST}:443:127.0.0.1:{port}", "--resolve", f"{HOST}:443:[2001:db8::1]",
    ]))
"""
NAMESPACE = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
ROOT = pathlib.Path(__file__).parent.parent.parent


@pytest.fixture
def namespace() -> tuple[str, ...]:
    """The words that run a command in a network namespace of its own."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("unshare or ip is not installed")
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no network namespaces")
    return NAMESPACE


def test_a_missing_route_changes_nothing(namespace: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    done = subprocess.run(
        [*namespace, sys.executable, "-c", INSIDE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    target = json.loads((tmp_path / "report.json").read_text("utf-8"))["targets"][0]
    assert target["status"] == "complete"
    assert [(one["family"], one["status"]) for one in target["endpoints"]] == [
        ("ipv4", "complete"),
        ("ipv6", "unreachable"),
    ]
    lost = [one for one in target["observations"] if one["endpoint"] == "[2001:db8::1]:443"]
    assert lost
    assert {one["outcome"] for one in lost} == {"not-assessed"}
    assert [one for one in target["findings"] if one["severity"] not in {"info", "low"}] == []
