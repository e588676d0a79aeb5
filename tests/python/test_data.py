from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pandas as pd
import pytest

import bordin as bd
from bordin import _core
from bordin import data as data_module

WITHOUT_GAPS = {
    "design.therapists": 5,
    "design.caseload": 4,
    "dropout.enabled": False,
    "ending.agreed": 0.0,
    "ending.good_enough.probability": 0.0,
}


def frames(d: bd.Data) -> dict[str, pd.DataFrame]:
    return {
        **{name: getattr(d, name) for name in data_module.TABLES},
        **{"truth." + name: getattr(d.truth, name) for name in data_module.TABLES},
    }


@pytest.mark.parametrize(
    "table", ["therapists", "clients", "sessions", "truth_therapists", "truth_clients", "truth_sessions"]
)
def test_numbers_are_not_copied(small, table):
    columns = getattr(small._study.simulate(1, 0), table)
    frame = data_module.frame_of(columns)
    in_place = 0
    for column in columns:
        values = column.values
        if values.flags.owndata or column.levels:  # gaps were filled in, or categories
            continue
        assert np.shares_memory(frame[column.name].to_numpy(), column.values), column.name
        in_place += 1
    assert in_place > 0


def test_columns_of_yes_and_no_are_not_copied_either(small):
    column = next(c for c in small._study.simulate(1, 0).clients if c.name == "dropped_out")
    frame = data_module.frame_of([column])
    assert frame["dropped_out"].dtype == bool
    assert np.shares_memory(frame["dropped_out"].to_numpy(), column.values)


def address(values: np.ndarray) -> int:
    return values.__array_interface__["data"][0]


def test_tables_take_no_memory_but_for_whole_numbers_and_yes_or_no_with_gaps():
    columns = bd.scenario("early-alliance", {"design.therapists": 200})._study.simulate(1, 0).sessions
    numbers = {c.name: c.values for c in columns}
    copied = {name for name, values in numbers.items() if values.flags.owndata}
    assert copied == {"core_om", "rupture_reported"}
    tracemalloc.start()
    frame = data_module.frame_of(columns)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # of a rating: a float a row; of yes or no: code, comparison, and what is missing
    gaps = frame["core_om"].to_numpy().nbytes + 3 * len(frame)
    assert taken < gaps + 0.02 * frame.memory_usage(index=False).sum()
    for name, values in numbers.items():
        if name not in copied:
            assert address(frame[name].to_numpy()) == address(values), name


def test_a_column_alone_keeps_the_engines_memory(small):
    d = bd.simulate(small)
    ratings = d.sessions["alliance_session"].to_numpy()
    before = ratings.copy()
    owner = ratings
    while isinstance(owner, np.ndarray):
        owner = owner.base
    assert isinstance(owner, _core.Column)
    assert owner.name == "alliance_session"
    of_study = weakref.ref(d)
    del d, owner
    gc.collect()
    assert of_study() is None
    others = [bd.simulate(small, replication=replication) for replication in range(1, 50)]
    assert not any(np.shares_memory(ratings, other.sessions["alliance_session"].to_numpy()) for other in others)
    np.testing.assert_array_equal(ratings, before)


def test_memory_lives_as_long_as_any_column(small):
    pre = bd.simulate(small).clients["pre"]
    before = pre.to_numpy().copy()
    for replication in range(50):
        bd.simulate(small, replication=replication)
    np.testing.assert_array_equal(pre, before)


def test_scores_with_gaps_are_float32_and_complete_ones_integers():
    with_gaps = bd.simulate(bd.scenario("early-alliance")).clients
    assert with_gaps["dropped_out"].any()
    assert with_gaps["post"].dtype == np.float32
    assert with_gaps["post"].isna().equals(with_gaps["dropped_out"])
    assert with_gaps["pre"].dtype == np.int16
    complete = bd.simulate(bd.scenario("early-alliance", WITHOUT_GAPS)).clients
    assert complete["post"].dtype == np.int16
    assert not complete["dropped_out"].any()


def test_no_missing_code_reaches_anybody():
    for name, frame in frames(bd.simulate(bd.scenario("early-alliance"))).items():
        numbers = frame.select_dtypes("number")
        assert (numbers.abs().max() < 1e6).all(), name
    recovered = bd.simulate(bd.scenario("early-alliance")).clients["recovered"]
    assert recovered.isna().any()
    assert set(recovered.dropna()) == {True, False}


def test_categories_have_their_names():
    clients = bd.simulate(bd.scenario("early-alliance")).clients
    assert isinstance(clients["ending"].dtype, pd.CategoricalDtype)
    assert clients["ending"].cat.categories.to_list() == ["dropout", "good enough", "agreed", "maximum", "not engaged"]
    assert (clients["ending"] == "dropout").equals(clients["dropped_out"])


def test_derived_variables_are_what_they_are_called():
    d = bd.simulate(bd.scenario("early-alliance"))
    c = d.clients
    np.testing.assert_array_equal(c["change"].dropna(), (c["pre"] - c["post"]).dropna())
    np.testing.assert_allclose(c["alliance_early"], c[["alliance_1", "alliance_2", "alliance_3"]].mean(axis=1), rtol=1e-6)
    between = c.groupby("therapist")["alliance_early"].transform("mean")
    np.testing.assert_allclose(c["alliance_between"], between, rtol=1e-6)
    np.testing.assert_array_equal(c.groupby("therapist").size(), d.therapists["caseload"])
    assert len(d.sessions) == 13 * len(c)


def test_the_truth_stands_row_by_row_beside_the_data(small):
    d = bd.simulate(small)
    assert d.truth is not None
    for name in data_module.TABLES:
        assert len(getattr(d, name)) == len(getattr(d.truth, name))
    assert all(column.endswith("_true") for frame in (d.truth.clients, d.truth.sessions) for column in frame)


def test_seed_and_replication_decide_everything(small):
    first, again = bd.simulate(small, seed=3, replication=5), bd.simulate(small, seed=3, replication=5)
    for name, frame in frames(first).items():
        pd.testing.assert_frame_equal(frame, frames(again)[name])
    for other in (bd.simulate(small, seed=4, replication=5), bd.simulate(small, seed=3, replication=6)):
        assert not np.array_equal(first.truth.clients["severity_true"], other.truth.clients["severity_true"])


def test_the_seed_is_that_of_the_scenario_unless_stated(small):
    seven = small.with_({"study.seed": 7})
    assert bd.simulate(seven).seed == 7
    pd.testing.assert_frame_equal(bd.simulate(seven).clients, bd.simulate(small, seed=7).clients)
    assert bd.simulate(seven, seed=0).seed == 0


def test_every_column_has_a_description_and_scores_have_units(small):
    d = bd.simulate(small)
    assert (d.variables["description"] != "").all()
    assert d.variables.loc[("clients", "pre"), "unit"] == "points"
    assert d.variables.loc[("truth.clients", "severity_true"), "unit"] == "SD of symptoms"
    named = {(table, column) for table, frame in frames(d).items() for column in frame}
    assert named == set(d.variables.index)


def test_data_show_themselves(small):
    d = bd.simulate(small, seed=2, replication=1)
    assert repr(d) == "<bordin.Data 8 therapists, 48 clients, 624 rows of sessions; seed 2, replication 1>"
    assert "<table" in d._repr_html_()
    assert "48 clients" in d._repr_html_()


@pytest.mark.parametrize("bad", [{"seed": -1}, {"replication": -1}, {"replication": 2**32}])
def test_numbers_that_are_none_are_refused(small, bad):
    with pytest.raises((TypeError, ValueError)):
        bd.simulate(small, **bad)
