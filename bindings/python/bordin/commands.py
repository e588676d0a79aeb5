"""The generated page engine/cli/COMMANDS.md: every command of the program ``bordin`` and of ``python -m bordin``."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass

INTRODUCTION = """\
# Every command

Made by `./dev docs` from what the commands say of themselves with `--help`. `bordin` is `build/bordin` after `./dev build`,
and on the path after `pip install`. The examples run as they stand, in this order: later ones use what earlier ones wrote.
"""

OF_PROGRAM = "## The program `bordin`"

OF_PYTHON = """\

## Python

`python -m bordin` knows every command above, too; these belong to it alone.
"""

# One line each, short to run; the tests run them in this order.
EXAMPLES = {
    "run": "bordin run early-alliance -o early-alliance.h5 --replications 200",
    "power": "bordin power nested-trial --vary design.therapists=6,12 --replications 1000",
    "solve": "bordin solve nested-trial --vary design.therapists=2:120 --power 0.8",
    "replay": "bordin replay early-alliance.h5 --replication 17 --csv study-17",
    "describe": "bordin describe early-alliance --set design.therapists=20",
    "evidence": "bordin evidence --scenario early-alliance --clients 20000",
    "fit": 'bordin fit study-17/clients.csv "post ~ pre + alliance_between + alliance_within + (1 | therapist)"',
    "list": "bordin list --schema > scenario.schema.json",
    "info": "bordin info early-alliance.h5",
    "picture": "python -m bordin picture early-alliance.h5 -o early-alliance.png --replication 17",
    "report": "python -m bordin report early-alliance.h5",
    "reference": "python -m bordin reference > REFERENCE.md",
    "library": "python -m bordin library > SCENARIOS.md",
    "columns": "python -m bordin columns > COLUMNS.md",
    "commands": "python -m bordin commands > COMMANDS.md",
}

VALUES = {"N": "whole number"}  # of other values the help's own word will do


@dataclass(frozen=True)
class Help:
    """What a command of the engine says of itself: names and meanings, and the paragraphs around them."""

    what: str
    entries: list[tuple[str, str]]
    note: str


@dataclass(frozen=True)
class Option:
    """One argument or option of a command, in words: a row of a table."""

    names: str
    value: str
    default: str
    meaning: str


def commands_page(of_python: dict[str, argparse.ArgumentParser]) -> str:
    """Write the page as Markdown: what every command does, an example, its options.

    Parameters
    ----------
    of_python : dict of str to argparse.ArgumentParser
        The commands that only ``python -m bordin`` has.

    Examples
    --------
    >>> import argparse
    >>> page = commands_page({"list": argparse.ArgumentParser(description="Say what there is.")})
    >>> "### `bordin solve`" in page and "### `python -m bordin list`" in page
    True
    """
    program = _parsed(_help())
    verbs = [name for name, _ in program.entries if not name.startswith("-")]
    engine = "".join(_of_engine(verb, _parsed(_help(verb)), program.note) for verb in verbs)
    python = "".join(_of_python(verb, parser) for verb, parser in of_python.items())
    return f"{INTRODUCTION}\n{OF_PROGRAM}\n\n{program.note}\n{engine}{OF_PYTHON}{python}"


def _help(*command: str) -> str:
    # A process of its own, because the engine prints past sys.stdout.
    arguments = [sys.executable, "-c", "from bordin._command import main; main()", *command, "--help"]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def _parsed(text: str) -> Help:
    what, _, rest = text.partition("Usage:")
    entries: list[tuple[str, str]] = []
    note: list[str] = []
    for line in rest.splitlines()[1:]:
        if re.match(r" {2}\S", line):
            name, _, meaning = line.strip().partition("  ")
            entries.append((name, meaning.strip()))
        elif re.match(r" {10}", line):  # the meaning stands, or goes on, below the name
            name, meaning = entries.pop()
            entries.append((name, f"{meaning} {line.strip()}".strip()))
        elif not re.fullmatch(r"[A-Za-z]*:?", line):  # neither a heading nor empty
            note.append(line.strip())
    return Help(_sentence(what), entries, " ".join(note))


def _of_engine(verb: str, about: Help, common: str) -> str:
    options = [_engine_option(name, meaning) for name, meaning in about.entries if "--help" not in name]
    return _section(f"bordin {verb}", about.what, verb, options) + (f"\n{about.note}\n" if about.note != common else "")


def _engine_option(name: str, meaning: str) -> Option:
    names, _, kind = name.partition(" ")
    needed = kind.endswith("(required)")
    value = kind.removesuffix("(required)").strip()
    default = re.search(r" \(default ([^;]+?)(; .*)?\)$", meaning)
    if default:
        limits = default[2].removeprefix("; ") if default[2] else ""
        meaning = meaning[: default.start()] + (f" ({limits})" if limits else "")
    usual = default[1] if default else ""
    return Option(names, VALUES.get(value, value.lower()), "required" if needed else usual, meaning)


def _of_python(verb: str, parser: argparse.ArgumentParser) -> str:
    options = [_python_option(action) for action in parser._actions if action.dest != "help"]
    return _section(f"python -m bordin {verb}", parser.description or "", verb, options)


def _python_option(action: argparse.Action) -> Option:
    names = ",".join(action.option_strings) or action.dest
    default = "" if action.default is None else str(action.default)
    value = "whole number" if action.type is int else "text"
    return Option(names, value, "required" if action.required else default, action.help or "")


def _section(command: str, what: str, verb: str, options: list[Option]) -> str:
    rows = "".join(_row(f"`{one.names}`", one.value, one.default, one.meaning) for one in options)
    table = f"\n| Option | Value | Default | Meaning |\n| --- | --- | --- | --- |\n{rows}" if options else ""
    return f"\n### `{command}`\n\n{what}\n\n```sh\n{EXAMPLES[verb]}\n```\n{table}"


def _row(*cells: str) -> str:
    safe = (re.sub(r"([|*<])", r"\\\1", cell) for cell in cells)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in safe) + "\n"


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return f"{words[0].upper()}{words[1:]}."
