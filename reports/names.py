"""Names: references and products as people know them."""

from scanner.model.rule import Reference

_PRODUCTS = {
    "apache": "Apache",
    "caddy": "Caddy",
    "envoy": "Envoy",
    "haproxy": "HAProxy",
    "iis": "IIS",
    "lighttpd": "lighttpd",
    "tomcat": "Tomcat",
}


def reference_name(reference: Reference) -> str:
    """`RFC 9110, section 10.2.4`, whether the reference's section carries the word or not."""
    section = reference.section or ""
    if section[:1].isdigit():
        section = f"section {section}"
    return ", ".join(filter(None, (reference.title, section)))


def product_name(family: str) -> str:
    """The product as its makers write it; the text itself where it is not known here."""
    return _PRODUCTS.get(family, family)
