"""The JSON Schema beside the library does in an editor what it promises: it accepts what is right, sees what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import bordin as bd
from bordin import _core

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SCHEMA = SCENARIOS / "scenario.schema.json"
DIRECTIVE = "#:schema ./scenario.schema.json\n"
LIBRARY = sorted(SCENARIOS.glob("*.toml"))
BROKEN = sorted((SCENARIOS.parent / "tests/scenario/broken").glob("*.toml"))

# What is wrong with these, by the beginning of their names, can be seen without knowing more than the schema.
SEEN = ("choice_", "range_", "type_", "unknown_", "name_missing", "based_on_number")
NOT_SEEN = {
    "range_instrument_step_too_fine": "the step is compared with the range",
    "range_nan": "no limit excludes what is no number; Taplo does",
}


def read(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(_core.scenario_schema()))


def test_the_schema_in_the_repository_is_the_engines():
    assert SCHEMA.read_text(encoding="utf-8") == _core.scenario_schema() + "\n", "./dev docs puts this right"


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json.loads(_core.scenario_schema()))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_scenario_of_the_library_names_the_schema_and_keeps_to_it(path, validator):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(DIRECTIVE)
    assert list(validator.iter_errors(read(text))) == []


@pytest.mark.parametrize("name", bd.library())
def test_a_scenario_with_all_defaults_filled_in_keeps_to_it(name, validator):
    assert list(validator.iter_errors(read(bd.scenario(name).text))) == []


@pytest.mark.parametrize("path", [p for p in BROKEN if p.stem.startswith(SEEN)], ids=lambda path: path.stem)
def test_what_a_schema_can_see_is_refused(path, validator):
    try:
        seen = list(validator.iter_errors(read(path.read_text(encoding="utf-8"))))
    except tomllib.TOMLDecodeError as error:  # an editor marks that without any schema
        seen = [error]
    assert bool(seen) != (path.stem in NOT_SEEN), seen


def test_what_is_wrong_is_marked_where_it_stands(validator):
    errors = list(validator.iter_errors(read('based_on = "routine-care"\n[therapists]\nalliance_share = 8\n')))
    assert [(list(error.path), error.message) for error in errors] == [
        (["therapists", "alliance_share"], "8 is greater than the maximum of 1.0")
    ]
