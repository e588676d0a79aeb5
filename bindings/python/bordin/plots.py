"""Pictures. Colours are those of Okabe and Ito, which colour-blind people can tell apart."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bordin.data import Data
from bordin.results import Results
from bordin.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.float64]

BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
GREY, BLACK = "#777777", "#222222"
THIRDS = {"lowest third": (VERMILION, ":"), "middle third": (GREY, "--"), "highest third": (BLUE, "-")}


def plot_first_look(source: Results | Data, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw one simulated study: do therapists differ, who stays, and who gets better?

    Parameters
    ----------
    source : Results or Data
        A study; of results the first one. Its clients need ``alliance_early`` and ``change``.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.

    Returns
    -------
    matplotlib.figure.Figure
        With three panels: therapists in order of their clients' early alliance; the share of clients still in therapy, by
        third of early alliance; early alliance against change.

    Raises
    ------
    TypeError
        When `source` is neither.
    ValueError
        When the clients have no early alliance or no change.
    """
    from bordin._figure import Picture, check_source

    check_source(source, Results, Data)
    data = source.data(0) if isinstance(source, Results) else source
    check_early_alliance(data)
    figure = Picture(figsize=(13.5, 4.8), dpi=120, layout="constrained")
    therapists, staying, better = figure.subplots(1, 3)
    _draw_therapists(therapists, data)
    draw_staying(staying, data)
    _draw_change(better, data)
    for axes in (therapists, staying, better):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        f"One simulated study of {len(data.therapists)} therapists and {len(data.clients)} clients: "
        f"{data.scenario.title} (seed {data.seed}, study {data.replication})",
        fontsize=12,
    )
    if path is not None:
        figure.savefig(path)
    return figure


def survival(weeks: npt.ArrayLike, left: npt.ArrayLike, from_week: int) -> pd.Series[float]:
    """Estimate the share who have not dropped out (Kaplan-Meier), among those who came at least `from_week` times.

    Parameters
    ----------
    weeks : array_like of int, shape (clients,)
        Sessions attended.
    left : array_like of bool, shape (clients,)
        Whether the client dropped out then. Others ended as planned and count until they did.
    from_week : int
        Session from which on clients are followed.

    Returns
    -------
    pandas.Series
        Share of clients, 0 to 1, by session; 1 at `from_week`.

    Examples
    --------
    >>> survival([3, 4, 5, 5], [False, True, True, False], 3).round(3).to_dict()
    {3: 1.0, 4: 0.667, 5: 0.333}
    """
    times, counts = at_risk_and_leaving(weeks, left, from_week)
    return pd.Series(kaplan_meier(counts.sum(axis=0)), index=times)


def at_risk_and_leaving(
    weeks: npt.ArrayLike, left: npt.ArrayLike, from_week: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the sessions, and of every client whether he or she was there (0) and left then (1).

    Returns
    -------
    times : int array, shape (sessions,)
    counts : bool array, shape (clients, 2, sessions)
        Sums over clients are what :func:`kaplan_meier` takes.
    """
    sessions, dropped = np.asarray(weeks), np.asarray(left, dtype=bool)
    times = np.arange(from_week, sessions.max(initial=from_week) + 1)
    leaving = dropped[:, None] & (sessions[:, None] == times)
    leaving[:, 0] = False
    return times, np.stack([sessions[:, None] >= times, leaving], axis=1)


def kaplan_meier(counts: npt.NDArray[Any]) -> Numbers:
    """Return the share who have not left, of numbers at risk and leaving, shape (..., 2, sessions)."""
    at_risk, leaving = counts[..., 0, :], counts[..., 1, :]
    return np.asarray(np.cumprod(1 - leaving / np.maximum(at_risk, 1), axis=-1), dtype=np.float64)


def check_early_alliance(data: Data) -> None:
    """Raise ValueError when there is no early alliance or no change to draw."""
    missing = {"alliance_early", "change", "therapist"} - set(data.clients.columns)
    if missing:
        raise ValueError(f"the clients of this study have no {' and no '.join(sorted(missing))}, which this picture shows")
    if data.clients[["alliance_early", "change"]].dropna().drop_duplicates().shape[0] < 3:
        raise ValueError("fewer than three different clients have an early alliance and a change: there is nothing to draw")


def _draw_therapists(axes: Axes, data: Data) -> None:
    clients = data.clients.loc[data.clients["therapist"] < len(data.therapists), ["therapist", "alliance_early"]].dropna()
    by_therapist = clients.groupby("therapist")["alliance_early"]
    table = by_therapist.agg(["mean", "count"]).sort_values("mean")
    within = float(np.sqrt((by_therapist.var() * (table["count"] - 1)).sum() / max(len(clients) - len(table), 1)))
    place = np.arange(1, len(table) + 1)
    axes.axhline(clients["alliance_early"].mean(), color=GREY, linewidth=1, linestyle="--", label="mean of all clients")
    half_width = 1.96 * within / np.sqrt(table["count"])
    axes.errorbar(place, table["mean"], yerr=half_width, fmt="none", ecolor=BLUE, elinewidth=1, alpha=0.5)
    axes.scatter(place, table["mean"], s=_dot_area(table["count"]), color=BLUE, edgecolor="white", linewidth=0.6, zorder=3)
    axes.set_title("Do therapists differ?", loc="left", fontweight="bold")
    axes.set_xlabel(f"{len(table)} therapists, in order of their clients' early alliance")
    axes.set_ylabel(alliance_label(data))
    axes.set_xlim(0, len(table) + 1)
    _caseload_legend(axes, table["count"])


def _dot_area(caseload: Any) -> Any:
    return 5 + 2.3 * caseload  # square points; even a single client can be seen


def _caseload_legend(axes: Axes, caseloads: pd.Series[int]) -> None:
    from matplotlib.lines import Line2D

    handles: list[Any] = [
        Line2D(
            [],
            [],
            marker="o",
            linestyle="",
            color=BLUE,
            markersize=float(np.sqrt(_dot_area(n))),
            label=f"{n} client{'s' * (n > 1)}",
        )
        for n in sorted({int(q) for q in np.quantile(caseloads, [0, 0.5, 1])})
    ]
    line = Line2D([], [], color=BLUE, alpha=0.5, label="95 % interval")
    mean = Line2D([], [], color=GREY, linestyle="--", linewidth=1, label="all clients")
    axes.legend(handles=[*handles, line, mean], loc="lower right", fontsize=8.5, frameon=False, labelspacing=0.7)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.12 * (high - low), high)


def in_thirds(data: Data) -> tuple[int, pd.DataFrame]:
    """Return the last session of the early alliance, and the clients who came to it with their ``third``."""
    start = data.scenario._loaded.early_sessions[1]
    clients = data.clients.loc[data.clients["sessions_attended"] >= start].dropna(subset="alliance_early")
    ranks = clients["alliance_early"].rank(method="first", pct=True)
    return start, clients.assign(third=pd.cut(ranks, [0, 1 / 3, 2 / 3, 1], labels=list(THIRDS)))


def draw_staying(axes: Axes, data: Data) -> None:
    """Draw the share of clients who have not dropped out, by third of early alliance."""
    start, clients = in_thirds(data)
    lowest = 1.0
    for name, (colour, style) in reversed(THIRDS.items()):
        group = clients[clients["third"] == name]
        share = survival(group["sessions_attended"], group["dropped_out"], start)
        label = f"{name} of early alliance (n = {len(group)})"
        axes.step(share.index, 100 * share, where="post", color=colour, linestyle=style, linewidth=2, label=label)
        lowest = min(lowest, share.min())
    axes.set_title("Who stays?", loc="left", fontweight="bold")
    axes.set_xlabel(f"Session (clients who came to session {start} or later)")
    axes.set_ylabel("Clients who have not dropped out [%]")
    axes.set_ylim(max(0, 10 * np.floor(10 * lowest) - 12), 101)
    axes.locator_params(axis="x", integer=True)
    axes.legend(loc="lower left", fontsize=8.5, frameon=False)


def _draw_change(axes: Axes, data: Data) -> None:
    clients = data.clients[["therapist", "alliance_early", "change"]].dropna().astype(np.float64)
    x, y = clients["alliance_early"].to_numpy(), clients["change"].to_numpy()
    by_therapist = clients.groupby("therapist")
    own = clients[["alliance_early", "change"]] - by_therapist[["alliance_early", "change"]].transform("mean")
    within = slope_of(own["alliance_early"].to_numpy(), own["change"].to_numpy())
    axes.scatter(x, y, s=10, color=GREY, alpha=0.45, linewidth=0)
    ends = np.array([x.min(), x.max()])
    r = np.corrcoef(x, y)[0, 1]
    for slope, colour, style, label in (
        (slope_of(x, y), BLACK, "-", f"all clients, r = {rounded(r, 2)}"),
        (within, VERMILION, "--", f"within therapists, r = {rounded(np.corrcoef(own.T)[0, 1], 2)}"),
    ):
        axes.plot(ends, y.mean() + slope * (ends - x.mean()), color=colour, linestyle=style, linewidth=2, label=label)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_title("Who gets better?", loc="left", fontweight="bold")
    axes.set_xlabel(alliance_label(data))
    axes.set_ylabel(improvement_label(data))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.18 * (high - low))
    axes.legend(
        loc="upper left", fontsize=8.5, frameon=False, title=f"n = {len(clients)} who did not drop out", title_fontsize=8.5
    )


def rounded(value: float, digits: int) -> str:
    """Return a number as text, zero without a sign.

    Examples
    --------
    >>> rounded(-0.04, 1), rounded(-0.06, 1)
    ('0.0', '-0.1')
    """
    return f"{round(value, digits) + 0.0:.{digits}f}"  # adding zero takes the sign off


def slope_of(x: Numbers, y: Numbers) -> float:
    """Return the slope of the straight line of y on x."""
    deviation = x - x.mean()
    return float((deviation * (y - y.mean())).sum() / (deviation**2).sum())


def improvement_label(data: Data) -> str:
    """Return what an axis of change is called."""
    return f"Improvement, before minus after\n({outcome_name(data.scenario)}, points)"


def alliance_label(data: Data) -> str:
    """Return what an axis of early alliance is called."""
    first, last = data.scenario._loaded.early_sessions
    name = next((name for name, of_alliance in data.scenario._loaded.instruments if of_alliance), "alliance")
    sessions = f"session {first}" if first == last else f"sessions {first} to {last}"
    return f"Early alliance ({name}, points, {sessions})"


def outcome_name(scenario: Scenario) -> str:
    """Return the name of the questionnaire that measures the outcome."""
    return next(name for name, of_alliance in scenario._loaded.instruments if not of_alliance)
