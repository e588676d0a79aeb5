"""Standard errors that know that clients of one therapist are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]

Z95 = 1.96  # half of a 95 % interval, in standard errors


def sums_by_group(values: npt.ArrayLike, groups: npt.ArrayLike) -> Numbers:
    """Add up rows that belong together.

    Parameters
    ----------
    values : array_like, shape (rows, ...)
        What to add up.
    groups : array_like, shape (rows,)
        Which group each row belongs to.

    Returns
    -------
    numpy.ndarray, shape (groups, ...)

    Examples
    --------
    >>> sums_by_group([1, 2, 4], ["a", "b", "a"]).tolist()
    [5.0, 2.0]
    """
    rows = np.asarray(values, dtype=np.float64)
    codes, found = pd.factorize(np.asarray(groups))
    sums = np.zeros((len(found), *rows.shape[1:]))
    np.add.at(sums, codes, rows)
    return sums


def jackknife(statistic: Callable[[Numbers], Any], sums: Numbers) -> tuple[Numbers, Numbers]:
    """Estimate a statistic and its standard error by leaving out one group at a time.

    Parameters
    ----------
    statistic : callable
        Of sums over rows, shape (..., k), gives the statistic, shape (...) or (..., m).
    sums : numpy.ndarray, shape (groups, k)
        Sums over the rows of each group, as :func:`sums_by_group` makes them; k may be several axes.

    Returns
    -------
    value, standard_error : numpy.ndarray
        The statistic of all rows, and how far it would be off with other groups. NaN with a single group.

    Examples
    --------
    A mean of three groups of one row has the usual standard error.

    >>> value, error = jackknife(lambda sums: sums[..., 1] / sums[..., 0], np.array([[1, 2.0], [1, 4.0], [1, 9.0]]))
    >>> float(value), float(error.round(4)), round(float(np.std([2, 4, 9], ddof=1) / 3**0.5), 4)
    (5.0, 2.0817, 2.0817)
    """
    total, groups = sums.sum(axis=0), len(sums)
    value = np.asarray(statistic(total), dtype=np.float64)
    if groups < 2:
        return value, np.full_like(value, np.nan)
    without = np.asarray(statistic(total - sums), dtype=np.float64)
    return value, np.sqrt((groups - 1) / groups * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
