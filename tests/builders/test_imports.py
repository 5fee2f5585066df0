from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def python(tmp_path: Path):
    """Runs code in a process of its own, in whose path lies a module ``late``."""
    (tmp_path / "late.py").write_text("value = 1\nprint('late is run')\n")
    (tmp_path / "broken.py").write_text("raise ZeroDivisionError\n")

    head = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from conda_provenance.builders.imports import when_imported\n"
        "def report(module): print('report', module.__name__, getattr(module, 'value', None))\n"
    )

    def run(code: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", head + code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return (done.stdout + done.stderr).splitlines()

    return run


def test_a_module_that_is_imported_later(python):
    assert python("when_imported('late', report)\nimport late, late") == [
        "late is run",
        "report late 1",
    ]


def test_a_module_that_is_there_already(python):
    assert python("import late\nwhen_imported('late', report)\nimport late") == [
        "late is run",
        "report late 1",
    ]


def test_a_module_that_is_just_being_imported(python):
    code = "import importlib.util\n"
    code += (
        "spec = importlib.util.find_spec('late'); module = importlib.util.module_from_spec(spec)\n"
    )
    code += "spec._initializing = True; sys.modules['late'] = module\n"
    code += "when_imported('late', report); print('not yet')\n"
    code += "spec.loader.exec_module(module); spec._initializing = False\n"
    code += "import wave\n"
    assert python(code) == ["not yet", "late is run", "report late 1"]


def test_it_is_not_imported_to_find_out(python):
    assert python("when_imported('late', report)\nprint('late' in sys.modules)") == ["False"]


def test_a_module_that_fails_is_not_reported_and_fails_as_ever(python):
    code = (
        "when_imported('broken', report)\n"
        "try:\n    import broken\n"
        "except ZeroDivisionError:\n    print('as ever')"
    )
    assert python(code) == ["as ever"]


def test_an_action_that_fails_does_not_fail_the_import(python):
    code = "def fail(module): raise KeyError('x')\n"
    code += "when_imported('late', fail)\nimport late\nprint(late.value)"
    lines = python(code)
    assert lines[:2] == ["late is run", "1"]
    assert lines[2] == "conda-provenance: Packages of late will not be stamped: KeyError ('x')."


def test_who_iterates_over_the_finders_meets_none_twice(python):
    """conda loads its plugins so. It once went over all distributions twice: 20 ms a command."""
    code = "seen = []\nfor finder in sys.meta_path:\n"
    code += "    when_imported('late', report)\n    seen.append(id(finder))\n"
    code += "print(len(seen) == len(set(seen)))\nimport late"
    assert python(code) == ["True", "late is run", "report late 1"]


def test_reading_a_modules_resources_and_source_still_works(python):
    code = "when_imported('late', report)\nimport late, inspect\n"
    code += "print(inspect.getsource(late).splitlines()[0])"
    assert python(code) == ["late is run", "report late 1", "value = 1"]


def test_threads_that_import_at_once_do_not_fail_each_other(python):
    code = "import importlib, os, threading\n"
    code += "sys.setswitchinterval(1e-6)\n"
    code += "names = [f'made{number}' for number in range(1000)]\n"
    code += "for name in names: open(os.path.join(sys.path[0], name + '.py'), 'w').close()\n"
    code += "importlib.invalidate_caches()\n"
    code += (
        "for name in names: when_imported(name, lambda module: called.append(module.__name__))\n"
    )
    code += "called, failed = [], []\n"
    code += "def load(names):\n"
    code += "    for name in names:\n"
    code += "        try: __import__(name)\n"
    code += "        except BaseException as error: failed.append(repr(error))\n"
    code += "threads = [threading.Thread(target=load, args=(names[n::8],)) for n in range(8)]\n"
    code += "[each.start() for each in threads]; [each.join() for each in threads]\n"
    code += "print(failed, sorted(called) == sorted(names))\n"
    assert python(code) == ["[] True"]
