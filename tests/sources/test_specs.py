"""Specs: the plain ones by themselves, all others by conda or py-rattler, with the same answers."""

from __future__ import annotations

import importlib.util
import sys
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.errors import UsageError
from conda_provenance.sources import specs
from conda_provenance.sources.specs import matcher, near_names, parse_spec, split_channel

HAS_CONDA = importlib.util.find_spec("conda") is not None
HAS_RATTLER = importlib.util.find_spec("rattler") is not None
LIBRARIES = [
    pytest.param("conda", marks=pytest.mark.skipif(not HAS_CONDA, reason="no conda here")),
    pytest.param("rattler", marks=pytest.mark.skipif(not HAS_RATTLER, reason="no py-rattler here")),
]


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where neither conda nor py-rattler is installed."""
    monkeypatch.setattr(specs, "find_spec", lambda name: None)
    parse_spec.cache_clear()


@pytest.mark.parametrize(
    ("spec", "package"),
    [
        ("numpy", ("numpy", "1.26.4", "py312_0")),
        ("NumPy", ("numpy", "1.26.4", "py312_0")),
        ("num*", ("numpy", "1.26.4", "py312_0")),
        ("*", ("numpy", "1.26.4", "py312_0")),
        ("numpy=1.26", ("numpy", "1.26.4", "py312_0")),
        ("numpy=1.26.*", ("numpy", "1.26.4", "py312_0")),
        ("numpy==1.26", ("numpy", "1.26.0", "py312_0")),
        ("numpy=1.26=py312_0", ("numpy", "1.26", "py312_0")),
        ("numpy==1.26=py3*", ("numpy", "1.26", "py312_0")),
        ("_libgcc_mutex=0.1=main", ("_libgcc_mutex", "0.1", "main")),
        ("ruamel.yaml", ("ruamel.yaml", "0.18", "py312_0")),
        ("NumPy=1.26=Py*_A", ("numpy", "1.26", "Py312_A")),
    ],
)
def test_plain_specs_need_no_library(without_libraries, spec, package) -> None:
    assert matcher(spec)(*package)


@pytest.mark.parametrize(
    ("spec", "package"),
    [
        ("numpy", ("numpy-base", "1.26.4", "py312_0")),
        ("num", ("numpy", "1.26.4", "py312_0")),
        ("num*x", ("numpy", "1.26.4", "py312_0")),
        ("numpy=1.2", ("numpy", "1.26.4", "py312_0")),
        ("numpy==1.26", ("numpy", "1.26.4", "py312_0")),
        ("numpy=1.26=py312_0", ("numpy", "1.26.4", "py312_0")),
        ("numpy=1.26=py311*", ("numpy", "1.26", "py312_0")),
        ("numpy=1.26=PY312_0", ("numpy", "1.26", "py312_0")),
        ("numpy=1.26=py312_0", ("numpy", "1.26", "PY312_0")),
        ("numpy==1.26=Py*", ("numpy", "1.26", "py312_0")),
        ("ruamel.yaml", ("ruamelxyaml", "0.18", "py312_0")),
    ],
)
def test_plain_specs_match_no_more_than_they_say(without_libraries, spec, package) -> None:
    assert not matcher(spec)(*package)


@pytest.mark.parametrize(
    "spec", ["numpy>=1", "numpy 1.26", "numpy[build_number=1]", "numpy==1.2.*"]
)
def test_other_specs_name_the_remedy_without_a_library(without_libraries, spec) -> None:
    with pytest.raises(UsageError, match=r"install conda, or pip install 'conda-provenance\[ratt"):
        matcher(spec)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch):
    """As where this one alone of the two libraries is installed."""

    def hide_the_other(library: str) -> None:
        real = importlib.util.find_spec
        monkeypatch.setattr(
            specs, "find_spec", lambda name: real(name) if name == library else None
        )
        parse_spec.cache_clear()

    yield hide_the_other
    parse_spec.cache_clear()


PACKAGES = {
    "1.26": ("numpy", "1.26.4", "py312h1_3"),
    "2.0": ("numpy", "2.0", "py312h1_0"),
    "python": ("python", "3.12", "h1_0_cpython"),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("spec", "matched"),
    [
        ("numpy>=1,<2", {"1.26"}),
        ("numpy 2.*", {"2.0"}),
        ("numpy[version='>=1.26', build_number=3]", {"1.26"}),
        ("numpy[build_number='<3']", {"2.0"}),
        ("n*>=1", {"1.26", "2.0"}),
        ("*[build_number=3]", {"1.26"}),
        ("^num.*$", {"1.26", "2.0"}),
        ("numpy[subdir=linux-64]", {"1.26", "2.0"}),
        ("numpy[subdir=osx-64]", set()),
        (f"numpy[sha256={'a' * 64}]", {"1.26", "2.0"}),
        (f"numpy[sha256={'b' * 64}]", set()),
    ],
)
def test_both_libraries_give_the_same(only, library, spec, matched) -> None:
    only(library)
    matches = matcher(spec)
    found = {
        key
        for key, package in PACKAGES.items()
        if matches(*package, subdir="linux-64", sha256="a" * 64)
    }
    assert found == matched


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "spec", ["numpy[license=MIT]", "numpy[version='>=1', license=MIT]", "=1", "a[b"]
)
def test_what_cannot_be_asked_is_refused(only, library, spec) -> None:
    only(library)
    with pytest.raises(UsageError):
        matcher(spec)


@pytest.mark.parametrize("library", LIBRARIES)
@given(st.text(alphabet="ab.*=<>!|,[]()'\"^$:-_ #@{}\\1é\x1b", max_size=30))
def test_any_text_is_a_spec_or_a_usage_error(library, text) -> None:
    try:
        matcher(text)("a", "1", "b_0")
    except UsageError as error:
        assert str(error).isprintable()


@pytest.mark.skipif(not (HAS_CONDA or HAS_RATTLER), reason="neither conda nor py-rattler here")
@pytest.mark.parametrize("library", LIBRARIES)
@given(
    st.sampled_from(["numpy=1.2", "numpy==1.2", "numpy=1.2=py_0", "numpy", "num*", "numpy=1.2.*"]),
    st.sampled_from(["1.2", "1.2.0", "1.2.3", "1.20", "1.2rc1", "1", "1.2+l"]),
    st.sampled_from(["py_0", "py_1"]),
)
def test_plain_specs_mean_what_the_libraries_mean(library, text, version, build) -> None:
    by_library = specs._by_conda(text) if library == "conda" else specs._by_rattler(text)
    assert matcher(text)("numpy", version, build) == by_library.matches("numpy", version, build)


@pytest.mark.skipif(not HAS_CONDA, reason="no conda here")
@given(
    st.sampled_from(["pY_a", "py_0", "PY_*", "py_*", "*_A", "*_a", "*"]),
    st.sampled_from(["pY_a", "py_0", "PY_A", "Py_a"]),
)
def test_case_counts_in_a_build_string_as_for_conda(asked, build) -> None:
    text = f"numpy=1.2={asked}"
    by_conda = specs._by_conda(text)
    assert matcher(text)("numpy", "1.2", build) == by_conda.matches("numpy", "1.2", build)


@pytest.mark.parametrize(
    ("text", "channel", "spec"),
    [
        ("conda-forge::numpy", "conda-forge", "numpy"),
        ("conda-forge/linux-64::numpy=1.2", "conda-forge/linux-64", "numpy=1.2"),
        ("https://u:p@[::1]:80/chan::numpy", "https://u:p@[::1]:80/chan", "numpy"),
        ("file:///a::b/c::numpy", "file:///a::b/c", "numpy"),
        ("./folder::numpy[version='>=1']", "./folder", "numpy[version='>=1']"),
        ("numpy", None, "numpy"),
        ("numpy[channel='a::b']", None, "numpy[channel='a::b']"),
        ("https://[::1]/chan", None, "https://[::1]/chan"),
        ("::numpy", None, "::numpy"),
        ("conda-forge::", None, "conda-forge::"),
    ],
)
def test_a_channel_is_split_off(text, channel, spec) -> None:
    assert split_channel(text) == (channel, spec)


def test_a_spec_with_a_channel_is_no_matcher() -> None:
    with pytest.raises(UsageError, match="leave the channel out"):
        matcher("conda-forge::numpy")


def test_near_names_are_those_that_somebody_may_have_meant() -> None:
    names = ["numpy", "numpy-base", "numba", "pandas", *(f"other{i}" for i in range(10_000))]
    assert near_names("nunpy", names) == ["numpy"]
    assert near_names("zzz", names) == []


def test_a_name_alone_loads_nothing_of_conda_or_rattler(without_libraries) -> None:
    before = set(sys.modules)
    assert matcher("numpy*")("numpy", "1", "0")
    assert not {
        name for name in set(sys.modules) - before if name.startswith(("conda.", "rattler"))
    }


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_a_star_stands_for_any_text(pattern, text) -> None:
    assert specs._glob(pattern)(text) == fnmatchcase(text, pattern)


def test_a_spec_of_many_stars_takes_no_long_time() -> None:
    assert not matcher("*a" * 40 + "*b")("a" * 200, "1", "0")
