"""A picture of what the early alliance predicts. Apart from the rest, since it imports matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bordin.data import Data
from bordin.jackknife import Z95, Numbers, jackknife, sums_by_group
from bordin.plots import (
    BLACK,
    GREY,
    THIRDS,
    alliance_label,
    at_risk_and_leaving,
    check_early_alliance,
    draw_staying,
    improvement_label,
    in_thirds,
    kaplan_meier,
    rounded,
    slope_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_early_alliance(data: Data, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the early alliance against who stays and who gets better.

    Parameters
    ----------
    data : Data
        A study. Its clients need ``alliance_early`` and ``change``.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.

    Returns
    -------
    matplotlib.figure.Figure
        Left: the share of clients who have not dropped out (Kaplan-Meier), by third of early alliance, with pointwise 95 %
        bands and the numbers at risk below. Right: early alliance against change of those of the same clients who did not
        drop out, with the means of the thirds and the correlation. All intervals are jackknifed over therapists, since
        clients of one therapist are alike.

    Raises
    ------
    TypeError
        When `data` is not one study.
    ValueError
        When the clients have no early alliance or no change, or all have the same therapist.

    Examples
    --------
    >>> import bordin as bd
    >>> figure = bd.plot_early_alliance(bd.simulate("early-alliance", seed=1))
    >>> [axes.get_title(loc="left") for axes in figure.axes if axes.get_ylabel()]
    ['Who stays?', 'Who gets better?']
    """
    from bordin._figure import Picture, check_source

    check_source(data, Data)
    check_early_alliance(data)
    if data.clients["therapist"].nunique() < 2:
        raise ValueError("all clients have the same therapist; intervals need at least two therapists")
    figure = Picture(figsize=(11.5, 5.4), dpi=120, layout="constrained")
    panels = figure.subplot_mosaic([["staying", "better"], ["at risk", "better"]], height_ratios=[6, 1])
    draw_staying(panels["staying"], data)
    _draw_bands(panels["staying"], data)
    _write_at_risk(panels["at risk"], panels["staying"], data)
    _draw_better(panels["better"], data)
    for name in ("staying", "better"):
        panels[name].spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        f"Early alliance in one simulated study of {len(data.therapists)} therapists\n"
        f"{data.scenario.title} (seed {data.seed}, study {data.replication})",
        fontsize=12,
    )
    if path is not None:
        figure.savefig(path)
    return figure


def survival_band(clients: pd.DataFrame, from_week: int) -> pd.DataFrame:
    """Estimate survival with pointwise 95 % bands that know about therapists.

    Parameters
    ----------
    clients : pandas.DataFrame
        With ``sessions_attended``, ``dropped_out`` and ``therapist``.
    from_week : int
        Session from which on clients are followed.

    Returns
    -------
    pandas.DataFrame
        By session: ``share``, as :func:`bordin.plots.survival` gives it, ``lower`` and ``upper`` (on the log-log scale, so
        that they stay between 0 and 1; the share itself where it is 1), and ``at_risk``, the clients who came to this
        session or a later one.

    Examples
    --------
    >>> import bordin as bd
    >>> band = survival_band(bd.simulate("early-alliance", seed=1).clients, 1)
    >>> bool((band["lower"] <= band["share"]).all() and (band["share"] <= band["upper"]).all())
    True
    """
    times, counts = at_risk_and_leaving(clients["sessions_attended"], clients["dropped_out"], from_week)
    share, error = jackknife(kaplan_meier, sums_by_group(counts, clients["therapist"]))
    inside = (share > 0) & (share < 1)
    log = np.log(np.where(inside, share, 0.5))
    wider = np.where(inside, np.exp(Z95 * error / np.abs(np.where(inside, share, 0.5) * log)), 1)
    band = {"share": share, "lower": share**wider, "upper": share ** (1 / wider), "at_risk": counts.sum(axis=0)[0]}
    return pd.DataFrame(band, index=times)


def _bands(data: Data) -> dict[str, pd.DataFrame]:
    start, clients = in_thirds(data)
    return {name: survival_band(clients[clients["third"] == name], start) for name in reversed(THIRDS)}


def _draw_bands(axes: Axes, data: Data) -> None:
    lowest = 1.0
    for name, band in _bands(data).items():
        axes.fill_between(
            band.index,
            100 * band["lower"],
            100 * band["upper"],
            step="post",
            color=THIRDS[name][0],
            alpha=0.15,
            linewidth=0,
        )
        lowest = min(lowest, band["lower"].min())
    axes.set_ylim(max(0, 10 * np.floor(10 * lowest) - 15), 101)
    axes.set_xlabel("")
    title = "shaded: pointwise 95 % band"
    axes.legend(loc="lower left", fontsize=8.5, frameon=False, title=title, title_fontsize=8.5, alignment="left")


def _write_at_risk(axes: Axes, above: Axes, data: Data) -> None:
    """Write how many clients each point of the curves rests on, below the sessions."""
    start, _ = in_thirds(data)
    ticks = [int(tick) for tick in above.get_xticks() if above.get_xlim()[0] <= tick <= above.get_xlim()[1]]
    for place, (name, band) in enumerate(_bands(data).items()):
        for tick in ticks:
            number = band["at_risk"].get(tick, 0)
            axes.text(tick, -place, f"{number}", color=THIRDS[name][0], ha="center", va="center", fontsize=8.5)
    axes.set_yticks([0, -1, -2], [name.split()[0] for name in reversed(THIRDS)], fontsize=8.5)
    axes.set_ylim(-2.6, 0.6)
    axes.set_xlim(above.get_xlim())
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Clients who came to this session or a later one", loc="left", fontsize=8.5)
    axes.set_xlabel(f"Session (clients who came to session {start} or later)")


def _correlation(sums: Numbers) -> Numbers:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return np.asarray((n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y)))


def _mean(sums: Numbers) -> Numbers:
    return np.asarray(sums[..., 1] / sums[..., 0])


def correlation_interval(x: Numbers, y: Numbers, groups: Numbers) -> tuple[float, float, float]:
    """Return the correlation and its 95 % interval, Fisher's z jackknifed over groups.

    Examples
    --------
    >>> x = np.arange(40.0)
    >>> r, lower, upper = correlation_interval(x, x + 30 * np.sin(x), x // 2)
    >>> bool(lower < r < upper), round(r, 6) == round(float(np.corrcoef(x, x + 30 * np.sin(x))[0, 1]), 6)
    (True, True)
    """
    x, y = x - x.mean(), y - y.mean()
    sums = sums_by_group(np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1), groups)
    z, error = jackknife(lambda each: np.arctanh(_correlation(each)), sums)
    r, lower, upper = np.tanh([z, z - Z95 * error, z + Z95 * error])
    return float(r), float(lower), float(upper)


def _draw_better(axes: Axes, data: Data) -> None:
    _, everybody = in_thirds(data)
    clients = everybody.dropna(subset="change")
    x, y = (clients[name].to_numpy(np.float64) for name in ("alliance_early", "change"))
    r, lower, upper = correlation_interval(x, y, clients["therapist"].to_numpy())
    axes.axhline(0, color=GREY, linewidth=0.8)
    ends = np.array([x.min(), x.max()])
    line = y.mean() + slope_of(x, y) * (ends - x.mean())
    label = f"r = {rounded(r, 2)} (95 % interval {rounded(lower, 2)} to {rounded(upper, 2)})"
    axes.plot(ends, line, color=BLACK, linewidth=1.2, label=label)
    for name, (colour, _) in reversed(THIRDS.items()):
        _draw_third(axes, clients[clients["third"] == name], name, colour)
    axes.set_title("Who gets better?", loc="left", fontweight="bold")
    axes.set_xlabel(alliance_label(data))
    axes.set_ylabel(improvement_label(data))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.24 * (high - low))
    title = f"n = {len(clients)} of the same clients, who did not drop out"
    axes.legend(loc="upper left", fontsize=8.5, frameon=False, title=title, title_fontsize=8.5, alignment="left")


def _draw_third(axes: Axes, clients: pd.DataFrame, name: str, colour: str) -> None:
    marker = dict(zip(THIRDS, "o^s", strict=True))[name]
    axes.scatter(clients["alliance_early"], clients["change"], s=9, color=colour, alpha=0.22, linewidth=0)
    change = clients["change"].to_numpy(np.float64)
    mean, error = jackknife(_mean, sums_by_group(np.stack([np.ones_like(change), change], axis=1), clients["therapist"]))
    value, margin = float(mean), Z95 * float(error)
    axes.errorbar(
        clients["alliance_early"].mean(),
        value,
        margin,
        color=colour,
        marker=marker,
        markersize=6,
        markeredgecolor="white",
        linewidth=2,
        capsize=5,
        linestyle="none",
        zorder=4,
        label=f"mean of the {name}: {rounded(value, 1)} ({rounded(value - margin, 1)} to {rounded(value + margin, 1)})",
    )
