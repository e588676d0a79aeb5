from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bordin as bd
from bordin import __main__ as entry
from bordin.reference import library_page, reference_page

ROOT = Path(__file__).resolve().parents[2]


def bordin(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bordin", *arguments], capture_output=True, text=True, check=False)


def test_the_program_and_the_package_run_the_same(small, tmp_path):
    scenario = tmp_path / "small.toml"
    scenario.write_text(small.text)
    done = bordin("run", scenario, "-o", tmp_path / "out.h5", "--replications", "3", "--quiet")
    assert done.returncode == 0, done.stderr
    ours = bd.run(small, replications=3)
    theirs = bd.open(tmp_path / "out.h5")
    assert theirs.performance.equals(ours.performance)


def test_bad_input_ends_with_2_and_says_why(tmp_path):
    done = bordin("run", "early-alliance", "--set", "design.therapist=3", "-o", tmp_path / "out.h5")
    assert done.returncode == 2
    assert 'did you mean "therapists"?' in done.stderr
    assert not (tmp_path / "out.h5").exists()


def test_the_version_is_that_of_the_package():
    assert bd.__version__ in bordin("--version").stdout


def test_a_picture_of_a_results_file(results, tmp_path):
    assert entry.main(["picture", str(results.path), "-o", str(tmp_path / "look.png")]) == 0
    assert (tmp_path / "look.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_nothing_is_refused(tmp_path, capsys):
    assert entry.main(["picture", str(tmp_path / "none.h5"), "-o", str(tmp_path / "look.png")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_the_reference_has_every_parameter_of_a_scenario():
    page = reference_page()
    section, parameters = "", set()
    for line in page.splitlines():
        section = line.split("`")[1].strip("[]") if line.startswith("## `") else "" if line.startswith("## ") else section
        if line.startswith("| `"):
            parameters.add(f"{section}.{line.split('`')[1]}".lstrip("."))
    # what a complete scenario writes out
    written, place = set(), ""
    for line in bd.scenario("early-alliance").text.splitlines():
        if line.startswith("["):
            place = line.strip("[]")
        elif " = " in line and not line.startswith(" "):
            written.add(f"{place}.{line.split(' = ')[0]}".lstrip("."))
    assert written - parameters - {"arms"} == set()
    assert "| `early_alliance` |" in page


def test_the_library_page_has_every_scenario_with_question_and_sources():
    page = library_page()
    for name in bd.library():
        one = bd.scenario(name)
        assert f"## {one.title}\n\n[`{name}`]({name}.toml). {one.question}\n\n" in page
        assert one.question.endswith("?") or one.question.endswith("."), name
        assert one.sources, name


def test_the_reference_is_a_table_everywhere():
    rows = [line for line in reference_page().splitlines() if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {7}


@pytest.mark.parametrize("arguments", [["picture"], ["picture", "a.h5"]])
def test_what_is_missing_is_asked_for(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        entry.main(arguments)
    assert caught.value.code == 2
    assert "required" in capsys.readouterr().err
