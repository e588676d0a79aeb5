"""Whatever is wrong with a scenario: exit code 2, one printable line saying where and what to do, and nothing written."""

from __future__ import annotations

import os
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ROOT / "tests/scenario/broken"
PROGRAM = Path(os.environ.get("BORDIN_PROGRAM", ROOT / "build/bordin"))
EXPECT = "# expect: "


def expectation(path: Path) -> str | None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix(EXPECT) if first.startswith(EXPECT) else None


CORPUS = {path.stem: expected for path in sorted(BROKEN.glob("*.toml")) if (expected := expectation(path))}


def bordin(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    assert PROGRAM.exists(), f"{PROGRAM} is not there: build it (./dev build) or name it in BORDIN_PROGRAM"
    return subprocess.run([PROGRAM, *arguments], capture_output=True, cwd=cwd, timeout=60, check=False)


def message_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line of a refusal, without the program's name."""
    text = done.stderr.decode("utf-8")
    assert done.returncode == 2, f"exit code {done.returncode}: {text}"
    assert text.startswith("bordin: ")
    assert text.endswith("\n")
    assert text[:-1].isprintable(), repr(text)
    assert len(text) < 1700
    return text[len("bordin: ") : -1]


def refusal(scenario: str | Path, folder: Path, *options: str) -> str:
    """What `run` and `describe` say, which must be the same; neither prints or writes anything else."""
    described = bordin("describe", scenario, *options, cwd=folder)
    before = sorted(folder.iterdir())
    ran = bordin("run", scenario, "-o", folder / "out.h5", *options, cwd=folder)
    assert (described.stdout, ran.stdout) == (b"", b"")
    assert sorted(folder.iterdir()) == before
    message = message_of(described)
    assert message_of(ran) == message
    return message


def runs(scenario: str | Path, folder: Path, *options: str) -> None:
    out = folder / f"{random.getrandbits(64)}.h5"
    done = bordin("run", scenario, "-o", out, "--replications", "1", "--data", "none", "--quiet", *options)
    assert done.returncode == 0, done.stderr.decode()
    assert out.exists()
    out.unlink()


def test_the_corpus_is_large_enough():
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", [name for name in CORPUS if not name.startswith("too_much")])
def test_the_corpus_is_refused(name: str, tmp_path: Path):
    path = BROKEN / f"{name}.toml"
    message = refusal(path, tmp_path)
    assert re.search(CORPUS[name], message.replace(str(path), "").replace(f"{BROKEN}/", "")), message


@pytest.mark.parametrize(
    ("scenario", "options", "expected"),
    [
        (BROKEN / "too_much_memory.toml", [], CORPUS["too_much_memory"]),
        (
            "routine-care",
            ["--data", "full", "--replications", "4000000000"],
            "about .* on disk and .* are free .*--data none",
        ),
        (
            "routine-care",
            ["--set", "design.sessions=4095", "--set", "design.caseload=1000000"],
            "about .* of memory .* are free",
        ),
    ],
)
def test_what_the_machine_cannot_hold_is_refused_with_the_figures(scenario, options, expected, tmp_path: Path):
    done = bordin("run", scenario, "-o", tmp_path / "out.h5", *options)
    assert re.search(expected, message_of(done))
    assert list(tmp_path.iterdir()) == []


GENERATED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "has neither a title nor a based_on"),
    "blank": (b" \n\t\n\r\n  ", "has neither a title nor a based_on"),
    "only a comment": (b"# nothing here", "has neither a title nor a based_on"),
    "random bytes": (random.Random(1).randbytes(5000), "cannot be read: "),
    "zeros": (b"\0" * 1000, "cannot be read: "),
    "a zero inside": (b'title = "a\0b"', "cannot be read: "),
    "an escaped zero": (b'title = "a\\u0000b"', "must have no control characters"),
    "UTF-16": ("\ufefftitle = 'x'".encode("utf-16-le"), "cannot be read: "),
    "UTF-32": ("\ufefftitle = 'x'".encode("utf-32-be"), "cannot be read: "),
    "invalid UTF-8": (b'title = "\xff\xfe\xc0\xaf"', "cannot be read: "),
    "half a character": ("title = '\u00e4'".encode()[:-2], "cannot be read: "),
    "half a surrogate": (b'title = "\\uD800"', "cannot be read: "),
    "ten thousand brackets": (b"x = " + b"[" * 10_000, "cannot be read|within each other"),
    "ten thousand closed brackets": (b"x = " + b"[" * 10_000 + b"]" * 10_000, "cannot be read|within each other"),
    "ten thousand tables": (b"x = " + b"{a=" * 10_000 + b"1" + b"}" * 10_000, "cannot be read|within each other"),
    "ten thousand dots": (b"a." * 10_000 + b"a = 1", "a key of more than 8 parts"),
    "ten thousand dots in a heading": (b"[" + b"a." * 10_000 + b"a]", "a key of more than 8 parts"),
    "half a million dots": (b"a." * 500_000 + b"a = 1", "a key of more than 8 parts"),
    "many dots in a null": (
        b'based_on = "routine-care"\n[[analyses]]\nname = "multilevel"\nnull = {"' + b"a." * 500_000 + b'a" = 1}',
        "has more than 16 dots",
    ),
    "a long key": (b'title = "x"\n' + b"k" * 100_000 + b" = 1", "is not known here"),
    "a long value": (b'title = "x"\n[design]\nsessions = "' + b"v" * 100_000 + b'"', "must be a whole number"),
    "a long number": (b'title = "x"\n[design]\nsessions = ' + b"9" * 100_000, "cannot be read: "),
    "a long base": (b'based_on = "' + b"b" * 100_000 + b'"', "there is no scenario"),
    "a long path": (b'based_on = "' + b"b/" * 50_000 + b'"', "there is no file"),
    "a long formula": (b'title = "x"\n[[analyses]]\nname = "a"\nformula = "' + b"y" * 100_000 + b'"', "bytes are too long"),
    "too many entries": (
        b'title = "x"\n' + b"".join(b"[[arms]]\nname = '%d'\n" % i for i in range(30_000)),
        "at most 500 are possible",
    ),
    "too many keys": (b'title = "x"\n' + b"".join(b"k%d=1\n" % i for i in range(90_000)), "at most 1000 are possible"),
    "too many occasions": (
        b'title = "x"\n[[instruments]]\nname = "CORE-OM"\nwhen = [' + b'"every session",' * 60_000 + b"]",
        "more than the study has",
    ),
    "more than 1 MiB": (b'title = "x"\n' + b"#" * (1 << 20), "larger than 1 MiB"),
    "control characters in a key": (b'title = "x"\n"\\u001b[2J\\n\\r" = 1', "is not known here"),
    "control characters in a base": (b'based_on = "\\u001b[2J\\n\\r\\u0000"', "there is no scenario"),
    "a base that looks elsewhere": ("based_on = '\u202etoml.x'".encode(), "there is no scenario|there is no file"),
}


@pytest.mark.parametrize("name", GENERATED)
def test_what_no_editor_would_write_is_refused(name: str, tmp_path: Path):
    content, expected = GENERATED[name]
    path = tmp_path / "scenario.toml"
    path.write_bytes(content)
    assert re.search(expected, refusal(path, tmp_path))


@pytest.mark.parametrize(
    "source", [".", "/dev/null", "/dev/zero", "no-such-file.toml", "early-aliance", "", "\n", "x" * 5000]
)
def test_what_is_no_file_is_refused(source: str, tmp_path: Path):
    assert re.search("is not a file|there is no file|there is no scenario", refusal(source, tmp_path))


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("design.therapists", "has no value; write key=value"),
        ("", "has no value; write key=value"),
        ("=40", "does not begin with a key; write key=value"),
        (" = 40", "does not begin with a key"),
        ("#design.therapists=40", "does not begin with a key"),
        ("[design]#=40", "does not begin with a key"),
        ("design..therapists=40", "does not begin with a key"),
        ("a.b.c.d.e.f.g.h.i.j=40", "a key of more than 8 parts"),
        ("design.therapists=40\ndesign.sessions=3", "has several lines, but sets one value"),
        ("design.therapists=40\rdesign.sessions=3", "has several lines, but sets one value"),
        ("design.therapist=40", 'did you mean "therapists"'),
        ("desing.therapists=40", 'did you mean "design"'),
        ("design=40", r"must be a table: \[design\]"),
        ("design.therapists=forty", 'is "forty", but must be a whole number from 1 to'),
        ("design.therapists=", 'is "", but must be a whole number from 1 to'),
        ('design.therapists="40', r'is "\\"40", but must be a whole number from 1 to'),
        ("design.therapists=40 50", 'is "40 50", but must be a whole number'),
        ("design.therapists=40 = 50", 'is "40 = 50", but must be a whole number'),
        ("design.therapists=4e1", "is 40.0, but must be a whole number"),
        ("design.therapists=-0", "is 0, but must be a whole number from 1 to"),
        ("design.caseload={poisson={mean=-1}}", "mean must be a number from 0.001 to"),
        ("design.caseload={poisson={mean=1", "must be a number, a list of numbers"),
        ("design.caseload=" + "[" * 5000, "."),
        ("instruments.CORE.reliability=0.9", "has no entry"),
        ("instruments.CORE-OM.reliability=9", "must be a number from 0 to 1"),
        ("analyses.multilevel.formula=post ~ (", r"found the end"),
        ("based_on=early-alliance", "based_on: is not known here"),
        ("title=\x1b[31mred", "must have no control characters|cannot be read"),
        (b"title=\xff\xfe", "cannot be read: "),
        ("study.seed=9223372036854775808", "."),
    ],
)
def test_assignments_that_are_none_are_refused(assignment, expected: str, tmp_path: Path):
    message = refusal("routine-care", tmp_path, "--set", assignment)
    assert re.search(expected, message), message
    assert message.startswith("--set: ")


@pytest.mark.parametrize(
    "content",
    [
        b'title = "x"\r\nbased_on = "routine-care"\r\n\r\n[design]\r\nsessions = 8\r\n',
        b'\xef\xbb\xbftitle = "x"\nbased_on = "routine-care"\n',
        'title = "Fr\u00fche Allianz \u6cbb\u7642 \U0001f600"\nbased_on = "routine-care"\n'.encode(),
        'title = "x"\nbased_on = "routine-care"\n[[arms]]\nname = "\u00e4lter"\n[[arms]]\nname = "\u6cbb\u7642"\n'.encode(),
        b'title = "' + b"t" * 100_000 + b'"\nbased_on = "routine-care"\n',
        b'title = "x"\nbased_on = "routine-care"\ninstruments = []\nanalyses = []\n[study]\nprimary = ""\n',
    ],
)
def test_what_is_unusual_but_valid_runs(content: bytes, tmp_path: Path):
    path = tmp_path / "scenario.toml"
    path.write_bytes(content)
    runs(path, tmp_path)


def test_a_scenario_cut_anywhere_is_refused_or_runs(tmp_path: Path):
    whole = (ROOT / "scenarios/early-alliance.toml").read_bytes()

    def try_cut(length: int) -> int:
        path = tmp_path / f"{length}.toml"
        path.write_bytes(whole[:length])
        out = tmp_path / f"{length}.h5"
        done = bordin("run", path, "-o", out, "--replications", "1", "--data", "none", "--quiet")
        if done.returncode != 0:
            message_of(done)
            assert not out.exists()
        return done.returncode

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(try_cut, range(len(whole))))
    assert set(codes) == {0, 2}
    assert {path.suffix for path in tmp_path.iterdir()} == {".toml", ".h5"}


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "scenarios").glob("*.toml")))
def test_what_a_results_file_says_of_its_scenario_is_a_scenario_again(name: str, tmp_path: Path):
    h5py = pytest.importorskip("h5py")

    def stored(scenario: str | Path, out: Path) -> bytes:
        done = bordin("run", scenario, "-o", out, "--replications", "1", "--data", "none", "--quiet")
        assert done.returncode == 0, done.stderr.decode()
        with h5py.File(out) as file:
            return file["scenario"][()]

    first = stored(name, tmp_path / "first.h5")
    again = tmp_path / "again.toml"
    again.write_bytes(first)
    assert stored(again, tmp_path / "second.h5") == first
