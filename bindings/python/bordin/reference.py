"""The generated pages in scenarios: REFERENCE.md, every parameter; README.md, every scenario of the library; COLUMNS.md,
every column of the data and every measure of performance.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd

from bordin import _core
from bordin.data import simulate
from bordin.report import MEASURES
from bordin.scenario import library, scenario

INTRODUCTION = """\
# Every parameter of a scenario

Made by `./dev docs` from the declarations in the engine; what to change is there. A scenario states only what differs from
these defaults or from the scenario it is `based_on`. Dotted names work everywhere: `--set dropout.early_alliance=0.4` on
the command line, `{"dropout.early_alliance": 0.4}` in Python.
"""

HEADING = "| Parameter | Unit | Range | Default | Meaning | Source |\n| --- | --- | --- | --- | --- | --- |\n"


def reference_page() -> str:
    """Write the page as Markdown.

    Examples
    --------
    >>> "| `early_alliance` |" in reference_page()
    True
    """
    return INTRODUCTION + "".join(_sections("", json.loads(_core.scenario_schema())))


LIBRARY_INTRODUCTION = """\
# The library of scenarios

Made by `./dev docs` from the files beside this page. Each is a question and a world in which its answer is known;
`bordin describe NAME` says what it implies, `bordin run NAME -o out.h5` runs it, `based_on = "NAME"` builds on it. What
they give beside what is published: [the scorecard](evidence/README.md). Every parameter: [REFERENCE.md](REFERENCE.md).

While you write a scenario, an editor can complete parameters, say what they mean and mark what is wrong: VS Code with the
extension *Even Better TOML*, and any other that runs Taplo. It follows the first line of a file, which the files here have:
`#:schema ./scenario.schema.json`. Beside your own files `bordin list --schema > scenario.schema.json` writes the schema.
Nothing is fetched from anywhere. What only shows in the scenario as a whole (a formula, shares that exceed 1),
`bordin describe` says.
"""


def library_page() -> str:
    """Write the page as Markdown: title, question and sources of every scenario that comes with Bordin.

    Examples
    --------
    >>> "## Routine care" in library_page()
    True
    """
    return LIBRARY_INTRODUCTION + "".join(_entry(name) for name in library())


def _entry(name: str) -> str:
    one = scenario(name)
    sources = " ".join(one.sources.split())
    return f"\n## {one.title}\n\n[`{name}`]({name}.toml). {one.question}\n\n{sources}\n"


COLUMNS_INTRODUCTION = """\
# Every column of the data, every measure of performance

Made by `./dev docs` from the declarations in the engine and the scenarios of the library; what to change is there. A study
has the columns that its scenario asks for: `d.variables` lists them with these units and meanings, `truth.` is what nobody
observes. Columns named after a questionnaire (`core_om`, `wai_sr`) have the names of the scenario's own `[[instruments]]`;
`pre`, `post`, `last` are of its first measure of symptoms.
"""


def columns_page() -> str:
    """Write the page as Markdown.

    Examples
    --------
    >>> "| `alliance_early` |" in columns_page()
    True
    """
    tables = pd.concat([simulate(name).variables for name in ["early-alliance", *library()]])
    known = tables[~tables.index.duplicated()].reset_index()
    parts = [_columns(str(table), rows) for table, rows in known.groupby("table", sort=False)]
    measures = "".join(f"| `{name}` | {label} | {meaning} |\n" for name, (label, meaning) in MEASURES.items())
    return (
        f"{COLUMNS_INTRODUCTION}{''.join(parts)}\n## Measures of performance\n\n"
        "Of Morris, White and Crowther (2019, Stat Med 38:2074); each has its Monte Carlo standard error beside it.\n\n"
        f"| Measure | In reports | Meaning |\n| --- | --- | --- |\n{measures}"
    )


def _columns(table: str, rows: pd.DataFrame) -> str:
    kept = rows[~rows["variable"].str.fullmatch(r".*_([2-9]|\d\d+)")]  # of numbered columns the first speaks for all
    lines = "".join(
        f"| `{row.variable}`{_and_so_on(str(row.variable))} | {row.unit} | {row.description} |\n"
        for row in kept.itertuples()
    )
    return f"\n## {table}\n\n| Column | Unit | Meaning |\n| --- | --- | --- |\n{lines}"


def _and_so_on(name: str) -> str:
    return f", `{name[:-1]}2` ..." if re.search(r"_1$", name) else ""


def _sections(path: str, schema: dict[str, Any]) -> list[str]:
    properties: dict[str, dict[str, Any]] = schema["properties"]
    plain = {name: about for name, about in properties.items() if _inside(about) is None}
    sections = [_section(path, schema, plain)]
    for name, about in properties.items():
        inside = _inside(about)
        if inside is not None:
            below = f"{path}.{name}" if path else name
            sections += _sections(
                below, {**inside, "description": about.get("description", ""), "x-list": "items" in about}
            )
    return sections


def _inside(about: dict[str, Any]) -> dict[str, Any] | None:
    if "properties" in about:
        return about
    items: dict[str, Any] = about.get("items", {})
    return items if "properties" in items else None


def _section(path: str, schema: dict[str, Any], properties: dict[str, dict[str, Any]]) -> str:
    if not properties:
        return ""
    brackets = "[[{}]]" if schema.get("x-list") else "[{}]"
    heading = f"`{brackets.format(path)}`" if path else "At the top of the file"
    about = _sentence(schema.get("description", "")) if path else ""
    rows = "".join(_row(name, one) for name, one in properties.items())
    return f"\n## {heading}\n\n{about}{HEADING}{rows}"


def _row(name: str, about: dict[str, Any]) -> str:
    cells = [
        f"`{name}`",
        about.get("x-unit", ""),
        _range(about),
        _default(about),
        about.get("description", ""),
        about.get("x-source", ""),
    ]
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _range(about: dict[str, Any]) -> str:
    if "enum" in about:
        return ", ".join(f"`{word}`" for word in about["enum"])
    if "x-allowed" in about:
        return str(about["x-allowed"])
    limits = {**about.get("items", {}), **about}
    kind = {"integer": "whole number", "number": "number", "boolean": "`true`, `false`", "string": "text"}
    words = kind.get(limits["type"], "")
    if limits["type"] == "array":
        words = "list of texts" if about["items"]["type"] == "string" else "list of numbers"
    low, high = (_number(limits[key]) if key in limits else None for key in ("minimum", "maximum"))
    if low is not None and high is not None:
        return f"{low} to {high}" if words == "number" else f"{words}, {low} to {high}"
    if low is not None:
        return f"{words}, at least {low}"
    return f"{words}, at most {high}" if high is not None else words


def _default(about: dict[str, Any]) -> str:
    if "x-default" in about:
        return f"`{about['x-default']}`" if about["x-default"] else ""
    if about.get("default") in (None, "", []):
        return ""
    return f"`{_value(about['default'])}`"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return _number(value) if isinstance(value, float) else json.dumps(value)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}.\n\n" if text else ""
