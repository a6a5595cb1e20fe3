"""`openssl s_server` as a child process: it serves one connection at a time and takes what it is told to take."""

import subprocess
from collections.abc import Sequence

from tests.real.servers import RealServer, program
from tests.support.leaf_files import Files


class OpensslServer(RealServer):
    """`openssl s_server` with a certificate; `options` are added to its command line."""

    def __init__(self, files: Files, *options: str) -> None:
        super().__init__("openssl")
        self._files = files
        self._options = options

    def command(self) -> Sequence[str]:
        return (
            self.program, "s_server", "-quiet", "-www", "-accept", f"{self.address}:{self.port}",
            "-cert", str(self._files.chain), "-cert_chain", str(self._files.chain), "-key", str(self._files.key),
            *self._options,
        )  # fmt: skip


def ciphers(text: str, protocol: str) -> set[str]:
    """The code points that this OpenSSL means by a cipher string at one protocol (`tls1`, `tls1_2` …)."""
    done = subprocess.run(
        [program("openssl"), "ciphers", "-V", "-s", f"-{protocol}", text], capture_output=True, text=True, check=True
    )
    codes = (line.split()[0] for line in done.stdout.splitlines() if line.strip())
    return {code.replace("0x", "").replace(",", "") for code in codes}
