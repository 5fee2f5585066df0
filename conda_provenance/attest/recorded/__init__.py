"""What each builder records in a package about how it was built: a module for each of them.

What becomes of it is not known here.
"""
