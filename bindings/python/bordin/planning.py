"""Planning a study: power over a grid of designs, and the smallest design that has enough of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bordin import _core
from bordin.results import Progress, wanted_half_width, watched
from bordin.scenario import Scenario, number, whole
from bordin.scenario import scenario as load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Keys = str | tuple[str, ...]
Unknown = tuple[str, float, float]

MOST_ROWS_SHOWN = 40


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

    def __repr__(self) -> str:
        table = self._shown().to_string(index=False, float_format="{:.3f}".format, max_rows=MOST_ROWS_SHOWN)
        return "\n".join([f"<bordin.Power {self.scenario.title!r}: {self._counts()}>", table, *self.warnings])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(text)}</p>" for text in self.warnings)
        return self._shown().to_html(index=False, border=0, float_format="{:.3f}".format) + notes

    def _shown(self) -> pd.DataFrame:
        columns = [*self.keys, "analysis", "term", "power", "mcse", "type_one", "failed"]
        return self.table[columns].dropna(axis=1, how="all")

    def _counts(self) -> str:
        cells, replications = self.table["cell"].nunique(), self.table["replications"]
        least, most = replications.min(), replications.max()
        each = f"{least}" if least == most else f"{least} to {most}"
        stopped = "" if self.complete else ", stopped before the others"
        return f"{cells} cell{'' if cells == 1 else 's'} of {each} replications{stopped}"


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
        End a cell when the 95 % intervals of its powers are this wide to either side, between 0 and 0.5; `replications` is
        then the most (100,000 unless stated).
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

    Raises
    ------
    ScenarioError
        When a key or value of `vary` is none that the scenario can have.
    TypeError, ValueError
        When `vary` does not give a list of values to every key, or a number lies outside its range.

    Examples
    --------
    >>> import bordin as bd
    >>> p = bd.power("nested-trial", vary={"design.therapists": [4, 8]}, replications=200)
    >>> bool(p.table.query("analysis == 'therapist means'")["power"].is_monotonic_increasing)
    True
    """
    scenario = load(scenario)
    axes = _axes({} if vary is None else vary)
    half_width = wanted_half_width(until_half_width)
    most = _core.most_looked_at if half_width else scenario.replications
    replications = most if replications is None else whole(replications, "replications", 1)
    seed = scenario.seed if seed is None else whole(seed, "seed")
    total = _core.power_replications(scenario._loaded.written, axes, replications)
    with watched(progress, total) as watch:
        rows, contrasts, warnings, methods, cells = _core.power(
            scenario._loaded.written, axes, replications, seed, whole(threads, "threads"), half_width, watch
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
    vary: Unknown | Sequence[Unknown] | Mapping[str, Sequence[float]],
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
    vary : (key, from, to) or two of these, or mapping of keys to (from, to)
        What is looked for and between which ends: ``("design.therapists", 5, 120)`` or ``{"design.therapists": (5, 120)}``.
        Of two the cheapest combination is found, which needs `cost`.
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

    Raises
    ------
    ValueError
        When `vary` does not say what is looked for and between which ends, the lower one first.

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
            number(power, "power"),
            test or "",
            _core.most_tried if replications is None else whole(replications, "replications", 500),
            scenario.seed if seed is None else whole(seed, "seed"),
            whole(threads, "threads"),
            cost or "",
            watch,
        )
    names = [key for key, _, _ in unknowns]
    return _solution(found, names[0], {}, None) if len(names) == 1 else _cheapest(*found, *names)


def _unknowns(vary: Any) -> list[Unknown]:
    if isinstance(vary, Mapping):
        return [_unknown((key, *_listed(ends))) for key, ends in vary.items()]
    one = not isinstance(vary, (list, tuple)) or (len(vary) > 0 and isinstance(vary[0], str))
    return [_unknown(unknown) for unknown in ([vary] if one else vary)]


def _unknown(written: Any) -> Unknown:
    if not _says_where(written):
        raise ValueError(
            f"vary has {written!r}, but must say what is looked for and between which ends, the lower one first: "
            '("design.therapists", 2, 60)'
        )
    key, low, high = written
    return key, low, high


def _says_where(written: Any) -> bool:
    if not isinstance(written, (list, tuple)) or len(written) != 3 or not isinstance(written[0], str):
        return False
    low, high = written[1:]
    return isinstance(low, Real) and isinstance(high, Real) and float(low) < float(high)


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


def _axes(vary: Any) -> list[tuple[list[str], list[list[Any]]]]:
    if not isinstance(vary, Mapping):
        raise TypeError(f'vary is {vary!r}, but must be a dict of values by key, such as {{"design.therapists": [4, 8]}}')
    return [_axis(keys, values) for keys, values in vary.items()]


def _axis(keys: Any, values: Any) -> tuple[list[str], list[list[Any]]]:
    names = list(keys) if isinstance(keys, tuple) else [keys]
    if not names or not all(isinstance(name, str) for name in names):
        raise TypeError(f'vary has the key {keys!r}, but keys must be text or tuples of texts, such as "design.therapists"')
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"vary has {values!r} for {', '.join(names)}, but must have a list of values, such as [{values!r}]")
    points = [_listed(value) if isinstance(keys, tuple) else [value] for value in values]
    if not points:
        raise ValueError(f"vary has no values for {', '.join(names)}; give some, or leave the key out")
    for point in points:
        if len(point) != len(names):
            raise ValueError(
                f"vary has {len(point)} values in {tuple(point)!r}, but must have {len(names)}, "
                f"one each for {', '.join(names)}"
            )
    return names, points


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


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
