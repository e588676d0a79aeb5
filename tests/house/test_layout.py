"""What stands where, and what is said twice agrees."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TOP_LEVEL = {
    *("CMakeLists.txt", "engine", "scenarios", "bindings", "notebooks", "tests", "README.md"),
    # what tools or people look for at the root
    *("CMakePresets.json", "pyproject.toml", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "dev"),
    *(".ci", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes", ".github"),
}

EXECUTABLE = {"dev", ".ci/run"}

# Sources of the engine without a test at their path, and why.
TESTED_ELSEWHERE: dict[str, str] = {
    "cli/main": "one call of run_command_line, tested by command_line",
    "results/hdf5_calls": "what the sources beside it share, tested with each of them",
    "mixed/target": "the functions of nested_recursion.hpp and sums_lanes.hpp, tested by nested_profile and nested_kernel",
    "scenario/toml": "declared in tree.hpp and tested with it",
}


def tracked_files() -> list[str]:
    if shutil.which("git") is None:
        pytest.skip("git, which knows the project's files from others, is not installed")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def version() -> str:
    return re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]


def test_only_the_rooms_and_what_tools_look_for_stand_at_the_top():
    assert {name.split("/")[0] for name in tracked_files()} - TOP_LEVEL == set()


def test_what_is_started_is_executable_and_nothing_else():
    assert {name for name in tracked_files() if os.access(ROOT / name, os.X_OK)} == EXECUTABLE


def test_no_file_is_large():
    assert [name for name in tracked_files() if (ROOT / name).stat().st_size > 2_000_000] == []


def test_citation_and_changelog_are_about_this_version():
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1] == version()
    assert re.search(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == version()


def test_program_and_package_are_of_this_version():
    import bordin

    said = subprocess.run([ROOT / "build/bordin", "--version"], capture_output=True, text=True, check=True).stdout
    assert version() in said.split()
    assert bordin.__version__ == version()


def test_every_source_of_the_engine_has_a_test_at_the_same_path():
    sources = {path.relative_to(ROOT / "engine").with_suffix("").as_posix() for path in (ROOT / "engine").glob("*/*.cpp")}
    tests = {
        path.relative_to(ROOT / "tests").as_posix().removesuffix(".test.cpp")
        for path in (ROOT / "tests").glob("*/*.test.cpp")
    }
    assert sorted(sources - tests - set(TESTED_ELSEWHERE)) == []


def test_the_list_of_exceptions_is_current():
    gone = [name for name in TESTED_ELSEWHERE if not (ROOT / "engine" / f"{name}.cpp").exists()]
    tested = [name for name in TESTED_ELSEWHERE if (ROOT / "tests" / f"{name}.test.cpp").exists()]
    assert (gone, tested) == ([], [])
