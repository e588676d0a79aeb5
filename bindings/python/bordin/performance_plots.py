"""Pictures of how well analyses do. Apart from the rest, since they import matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from bordin.power_plots import STYLES
from bordin.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Panel(NamedTuple):
    measure: str
    title: str
    axis: str


_PANELS = [
    _Panel("standardised_bias", "Bias", "in standard errors of the estimate"),
    _Panel("coverage", "Coverage", "share of intervals that hold the truth"),
    _Panel("se_ratio", "Standard errors", "model-based, relative to the empirical one"),
    _Panel("rejection_rate", "Tests", "share with p at most alpha"),
]


def plot_performance(results: Results, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw how well each analysis does: bias, coverage, standard errors, and how often it rejects.

    Parameters
    ----------
    results : Results
        Of a run.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.

    Returns
    -------
    matplotlib.figure.Figure
        A row per analysis and term (intercepts left out), a panel per measure that there is; bars are 95 % intervals of the
        Monte Carlo error, dashed lines what a perfect analysis has. Bias and coverage need a truth.

    Raises
    ------
    TypeError
        When `results` are not those of a run.
    """
    from bordin._figure import Picture, check_source

    check_source(results, Results)
    table = _wide(results.performance)
    rows = list(table.index.unique())
    panels = [panel for panel in _PANELS if (panel.measure, "value") in table.columns]
    longest = max((len(_label(row, rows)) for row in rows), default=0)
    figure = Picture(
        figsize=(2.2 + 0.075 * longest + 2.7 * len(panels), 1.9 + 0.34 * len(rows)), dpi=120, layout="constrained"
    )
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        _draw(axes, table, panel, results.scenario.alpha)
    grid[0].set_yticks(range(len(rows)), [_label(row, rows) for row in rows])
    grid[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.suptitle(f"{results.scenario.title}: {results.replications} replications", fontsize=12)
    if path is not None:
        figure.savefig(path)
    return figure


def _wide(performance: pd.DataFrame) -> pd.DataFrame:
    """Return a row per analysis and term, with value and mcse of each measure; bias in empirical standard errors added."""
    kept = performance[performance["term"] != "(Intercept)"]
    rows = list(dict.fromkeys(kept[["analysis", "term"]].itertuples(index=False, name=None)))
    wide = kept.pivot_table(index=["analysis", "term"], columns="measure", values=["value", "mcse"], dropna=False)
    wide = wide.swaplevel(axis=1).reindex(rows)
    if ("bias", "value") in wide.columns:
        for part in ("value", "mcse"):
            wide[("standardised_bias", part)] = wide[("bias", part)] / wide[("empirical_se", "value")]
    return wide.dropna(axis=1, how="all")


def _label(row: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    analysis, term = row
    return analysis if sum(1 for other, _ in rows if other == analysis) == 1 else f"{analysis}: {term}"


def _draw(axes: Axes, table: pd.DataFrame, panel: _Panel, alpha: float) -> None:
    perfect = {"standardised_bias": 0.0, "coverage": 1 - alpha, "se_ratio": 1.0, "rejection_rate": alpha}[panel.measure]
    analyses = list(dict.fromkeys(table.index.get_level_values("analysis")))
    for place, (analysis, _) in enumerate(table.index):
        value = table[(panel.measure, "value")].iloc[place]
        error = 1.96 * table[(panel.measure, "mcse")].iloc[place]
        if not np.isfinite(value):
            continue
        colour, marker, _ = STYLES[analyses.index(analysis) % len(STYLES)]
        axes.errorbar(value, place, xerr=error, color=colour, marker=marker, markersize=5, capsize=2, linestyle="none")
    axes.axvline(perfect, color="#777777", linewidth=0.9, linestyle=(0, (6, 4)), zorder=0)
    low, high = axes.get_xlim()
    if panel.measure == "rejection_rate":
        axes.set_xlim(-0.03, 1.03)
    elif panel.measure == "coverage":
        axes.set_xlim(min(low, 1 - 2 * alpha), max(high, 1.003) if high > 1 - alpha / 2 else 1 - alpha / 4)
    else:  # chance is not to look like a finding
        reach = max(0.1, 1.1 * max(abs(low - perfect), abs(high - perfect)))
        axes.set_xlim(perfect - reach, perfect + reach)
    axes.set_title(panel.title, loc="left", fontweight="bold", fontsize=11)
    axes.set_xlabel(panel.axis, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
