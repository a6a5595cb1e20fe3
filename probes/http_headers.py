"""The probe of security headers. How they are read is in `http_headers_reading`, loaded when an answer is there."""

from probes.base import Known, ProbeInfo
from probes.exchange_reader import read_exchanges, reader_info
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.observation import Observation
from scanner.net.session import Session


class HttpHeadersProbe:
    """Reads the security headers out of the exchanges; says what browsers make of each."""

    info: ProbeInfo = reader_info("http_headers", "Security headers", HttpHeaders)

    async def collect(self, session: Session, known: Known) -> Observation[HttpHeaders]:
        """The headers of the final document, the missing path, and HSTS on every answer."""
        from probes.http_headers_reading import read_headers

        return read_exchanges(session, known, lambda seen: read_headers(seen, session.target.host))
