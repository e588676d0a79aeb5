"""``python -m bordin``: what belongs to Python; any other arguments go to the engine's command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import bordin
from bordin import _command
from bordin.commands import commands_page
from bordin.reference import columns_page, library_page, reference_page


def main(arguments: list[str]) -> int:
    """Run one of the commands of Python, or the engine's command line."""
    known = commands()
    if arguments and arguments[0] in known:
        return _tried(known[arguments[0]].parse_args(arguments[1:]))
    if arguments in (["-h"], ["--help"]):
        words = "".join(f"  {name:<12}{parser.description}\n" for name, parser in known.items())
        sys.stdout.write(f"Commands of python -m bordin, which also knows those of the program below:\n{words}\n")
        sys.stdout.flush()  # before the engine writes
    return _command.main()


def commands() -> dict[str, argparse.ArgumentParser]:
    """Make the parsers of the commands of Python, by name; each leaves what is to be done in ``act``."""
    return {
        "picture": _picture(),
        "report": _report(),
        "reference": _page("reference", "Print the page of every parameter, scenarios/REFERENCE.md.", reference_page),
        "library": _page("library", "Print the page of the library of scenarios, scenarios/README.md.", library_page),
        "columns": _page("columns", "Print the page of every column and measure, scenarios/COLUMNS.md.", columns_page),
        "commands": _page(
            "commands", "Print the page of every command, engine/cli/COMMANDS.md.", lambda: commands_page(commands())
        ),
    }


def _picture() -> argparse.ArgumentParser:
    parser = _parser("picture", "Draw one simulated study of a results file.")
    parser.add_argument("file", help="a results file (.h5)")
    parser.add_argument("-o", "--output", required=True, help="picture to write: .png, .pdf or .svg")
    parser.add_argument("--replication", type=int, default=0, help="which of its studies, from 0")

    def draw(chosen: argparse.Namespace) -> None:
        bordin.plot_first_look(bordin.open(chosen.file).data(chosen.replication), chosen.output)

    parser.set_defaults(act=draw)
    return parser


def _report() -> argparse.ArgumentParser:
    parser = _parser("report", "Write a report of a results file: one HTML file that needs nothing else.")
    parser.add_argument("file", help="a results file (.h5)")
    parser.add_argument("-o", "--output", help="report to write; otherwise FILE with .html for .h5")

    def write(chosen: argparse.Namespace) -> None:
        output = chosen.output or Path(chosen.file).with_suffix(".html")
        sys.stdout.write(f"written: {bordin.open(chosen.file).report(output)}\n")

    parser.set_defaults(act=write)
    return parser


def _page(name: str, what: str, page: Callable[[], str]) -> argparse.ArgumentParser:
    parser = _parser(name, what)
    parser.set_defaults(act=lambda _: sys.stdout.write(page()))
    return parser


def _parser(name: str, what: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"python -m bordin {name}", description=what)


def _tried(chosen: argparse.Namespace) -> int:
    try:
        chosen.act(chosen)
    except (bordin.Error, IndexError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
