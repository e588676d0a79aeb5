"""How long a slider takes: simulate a study, fit a mixed model, hand over its numbers, draw them. `python slider.py`.

Each move is a new study, as in notebooks/04: 200 therapists with 20 clients each, 12 sessions.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import bordin as bd

MOVES = 50
WORLD = bd.scenario(
    "routine-care",
    {
        "design.therapists": 200,
        "design.caseload": 20,
        "design.sessions": 12,
        "dropout.baseline": -30,  # everybody stays for all sessions
        "ending.agreed": 0,
        "ending.good_enough.probability": 0,
        "analyses": [],
    },
)


def numbers(direct_sd: float) -> tuple[pd.Series[float], pd.Series[float]]:
    """Simulate and fit: the intraclass correlation with its interval, and every therapist's predicted effect."""
    clients = bd.simulate(WORLD.with_({"therapists.direct_sd": direct_sd})).clients
    fit = bd.fit(clients, "last ~ pre + (1 | therapist)")
    return fit.icc.iloc[0], fit.ranef()["value"]


def demonstration() -> bd.Exploration:
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    (dots,) = axes.plot([], [], "o", label="therapists' predicted effects, sorted")
    axes.set(xlim=(0, 201), ylim=(-15, 15), xlabel="Therapists", ylabel="Effect [points]")
    axes.legend()
    title = axes.set_title(" ")

    def update(direct_sd: float) -> None:
        icc, effects = numbers(direct_sd)
        dots.set_data(np.arange(1, 201), np.sort(effects))
        title.set_text(f"ICC {icc['estimate']:.3f} ({icc['lower']:.3f} to {icc['upper']:.3f})")

    return bd.explore(update, figure, direct_sd=(0.0, 1.0))


def milliseconds(move, values) -> list[float]:
    times = []
    for value in values:
        start = time.perf_counter()
        move(value)
        times.append(1000 * (time.perf_counter() - start))
    return times


def told(what: str, times: list[float]) -> str:
    low, middle, high = statistics.quantiles(times, n=4)
    return f"  {what:<48}{middle:6.1f} ms   quartiles {low:.1f} to {high:.1f}"


def main() -> None:
    values = np.linspace(0.02, 1, MOVES)
    shown = demonstration()
    print(f"slider: a study of 200 therapists x 20 clients x 12 sessions, median of {MOVES} moves")
    print(told("simulated, fitted, numbers handed over", milliseconds(numbers, values)))
    print(told("the whole move, with the picture drawn", milliseconds(lambda value: shown.move(direct_sd=value), values)))


if __name__ == "__main__":
    main()
