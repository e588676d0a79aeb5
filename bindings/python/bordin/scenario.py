"""Scenarios: everything that decides a study, complete and checked."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping
from functools import cached_property
from html import escape
from numbers import Real
from typing import Any

from bordin import _core

Overrides = Mapping[str, Any]


class Scenario:
    """A scenario that can be run. It never changes; :meth:`with_` makes another one.

    Two scenarios are equal when their complete texts are. Made by :func:`bordin.scenario` or :meth:`from_text`.

    Examples
    --------
    >>> import bordin as bd
    >>> s = bd.scenario("early-alliance")
    >>> s == s.with_({"design.sessions": 12})
    True
    """

    def __init__(self, loaded: _core.Scenario) -> None:
        if not isinstance(loaded, _core.Scenario):
            raise TypeError(
                f"bordin.Scenario({loaded!r}) makes no scenario; write bordin.scenario({loaded!r}) for a name or path, "
                "or bordin.Scenario.from_text for TOML text"
            )
        self._loaded = loaded

    @classmethod
    def from_text(cls, text: str, overrides: Overrides | None = None) -> Scenario:
        """Read a scenario from TOML text.

        Parameters
        ----------
        text : str
            What would stand in a file; ``based_on`` may name a scenario of the library.
        overrides : mapping, optional
            As in :func:`bordin.scenario`.
        """
        return cls(_core.parse_scenario(text, "text", _changes(overrides)))

    @property
    def title(self) -> str:
        """What the scenario is called."""
        return self._loaded.title

    @property
    def question(self) -> str:
        """The question it answers."""
        return self._loaded.question

    @property
    def sources(self) -> str:
        """Where its values come from."""
        return self._loaded.sources

    @cached_property
    def text(self) -> str:
        """The complete scenario as TOML, all defaults filled in."""
        return self._loaded.text

    @cached_property
    def digest(self) -> str:
        """A UUID that says whether two scenarios are the same, on any machine."""
        return self._loaded.digest

    @property
    def replications(self) -> int:
        """How many studies :func:`bordin.run` simulates when nobody says."""
        return self._loaded.replications

    @property
    def seed(self) -> int:
        """The key of all random numbers when nobody says."""
        return self._loaded.seed

    @property
    def alpha(self) -> float:
        """Two-sided significance level."""
        return self._loaded.alpha

    def describe(self) -> str:
        """Say what the scenario is: the design, what its parameters imply, what comes out of a small simulation of it.

        Returns
        -------
        str
            Tables as plain text. Simulated figures have their Monte Carlo standard errors.
        """
        return self._study.describe()

    def with_(self, overrides: Overrides) -> Scenario:
        """Lay more changes over this scenario.

        Parameters
        ----------
        overrides : mapping
            As in :func:`bordin.scenario`; later changes win over earlier ones.
        """
        return Scenario(_core.parse_scenario(self._loaded.written, self.title, _changes(overrides)))

    @cached_property
    def _study(self) -> _core.Study:
        return _core.Study(self.text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_written, (self._loaded.written,)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<bordin.Scenario {self.title!r} {self.digest[:8]}>"

    def _repr_html_(self) -> str:
        question = f"<p><em>{escape(self.question)}</em></p>" if self.question else ""
        return (
            f"<div><strong>{escape(self.title)}</strong>{question}"
            f"<details><summary>All parameters</summary><pre>{escape(self.text)}</pre></details></div>"
        )


def scenario(source: str | os.PathLike[str] | Scenario, overrides: Overrides | None = None) -> Scenario:
    """Load a scenario and lay changes over it.

    Parameters
    ----------
    source : str, path or Scenario
        The name of a scenario of the library (see :func:`bordin.library`), or the path of a ``.toml`` file.
    overrides : mapping, optional
        Changes by dotted key, ``{"design.therapists": 40}``. Values are numbers, texts, booleans, lists and dicts, NumPy's
        among them. Lists of tables (``instruments``, ``analyses``, ``arms``) are merged by ``name``; an empty list clears.

    Returns
    -------
    Scenario
        Complete and checked.

    Raises
    ------
    ScenarioError
        With file, line, column and key of what is wrong, the allowed range and the nearest name.
    TypeError
        When `source` is none of those above, or `overrides` no mapping.

    Examples
    --------
    >>> import bordin as bd
    >>> s = bd.scenario("early-alliance", {"design.therapists": 40, "dropout": {"early_alliance": 0.5}})
    >>> "therapists = 40" in s.text
    True
    """
    changes = _changes(overrides)
    if isinstance(source, Scenario):
        return source.with_(changes) if changes else source  # which has been made ready to run, perhaps
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"the scenario is {source!r}, but must be a name of the library (see bordin.library), "
            "the path of a .toml file or a Scenario"
        )
    return Scenario(_core.load_scenario(os.fspath(source), changes))


def _changes(overrides: Overrides | None) -> dict[str, Any]:
    try:
        return dict({} if overrides is None else overrides)
    except (TypeError, ValueError):
        raise TypeError(
            f"the changes are {overrides!r}, but must be a dict of values by dotted key, "
            'such as {"design.therapists": 40}'
        ) from None


def whole(value: Any, name: str, least: int = 0) -> int:
    """Return the whole number that an argument must be, or say what is wrong with it."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, but must be a whole number") from None
    if number < least:
        raise ValueError(f"{name} is {number}, but must be at least {least}")
    return number


def number(value: Any, name: str) -> float:
    """Return the number that an argument must be, or say what is wrong with it."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} is {value!r}, but must be a number")
    return float(value)


def between(value: Any, name: str, low: float, high: float) -> float:
    """Return the number between two others that an argument must be, or say what is wrong with it."""
    if not low < number(value, name) < high:
        raise ValueError(f"{name} is {value}, but must be between {low} and {high}")
    return float(value)


def library() -> list[str]:
    """Names of the scenarios that come with Bordin.

    Examples
    --------
    >>> import bordin as bd
    >>> "early-alliance" in bd.library()
    True
    """
    return _core.library()


def _from_written(written: str) -> Scenario:
    return Scenario(_core.parse_scenario(written, "scenario", {}))
