"""Pictures of power. Apart from the rest, since they import matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bordin.planning import Power

Numbers = npt.NDArray[np.float64]

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


MOST_PANELS = 6


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
    panels: list[tuple[Any, pd.DataFrame]] = [((), table)]
    if len(power.keys) > 1:
        panels = list(table.groupby(power.keys[:-1], sort=False))[:MOST_PANELS]
    with_null = bool(table["type_one"].notna().any())
    width = max(7.6, 1.2 + 4.3 * len(panels))
    figure = Picture(figsize=(width, 6.8 if with_null else 4.6), dpi=120, layout="constrained")
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
            grid[0, column].set_title(
                ", ".join(f"{k} = {v}" for k, v in zip(power.keys, setting, strict=False)), fontsize=10
            )
        if with_null:
            _draw(grid[1, column], power, rows, "type_one", ("type_one_lower", "type_one_upper"))
        grid[-1, column].set_xlabel(power.keys[-1] if power.keys else "")
    _finish(grid, with_null, power.scenario.alpha)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=max(1, int(width / 3.7)), frameon=False, fontsize=9)
    figure.suptitle(power.scenario.title, fontsize=12)
    if path is not None:
        figure.savefig(path)
    return figure


def _draw(axes: Axes, power: Power, rows: pd.DataFrame, what: str, ends: tuple[str, str]) -> None:
    names = power.table[["analysis", "term"]].drop_duplicates()
    tests = list(zip(names["analysis"], names["term"], strict=True))
    several = len(tests) > names["analysis"].nunique()
    for place, (analysis, term) in enumerate(tests):
        own = rows[(rows["analysis"] == analysis) & (rows["term"] == term) & rows[what].notna()]
        if own.empty:
            continue
        colour, marker, dashes = STYLES[place % len(STYLES)]
        line = dashes if _numeric(rows, power.keys) else "none"
        x = _positions(rows, power.keys, own.index, (place - (len(tests) - 1) / 2) / 100)
        spread = [own[what] - own[ends[0]], own[ends[1]] - own[what]]
        label = f"{analysis}: {term}" if several else analysis
        axes.errorbar(
            x,
            own[what],
            yerr=np.maximum(spread, 0),
            color=colour,
            marker=marker,
            linestyle=line,
            markersize=5,
            capsize=2,
            label=label,
        )
        if what == "power" and own["closed_form"].notna().any():
            axes.plot(x, own["closed_form"], "x", color="#222222", markersize=8, zorder=5, label=f"{label}, by formula")
    _set_ticks(axes, rows, power.keys)


def _numeric(rows: pd.DataFrame, keys: list[str]) -> bool:
    return bool(keys) and pd.api.types.is_numeric_dtype(rows[keys[-1]]) and not pd.api.types.is_bool_dtype(rows[keys[-1]])


def _positions(rows: pd.DataFrame, keys: list[str], index: pd.Index[Any], aside: float) -> Numbers:
    """Return where the points stand: a test beside the other, by a share of the axis, so that none hides another."""
    values = rows[keys[-1]].astype(float) if _numeric(rows, keys) else rows["cell"].rank(method="dense")
    return np.asarray((values.loc[index] + aside * max(values.max() - values.min(), 1)), dtype=np.float64)


def _set_ticks(axes: Axes, rows: pd.DataFrame, keys: list[str]) -> None:
    most_ticks = 9
    if not keys:
        axes.set_xticks([])
    elif not _numeric(rows, keys):
        texts = [str(value) for value in rows.drop_duplicates("cell")[keys[-1]]]
        axes.set_xticks(range(1, len(texts) + 1), texts)
    elif rows[keys[-1]].nunique() <= most_ticks:
        axes.set_xticks(sorted(rows[keys[-1]].unique()))


def _finish(grid: Any, with_null: bool, alpha: float) -> None:
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    for axes in grid[0]:
        axes.set_ylim(0, 1.02)
        axes.axhline(0.8, color="#777777", linewidth=0.8, linestyle=(0, (6, 4)))
    grid[0, 0].set_ylabel("power")
    if with_null:
        for axes in grid[1]:
            axes.axhline(alpha, color="#777777", linewidth=0.8, linestyle=(0, (6, 4)))
            axes.set_ylim(bottom=0)
        grid[1, 0].set_ylabel("type I error")
