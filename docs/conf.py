"""How Sphinx builds the site: ``sphinx-build -b dirhtml -W --keep-going -n docs FOLDER``.

It needs the extra ``docs``, and Python 3.11 or newer. Nothing is loaded from another server, while
the site is built or while it is read.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from conda_provenance import __version__

project = "conda-provenance"
author = "conda-provenance contributors"
copyright = author  # noqa: A001
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "ready_policies",
    "repository_links",
]

exclude_patterns = ["_*"]
nitpicky = True
# An option begins with two dashes, and what is quoted is quoted as it stands.
smartquotes = False
# What a command prints has no language.
highlight_language = "text"

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4

copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = "$ "

html_theme = "conda_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_baseurl = "https://conda-provenance.github.io/conda-provenance/"
html_theme_options = {
    "logo": {
        "image_light": "_static/conda_logo.svg",
        "image_dark": "_static/conda_logo.svg",
        "text": project,
    },
    "icon_links": [
        {
            "name": "GitHub",
            "url": "https://github.com/conda-provenance/conda-provenance",
            "icon": "fa-brands fa-square-github",
            "type": "fontawesome",
        },
    ],
    "navigation_with_keys": False,
    "show_prev_next": True,
}
