"""The version, in the one place that the build, the reports and the User-Agent read it from."""

__version__ = "0.1.0"

USER_AGENT = f"leadline/{__version__} (+https://pypi.org/project/leadline/)"
"""Who asks, unless the user says otherwise."""

RULES_VERSION = "1"
"""Version of the rule set, recorded in every result: it moves when a rule's verdict on the same evidence moves."""
