"""Reports: a result in, bytes out. Pure; each sink has its one escaper in `reports.escape`.

Rule of the room: imports the model and itself; no clock, no environment, no network; the same result gives the same
bytes.
"""
