"""The page of every command says what the commands say of themselves, and its examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from bordin import __main__ as entry
from bordin.commands import EXAMPLES, commands_page

PAGE = Path(__file__).resolve().parents[2] / "engine/cli/COMMANDS.md"


@pytest.fixture(scope="module")
def page() -> str:
    return commands_page(entry.commands())


def rows(page: str) -> list[list[str]]:
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in page.splitlines() if line.startswith("| `")]


def options(names: Iterable[str]) -> set[str]:
    return {option for line in names for option in re.findall(r"(?:^|[ ,])(--?[a-z-]+)", line)}


def test_the_page_is_what_the_commands_say_of_themselves_now(page):
    assert PAGE.read_text(encoding="utf-8") == page, "./dev docs puts this right"


def test_every_command_of_the_program_and_of_python_has_its_section_and_example(page):
    said = subprocess.run([sys.executable, "-m", "bordin", "--help"], capture_output=True, text=True, check=True).stdout
    verbs = set(re.findall(r"^ {2}([a-z]+)  ", said, re.MULTILINE))
    assert {"run", "fit", "report", "commands"} <= verbs
    assert set(re.findall(r"^### `(?:python -m )?bordin ([a-z]+)`$", page, re.MULTILINE)) == verbs == set(EXAMPLES)


def test_every_option_of_a_commands_help_is_on_the_page(page):
    for verb in EXAMPLES:
        said = subprocess.run([sys.executable, "-m", "bordin", verb, "--help"], capture_output=True, text=True, check=True)
        names = [line.strip().partition("  ")[0] for line in said.stdout.splitlines() if line.startswith("  -")]
        section = re.search(rf"^### `(?:python -m )?bordin {verb}`$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)[1]
        assert options(names) - {"-h", "--help"} == options(row[0].strip(" `") for row in rows(section)), verb


def test_every_row_has_a_name_and_a_meaning(page):
    for row in rows(page):
        assert len(row) == 4, row
        assert row[0].strip(), row
        assert len(row[3].split()) >= 2, row


def test_the_examples_run_as_they_stand(tmp_path):
    examples = re.findall(r"^```sh\n(.*?)\n```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert examples == list(EXAMPLES.values())
    words = 'set -e; bordin() { "$0" -m bordin "$@"; }; python() { "$0" "$@"; }'
    done = subprocess.run(
        ["bash", "-c", "\n".join([words, *examples]), sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = {path.name for path in tmp_path.iterdir()}
    assert {"early-alliance.h5", "study-17", "scenario.schema.json", "early-alliance.png", "early-alliance.html"} <= written
    assert (tmp_path / "COMMANDS.md").read_bytes() == PAGE.read_bytes()
