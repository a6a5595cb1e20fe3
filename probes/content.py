"""The probe of page content. How it is read is in `content_reading`, loaded when an answer is there."""

from probes.base import Known, ProbeInfo
from probes.exchange_reader import read_exchanges, reader_info
from scanner.model.evidence.content import Content
from scanner.model.observation import Observation
from scanner.net.session import Session


class ContentProbe:
    """Reads the page, its scripts and the error pages out of the exchanges."""

    info: ProbeInfo = reader_info("content", "Page content", Content)

    async def collect(self, session: Session, known: Known) -> Observation[Content]:
        """The inventory of the page, and what any answer of the named host gives away."""
        from probes.content_reading import read_content

        return read_exchanges(session, known, read_content)
