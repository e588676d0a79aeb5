"""The package as a whole: its names, its stub, its examples."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import bordin as bd
from bordin import _core

PACKAGE = Path(bd.__file__).parent
MODULES = ["bordin", *(f"bordin.{file.stem}" for file in sorted(PACKAGE.glob("*.py")) if not file.stem.startswith("_"))]


def names_in_stub() -> dict[str, set[str]]:
    names: dict[str, set[str]] = {"": set()}
    for node in ast.parse((PACKAGE / "_core.pyi").read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names[""].add(node.name)
        elif isinstance(node, ast.AnnAssign):
            names[""].add(ast.unparse(node.target))
        elif isinstance(node, ast.ClassDef):
            names[""].add(node.name)
            functions = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
            names[node.name] = functions - {"__init__"}
    return names


def test_the_stub_has_the_names_of_the_module_and_no_others():
    stub = names_in_stub()
    assert {name for name in dir(_core) if not name.startswith("_")} == stub[""]
    for name in stub[""]:
        thing = getattr(_core, name)
        if inspect.isclass(thing) and not issubclass(thing, BaseException):
            assert {part for part in vars(thing) if not part.startswith("_")} == stub[name], name


def test_the_stub_has_the_parameters_of_the_functions():
    for node in ast.parse((PACKAGE / "_core.pyi").read_text()).body:
        if isinstance(node, ast.FunctionDef):
            signature = (getattr(_core, node.name).__doc__ or "").split("\n")[0]
            assert [word for word in (arg.arg for arg in node.args.args) if f"{word}:" not in signature] == []


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_every_public_name_is_there_and_explained():
    for name in bd.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(bd, name)), name
    assert (PACKAGE / "py.typed").exists()


def test_exceptions_have_the_engines_names_and_one_base():
    for name in ("ScenarioError", "FormulaError", "NumericalError", "ResultFileError", "ResourceError"):
        error = getattr(bd, name)
        assert issubclass(error, bd.Error)
        assert f"{error.__module__}.{error.__qualname__}" == f"bordin.{name}"


def test_matplotlib_is_not_imported_before_it_is_needed():
    import subprocess
    import sys

    program = "import sys, bordin; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
