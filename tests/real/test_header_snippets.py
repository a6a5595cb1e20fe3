"""The configuration that header rules advise is taken by the servers that it is for, and does what the rule says."""

import http.client
import pathlib
import subprocess

from scanner.rules.registry import all_rules
from tests.real.servers import Apache, Nginx, program

FAMILIES = ("HDR", "CSP", "INF")
MODULES = ("headers", "setenvif", "authz_core", "mime", "mpm_event", "proxy")
_SERVER_PART = "# in the server:\n"
"""What parts the directives around a server block from those in it."""


def snippets(server: str) -> dict[str, str]:
    """Every snippet of these families for a server, by the rule's id."""
    return {
        rule.info.id: snippet.config
        for rule in all_rules()
        for snippet in rule.info.remediation.snippets
        if rule.info.id.startswith(FAMILIES) and snippet.server == server
    }


def test_nginx_takes_its_snippets(tmp_path: pathlib.Path) -> None:
    blocks = []
    for rule, snippet in snippets("nginx").items():
        around, mark, inside = snippet.partition(_SERVER_PART)
        around, inside = (around, inside) if mark else ("", around)
        blocks.append(f"{around}\nserver {{ listen 127.0.0.1:9; server_name {rule.lower()}.example.org;\n{inside}\n}}")
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{\n" + "\n".join(blocks) + "\n}\n")

    done = subprocess.run([program("nginx"), "-t", "-e", "stderr", "-c", str(config)], capture_output=True, check=False)
    assert (len(blocks) > 20, done.returncode) == (True, 0), done.stderr.decode()


def test_apache_takes_its_snippets(tmp_path: pathlib.Path) -> None:
    modules = [f"LoadModule {name}_module {Apache.modules_at}/mod_{name}.so" for name in MODULES]
    lines = ["ServerName x", "Listen 127.0.0.1:9", f"PidFile {tmp_path}/pid", f"ErrorLog {tmp_path}/log", *modules]
    config = tmp_path / "apache.conf"
    config.write_text("\n".join([*lines, f"TypesConfig {tmp_path}/types", *snippets("apache").values()]) + "\n")
    (tmp_path / "types").touch()

    done = subprocess.run([program("apache2"), "-t", "-f", str(config)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def sent(place: tuple[str, int], name: str) -> list[str]:
    connection = http.client.HTTPConnection(*place, timeout=5)
    connection.request("GET", "/")
    lines = connection.getresponse().headers.get_all(name, [])
    connection.close()
    return lines


def test_a_header_of_two_places_is_one_again() -> None:
    """Application and front both set a header; the advice leaves one line of it."""
    twice = 'Header set Strict-Transport-Security "max-age=1"\nHeader always set Strict-Transport-Security "max-age=2"'
    with Apache(twice, modules=["headers"]) as behind:
        assert len(sent(behind.place, "Strict-Transport-Security")) == 2
        front = f"location / {{ proxy_pass http://127.0.0.1:{behind.port}; }}\n" + snippets("nginx")["HDR006"]
        with Nginx(front) as nginx:
            assert sent(nginx.place, "Strict-Transport-Security") == ["max-age=31536000"]
    with Apache(twice + "\n" + snippets("apache")["HDR006"], modules=["headers"]) as mended:
        assert sent(mended.place, "Strict-Transport-Security") == ["max-age=31536000"]
