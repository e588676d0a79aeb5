"""The NumPy peer simulates the same process as the engine: else their times could not be compared."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from peers import numpy_early_alliance as peer

import bordin as bd

THERAPISTS = 50  # of one replication
REPLICATIONS = 80
OCCASIONS = peer.EARLY_ALLIANCE.sessions + 1

Array = npt.NDArray[Any]
Study = dict[str, Array]  # clients along the last axis, occasions along the one before
Values = dict[str, Array]  # one value per replication

SESSION_COLUMNS = (*peer.SESSION_COLUMNS, "rupture_reported")
CLIENT_COLUMNS = (*peer.CLIENT_COLUMNS, *peer.RATINGS)


def of_peer(normals: str, parameters: peer.Parameters = peer.EARLY_ALLIANCE, seed: int = 1) -> Study:
    data = peer.simulate(seed, THERAPISTS * REPLICATIONS, parameters, normals)
    names = ("therapist", "ending", "sessions_attended", *CLIENT_COLUMNS)
    study = {name: data[name] for name in names} | {name: peer.wide(data, name) for name in SESSION_COLUMNS}
    return study | {name: data[name][data["therapist"]] for name in peer.THERAPIST_COLUMNS}


def of_engine() -> Study:
    data = bd.simulate(bd.scenario("early-alliance", {"design.therapists": THERAPISTS * REPLICATIONS}), seed=1)
    assert data.truth is not None
    tables = {}
    for observed, true in (
        (data.clients, data.truth.clients),
        (data.sessions, data.truth.sessions),
        (data.therapists, data.truth.therapists),
    ):
        tables |= {name: observed[name] for name in observed} | {name: true[name] for name in true}
    study: Study = {
        "therapist": data.clients["therapist"].to_numpy(),
        "ending": data.clients["ending"].cat.codes.to_numpy(),
        "sessions_attended": data.clients["sessions_attended"].to_numpy(),
    }
    study |= {name: tables[name].to_numpy(np.float32) for name in CLIENT_COLUMNS}
    for name in SESSION_COLUMNS:
        values = tables[name].to_numpy(np.float32, na_value=np.nan).reshape(-1, OCCASIONS).T.copy()
        values[0] = np.nan  # the peer keeps intake among the clients
        study[name] = values
    return study | {name: tables[name].to_numpy()[study["therapist"]] for name in peer.THERAPIST_COLUMNS}


def correlation(x: Array, y: Array) -> float:
    both = ~(np.isnan(x) | np.isnan(y))
    return float(np.corrcoef(x[both], y[both])[0, 1])


def between(x: Array, therapist: Array) -> float:
    """SD between therapists of what their clients have on average, weighted by caseload."""
    there = ~np.isnan(x)
    place = therapist[there] - therapist.min()
    caseload = np.bincount(place)
    means = np.bincount(place, x[there]) / np.maximum(caseload, 1)
    return float(np.sqrt(np.average((means - x[there].mean()) ** 2, weights=caseload)))


def statistics(s: Study) -> dict[str, float]:
    """What people and measures, the course of alliance and symptoms, ruptures and endings look like in one replication."""
    sessions, clients = s["sessions_attended"], np.arange(len(s["therapist"]))
    wai, core = s["wai_sr"], s["core_om"]
    last = core[sessions, clients]
    out = {
        "sessions": sessions.mean(),
        "sessions SD": sessions.std(),
        "caseload SD": np.bincount(s["therapist"] - s["therapist"].min()).std(),
        "last": last.mean(),
        "last SD": last.std(),
        "pre with last": correlation(s["pre"], last),
        "last between therapists": between(last - s["pre"], s["therapist"]),
        "WAI between therapists": between(wai[3], s["therapist"]),
        "dropout between therapists": between((s["ending"] == peer.DROPOUT).astype(float), s["therapist"]),
        "WAI 3 with last": correlation(wai[3], last),
        "WAI 2 with 3": correlation(wai[2], wai[3]),
        "WAI 2 with 8": correlation(wai[2], wai[8]),
        "WAI goal with task": correlation(s["wai_sr_goal"][3], s["wai_sr_task"][3]),
        "WAI goal with bond": correlation(s["wai_sr_goal"][3], s["wai_sr_bond"][3]),
        "CORE 1 with 2": correlation(core[1], core[2]),
        "CORE 2 with WAI 3": correlation(core[2], wai[3]),
        "CORE change with WAI change": correlation(core[2] - core[1], wai[3] - wai[2]),
        "WAI change with CORE change": correlation(wai[2] - wai[1], core[3] - core[2]),
        "reported": np.nanmean(s["rupture_reported"]),
        "reported with WAI": correlation(s["rupture_reported"][1:].ravel(), wai[1:].ravel()),
        "open": np.nanmean(np.where(np.isnan(wai), np.nan, s["rupture_true"] > 0)),
        "depth": s["rupture_true"][s["rupture_true"] > 0].mean(),
        "depth SD": s["rupture_true"][s["rupture_true"] > 0].std(),
        "repairs with repair skill": correlation(s["repairs_true"][6], s["repair_true"]),
        "gain with direct effect": correlation(s["gain_true"][3], s["direct_true"]),
        "ability with repair skill": correlation(s["ability_true"], s["repair_true"]),
        "severity with direct effect in high severity": correlation(
            np.where(s["severity_true"] > 0.5, s["gain_true"][3], np.nan), s["direct_true"]
        ),
    }
    for code, name in enumerate(peer.ENDINGS):
        out[name] = np.mean(s["ending"] == code)
        out[f"sessions until {name}"] = sessions[s["ending"] == code].mean()
        out[f"WAI 3, {name}"] = np.nanmean(wai[3][s["ending"] == code])
        out[f"last, {name}"] = last[s["ending"] == code].mean()
        out[f"pre, {name}"] = s["pre"][s["ending"] == code].mean()
    for name in CLIENT_COLUMNS:
        out[f"{name} mean"], out[f"{name} SD"] = np.nanmean(s[name]), np.nanstd(s[name])
        out[f"{name} with last"] = correlation(s[name], last)
    for name in SESSION_COLUMNS:
        for session in (1, 3, 8, 12):
            out[f"{name} {session} mean"], out[f"{name} {session} SD"] = (
                np.nanmean(s[name][session]),
                np.nanstd(s[name][session]),
            )
    for name in peer.THERAPIST_COLUMNS:
        out[f"{name} SD"] = s[name].std()
        out[f"{name} with sessions"] = correlation(s[name], sessions)
    traits = peer.CLIENT_COLUMNS[2:7]
    for i, one in enumerate(traits):
        out |= {f"{one} with {other}": correlation(s[one], s[other]) for other in traits[:i]}
    return {name: float(value) for name, value in out.items()}


def over_replications(study: Study) -> Values:
    replication = study["therapist"] // THERAPISTS
    ends = np.searchsorted(replication, np.arange(REPLICATIONS + 1))
    each = [statistics({name: values[..., first:end] for name, values in study.items()}) for first, end in pairwise(ends)]
    return {name: np.array([one[name] for one in each]) for name in each[0]}


def differences(a: Values, b: Values) -> dict[str, float]:
    """In standard errors of the difference. What never varies, such as repairs at the first session, must be equal."""
    out = {}
    for name, x in a.items():
        y = b[name]
        se = np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / REPLICATIONS)
        difference = x.mean() - y.mean()
        out[name] = float(difference / se) if se > 0 else (0.0 if difference == 0 else np.inf)
    return out


def beyond_chance(a: Values, b: Values) -> dict[str, float]:
    return {name: z for name, z in differences(a, b).items() if not abs(z) < 4}


@pytest.fixture(scope="module")
def engine() -> Values:
    return over_replications(of_engine())


of_both = pytest.mark.parametrize("normals", list(peer.SIMULATORS))


@of_both
def test_the_process_is_the_engine_s(engine, normals):
    assert beyond_chance(engine, over_replications(of_peer(normals))) == {}


@of_both
@pytest.mark.parametrize(
    "changed",
    [
        {"lag": 0.0},
        {"kappa": 0.0},
        {"effect": 0.25},
        {"early_alliance": 0.15},
        {"rupture_of_dropout": 0.3},
        {"severity_slope": 0.0},
        {"improvement": 0.14},
        {"repair_sd": 0.3},
        {"retention_sd": 0.3},
        {"onset_alliance": 0.3},
        {"agreed": 0.07},
        {"level_sd": 0.4},
        {"false_alarm": 0.11},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_another_process_would_be_noticed(engine, changed, normals):
    assert beyond_chance(engine, over_replications(of_peer(normals, replace(peer.EARLY_ALLIANCE, **changed))))


@of_both
def test_leavers_leave_no_gap_and_nobody_is_in_a_session_twice(normals):
    data = peer.simulate(2, 2 * peer.BLOCK // 20, normals=normals)
    attended = np.zeros((OCCASIONS, len(data["therapist"])), int)
    np.add.at(attended, (data["session"], data["client"]), 1)
    expected = (np.arange(OCCASIONS)[:, None] > 0) & (np.arange(OCCASIONS)[:, None] <= data["sessions_attended"])
    np.testing.assert_array_equal(attended, expected)
    assert not any(np.isnan(data[name]).any() for name in peer.SESSION_COLUMNS)
    np.testing.assert_array_equal(np.isnan(data["empathy"]), data["sessions_attended"] < 3)


@of_both
def test_what_belongs_to_a_client_stays_with_the_client(normals):
    data = peer.simulate(3, 500, normals=normals)
    goal, bond, gain = (peer.wide(data, name) for name in ("goal_true", "bond_true", "gain_true"))
    for own in (goal, bond):
        assert correlation(own[2], own[12]) > 0.6
    staying = data["sessions_attended"] == 12
    assert correlation((gain[12] - gain[6])[staying], data["change_trait_true"][staying]) > 0.6


@of_both
def test_a_seed_gives_the_same_study_again(normals):
    one, other, again = (peer.simulate(seed, 60, normals=normals) for seed in (1, 2, 1))
    for name, values in one.items():
        np.testing.assert_array_equal(values, again[name], err_msg=name)
    assert one["core_om"][:100].tolist() != other["core_om"][:100].tolist()


SCENARIO_KEYS = {  # of the peer's parameters, which have no groups
    "therapists": ("alliance_share", "direct_sd", "retention_sd", "repair_sd", "ability_repair_correlation"),
    "clients": (
        "change_sd",
        "alliance_severity_correlation",
        "alliance_expectation_correlation",
        "severity_expectation_correlation",
        "severity_change_correlation",
        "expectation_change_correlation",
    ),
    "alliance": (
        *("match_share", "session_share", "autocorrelation", "mean", "growth", "lift", "kappa", "lag", "effect"),
        *("weights", "loadings"),
    ),
    "symptoms": ("rate", "reference_sessions", "change", "severity_slope", "fluctuation_share", "symptom_autocorrelation"),
    "dropout": (
        *("baseline", "log_session", "early_alliance", "current_alliance"),
        *("severity_of_dropout", "gain_of_dropout", "rupture_of_dropout"),
    ),
    "rupture": (
        *("onset", "onset_alliance", "decay", "repair", "repair_gain", "improvement", "sensitivity", "false_alarm"),
    ),
    "ending": ("agreed",),
    "ending.good_enough": ("probability_of_ending", "level", "level_sd", "least_improvement"),
    "design": ("sessions",),
}
RENAMED = {
    "symptom_autocorrelation": "autocorrelation",
    "severity_of_dropout": "severity",
    "gain_of_dropout": "gain",
    "rupture_of_dropout": "rupture",
    "repair_gain": "gain",
    "probability_of_ending": "probability",
}
NO_KEYS = {"faded_below", "least_depth", "greatest_depth", "core_om", "wai_sr", "session_ratings", "intake_ratings"}


def as_overrides(p: peer.Parameters) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for group, names in SCENARIO_KEYS.items():
        for name in names:
            key, value = f"{group}.{RENAMED.get(name, name)}", getattr(p, name)
            out |= (
                {f"{key}.{c}": v for c, v in zip(peer.COMPONENTS, value, strict=True)}
                if isinstance(value, tuple)
                else {key: value}
            )
    return out


def test_the_parameters_are_those_of_the_scenario():
    scenario, p = bd.scenario("early-alliance"), peer.EARLY_ALLIANCE
    assert scenario.with_(as_overrides(p)) == scenario
    assert scenario.with_(as_overrides(replace(p, repair_sd=0.4))) != scenario
    caseload = f"{{ negative_binomial = {{ mean = {p.caseload_mean}, dispersion = {p.caseload_dispersion} }} }}"
    assert f"caseload = {caseload}" in scenario.text
    compared = {name for names in SCENARIO_KEYS.values() for name in names} | {"caseload_mean", "caseload_dispersion"}
    assert {field.name for field in fields(p)} == compared | NO_KEYS


def test_the_instruments_are_those_of_the_scenario():
    text = bd.scenario("early-alliance").text
    for mean, sd, reliability, lowest, highest, step in (peer.EARLY_ALLIANCE.core_om, peer.EARLY_ALLIANCE.wai_sr):
        norm = f"range = [{lowest:.1f}, {highest:.1f}]\nmean = {mean}\nsd = {sd}\nreliability = {reliability}\n"
        assert f"{norm}step = {float(step)}\n" in text
