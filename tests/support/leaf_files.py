"""Certificates as files, for real servers."""

import dataclasses
import datetime
import pathlib

import trustme


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where a leaf's chain and key lie, and the root that made it."""

    chain: pathlib.Path
    key: pathlib.Path
    root: pathlib.Path


def write_leaf(
    folder: pathlib.Path, *names: str, key_type: trustme.KeyType = trustme.KeyType.RSA, ca: trustme.CA | None = None
) -> Files:
    """A leaf for these names that has ten of its sixty days behind it, with chain, key and root as PEM files."""
    authority = ca or trustme.CA()
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=10)
    leaf = authority.issue_cert(
        *names, key_type=key_type, not_before=begin, not_after=begin + datetime.timedelta(days=60)
    )
    stem = f"{names[0]}-{key_type.name.lower()}"
    files = Files(chain=folder / f"{stem}.chain.pem", key=folder / f"{stem}.key.pem", root=folder / "root.pem")
    files.chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    files.key.write_bytes(leaf.private_key_pem.bytes())
    files.root.write_bytes(authority.cert_pem.bytes())
    return files
