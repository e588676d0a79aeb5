"""Every table goes to polars and DuckDB as it is, by Arrow's PyCapsule interface: values, gaps, categories, integers."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

import bordin as bd


class OnlyArrow:
    """A frame of which nothing is to be seen but the interface, so that no library takes a way of its own."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


TABLES = ["therapists", "clients", "sessions", "truth.therapists", "truth.clients", "truth.sessions"]
WAYS = pytest.mark.parametrize("way", [lambda frame: frame, OnlyArrow], ids=["as it is", "by the interface"])
KINDS: dict[str, tuple[object, str]] = {  # by kind of column in pandas: in polars, in DuckDB
    "int16": (pl.Int16, "SMALLINT"),
    "int32": (pl.Int32, "INTEGER"),
    "float32": (pl.Float32, "FLOAT"),
    "bool": (pl.Boolean, "BOOLEAN"),
    "boolean": (pl.Boolean, "BOOLEAN"),
    "category": (pl.Categorical, "ENUM|VARCHAR"),
}


@pytest.fixture(scope="module")
def study() -> bd.Data:
    return bd.simulate("early-alliance", seed=1)


def table(study: bd.Data, name: str) -> pd.DataFrame:
    part, _, of_truth = name.partition(".")
    return getattr(getattr(study, part), of_truth) if of_truth else getattr(study, part)


def without_gaps(column: pd.Series) -> list[Any]:
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


@WAYS
@pytest.mark.parametrize("name", TABLES)
def test_polars_reads_every_table(study, name, way):
    frame = table(study, name)
    read = pl.DataFrame(way(frame))
    assert read.columns == frame.columns.to_list()
    for column in frame:
        assert read[column].dtype == KINDS[str(frame[column].dtype)][0], column
        assert read[column].to_list() == without_gaps(frame[column]), column


@WAYS
@pytest.mark.parametrize("name", TABLES)
def test_duckdb_reads_every_table(study, name, way):
    frame = table(study, name)
    given = way(frame)  # noqa: F841 DuckDB finds it by this name
    read = duckdb.sql("from given")
    assert read.columns == frame.columns.to_list()
    for column, kind, values in zip(frame, read.types, zip(*read.fetchall(), strict=True), strict=True):
        assert re.match(KINDS[str(frame[column].dtype)][1], str(kind)), column
        assert list(values) == without_gaps(frame[column]), column


def test_these_tables_have_gaps_categories_and_whole_numbers(study):
    kinds = {str(kind) for kind in study.clients.dtypes}
    assert {"category", "boolean", "bool", "float32", "int16"} <= kinds
    assert study.clients["post"].isna().any()
    assert study.clients["recovered"].isna().any()


def test_tables_of_results_and_fits_go_the_same_way(results, study):
    fit = bd.fit(study.clients, "post ~ pre + alliance_early + (1 | therapist)")
    for frame in (results.performance, results.summary, fit.coefficients, fit.icc):
        assert pl.DataFrame(OnlyArrow(frame)).height == len(frame)


def test_without_pyarrow_the_interface_says_what_is_missing_and_duckdb_reads_the_frames():
    program = """
import sys
sys.modules["pyarrow"] = None  # as if it were not installed
import bordin, duckdb
clients = bordin.simulate("early-alliance").clients
try:
    clients.__arrow_c_stream__()
except ImportError as error:
    print("pyarrow" in str(error), duckdb.sql("select count(post) from clients").fetchall() == [(clients["post"].count(),)])
"""
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "True True\n"
    )
