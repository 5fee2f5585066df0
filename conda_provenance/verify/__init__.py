"""Checks what packages say of their origin against the repository, the forge and the CI they name.

How packages are found and read is known to ``sources``. Nothing a package says is believed here.
"""
