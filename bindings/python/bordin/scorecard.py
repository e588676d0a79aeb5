"""What is published, and what the engine gives: the scorecard as a table and as a picture."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bordin import _core
from bordin.plots import BLUE, VERMILION
from bordin.results import Progress, watched
from bordin.scenario import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = [
    *("scenario", "target", "quantity", "published", "k", "n", "low", "high", "value", "mcse", "holds", "gates"),
    *("certainty", "citation", "doi", "problem"),
]
FARTHEST = 1.2  # from the middle of the accepted band, in widths of it


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Published targets beside what the engine gives.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per target: ``scenario``, ``target``, ``quantity``, ``published`` (as printed, with the number of studies
        ``k`` and people ``n``), the accepted band ``low`` to ``high``, the engine's ``value`` with its Monte Carlo standard
        error ``mcse``, whether it ``holds``, whether the scorecard stands and falls with it (``gates``), how sure the
        published figure is (``certainty``), ``citation``, ``doi``, and a ``problem`` where there is no value.
    """

    table: pd.DataFrame

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the scorecard as a forest plot.

        Parameters
        ----------
        path : path, optional
            Picture to write: ``.png``, ``.pdf`` or ``.svg``.

        Returns
        -------
        matplotlib.figure.Figure
            A row per target, on its own scale: the band is the accepted interval, the dot what the engine gives with its
            95 % Monte Carlo interval. The figures stand at the right.
        """
        return _forest(self.table, path)

    def _repr_html_(self) -> str:
        shown = self.table[["scenario", "quantity", "published", "low", "high", "value", "mcse", "holds"]]
        return shown.to_html(index=False, border=0, float_format="{:.4g}".format)


def evidence(
    scenario: str | None = None,
    *,
    clients: int = 1_000_000,
    seed: int | None = None,
    threads: int = 0,
    progress: bool | Progress | None = None,
) -> Scorecard:
    """Put published figures beside what the engine gives for them.

    Parameters
    ----------
    scenario : str, optional
        Only the targets of this scenario of the library; all unless stated.
    clients : int, optional
        Simulated clients per scenario, at least.
    seed : int, optional
        Key of all random numbers; unless stated one that was never used for calibration.
    threads : int, optional
        0 uses all cores. The figures do not depend on it.
    progress : bool or callable, optional
        As in :func:`bordin.run`.

    Returns
    -------
    Scorecard
        With ``table`` and ``plot()``.

    Raises
    ------
    ValueError
        When no target is about the scenario.

    Examples
    --------
    >>> import bordin as bd
    >>> card = bd.evidence("routine-care", clients=20_000)
    >>> {"alliance", "empathy"} <= set(card.table["quantity"])
    True
    """
    known = _core.evidence_scenarios()
    if scenario is not None and scenario not in known:
        raise ValueError(f"no target is about the scenario {scenario!r}; there are targets about {', '.join(known)}")
    clients, threads = whole(clients, "clients", 1000), whole(threads, "threads")
    seed = _core.evidence_seed if seed is None else whole(seed, "seed")
    with watched(progress, _core.evidence_replications(scenario or "", clients)) as watch:
        rows = _core.evidence(scenario or "", clients, seed, threads, watch)
    return Scorecard(pd.DataFrame(rows, columns=COLUMNS))


def _forest(table: pd.DataFrame, path: str | os.PathLike[str] | None) -> Figure:
    from bordin._figure import Picture

    shown = table[table["value"].notna()].reset_index(drop=True)
    figure = Picture(figsize=(11, 1.6 + 0.27 * len(shown)), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.axvspan(0, 1, color="#dddddd", zorder=0)
    for place, (low, high, value, mcse, holds, gates) in enumerate(
        shown[["low", "high", "value", "mcse", "holds", "gates"]].itertuples(index=False)
    ):
        width = max(high - low, 1e-12)
        colour, marker = (BLUE, "o") if holds else (VERMILION, "X")
        face = colour if gates else "white"
        bars = 1.96 * mcse / width
        axes.errorbar((value - low) / width, place, xerr=bars, color=colour, marker=marker, markersize=5.5, mfc=face)
    _finish(axes, shown)
    held = f"{int(shown['holds'][shown['gates']].sum())} of {int(shown['gates'].sum())}"
    figure.suptitle(
        f"Published figures and what the engine gives: {held} that gate hold\n"
        "Filled: gates; hollow: shown only. At the right: accepted band, value, Monte Carlo standard error",
        fontsize=10,
    )
    if path is not None:
        figure.savefig(path)
    return figure


def _finish(axes: Axes, shown: pd.DataFrame) -> None:
    several = shown["scenario"].nunique() > 1
    names = [f"{s}: {q}" if several else str(q) for s, q in zip(shown["scenario"], shown["quantity"], strict=True)]
    axes.set_yticks(range(len(shown)), names, fontsize=8.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0.45 - FARTHEST, 0.55 + FARTHEST)
    axes.set_xticks([0, 1], ["lowest\naccepted", "highest\naccepted"])
    figures = [
        f"{low:.3g} to {high:.3g}:  {value:.4g} ({mcse:.1g})"
        for low, high, value, mcse in shown[["low", "high", "value", "mcse"]].itertuples(index=False)
    ]
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(shown)), figures, fontsize=8)
    for side in (axes, right):
        side.tick_params(axis="y", length=0)
        side.spines[:].set_visible(False)
    width = (shown["high"] - shown["low"]).clip(1e-12)
    at = (shown["value"] - shown["low"]) / width
    for place in shown.index[(at - 0.5).abs() > FARTHEST]:  # far off: an arrow at the edge
        edge, marker = (0.5 + FARTHEST, ">") if at[place] > 0 else (0.5 - FARTHEST, "<")
        axes.plot(edge, place, marker=marker, color=VERMILION, markersize=7)
