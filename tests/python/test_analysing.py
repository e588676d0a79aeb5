"""Analyses of one's own over studies of the engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bordin as bd


def engines_own(study: bd.Data) -> bd.Fit:
    return bd.fit(study.clients, "post ~ arm + (1 | therapist)", method="cluster-level")


def test_the_engines_own_analysis_gives_the_engines_own_performance() -> None:
    scenario = bd.scenario("nested-trial")
    done = bd.analyse(
        scenario, {"therapist means": engines_own}, replications=40, truth={"armtreatment": -0.5}, progress=False
    )
    own = bd.run(scenario, replications=40, progress=False).performance.query("analysis == 'therapist means'")
    keys = ["analysis", "term", "measure"]
    both = done.performance.merge(own, on=keys, suffixes=("", "_engine"))
    assert len(both) == len(own) == len(done.performance)
    np.testing.assert_allclose(both["value"], both["value_engine"], rtol=1e-12)
    np.testing.assert_allclose(both["mcse"], both["mcse_engine"], rtol=1e-12)
    assert done.summary.shape[0] == 2 and done.complete and done.errors.empty


def test_it_is_called_in_order_of_replications_with_the_studies_of_a_run() -> None:
    seen: list[int] = []

    def mean(study: bd.Data) -> dict[str, float]:
        seen.append(study.replication)
        return {"estimate": float(study.clients["post"].mean())}

    done = bd.analyse("nested-trial", mean, replications=5, seed=7, progress=False)
    assert seen == [0, 1, 2, 3, 4]
    again = bd.simulate("nested-trial", seed=7, replication=3).clients["post"].mean()
    assert done.estimates.query("replication == 3")["estimate"].item() == pytest.approx(again)
    assert done.estimates["analysis"].unique().tolist() == ["mean"] == done.estimates["term"].unique().tolist()


def test_what_it_raises_is_a_failed_fit_with_its_message() -> None:
    def moody(study: bd.Data) -> dict[str, float]:
        if study.replication % 3 == 0:
            raise RuntimeError("not today")
        return {"estimate": np.nan if study.replication == 1 else 1.0}

    done = bd.analyse("nested-trial", moody, replications=6, progress=False)
    assert done.errors["replication"].tolist() == [0, 1, 3]
    raised, not_finite = "RuntimeError: not today", "an estimate is not a finite number"
    assert done.errors["message"].tolist() == [raised, not_finite, raised]
    row = done.performance.set_index("measure").loc["mean_estimate"]
    assert (row["run"], row["converged"], row["failed"]) == (6, 3, 3)
    assert done.summary[["run", "converged", "failed"]].to_numpy().tolist() == [[6, 3, 3]]
    lines = repr(done).splitlines()
    assert lines[0] == f"<bordin.Analysed {done.scenario.title!r}: 6 replications, seed 1>"
    assert lines[-1] == "3 analyses failed; see errors." and "1.000 (0.000)" in lines[-2]


def test_an_analysis_that_always_fails_leaves_an_empty_table() -> None:
    def hopeless(study: bd.Data) -> pd.DataFrame:
        return pd.DataFrame({"slope": [1.0]})

    with pytest.warns(
        UserWarning, match=r'"hopeless" failed in every study \(3\).*returns slope, but no estimate'
    ) as warned:
        done = bd.analyse("nested-trial", hopeless, replications=3, truth={"slope": 1.0}, progress=False)
    assert [warning.filename for warning in warned] == [__file__]
    assert done.performance.empty and done.summary.empty and len(done.errors) == 3
    assert "but no estimate" in done.errors["message"][0]
    assert "3 analyses failed" in done._repr_html_()
    assert repr(done).splitlines()[1:] == ["3 analyses failed; see errors."]


def test_an_analysis_that_always_fails_leaves_the_numbers_of_others_alone() -> None:
    def hopeless(study: bd.Data) -> dict[str, float]:
        raise RuntimeError("never")

    def constant(study: bd.Data) -> dict[str, float]:
        return {"estimate": 1.0}

    with pytest.warns(UserWarning, match="never"):
        both = bd.analyse("nested-trial", {"no": hopeless, "yes": constant}, replications=3, progress=False)
    alone = bd.analyse("nested-trial", {"yes": constant}, replications=3, progress=False)
    pd.testing.assert_frame_equal(both.performance, alone.performance)
    pd.testing.assert_frame_equal(both.estimates, alone.estimates)
    assert both.errors["analysis"].tolist() == ["no"] * 3


def test_singular_fits_are_counted_as_the_engine_counts_them() -> None:
    def mixed(study: bd.Data) -> bd.Fit:
        return bd.fit(study.clients, "post ~ arm + (1 | therapist)")

    counts = ["run", "converged", "singular", "failed"]
    done = bd.analyse("nested-trial", mixed, replications=30, progress=False).summary[counts]
    own = bd.run("nested-trial", replications=30, progress=False).summary.loc["random intercept, Satterthwaite", counts]
    assert done.to_numpy().tolist() == own.to_numpy().tolist()
    assert (done["singular"] > 0).all() and (done["singular"] < 30).all()


def test_interrupting_keeps_what_was_finished() -> None:
    def impatient(study: bd.Data) -> dict[str, float]:
        if study.replication == 4:
            raise KeyboardInterrupt
        return {"estimate": 1.0}

    done = bd.analyse("nested-trial", impatient, replications=10, progress=False)
    assert done.replications == 4 and not done.complete and len(done.estimates) == 4


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="a function, or functions by name"):
        bd.analyse("nested-trial", {}, replications=1)
    with pytest.raises(ValueError, match="truth names nonsense, but the terms are \\(Intercept\\), armtreatment"):
        bd.analyse("nested-trial", engines_own, replications=2, truth={"nonsense": 1}, progress=False)
