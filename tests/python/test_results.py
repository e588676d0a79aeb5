from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bordin as bd
from bordin.data import TABLES
from bordin.results import MEASURES

h5py = pytest.importorskip("h5py")


def test_estimates_have_cells_replications_and_terms(results):
    estimates = results.estimates["multilevel"]
    assert estimates.terms == ["(Intercept)", "pre", "alliance_between", "alliance_within"]
    assert estimates.tested == ["alliance_between", "alliance_within"]
    for name in MEASURES:
        assert getattr(estimates, name).shape == (1, 12, 4)
        assert getattr(estimates, name).dtype == np.float64
        assert not getattr(estimates, name).flags.owndata
    assert estimates.status.shape == (1, 12)
    assert estimates.status.dtype == np.uint8


def test_estimates_are_those_that_h5py_reads(results):
    with h5py.File(results.path) as file:
        for name in MEASURES:
            stored = file["estimates/multilevel"][name][:]
            np.testing.assert_array_equal(getattr(results.estimates["multilevel"], name), stored)


def test_data_in_the_file_are_those_of_simulate(results, small):
    kept, made = results.data(0), bd.simulate(small, seed=1, replication=0)
    assert kept.truth is not None
    assert results._file.kept_replications() == [0]
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(kept, name), getattr(made, name))
        pd.testing.assert_frame_equal(getattr(kept.truth, name), getattr(made.truth, name))
    with h5py.File(results.path) as file:
        np.testing.assert_array_equal(file["data/clients/pre"][:], made.clients["pre"])
        np.testing.assert_array_equal(file["truth/clients/severity_true"][:], made.truth.clients["severity_true"])


def test_data_that_were_not_kept_are_made_again(results, small):
    pd.testing.assert_frame_equal(results.data(7).clients, bd.simulate(small, replication=7).clients)
    with pytest.raises(IndexError, match="the file has 12"):
        results.data(12)


@pytest.mark.parametrize(
    ("keep", "kept", "truth"), [("none", [], True), ("observed", [0, 1, 2], False), ("full", [0, 1, 2], True)]
)
def test_data_are_kept_as_asked(small, keep, kept, truth):
    r = bd.run(small, replications=3, data=keep)
    assert r._file.kept_replications() == kept
    assert (r.data(2).truth is not None) == truth
    pd.testing.assert_frame_equal(r.data(2).sessions, bd.simulate(small, replication=2).sessions)


def test_threads_change_no_number(small):
    one, two = bd.run(small, threads=1), bd.run(small, threads=2)
    pd.testing.assert_frame_equal(one.performance, two.performance, check_exact=True)
    for name, estimates in one.estimates.items():
        for measure in MEASURES:
            np.testing.assert_array_equal(getattr(estimates, measure), getattr(two.estimates[name], measure))


def test_performance_is_what_the_estimates_say(results):
    table = results.performance.set_index(["analysis", "term", "measure"])
    estimates = results.estimates["multilevel"]
    usable = np.isin(estimates.status[0], [estimates.status_names.index(word) for word in ("ok", "singular")])
    found = estimates.estimate[0, usable, estimates.terms.index("alliance_within")]
    row = table.loc[("multilevel", "alliance_within", "mean_estimate")]
    assert row["value"] == pytest.approx(found.mean(), rel=1e-12)
    assert row["mcse"] == pytest.approx(found.std(ddof=1) / np.sqrt(len(found)), rel=1e-12)
    assert (row["run"], row["converged"]) == (12, usable.sum())
    significant = estimates.p_value[0, usable, estimates.terms.index("alliance_within")] <= 0.05
    assert table.loc[("multilevel", "alliance_within", "rejection_rate"), "value"] == pytest.approx(significant.mean())


def test_frames_and_summaries_have_the_same_numbers(results):
    frame = results.estimates["multilevel"].frame()
    assert len(frame) == 12 * 4
    assert frame.loc[(0, 5, "pre"), "estimate"] == results.estimates["multilevel"].estimate[0, 5, 1]
    assert frame["status"].cat.categories.to_list() == ["ok", "singular", "not_converged", "not_estimable"]
    row = results.performance.set_index(["analysis", "term", "measure"]).loc[("multilevel", "pre", "mean_estimate")]
    assert results.summary.loc[("multilevel", "pre"), "mean_estimate"] == f"{row['value']:.3f} ({row['mcse']:.3f})"
    assert results.cells["replications"].to_list() == [12]


def test_a_file_can_be_opened_again(small, tmp_path):
    path = tmp_path / "out.h5"
    r = bd.run(small, path, seed=9, replications=4)
    again = bd.open(path)
    assert (again.replications, again.seed) == (4, 9)
    assert again.scenario == small
    assert again.attributes["scenario_digest"] == small.digest
    assert again.provenance["threads"]
    assert "multilevel" in again.describe()
    assert small.title in again._repr_html_()
    pd.testing.assert_frame_equal(again.performance, r.performance)


def test_a_file_is_not_overwritten_unless_asked(small, tmp_path):
    path = tmp_path / "out.h5"
    bd.run(small, path, replications=2)
    with pytest.raises(bd.ResultFileError) as caught:
        bd.run(small, path, replications=3)
    assert caught.value.path == str(path)
    assert isinstance(caught.value, OSError)
    assert bd.open(path).replications == 2
    assert bd.run(small, path, replications=3, overwrite=True).replications == 3


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(bd.ResultFileError, match="no such file"):
        bd.open(tmp_path / "nothing.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(bd.ResultFileError):
        bd.open(tmp_path / "text.h5")


def test_a_temporary_file_goes_with_its_results(small):
    r = bd.run(small, replications=2)
    path = r.path
    assert path.exists()
    del r
    assert not path.exists()


def test_replay_is_the_replication_of_the_whole_run(results):
    again = bd.replay(results, 7)
    for name, estimates in results.estimates.items():
        frame = again.estimates[name]
        np.testing.assert_array_equal(frame["estimate"], estimates.estimate[0, 7])
        np.testing.assert_array_equal(frame["p_value"], estimates.p_value[0, 7])
        assert again.status[name] == estimates.status_names[estimates.status[0, 7]]
    assert again.data.replication == 7


def test_progress_is_told_and_the_bar_changes_nothing(small, capsys):
    told: list[int] = []
    bd.run(small, replications=40, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 40
    assert bd.run(small, replications=2, progress=True).replications == 2


def test_what_progress_raises_stops_the_run_and_arrives(small):
    def refuse(finished: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        bd.run(small, replications=100_000, progress=refuse)


@pytest.mark.parametrize("width", [2, 0.5, 0, -0.1, float("nan")])
def test_half_widths_that_no_interval_has_are_refused(small, width):
    with pytest.raises(ValueError, match=f"until_half_width is {width}, but must be between 0 and 0.5"):
        bd.run(small, replications=2, until_half_width=width)


@pytest.mark.parametrize("bad", [{"replications": 0}, {"replications": 2**32}, {"seed": -1}, {"data": "ful"}])
def test_options_that_are_none_are_refused(small, bad):
    with pytest.raises((TypeError, ValueError)):
        bd.run(small, **bad)


def test_more_than_the_machine_has_is_refused_before_it_starts():
    huge = bd.scenario("early-alliance", {"design.therapists": 10_000_000, "design.caseload": 1000})
    with pytest.raises(bd.ResourceError, match=r"[GTPE]B") as caught:
        bd.run(huge, replications=1)
    assert isinstance(caught.value, MemoryError)


def test_other_threads_of_python_go_on_during_a_run(small):
    ticks = 0
    over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.is_set():
            ticks += 1
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    bd.simulate(small)
    ticker.start()
    start = time.monotonic()
    bd.run(small, replications=4000, threads=1)
    seconds = time.monotonic() - start
    over.set()
    ticker.join()
    assert ticks > 20 * seconds  # with the lock held there would be one tick at each wake-up, ten a second


INTERRUPTED = """
import sys, bordin as bd
print("started", flush=True)
try:
    bd.run(bd.scenario("early-alliance"), sys.argv[1], replications=1_000_000, progress=lambda n: print(n, flush=True))
except bd.Interrupted as error:
    print("kept", error.results.replications, "|", error, flush=True)
    raise
"""


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    path = tmp_path / "out.h5"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    while int(process.stdout.readline()) < 20:
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    kept = int(out.split("kept ")[1].split()[0])
    assert 20 <= kept < 1_000_000
    assert "KeyboardInterrupt" in err or "Interrupted" in err
    assert process.returncode != 0
    results = bd.open(path)
    assert results.replications == kept
    assert results.estimates["multilevel"].estimate.shape == (1, kept, 4)
    assert sorted(Path(tmp_path).iterdir()) == [path]


def test_an_interrupted_run_is_a_keyboard_interrupt_with_its_results(small):
    def interrupt(finished: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="of 200000 replications") as caught:
        bd.run(small, replications=200_000, progress=interrupt)
    assert isinstance(caught.value, bd.Interrupted)
    assert caught.value.results.replications < 200_000
    assert caught.value.results.estimates["multilevel"].terms


@pytest.mark.parametrize("imports", ["import h5py; import bordin", "import bordin; import h5py"])
def test_h5py_and_bordin_go_together_in_either_order(results, imports):
    program = f"""{imports}
r = bordin.open({str(results.path)!r})
with h5py.File(r.path) as file:
    assert (file["estimates/multilevel/estimate"][:] == r.estimates["multilevel"].estimate).all()
    assert (r.data(0).clients["pre"] == file["data/clients/pre"][:]).all()
again = bordin.run(r.scenario, replications=2)
with h5py.File(again.path) as file:
    assert file["estimates/multilevel/estimate"].shape == (1, 2, 4)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr


def test_failed_fits_are_listed_with_their_replication() -> None:
    scenario = bd.scenario(
        "nested-trial", {"design.therapists": 2, "design.caseload": 2, "design.missing.questionnaires": 0.6}
    )
    results = bd.run(scenario, replications=50)
    errors = results.errors
    assert len(errors) > 0
    first = errors.iloc[0]
    assert bd.replay(results, int(first["replication"])).messages[first["analysis"]] == first["message"]
    assert bd.run("nested-trial", replications=2).errors.empty


def test_the_summary_counts_what_became_of_the_fits() -> None:
    few = {"design.therapists": 2, "design.caseload": 2, "design.missing.questionnaires": 0.6}
    results = bd.run(bd.scenario("nested-trial", few), replications=50)
    assert len(results.errors) > 0
    for name, estimates in results.estimates.items():
        words = np.array(estimates.status_names)[estimates.status[0]]
        singular, converged = (words == "singular").sum(), np.isin(words, ["ok", "singular"]).sum()
        for term in estimates.terms:
            row = results.summary.loc[(name, term), ["run", "converged", "singular", "failed"]]
            assert row.to_list() == [50, converged, singular, 50 - converged]
    nothing = bd.scenario("early-alliance", {"analyses": [], "study.primary": ""})
    assert bd.run(nothing, replications=2).summary.empty


def test_runs_end_when_they_are_precise_enough() -> None:
    results = bd.run("nested-trial", until_half_width=0.03)
    assert results.replications in {1000, 2000, 4000}
    p = results.performance.query("measure == 'rejection_rate' and term == 'armtreatment'")
    assert (1.96 * p["mcse"] < 0.0301).all()
