"""Makes statements that others' tools read of what a package says, or of what was verified.

Whether what they say is true is not known here: ``verify`` asks that.
"""
