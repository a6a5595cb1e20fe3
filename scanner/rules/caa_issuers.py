"""Which CAA identifiers each public issuer answers to: a dated table, keyed by the organisation in its certificates.

A certificate's issuer is found by the organisation (O) of its name. An issuer that is not here is unknown, and so is
every answer once the table is older than `MAX_AGE`: issuers change hands and take up new identifiers.
"""

import datetime
import re
from collections.abc import Mapping

CHECKED = datetime.date(2026, 9, 22)
"""The day of the CCADB report "CAA Identifiers" (https://www.ccadb.org/resources) that the large issuers follow."""

MAX_AGE = datetime.timedelta(days=70)
"""How old the table may be at the time of judging."""

_DIGICERT = (
    "digicert.com", "www.digicert.com", "digicert.ne.jp", "cybertrust.ne.jp", "symantec.com", "thawte.com",
    "geotrust.com", "rapidssl.com", "digitalcertvalidation.com", "quovadisglobal.com", "amazon.com",
    "amazontrust.com", "awstrust.com", "amazonaws.com",
)  # fmt: skip
_SECTIGO = (
    "sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com", "entrust.net",
    "affirmtrust.com",
)  # fmt: skip
_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com", "aws.amazon.com")
_GODADDY = ("godaddy.com", "starfieldtech.com")
_HARICA = ("harica.gr",)
_CERTUM = ("certum.pl", "certum.eu")

_ROWS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Let's Encrypt", "Internet Security Research Group", "ISRG"), ("letsencrypt.org",)),
    (("Google Trust Services", "Google Trust Services LLC"), ("pki.goog",)),
    (("DigiCert Inc", "DigiCert, Inc.", "DigiCert Ireland Limited", "QuoVadis Limited"), _DIGICERT),
    (("GeoTrust Inc.", "thawte, Inc.", "RapidSSL"), _DIGICERT),
    (("Cloudflare, Inc.", "Microsoft Corporation"), (*_DIGICERT, "microsoft.com", "ssl.com")),
    (("Sectigo Limited", "COMODO CA Limited", "The USERTRUST Network", "ZeroSSL", "Internet2"), _SECTIGO),
    (("GEANT Vereniging", "GÉANT Vereniging"), (*_SECTIGO, *_HARICA)),
    (("Entrust, Inc.", "Entrust Limited", "Entrust Corporation"), _SECTIGO),
    (("Amazon",), (*_AMAZON, *_DIGICERT)),
    (("GlobalSign nv-sa", "GlobalSign"), ("globalsign.com",)),
    (("GoDaddy.com, Inc.", "Starfield Technologies, Inc."), _GODADDY),
    (("SSL Corporation", "SSL Corp"), ("ssl.com",)),
    (("Actalis S.p.A.", "Actalis S.p.A./03358520967"), ("actalis.it",)),
    (("IdenTrust",), ("identrust.com",)),
    (("Buypass AS-983163327", "Buypass AS"), ("buypass.com", "buypass.no")),
    (("Hellenic Academic and Research Institutions CA", "Greek Universities Network (GUnet)"), _HARICA),
    (("Asseco Data Systems S.A.", "Unizeto Technologies S.A."), _CERTUM),
    (("SwissSign AG",), ("swisssign.com",)),
    (("D-Trust GmbH",), ("d-trust.net", "dtrust.de", "d-trust.de", "dtrust.net", "bundesdruckerei.de")),
)

_BY_ORGANISATION: Mapping[str, frozenset[str]] = {
    name.casefold(): frozenset(identifiers) for names, identifiers in _ROWS for name in names
}

_ATTRIBUTE = re.compile(r"O=((?:[^\\,+]|\\.)*)(?:[,+]|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def organisation(name: str) -> str | None:
    """The first O attribute of a distinguished name in RFC 4514 text; None where it has none."""
    place = 0
    while place < len(name):
        match = _ATTRIBUTE.match(name, place)
        if match is not None:
            return _ESCAPE.sub(r"\1", match[1]) or None
        place = _next_attribute(name, place)
    return None


def identifiers_of(issuer: str) -> frozenset[str] | None:
    """The CAA identifiers of an issuer, given its name as RFC 4514 text; None where the table has no such issuer."""
    found = organisation(issuer)
    return None if found is None else _BY_ORGANISATION.get(found.casefold())


def is_current(now: datetime.datetime) -> bool:
    """Whether the table may be judged by at `now`."""
    return now.date() - CHECKED <= MAX_AGE


def _next_attribute(name: str, place: int) -> int:
    """Where the next attribute of the name begins: behind the next comma or plus that is not escaped."""
    while place < len(name):
        if name[place] == "\\":
            place += 1
        elif name[place] in ",+":
            return place + 1
        place += 1
    return place
