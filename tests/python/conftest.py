from __future__ import annotations

import matplotlib
import pytest

import bordin as bd

matplotlib.use("Agg")

SMALL = {"design.therapists": 8, "design.caseload": 6, "study.replications": 12}


@pytest.fixture(scope="session")
def small() -> bd.Scenario:
    """A study that takes a millisecond."""
    return bd.scenario("early-alliance", SMALL)


@pytest.fixture(scope="session")
def results(small: bd.Scenario) -> bd.Results:
    return bd.run(small, progress=False)
