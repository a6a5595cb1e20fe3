"""The page of the exchanges: their document parsed, or why there is none."""

from probes.page_reader import read_page
from scanner.errors import OwnFault, PeerFault
from scanner.model.evidence.http_exchanges import Exchange
from scanner.model.page import Page
from scanner.net.budget import Deadline


async def page_of(document: Exchange | None, deadline: Deadline) -> tuple[Page | None, str | None]:
    """The parsed document; else None and the reason. Never raises for what a peer wrote."""
    if document is None:
        return None, "no document of the site came"
    try:
        return await read_page(document, deadline.remaining()), None
    except (PeerFault, OwnFault) as fault:
        return None, f"no page was read: {fault.detail}"
    except Exception as error:  # whatever a parser that is not ours makes of a page that is not ours
        return None, f"no page was read ({type(error).__name__})"
