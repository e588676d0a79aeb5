"""bd.power and bd.solve: the engine's figures as tables and pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

import bordin as bd


@pytest.fixture(scope="module")
def grid() -> bd.Power:
    return bd.power(
        "nested-trial", vary={"classical.d": [0.2, 0.5], "design.therapists": np.arange(4, 9, 4)}, replications=400, seed=3
    )


def test_table_has_a_row_per_cell_and_test(grid: bd.Power) -> None:
    assert grid.keys == ["classical.d", "design.therapists"]
    assert len(grid.table) == 4 * 5
    assert grid.table.groupby("cell")[grid.keys].first().to_numpy().tolist() == [[0.2, 4], [0.2, 8], [0.5, 4], [0.5, 8]]
    assert grid.complete


def test_power_is_that_of_the_program(grid: bd.Power, tmp_path: Path) -> None:
    scenario = bd.scenario("nested-trial", {"classical.d": 0.5, "design.therapists": 8})
    alone = bd.power(scenario, replications=400, seed=3, threads=1).table
    within = grid.table[grid.table["cell"] == 3]
    assert alone["power"].tolist() == within["power"].tolist()
    results = bd.run(scenario, replications=400, seed=3)
    p = results.estimates["therapist means"].p_value[0, :, 1]
    assert alone["power"].iloc[0] == (p <= 0.05).mean()


def test_power_agrees_with_the_formula(grid: bd.Power) -> None:
    known = grid.table.dropna(subset="closed_form")
    assert len(known) == 4
    se = np.sqrt(known["closed_form"] * (1 - known["closed_form"]) / 400)
    assert (abs(known["power"] - known["closed_form"]) < 4 * se).all()


def test_tied_values_move_together() -> None:
    p = bd.power("nested-trial", vary={("design.therapists", "design.caseload"): [(4, 15), (10, 6)]}, replications=50)
    assert p.table.groupby("cell")[p.keys].first().to_numpy().tolist() == [[4, 15], [10, 6]]


def test_differences_are_paired(grid: bd.Power) -> None:
    neighbours = grid.differences[grid.differences["cell"] != grid.differences["other_cell"]]
    assert (neighbours["mcse"] < neighbours["independent_mcse"]).all()


def test_null_worlds_and_warnings_come_along(grid: bd.Power) -> None:
    assert grid.table["type_one"].notna().all()
    assert any("must not be trusted" in text for text in grid.warnings)
    assert "400 data sets" in grid.methods


def test_picture_shows_every_test(grid: bd.Power) -> None:
    figure = grid.plot()
    assert len(figure.axes) == 4
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"therapist means", "ignoring therapists"} <= set(labels)
    figure.savefig(io.BytesIO())


def test_contours_show_the_powers_of_one_test() -> None:
    vary = {"design.therapists": [4, 8, 12], "design.caseload": [5, 15]}
    p = bd.power("nested-trial", vary=vary, replications=200)
    axes = p.plot_contours("therapist means: armtreatment").axes[0]
    shown = {text.xy: text.get_text() for text in axes.texts if hasattr(text, "xy")}
    rows = p.table.query("analysis == 'therapist means'")
    assert shown == {
        (row["design.caseload"], row["design.therapists"]): f"{row['power']:.2f}" for _, row in rows.iterrows()
    }
    with pytest.raises(ValueError, match="there is 'therapist means: armtreatment'"):
        p.plot_contours("nonsense")
    with pytest.raises(ValueError, match="two keys whose values are numbers"):
        bd.power("nested-trial", vary={"design.therapists": [4, 8]}, replications=20).plot_contours()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vary": {"design.therapist": [4]}}, 'did you mean "therapists"'),
        ({"vary": {"design.therapists": []}}, "no values"),
        ({"vary": {("design.therapists", "design.caseload"): [(4,)]}}, "1 values"),
        ({"replications": 0}, "at least 1"),
        ({"until_half_width": 0.8}, "half"),
    ],
)
def test_bad_arguments_are_explained(arguments: dict[str, object], message: str) -> None:
    with pytest.raises((bd.Error, ValueError), match=message):
        bd.power("nested-trial", **arguments)  # type: ignore[arg-type]


def test_solve_finds_the_number_with_its_interval() -> None:
    s = bd.solve("nested-trial", vary=("design.therapists", 2, 60))
    assert s.status == "found"
    assert s.lower <= s.at <= s.upper
    assert s.lower <= 9 <= s.upper
    assert s.values == {"design.therapists": s.at}
    assert bd.scenario("nested-trial", s.values)
    assert {"at", "power", "mcse", "replications"} <= set(s.points.columns)


def test_solve_finds_an_effect() -> None:
    s = bd.solve("nested-trial", vary=("classical.d", 0.1, 2.0))
    assert s.lower < s.at < s.upper
    assert 0.7 < s.at < 0.9


def test_solve_finds_the_cheapest_of_two_sizes() -> None:
    s = bd.solve(
        "nested-trial",
        vary=[("design.therapists", 2, 60), ("design.caseload", 4, 16)],
        cost="900*therapists + 120*clients",
    )
    assert s.frontier is not None
    assert s.cost == s.frontier["cost"].min()
    assert set(s.values) == {"design.therapists", "design.caseload"}


def test_two_unknowns_without_cost_are_refused() -> None:
    with pytest.raises(ValueError, match="cost"):
        bd.solve("nested-trial", vary=[("design.therapists", 2, 60), ("design.caseload", 4, 16)])
