"""The command ``bordin``: the engine's own command line, installed with the package."""

from __future__ import annotations

import sys

from bordin import _core


def main() -> int:
    """Run the command line with this process's arguments; returns the exit code."""
    return _core.command_line(sys.argv[1:])
