"""Facts: what the document's evidence says, prepared for reading.

Rule of the room: works on the document as builtins and takes nothing for granted, because evidence may come from a
newer version or from another package. What is missing is left out; what is unknown by topic is shown as it stands.
"""
