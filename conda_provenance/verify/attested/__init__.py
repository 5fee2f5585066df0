"""What signed statements about a package say: where they are found, who may sign, and whether they
agree with the stamp.

How a signature is verified is not known here: see ``bundles``.
"""
