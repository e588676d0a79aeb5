"""The report: one HTML file that opens offline, is read on a phone and printed on paper."""

from __future__ import annotations

import base64
import math
import os
import re
from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bordin.performance_plots import plot_performance
from bordin.plots import plot_first_look
from bordin.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_FAILURES = 20

# What the measures of the performance table are called, and what they say (Morris, White and Crowther 2019).
MEASURES = {
    "truth": ("truth", "what the analysis is to estimate, known because the world is"),
    "mean_estimate": ("mean estimate", "over all studies whose fit converged"),
    "bias": ("bias", "mean estimate less truth"),
    "relative_bias": ("relative bias", "bias as a share of the truth"),
    "empirical_se": ("empirical SE", "standard deviation of the estimates: how much studies really differ"),
    "model_se": ("model SE", "what the analysis believes that to be, on average"),
    "se_ratio": ("model / empirical", "below 1 the analysis is too sure of itself"),
    "rmse": ("RMSE", "root of the mean squared distance to the truth"),
    "coverage": ("coverage", "share of confidence intervals that hold the truth"),
    "coverage_failed_as_no": ("coverage of all", "the same with failed fits counted as not holding it"),
    "bias_eliminated_coverage": ("coverage without bias", "share of intervals that hold the mean estimate"),
    "rejection_rate": ("p ≤ alpha", "power where there is something to find, type I error where there is not"),
    "rejection_rate_failed_as_no": ("p ≤ alpha of all", "the same with failed fits counted as not rejecting"),
    "type_s": ("type S", "share of significant estimates with the wrong sign"),
    "type_m": ("type M", "by how much significant estimates exaggerate, on average"),
}

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 0 auto; padding: 1rem 1.2rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.2rem 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .5rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p.question { font-style: italic; margin: .2rem 0 1rem; }
.wide { overflow-x: auto; margin: .4rem 0 1rem; }
table { border-collapse: collapse; font-size: .86rem; }
th, td { padding: .22rem .7rem .22rem 0; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
thead th { border-bottom: 1px solid #999; }
tbody tr + tr { border-top: 1px solid #eee; }
img { width: 100%; min-width: 40rem; max-width: 60rem; height: auto; }
pre, code { font: .82rem/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; background: #f6f6f6; padding: .7rem; }
.small { font-size: .86rem; color: #555; }
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; }
  h2 { break-after: avoid; } table, img { break-inside: avoid; }
  .wide { overflow: visible; } img { min-width: 0; } th, td { padding-right: .4rem; } table { font-size: 7.5pt; }
  pre { white-space: pre-wrap; } details:not([open]) { display: none; }
}
"""


def write_report(results: Results, path: str | os.PathLike[str]) -> Path:
    """Write the report of a run; see :meth:`bordin.Results.report`."""
    file = _page_to_write(Path(path))
    parts = [_heading(results), _outcome(results), _study(results), _failures(results), _repeat(results)]
    title = escape(results.scenario.title)
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )
    file.write_text(page, encoding="utf-8")
    return file


def _page_to_write(file: Path) -> Path:
    if file.suffix.lower() not in (".html", ".htm"):
        raise ValueError(
            f"{file}: a report is an HTML page, so its name must end in .html or .htm; "
            "for a PDF print the page from a browser"
        )
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{file}: there is no folder {file.parent}; make it, or write the report somewhere else")
    return file


def _heading(results: Results) -> str:
    scenario = results.scenario
    question = f'<p class="question">{escape(scenario.question)}</p>' if scenario.question else ""
    counts = f"{results.replications:,} simulated studies, seed {results.seed}"
    return f"<h1>{escape(scenario.title)}</h1>{question}<p>{counts}. Made with Bordin {_version(results)}.</p>"


def _version(results: Results) -> str:
    return escape(results.attributes.get("engine_version", "of unknown version"))


def _outcome(results: Results) -> str:
    performance = results.performance
    tables = "".join(
        f"<h3>{escape(name)}</h3>{_performance_table(performance[performance['analysis'] == name])}"
        for name in dict.fromkeys(performance["analysis"])
    )
    if not tables:
        return "<h2>What came out</h2><p>This scenario has no analyses.</p>"
    words = "; ".join(
        f"<b>{label}</b>: {meaning}"
        for measure, (label, meaning) in MEASURES.items()
        if measure in set(performance["measure"]) or (measure == "truth" and performance["truth"].notna().any())
    )
    picture = _image(plot_performance(results), "Bias, coverage, standard errors and rejection rates of all analyses")
    note = "In brackets: Monte Carlo standard errors; what differs by less than two of them may not differ at all."
    return f'<h2>What came out</h2>{picture}{tables}<p class="small">{note} {words}.</p>'


def _performance_table(rows: pd.DataFrame) -> str:
    terms = list(dict.fromkeys(rows["term"]))
    measures = [m for m in MEASURES if m in set(rows["measure"]) or (m == "truth" and rows["truth"].notna().any())]
    by_term = {term: own.set_index("measure") for term, own in rows.groupby("term", sort=False)}
    head = "".join(f'<th class="n">{escape(str(term))}</th>' for term in terms)
    body = "".join(
        f"<tr><td>{MEASURES[measure][0]}</td>{''.join(_cell(by_term[term], measure) for term in terms)}</tr>"
        for measure in measures
    )
    return f'<div class="wide"><table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(own: pd.DataFrame, measure: str) -> str:
    if measure == "truth":
        truth = own["truth"].dropna()
        return f'<td class="n">{truth.iloc[0]:.4g}</td>' if len(truth) else "<td></td>"
    if measure not in own.index:
        return "<td></td>"
    value, mcse = (float(own[column].loc[measure]) for column in ("value", "mcse"))
    shown = "–" if math.isnan(value) else f"{value:.3f}" + ("" if math.isnan(mcse) else f" ({mcse:.3f})")
    return f'<td class="n">{shown}</td>'


def _study(results: Results) -> str:
    blocks = results.scenario.describe().strip().split("\n\n")[1:]  # the first is title and question
    return "<h2>The study</h2>" + _first_look(results) + "".join(_table(block) for block in blocks)


def _first_look(results: Results) -> str:
    try:
        return _image(plot_first_look(results), "One simulated study: therapists, who stays, who gets better")
    except ValueError:  # a study without early alliance or change
        return ""


def _table(block: str) -> str:
    """Return one of the tables of a description, whose columns two blanks part, in HTML."""
    head, *rows = [re.split(r"\s{2,}", line.strip()) for line in block.splitlines()]
    if not rows or any(len(row) > len(head) for row in rows):
        return f"<p>{escape(block)}</p>"

    def cells(row: list[str], tag: str) -> Iterator[str]:
        for place, text in enumerate(row + [""] * (len(head) - len(row))):
            number = place > 0 and all(re.match(r"[-–\d(]", other[place]) for other in rows if len(other) > place)
            kind = ' class="n"' if number else ""
            yield f"<{tag}{kind}>{escape(text)}</{tag}>"

    body = "".join(f"<tr>{''.join(cells(row, 'td'))}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{"".join(cells(head, "th"))}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _failures(results: Results) -> str:
    errors = results.errors
    if errors.empty:
        return "<h2>Failed fits</h2><p>None.</p>"
    shown = errors[["replication", "analysis", "status", "message"]].head(MOST_FAILURES)
    more = f" The first {MOST_FAILURES}:" if len(errors) > MOST_FAILURES else ""
    table = shown.to_html(index=False, border=0)
    how = "<code>bordin replay FILE --replication N</code> makes any of them again."
    return f'<h2>Failed fits</h2><p>{len(errors)} in all.{more}</p><div class="wide">{table}</div><p>{how}</p>'


def _repeat(results: Results) -> str:
    methods = f"<h2>For a methods section</h2><p>{escape(results.methods)}</p>" if results.methods else ""
    scenario = escape(results.scenario.text)
    command = f"bordin run scenario.toml -o results.h5 --replications {results.replications} --seed {results.seed}"
    made = results.provenance
    facts = f"{made.get('started', 'at an unknown time')}; {made.get('cpu', '')}; {made.get('compiler', '')}"
    return (
        f"{methods}<h2>To repeat it</h2><p>Save the scenario below as <code>scenario.toml</code>; with Bordin "
        f"{_version(results)} the same numbers come out on any number of threads, and the same data on any machine.</p>"
        f"<pre>{command}</pre><details><summary>The scenario, every parameter stated "
        f"(digest {results.scenario.digest})</summary><pre>{scenario}</pre></details>"
        f'<p class="small">Made {escape(facts)}.</p>'
    )


def _image(figure: Figure, words: str) -> str:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<div class="wide"><img alt="{escape(words)}" src="data:image/png;base64,{data}"></div>'
