# SPDX-License-Identifier: BSD-2-Clause
"""The package as it is installed: types for checkers, light import, names and their help."""

import ast
import importlib.metadata
import inspect
import pathlib
import pickle
import subprocess
import sys

import ladle
import pytest

FOLDER = pathlib.Path(ladle.__file__).parent
NAMES = ["dump", "load", "open", "dumps", "loads", "Writer", "Records", "Limits"]
ERRORS = [
    "Error",
    "FormatError",
    "CorruptError",
    "TruncatedError",
    "LimitError",
    "UnsupportedError",
]


def run(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_stubs_and_py_typed_are_installed():
    assert (FOLDER / "py.typed").is_file()
    assert list(FOLDER.glob("*.pyi"))


def stub_names():
    """Names that the stub of the package defines or re-exports."""
    stub = FOLDER / "__init__.pyi"
    source = stub if stub.exists() else FOLDER / "__init__.py"
    names = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


def test_the_stubs_know_every_public_name():
    assert set(ladle.__all__) - {"__version__"} <= stub_names()


def test_the_names_of_the_contract_are_there():
    assert set(NAMES + ERRORS) <= set(ladle.__all__)


def test_all_is_right():
    assert len(set(ladle.__all__)) == len(ladle.__all__)
    for name in ladle.__all__:
        assert hasattr(ladle, name), name
    public = {name for name, value in vars(ladle).items() if not inspect.ismodule(value)}
    assert {name for name in public if not name.startswith("_")} <= set(ladle.__all__)


@pytest.mark.parametrize("name", NAMES + ERRORS)
def test_every_public_name_has_help(name):
    value = getattr(ladle, name)
    assert inspect.getdoc(value)
    if inspect.isclass(value) and name not in ERRORS:
        for member, attribute in vars(value).items():
            if not member.startswith("_") and not inspect.ismemberdescriptor(attribute):
                assert inspect.getdoc(attribute), f"{name}.{member}"


@pytest.mark.parametrize("name", ["dump", "load", "open", "dumps", "loads"])
def test_functions_have_a_signature(name):
    assert inspect.signature(getattr(ladle, name)).parameters


def test_everything_public_is_named_as_its_users_do():
    for name in ladle.__all__:
        thing = getattr(ladle, name)
        assert thing.__module__ == "ladle", name
        assert pickle.loads(pickle.dumps(thing)) is thing


def test_the_import_is_light():
    light = (
        "bisect, collections.abc, contextlib, datetime, errno, importlib, io, itertools, operator, "
        "re, reprlib, threading, warnings"
    )
    code = f"import sys, {light}; a = set(sys.modules); import ladle; print(*set(sys.modules) - a)"
    loaded = run(code).split()
    assert [name for name in loaded if name.split(".")[0] != "ladle"] == []
    assert len(loaded) <= 20, loaded


def test_using_it_does_not_import_numpy():
    code = (
        "import io, sys, ladle\n"
        "file = io.BytesIO()\n"
        "ladle.dump([1, {'a': [None]}], file)\n"
        "file.seek(0)\n"
        "assert list(ladle.load(file)) == [1, {'a': [None]}]\n"
        "print('numpy' in sys.modules)"
    )
    assert run(code).strip() == "False"


def test_the_version_is_that_of_the_distribution():
    assert ladle.__version__ == importlib.metadata.version("ladle")


def test_the_process_ends_well_with_everything_left_open():
    code = (
        "import io, ladle, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "writer = ladle.open(io.BytesIO(), 'w')\n"
        "writer.append([1])\n"
        "file = io.BytesIO()\n"
        "ladle.dump([1, 2], file)\n"
        "file.seek(0)\n"
        "records = ladle.load(file)\n"
        "next(records)\n"
        "print('end')"
    )
    assert run(code).strip() == "end"


def test_a_second_interpreter_in_the_process_is_no_crash():
    code = (
        "import sys, ladle\n"
        "try:\n"
        "    import _xxsubinterpreters as interpreters\n"
        "except ImportError:\n"
        "    import _interpreters as interpreters\n"
        "inner = interpreters.create()\n"
        "code = 'import ladle; assert ladle.loads(ladle.dumps([1])) == [1]'\n"
        "try:\n"
        "    failure = interpreters.run_string(inner, code)\n"
        "    assert failure is None, failure\n"
        "except Exception as error:\n"
        "    assert 'subinterpreters' in str(error), error\n"
        "interpreters.destroy(inner)\n"
        "print(ladle.loads(ladle.dumps('end')))"
    )
    assert run(code).strip() == "end"
