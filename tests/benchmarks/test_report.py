from __future__ import annotations

from typing import Any

import pytest
import report

CONTEXT = {
    "bordin": "0.1.0",
    "compiler": "gcc 12.2.0",
    "instruction_set": "sse2",
    "cpu": "Some CPU",
    "num_cpus": 2,
    "date": "2026-01-02T03:04:05+00:00",
}


def runs(name: str, family: int, rates: dict[str, float], instance: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Runs as Google Benchmark writes them; "once" is a repetition, other names are aggregates."""
    common = {"run_name": name, "family_index": family, "per_family_instance_index": instance, "label": "normal", **more}
    return [
        {**common, "items_per_second": rate, **({} if kind == "once" else {"aggregate_name": kind})}
        for kind, rate in rates.items()
    ]


def bench(*families: list[dict[str, Any]]) -> dict[str, Any]:
    return {"context": CONTEXT, "benchmarks": [run for family in families for run in family]}


def test_the_median_of_repetitions_counts_and_not_a_single_one_or_their_mean():
    found = report.measurements(bench(runs("random/normal/a", 0, {"once": 1, "mean": 2, "median": 3e6, "cv": 0.02})))
    assert [(m.name, m.rate, m.spread, m.item) for m in found] == [("random/normal/a", 3e6, 0.02, "normal")]


def test_a_single_repetition_is_its_own_median_and_has_no_spread():
    (found,) = report.measurements(bench(runs("a/b/c", 0, {"once": 5})))
    assert found.rate == 5
    assert "nan" in str(found.spread)


def test_what_google_benchmark_adds_to_names_is_taken_off():
    given = ["study/threads/2/real_time", "growth/clients/1000/iterations:1/repeats:3", "a/min_time:0.050/process_time"]
    families = [runs(name, k, {"once": 1}) for k, name in enumerate(given)]
    assert [m.name for m in report.measurements(bench(*families))] == ["study/threads/2", "growth/clients/1000", "a"]


def test_the_order_is_that_of_declaration_however_runs_were_interleaved():
    mixed = bench(runs("g/n/10", 1, {"median": 1}, 1), runs("first", 0, {"median": 1}), runs("g/n/1", 1, {"median": 1}, 0))
    assert [m.name for m in report.measurements(mixed)] == ["first", "g/n/1", "g/n/10"]


def test_ratios_are_to_the_first_of_the_group():
    rows = [report.Measurement(name, "x", rate) for name, rate in [("s/g/a", 4), ("s/g/b", 2), ("s/h/a", 3), ("s/h/b", 9)]]
    assert report.ratios(rows) == {"s/g/a": 1, "s/g/b": 0.5, "s/h/a": 1, "s/h/b": 3}


def test_groups_of_one_and_scenarios_have_no_ratio():
    rows = [report.Measurement(name, "x", 1) for name in ("s/alone/a", "s/scenario/a", "s/scenario/b")]
    assert report.ratios(rows) == {}


def test_what_could_not_be_measured_is_said_and_is_no_one_s_base():
    failed = runs("s/g/a", 0, {"once": 0}, error_occurred=True, error_message="not enough memory is free")
    data = bench(failed, runs("s/g/b", 1, {"once": 2}), runs("s/g/c", 2, {"once": 4}))
    assert "not enough memory is free" in report.report(data, [])
    assert report.ratios(report.measurements(data)) == {"s/g/b": 1, "s/g/c": 2}


def test_a_peer_is_compared_within_rounds():
    pair = '{{"peer": "p", "work": "10 clients", "item": "fit", "ours": {}, "theirs": {}}}'
    (found,) = report.comparisons([pair.format(4, 2), pair.format(10, 10), pair.format(9, 3), ""])
    assert found.ratios == [2, 1, 3]
    assert (found.ours, found.theirs) == (9, 3)
    assert "2.00 times as fast (1.00 to 3.00 in 3 rounds)" in str(found)


def test_works_of_a_peer_are_kept_apart_in_the_order_of_the_lines():
    pair = '{{"peer": "{}", "work": "{}", "item": "fit", "ours": 1, "theirs": 1}}'
    given = [pair.format(*who) for who in [("b", "5 clients"), ("a", "9 clients"), ("a", "10 clients"), ("b", "5 clients")]]
    assert [(c.peer, c.work, len(c.ratios)) for c in report.comparisons(given)] == [
        ("b", "5 clients", 2),
        ("a", "9 clients", 1),
        ("a", "10 clients", 1),
    ]


def test_a_peer_that_is_not_installed_is_named_with_the_reason():
    line = '{"peer": "lme4 and lmerTest", "missing": "R is not installed"}'
    assert "lme4 and lmerTest: not measured, R is not installed" in report.report(
        bench(runs("a/b/c", 0, {"once": 5})), [line]
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2_577_220, "2.58 M"),
        (375.36, "375"),
        (37.57, "37.6"),
        (1, "1.00"),
        (999_900, "1.00 M"),
        (99.97, "100"),
        (1.0757e9, "1.08 G"),
        (3.88e-7, "388 n"),
        (1.8e-8, "18.0 n"),
        (9.996e-9, "10.0 n"),
        (4e-10, "400 p"),
        (0.00263, "2.63 m"),
    ],
)
def test_numbers_have_three_figures(value, text):
    assert report.scaled(value) == text


def test_the_report_names_machine_rates_memory_and_peers():
    data = bench(
        runs("growth/clients/1000", 0, {"median": 2.5e6, "cv": 0.01}, peak_bytes=950_000, planned_per_second=4e6),
        [{**run, "bytes_per_second": 4.7e8} for run in runs("results/HDF5/write", 1, {"median": 1}, label="byte")],
    )
    text = report.report(
        data, ['{"peer": "numpy", "work": "1000 clients", "item": "client-session", "ours": 2, "theirs": 1}']
    )
    for part in (
        "gcc 12.2.0",
        "sse2",
        "Some CPU, 2 cores",
        "2.50 M normals/s",
        "400 ns",
        "1.0 %",
        "950 kB",
        "470 MB/s",
        "numpy",
    ):
        assert part in text
