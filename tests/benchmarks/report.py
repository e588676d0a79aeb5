"""One table of all measurements: `python report.py build/bench.json build/peers.jsonl`.

The first file is Google Benchmark's, the second has one line per pair of side_by_side.py.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

Json = dict[str, Any]

APART = {"scenario", "HDF5", "model"}  # groups whose members are no alternatives, so that a ratio would say nothing
MACHINERY = re.compile(r"/(real_time|process_time|manual_time|(iterations|repeats|min_time|min_warmup_time):[\d.]+)(?=/|$)")
PREFIXES = ((1e9, " G"), (1e6, " M"), (1e3, " k"), (1, ""), (1e-3, " m"), (1e-6, " µ"), (1e-9, " n"), (1e-12, " p"))
HEADING = ("", "rate", "one takes", "spread", "ratio", "")


@dataclass
class Measurement:
    """Medians over the repetitions of one benchmark, called suite/group/variant."""

    name: str
    item: str
    rate: float  # items per second
    spread: float = float("nan")  # SD of the repetitions, as a share of the rate
    extra: dict[str, float] = field(default_factory=dict)
    error: str = ""

    @property
    def suite(self) -> str:
        return self.name.split("/", 1)[0]

    @property
    def short_name(self) -> str:
        return self.name.split("/", 1)[-1]

    @property
    def group(self) -> str:
        return self.name.rsplit("/", 1)[0]

    @property
    def has_alternatives(self) -> bool:
        return self.group.rsplit("/", 1)[-1] not in APART


def measurements(bench: Json) -> list[Measurement]:
    """Of a file that Google Benchmark wrote, in the order in which they were declared."""
    runs = sorted(bench["benchmarks"], key=lambda run: (run["family_index"], run["per_family_instance_index"]))
    return [measurement(name, list(same)) for name, same in groupby(runs, key=lambda run: str(run["run_name"]))]


def measurement(name: str, runs: list[Json]) -> Measurement:
    name = MACHINERY.sub("", name)
    for run in runs:
        if run.get("error_occurred"):
            return Measurement(name, "", float("nan"), error=str(run["error_message"]))
    of = {run.get("aggregate_name", "once"): run for run in runs}
    median = of.get("median") or of["once"]
    key = "bytes_per_second" if "bytes_per_second" in median else "items_per_second"
    extra = {key: float(median[key]) for key in ("peak_bytes", "file_bytes", "planned_per_second") if key in median}
    spread = float(of["cv"][key]) if "cv" in of else float("nan")
    return Measurement(name, str(median.get("label", "item")), float(median[key]), spread, extra)


def ratios(rows: Iterable[Measurement]) -> dict[str, float]:
    """How many times as fast as the first of its group, by name; nothing for groups of one."""
    found: dict[str, float] = {}
    for _, group in groupby(rows, key=lambda row: row.group):
        members = [row for row in group if not row.error and row.has_alternatives]
        if len(members) > 1:
            found |= {row.name: row.rate / members[0].rate for row in members}
    return found


@dataclass
class Comparison:
    """Ours against a peer: items per second, and how many times as fast we are, by round."""

    peer: str
    work: str
    item: str
    ours: float
    theirs: float
    ratios: list[float]

    def __str__(self) -> str:
        spread = f"{short(min(self.ratios))} to {short(max(self.ratios))} in {len(self.ratios)} rounds"
        return (
            f"  {self.peer}, {self.work}: ours {scaled(self.ours)} {self.item}s/s, "
            f"theirs {scaled(self.theirs)}; ours is {short(statistics.median(self.ratios))} times as fast ({spread})"
        )


def comparisons(lines: Iterable[str]) -> list[Comparison]:
    """One per peer and work, in the order of the lines. Ratios are taken within a round, where the machine was the same for
    both."""
    pairs = [pair for pair in read(lines) if "missing" not in pair]
    found: dict[tuple[str, str], list[Json]] = {}
    for pair in pairs:
        found.setdefault((pair["peer"], pair["work"]), []).append(pair)
    return [compared(rounds) for rounds in found.values()]


def compared(rounds: list[Json]) -> Comparison:
    ours, theirs = (statistics.median(pair[who] for pair in rounds) for who in ("ours", "theirs"))
    first = rounds[0]
    return Comparison(
        first["peer"], first["work"], first["item"], ours, theirs, [pair["ours"] / pair["theirs"] for pair in rounds]
    )


def absences(lines: Iterable[str]) -> list[str]:
    """Peers that could not be asked, and why."""
    return [f"  {line['peer']}: not measured, {line['missing']}" for line in read(lines) if "missing" in line]


def read(lines: Iterable[str]) -> list[Json]:
    return [json.loads(line) for line in lines if line.strip()]


def short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"


def scaled(value: float) -> str:
    """Three figures and a decimal prefix: 2.58 M."""
    factor, prefix = next((size, name) for size, name in PREFIXES if value >= 0.9995 * size or size == 1e-12)
    number = value / factor
    digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{digits}f}{prefix}"


def cells(row: Measurement, ratio: float | None) -> tuple[str, ...]:
    if row.error:
        return (f"  {row.short_name}", "-", "-", "-", "-", row.error)
    of_bytes = row.item == "byte"
    rate = scaled(row.rate) + ("B/s" if of_bytes else f" {row.item}s/s")
    one = "" if of_bytes else unit(scaled(1 / row.rate), "s")
    spread = "" if row.spread != row.spread else f"{100 * row.spread:.1f} %"
    return (f"  {row.short_name}", rate, one, spread, "" if ratio is None else f"{ratio:.2f}", also(row.extra))


def unit(number: str, of: str) -> str:
    return number + of if number[-1].isalpha() else f"{number} {of}"


def also(extra: dict[str, float]) -> str:
    texts = []
    if "peak_bytes" in extra:
        texts.append(f"{unit(scaled(extra['peak_bytes']), 'B')} at most in memory")
    if "file_bytes" in extra:
        texts.append(f"a file of {unit(scaled(extra['file_bytes']), 'B')}")
    if "planned_per_second" in extra:
        texts.append(f"{scaled(extra['planned_per_second'])} planned/s")
    return ", ".join(texts)


def facts(context: Json) -> str:
    return (
        f"Bordin {context['bordin']}, {context['compiler']}, instruction set {context['instruction_set']}; "
        f"{context['cpu']}, {context['num_cpus']} cores; {context['date'][:10]}"
    )


def table(rows: list[Measurement]) -> list[str]:
    ratio = ratios(rows)
    lines = [(row.suite, cells(row, ratio.get(row.name))) for row in rows]
    widths = [max(len(line[k]) for _, line in [("", HEADING), *lines]) for k in range(len(HEADING))]
    printed = []
    for suite, members in groupby(lines, key=lambda line: line[0]):
        printed += ["", laid_out((suite, *HEADING[1:]), widths)]
        printed += [laid_out(line, widths) for _, line in members]
    return printed


def laid_out(line: tuple[str, ...], widths: list[int]) -> str:
    first, *middle, last = (text if k in (0, len(widths) - 1) else text.rjust(widths[k]) for k, text in enumerate(line))
    return "  ".join([first.ljust(widths[0]), *middle, last]).rstrip()


def report(bench: Json, pairs: list[str]) -> str:
    """The whole text."""
    lines = [
        facts(bench["context"]),
        "Medians of repetitions; spread is their SD; ratio: times as fast as the first of a group.",
    ]
    lines += table(measurements(bench))
    lines += ["", "peers, one thread each, in turn"]
    lines += [str(comparison) for comparison in comparisons(pairs)] + absences(pairs) or ["  none"]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]).read_text().splitlines()))
