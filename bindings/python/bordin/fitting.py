"""The engine's estimators on anybody's data."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Literal

import numpy as np
import pandas as pd

from bordin import _core
from bordin.scenario import between

Method = Literal[
    "automatic",
    "ols",
    "cluster-level",
    "mixed",
    "discrete-time",
    "fixed-clusters",
    "nested-anova",
    "lagged",
    "lagged-uncorrected",
]
Family = Literal["gaussian", "binomial", "cox"]
DegreesOfFreedom = Literal["satterthwaite", "kenward-roger", "between-within", "wald"]
StandardErrors = Literal["classical", "HC3", "CR2"]

NumpyColumn = tuple[str, np.ndarray[Any, Any], list[str]]


class Fit:
    """A model fitted to one data frame.

    Attributes
    ----------
    coefficients : pandas.DataFrame
        One row per term; columns ``estimate``, ``std_error`` (units of the outcome per unit of the term), ``df``,
        ``statistic`` (t, or z where df is infinite), ``p_value`` (two-sided), ``lower``, ``upper`` (interval with coverage
        1 - alpha). NaN where the fit could not say.
    variances : pandas.DataFrame
        One row per variance component and the residual: ``group``, ``term1``, ``term2`` (empty for a variance), ``value``
        (squared units of the outcome), ``sd_or_correlation``.
    sigma : float
        Residual standard deviation, units of the outcome.
    status : str
        "ok", "singular" (a variance component is 0), "not_converged" or "not_estimable".
    message : str
        Why, when the status is not "ok".
    criterion : float
        Mixed models: REML criterion, or -2 log-likelihood with ``reml=False``; constants as in lme4.
    aic, bic : float
        From the criterion, counting parameters as R does (mixed and logistic models, otherwise NaN). Those of REML are
        comparable among models with the same fixed effects only.
    variance_tests : pandas.DataFrame
        One row per variance of linear mixed models with nested factors: ``group``, ``term``, ``statistic``, ``p_value`` of
        the likelihood-ratio test against the model without it (and its covariances; a mixture of chi-squares, as no
        variance is below 0). With ``method="nested-anova"`` the exact F test.
    icc : pandas.DataFrame
        One row per grouping factor of these models: ``group`` and the intraclass correlation, ``estimate``, ``lower``,
        ``upper``: the share of its intercepts' variance of all variance where the columns of random slopes are 0.
    observations : int
        Rows without a missing value in any variable of the formula; of lagged models, pairs of adjacent sessions.
    left_out : int or None
        Rows left out because of such missing values; None of lagged models, whose pairs are no rows.
    groups : dict of str to int
        Number of groups of each grouping factor.
    formula, method : str
        What was fitted and how.
    reml : bool
        Whether a mixed model was fitted by restricted maximum likelihood.
    alpha : float
        1 - coverage of the intervals.
    """

    def __init__(self, fitted: _core.Fit, formula: str, alpha: float, rows: int, coding: str = "") -> None:
        self.formula = formula
        self.alpha = alpha
        self._coding = coding
        self.status: str = fitted.status
        self.message: str = fitted.message
        self.method: str = fitted.method
        self.family: str = fitted.family
        self.reml: bool = fitted.reml
        self.observations: int = fitted.observations
        self.left_out = None if fitted.method.startswith("lagged") else rows - fitted.observations
        self.groups: dict[str, int] = fitted.groups
        self.sigma: float = fitted.sigma
        self.criterion: float = fitted.criterion
        self.coefficients = coefficient_frame(fitted.coefficients)
        self.variances = _variance_frame(fitted)
        self.aic: float = fitted.aic
        self.bic: float = fitted.bic
        self.variance_tests = pd.DataFrame(fitted.variance_tests, columns=["group", "term", "statistic", "p_value"])
        self.icc = pd.DataFrame(fitted.icc, columns=["group", "estimate", "lower", "upper"])
        self._ranef = fitted.ranef

    def ranef(self) -> pd.DataFrame:
        """Predict the random effects of every group (best linear unbiased predictions).

        Returns
        -------
        pandas.DataFrame
            One row per group and random effect of a linear mixed model with nested factors, otherwise none: ``group`` (the
            grouping factor), ``level`` (which group, as text), ``term``, ``value`` (units of the outcome per unit of the
            term), ``sd`` (conditional standard deviation, variances taken as known) and ``reliability``
            (1 - sd squared / variance of the effect; 0 where that is 0).

        Examples
        --------
        >>> import bordin as bd
        >>> data = {"y": [1.0, 2.0, 4.0, 5.0, 3.0, 4.0], "therapist": ["a", "a", "b", "b", "c", "c"]}
        >>> bd.fit(data, "y ~ 1 + (1 | therapist)").ranef()[["level", "value"]].round(3)
          level  value
        0     a -1.488
        1     b  1.190
        2     c  0.298
        """
        return pd.DataFrame(self._ranef, columns=["group", "level", "term", "value", "sd", "reliability"])

    def __repr__(self) -> str:
        return f"<bordin.Fit {self.formula!r}, {self.method}, {self.observations} observations, {self.status}>"

    def __str__(self) -> str:
        parts = [self._heading(), self._criterion_line(), self._variance_text(), _icc_text(self), _variance_test_text(self)]
        parts += ["Fixed effects:", _coefficient_text(self)]
        return "\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        coefficients = self.coefficients.copy()
        coefficients["p_value"] = [_p_text(p) for p in self.coefficients["p_value"]]
        table = coefficients.to_html(border=0, float_format="{:.3f}".format)
        variances = (
            "" if len(self.variances) < 2 else self.variances.to_html(border=0, index=False, float_format="{:.3f}".format)
        )
        note = f"<p><strong>{escape(self._status_line())}</strong></p>" if self.status != "ok" else ""
        return f"<div><p><code>{escape(self.formula)}</code><br>{escape(self._how())}</p>{note}{table}{variances}</div>"

    def _how(self) -> str:
        linear = f"Linear mixed model fitted by {'REML' if self.reml else 'maximum likelihood'}"
        kind = {
            ("ols", "gaussian"): "Ordinary least squares",
            ("ols", "binomial"): "Logistic regression",
            ("ols", "cox"): "Cox's proportional hazards model",
            ("mixed", "binomial"): "Logistic mixed model fitted by maximum likelihood",
            ("cluster-level", "gaussian"): "Least squares on the means of clusters",
            ("discrete-time", "gaussian"): "Discrete-time hazard model",
            ("fixed-clusters", "gaussian"): "Clusters as fixed effects",
            ("nested-anova", "gaussian"): "Analysis of variance of clusters within arms",
            ("lagged", "gaussian"): "Lagged within-client model, corrected for the bias of few sessions",
            ("lagged-uncorrected", "gaussian"): "Lagged within-client model, not corrected for the bias of few sessions",
        }.get((self.method, self.family), linear)
        groups = "".join(f", {count} groups of {name}" for name, count in self.groups.items())
        rows = "pairs of adjacent sessions" if self.method.startswith("lagged") else "observations"
        return f"{kind}, {self.observations} {rows}{self._left_out_text()}{groups}"

    def _left_out_text(self) -> str:
        if not self.left_out:
            return ""
        return f" ({self.left_out} row{'' if self.left_out == 1 else 's'} left out because of missing values)"

    def _status_line(self) -> str:
        return f"Status: {self.status.replace('_', ' ')}" + (f" ({self.message})" if self.message else "")

    def _heading(self) -> str:
        status = [] if self.status == "ok" else [self._status_line()]
        coding = [self._coding] if self._coding else []
        return "\n".join([self._how(), f"Formula: {self.formula}", *coding, *status])

    def _criterion_line(self) -> str:
        if self.method != "mixed" and self.family == "gaussian" and self.method != "discrete-time":
            return f"Residual SD: {self.sigma:.4g}\n"
        return f"{'REML criterion' if self.reml else '-2 log-likelihood'} at convergence: {self.criterion:.1f}\n"

    def _variance_text(self) -> str:
        if self.method not in ("mixed", "nested-anova"):
            return ""
        frame = self.variances.rename(columns={"group": "Groups", "term1": "Name", "value": "Variance"})
        frame = frame.rename(columns={"sd_or_correlation": "Std.Dev."}).drop(columns="term2")
        return "Random effects:\n" + frame.to_string(index=False, float_format="{:.4f}".format) + "\n"


def fit(
    frame: pd.DataFrame | Mapping[str, Any],
    formula: str,
    *,
    method: Method = "automatic",
    family: Family = "gaussian",
    df: DegreesOfFreedom = "satterthwaite",
    se: StandardErrors = "classical",
    nagq: int = 1,
    reml: bool = True,
    alpha: float = 0.05,
) -> Fit:
    """Fit a model to data.

    Parameters
    ----------
    frame : pandas.DataFrame or mapping of columns
        One row per observation. Numbers are numbers; booleans (no, yes), texts (levels in alphabetical order) and
        Categoricals (levels in their own order, those that do not occur left out) are categories. NaN, None and ``pd.NA``
        are missing; rows with a missing value in any variable of the formula are left out. Other columns do not matter.
        A mapping of Series is aligned by their index, as pandas does.
    formula : str
        In lme4's notation: ``"post ~ pre + arm + (1 | therapist)"``. ``lag(x)`` is x one session earlier, sessions numbered
        by the column ``session``; ``lag(x, week)``: by another. A missing session or value breaks the chain.
    method : str, optional
        How the formula is fitted. "automatic": lagged with ``lag()``, mixed with another random term, otherwise ols (no
        random effects). "cluster-level": least squares on the means of clusters. "discrete-time": hazard model of
        ``Surv(time, event)``. "fixed-clusters": the clusters named by ``(1 | therapist)`` as fixed effects. "nested-anova":
        exact tests of ``y ~ arm + (1 | therapist)`` with equal caseloads. "lagged":
        ``"y ~ lag(y) + lag(x) + z + (1 | therapist/client)"``, all within clients, standard errors by therapist;
        "lagged-uncorrected": with the bias that centring at few sessions brings.
    family : {"gaussian", "binomial", "cox"}, optional
        What the response is: a number, 0 or 1 (logistic regression), or ``Surv(time, event)``, which needs no saying.
    df : {"satterthwaite", "kenward-roger", "between-within", "wald"}, optional
        Degrees of freedom of a mixed model's t tests; wald: none, a z test.
    se : {"classical", "HC3", "CR2"}, optional
        Standard errors of a model without random effects; CR2: robust to what clusters share, which ``(1 | g)`` or a column
        ``therapist`` names (Cox's model: score residuals summed by cluster).
    nagq : int, optional
        Nodes of the quadrature of a logistic mixed model; 1 is Laplace's approximation.
    reml : bool, optional
        Restricted maximum likelihood; False: maximum likelihood.
    alpha : float, optional
        1 - coverage of the confidence intervals.

    Returns
    -------
    Fit
        Coefficients, variance components and what became of the fit. A fit that fails is a `status`, no exception.

    Raises
    ------
    FormulaError
        When the formula cannot be understood, names a column that is not there, or one of a kind that cannot be used.
    ScenarioError
        When `method`, `family`, `df` or `se` is none of those above.
    ValueError
        When alpha is not between 0 and 1, columns differ in length, or a column of the formula is there twice.
    TypeError
        When the data are neither a data frame nor columns by name, the formula is no text, or alpha no number.

    Examples
    --------
    >>> import bordin as bd
    >>> bd.fit({"y": [1.0, 2.0, 4.0, 5.0], "x": [0, 1, 2, 3]}, "y ~ x").coefficients["estimate"].round(3).to_dict()
    {'(Intercept)': 0.9, 'x': 1.4}
    """
    if not isinstance(formula, str):
        raise TypeError(
            f'the formula is {formula!r}, but must be text, such as "post ~ pre + (1 | therapist)", after the data'
        )
    alpha = between(alpha, "alpha", 0, 1)
    data = _data_frame(frame)
    columns = _columns(data, formula, method == "cluster-level" or se == "CR2")
    fitted = _core.fit(columns, formula, method, df, family, se, nagq, reml, alpha)
    return Fit(fitted, formula, alpha, len(data), _coding(columns, formula))


def coefficient_frame(coefficients: dict[str, Any]) -> pd.DataFrame:
    """Put the engine's table of coefficients into a data frame with the terms as index."""
    values = {name: column for name, column in coefficients.items() if name != "term"}
    return pd.DataFrame(values, index=pd.Index(coefficients["term"], name="term", dtype=object))


def _data_frame(frame: Any) -> pd.DataFrame:
    if isinstance(frame, pd.DataFrame):
        return frame
    if isinstance(frame, str):
        raise TypeError("the first argument must be the data, the second the formula")
    if not hasattr(frame, "keys"):
        raise TypeError(
            f"the data are of type {type(frame).__name__}, but must be a pandas data frame or a dict of columns; "
            "of a simulated study take a table, such as d.clients; "
            "of an array name the columns: pandas.DataFrame(array, columns=[...])"
        )
    try:
        return pd.DataFrame(dict(frame))
    except ValueError as error:
        raise ValueError(f"the data must be columns of the same length, by name: {error}") from None


def _columns(frame: pd.DataFrame, formula: str, clustered: bool) -> list[NumpyColumn]:
    named = {str(name): place for place, name in enumerate(frame.columns)}
    variables, groups, has_random = _core.formula_variables(formula)
    if clustered and not has_random and "therapist" not in variables:  # whose clusters are therapists
        variables, groups = [*variables, "therapist"], ["therapist"]
    twice = [name for name in variables if [str(column) for column in frame.columns].count(name) > 1]
    if twice:
        raise ValueError(f'the data have several columns "{twice[0]}"; give each a name of its own')
    if not set(variables) <= set(named):  # the engine says which one, and what it may have been
        return [(name, np.empty(0), []) for name in named]
    return [
        (name, *(_group_values if name in groups else _values)(frame.iloc[:, named[name]], formula))
        for name in dict.fromkeys(variables)
    ]


def _coding(columns: list[NumpyColumn], formula: str) -> str:
    """Say which of two words the response is 0 for and which 1."""
    response = formula.partition("~")[0].strip().strip("`")
    for name, _, levels in columns:
        if name == response and len(levels) == 2:
            return f'{name} is 0 where it says "{levels[0]}" and 1 where it says "{levels[1]}"'
    return ""


def _group_values(series: pd.Series[Any], formula: str) -> tuple[np.ndarray[Any, Any], list[str]]:
    try:
        codes, values = pd.factorize(series, sort=True)
    except TypeError:  # any kind of value can tell groups apart, also one that has no order
        codes, values = pd.factorize(series)
    if len(values) == 0:
        return np.full(len(series), np.nan), []
    return codes.astype(np.int32), _labels(values)


def _labels(values: Any) -> list[str]:
    labels = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in values]
    return labels if len(set(labels)) == len(labels) else [f"{label} [{i}]" for i, label in enumerate(labels)]


def _values(series: pd.Series[Any], formula: str) -> tuple[np.ndarray[Any, Any], list[str]]:
    if series.dtype == object:
        series = series.where(series.notna(), np.nan).infer_objects()
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _codes(series.array.remove_unused_categories())
    if pd.api.types.is_bool_dtype(series.dtype) or _inferred(series) == "boolean":
        codes = series.astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isnan(codes), -1, codes).astype(np.int32), ["no", "yes"]
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_complex_dtype(series.dtype):
        return _numbers(series), []
    if _inferred(series) in ("string", "empty"):
        return _codes(pd.Categorical(series))
    error = _core.FormulaError(
        f'formula "{formula}": column "{series.name}" holds {series.dtype} values; make them numbers, texts or categories'
    )
    error.formula = formula
    raise error


def _inferred(series: pd.Series[Any]) -> str:
    return pd.api.types.infer_dtype(series, skipna=True)


def _codes(categorical: pd.Categorical) -> tuple[np.ndarray[Any, Any], list[str]]:
    return categorical.codes.astype(np.int32), [str(level) for level in categorical.categories]


def _numbers(series: pd.Series[Any]) -> np.ndarray[Any, Any]:
    single = getattr(series.dtype, "itemsize", 8) <= 4 and getattr(series.dtype, "kind", "O") == "f"
    return np.ascontiguousarray(series.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan))


def _variance_frame(fitted: _core.Fit) -> pd.DataFrame:
    rows = [*fitted.variances, ("Residual", "", "", fitted.sigma * fitted.sigma, fitted.sigma)]
    return pd.DataFrame(rows, columns=["group", "term1", "term2", "value", "sd_or_correlation"])


def _icc_text(fit: Fit) -> str:
    if fit.icc.empty:
        return ""
    shown = pd.DataFrame({"Groups": fit.icc["group"], "ICC": fit.icc["estimate"].map("{:.4f}".format)})
    lower, upper = (fit.icc[end].map("{:.4f}".format) for end in ("lower", "upper"))
    shown[f"{100 * (1 - fit.alpha):g} % interval"] = lower + " to " + upper
    return f"Intraclass correlations:\n{shown.to_string(index=False)}\n"


def _variance_test_text(fit: Fit) -> str:
    tests = fit.variance_tests
    if tests.empty:
        return ""
    shown = pd.DataFrame({"Groups": tests["group"], "Name": tests["term"]})
    shown["Statistic"] = tests["statistic"].map("{:.4f}".format)
    shown["p"] = tests["p_value"].map(_p_text)
    return f"Is there such a variance?\n{shown.to_string(index=False)}\n"


def _p_text(p: float) -> str:
    if np.isnan(p):
        return "NaN"
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _coefficient_text(fit: Fit) -> str:
    frame = fit.coefficients
    infinite = bool(np.isinf(frame["df"]).all()) and len(frame) > 0
    shown = pd.DataFrame(
        {
            "Estimate": frame["estimate"].map("{:.4f}".format),
            "Std. Error": frame["std_error"].map("{:.4f}".format),
            "df": frame["df"].map("{:.1f}".format),
            "z value" if infinite else "t value": frame["statistic"].map("{:.3f}".format),
            "Pr(>|z|)" if infinite else "Pr(>|t|)": frame["p_value"].map(_p_text),
        }
    )
    shown.index.name = None
    return shown.to_string()
