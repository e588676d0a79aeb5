"""Analyses of one's own: any Python function over the studies that the engine simulates."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from bordin import _core
from bordin.data import Data, simulate
from bordin.fitting import Fit
from bordin.results import Progress, performance_summary, watched
from bordin.scenario import Scenario, whole
from bordin.scenario import scenario as load

Answer = Fit | pd.DataFrame | Mapping[str, Any]
Analysis = Callable[[Data], Answer]

# Of a term, in this order; the first is needed.
MEASURES = ("estimate", "std_error", "statistic", "p_value", "lower", "upper")

# Of the summary, when it is printed.
SHOWN = ("mean_estimate", "bias", "empirical_se", "model_se", "coverage", "rejection_rate", "run", "converged", "failed")


@dataclass(frozen=True, eq=False)
class Analysed:
    """What analyses of one's own made of many simulated studies.

    Attributes
    ----------
    estimates : pandas.DataFrame
        A row per replication, analysis and term: ``estimate``, ``std_error``, ``statistic``, ``p_value``, ``lower``,
        ``upper``, NaN where the analysis does not say. Replications that failed have no rows.
    errors : pandas.DataFrame
        Analyses that failed: ``replication``, ``analysis``, ``message``. ``bd.simulate(scenario, seed, replication)`` makes
        the study again.
    performance : pandas.DataFrame
        The long performance table, as in :class:`bordin.Results`. An analysis that always failed has no rows.
    replications : int
        That were finished.
    complete : bool
        False when Ctrl-C came before the end.
    scenario : Scenario
        What was simulated.
    seed : int
        Key of all random numbers.
    """

    estimates: pd.DataFrame
    errors: pd.DataFrame
    performance: pd.DataFrame
    replications: int
    complete: bool
    scenario: Scenario = field(repr=False)
    seed: int

    @property
    def summary(self) -> pd.DataFrame:
        """The performance table for reading: a row per analysis and term, Monte Carlo standard errors in brackets.

        The last columns count studies: ``run``, ``converged`` (of which ``singular``) and ``failed``.
        """
        return performance_summary(self.performance)

    def __repr__(self) -> str:
        heading = f"<bordin.Analysed {self.scenario.title!r}: {self.replications} replications, seed {self.seed}>"
        summary = self.summary
        table = [] if summary.empty else [summary[[name for name in SHOWN if name in summary]].to_string()]
        failed = [f"{len(self.errors)} analyses failed; see errors."] if len(self.errors) else []
        return "\n".join([heading, *table, *failed])

    def _repr_html_(self) -> str:
        heading = f"<strong>{escape(self.scenario.title)}</strong>, {self.replications} replications, seed {self.seed}"
        failed = f"<p>{len(self.errors)} analyses failed; see <code>errors</code>.</p>" if len(self.errors) else ""
        note = "Monte Carlo standard errors in brackets."
        return f"<div><p>{heading}</p>{self.summary.to_html(border=0)}{failed}<p>{note}</p></div>"


def analyse(
    scenario: str | os.PathLike[str] | Scenario,
    analyses: Analysis | Mapping[str, Analysis],
    *,
    replications: int | None = None,
    seed: int | None = None,
    truth: Mapping[str, float] | None = None,
    progress: bool | Progress | None = None,
) -> Analysed:
    """Analyse simulated studies with functions of your own, and say how well they do.

    Parameters
    ----------
    scenario : Scenario, str or path
        What to simulate; a name or path is loaded as by :func:`bordin.scenario`.
    analyses : callable, or dict of callables by name
        Called with a :class:`bordin.Data`, one study after the other in the order of their numbers, on the calling thread.
        Each returns a :class:`bordin.Fit`, or a data frame with a row per term, or for a single term a mapping; columns or
        keys are ``estimate`` (needed), ``std_error``, ``statistic``, ``p_value``, ``lower``, ``upper``. What it raises
        makes a failed fit with its message. In the performance, a study
        that lacks a term of the others counts as failed, too.
    replications, seed : int, optional
        Those of the scenario unless stated.
    truth : mapping, optional
        True values by term, for bias and coverage.
    progress : bool or callable, optional
        As in :func:`bordin.run`.

    Returns
    -------
    Analysed
        After Ctrl-C with the replications that were finished.

    Warns
    -----
    UserWarning
        When an analysis failed in every study, with its first message.

    Raises
    ------
    ValueError
        When no analysis is given, or `truth` names a term that none has.

    Examples
    --------
    >>> import bordin as bd
    >>> def difference(study):
    ...     means = study.clients.groupby("arm", observed=True)["post"].mean()
    ...     return {"estimate": means["treatment"] - means["control"]}
    >>> done = bd.analyse("nested-trial", difference, replications=50, truth={"difference": -0.5})
    >>> bool(abs(done.performance.set_index("measure")["value"]["bias"]) < 0.2)
    True
    """
    scenario = load(scenario)
    named = _named(analyses)
    replications = scenario.replications if replications is None else whole(replications, "replications", 1)
    seed = scenario.seed if seed is None else whole(seed, "seed")
    collected = {name: _Collected(name) for name in named}
    done = 0
    with watched(progress, replications) as watch:
        try:
            for replication in range(replications):
                study = simulate(scenario, seed, replication)
                answers = {name: _answer(analysis, study, name) for name, analysis in named.items()}
                for name, answer in answers.items():
                    collected[name].add(replication, answer)
                done += 1
                if watch is not None:
                    watch(done)
        except KeyboardInterrupt:
            if done == 0:
                raise
    for one in collected.values():
        if not one.terms:
            first = one.errors()["message"].iloc[0]
            warnings.warn(
                f'"{one.name}" failed in every study ({done}), so the tables have no row of it; first message: {first}',
                stacklevel=2,
            )
    known = {term for one in collected.values() for term in one.terms}
    strange = sorted(set(truth or {}) - known)
    if strange and all(one.terms for one in collected.values()):  # what always fails may have had them
        raise ValueError(f"truth names {', '.join(strange)}, but the terms are {', '.join(sorted(known))}")
    return Analysed(
        estimates=_joined([one.estimates() for one in collected.values()]),
        errors=_joined([one.errors() for one in collected.values()]),
        performance=_joined([one.performance(truth or {}, scenario.alpha) for one in collected.values()]),
        replications=done,
        complete=done == replications,
        scenario=scenario,
        seed=seed,
    )


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]  # an empty one would turn numbers into objects
    return pd.concat(filled or frames[:1], ignore_index=True)


def _named(analyses: Analysis | Mapping[str, Analysis]) -> dict[str, Analysis]:
    if callable(analyses):
        return {getattr(analyses, "__name__", "analysis"): analyses}
    named = dict(analyses)
    if not named or not all(callable(one) for one in named.values()):
        raise ValueError("analyses must be a function, or functions by name")
    return named


@dataclass(frozen=True, eq=False)
class _Found:
    """What an analysis says of a study, a row per term."""

    terms: pd.DataFrame
    singular: bool


def _answer(analysis: Analysis, study: Data, name: str) -> _Found | str:
    """Return what an analysis says of a study; or why it does not."""
    try:
        answer = analysis(study)
        return _Found(_as_frame(answer, name), isinstance(answer, Fit) and answer.status == "singular")
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _as_frame(answer: Answer, name: str) -> pd.DataFrame:
    if isinstance(answer, Fit):
        if answer.status not in ("ok", "singular"):
            raise ValueError(answer.message)
        answer = answer.coefficients
    frame = answer if isinstance(answer, pd.DataFrame) else pd.DataFrame(dict(answer), index=[name])
    if "estimate" not in frame:
        raise ValueError(f"the analysis returns {', '.join(map(str, frame.columns))}, but no estimate")
    if not frame.index.is_unique:
        raise ValueError("the analysis returns a term twice")
    return frame.reindex(columns=list(MEASURES)).astype(np.float64)


class _Collected:
    """The answers of one analysis, in order of replications."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.terms: list[str] = []
        self._answers: list[_Found | None] = []
        self._errors: list[dict[str, Any]] = []

    def add(self, replication: int, answer: _Found | str) -> None:
        if isinstance(answer, _Found) and not np.isfinite(answer.terms["estimate"]).all():
            answer = "an estimate is not a finite number"
        if isinstance(answer, str):
            self._errors.append({"replication": replication, "analysis": self.name, "message": answer})
            self._answers.append(None)
            return
        self.terms += [str(term) for term in answer.terms.index if str(term) not in self.terms]
        self._answers.append(answer)

    def estimates(self) -> pd.DataFrame:
        rows = [
            found.terms.rename_axis("term").reset_index().assign(replication=number, analysis=self.name)
            for number, found in enumerate(self._answers)
            if found is not None
        ]
        columns = ["replication", "analysis", "term", *MEASURES]
        return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)

    def errors(self) -> pd.DataFrame:
        return pd.DataFrame(self._errors, columns=["replication", "analysis", "message"])

    def performance(self, truth: Mapping[str, float], alpha: float) -> pd.DataFrame:
        values = np.full((len(self._answers), len(self.terms), len(MEASURES)), math.nan)
        for number, found in enumerate(self._answers):
            if found is not None:
                values[number] = found.terms.reindex(self.terms).to_numpy()
        usable: list[bool] = np.isfinite(values[:, :, 0]).all(axis=1).tolist() if self.terms else [False] * len(values)
        truths = [float(truth.get(term, math.nan)) for term in self.terms]
        rows = _core.judged(self.name, self.terms, values, usable, truths, alpha)
        columns = ["analysis", "term", "truth", "measure", "value", "mcse", "run", "converged", "singular", "failed"]
        answers = zip(self._answers, usable, strict=True)
        singular = sum(found is not None and found.singular for found, counts in answers if counts)
        return pd.DataFrame(rows, columns=columns).assign(cell=0, singular=singular)[["cell", *columns]]
