"""The report of a run, and the picture of performance in it."""

from __future__ import annotations

import pickle
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import bordin as bd
from bordin.__main__ import main
from bordin.report import MEASURES


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> bd.Results:
    return bd.run("nested-trial", tmp_path_factory.mktemp("report") / "trial.h5", replications=60, progress=False)


class Page(HTMLParser):
    """What stands in a page, and what it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.loads, self.open = "", [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(results: bd.Results, folder: Path) -> Page:
    return Page(results.report(folder / "report.html").read_text(encoding="utf-8"))


def test_report_needs_nothing_else(results: bd.Results, tmp_path: Path) -> None:
    page = page_of(results, tmp_path)
    assert page.open == []  # every tag is closed
    assert page.loads and all(load.startswith("data:image/png;base64,") for load in page.loads)


def test_report_says_what_came_out_and_how_to_repeat_it(results: bd.Results, tmp_path: Path) -> None:
    text = page_of(results, tmp_path).text
    assert results.methods in text
    assert results.scenario.text in text
    assert f"--replications 60 --seed {results.seed}" in text
    rows = results.performance
    for analysis in set(rows["analysis"]):
        own = rows[(rows["analysis"] == analysis) & (rows["measure"] == "coverage")]
        assert f"{own['value'].iloc[0]:.3f} ({own['mcse'].iloc[0]:.3f})" in text


def test_every_measure_has_its_words(results: bd.Results) -> None:
    assert set(results.performance["measure"]) == set(MEASURES) - {"truth"}


def test_report_tells_of_failed_fits(tmp_path: Path) -> None:
    scenario = bd.scenario("nested-trial", {"design.therapists": 1, "design.caseload": 3, "study.alpha": 0.05})
    results = bd.run(scenario, tmp_path / "few.h5", replications=30, progress=False)
    assert len(results.errors) > 20
    text = page_of(results, tmp_path).text
    assert f"{len(results.errors)} in all. The first 20:" in text
    assert results.errors["message"].iloc[0] in text


def test_only_pages_are_written_and_only_into_folders_that_exist(results: bd.Results, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"x\.pdf: a report is an HTML page, so its name must end in \.html or \.htm"):
        results.report(tmp_path / "x.pdf")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nodir; make it"):
        results.report(tmp_path / "nodir" / "x.html")
    assert list(tmp_path.iterdir()) == []
    assert results.report(tmp_path / "x.HTM").exists()


def test_titles_are_text_not_html(tmp_path: Path) -> None:
    scenario = bd.scenario("nested-trial", {"title": "<b>5 < 6 & more</b>"})
    results = bd.run(scenario, tmp_path / "odd.h5", replications=20, progress=False)
    assert "<b>5 < 6 & more</b>" in page_of(results, tmp_path).text


def test_the_command_writes_beside_the_file(
    results: bd.Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(results.path.read_bytes())
    assert main(["report", str(copy)]) == 0
    assert (tmp_path / "copy.html").exists() and "copy.html" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "none.h5")]) == 2
    assert "none.h5" in capsys.readouterr().err


def test_picture_of_performance_has_a_panel_for_each_measure_there_is(results: bd.Results) -> None:
    figure = bd.plot_performance(results)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Bias", "Coverage", "Standard errors", "Tests"]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == list(dict.fromkeys(results.performance["analysis"]))
    bias = figure.axes[0].containers[0].lines[0].get_xdata()[0]
    rows = results.performance.query("analysis == 'therapist means' and term == 'armtreatment'").set_index("measure")[
        "value"
    ]
    assert bias == pytest.approx(rows["bias"] / rows["empirical_se"])


def test_results_of_a_file_can_be_pickled(results: bd.Results) -> None:
    again = pickle.loads(pickle.dumps(results))
    assert again.performance.equals(results.performance)
    with pytest.raises(TypeError, match="run with a path"):
        pickle.dumps(bd.run("nested-trial", replications=2, progress=False))


def test_the_methods_paragraph_is_that_of_the_description(results: bd.Results) -> None:
    assert re.sub(r"\s+", " ", results.methods) in re.sub(r"\s+", " ", results.describe())
