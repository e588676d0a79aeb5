"""Pictures of power. Apart from the rest, since they import matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bordin.planning import Power

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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


MOST_PANELS, MOST_COLUMNS = 12, 3
ASIDE = 0.055  # inches between points that would hide each other


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
        Points are simulated powers with 95 % intervals; crosses the exact formula where there is one. Lines join the powers
        where they belong; points whose intervals overlap stand a little beside them. At most 12 panels, three in a row.

    Raises
    ------
    TypeError
        When `power` is something else.
    """
    from bordin._figure import Picture, check_source

    check_source(power, Power)
    settings = _settings(power)
    panels = settings[:MOST_PANELS]
    with_null = bool(power.table["type_one"].notna().any())
    blocks = -(-len(panels) // MOST_COLUMNS)
    columns = -(-len(panels) // blocks)
    width = max(7.6, 1.2 + 3.5 * columns)
    height = (6.8 if with_null else 4.6) if blocks == 1 else 1.4 + (4.3 if with_null else 3.0) * blocks
    figure = Picture(figsize=(width, height), dpi=120, layout="constrained")
    grid = _grid(figure, blocks, columns, with_null)
    for axes, (setting, rows) in zip(grid, panels, strict=False):
        _draw_panel(axes, power, rows, ASIDE * columns / width)
        axes[0].set_title("\n".join(f"{k} = {v}" for k, v in zip(power.keys, setting, strict=False)), fontsize=10)
    for axes in grid[len(panels) :]:
        for empty in axes:
            empty.set_visible(False)
    _finish(grid, columns, power)
    shown = _legend(grid[0][0])
    figure.legend(
        shown.values(), shown.keys(), loc="outside lower center", ncols=int(width / 3.7), frameon=False, fontsize=9
    )
    left_out = f"\nthe first {MOST_PANELS} of {len(settings)} settings" if len(settings) > MOST_PANELS else ""
    figure.suptitle(power.scenario.title + left_out, fontsize=12)
    if path is not None:
        figure.savefig(path)
    return figure


def _settings(power: Power) -> list[tuple[Any, pd.DataFrame]]:
    """Return the values of all keys but the last, with the rows that have them."""
    if len(power.keys) < 2:
        return [((), power.table)]
    return list(power.table.groupby(power.keys[:-1], sort=False))


def _grid(figure: Figure, blocks: int, columns: int, with_null: bool) -> list[tuple[Axes, ...]]:
    """Return the axes of each panel: power, and type I error below it if there is one."""
    parts = 2 if with_null else 1
    heights = [2.2, 1][:parts] * blocks
    axes = figure.subplots(blocks * parts, columns, squeeze=False, sharex=True, sharey="row", height_ratios=heights)
    return [
        tuple(axes[block * parts + part, column] for part in range(parts))
        for block in range(blocks)
        for column in range(columns)
    ]


def _draw_panel(panel: tuple[Axes, ...], power: Power, rows: pd.DataFrame, step: float) -> None:
    parts = [("power", ("lower", "upper")), ("type_one", ("type_one_lower", "type_one_upper"))]
    for axes, (what, ends) in zip(panel, parts, strict=False):
        _draw(axes, power, rows, what, ends, step)
    panel[-1].set_xlabel(power.keys[-1] if power.keys else "")
    panel[-1].tick_params(labelbottom=True)


def _draw(axes: Axes, power: Power, rows: pd.DataFrame, what: str, ends: tuple[str, str], step: float) -> None:
    names = power.table[["analysis", "term"]].drop_duplicates()
    tests = list(zip(names["analysis"], names["term"], strict=True))
    several = len(tests) > names["analysis"].nunique()
    places = _places(rows, power.keys)
    beside = places + _aside(rows, ends) * step * ((places.max() - places.min()) or 1)
    for place, (analysis, term) in enumerate(tests):
        own = rows[(rows["analysis"] == analysis) & (rows["term"] == term) & rows[what].notna()]
        if own.empty:
            continue
        colour, marker, dashes = STYLES[place % len(STYLES)]
        label = f"{analysis}: {term}" if several else analysis
        if _numeric(rows, power.keys):
            axes.plot(places[own.index], own[what], color=colour, linestyle=dashes, linewidth=1.3, label=label)
        spread = [own[what] - own[ends[0]], own[ends[1]] - own[what]]
        x = beside[own.index]
        axes.errorbar(
            x,
            own[what],
            yerr=np.maximum(spread, 0),
            color=colour,
            marker=marker,
            linestyle="none",
            markersize=5,
            capsize=2,
            label=label,
        )
        if what == "power" and own["closed_form"].notna().any():
            axes.plot(x, own["closed_form"], "x", color="#222222", markersize=8, zorder=5, label=f"{label}, by formula")
    _set_ticks(axes, rows, power.keys)


def _legend(axes: Axes) -> dict[str, Any]:
    """Return what is drawn of each label: a line and the points beside it are one thing."""
    shown: dict[str, Any] = {}
    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        shown[label] = (*shown.get(label, ()), handle)
    return shown


def _numeric(rows: pd.DataFrame, keys: list[str]) -> bool:
    return bool(keys) and pd.api.types.is_numeric_dtype(rows[keys[-1]]) and not pd.api.types.is_bool_dtype(rows[keys[-1]])


def _places(rows: pd.DataFrame, keys: list[str]) -> pd.Series[float]:
    """Return where on the axis the powers belong."""
    return rows[keys[-1]].astype(float) if _numeric(rows, keys) else rows["cell"].rank(method="dense")


def _aside(rows: pd.DataFrame, ends: tuple[str, str]) -> pd.Series[float]:
    """Return how many steps beside its place a point stands: none unless its interval overlaps another in its cell."""
    aside = pd.Series(0.0, index=rows.index)
    for _, cell in rows.groupby("cell"):
        lower, upper = (cell[end].to_numpy(float)[:, None] for end in ends)
        crowded = cell.index[((lower <= upper.T) & (upper >= lower.T)).sum(axis=1) > 1]
        aside[crowded] = np.arange(len(crowded)) - (len(crowded) - 1) / 2
    return aside


def _set_ticks(axes: Axes, rows: pd.DataFrame, keys: list[str]) -> None:
    most_ticks = 9
    if not keys:
        axes.set_xticks([])
    elif not _numeric(rows, keys):
        texts = [str(value) for value in rows.drop_duplicates("cell")[keys[-1]]]
        axes.set_xticks(range(1, len(texts) + 1), texts)
    elif rows[keys[-1]].nunique() <= most_ticks:
        axes.set_xticks(sorted(rows[keys[-1]].unique()))


def _finish(grid: list[tuple[Axes, ...]], columns: int, power: Power) -> None:
    highest = power.table["type_one_upper"].max()
    for place, panel in enumerate(grid):
        for axes, goal, top, name in zip(
            panel, (0.8, power.scenario.alpha), (1.02, 1.05 * highest), ("power", "type I error"), strict=False
        ):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#dddddd", linewidth=0.6)
            axes.axhline(goal, color="#777777", linewidth=0.8, linestyle=(0, (6, 4)))
            axes.set_ylim(0, top)
            if place % columns == 0:
                axes.set_ylabel(name)


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
    TypeError
        When `power` is something else.
    ValueError
        When something else varies, a cell is missing, or there is no such test.
    """
    from bordin._figure import Picture, check_source

    check_source(power, Power)
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
