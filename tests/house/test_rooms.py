"""The rooms depend on each other in one direction only (CONTRIBUTING.md has the plan)."""

from __future__ import annotations

from pathlib import Path

import pytest
import rooms


def test_every_file_keeps_to_what_its_room_stands_on():
    assert rooms.breaches(rooms.ROOT) == []


def test_cmake_says_the_same_as_the_plan():
    said = rooms.depends_in_cmake((rooms.ROOT / "engine/CMakeLists.txt").read_text())
    assert said == {room: below for room, below in rooms.STANDS_ON.items() if room != "bindings"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/core/a.hpp", '#include "scenario/read.hpp"'),
        ("engine/therapy/a.cpp", '#include "analysis/analysis.hpp"'),
        ("engine/analysis/a.cpp", '#include "therapy/person.hpp"'),
        ("engine/study/a.cpp", '  #  include "results/file.hpp"'),
        ("tests/core/a.test.cpp", '#include "study/run.hpp"'),
        ("engine/study/a.cpp", '#include "studio/run.hpp"'),
        ("engine/study/a.cpp", "#include <hdf5.h>"),
        ("engine/core/a.cpp", "#include <toml++/toml.h>"),
        ("engine/study/a.cpp", "#include <oneapi/tbb/parallel_for.h>"),
        ("engine/results/a.cpp", "#include <pybind11/pybind11.h>"),
        ("engine/cli/a.cpp", "#include <Python.h>"),
        ("engine/attic/a.cpp", ""),
        ("engine/core/a.cpp", "void f() { std::cout << 1; }"),
        ("engine/core/a.cpp", 'void f() { printf("x"); }'),
        ("engine/core/a.cpp", "void f() { std::exit(1); }"),
        ("engine/core/a.cpp", "void f() { ::abort(); }"),
        ("engine/core/a.cpp", 'void f() { fmt::print("x"); }'),
    ],
)
def test_a_planted_breach_is_found(tmp_path, path, text):
    plant(tmp_path, path, "#pragma once\n" + text)
    found = rooms.breaches(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"{path}:")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/study/a.cpp", '#include "core/table.hpp"\n#include "analysis/analysis.hpp"\n#include "study/run.hpp"'),
        ("engine/results/a.cpp", "#include <hdf5.h>"),
        ("engine/cli/a.cpp", "void f() { std::cout << 1; std::exit(2); }"),
        ("engine/core/a.cpp", '// #include "study/run.hpp", then std::abort()\nauto text = "std::cout";'),
        ("engine/core/a.cpp", "auto text = R\"(\n#printf(1)\n)\"; int n = 1'000; char c = '\"';"),
        ("engine/core/a.cpp", "void f() { snprintf(a, b); loop.abort(); context->exit(); }"),
        ("tests/core/a.test.cpp", '#include "support/scripted_rng.hpp"\nvoid f() { std::cout << 1; }'),
        ("tests/statistics/a.test.cpp", '#include "study/run.hpp"'),
        (
            "bindings/python/src/bind_fit.cpp",
            '#include <pybind11/pybind11.h>\n#include "bind.hpp"\n#include "study/run.hpp"',
        ),
    ],
)
def test_what_is_allowed_is_not_reported(tmp_path, path, text):
    plant(tmp_path, path, text)
    assert rooms.breaches(tmp_path) == []


def plant(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True)
    (root / path).write_text(text)
