"""What README.md shows is what comes out: every command with its output, every line of Python, the scenario."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bordin as bd

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("BORDIN_PROGRAM", ROOT / "build/bordin"))
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
SHOWN = [
    (command, output)
    for language, block in BLOCKS
    if not language
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder in which the paths of README.md mean what they mean in the repository."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build/bordin").symlink_to(PROGRAM)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / ".venv/bin/python").chmod(0o755)
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "MPLBACKEND": "Agg"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def block(language: str, containing: str) -> str:
    return next(text for kind, text in BLOCKS if kind == language and containing in text)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_commands_print_what_is_shown(command: str, output: str, here: Path):
    printed = in_one_line(run(["bash", "-c", command], here))
    for part in output.split("\n...\n"):  # what is left out
        assert in_one_line(part) in printed


def test_commands_are_shown():
    assert len(SHOWN) >= 5


def test_the_python_runs(here: Path):
    run([sys.executable, "-c", "\n".join(text for language, text in BLOCKS if language == "python")], here)
    assert {"out.h5", "out.html"} <= {path.name for path in here.iterdir()}


def test_the_scenario_and_its_commands_run(here: Path):
    (here / "mine.toml").write_text(block("toml", "My trial"), encoding="utf-8")
    assert bd.scenario(here / "mine.toml").title.startswith("My trial")
    lines = [
        line for line in block("sh", "mine.toml").splitlines() if "evidence" not in line
    ]  # tested elsewhere, takes long
    run(["bash", "-ec", "\n".join(lines)], here)
    assert {"mine.h5", "mine.png", "mine.html", "folder"} <= {path.name for path in here.iterdir()}
