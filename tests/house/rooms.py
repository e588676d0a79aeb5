"""The plan of the house as a table, and what breaks it: `python tests/house/rooms.py` prints the breaches."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a room may include beside itself: these rooms, and what those may include.
STANDS_ON = {
    "core": [],
    "scenario": ["core"],
    "therapy": ["scenario"],
    "design": ["therapy"],
    "kernel": ["design"],
    "simulation": ["kernel"],
    "mixed": ["core"],
    "analysis": ["scenario", "mixed"],
    "study": ["simulation", "analysis"],
    "planning": ["study"],
    "results": ["study"],
    "cli": ["results", "planning"],
    "bindings": ["cli"],
}

# Libraries that stay in one room.
LIVES_IN = {
    r"(hdf5|hdf5_hl|H5\w+)\.h": "results",
    r"(oneapi/)?tbb(/|\.h)": "core",
    r"hwy/": "kernel",
    r"toml\+\+/|toml\.hpp|tomlplusplus/": "scenario",
    r"CLI/": "cli",
    r"pybind11/": "bindings",
    r"Python\.h": "bindings",
}

# The engine never prints, exits or aborts: that is for the program (engine/cli) to do.
LOUD = re.compile(
    r"\bstd::(cout|cerr|clog)\b"
    r"|(?<![\w.>])(?:std::)?(v?f?printf|f?puts|putchar|exit|_Exit|quick_exit|abort|terminate)\s*\("
    r"|\bfmt::print(ln)?\s*\("
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)

# Comments, raw strings, strings and characters, searched for in this order; the mark within 1'000 is none of them.
NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def below(room: str) -> set[str]:
    """All that a room stands on, itself included."""
    return {room}.union(*(below(next_room) for next_room in STANDS_ON[room]))


def breaches(root: Path) -> list[str]:
    """One line per breach of the plan in the C++ files under `root`."""
    paths = sorted(path for top in ("engine", "bindings", "tests") for path in (root / top).rglob("*.[ch]pp"))
    return [f"{path.relative_to(root)}:{line}: {what}" for path in paths for line, what in breaches_in(path, root)]


def breaches_in(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    top, place = path.relative_to(root).parts[:2]
    room = "bindings" if top == "bindings" else place
    is_test = top == "tests"  # which keeps to the rules of the room it tests
    if room not in STANDS_ON:
        if not is_test:  # tests/statistics and the like may use every room
            yield 1, f"'{room}' is no room of the house"
        return
    bare = NOT_CODE.sub(lambda found: blank(found) if found[0].startswith(("//", "/*")) else found[0], text)
    for found in INCLUDE.finditer(bare):
        line = bare.count("\n", 0, found.start()) + 1
        yield from ((line, what) for what in breaches_of_include(found[1], found[2], room, is_test))
    if room not in ("cli", "bindings") and not is_test:
        code = NOT_CODE.sub(blank, text)
        for found in LOUD.finditer(code):
            yield code.count("\n", 0, found.start()) + 1, f"{found[0].strip('( ')}, but the engine never prints or exits"


def blank(found: re.Match[str]) -> str:
    """As many lines, nothing on them."""
    return re.sub(r"[^\n]", " ", found[0])


def breaches_of_include(quoted: str | None, angled: str | None, room: str, is_test: bool) -> Iterator[str]:
    name = quoted or angled
    for pattern, home in LIVES_IN.items():
        if re.match(pattern, name) and home != room:
            yield f"{name} stays in {home}"
    first, slash, _ = name.partition("/")
    if not quoted or not slash:
        return
    if first in STANDS_ON and first not in below(room):
        yield f"{room} may not include {name}: it stands on {', '.join(sorted(below(room) - {room})) or 'nothing'}"
    if first not in STANDS_ON and not (is_test and first == "support"):
        yield f"{name} is in no room of the house"


def depends_in_cmake(text: str) -> dict[str, list[str]]:
    """What engine/CMakeLists.txt says: room -> DEPENDS."""
    room = re.compile(r"^bordin_room\(\s*(\w+)(?:\s+DEPENDS\s+([\w\s]+?))?(?:\s+LIBRARIES\s[^)]*)?\s*\)", re.MULTILINE)
    return {name: depends.split() for name, depends in room.findall(text)}


if __name__ == "__main__":
    found = breaches(ROOT)
    sys.exit("\n".join(found) or 0)
