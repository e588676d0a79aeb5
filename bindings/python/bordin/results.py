"""Running studies many times, and reading what came of it."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from bordin import _core
from bordin.data import Data, data_of, simulate
from bordin.fitting import coefficient_frame
from bordin.scenario import Scenario, between, whole
from bordin.scenario import scenario as load

KeepData = Literal["none", "first", "observed", "full"]
Progress = Callable[[int], object]

MEASURES = ("estimate", "std_error", "df", "statistic", "p_value", "lower", "upper")

# Of replications: what became of the fits. Those that are singular are among those that converged.
COUNTS = ("run", "converged", "singular", "failed")


@dataclass(frozen=True, eq=False)
class Estimates:
    """What one analysis found, in every replication.

    Attributes
    ----------
    name, formula, method : str
        The analysis.
    terms : list of str
        Names of the coefficients, along the last axis.
    tested : list of str
        Those that were of interest.
    estimate, std_error, df, statistic, p_value, lower, upper : ndarray of float64, shape (cells, replications, terms)
        `estimate` and `std_error` in units of the outcome per unit of the term, p values two-sided, `lower` and `upper`
        the ends of the interval with coverage 1 - alpha. NaN where a fit could not say.
    status : ndarray of uint8, shape (cells, replications)
        What became of the fits: k stands for ``status_names[k]``.
    """

    name: str
    formula: str
    method: str
    terms: list[str]
    tested: list[str]
    status_names: list[str]
    status: npt.NDArray[np.uint8]
    estimate: npt.NDArray[np.float64]
    std_error: npt.NDArray[np.float64]
    df: npt.NDArray[np.float64]
    statistic: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]

    def frame(self) -> pd.DataFrame:
        """Put the estimates into a long data frame.

        Returns
        -------
        pandas.DataFrame
            One row per cell, replication and term (the index), with the columns named above and ``status`` as a category.
        """
        cells, replications, terms = self.estimate.shape
        index = pd.MultiIndex.from_product(
            [range(cells), range(replications), self.terms], names=["cell", "replication", "term"]
        )
        status = pd.Categorical.from_codes(np.repeat(self.status.ravel(), terms), categories=pd.Index(self.status_names))
        columns = {name: getattr(self, name).ravel() for name in MEASURES}
        return pd.DataFrame({"status": status, **columns}, index=index)

    def __repr__(self) -> str:
        cells, replications, terms = self.estimate.shape
        return f"<bordin.Estimates {self.name!r}: {cells} x {replications} x {terms} (cells, replications, terms)>"


class Results:
    """A results file.

    Made by :func:`bordin.run` and :func:`bordin.open`. The file is open only while something is read from it.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    """

    def __init__(self, path: str | os.PathLike[str], temporary: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self.path = Path(path)
        self._temporary = temporary  # goes with this object
        self._file = _core.ResultsFile(os.fspath(path))

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that was run, every parameter stated."""
        return Scenario.from_text(self._file.scenario_text())

    @cached_property
    def attributes(self) -> dict[str, str]:
        """What the file says of itself: format, versions, digest of the scenario, seed."""
        return dict(self._file.attributes())

    @cached_property
    def provenance(self) -> dict[str, str]:
        """What depends on the machine and the moment: time, duration, threads, compiler, CPU."""
        return dict(self._file.provenance())

    @cached_property
    def replications(self) -> int:
        """Replications that were finished."""
        return self._file.replications()

    @cached_property
    def seed(self) -> int:
        """Key of all random numbers."""
        return int(self.attributes["seed"])

    @cached_property
    def performance(self) -> pd.DataFrame:
        """The long performance table.

        One row per cell, analysis, term and measure, with ``value`` and its Monte Carlo standard error ``mcse``, ``truth``
        where it is known, and the numbers of replications ``run``, ``converged``, ``singular`` and ``failed``.
        """
        frame = _text_frame(self._file.read_table("performance"))
        return frame.astype({name: "int64" for name in ("cell", *COUNTS) if name in frame})

    @cached_property
    def errors(self) -> pd.DataFrame:
        """Fits that failed, the first 10,000: ``replication``, ``analysis``, ``status``, ``message``.

        :func:`bordin.replay` makes any of them again: ``bd.replay(r, r.errors["replication"][0])``.
        """
        columns = ["cell", "replication", "analysis", "status", "message"]
        if not self._file.has("errors"):  # a file of an earlier version
            return pd.DataFrame(columns=columns)
        return _text_frame(self._file.read_table("errors")).astype({"cell": "int64", "replication": "int64"})

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The performance table for reading: a row per analysis and term, Monte Carlo standard errors in brackets.

        The last columns count fits: ``run``, ``converged`` (of which ``singular``) and ``failed``.
        """
        return performance_summary(self.performance)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """What varies: one row per cell of a grid (one row for a plain run)."""
        return _text_frame(self._file.read_table("cells"))

    @cached_property
    def estimates(self) -> Mapping[str, Estimates]:
        """The estimates of every analysis, by its name."""
        stored = (self._file.estimates(slug) for slug in self._file.analyses())
        return {one.name: _estimates(one) for one in stored}

    def data(self, replication: int = 0) -> Data:
        """One of the simulated studies.

        Parameters
        ----------
        replication : int, optional
            Its number, from 0.

        Returns
        -------
        Data
            From the file if that kept it, with the truth if that was kept as well; otherwise made again, which gives the
            same data.
        """
        if not 0 <= replication < max(self.replications, 1):
            raise IndexError(f"there is no replication {replication}; the file has {self.replications}, the first is 0")
        kept = self._file.data(replication)
        if kept is not None:
            return data_of(kept, self.scenario, self.seed, replication)
        self._warn_of_another_version()
        return simulate(self.scenario, self.seed, replication)

    def describe(self) -> str:
        """Say what the file holds, as ``bordin info`` does."""
        return self._file.describe()

    @cached_property
    def methods(self) -> str:
        """A paragraph for the methods section of a paper; empty for a file that this version cannot read in full."""
        return self._file.methods()

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a report for reading, printing and sending: one HTML file that needs nothing else.

        Parameters
        ----------
        path : path
            File to write, ``.html`` or ``.htm``, in a folder that exists. A file that is there is replaced.

        Returns
        -------
        pathlib.Path
            The file: the study in words, what came out with its Monte Carlo errors, pictures, a paragraph for a methods
            section, and what it takes to repeat it all.

        Raises
        ------
        ValueError
            When the name of the file does not end in ``.html`` or ``.htm``.
        FileNotFoundError
            When there is no such folder.
        """
        from bordin.report import write_report

        return write_report(self, path)

    def __reduce__(self) -> tuple[type[Results], tuple[Path]]:
        if self._temporary is not None:
            raise TypeError("these results are in a temporary file, which goes with them; run with a path to pickle them")
        return Results, (self.path,)

    def _warn_of_another_version(self) -> None:
        written_by = self.attributes.get("engine_version", "unknown")
        if written_by != _core.version:
            warnings.warn(
                f"{self.path} was written by Bordin {written_by}, and this is {_core.version}: "
                "the data that are made again may differ from those that were analysed",
                stacklevel=3,
            )

    def __repr__(self) -> str:
        return f"<bordin.Results {self.path}: {self.replications} replications of {self.scenario.title!r}>"

    def _repr_html_(self) -> str:
        heading = f"<strong>{escape(self.scenario.title)}</strong>, {self.replications} replications, seed {self.seed}"
        note = "Monte Carlo standard errors in brackets."
        return f"<div><p>{heading}</p>{self.summary.to_html(border=0)}<p>{note}</p></div>"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a run; what was finished by then is in the file.

    Attributes
    ----------
    results : Results
        What was finished.
    """

    def __init__(self, message: str, results: Results) -> None:
        super().__init__(message)
        self.results = results


@dataclass(frozen=True, eq=False)
class Replay:
    """One replication again: its data and what the analyses make of them.

    Attributes
    ----------
    data : Data
        The simulated study.
    estimates : dict of str to pandas.DataFrame
        By analysis: one row per term, columns as in :class:`Fit.coefficients <Fit>`.
    status, messages : dict of str to str
        By analysis: what became of the fit, and why when that is not "ok".
    """

    data: Data
    estimates: dict[str, pd.DataFrame]
    status: dict[str, str]
    messages: dict[str, str]

    def __repr__(self) -> str:
        return f"<bordin.Replay of {self.data!r}; {', '.join(f'{name}: {word}' for name, word in self.status.items())}>"


def run(
    scenario: str | os.PathLike[str] | Scenario,
    path: str | os.PathLike[str] | None = None,
    *,
    replications: int | None = None,
    until_half_width: float | None = None,
    seed: int | None = None,
    threads: int = 0,
    data: KeepData = "first",
    overwrite: bool = False,
    progress: bool | Progress | None = None,
) -> Results:
    """Simulate and analyse a study many times.

    Parameters
    ----------
    scenario : Scenario, str or path
        What to run; a name or path is loaded as by :func:`bordin.scenario`.
    path : path, optional
        Results file to write (``.h5``). Without one a temporary file is used, which goes with the returned object.
    replications, seed : int, optional
        Those of the scenario unless stated.
    until_half_width : float, optional
        End when the 95 % intervals of the rejection rates of all tested terms are this wide to either side, between 0 and
        0.5; `replications` is then the most (100,000 unless stated). Looks are after 500, 1000, 2000 ... replications.
    threads : int, optional
        0 uses all cores. The results do not depend on it.
    data : {"none", "first", "observed", "full"}, optional
        Data sets to keep: none, that of the first replication with its truth, what is observed in all, or all with the
        truth.
    overwrite : bool, optional
        Replace a file that exists.
    progress : bool or callable, optional
        Show a progress bar; unless stated, in notebooks and on terminals. Or a function that is called about ten times a
        second with the number of finished replications.

    Returns
    -------
    Results
        ``results.estimates[name].estimate``: float64 (cells, replications, terms), units of the outcome per unit of the
        term.

    Raises
    ------
    Interrupted
        A KeyboardInterrupt, after Ctrl-C: finished replications are in the file, and in the exception's ``results``.
    ResourceError
        When memory or disk will not do; nothing is run.

    Examples
    --------
    >>> import bordin as bd
    >>> r = bd.run(bd.scenario("early-alliance", {"design.therapists": 10}), replications=20)
    >>> r.estimates["multilevel"].estimate.shape
    (1, 20, 4)
    """
    scenario = load(scenario)
    half_width = wanted_half_width(until_half_width)
    most = _core.most_looked_at if half_width else scenario.replications
    replications = most if replications is None else whole(replications, "replications", 1)
    threads = whole(threads, "threads")
    temporary = tempfile.TemporaryDirectory(prefix="bordin-") if path is None else None
    file = Path(temporary.name, "results.h5") if temporary is not None else Path(path or "")
    seed = scenario.seed if seed is None else whole(seed, "seed")
    try:
        with watched(progress, replications) as watch:
            _core.run(
                scenario._study,
                os.fspath(file),
                replications,
                seed,
                threads,
                data,
                overwrite,
                half_width,
                watch,
            )
    except KeyboardInterrupt as interrupt:
        if not file.exists():  # it came before anything had begun
            raise
        results = Results(file, temporary)
        where = "the temporary file of this exception's results" if temporary else file
        message = f"stopped after {results.replications} of {replications} replications, which are in {where}"
        raise Interrupted(message, results) from interrupt
    return Results(file, temporary)


def open(path: str | os.PathLike[str]) -> Results:
    """Open a results file.

    Parameters
    ----------
    path : path
        A file that :func:`bordin.run` or the program ``bordin run`` wrote.

    Raises
    ------
    ResultFileError
        When there is no such file, it is none of Bordin's, or it is damaged.
    """
    return Results(path)


def replay(source: str | os.PathLike[str] | Scenario | Results, replication: int, seed: int | None = None) -> Replay:
    """Make and analyse one replication again, alone.

    Parameters
    ----------
    source : Results, Scenario, str or path
        What was run; a name or path is loaded as by :func:`bordin.scenario`.
    replication : int
        Its number, from 0.
    seed : int, optional
        That of the results, or of the scenario, unless stated.

    Returns
    -------
    Replay
        The same data, to the last bit, and the same estimates as in the whole run.
    """
    scenario = source.scenario if isinstance(source, Results) else load(source)
    stored = source.seed if isinstance(source, Results) else scenario.seed
    seed, replication = stored if seed is None else whole(seed, "seed"), whole(replication, "replication")
    dataset, estimates = scenario._study.replicate(seed, replication)
    return Replay(
        data=data_of(dataset, scenario, seed, replication),
        estimates={name: coefficient_frame(coefficients) for name, (_, _, coefficients) in estimates.items()},
        status={name: status for name, (status, _, _) in estimates.items()},
        messages={name: message for name, (_, message, _) in estimates.items()},
    )


def performance_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay out a long performance table for reading: a row per analysis and term, a column per measure and count of fits."""
    shown = [f"{value:.3f} ({mcse:.3f})" for value, mcse in zip(frame["value"], frame["mcse"], strict=True)]
    keys = ["cell", "analysis", "term"] if frame["cell"].nunique() > 1 else ["analysis", "term"]
    long = frame.assign(shown=shown).set_index([*keys, "measure"])["shown"]
    order = list(dict.fromkeys(frame["measure"]))
    counts = frame.drop_duplicates(keys).set_index(keys)[[name for name in COUNTS if name in frame]]
    wide = long.unstack("measure").reindex(index=counts.index, columns=order).fillna("")
    wide.columns.name = None
    return wide.join(counts)


def wanted_half_width(until_half_width: float | None) -> float:
    """Return what the engine takes for `until_half_width`: 0 does not look at all."""
    return 0.0 if until_half_width is None else between(until_half_width, "until_half_width", 0, 0.5)


@contextmanager
def watched(progress: bool | Progress | None, replications: int | None) -> Iterator[Progress | None]:
    """Show a progress bar around a run of so many replications (None: nobody knows), as `progress` says."""
    if callable(progress):
        yield progress
        return
    if progress is None:
        progress = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not progress:
        yield None
        return
    with warnings.catch_warnings():  # without ipywidgets tqdm warns and draws with text
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    with tqdm(total=replications, unit=" studies", leave=False, delay=0.5) as bar:
        yield lambda finished: bar.update(finished - bar.n)


def _text_frame(columns: list[_core.Column]) -> pd.DataFrame:
    frame = {
        c.name: np.array([*c.levels, None], dtype=object)[c.values] if c.levels else np.asarray(c.values) for c in columns
    }
    return pd.DataFrame(frame)


def _estimates(stored: _core.StoredEstimates) -> Estimates:
    return Estimates(
        name=stored.name,
        formula=stored.formula,
        method=stored.method,
        terms=stored.terms,
        tested=stored.tested,
        status_names=stored.status_names,
        status=stored.status[np.newaxis],
        **{name: getattr(stored, name)[np.newaxis] for name in MEASURES},
    )
