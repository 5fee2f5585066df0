"""The forms of an audit's report, one module each: JSON, CSV, Markdown, JUnit's XML.

Each takes a :class:`~conda_provenance.audit.report.Report` and an open file. A stranger's text in
it is made harmless by the rules of that form. Which file it is, is not known here.
"""

from __future__ import annotations

from conda_provenance.audit.reports.csv_table import write_csv
from conda_provenance.audit.reports.json_object import write_json
from conda_provenance.audit.reports.junit_xml import write_junit
from conda_provenance.audit.reports.markdown_page import write_markdown

__all__ = ["write_csv", "write_json", "write_junit", "write_markdown"]
