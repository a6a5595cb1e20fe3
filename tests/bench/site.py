"""One nginx, scanned whole: connections and times."""

import datetime
import pathlib

from tests.bench.servers import HOST, nginx_intermediate
from tests.bench.timing import LEADLINE, cost_of, scanned, timed

TLS = "tls,certificates"


def one_site(folder: pathlib.Path) -> None:
    """Connections, and times with and without the paced odd requests."""
    with nginx_intermediate(folder) as (server, plain, files):
        names = [
            HOST, "--resolve", f"{HOST}:443:127.0.0.1:{server.port}",
            "--resolve", f"{HOST}:80:127.0.0.1:{plain}", "--ca", str(files.root),
        ]  # fmt: skip
        document = scanned(*names)
        cost = document["targets"][0]["cost"]["connections"]  # type: ignore[index]
        tls = [one["topic"] for one in document["targets"][0]["observations"]  # type: ignore[index]
               if one["topic"].startswith("tls_") or one["topic"] in {"certificates", "ocsp_stapling"}]  # fmt: skip
        print("## nginx with Mozilla's intermediate configuration (TLS 1.2 and 1.3, nine suites)\n")
        print("| | |\n|---|---|")
        print(f"| connections of the TLS listing (lower bound 15) | {cost_of(document, 'tls_suites')} |")
        print(f"| connections of all TLS probes | {cost_of(document, *tls)} |")
        print(f"| connections of the whole default scan | {cost} |")
        print(f"| seconds, whole default scan | {timed(LEADLINE, 'scan', *names)} |")
        print(f"| seconds, without the paced odd requests | {timed(LEADLINE, 'scan', *names, '--skip', 'identity')} |")
        print(f"| seconds, TLS part | {timed(LEADLINE, 'scan', *names, '--only', TLS)} |")
        print(f"| seconds, HTTP part | {timed(LEADLINE, 'scan', *names, '--only', 'http')} |")
        print(f"| HTTP part: requests, seconds after start-up | {_http_part(scanned(*names, '--only', 'http'))} |\n")


def _http_part(document: dict[str, object]) -> str:
    """How many requests the exchanges took, and the time from the first probe's start to the last one's end."""
    observations = [one for one in document["targets"][0]["observations"] if one["elapsed_ms"]]  # type: ignore[index]
    starts = [datetime.datetime.fromisoformat(one["started"]).timestamp() for one in observations]
    ends = [start + one["elapsed_ms"] / 1000 for start, one in zip(starts, observations, strict=True)]
    seen = next(one["evidence"] for one in observations if one["topic"] == "http_exchanges")
    return f"{len(seen['exchanges'])}, {max(ends) - min(starts):.2f}"
