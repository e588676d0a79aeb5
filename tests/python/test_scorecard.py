"""Published figures beside what the engine gives."""

from __future__ import annotations

import pytest

import bordin as bd


@pytest.fixture(scope="module")
def card() -> bd.Scorecard:
    return bd.evidence("routine-care", clients=40_000, progress=False)


def test_the_table_has_what_is_published_and_what_the_engine_gives(card: bd.Scorecard) -> None:
    row = card.table.set_index("target").loc["alliance-outcome-2018"]
    assert (row["published"], row["k"], row["n"], row["certainty"]) == ("0.278", 295, 30000, "V")
    assert row["low"] < row["value"] < row["high"] and 0 < row["mcse"] < 0.02
    assert row["holds"] == (row["low"] <= row["value"] <= row["high"])


def test_the_forest_has_a_row_per_target(card: bd.Scorecard) -> None:
    axes = card.plot().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == card.table["quantity"].tolist()
    first, row = axes.containers[0].lines[0].get_xdata()[0], card.table.iloc[0]
    assert first == pytest.approx((row["value"] - row["low"]) / (row["high"] - row["low"]))


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(ValueError, match="there are targets about routine-care"):
        bd.evidence("nonsense")
