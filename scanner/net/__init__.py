"""The net: the only room with sockets and their libraries.

Rule of the room: every byte passes address policy, pinning, deadline, budgets and pace; bytes leave raw and are parsed
in `scanner.wire`; a failure leaves as the fault that says whose it is.
"""
