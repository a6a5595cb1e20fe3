"""JA3S: the text whose MD5 is a ServerHello's fingerprint (the method of Salesforce, published under BSD 3-Clause)."""

import hashlib

from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_version import Version


def ja3s_text(flight: ServerFlight) -> str:
    """Version, suite and extension types of a ServerHello, decimal: `771,49199,65281-11-35`.

    The version is the one in the message's own field, so TLS 1.2 for a hello of TLS 1.3.
    """
    legacy = min(flight.version, Version.TLS1_2)
    return f"{int(legacy)},{flight.suite},{'-'.join(str(int(code)) for code in flight.extensions)}"


def ja3s(text: str) -> str:
    """The fingerprint of such a text: its MD5, in hexadecimal."""
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()
