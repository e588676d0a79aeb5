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


def plot_power_contours(
    power: Power, test: str | None = None, path: str | os.PathLike[str] | None = None, *, target: float = 0.8
) -> Figure:
    """Draw the power of one test over a grid of two numbers as a map, with the line on which it reaches the target.

    Parameters
    ----------
    power : Power
        What :func:`bordin.power` gave for two keys with at least two numbers each.
    test : str, optional
        "analysis: term"; the first of the table unless stated.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.
    target : float, optional
        The power that is wanted, 0 to 1.

    Returns
    -------
    matplotlib.figure.Figure
        Numbers are simulated powers, the map is drawn between them; dashed lines are where the ends of the 95 % intervals
        reach the target.

    Raises
    ------
    ValueError
        When something else varies, a cell is missing, or there is no such test.
    """
    from bordin._figure import Picture

    name, rows = _rows_of(power, test)
    grids = {part: _as_grid(power, rows, part) for part in ("power", "lower", "upper")}
    x, y = grids["power"].columns.to_numpy(float), grids["power"].index.to_numpy(float)
    figure = Picture(figsize=(7.6, 5.4), dpi=120, layout="constrained")
    axes = figure.subplots()
    filled = axes.contourf(x, y, grids["power"].to_numpy(), levels=np.linspace(0, 1, 11), cmap="cividis")
    figure.colorbar(filled, ax=axes, label="power")
    for part, style in (("power", "-"), ("lower", "--"), ("upper", "--")):
        values = grids[part].to_numpy()
        if values.min() < target < values.max():
            lines = axes.contour(
                x, y, values, levels=[target], colors="#ffffff", linestyles=style, linewidths=2 if part == "power" else 1
            )
            if part == "power":
                axes.clabel(lines, fmt=f"{target:g}", fontsize=10)
    paper = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    for i, row in enumerate(grids["power"].to_numpy()):
        for j, value in enumerate(row):
            axes.annotate(f"{value:.2f}", (x[j], y[i]), ha="center", va="center", fontsize=8, bbox=paper)
    axes.set_xlim(x[0] - 0.05 * np.ptp(x), x[-1] + 0.05 * np.ptp(x))
    axes.set_ylim(y[0] - 0.05 * np.ptp(y), y[-1] + 0.05 * np.ptp(y))
    axes.spines[:].set_visible(False)
    axes.set_xlabel(power.keys[1])
    axes.set_ylabel(power.keys[0])
    axes.set_title(f"{power.scenario.title}\n{name}", fontsize=11)
    if path is not None:
        figure.savefig(path)
    return figure


def _rows_of(power: Power, test: str | None) -> tuple[str, pd.DataFrame]:
    names = power.table["analysis"] + ": " + power.table["term"]
    wanted = names.iloc[0] if test is None else test
    if wanted not in set(names):
        raise ValueError(f"there is no test {wanted!r}; there is {', '.join(map(repr, dict.fromkeys(names)))}")
    return str(wanted), power.table[names == wanted]


def _as_grid(power: Power, rows: pd.DataFrame, part: str) -> pd.DataFrame:
    keys = power.keys
    if len(keys) != 2 or not all(pd.api.types.is_numeric_dtype(rows[key]) for key in keys):
        raise ValueError(f"{', '.join(keys) or 'nothing'} varies; this picture is of two keys whose values are numbers")
    grid = rows.pivot(index=keys[0], columns=keys[1], values=part)
    if min(grid.shape) < 2 or grid.isna().any(axis=None):
        raise ValueError("a full grid of at least 2 x 2 cells is needed; vary both keys on their own, and let the run end")
    return grid
