"""Uses an installed Bordin beside h5py; the argument says which of them is imported first. Run by ./dev wheel."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

first = sys.argv[1]
modules: dict[str, Any] = {
    name: importlib.import_module(name) for name in sorted(("bordin", "h5py"), key=lambda n: n != first)
}
bd, h5py = modules["bordin"], modules["h5py"]


def read_by_h5py(folder: Path) -> None:
    results = bd.run("nested-trial", folder / "ours.h5", replications=30, progress=False)
    own = results.estimates["therapist means"].estimate
    with h5py.File(folder / "ours.h5") as file:
        np.testing.assert_array_equal(file["estimates/therapist_means/estimate"][:], own)


def written_by_h5py(folder: Path) -> None:
    with h5py.File(folder / "ours.h5") as ours, h5py.File(folder / "theirs.h5", "w") as theirs:
        theirs.attrs.update(ours.attrs)
        for name in ours:
            ours.copy(name, theirs)
    again = bd.open(folder / "theirs.h5")
    assert again.performance.equals(bd.open(folder / "ours.h5").performance)


def the_usual_program(folder: Path) -> None:
    scenario = bd.scenario("early-alliance", {"design.therapists": 10})
    study = bd.simulate(scenario, seed=1)
    fit = bd.fit(study.clients, "post ~ pre + alliance_between + alliance_within + (1 | therapist)")
    assert fit.status in ("ok", "singular")
    power = bd.power("nested-trial", replications=50, vary={"design.therapists": range(4, 13, 4)}, progress=False)
    power.plot(folder / "power.png")
    solution = bd.solve("nested-trial", vary=("design.therapists", 2, 60), power=0.8, progress=False)
    assert solution.lower <= 9 <= solution.upper
    report = bd.open(folder / "ours.h5").report(folder / "report.html")
    assert report.stat().st_size > 20_000
    command = Path(sys.executable).with_name("bordin")
    shown = subprocess.run([command, "info", folder / "theirs.h5"], capture_output=True, text=True, check=True).stdout
    assert "therapist means" in shown


with tempfile.TemporaryDirectory() as name:
    read_by_h5py(Path(name))
    written_by_h5py(Path(name))
    the_usual_program(Path(name))
