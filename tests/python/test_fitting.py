from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bordin as bd

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def example() -> pd.DataFrame:
    return pd.read_csv(DATA / "r2_example.csv")


@pytest.fixture(scope="module")
def lme4() -> dict:
    return json.loads((DATA / "r2_example_REML.json").read_text())


def test_the_mixed_model_is_that_of_lme4(example, lme4):
    fit = bd.fit(example, "post ~ pre + aw + am + (1 | therapist)")
    table = fit.coefficients
    for term, estimate in lme4["fixef"].items():
        assert table.loc[term, "estimate"] == pytest.approx(estimate, rel=1e-6)
        assert table.loc[term, "std_error"] == pytest.approx(lme4["se"][term], rel=1e-6)
        assert table.loc[term, "df"] == pytest.approx(lme4["satterthwaite"]["df"][term], rel=1e-4)
        assert table.loc[term, "p_value"] == pytest.approx(lme4["satterthwaite"]["p"][term], rel=1e-3)
    assert fit.criterion == pytest.approx(lme4["criterion"], rel=1e-8)
    assert fit.sigma == pytest.approx(lme4["sigma"], rel=1e-6)
    assert fit.variances["value"].to_list() == pytest.approx([row["vcov"] for row in lme4["varcorr"]], rel=1e-5)
    assert (fit.observations, fit.groups, fit.status, fit.method) == (1000, {"therapist": 50}, "ok", "mixed")


def test_maximum_likelihood_is_that_of_lme4(example):
    reference = json.loads((DATA / "r2_example_ML.json").read_text())
    fit = bd.fit(example, "post ~ pre + aw + am + (1 | therapist)", reml=False)
    assert fit.criterion == pytest.approx(reference["criterion"], rel=1e-8)
    assert not fit.reml


def test_variances_are_tested_shared_out_and_predicted():
    expected = json.loads((DATA / "rows_reference.json").read_text())
    data, model = pd.read_csv(DATA / "mixed_models_growth.csv"), expected["variances"][0]
    fit = bd.fit(data, model["formula"])
    assert (fit.aic, fit.bic) == pytest.approx((model["aic"], model["bic"]))
    statistics = fit.variance_tests.set_index(["group", "term"])["statistic"]
    assert statistics["therapist", "time"] == pytest.approx(model["tests"][1]["statistic"], abs=1e-6)
    assert fit.icc.set_index("group").loc["client", "estimate"] == pytest.approx(model["icc"]["client"], abs=1e-5)
    lme4 = pd.DataFrame(expected["predicted"][0]["effects"]).set_index(["group", "term", "level"])
    ours = fit.ranef().set_index(["group", "term", "level"]).loc[lme4.index]
    assert len(ours) == len(fit.ranef())
    assert ours["value"].to_numpy() == pytest.approx(lme4["value"].to_numpy(), abs=1e-5)
    assert ours["sd"].to_numpy() == pytest.approx(lme4["sd"].to_numpy(), abs=1e-5)
    assert ours["reliability"].between(0, 1).all()
    plain = bd.fit(data, "y ~ time")
    assert plain.ranef().empty and plain.icc.empty and plain.variance_tests.empty


def test_groups_keep_their_names():
    data = {"y": [1.0, 2.0, 4.0, 5.0, 3.0, 4.0], "therapist": [1.0, 1.0, 0.5, 0.5, 7.0, 7.0]}
    assert bd.fit(data, "y ~ 1 + (1 | therapist)").ranef()["level"].to_list() == ["0.5", "1", "7"]
    mixed = {**data, "therapist": [1, 1, "1", "1", "x", "x"]}
    assert len(set(bd.fit(mixed, "y ~ 1 + (1 | therapist)").ranef()["level"])) == 3


def test_least_squares_is_least_squares(example):
    fit = bd.fit(example, "post ~ pre + aw")
    x = np.column_stack([np.ones(len(example)), example["pre"], example["aw"]])
    expected, residual, *_ = np.linalg.lstsq(x, example["post"], rcond=None)
    np.testing.assert_allclose(fit.coefficients["estimate"], expected, rtol=1e-9)
    assert fit.sigma == pytest.approx(np.sqrt(residual[0] / (len(example) - 3)))
    assert (fit.coefficients["df"] == len(example) - 3).all()


def test_intervals_follow_alpha_and_wald_has_no_degrees_of_freedom(example):
    wald = bd.fit(example, "post ~ pre + (1 | therapist)", df="wald", alpha=0.32)
    half = (wald.coefficients["upper"] - wald.coefficients["estimate"]) / wald.coefficients["std_error"]
    np.testing.assert_allclose(half, 0.99446, atol=1e-5)
    assert np.isinf(wald.coefficients["df"]).all()


def test_groups_may_be_anything_that_can_be_told_apart(example):
    formula = "post ~ pre + aw + am + (1 | therapist)"
    plain = bd.fit(example, formula)
    for values in (
        "T" + example["therapist"].astype(str),
        example["therapist"].astype("Int64"),
        example["therapist"] + 0.25,
        example["therapist"] + 2**53,
        pd.Categorical(example["therapist"]),
        pd.Timestamp("2020-01-01") + pd.to_timedelta(example["therapist"], unit="D"),
    ):
        other = bd.fit(example.assign(therapist=values), formula)
        np.testing.assert_allclose(other.coefficients, plain.coefficients, rtol=1e-9)
        assert other.groups == {"therapist": 50}


KINDS = {"x": [1.0, 2.0, 4.0, 3.0, 7.0, 5.0], "y": [1.0, 3.0, 2.0, 5.0, 4.0, 6.0]}


@pytest.mark.parametrize(
    ("values", "term"),
    [
        (["b", "a", "b", "a", "b", "a"], "gb"),
        (pd.Categorical(["b", "a", "b", "a", "b", "a"], categories=["b", "a", "never"]), "ga"),
        (pd.array(["b", "a", "b", "a", "b", "a"], dtype="string"), "gb"),
        (np.array(["b", "a", "b", "a", "b", "a"], dtype=object), "gb"),
        ([True, False, True, False, True, False], "gyes"),
        (pd.array([True, False, True, False, True, False], dtype="boolean"), "gyes"),
        (np.array([True, False, True, False, True, False], dtype=object), "gyes"),
        ([1, 0, 1, 0, 1, 0], "g"),
        (np.array([1, 0, 1, 0, 1, 0], dtype=np.float16), "g"),
        (pd.array([1, 0, 1, 0, 1, 0], dtype="Int64"), "g"),
        (np.array([1, 0, 1, 0, 1, 0], dtype=object), "g"),
    ],
)
def test_every_kind_of_column_means_what_it_means_in_r(values, term):
    fit = bd.fit({**KINDS, "g": values}, "y ~ g")
    assert fit.coefficients.index.to_list() == ["(Intercept)", term]
    expected = 7 / 3 - 14 / 3  # the mean of rows 0, 2, 4 minus the mean of rows 1, 3, 5
    assert fit.coefficients.loc[term, "estimate"] == pytest.approx(-expected if term == "ga" else expected)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 2.0, np.nan, 3.0, 7.0, 5.0],
        [1, 2, None, 3, 7, 5],
        pd.array([1, 2, pd.NA, 3, 7, 5], dtype="Int32"),
        ["a", "b", None, "a", "b", "a"],
        pd.array(["a", "b", pd.NA, "a", "b", "a"], dtype="string"),
        pd.Categorical(["a", "b", None, "a", "b", "a"]),
        pd.array([True, False, pd.NA, True, False, True], dtype="boolean"),
        [True, False, None, True, False, True],
    ],
)
def test_whatever_is_missing_leaves_out_its_row(values):
    frame = {**KINDS, "g": values}
    fit = bd.fit(frame, "y ~ g")
    assert fit.observations == 5
    complete = pd.DataFrame(frame).drop(index=2).convert_dtypes()
    np.testing.assert_allclose(fit.coefficients, bd.fit(complete, "y ~ g").coefficients)


def test_rows_left_out_are_said():
    fit = bd.fit({**KINDS, "g": [1, None, 2, None, 7, 5]}, "y ~ g")
    assert (fit.observations, fit.left_out) == (4, 2)
    for shown in (str(fit), fit._repr_html_()):
        assert "4 observations (2 rows left out because of missing values)" in shown
    one = bd.fit({**KINDS, "g": [1, None, 2, 3, 7, 5]}, "y ~ g")
    assert "(1 row left out" in str(one)
    complete = bd.fit(KINDS, "y ~ x")
    assert complete.left_out == 0 and "left out" not in str(complete)


def test_pairs_of_sessions_are_no_rows_that_could_be_left_out(small):
    fit = bd.fit(bd.simulate(small).sessions, "core_om ~ lag(core_om) + (1 | therapist/client)", method="lagged")
    assert fit.left_out is None and "left out" not in str(fit)


def test_a_simulated_study_and_its_replay_are_fitted_alike(small):
    again = bd.replay(small, 0)
    fit = bd.fit(bd.simulate(small).clients, "post ~ pre + alliance_between + alliance_within + (1 | therapist)")
    pd.testing.assert_frame_equal(fit.coefficients, again.estimates["multilevel"])


def test_the_cluster_level_analysis_takes_therapists_as_clusters(example):
    fit = bd.fit(example, "post ~ am", method="cluster-level")
    means = example.groupby("therapist")[["post", "am"]].mean()
    expected = np.polyfit(means["am"], means["post"], 1)
    np.testing.assert_allclose(fit.coefficients["estimate"], expected[::-1], rtol=1e-8)
    assert fit.groups == {"therapist": 50}


def test_mistakes_in_a_formula_are_named(example):
    with pytest.raises(bd.FormulaError, match='did you mean "pre"') as caught:
        bd.fit(example, "post ~ pree")
    assert caught.value.formula == "post ~ pree"
    assert isinstance(caught.value, ValueError)
    with pytest.raises(bd.FormulaError, match="character 7"):
        bd.fit(example, "post ~")
    with pytest.raises(bd.FormulaError, match="datetime64") as caught:
        bd.fit(example.assign(day=pd.Timestamp("2020-01-01")), "post ~ day")
    assert caught.value.formula == "post ~ day"
    with pytest.raises(ValueError, match='must be "automatic", "ols"'):
        bd.fit(example, "post ~ pre", method="least squares")
    with pytest.raises(ValueError, match="between 0 and 1"):
        bd.fit(example, "post ~ pre", alpha=5)


def test_a_fit_that_fails_says_so_and_raises_nothing(example):
    fit = bd.fit(example.assign(twice=2 * example["pre"]), "post ~ pre + twice")
    assert fit.status == "not_estimable"
    assert fit.message
    assert "not estimable" in str(fit)
    assert "not estimable" in fit._repr_html_()
    assert bd.fit(example.iloc[:0], "post ~ pre").status == "not_estimable"


def test_a_fit_shows_itself_like_lme4_does(example):
    fit = bd.fit(example, "post ~ pre + aw + am + (1 | therapist)")
    text = str(fit)
    assert "REML criterion at convergence: 6095.2" in text
    assert "therapist (Intercept)    3.1370    1.7712" in text
    assert [line.split() for line in text.splitlines() if line.startswith("aw")] == [
        ["aw", "-0.4632", "0.1648", "948.0", "-2.810", "0.0050"]
    ]
    assert "<table" in fit._repr_html_()
    assert "Ordinary least squares" in str(bd.fit(example, "post ~ pre"))
    assert "z value" in str(bd.fit(example, "post ~ pre + (1 | therapist)", df="wald"))


def test_other_columns_do_not_matter(example):
    odd = example.assign(day=pd.Timestamp("2020-01-01"), thing=[object()] * len(example))
    odd.columns = [*odd.columns[:-1], 7]
    np.testing.assert_array_equal(bd.fit(odd, "post ~ pre").coefficients, bd.fit(example, "post ~ pre").coefficients)


def test_a_grouping_factor_may_be_a_predictor_too():
    therapist = np.repeat([100.5, 50.0, 10.0, 80.0, 30.0, 20.0], 10)
    data = pd.DataFrame({"therapist": therapist, "h": therapist, "y": 0.05 * therapist + np.sin(np.arange(60.0) ** 2)})
    right = bd.fit(data, "y ~ h + (1 | h)", method="cluster-level").coefficients.to_numpy()
    means = data.groupby("h").mean()
    assert right[1, 0] == pytest.approx(np.polyfit(means.index, means["y"], 1)[0])
    for formula in ("y ~ therapist", "y ~ therapist + (1 | therapist)"):
        assert bd.fit(data, formula, method="cluster-level").coefficients.to_numpy() == pytest.approx(right)
    mixed = bd.fit(data, "y ~ I(h^2) + (1 | h)")
    assert (mixed.observations, mixed.groups) == (60, {"h": 6})


def test_huge_numbers_are_no_exception():
    fitted = bd.fit({"y": [1e200, -1e200, 3e200, 2e200, 0.0], "x": [1.0, 2.0, 3.0, 4.0, 6.0]}, "y ~ x")
    assert fitted.variances["value"].iloc[0] == np.inf


def test_missing_values_of_every_kind_in_object_columns():
    fitted = bd.fit({"y": [1.0, 2.0, 4.0, 3.0, 7.0], "x": np.array([1, pd.NA, 2, 3, 5], dtype=object)}, "y ~ x")
    assert (fitted.status, fitted.observations) == ("ok", 4)


def test_arguments_that_are_none_are_named():
    frame = pd.DataFrame([[1.0, 2.0, 3.0], [2.0, 3.0, 1.0], [4.0, 1.0, 2.0]], columns=["y", "x", "x"])
    with pytest.raises(ValueError, match='several columns "x"'):
        bd.fit(frame, "y ~ x")
    with pytest.raises(TypeError, match="must be text"):
        bd.fit(frame, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="alpha is 'x', but must be a number"):
        bd.fit(frame, "y ~ x", alpha="x")  # type: ignore[arg-type]
    for none, kind in ((None, "NoneType"), (frame.to_numpy(), "ndarray"), (bd.simulate("nested-trial"), "Data")):
        with pytest.raises(TypeError, match=f"the data are of type {kind}, but must be a pandas data frame or a dict"):
            bd.fit(none, "y ~ x")  # type: ignore[arg-type]
    for odd in ({"y": [1.0, 2.0], "x": [1.0]}, {"y": 1.0, "x": 2.0}):
        with pytest.raises(ValueError, match="columns of the same length, by name"):
            bd.fit(odd, "y ~ x")
    with pytest.raises(TypeError, match="first argument must be the data"):
        bd.fit("y ~ x", "y ~ x")  # type: ignore[arg-type]


def test_printing_shows_intraclass_correlations_and_tests_of_variances():
    fit = bd.fit({"y": [1.0, 2, 4, 5, 3, 4, 0, 1], "therapist": [1, 1, 2, 2, 3, 3, 4, 4]}, "y ~ 1 + (1 | therapist)")
    shown = str(fit)
    row, test = fit.icc.iloc[0], fit.variance_tests.iloc[0]
    assert f"{row['estimate']:.4f} {row['lower']:.4f} to {row['upper']:.4f}" in " ".join(shown.split())
    assert f"{test['statistic']:.4f}" in shown and f"{test['p_value']:.4f}" in shown
    assert "Intraclass" not in str(bd.fit({"y": [1.0, 2, 4], "x": [1, 2, 2]}, "y ~ x"))


def test_a_response_of_two_words_says_which_is_one():
    frame = pd.DataFrame({"better": ["yes", "no", "yes", "no", "yes", "no"], "x": [1.0, 2, 3, 1, 4, 4]})
    for family in ("gaussian", "binomial"):
        text = str(bd.fit(frame, "better ~ x", family=family))
        assert 'better is 0 where it says "no" and 1 where it says "yes"' in text
    assert "where it says" not in str(bd.fit(frame, "x ~ better"))
