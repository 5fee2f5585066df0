"""Drives sigstore-python: within bounds, in silence, and with one sentence for each failure.

What is signed is not known here. sigstore is loaded by a function, when something is signed.
"""
