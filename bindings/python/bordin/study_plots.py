"""Pictures of one simulated study and the truth behind it. Apart from the rest, since they import matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bordin.data import Data, simulate
from bordin.fitting import fit
from bordin.plots import BLUE, GREEN, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NAMED = 40  # therapists whose caseload there is room to print
CLIENTS_FOR_TRUTH = 1000

# How therapy ended, where the column's own word says too little.
ENDINGS = {"dropout": "dropped out", "agreed": "ended as agreed", "maximum": "to the planned end"}


def plot_therapists(
    data: Data, variable: str = "alliance_early", path: str | os.PathLike[str] | None = None, *, truth: bool = True
) -> Figure:
    """Draw a caterpillar of the therapists: raw mean, shrunken estimate, truth.

    Parameters
    ----------
    data : Data
        A study.
    variable : str, optional
        Of its clients, such as ``"alliance_early"``, ``"change"`` or ``"last"``.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.
    truth : bool, optional
        Show the truth: the mean that the very same therapists have with 1000 clients each. It is simulated for this, and
        left out for trials, whose arms have their own caseloads.

    Returns
    -------
    matplotlib.figure.Figure
        Therapists in order of the shrunken estimate (the prediction of a model with a random intercept). Bars are 95 %
        intervals; everything is the distance to the average therapist, in the variable's unit.

    Raises
    ------
    TypeError
        When `data` is not one study.
    ValueError
        When the clients have no such number, or nobody has one.
    """
    from bordin._figure import Picture, check_source

    check_source(data, Data)
    judged = _judged(data, variable)
    if truth and not _has_arms(data):
        judged["truth"] = _truth(data, variable)
    place = np.arange(len(judged))
    figure = Picture(figsize=(min(16.0, max(7.6, 3.5 + 0.16 * len(judged))), 5.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
    for column, error, aside, colour, marker, label in (
        ("raw", "raw_se", -0.15, VERMILION, "o", "raw mean, 95 % interval"),
        ("shrunken", "shrunken_sd", 0.15, BLUE, "s", "shrunken estimate, 95 % interval"),
    ):
        bars = 1.96 * judged[error]
        axes.errorbar(
            place + aside, judged[column], bars, fmt=marker, color=colour, markersize=3.5, linewidth=1, label=label
        )
    if "truth" in judged:
        axes.scatter(
            place, judged["truth"], marker="D", s=22, color=GREEN, edgecolor="white", linewidth=0.5, zorder=3, label="truth"
        )
    _finish_therapists(axes, judged, f"{variable}{_unit(data, variable)}")
    figure.suptitle(
        f"Therapists in one simulated study: {variable}\n"
        f"{data.scenario.title} (seed {data.seed}, study {data.replication})",
        fontsize=12,
        wrap=True,
    )
    if path is not None:
        figure.savefig(path)
    return figure


def _judged(data: Data, variable: str) -> pd.DataFrame:
    """Return therapists by shrunken estimate, with their means, all as distances to the average therapist."""
    clients = _usable(data, variable)
    model = fit(clients, f"`{variable}` ~ 1 + (1 | therapist)")
    predicted = model.ranef().astype({"level": int}).set_index("level")
    groups = clients.groupby("therapist")[variable]
    table = pd.DataFrame({"caseload": groups.size(), "raw": groups.mean() - model.coefficients["estimate"].iloc[0]})
    table["raw_se"] = model.sigma / np.sqrt(table["caseload"])
    table["shrunken"], table["shrunken_sd"] = predicted["value"], predicted["sd"]
    return table.sort_values("shrunken", kind="stable")


def _usable(data: Data, variable: str) -> pd.DataFrame:
    numeric = [str(name) for name in data.clients.select_dtypes("number").columns if name != "therapist"]
    if variable not in numeric:
        raise ValueError(f"the clients of this study have no number {variable!r}; there is {', '.join(numeric)}")
    clients = data.clients.loc[data.clients["therapist"] < len(data.therapists), ["therapist", variable]].dropna()
    if clients["therapist"].nunique() < 2 or len(clients) == clients["therapist"].nunique():
        raise ValueError(f"{variable}: at least two therapists with two clients are needed to tell therapists from luck")
    return clients


def _has_arms(data: Data) -> bool:
    return "arm" in data.clients or "arm" in data.therapists


def _truth(data: Data, variable: str) -> pd.Series[float]:
    scenario = data.scenario.with_({"design.caseload": CLIENTS_FOR_TRUTH})
    clients = simulate(scenario, seed=data.seed, replication=data.replication).clients
    means = clients.groupby("therapist")[variable].mean()
    return means - means.mean()


def _unit(data: Data, variable: str) -> str:
    unit = str(data.variables.loc[("clients", variable), "unit"])
    return f" [{unit}]" if unit else ""


def _finish_therapists(axes: Axes, judged: pd.DataFrame, what: str) -> None:
    axes.set_ylabel(f"Above the average therapist:\n{what}")
    axes.set_xlim(-1, len(judged))
    if len(judged) <= MOST_NAMED:
        axes.set_xticks(range(len(judged)), [str(n) for n in judged["caseload"]], fontsize=8)
        axes.set_xlabel(f"{len(judged)} therapists in order of the shrunken estimate, each with the number of clients")
    else:
        axes.set_xticks([])
        axes.set_xlabel(f"{len(judged)} therapists in order of the shrunken estimate")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", fontsize=9)


def plot_sessions(data: Data, clients: list[int] | None = None, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the alliance of some clients session by session, ruptures and repairs marked where the scenario has them.

    Parameters
    ----------
    data : Data
        A study with its truth, as :func:`bordin.simulate` makes it.
    clients : list of int, optional
        Whom to draw, at most 12; otherwise six, from those with the fewest ruptures to those with the most; without
        ruptures from those with the lowest mean alliance to those with the highest.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.

    Returns
    -------
    matplotlib.figure.Figure
        A panel per client: the true alliance, in standard deviations; open ruptures as bars that hang from where it would
        be without them; repairs; how therapy ended.

    Raises
    ------
    TypeError
        When `data` is not one study.
    ValueError
        When the truth was not kept, there is no such client, or nobody comes to more than one session.
    """
    from bordin._figure import Picture, check_source

    check_source(data, Data)
    sessions = _true_sessions(data)
    chosen = _chosen(sessions) if clients is None else clients
    most = 12
    strange = [client for client in chosen if client not in set(sessions["client"])]
    if strange or not 1 <= len(chosen) <= most:
        raise ValueError(f"clients are {chosen}, but must be 1 to {most} of those who came to a session of this study")
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = Picture(figsize=(max(5.6, 1.2 + 3.6 * columns), 1.5 + 2.5 * rows), dpi=120, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes, client in zip(grid.flat, chosen, strict=False):
        _draw_client(axes, sessions[sessions["client"] == client], str(data.clients["ending"].loc[client]), client)
    for axes in grid.flat[len(chosen) :]:
        axes.set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("Session")
        axes.locator_params(axis="x", integer=True)
    for axes in grid[:, 0]:
        axes.set_ylabel("True alliance [SD]")
    figure.suptitle(
        f"The alliance, session by session\n{data.scenario.title} (seed {data.seed}, study {data.replication})",
        fontsize=12,
    )
    known = _legend(list(grid.flat[: len(chosen)]))
    figure.legend(known.values(), known.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    if path is not None:
        figure.savefig(path)
    return figure


def _true_sessions(data: Data) -> pd.DataFrame:
    if data.truth is None:
        raise ValueError("this picture shows the truth, which was not kept; bordin.simulate or bordin.replay make it again")
    both = data.sessions[["client", "session", "attended"]].join(data.truth.sessions)
    sessions = both[both["attended"] & (both["session"] > 0) & both["alliance_true"].notna()]
    if not sessions["client"].duplicated().any():
        raise ValueError(
            "nobody came to more than one session in this study, so there is nothing to follow from session to session; "
            "the scenario rupture-repair has courses of therapy"
        )
    return sessions


def _has_ruptures(sessions: pd.DataFrame) -> bool:
    return "rupture_true" in sessions


def _chosen(sessions: pd.DataFrame) -> list[int]:
    """Return six who came for long enough to see something, by sessions in rupture; without ruptures by mean alliance."""
    client = sessions["client"]
    ruptures = _has_ruptures(sessions)
    level = (sessions["rupture_true"] > 0) if ruptures else sessions["alliance_true"]
    ranks = level.groupby(client).agg("sum" if ruptures else "mean")
    came = client.groupby(client).size()
    long = ranks[came >= min(6, int(came.max()))].sort_values(kind="stable")
    places = np.unique(np.linspace(0, len(long) - 1, 6).round().astype(int))
    return [int(one) for one in long.index[places]]


def _draw_client(axes: Axes, own: pd.DataFrame, ending: str, client: int) -> None:
    session, alliance = own["session"], own["alliance_true"]
    axes.plot(session, alliance, color=BLUE, marker="o", markersize=3.5, linewidth=1.5, label="alliance")
    if _has_ruptures(own):
        _mark_ruptures(axes, own)
    if ending == "dropout":
        axes.scatter(
            session.iloc[-1:], alliance.iloc[-1:], marker="x", s=60, color="#222222", zorder=4, label="last before dropout"
        )
    count = f"{len(own)} session{'' if len(own) == 1 else 's'}"
    axes.set_title(f"client {client}: {count}, {ENDINGS.get(ending, ending)}", loc="left", fontsize=9.5)
    axes.spines[["top", "right"]].set_visible(False)


def _mark_ruptures(axes: Axes, own: pd.DataFrame) -> None:
    session, alliance = own["session"], own["alliance_true"]
    broken = own["rupture_true"] > 0
    if broken.any():
        without = (alliance + own["rupture_true"])[broken]
        axes.vlines(session[broken], alliance[broken], without, color=VERMILION, linewidth=3, label="open rupture")
    repaired = own["repairs_true"].diff().fillna(own["repairs_true"]) > 0
    if repaired.any():
        axes.scatter(
            session[repaired],
            alliance[repaired],
            marker="^",
            s=60,
            color=GREEN,
            edgecolor="white",
            zorder=3,
            label="repaired",
        )


def _legend(panels: list[Axes]) -> dict[str, Artist]:
    """Return what the panels show, by its label."""
    known: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            known.setdefault(label, handle)
    return known
