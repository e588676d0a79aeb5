"""Planning a study: power over a grid of designs, and the smallest design that has enough of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from bordin import _core
from bordin.results import Progress, watched
from bordin.scenario import Scenario, whole
from bordin.scenario import scenario as load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Keys = str | tuple[str, ...]
Unknown = tuple[str, float, float]


@dataclass(frozen=True, eq=False)
class Power:
    """Power, and type I error beside it, of every test in every cell of a grid.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per cell and test: what varies, ``analysis``, ``term``, ``power`` with its Monte Carlo standard error ``mcse``
        and 95 % Wilson interval ``lower`` to ``upper`` (of the fits that converged), ``power_failed_as_no`` (failed fits
        counted as not significant), ``failed`` (share of fits), ``type_one`` with ``type_one_mcse`` in the null world that
        the scenario names (NaN without one), ``closed_form`` where power has an exact formula, ``replications``, ``looks``.
    differences : pandas.DataFrame
        Paired differences of power on the same random numbers: between analyses in a cell, and between neighbouring cells;
        ``independent_mcse`` is what ``mcse`` would be had they shared none.
    warnings : list of str
        What somebody who reads the table should know.
    methods : str
        A paragraph for the methods section of a paper.
    keys : list of str
        What varies.
    complete : bool
        False when Ctrl-C came before all cells were finished; the table has those that were.
    scenario : Scenario
        What the cells have in common.
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    warnings: list[str]
    methods: str
    keys: list[str]
    complete: bool
    scenario: Scenario = field(repr=False)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw power against what varies, with intervals; the type I error beside it where there is one.

        Parameters
        ----------
        path : path, optional
            Picture to write: ``.png``, ``.pdf`` or ``.svg``.
        """
        from bordin.power_plots import plot_power

        return plot_power(self, path)

    def plot_contours(
        self, test: str | None = None, path: str | os.PathLike[str] | None = None, *, target: float = 0.8
    ) -> Figure:
        """Draw the power of one test over two numbers as a map; see :func:`bordin.plot_power_contours`."""
        from bordin.power_plots import plot_power_contours

        return plot_power_contours(self, test, path, target=target)

    def _repr_html_(self) -> str:
        shown = self.table[[*self.keys, "analysis", "term", "power", "mcse", "type_one", "failed"]].dropna(
            axis=1, how="all"
        )
        notes = "".join(f"<p>{escape(text)}</p>" for text in self.warnings)
        return shown.to_html(index=False, border=0, float_format="{:.3f}".format) + notes


@dataclass(frozen=True, eq=False)
class Solution:
    """The smallest number that reaches a power.

    Attributes
    ----------
    status : {"found", "below", "above"}
        ``below``: the near end of the range reaches it already; ``above``: nothing within the range does.
    at, lower, upper : float
        The number, and the 95 % interval of the number that truly reaches the power. NaN where there is none.
    power : float
        Power there.
    cost : float
        Of that design; NaN where no cost was given.
    values : dict
        The design that was found, by key, to be laid over the scenario.
    points : pandas.DataFrame
        Where the study was simulated: ``at``, ``power``, ``mcse``, ``lower``, ``upper``, ``replications``.
    frontier : pandas.DataFrame or None
        With two unknowns: a row per value of the second, with the smallest first, its interval, power and cost.
    test : str
        "analysis: term" whose power is meant.
    """

    status: str
    at: float
    lower: float
    upper: float
    power: float
    cost: float
    values: dict[str, float | int]
    points: pd.DataFrame = field(repr=False)
    frontier: pd.DataFrame | None = field(repr=False)
    test: str


def power(
    scenario: str | os.PathLike[str] | Scenario,
    *,
    vary: Mapping[Keys, Iterable[Any]] | None = None,
    replications: int | None = None,
    until_half_width: float | None = None,
    seed: int | None = None,
    threads: int = 0,
    progress: bool | Progress | None = None,
) -> Power:
    """Estimate the power of every test of a scenario, over a grid of designs if wanted.

    All cells share their random numbers where they can, so that neighbouring cells can be compared with a small standard
    error. Where the scenario names null worlds, the type I error stands beside the power.

    Parameters
    ----------
    scenario : Scenario, str or path
        What to simulate; a name or path is loaded as by :func:`bordin.scenario`.
    vary : mapping, optional
        Values by dotted key; several keys make a grid of all combinations. A tuple of keys takes tuples of values that move
        together: ``{("design.therapists", "design.caseload"): [(4, 15), (10, 6)]}``.
    replications : int, optional
        Simulated studies per cell (and null world): those of the scenario unless stated.
    until_half_width : float, optional
        End a cell when the 95 % intervals of its powers are this wide to either side; `replications` is then the most
        (100,000 unless stated).
    seed : int, optional
        That of the scenario unless stated.
    threads : int, optional
        0 uses all cores. The results do not depend on it.
    progress : bool or callable, optional
        As in :func:`bordin.run`.

    Returns
    -------
    Power
        After Ctrl-C with the cells that were finished, if there are any.

    Examples
    --------
    >>> import bordin as bd
    >>> p = bd.power("nested-trial", vary={"design.therapists": [4, 8]}, replications=200)
    >>> bool(p.table.query("analysis == 'therapist means'")["power"].is_monotonic_increasing)
    True
    """
    scenario = load(scenario)
    axes = [_axis(keys, values) for keys, values in (vary or {}).items()]
    most = _core.most_looked_at if until_half_width is not None else scenario.replications
    replications = most if replications is None else whole(replications, "replications", 1)
    seed = scenario.seed if seed is None else whole(seed, "seed")
    total = _core.power_replications(scenario._loaded.written, axes, replications)
    with watched(progress, total) as watch:
        rows, contrasts, warnings, methods, cells = _core.power(
            scenario._loaded.written, axes, replications, seed, whole(threads, "threads"), until_half_width or 0.0, watch
        )
    if cells == 0:
        raise KeyboardInterrupt("stopped before a cell was finished")
    keys = [key for names, _ in axes for key in names]
    settings = _settings(axes)
    return Power(
        table=_with_settings(pd.DataFrame(rows), keys, settings),
        differences=_with_settings(pd.DataFrame(contrasts), keys, settings),
        warnings=warnings,
        methods=methods,
        keys=keys,
        complete=cells == len(settings),
        scenario=scenario,
    )


def solve(
    scenario: str | os.PathLike[str] | Scenario,
    *,
    vary: Unknown | Sequence[Unknown],
    power: float = 0.80,
    cost: str | None = None,
    test: str | None = None,
    replications: int | None = None,
    seed: int | None = None,
    threads: int = 0,
    progress: bool | Progress | None = None,
) -> Solution:
    """Find the smallest size, or the smallest effect, that reaches a power; or the cheapest of two sizes.

    Parameters
    ----------
    scenario : Scenario, str or path
        What to simulate; a name or path is loaded as by :func:`bordin.scenario`.
    vary : (key, from, to) or two of these
        What is looked for and between which ends, such as ``("design.therapists", 5, 120)``. Of two the cheapest
        combination is found, which needs `cost`.
    power : float, optional
        The power that is wanted.
    cost : str, optional
        Arithmetic on ``therapists``, ``clients`` and ``sessions`` (totals): ``"900*therapists + 120*clients"``.
    test : str, optional
        ``"analysis: term"``; that of ``study.primary`` unless stated.
    replications : int, optional
        At most, at each point; as many as it takes (up to 200,000) unless stated.
    seed, threads, progress : optional
        As in :func:`power`.

    Returns
    -------
    Solution
        With the 95 % interval of the answer.

    Examples
    --------
    >>> import bordin as bd
    >>> s = bd.solve("nested-trial", vary=("design.therapists", 2, 60))
    >>> s.lower <= 9 <= s.upper  # by formula
    True
    """
    scenario = load(scenario)
    unknowns = _unknowns(vary)
    if not 1 <= len(unknowns) <= 2:
        raise ValueError(f"vary names {len(unknowns)} unknowns, but must name one or two")
    with watched(progress, None) as watch:
        found = _core.solve(
            scenario._loaded.written,
            [f"{key}={_plain(low)}:{_plain(high)}" for key, low, high in unknowns],
            float(power),
            test or "",
            _core.most_tried if replications is None else whole(replications, "replications", 500),
            scenario.seed if seed is None else whole(seed, "seed"),
            whole(threads, "threads"),
            cost or "",
            watch,
        )
    names = [key for key, _, _ in unknowns]
    return _solution(found, names[0], {}, None) if len(names) == 1 else _cheapest(*found, *names)


def _unknowns(vary: Unknown | Sequence[Unknown]) -> list[Unknown]:
    if isinstance(vary[0], str):
        return [cast(Unknown, vary)]
    return list(cast(Sequence[Unknown], vary))


def _solution(found: dict[str, Any], key: str, others: dict[str, Any], frontier: pd.DataFrame | None) -> Solution:
    at = int(found["at"]) if found["whole"] and np.isfinite(found["at"]) else found["at"]
    return Solution(
        **{name: found[name] for name in ("status", "lower", "upper", "power", "cost", "test")},
        at=at,
        values={**others, key: at},
        points=pd.DataFrame(found["points"]),
        frontier=frontier,
    )


def _cheapest(solutions: list[tuple[float, dict[str, Any]]], cheapest: int | None, first: str, second: str) -> Solution:
    columns = ("lower", "upper", "power", "cost", "status")
    frontier = pd.DataFrame(
        [{second: value, first: s["at"], **{name: s[name] for name in columns}} for value, s in solutions]
    )
    value, found = solutions[cheapest if cheapest is not None else -1]
    return _solution(found, first, {second: int(value) if value == int(value) else value}, frontier)


def _axis(keys: Keys, values: Iterable[Any]) -> tuple[list[str], list[list[Any]]]:
    names = [keys] if isinstance(keys, str) else list(keys)
    points = [[value] if isinstance(keys, str) else list(value) for value in values]
    if not points:
        raise ValueError(f"vary has no values for {', '.join(names)}")
    for point in points:
        if len(point) != len(names):
            raise ValueError(f"vary has {len(point)} values in {tuple(point)!r} for {len(names)} keys")
    return names, points


def _settings(axes: list[tuple[list[str], list[list[Any]]]]) -> list[list[Any]]:
    settings: list[list[Any]] = [[]]
    for _, points in axes:
        settings = [[*before, *point] for before in settings for point in points]
    return settings


def _with_settings(frame: pd.DataFrame, keys: list[str], settings: list[list[Any]]) -> pd.DataFrame:
    for place, key in enumerate(keys):
        frame.insert(1 + place, key, [settings[cell][place] for cell in frame["cell"]])
    return frame


def _plain(number: float) -> str:
    return repr(number.item() if isinstance(number, np.generic) else number)
