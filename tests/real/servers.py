"""Real servers for tests: nginx and Apache from Debian as child processes, with configurations of their own.

Each has its own directory, a free port on 127.0.0.1, and is a context manager: entering waits until it takes
connections, leaving ends it and its workers.
"""

import abc
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Self

import pytest

REQUIRE_REAL = "LEADLINE_REQUIRE_REAL_SERVERS"
"""With this variable in the environment a missing real server fails the test instead of skipping it."""

READY_SECONDS = 10.0
STOP_SECONDS = 5.0
_SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def program(name: str) -> str:
    """The path of a server's program. Skips the test where it is not installed, or fails it where that is asked."""
    found = shutil.which(name, path=_SEARCH_PATH)
    if found is None:
        if os.environ.get(REQUIRE_REAL):
            pytest.fail(f"{name} is not installed, and {REQUIRE_REAL} is set")
        pytest.skip(f"{name} is not installed")
    return found


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind((address, 0))
        port: int = one.getsockname()[1]
        return port


class RealServer(abc.ABC):
    """One server process. A subclass writes the configuration and says how to start it."""

    def __init__(self, name: str, *, address: str = "127.0.0.1", port: int | None = None) -> None:
        self.program = program(name)
        self.address = address
        self.port = port or free_port(address)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"leadline-{name}-"))
        self.directory.chmod(0o755)  # workers that drop root read their documents here
        self._log = self.directory / "process.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> tuple[str, int]:
        """Address and port."""
        return self.address, self.port

    @abc.abstractmethod
    def command(self) -> Sequence[str]:
        """The command line that keeps the server in the foreground."""

    def log(self) -> str:
        """What the server wrote while it started and ran."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _wait_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while True:
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{self.program} did not start:\n{self.log()}")
            with socket.socket() as one:
                one.settimeout(0.2)
                if one.connect_ex(self.place) == 0:
                    return
            time.sleep(0.02)  # a refused connect comes back at once


class Nginx(RealServer):
    """nginx with one server block; `server` holds its directives besides `listen`, `http` those around it.

    `tls` is a pair of files, certificate chain and key.
    """

    def __init__(
        self,
        server: str,
        *,
        http: str = "",
        tls: tuple[pathlib.Path, pathlib.Path] | None = None,
        port: int | None = None,
    ) -> None:
        super().__init__("nginx", port=port)
        user = "user www-data;" if os.geteuid() == 0 else ""
        temporary = "\n".join(
            f"  {kind}_temp_path {self.directory}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        listen = f"listen {self.address}:{self.port}{' ssl' if tls else ''};"
        keys = f"ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]};" if tls else ""
        self._config = self.directory / "nginx.conf"
        self._config.write_text(
            f"""{user}
daemon off;
worker_processes 1;
pid {self.directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
{temporary}
  {http}
  server {{
    {listen} {keys}
    {server}
  }}
}}
"""
        )

    def command(self) -> Sequence[str]:
        return (self.program, "-c", str(self._config), "-p", str(self.directory), "-e", "stderr")


class Apache(RealServer):
    """Apache with a document root that holds `index.html`; `directives` are added to the main configuration."""

    modules_at = pathlib.Path("/usr/lib/apache2/modules")

    def __init__(self, directives: str = "", *, modules: Sequence[str] = (), port: int | None = None) -> None:
        super().__init__("apache2", port=port)
        documents = self.directory / "documents"
        documents.mkdir(mode=0o755)
        (documents / "index.html").write_text("<!doctype html><title>Welcome</title><p>It works.</p>\n")
        loaded = "\n".join(
            f"LoadModule {name}_module {self.modules_at}/mod_{name}.so"
            for name in ("mpm_event", "authz_core", "dir", "mime", *modules)
        )
        user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
        self._config = self.directory / "apache.conf"
        self._config.write_text(
            f"""ServerRoot {self.directory}
{loaded}
{user}
Listen {self.address}:{self.port}
ServerName apache.test
PidFile {self.directory}/apache.pid
DefaultRuntimeDir {self.directory}
Mutex file:{self.directory} default
ErrorLog {self.directory}/error.log
TypesConfig /dev/null
DocumentRoot {documents}
DirectoryIndex index.html
ServerLimit 1
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
<Directory {documents}>
  Require all granted
</Directory>
{directives}
"""
        )

    def command(self) -> Sequence[str]:
        return (self.program, "-f", str(self._config), "-DFOREGROUND")

    def log(self) -> str:
        errors = self.directory / "error.log"
        return super().log() + (errors.read_text(errors="replace") if errors.exists() else "")
