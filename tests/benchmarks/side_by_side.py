"""Ours and each peer in turn, several rounds: one line of JSON per pair.

A peer is a program in peers/, perhaps with options, that takes `--clients N --repeat R` and prints one JSON object with
"sessions_per_second", of its best repetition. Ours is the mean of a second or more, so that the comparison is rather in the
peer's favour.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def output_of(*command: str | Path) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def ours(clients: int) -> float:
    """Attended client-sessions per second on one thread."""
    said = output_of(
        PROGRAM,
        f"--benchmark_filter=^peers/early-alliance/{clients}$",
        "--benchmark_repetitions=1",
        "--benchmark_min_time=1",
        "--benchmark_format=json",
    )
    return float(json.loads(said)["benchmarks"][0]["items_per_second"])


def theirs(peer: str, clients: int) -> float:
    said = output_of(sys.executable, *PEERS[peer], "--clients", str(clients), "--repeat", str(REPEAT[clients]))
    return float(json.loads(said)["sessions_per_second"])


def main() -> None:
    for number in range(ROUNDS):
        for peer in PEERS:
            for clients in SIZES:
                pair = {"ours": ours(clients), "theirs": theirs(peer, clients)}
                print(json.dumps({"round": number, "peer": peer, "clients": clients, **pair}), flush=True)


if __name__ == "__main__":
    main()
