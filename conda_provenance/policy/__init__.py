"""Policies: what is expected of which package. Whether a package meets it is not known here."""
