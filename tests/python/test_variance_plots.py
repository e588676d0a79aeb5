"""What the outcome's variance is made of: shares of the study, of the truth, and those the scorecard has."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import bordin as bd
from bordin.variance_plots import ERROR, FACTORS, LAST_WEEK, SUM, THERAPIST, TOGETHER, variance_budget


@pytest.fixture(scope="module")
def study() -> bd.Data:
    return bd.simulate("routine-care", seed=1)


@pytest.fixture(scope="module")
def routine_care():
    return variance_budget("routine-care")


def standard_error(row):
    return (row["upper"] - row["lower"]) / (2 * 1.96)


def test_shares_alone_are_squared_correlations_of_the_same_clients(study):
    clients = study.clients.dropna(subset=["last", "alliance_3"])
    table = variance_budget(study)
    for source, column in {
        "symptoms at intake": "pre",
        "alliance": "alliance_3",
        "goal consensus": "goal_consensus",
    }.items():
        r = clients["last"].astype(float).corr(clients[column].astype(float))
        assert table.loc[source, "share"] == pytest.approx(r * r, rel=1e-5)


def test_together_and_beyond_are_those_of_least_squares(study):
    columns = ["pre", "alliance_3", "empathy", "goal_consensus", "collaboration", "expectation"]
    clients = study.clients.dropna(subset=["last", *columns]).astype(dict.fromkeys(["last", *columns], float))

    def r_squared(names):
        x = np.column_stack([np.ones(len(clients)), clients[names]])
        residual = clients["last"] - x @ np.linalg.lstsq(x, clients["last"], rcond=None)[0]
        return 1 - residual.var() / clients["last"].var()

    table = variance_budget(study)
    assert table.loc[TOGETHER, "share"] == pytest.approx(r_squared(columns[1:]), rel=1e-5)
    assert table.loc["empathy", "beyond"] == pytest.approx(
        r_squared(columns) - r_squared([*columns[:2], *columns[3:]]), rel=1e-4
    )
    assert table.loc[SUM, "share"] == pytest.approx(table.loc[list(FACTORS), "share"].sum())


def test_parts_add_to_one_and_none_is_negative(study, routine_care):
    for table in (variance_budget(study), routine_care, variance_budget(bd.simulate("partially-nested-rct"))):
        parts = table.loc[table["kind"] == "part", "share"]
        assert parts.sum() == pytest.approx(1)
        assert (parts >= 0).all()


def test_a_scenario_has_the_shares_of_the_scorecard(routine_care):
    """scenarios/evidence/README.md has them of a million other clients, with Monte Carlo errors below .0021."""
    for source, published in {"alliance": 0.0766, "empathy": 0.0728, "goal consensus": 0.0635, TOGETHER: 0.1044}.items():
        row = routine_care.loc[source]
        assert abs(row["share"] - published) < 4 * standard_error(row), source
    # of expectation, the scorecard asks also those who never came to session 3
    row = routine_care.loc[SUM]
    assert abs(row["share"] - 0.3256) < 4 * standard_error(row) + 0.006
    assert abs(routine_care.loc[TOGETHER, "share"] - 0.14) > 4 * standard_error(
        routine_care.loc[TOGETHER]
    )  # it would notice


def simple_world(changes):
    """Nobody leaves, nothing but what is asked for."""
    return bd.scenario(
        "routine-care",
        {
            "analyses": [],
            "rupture.enabled": False,
            "dropout.baseline": -30,
            "ending.agreed": 0,
            "ending.good_enough.probability": 0,
            "therapists.alliance_share": 0,
            "symptoms.severity_slope": 0,
            **changes,
        },
    )


def implied(scenario, line):
    """Return a share of the outcome's variance from the closed form of `bordin describe`."""
    of_outcome = scenario.describe().split("variance of the outcome")[1].splitlines()
    return next(float(text.split()[-2]) / 100 for text in of_outcome if text.strip().startswith(line))


def test_the_therapists_share_is_the_closed_form_of_the_scenario():
    world = simple_world({"therapists.direct_sd": 0.442, "instruments": [{"name": "CORE-OM", "range": [-1000, 1000]}]})
    row = variance_budget(world).loc[THERAPIST]
    assert abs(row["share"] - implied(world, "therapist ")) < 4 * standard_error(row) + 0.0005  # describe has three digits
    assert abs(row["share"] - 0.05) > 4 * standard_error(row)


def test_measurement_error_and_the_last_week_are_those_of_the_scenario():
    world = simple_world({"instruments": [{"name": "CORE-OM", "range": [-1000, 1000]}]})
    table = variance_budget(world)
    assert (
        abs(table.loc[ERROR, "share"] - implied(world, "measurement error")) < 4 * standard_error(table.loc[ERROR]) + 0.001
    )
    variance = bd.simulate(world.with_({"design.therapists": 2000})).truth.clients["last_true"].var()
    fluctuation = bd.scenario(world).text.split("fluctuation_share = ")[1].split()[0]
    assert abs(table.loc[LAST_WEEK, "share"] - float(fluctuation) / variance * (1 - table.loc[ERROR, "share"])) < 0.02


def test_without_truth_its_parts_are_in_the_rest(study):
    from dataclasses import replace

    table = variance_budget(replace(study, truth=None))
    assert ERROR not in table.index
    assert table.loc[table["kind"] == "part", "share"].sum() == pytest.approx(1)


def test_the_intervals_hold_the_truth():
    world = bd.scenario("routine-care", {"analyses": [], "study.primary": ""})
    truth = variance_budget(world).loc[TOGETHER, "share"]
    tables = [variance_budget(bd.simulate(world, seed=5, replication=i)).loc[TOGETHER] for i in range(150)]
    share = np.mean([row["lower"] <= truth <= row["upper"] for row in tables])
    assert share > 0.95 - 0.03 - 3 * np.sqrt(0.95 * 0.05 / len(tables))  # R squared of one study is a little too large


def test_the_picture_has_the_numbers_of_the_table(study):
    table = variance_budget(study)
    alone, parts = bd.plot_variance_budget(study).axes
    shown = [text.get_text() for text in alone.texts]
    for share in table.loc[table["kind"] != "part", "share"]:
        assert any(text.startswith(f"{100 * share:.1f} (") for text in shown)
    widths = [bar.get_width() for bar in parts.patches]
    assert sum(widths) == pytest.approx(100)
    clients = study.clients.dropna(subset=["last", "alliance_3"])
    assert f"{len(clients)} clients" in alone.get_xlabel()


@pytest.mark.parametrize("name", ["routine-care", "modality-emphasis", "nested-trial", "three-level-rct"])
def test_no_text_lies_over_other_text(name):
    figure = bd.plot_variance_budget(bd.simulate(name))
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        texts = [text for text in axes.get_children() if isinstance(text, Text)]
        ticks = [tick.label1 for tick in axes.yaxis.get_major_ticks()]
        legend = axes.get_legend().get_texts() if axes.get_legend() else []
        boxes = [text.get_window_extent() for text in [*texts, axes.xaxis.label, *ticks, *legend] if text.get_text()]
        assert [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)] == []
        assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_no_number_is_a_negative_zero():
    study = bd.simulate("three-level-rct")
    assert variance_budget(study).loc[ERROR, "share"] == pytest.approx(0, abs=1e-9)  # its z-score has no error
    texts = [text.get_text() for text in bd.plot_variance_budget(study).legends[0].get_texts()]
    assert "measurement error of the last score: 0.0 %" in texts


def test_results_are_refused_with_the_remedy(results):
    with pytest.raises(TypeError, match=r"but was given Results; .*results.data\(0\) makes Data"):
        bd.plot_variance_budget(results)


def test_a_single_therapist_is_refused():
    alone = bd.simulate(bd.scenario("routine-care", {"design.therapists": 1, "design.caseload": 30}))
    with pytest.raises(ValueError, match="at least two therapists"):
        bd.plot_variance_budget(alone)
