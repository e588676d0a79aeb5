"""``python -m bordin``: what belongs to Python; any other arguments go to the engine's command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import bordin
from bordin import _command
from bordin.reference import columns_page, library_page, reference_page


def main(arguments: list[str]) -> int:
    """Run one of the commands of Python, or the engine's command line."""
    of_files = {"picture": _picture, "report": _report}
    if arguments and arguments[0] in of_files:
        return of_files[arguments[0]](arguments[1:])
    pages = {"reference": reference_page, "library": library_page, "columns": columns_page}
    if len(arguments) == 1 and arguments[0] in pages:
        sys.stdout.write(pages[arguments[0]]())
        return 0
    return _command.main()


def _picture(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bordin picture", description="Draw one simulated study of a results file."
    )
    parser.add_argument("file", help="a results file (.h5)")
    parser.add_argument("-o", "--output", required=True, help="picture to write: .png, .pdf or .svg")
    parser.add_argument("--replication", type=int, default=0, help="which of its studies (default: the first, 0)")
    chosen = parser.parse_args(arguments)
    return _tried(lambda: bordin.plot_first_look(bordin.open(chosen.file).data(chosen.replication), chosen.output))


def _report(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bordin report",
        description="Write a report of a results file: one HTML file that needs nothing else.",
    )
    parser.add_argument("file", help="a results file (.h5)")
    parser.add_argument("-o", "--output", help="report to write (default: FILE with .html for .h5)")
    chosen = parser.parse_args(arguments)
    output = chosen.output or Path(chosen.file).with_suffix(".html")

    def write() -> None:
        sys.stdout.write(f"written: {bordin.open(chosen.file).report(output)}\n")

    return _tried(write)


def _tried(act: Callable[[], object]) -> int:
    try:
        act()
    except (bordin.Error, IndexError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
