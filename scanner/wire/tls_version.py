"""Protocol versions by number. A number and a name; nothing else belongs here."""

import enum


class Version(enum.IntEnum):
    """ProtocolVersion on the wire (RFC 8446 section 4.2.1; SSLv2: draft-hickman-netscape-ssl-00)."""

    SSL2 = 0x0002
    SSL3 = 0x0300
    TLS1_0 = 0x0301
    TLS1_1 = 0x0302
    TLS1_2 = 0x0303
    TLS1_3 = 0x0304

    @property
    def title(self) -> str:
        """The name that evidence and reports use: `TLSv1.2`."""
        return _TITLES[self]


_TITLES = {
    Version.SSL2: "SSLv2",
    Version.SSL3: "SSLv3",
    Version.TLS1_0: "TLSv1.0",
    Version.TLS1_1: "TLSv1.1",
    Version.TLS1_2: "TLSv1.2",
    Version.TLS1_3: "TLSv1.3",
}
