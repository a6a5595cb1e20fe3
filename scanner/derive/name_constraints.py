"""Name constraints of CAs (RFC 5280 section 4.2.1.10): which names a CA may speak for.

DNS names, IP addresses and directory names are compared; where a constraint is on another kind of name that the
certificate has, the answer is unknown.
"""

import ipaddress
from collections.abc import Callable

from cryptography import x509

from scanner.derive.path_node import Node
from scanner.errors import Malformed
from scanner.model.outcome import Answer
from scanner.wire.x509_names import canonical_name

_Matcher = Callable[[x509.GeneralName, x509.GeneralName], bool]


def within(constraints: x509.NameConstraints, node: Node) -> Answer:
    """Whether all names of a certificate lie within the constraints."""
    permitted, excluded = list(constraints.permitted_subtrees or ()), list(constraints.excluded_subtrees or ())
    names = _names(node)
    if names is None:
        return Answer.UNKNOWN
    answer = Answer.YES
    for name in names:
        kind = type(name)
        allowed = [one for one in permitted if isinstance(one, kind)]
        denied = [one for one in excluded if isinstance(one, kind)]
        if not allowed and not denied:
            continue
        lies_in = _MATCHERS.get(kind)
        if lies_in is None:
            answer = Answer.UNKNOWN
        elif (allowed and not any(lies_in(name, one) for one in allowed)) or any(_hits(name, one) for one in denied):
            return Answer.NO
    return answer


def _names(node: Node) -> list[x509.GeneralName] | None:
    """The subject and all alternative names; None where they cannot be read."""
    if node.certificate is None or node.extensions is None or node.extensions.is_broken(x509.SubjectAlternativeName):
        return None
    try:
        subject = node.certificate.subject
        found: list[x509.GeneralName] = [x509.DirectoryName(subject)] if list(subject) else []
    except (ValueError, TypeError):
        return None
    return [*found, *(node.extensions.get(x509.SubjectAlternativeName) or ())]


def _dns_in(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    """`example.org` holds itself and all below it; `.example.org`, which some CAs write, only what is below it."""
    host, base = _text(name).removeprefix("*."), _text(tree)
    if base.startswith("."):
        return host.endswith(base) or (_text(name).startswith("*.") and f".{host}" == base)
    return not base or host == base or host.endswith(f".{base}")


def _hits(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    """Whether an excluded tree holds the name; a wildcard also where it could stand for a name in the tree."""
    if _MATCHERS[type(name)](name, tree):
        return True
    text = _text(name) if isinstance(name, x509.DNSName) else ""
    return text.startswith("*.") and _text(tree).lstrip(".").partition(".")[2] == text[2:]


def _text(name: x509.GeneralName) -> str:
    return str(name.value).lower().rstrip(".")


def _address_in(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    network = tree.value
    if not isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return False
    return name.value in network


def _directory_in(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    try:
        whole, start = canonical_name(name.value.public_bytes()), canonical_name(tree.value.public_bytes())
    except (Malformed, ValueError):
        return False
    return whole[: len(start)] == start


_MATCHERS: dict[type[x509.GeneralName], _Matcher] = {
    x509.DNSName: _dns_in,
    x509.IPAddress: _address_in,
    x509.DirectoryName: _directory_in,
}
