"""What the variance of the outcome is made of. Apart from the rest, since it imports matplotlib."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bordin.data import Data, simulate
from bordin.fitting import fit
from bordin.jackknife import Z95, Numbers, jackknife, sums_by_group
from bordin.plots import BLACK, BLUE, GREEN, GREY, ORANGE, outcome_name, rounded
from bordin.scenario import Scenario
from bordin.scenario import scenario as load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLIENTS_OF_A_SCENARIO = 50_000

Interval = tuple[float, float, float]  # share, lower, upper
RSquared = Callable[[Iterable[str]], Numbers]

INTAKE, TREATMENT, THERAPIST = "symptoms at intake", "treatment", "therapist"
FACTORS = ("alliance", "empathy", "goal consensus", "collaboration", "expectation")
SUM, TOGETHER = "these factors, added up", "these factors, together"
MEASURED, BEYOND, LAST_WEEK, ERROR, REST = (
    "all of these measures together",
    "therapists, beyond these",
    "state of the last week",
    "measurement error of the last score",
    "all else, which nobody measures",
)
PARTS = {
    MEASURED: (BLUE, ""),
    BEYOND: (GREEN, "//"),
    LAST_WEEK: (ORANGE, ".."),
    ERROR: ("#bbbbbb", "xx"),
    REST: ("white", ""),
}


def variance_budget(source: Data | Scenario | str | os.PathLike[str]) -> pd.DataFrame:
    """Say how much of the variance of the outcome goes with what.

    Parameters
    ----------
    source : Data, Scenario, str or path
        A study; of a scenario as many of its studies as it takes for 50 000 clients.

    Returns
    -------
    pandas.DataFrame
        By source; all are shares, 0 to 1, of the variance of ``last``, the last score, of the clients of whom every measure
        is known: ``share`` with its 95 % interval ``lower`` to ``upper``, and ``kind``:

        - "alone": what this measure explains if one looks at nothing else: squared correlation, of the therapist the
          intraclass correlation. ``beyond`` (with ``beyond_lower``, ``beyond_upper``) is what it adds to all others.
          These shares overlap.
        - "sum" and "together": what the alliance and its like (alliance, empathy, goal consensus, collaboration and
          expectation, as in the scorecard) come to if one adds their shares, and what they explain jointly.
        - "part": parts that do not overlap and add to 1. The state of the last week (how far symptoms were from where the
          client's therapy had brought them) and measurement error are known from the truth; without it the rest has them.

    Raises
    ------
    ValueError
        When nobody has an outcome, or all clients have the same therapist.

    Examples
    --------
    >>> import bordin as bd
    >>> table = variance_budget(bd.simulate("routine-care", seed=1))
    >>> float(table.loc[table["kind"] == "part", "share"].sum().round(6))
    1.0
    >>> bool(table.loc["these factors, together", "share"] < table.loc["these factors, added up", "share"])
    True
    """
    return _table(_clients_of(source))


def plot_variance_budget(
    source: Data | Scenario | str | os.PathLike[str], path: str | os.PathLike[str] | None = None
) -> Figure:
    """Draw what the variance of the outcome is made of.

    Parameters
    ----------
    source : Data, Scenario, str or path
        A study; of a scenario as many of its studies as it takes for 50 000 clients.
    path : path, optional
        Picture to write: ``.png``, ``.pdf`` or ``.svg``.

    Returns
    -------
    matplotlib.figure.Figure
        Above, bars: the share of the variance of the last score that each measure explains alone. They overlap, so what
        they explain together stands beside what they come to added up; diamonds are what is left of a measure when all
        others are known. Below: one bar whose parts do not overlap and add to 100 %. Lines are 95 % intervals, jackknifed
        over therapists.

    Raises
    ------
    TypeError
        When `source` is none of these.
    ValueError
        When nobody has an outcome, or all clients have the same therapist.

    Examples
    --------
    >>> import bordin as bd
    >>> figure = bd.plot_variance_budget(bd.simulate("routine-care", seed=1))
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['What each explains alone: these shares overlap', 'Parts that do not overlap and add to 100 %']
    """
    from bordin._figure import Picture, check_source

    check_source(source, Data, Scenario, str, os.PathLike)
    clients = _clients_of(source)
    table = _table(clients)
    rows = table[table["kind"] != "part"]
    figure = Picture(figsize=(9.6, 3.8 + 0.37 * len(rows)), dpi=120, layout="constrained")
    alone, parts = figure.subplots(2, 1, height_ratios=[0.37 * len(rows) + 0.3, 0.75])
    scenario = source.scenario if isinstance(source, Data) else load(source)
    _draw_alone(alone, rows, outcome_name(scenario), len(clients), scenario._loaded.early_sessions[1])
    _draw_parts(parts, table[table["kind"] == "part"])
    handles, labels = parts.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    whose = "one simulated study" if isinstance(source, Data) else "simulated studies"
    figure.suptitle(f"What the outcome's variance is made of, in {whose}\n{scenario.title}", fontsize=12)
    if path is not None:
        figure.savefig(path)
    return figure


def _clients_of(source: Data | Scenario | str | os.PathLike[str]) -> pd.DataFrame:
    """Return all that is asked of each client; what is missing for everybody is left out, then whoever misses anything."""
    clients = pd.concat(_studies(source), ignore_index=True)
    clients = clients.dropna(axis="columns", how="all").dropna()
    varying = [str(name) for name in clients.columns if clients[name].nunique() > 1]
    if "outcome" not in varying:
        raise ValueError("the clients of this study have no last score that differs: there is no variance to explain")
    if "by" not in varying:
        raise ValueError("all clients have the same therapist; their share needs at least two therapists")
    return clients[varying]


def _studies(source: Data | Scenario | str | os.PathLike[str]) -> Iterable[pd.DataFrame]:
    if isinstance(source, Data):
        yield _asked(source)
        return
    scenario, clients = load(source), 0
    for replication in count():
        study = _asked(simulate(scenario, scenario.seed, replication))
        study["by"] = study["by"].astype(str) + f" of study {replication}"
        yield study
        clients += len(study)
        if clients >= CLIENTS_OF_A_SCENARIO:
            return


def _asked(data: Data) -> pd.DataFrame:
    """Return outcome, measures, therapist and, if known, latent symptoms, by client."""
    clients = data.clients
    early = data.scenario._loaded.early_sessions[1]
    columns = {"outcome": "last", INTAKE: "pre", "alliance": f"alliance_{early}"}
    columns |= {factor: factor.replace(" ", "_") for factor in FACTORS[1:]}
    asked = {name: clients[column] for name, column in columns.items() if column in clients}
    table = pd.DataFrame(asked, dtype=np.float64).assign(by=clients["therapist"])
    if "arm" in clients:
        table = table.join(pd.get_dummies(clients["arm"], prefix=TREATMENT, drop_first=True, dtype=np.float64))
    if data.truth is not None:
        table["latent"] = data.truth.clients["last_true"]
        table["fluctuation"] = _fluctuation(data)
    return table


def _fluctuation(data: Data) -> pd.Series[float]:
    """Return by how much symptoms at the last session were off what severity and improvement so far make them."""
    assert data.truth is not None
    came = data.sessions["attended"] & (data.sessions["session"] > 0)
    gain = data.truth.sessions["gain_true"][came].groupby(data.sessions["client"][came]).last()
    of_therapist = data.clients["therapist"].map(data.truth.therapists["severity_therapist_true"]).fillna(0)
    people = data.truth.clients
    return people["last_true"] + gain - people["severity_true"] - of_therapist


class _Explained:
    """Shares of the outcome's variance, with intervals that know about therapists."""

    def __init__(self, clients: pd.DataFrame) -> None:
        numbers = clients.drop(columns="by")
        scaled = ((numbers - numbers.mean()) / numbers.std()).assign(one=1.0)
        self._place = {str(name): place for place, name in enumerate(scaled.columns)}
        rows = scaled.to_numpy()
        self._sums = sums_by_group(rows[:, :, None] * rows[:, None, :], clients["by"])

    def interval(self, statistic: Callable[[RSquared], Numbers]) -> Interval:
        """Estimate what `statistic` makes of squared multiple correlations."""
        value, error = jackknife(lambda sums: statistic(lambda columns: self._r_squared(sums, columns)), self._sums)
        share = float(value)
        return share, max(0.0, share - Z95 * float(error)), min(1.0, share + Z95 * float(error))

    def _r_squared(self, sums: Numbers, columns: Iterable[str]) -> Numbers:
        one = self._place["one"]
        means = sums[..., one, :] / sums[..., one, one, None]
        covariance = sums / sums[..., one, one, None, None] - means[..., :, None] * means[..., None, :]
        x, y = [self._place[column] for column in columns], self._place["outcome"]
        with_y = covariance[..., x, y]
        explained = np.linalg.pinv(covariance[..., x, :][..., x], hermitian=True) @ with_y[..., None]
        return np.asarray((with_y * explained[..., 0]).sum(axis=-1) / covariance[..., y, y])


def _table(clients: pd.DataFrame) -> pd.DataFrame:
    measures = _measures(clients)
    every = _columns(measures, measures)
    explained = _Explained(clients)
    therapist, therapist_beyond = _therapists(clients, measures.get(TREATMENT, [])), _therapists(clients, every)
    rows: dict[str, tuple[str, Interval, Interval | None]] = {THERAPIST: ("alone", therapist, therapist_beyond)}
    for source, columns in measures.items():
        others = _columns(measures, [other for other in measures if other != source])
        alone = explained.interval(lambda r2, own=columns: r2(own))  # type: ignore[misc]
        beyond = explained.interval(lambda r2, others=others: r2(every) - r2(others))  # type: ignore[misc]
        rows[source] = ("alone", alone, beyond)
    rows |= _added_up(explained, measures)
    rows |= _parts(clients, explained, every, therapist_beyond)
    return _as_frame(rows)


def _measures(clients: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of each measure; treatments may have several."""
    found = {
        source: [str(name) for name in clients.columns if name == source or str(name).startswith(f"{source}_")]
        for source in (INTAKE, TREATMENT, *FACTORS)
    }
    return {source: columns for source, columns in found.items() if columns}


def _columns(measures: dict[str, list[str]], sources: Iterable[str]) -> list[str]:
    return [column for source in sources for column in measures[source]]


def _added_up(explained: _Explained, measures: dict[str, list[str]]) -> dict[str, tuple[str, Interval, None]]:
    factors = [factor for factor in FACTORS if factor in measures]
    if len(factors) < 2:
        return {}
    added = explained.interval(lambda r2: np.sum([r2([factor]) for factor in factors], axis=0))
    return {SUM: ("sum", added, None), TOGETHER: ("together", explained.interval(lambda r2: r2(factors)), None)}


def _therapists(clients: pd.DataFrame, given: list[str]) -> Interval:
    """Return therapists' share of the whole variance, given these columns."""
    known = " + ".join(f"`{column}`" for column in given) or "1"
    model = fit(clients, f"outcome ~ {known} + (1 | by)")
    left = float(model.variances["value"].sum() / clients["outcome"].var())
    icc = model.icc.iloc[0]
    return left * icc["estimate"], left * icc["lower"], left * icc["upper"]


def _parts(
    clients: pd.DataFrame, explained: _Explained, measured: list[str], therapists: Interval
) -> dict[str, tuple[str, Interval, None]]:
    parts: dict[str, Interval] = {MEASURED: explained.interval(lambda r2: r2(measured)), BEYOND: therapists}
    if "latent" in clients:
        parts[LAST_WEEK] = explained.interval(lambda r2: r2([*measured, "fluctuation"]) - r2(measured))
        parts[ERROR] = explained.interval(lambda r2: 1 - r2(["latent"]))
    parts[REST] = (1 - sum(share for share, _, _ in parts.values()), np.nan, np.nan)
    return {source: ("part", interval, None) for source, interval in parts.items()}


def _as_frame(rows: dict[str, tuple[str, Interval, Interval | None]]) -> pd.DataFrame:
    unknown = (np.nan, np.nan, np.nan)
    names = ["kind", "share", "lower", "upper", "beyond", "beyond_lower", "beyond_upper"]
    values = [(kind, *share, *(beyond or unknown)) for kind, share, beyond in rows.values()]
    return pd.DataFrame(values, index=pd.Index(rows, name="source"), columns=names)


def _draw_alone(axes: Axes, rows: pd.DataFrame, outcome: str, clients: int, early: int) -> None:
    axes.set_xlim(0, 1.3 * 100 * float(rows["upper"].max()))
    for place, (source, row) in enumerate(rows.iterrows()):
        _draw_bar(axes, -place, str(source), 100 * row[["share", "lower", "upper"]].astype(float))
        if np.isfinite(row["beyond"]):
            beyond = 100 * row[["beyond", "beyond_lower", "beyond_upper"]].astype(float)
            _draw_beyond(axes, -place, beyond, first=place == 0)
    if SUM in rows.index:
        first = next(place for place, source in enumerate(rows.index) if source in FACTORS)
        axes.axhline(0.5 - first, color=GREY, linewidth=0.6)
    labels = [_label(str(source), early) for source in rows.index]
    axes.set_yticks(-np.arange(len(rows)), labels)
    axes.set_ylim(0.4 - len(rows), 0.6)
    axes.set_title("What each explains alone: these shares overlap", loc="left", fontweight="bold")
    axes.set_xlabel(f"Share of the variance of the last {outcome} [%], {clients} clients; lines are 95 % intervals")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2, frameon=False, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=9)


def _label(source: str, early: int) -> str:
    return f"{source}, session {early}" if source in FACTORS[:4] else source


def _draw_bar(axes: Axes, place: int, source: str, share: pd.Series[float]) -> None:
    value, lower, upper = share
    colour = {THERAPIST: GREEN, INTAKE: GREY, TREATMENT: GREY, SUM: "white"}.get(source, BLUE)
    hatch, edge = ("///", BLUE) if source == SUM else (None, colour)
    axes.barh(place, value, height=0.62, facecolor=colour, edgecolor=edge, hatch=hatch)
    axes.plot([lower, upper], [place, place], color=BLACK, linewidth=1.2)
    bold = "bold" if source in (SUM, TOGETHER) else "normal"
    text = f"{rounded(value, 1)} ({rounded(lower, 1)} to {rounded(upper, 1)})"
    beside = max(upper, 0.02 * axes.get_xlim()[1])
    axes.annotate(text, (beside, place), (6, 0), textcoords="offset points", va="center", fontsize=9, fontweight=bold)


def _draw_beyond(axes: Axes, place: int, share: pd.Series[float], first: bool) -> None:
    label = "what it adds to all the others" if first else None
    look = {"marker": "D", "color": ORANGE, "markeredgecolor": BLACK, "markersize": 6, "linestyle": "none"}
    axes.plot(share.iloc[0], place, zorder=4, label=label, clip_on=False, **look)  # type: ignore[arg-type]


def _draw_parts(axes: Axes, parts: pd.DataFrame) -> None:
    left = 0.0
    for source, share in (100 * parts["share"]).items():
        colour, hatch = PARTS[str(source)]
        label = f"{source}: {rounded(share, 1)} %"
        axes.barh(
            0, share, left=left, color=colour, hatch=hatch, edgecolor=BLACK, linewidth=0.8, label=label, clip_on=False
        )
        left += share
    axes.set_xlim(0, 100)
    axes.set_yticks([])
    axes.set_title("Parts that do not overlap and add to 100 %", loc="left", fontweight="bold")
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.set_xlabel("Share of the same variance [%]")
