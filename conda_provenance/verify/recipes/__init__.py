"""The recipe in a package against the one in a commit. How either was got is not known here."""
