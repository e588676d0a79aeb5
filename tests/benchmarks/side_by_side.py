"""Ours and each peer in turn, several rounds: one line of JSON per pair.

A simulating peer is a program in peers/, perhaps with options, that takes `--clients N --repeat R` and prints one JSON
object with "sessions_per_second", of its best repetition. The fitting peers are R's; where R or its packages are missing, a
line says so. Ours is the mean of a second or more, so that the comparison is rather in the peer's favour.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parents[1] / "build/bench_bordin"
NUMPY = HERE / "peers/numpy_early_alliance.py"
PEERS: dict[str, tuple[str | Path, ...]] = {
    "NumPy": (NUMPY, "--normals", "numpy"),
    "NumPy, hand-made normals": (NUMPY, "--normals", "box-muller"),
}
SIZES = (1000, 200_000)  # clients of a usual study; and of one so large that no start-up counts
ROUNDS = 7
REPEAT = {1000: 50, 200_000: 5}

LMER = HERE / "peers/lmer.R"
GROWTH = "estimators/model/growth, 12 therapists x 10 clients x 11 times"
FITS = 6  # data sets that R fits in a round


def output_of(*command: str | Path) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def rate_of(benchmark: str) -> float:
    """Items per second on one thread."""
    said = output_of(
        PROGRAM,
        f"--benchmark_filter=^{benchmark}(/process_time)?$",
        "--benchmark_repetitions=1",
        "--benchmark_min_time=1",
        "--benchmark_format=json",
    )
    return float(json.loads(said)["benchmarks"][0]["items_per_second"])


def theirs(peer: str, clients: int) -> float:
    said = output_of(sys.executable, *PEERS[peer], "--clients", str(clients), "--repeat", str(REPEAT[clients]))
    return float(json.loads(said)["sessions_per_second"])


def simulations() -> Iterator[dict[str, Any]]:
    for peer in PEERS:
        for clients in SIZES:
            pair = {"ours": rate_of(f"peers/early-alliance/{clients}"), "theirs": theirs(peer, clients)}
            yield {"peer": peer, "work": f"{clients} clients", "item": "client-session", **pair}


def why_no_r() -> str:
    if shutil.which("Rscript") is None:
        return "R is not installed"
    library = ["Rscript", "-e", "stopifnot(requireNamespace('lme4'), requireNamespace('lmerTest'))"]
    return "R is there without lme4 and lmerTest" if subprocess.run(library, capture_output=True).returncode else ""


def fits(trials: Path) -> Iterator[dict[str, Any]]:
    for peer, rate in json.loads(output_of("Rscript", LMER, trials, str(FITS))).items():
        yield {"peer": peer, "work": "growth model", "item": "fit", "ours": rate_of(GROWTH), "theirs": rate}


def main() -> None:
    missing = why_no_r()
    with tempfile.TemporaryDirectory() as folder:
        output_of(PROGRAM, f"--write-trials={folder}")
        for number in range(ROUNDS):
            pairs = [simulations()] if missing else [simulations(), fits(Path(folder))]
            for pair in (pair for each in pairs for pair in each):
                print(json.dumps({"round": number, **pair}), flush=True)
    if missing:
        print(json.dumps({"peer": "lme4 and lmerTest", "missing": missing}))


if __name__ == "__main__":
    main()
