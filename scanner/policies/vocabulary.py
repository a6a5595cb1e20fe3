"""The words of a policy file: every number, list and switch that rules ask a policy for, and what may stand in each.

A word that no rule asks for would be a promise that nobody keeps, so the loader refuses what is not here.
"""

from collections.abc import Callable, Mapping

from scanner.model.evidence.tls_suites import PROTOCOLS
from scanner.wire.tls_registry import registry

THRESHOLDS = frozenset(
    {
        "certificate_ec_min_bits",
        "certificate_max_days",
        "certificate_min_types",
        "certificate_rsa_min_bits",
        "classical_key_agreement_until_year",
        "dh_min_bits",
        "dhe_until_year",
        "dns_max_aliases",
        "ec_min_bits",
        "hsts_min_age_seconds",
        "max_redirects",
        "rsa_min_bits",
        "x509_version",
    }
)
"""The names of the numbers."""

FEATURES = frozenset(
    {
        "client_renegotiation",
        "compression",
        "early_data",
        "encrypt_then_mac",
        "extended_master_secret",
        "fallback_scsv",
        "heartbeat",
        "psk_without_dhe",
        "secure_renegotiation",
    }
)
"""What `features_required` and `features_forbidden` may name."""

KEY_TYPES = frozenset({"rsa", "ec", "ed25519", "ed448", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"})
"""Kinds of key, as the evidence of `certificates` has them."""

Names = Callable[[], frozenset[str]]
"""The names that a list may hold; asked only where a policy sets the list."""


def _protocols() -> frozenset[str]:
    return frozenset(PROTOCOLS)


def _suites() -> frozenset[str]:
    return frozenset(registry().suites.values())


def _suites_tls13() -> frozenset[str]:
    return frozenset(registry().suites_tls13.values())


def _groups() -> frozenset[str]:
    return frozenset(registry().groups.values())


def _features() -> frozenset[str]:
    return FEATURES


def _key_types() -> frozenset[str]:
    return KEY_TYPES


def _curves() -> frozenset[str]:
    return frozenset(one for one in _groups() if one.startswith(("secp", "brainpool")))


def _signatures() -> frozenset[str]:
    hashes = ("SHA224", "SHA256", "SHA384", "SHA512")
    return frozenset(
        {
            *(f"{one.lower()}WithRSAEncryption" for one in hashes),
            *(f"ecdsa-with-{one}" for one in hashes),
            "rsassaPss",
            "ed25519",
            "ed448",
        }
    )


LISTS: Mapping[str, Names] = {
    "certificate_curves": _curves,
    "certificate_signatures": _signatures,
    "certificate_types": _key_types,
    "features_forbidden": _features,
    "features_required": _features,
    "groups": _groups,
    "groups_one_of": _groups,
    "protocols_allowed": _protocols,
    "protocols_discouraged": _protocols,
    "protocols_required": _protocols,
    "suites": _suites,
    "suites_superseded": _suites,
    "suites_tls13": _suites_tls13,
}
"""The lists, each with the names that it may hold."""

OPTIONS: Mapping[str, type] = {"recommendation": bool, "server_order": bool, "superseded_reason": str}
"""The switches and texts, each with its type."""
