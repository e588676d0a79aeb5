from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import bordin as bd


def test_overrides_reach_the_scenario_whatever_kind_of_number_they_are():
    s = bd.scenario("early-alliance", {"design.therapists": np.int64(7), "alliance.effect": np.float32(0.5)})
    assert "\ntherapists = 7\n" in s.text
    assert "\neffect = 0.5\n" in s.text
    assert len(bd.simulate(s).therapists) == 7


@pytest.mark.parametrize(
    "same",
    [
        {"design.caseload": [3, 4, 5], "design.therapists": 3},
        {"design": {"therapists": 3, "caseload": (3, 4, 5)}},
        {"design.therapists": 3, "design.caseload": np.array([3, 4, 5])},
        {"design.therapists": 99, "design": {"therapists": 3, "caseload": range(3, 6)}},
    ],
)
def test_dotted_keys_nested_dicts_and_arrays_say_the_same(same):
    s = bd.scenario("early-alliance", same)
    assert bd.simulate(s).therapists["caseload"].to_list() == [3, 4, 5]


def test_later_overrides_win_over_earlier_ones_and_over_the_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('title = "Mine"\nbased_on = "early-alliance"\n[design]\ntherapists = 30\n')
    assert len(bd.simulate(bd.scenario(file)).therapists) == 30
    s = bd.scenario(file, {"design.therapists": 20})
    assert len(bd.simulate(s).therapists) == 20
    assert len(bd.simulate(s.with_({"design.therapists": 10})).therapists) == 10


def test_with_is_the_same_as_saying_so_at_once():
    arms = [{"name": "A"}, {"name": "B", "change": 0.3}]
    at_once = bd.scenario("routine-care", {"arms": arms, "design.therapists": 6})
    one_by_one = bd.scenario("routine-care", {"arms": arms}).with_({"design.therapists": 6})
    assert at_once == one_by_one  # though the number of therapists per arm had been filled in from design.therapists
    assert len(bd.simulate(one_by_one).therapists) == 12


def test_an_empty_list_clears_and_an_entry_is_found_by_its_name():
    assert bd.scenario("early-alliance", {"analyses": [], "study.primary": ""}).text.count("[[analyses]]") == 0
    formula = "post ~ pre + alliance_within + (1 | therapist)"
    changed = bd.scenario(
        "early-alliance", {"analyses": [{"name": "multilevel", "formula": formula, "test": ["alliance_within"]}]}
    )
    assert changed.text.count("[[analyses]]") == 2
    assert f'formula = "{formula}"' in changed.text


def test_errors_have_their_fields():
    with pytest.raises(bd.ScenarioError) as caught:
        bd.scenario("early-alliance", {"design.therapist": 40})
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, bd.Error)
    assert (caught.value.file, caught.value.line, caught.value.key) == ("overrides", 0, "design.therapist")
    assert 'did you mean "therapists"?' in caught.value.problem
    assert str(caught.value) == f"overrides: design.therapist: {caught.value.problem}"


def test_errors_in_a_file_have_line_and_column(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('title = "Mine"\nbased_on = "early-alliance"\n[dropout]\n  baseline = "low"\n')
    with pytest.raises(bd.ScenarioError) as caught:
        bd.scenario(file)
    assert caught.value.file == str(file)
    assert (caught.value.line, caught.value.key) == (4, "dropout.baseline")
    assert caught.value.column > 1


def contains_itself() -> list[object]:
    endless: list[object] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("design.therapists", None),
        ("design.therapists", 2**70),
        ("design.therapists", 10.5),
        ("design.therapists", True),
        ("alliance.effect", float("nan")),
        ("alliance.effect", object()),
        ("alliance.effect", b"0.3"),
        ("alliance.effect", 0.3 + 1j),
        ("design.caseload", contains_itself()),
        ("design", {1: 2}),
        ("", 1),
        (7, 1),
    ],
)
def test_values_that_no_scenario_has_are_refused_by_name(key, value):
    with pytest.raises(bd.ScenarioError) as caught:
        bd.scenario("early-alliance", {key: value})
    assert caught.value.file == "overrides"


def test_a_scenario_survives_pickling_and_its_own_text():
    s = bd.scenario("early-alliance", {"design.therapists": 11})
    again = pickle.loads(pickle.dumps(s))
    assert again == s
    assert again.digest == s.digest
    assert hash(again) == hash(s)
    assert bd.Scenario.from_text(s.text) == s
    assert again.with_({"design.therapists": 12}) != s
    np.testing.assert_array_equal(bd.simulate(again).clients["pre"], bd.simulate(s).clients["pre"])


def test_what_is_changed_after_pickling_is_what_was_written_not_what_was_filled_in():
    s = bd.scenario("routine-care", {"arms": [{"name": "A"}, {"name": "B"}]})
    more = {"design.therapists": 3}
    assert pickle.loads(pickle.dumps(s)).with_(more) == s.with_(more)
    assert len(bd.simulate(s.with_(more)).therapists) == 6


def test_exceptions_survive_pickling():
    with pytest.raises(bd.ScenarioError) as caught:
        bd.scenario("no-such-scenario")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.key, again.file) == (str(caught.value), caught.value.key, caught.value.file)


def test_a_scenario_says_what_it_is(small):
    assert small.title in small._repr_html_()
    assert small.title in repr(small)
    assert "48 expected" in small.describe()
    assert small.replications == 12
    assert small.seed == 1
    assert small.alpha == 0.05
    assert "early-alliance" in bd.library()


def test_text_in_html_is_escaped():
    s = bd.scenario("early-alliance", {"title": "<script>alert(1)</script>"})
    assert "<script>" not in s._repr_html_()


def test_a_name_may_stand_for_the_scenario():
    by_name, loaded = bd.simulate("early-alliance"), bd.simulate(bd.scenario("early-alliance"))
    pd.testing.assert_frame_equal(by_name.clients, loaded.clients)
    results = bd.run("early-alliance", replications=2, data="none", progress=False)
    again = bd.replay("early-alliance", 1).estimates["multilevel"]["estimate"].to_numpy()
    np.testing.assert_array_equal(results.estimates["multilevel"].estimate[0, 1], again)


def test_numbers_that_are_none_are_named():
    with pytest.raises(ValueError, match="seed is -1, but must be at least 0"):
        bd.simulate("early-alliance", seed=-1)
    with pytest.raises(TypeError, match=r"replications is 2\.0, but must be a whole number"):
        bd.run("early-alliance", replications=2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="replications is 0, but must be at least 1"):
        bd.run("early-alliance", replications=0)
    with pytest.raises(ValueError, match="threads is -1"):
        bd.run("early-alliance", threads=-1)


def test_what_is_no_scenario_is_named_with_what_makes_one():
    with pytest.raises(TypeError, match=r"write bordin\.scenario\('early-alliance'\)"):
        bd.Scenario("early-alliance")
    with pytest.raises(TypeError, match="the scenario is None, but must be a name of the library"):
        bd.scenario(None)


@pytest.mark.parametrize("changes", [["design.therapists"], "design.therapists", 40])
def test_changes_that_are_no_dict_are_refused(changes):
    message = r"the changes are .*, but must be a dict of values by dotted key"
    for change in (lambda: bd.scenario("early-alliance", changes), lambda: bd.scenario("early-alliance").with_(changes)):
        with pytest.raises(TypeError, match=message):
            change()


def test_a_results_file_is_no_scenario(tmp_path):
    path = tmp_path / "run.h5"
    bd.run("early-alliance", path, replications=1, data="none", progress=False)
    with pytest.raises(bd.ScenarioError, match="is a results file, not a scenario"):
        bd.scenario(path)


def test_a_scenario_without_changes_is_itself_and_keeps_what_was_made_ready():
    scenario = bd.scenario("nested-trial")
    assert bd.scenario(scenario) is scenario
    assert bd.simulate(scenario).scenario is scenario
