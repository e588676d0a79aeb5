"""Simulated studies as pandas data frames."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from bordin import _core
from bordin.scenario import Scenario, whole
from bordin.scenario import scenario as load

TABLES = ("therapists", "clients", "sessions")


@dataclass(frozen=True, eq=False)
class Truth:
    """What nobody sees in a real study, row by row beside the observed tables.

    Latent quantities are in standard deviations of a reference population; their names end in ``_true``.

    Attributes
    ----------
    therapists, clients, sessions : pandas.DataFrame
        The same rows as in :class:`Data`.
    """

    therapists: pd.DataFrame
    clients: pd.DataFrame
    sessions: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Data:
    """One simulated study: what researchers see, and the truth beside it.

    Numeric columns stand on the engine's own memory, without a copy. Missing values are NaN (``pd.NA`` in columns of yes
    and no); whole-number scores with gaps are float32. With pandas 2.2 and pyarrow (``pip install "bordin[arrow]"``) every
    table exports Arrow by the PyCapsule interface, ``polars.DataFrame(d.sessions)``: gaps become null, kinds stay.

    Attributes
    ----------
    therapists : pandas.DataFrame
        One row per therapist.
    clients : pandas.DataFrame
        One row per client; ``therapist`` is the row in `therapists`.
    sessions : pandas.DataFrame
        One row per client and occasion, 0 = intake; ``client`` is the row in `clients`.
    truth : Truth or None
        The latent quantities behind these; None where a results file did not keep them.
    scenario : Scenario
        What was simulated.
    seed, replication : int
        Which of its studies this is.
    """

    therapists: pd.DataFrame
    clients: pd.DataFrame
    sessions: pd.DataFrame
    truth: Truth | None
    _variables: list[tuple[str, str, str, str]]
    scenario: Scenario
    seed: int
    replication: int

    @cached_property
    def variables(self) -> pd.DataFrame:
        """Unit and description of every column, by table and variable."""
        frame = pd.DataFrame(self._variables, columns=["table", "variable", "unit", "description"])
        return frame.set_index(["table", "variable"])

    def __repr__(self) -> str:
        return (
            f"<bordin.Data {_count(len(self.therapists), 'therapist')}, {_count(len(self.clients), 'client')}, "
            f"{len(self.sessions)} rows of sessions; seed {self.seed}, replication {self.replication}>"
        )

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{escape(repr(self)[8:-1])}</strong></p>"]
        for name in TABLES:
            frame: pd.DataFrame = getattr(self, name)
            head = frame.head(3).to_html(max_cols=12, border=0, float_format="{:.3g}".format)
            parts.append(f"<details open><summary>{name}: {len(frame)} rows</summary>{head}</details>")
        return "<div>" + "".join(parts) + "</div>"


def simulate(scenario: str | os.PathLike[str] | Scenario, seed: int | None = None, replication: int = 0) -> Data:
    """Simulate one study.

    Parameters
    ----------
    scenario : Scenario, str or path
        What to simulate; a name or path is loaded as by :func:`bordin.scenario`.
    seed : int, optional
        Key of all random numbers; that of the scenario unless stated.
    replication : int, optional
        Which of the studies of this seed: the same one that :func:`bordin.run` makes under this number.

    Returns
    -------
    Data
        Data frames of therapists, clients and sessions, and the truth beside them.

    Examples
    --------
    >>> import bordin as bd
    >>> d = bd.simulate(bd.scenario("early-alliance"), seed=1)
    >>> bool(d.clients["alliance_early"].between(1, 5).all())
    True
    """
    scenario, replication = load(scenario), whole(replication, "replication")
    seed = scenario.seed if seed is None else whole(seed, "seed")
    return data_of(scenario._study.simulate(seed, replication), scenario, seed, replication)


def data_of(dataset: _core.Dataset, scenario: Scenario, seed: int, replication: int) -> Data:
    """Lay data frames over a data set of the engine."""
    observed = {name: getattr(dataset, name) for name in TABLES}
    truth = {name: getattr(dataset, "truth_" + name) for name in TABLES}
    return Data(
        **{name: frame_of(columns) for name, columns in observed.items()},
        truth=Truth(**{name: frame_of(columns) for name, columns in truth.items()}) if any(truth.values()) else None,
        _variables=_described({**observed, **{"truth." + name: columns for name, columns in truth.items()}}),
        scenario=scenario,
        seed=seed,
        replication=replication,
    )


def frame_of(columns: Iterable[_core.Column]) -> pd.DataFrame:
    """Put columns side by side, without copying numbers."""
    return pd.DataFrame({column.name: _series_values(column) for column in columns}, copy=False)


def _series_values(column: _core.Column) -> Any:
    values = column.values
    if column.levels == ["no", "yes"]:
        return _booleans(values)
    return pd.Categorical.from_codes(values, categories=pd.Index(column.levels)) if column.levels else values


def _booleans(codes: np.ndarray[Any, Any]) -> Any:
    missing = codes < 0
    if missing.any():
        return pd.arrays.BooleanArray(codes > 0, missing)
    return codes.view(np.bool_) if codes.itemsize == 1 else codes > 0


def _described(tables: dict[str, list[_core.Column]]) -> list[tuple[str, str, str, str]]:
    return [(table, c.name, c.unit, c.description) for table, columns in tables.items() for c in columns]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
