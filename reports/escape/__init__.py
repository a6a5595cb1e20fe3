"""Escapers: one a sink. What a peer wrote passes one of them before anybody sees it.

Rule of the room: text in, text out, nothing else; an escaper never fails and never lets a character through that its
sink would obey. Every string of a result is treated alike, whoever wrote it: a result file may be hostile too.
"""
