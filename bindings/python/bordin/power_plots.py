"""Pictures of power. Apart from the rest, since they import matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bordin.planning import Power

# Okabe and Ito's colours, which colour-blind people can tell apart; markers and dashes for print without colour.
STYLES = [
    ("#0072B2", "o", "-"),
    ("#D55E00", "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#56B4E9", "v", "-"),
    ("#E69F00", "P", "--"),
    ("#222222", "X", "-."),
]


def plot_power(power: Power, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw power against the last key that varies, a panel per value of the others; type I errors below.

    Parameters
    ----------
    power : Power
        What :func:`bordin.power` gave.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.

    Returns
    -------
    matplotlib.figure.Figure
        Points are simulated powers with 95 % intervals; crosses the exact formula where there is one.
    """
    from bordin._figure import Picture

    table = power.table
    panels = list(table.groupby(power.keys[:-1], sort=False)) if len(power.keys) > 1 else [((), table)]
    panels = panels[:6]
    with_null = bool(table["type_one"].notna().any())
    figure = Picture(figsize=(max(6.5, 1.2 + 4.3 * len(panels)), 6.8 if with_null else 4.6), dpi=120, layout="constrained")
    grid = figure.subplots(
        2 if with_null else 1,
        len(panels),
        squeeze=False,
        sharex=True,
        sharey="row",
        height_ratios=[2.2, 1] if with_null else [1],
    )
    for column, (setting, rows) in enumerate(panels):
        _draw(grid[0, column], power, rows, "power", ("lower", "upper"))
        if len(power.keys) > 1:
            values = setting if isinstance(setting, tuple) else (setting,)
            grid[0, column].set_title(
                ", ".join(f"{k} = {v}" for k, v in zip(power.keys, values, strict=False)), fontsize=10
            )
        if with_null:
            _draw(grid[1, column], power, rows, "type_one", ("type_one_lower", "type_one_upper"))
        grid[-1, column].set_xlabel(power.keys[-1] if power.keys else "")
    _finish(grid, with_null)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)), frameon=False, fontsize=9)
    figure.suptitle(power.scenario.title, fontsize=12)
    if path is not None:
        figure.savefig(path)
    return figure


def _draw(axes: Axes, power: Power, rows: pd.DataFrame, what: str, ends: tuple[str, str]) -> None:
    tests = list(power.table.groupby(["analysis", "term"], sort=False).groups)
    several = power.table.groupby("analysis")["term"].nunique().max() > 1
    for place, (analysis, term) in enumerate(tests):
        own = rows[(rows["analysis"] == analysis) & (rows["term"] == term) & rows[what].notna()]
        if own.empty:
            continue
        colour, marker, dashes = STYLES[place % len(STYLES)]
        x = _positions(own[power.keys[-1]] if power.keys else pd.Series([""] * len(own)))
        spread = [own[what] - own[ends[0]], own[ends[1]] - own[what]]
        label = f"{analysis}: {term}" if several else analysis
        axes.errorbar(
            x,
            own[what],
            yerr=np.maximum(spread, 0),
            color=colour,
            marker=marker,
            linestyle=dashes,
            markersize=5,
            capsize=2,
            label=label,
        )
        if what == "power" and own["closed_form"].notna().any():
            axes.plot(x, own["closed_form"], "x", color="#222222", markersize=8, zorder=5, label=f"{label}, by formula")
    if not power.keys:
        axes.set_xticks([])


def _positions(values: pd.Series[Any]) -> Any:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy()
    return [str(value) for value in values]


def _finish(grid: Any, with_null: bool) -> None:
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    for axes in grid[0]:
        axes.set_ylim(0, 1.02)
        axes.axhline(0.8, color="#777777", linewidth=0.8, linestyle=(0, (6, 4)))
    grid[0, 0].set_ylabel("power")
    if with_null:
        for axes in grid[1]:
            axes.axhline(0.05, color="#777777", linewidth=0.8, linestyle=(0, (6, 4)))
            axes.set_ylim(bottom=0)
        grid[1, 0].set_ylabel("type I error")
