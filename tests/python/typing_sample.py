"""What users write, for mypy --strict: it must be accepted, with the types that are stated here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

import bordin as bd


def study() -> float:
    s: bd.Scenario = bd.scenario("early-alliance", {"design.therapists": 40})
    d: bd.Data = bd.simulate(s, seed=1)
    clients: pd.DataFrame = d.clients
    fit: bd.Fit = bd.fit(clients, "post ~ pre + alliance_within + (1 | therapist)", df="wald")
    table: pd.DataFrame = fit.coefficients
    r: bd.Results = bd.run(s, "out.h5", replications=10, data="observed", progress=print)
    estimate: npt.NDArray[np.float64] = r.estimates["multilevel"].estimate
    again: bd.Replay = bd.replay(r, 3)
    bd.plot_first_look(again.data, "look.png")
    try:
        bd.open("out.h5")
    except bd.ResultFileError as error:
        path: str = error.path
        print(path, len(table))
    return float(estimate.mean())
