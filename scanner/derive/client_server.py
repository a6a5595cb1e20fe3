"""What the evidence says of a server, asked from a client's point of view: could this suite serve it, in which group.

Rule of the room: pure, one client and one server at a time. Three answers: `yes` and `no` follow from the evidence,
`unknown` is everything that it leaves open.
"""

import dataclasses
from collections.abc import Iterable

from scanner.derive.client_profiles import ClientProfile
from scanner.model.evidence.certificates import Certificates
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_groups import GroupSupport, TlsGroups
from scanner.model.evidence.tls_suites import Preference, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.suite_traits import traits

MODERN = "TLSv1.3"
SIGNED_BY_SCHEME = frozenset({"TLSv1.2", MODERN})
"""Versions in which the client's signature_algorithms bind the server (RFC 5246 section 7.4.1.4.1)."""

_FFDHE = range(0x0100, 0x0200)
_CURVE_CODES = {"secp256r1": "0017", "secp384r1": "0018", "secp521r1": "0019"}
# Signature schemes of TLS 1.3 that a key can serve (RFC 8446 section 4.2.3), by its type and curve.
_RSA_PSS = frozenset({"0804", "0805", "0806"})
_SCHEMES: dict[tuple[str, str | None], frozenset[str]] = {
    ("rsa", None): _RSA_PSS,
    ("ec", "secp256r1"): frozenset({"0403"}),
    ("ec", "secp384r1"): frozenset({"0503"}),
    ("ec", "secp521r1"): frozenset({"0603"}),
    ("ed25519", None): frozenset({"0807"}),
    ("ed448", None): frozenset({"0808"}),
    ("ml-dsa-44", None): frozenset({"0904"}),
    ("ml-dsa-65", None): frozenset({"0905"}),
    ("ml-dsa-87", None): frozenset({"0906"}),
}
_USUAL = frozenset({"0804", "0403", "0503"})
"""With these a client can do with every usual certificate."""


def all_of(answers: Iterable[Answer]) -> Answer:
    """`no` where one is, else `unknown` where one is, else `yes`."""
    found = set(answers)
    if Answer.NO in found:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in found else Answer.YES


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A group that is negotiated, or those among which the evidence cannot decide."""

    certain: str | None = None
    possible: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    """The evidence of one endpoint; what was not collected is None. `named`: the scan sent a server name."""

    suites: TlsSuites
    groups: TlsGroups | None = None
    certificates: Certificates | None = None
    features: TlsFeatures | None = None
    named: bool = True

    def serves(self, client: ClientProfile, version: str, suite: Suite) -> Answer:
        """Whether the server can take this suite, which it accepts in `version`, for this client."""
        if suite.code not in client.suites:
            return Answer.NO
        if version == MODERN:
            return all_of((self._has_common_group(client, suite), self._signs_modern(client)))
        kind = traits(suite.name)
        needs = [self._signs_classic(client, version, kind.key_exchange, kind.authentication)]
        if kind.key_exchange == "ECDHE":
            needs.append(self._has_common_curve(client, suite))
        elif kind.key_exchange == "DHE":
            needs.append(self._has_common_prime(client))
        elif kind.key_exchange == "ECDH":
            needs.append(Answer.YES if {"0017", "0018", "0019"}.issubset(client.groups) else Answer.UNKNOWN)
        return all_of(needs)

    def refused_by(self, client: ClientProfile, version: str, suite: Suite) -> str | None:
        """Why the client breaks off once the server has chosen this suite; None where nothing is known to speak so."""
        kind = traits(suite.name)
        signed = kind.key_exchange in {"DHE", "ECDHE"} and not kind.anonymous
        if signed and version not in SIGNED_BY_SCHEME and not client.sha1_handshakes:
            return "refuses the SHA-1 in the handshake's signature"
        bits = suite.dh_bits if kind.key_exchange == "DHE" else None
        if bits is not None and bits < client.dh_bits_min:
            return f"refuses Diffie-Hellman of {bits} bits"
        if bits is not None and client.dh_bits_max is not None and bits > client.dh_bits_max:
            return f"cannot do Diffie-Hellman of {bits} bits"
        return None

    def group(self, client: ClientProfile, version: str, suite: Suite) -> Choice:
        """The group of the key exchange with this suite; empty where it has none or nothing is known of it."""
        if version == MODERN:
            return self._modern_group(client)
        if traits(suite.name).key_exchange != "ECDHE":
            return Choice()
        known = self._classic_groups()
        if known is None:
            only = [code for code in client.groups if int(code, 16) not in _FFDHE]
            return Choice(certain=only[0]) if len(only) == 1 else Choice()
        common = self._common_curves(client, known)
        if known.complete is not Answer.YES:
            return Choice(possible=common)
        return _choice(_preferred(common, client, known.preference))

    # TLS 1.3

    def _modern_groups(self) -> GroupSupport | None:
        known = self.groups.tls13 if self.groups is not None else None
        return known if known is not None and known.supported is Answer.YES and known.groups else None

    def _has_common_group(self, client: ClientProfile, suite: Suite) -> Answer:
        known = self._modern_groups()
        if known is None:
            return Answer.YES if suite.group in client.groups else Answer.UNKNOWN
        if any(one.code in client.groups for one in known.groups):
            return Answer.YES
        return Answer.NO if known.complete is Answer.YES else Answer.UNKNOWN

    def _signs_modern(self, client: ClientProfile) -> Answer:
        keys = self._key_kinds()
        if not keys:
            return Answer.YES if _USUAL.issubset(client.schemes) else Answer.UNKNOWN
        able = [_SCHEMES.get(key) for key in keys]
        if any(schemes is not None and schemes.intersection(client.schemes) for schemes in able):
            return Answer.YES
        return Answer.UNKNOWN if None in able else Answer.NO

    def _modern_group(self, client: ClientProfile) -> Choice:
        """The group of TLS 1.3 (RFC 8446 section 4.2.8).

        Some servers keep to their order and ask again for a share, some take the first share that they can use. Where
        both come to the same group it is certain.
        """
        known = self._modern_groups()
        if known is None:
            return Choice()
        common = tuple(one.code for one in known.groups if one.code in client.groups)
        preferred = _preferred(common, client, known.preference)
        shared = tuple(code for code in client.key_shares if code in common)
        possible = tuple(dict.fromkeys((*shared[:1], *preferred)))
        if known.complete is not Answer.YES and len(possible) == 1:
            return Choice(possible=possible)
        return _choice(possible)

    # TLS 1.2 and below

    def _classic_groups(self) -> GroupSupport | None:
        known = self.groups.tls12 if self.groups is not None else None
        return known if known is not None and known.supported is Answer.YES and known.groups else None

    def _common_curves(self, client: ClientProfile, known: GroupSupport) -> tuple[str, ...]:
        beside = known.beside_certificate_curve if self._knows_a_certificate_curve(client) else ()
        listed = dict.fromkeys(one.code for one in (*known.groups, *beside))
        return tuple(code for code in listed if code in client.groups and int(code, 16) not in _FFDHE)

    def _has_common_curve(self, client: ClientProfile, suite: Suite) -> Answer:
        if not client.groups:
            return Answer.UNKNOWN  # the server may take any curve, or leave the suite out
        known = self._classic_groups()
        if known is None:
            return Answer.YES if suite.group in client.groups else Answer.UNKNOWN
        if self._common_curves(client, known):
            return Answer.YES
        return Answer.NO if known.complete is Answer.YES else Answer.UNKNOWN

    def _has_common_prime(self, client: ClientProfile) -> Answer:
        """Whether finite-field Diffie-Hellman is to be had: some servers want a named group in the hello (RFC 7919)."""
        if self.groups is None or not self.groups.dh:
            return Answer.UNKNOWN
        if any(not prime.answers_ffdhe for prime in self.groups.dh):
            return Answer.YES
        return Answer.UNKNOWN if any(int(code, 16) in _FFDHE for code in client.groups) else Answer.NO

    def _signs_classic(self, client: ClientProfile, version: str, exchange: str, authentication: str) -> Answer:
        if authentication == "ECDSA" and (curve := self._curve_known_to(client)) is not Answer.YES:
            return curve
        if version not in SIGNED_BY_SCHEME or exchange not in {"DHE", "ECDHE"}:
            return Answer.YES
        if not client.schemes:
            return Answer.UNKNOWN
        ends = {"RSA": ("01",), "ECDSA": ("03",), "DSS": ("02",)}.get(authentication)
        if ends is None:
            return Answer.YES
        if authentication == "RSA" and _RSA_PSS.intersection(client.schemes):
            return Answer.YES
        return Answer.YES if any(one[0] != "0" or one[2:] in ends for one in client.schemes) else Answer.NO

    def _curve_known_to(self, client: ClientProfile) -> Answer:
        """Whether the client can do with the server's ECDSA certificate, as far as its curve goes."""
        curves = {curve for kind, curve in self._key_kinds() if kind == "ec"}
        codes = {_CURVE_CODES.get(curve or "") for curve in curves}
        if not curves:
            return Answer.YES if {"0017", "0018"}.issubset(client.groups) else Answer.UNKNOWN
        if codes.intersection(client.groups):
            return Answer.YES
        return Answer.UNKNOWN if None in codes or not client.groups else Answer.NO

    def _knows_a_certificate_curve(self, client: ClientProfile) -> bool:
        return any(_CURVE_CODES.get(curve or "") in client.groups for kind, curve in self._key_kinds() if kind == "ec")

    def _key_kinds(self) -> tuple[tuple[str, str | None], ...]:
        """Type and curve of the keys of all leaves."""
        chains = self.certificates.chains if self.certificates is not None else ()
        return tuple(dict.fromkeys((one.leaf.key.type, one.leaf.key.curve) for one in chains))


def _preferred(common: tuple[str, ...], client: ClientProfile, preference: Preference) -> tuple[str, ...]:
    """What may come out of `common`, which is in the server's order: one group where it is known whose order counts."""
    if preference is Preference.SERVER or len(common) < 2:
        return common[:1]
    if preference is Preference.CLIENT:
        return next(((code,) for code in client.groups if code in common), ())
    return common


def _choice(possible: tuple[str, ...]) -> Choice:
    return Choice(certain=possible[0]) if len(possible) == 1 else Choice(possible=possible)
