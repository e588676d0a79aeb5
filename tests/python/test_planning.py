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


def test_lines_join_powers_where_they_belong_and_only_overlapping_points_stand_aside() -> None:
    p = bd.power("nested-trial", vary={"design.therapists": [4, 8, 12]}, replications=400, seed=3)
    axes = p.plot().axes[0]
    lines = {line.get_label(): line for line in axes.lines if line.get_linestyle() != "None"}
    points = {bars.get_label(): np.asarray(bars.lines[0].get_xdata(), float) for bars in axes.containers}
    for analysis, own in p.table.groupby("analysis"):
        np.testing.assert_allclose(lines[analysis].get_xdata(), [4, 8, 12])
        np.testing.assert_allclose(lines[analysis].get_ydata(), own["power"])
    first = p.table[p.table["cell"] == 0].set_index("analysis")
    without, means = first.loc["ignoring therapists"], first.loc["therapist means"]
    assert without["lower"] > first.drop("ignoring therapists")["upper"].max()
    assert points["ignoring therapists"][0] == 4
    assert means["upper"] > first.loc["random intercept, Kenward-Roger", "lower"]
    places = [x[0] for name, x in points.items() if name != "ignoring therapists"]
    assert len(set(places)) == len(places)
    assert max(abs(np.array(places) - 4)) < 0.03 * (12 - 4)


def test_many_panels_stand_in_rows_of_three_and_those_left_out_are_counted() -> None:
    vary = {"design.therapists": range(4, 9), "classical.d": [0.2, 0.5]}
    figure = bd.power("nested-trial", vary=vary, replications=20).plot()
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown if axes.get_title()] == [f"design.therapists = {n}" for n in range(4, 9)]
    assert {axes.get_subplotspec().colspan.start for axes in shown} == {0, 1, 2}
    assert figure.get_figwidth() < 12
    assert sum(axes.get_xlabel() == "classical.d" for axes in shown) == 5
    vary["design.therapists"] = range(4, 18)
    assert "the first 12 of 14 settings" in bd.power("nested-trial", vary=vary, replications=20).plot().get_suptitle()


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
        ({"vary": {("design.therapists", "design.caseload"): [4, 8]}}, r"1 values in \(4,\), but must have 2"),
        ({"vary": {"design.therapists": 4}}, r"4 for design.therapists, but must have a list of values, such as \[4\]"),
        ({"vary": {"design.therapists": "48"}}, "'48' for design.therapists, but must have a list"),
        ({"vary": {3: [4]}}, "the key 3, but keys must be text"),
        ({"vary": "design.therapists"}, "vary is 'design.therapists', but must be a dict of values by key"),
        ({"replications": 0}, "at least 1"),
        ({"until_half_width": 0.8}, "until_half_width is 0.8, but must be between 0 and 0.5"),
        ({"until_half_width": "x"}, "until_half_width is 'x', but must be a number"),
    ],
)
def test_bad_arguments_are_explained(arguments: dict[str, object], message: str) -> None:
    with pytest.raises((bd.Error, TypeError, ValueError), match=message):
        bd.power("nested-trial", **arguments)  # type: ignore[arg-type]


def test_solve_finds_the_number_with_its_interval() -> None:
    s = bd.solve("nested-trial", vary=("design.therapists", 2, 60))
    assert s.status == "found"
    assert s.lower <= s.at <= s.upper
    assert s.lower <= 9 <= s.upper
    assert s.values == {"design.therapists": s.at}
    assert bd.scenario("nested-trial", s.values)
    assert {"at", "power", "mcse", "replications"} <= set(s.points.columns)


def test_solve_takes_its_unknowns_as_a_dict_too() -> None:
    s = bd.solve("nested-trial", vary={"design.therapists": (2, 60)}, replications=500)
    assert s.values == bd.solve("nested-trial", vary=("design.therapists", 2, 60), replications=500).values
    ends = {"design.therapists": [2, 60], "design.caseload": np.array([4, 16])}
    two = bd.solve("nested-trial", vary=ends, cost="clients", replications=500)
    assert set(two.values) == set(ends)


@pytest.mark.parametrize(
    "vary",
    [
        ("design.therapists", 2),
        ("design.therapists", 60, 2),
        ("design.therapists", "2", "60"),
        [("design.therapists", 2, 60), "design.caseload"],
        "design.therapists",
        {"design.therapists": 8},
        {"design.therapists": [4, 8, 16]},
        {3: (2, 60)},
        3,
    ],
)
def test_what_solve_cannot_look_for_is_explained(vary: object) -> None:
    with pytest.raises(ValueError, match=r'vary has .* which ends, the lower one first: \("design\.therapists", 2, 60\)'):
        bd.solve("nested-trial", vary=vary)  # type: ignore[arg-type]


def test_solve_names_a_power_that_is_none() -> None:
    with pytest.raises(TypeError, match="power is 'high', but must be a number"):
        bd.solve("nested-trial", vary=("design.therapists", 2, 60), power="high")  # type: ignore[arg-type]


def test_power_prints_its_table(grid: bd.Power) -> None:
    lines = str(grid).splitlines()
    assert lines[0] == f"<bordin.Power {grid.scenario.title!r}: 4 cells of 400 replications>"
    assert lines[1].split()[:4] == ["classical.d", "design.therapists", "analysis", "term"]
    assert len(lines) == 2 + len(grid.table) + len(grid.warnings)
    assert lines[-len(grid.warnings) :] == grid.warnings
    counts = range(2, 12)
    long = repr(bd.power("nested-trial", vary={"design.therapists": counts}, replications=20, progress=False))
    assert "10 cells of 20 replications" in long and len(long.splitlines()) < 5 * len(counts)


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
