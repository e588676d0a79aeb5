"""Every lesson runs from top to bottom, and what it promises to show is there."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))

# Pictures a lesson has.
PICTURES = {
    "01-first-look": 3,
    "02-ignoring-therapists": 5,
    "03-planning-a-trial": 5,
    "04-what-is-a-therapist-effect": 5,
    "05-ranking-therapists": 4,
    "06-early-alliance-and-who-leaves": 4,
    "07-dropout-that-is-not-at-random": 3,
    "08-the-therapists-or-the-clients-contribution": 4,
    "09-rupture-and-repair": 4,
    "10-your-own-analysis": 2,
    "11-what-we-call-the-alliance": 5,
    "12-remove-the-bottom-five-percent": 3,
}


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request) -> tuple[str, nbformat.NotebookNode]:
    notebook = nbformat.read(request.param, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": NOTEBOOKS}})
    return request.param.stem, client.execute()


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_it_runs_without_a_warning(lesson):
    _, notebook = lesson
    loud = [o.text for o in outputs(notebook) if o.output_type == "stream" and o.name == "stderr" and "Warning" in o.text]
    assert loud == []


def test_its_pictures_are_there(lesson):
    name, notebook = lesson
    pictures = [base64.b64decode(o.data["image/png"]) for o in outputs(notebook) if "image/png" in o.get("data", {})]
    assert len(pictures) == PICTURES[name]
    assert all(len(picture) > 10_000 for picture in pictures)  # not an empty frame


def test_figures_in_its_sentences_are_numbers(lesson):
    _, notebook = lesson
    sentences = [o.data["text/markdown"] for o in outputs(notebook) if "text/markdown" in o.get("data", {})]
    assert sentences
    assert not [sentence for sentence in sentences if re.search(r"\bnan\b|\binf\b", sentence)]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs_and_is_in_the_list(path):
    assert outputs(nbformat.read(path, as_version=4)) == []
    assert f"]({path.name})" in (NOTEBOOKS / "README.md").read_text()
