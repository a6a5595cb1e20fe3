"""What the trials of a firewall ask: one path that nobody has, plainly and with a pattern that every rule set knows.

Rule of the file: text only. The pattern is a value in the query of a path that is not there: nothing can run it.
"""

FIREWALL_QUERY = "id=1%27%20OR%20%271%27=%271&q=%3Cscript%3Ealert(1)%3C/script%3E&file=../../../../etc/passwd"
"""The textbook forms of SQL injection, cross-site scripting and path traversal, in one query."""

BLOCKING = frozenset({400, 403, 405, 406, 412, 418, 419, 429, 444, 493, 495, 499, 501, 503, 999})
"""Statuses by which firewalls turn a request away, where the plain request got another."""
