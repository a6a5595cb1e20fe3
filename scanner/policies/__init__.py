"""Policies: TOML data, and its loader."""
