"""Signed statements about files: the containers that hold them, and who signed them.

What a package says of itself is not known here, nor who may sign. Everything is a stranger's until
it was verified.
"""
