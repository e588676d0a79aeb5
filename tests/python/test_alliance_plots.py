"""The early alliance against who stays and who gets better: the picture shows the study, its intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import bordin as bd
from bordin.alliance_plots import correlation_interval, survival_band
from bordin.jackknife import jackknife, sums_by_group
from bordin.plots import survival

BARE = {"analyses": [], "study.primary": "", "design.ratings": []}


@pytest.fixture(scope="module")
def study() -> bd.Data:
    return bd.simulate("early-alliance", seed=1)


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def test_the_curves_are_those_of_the_first_look(study):
    new = panel(bd.plot_early_alliance(study), "Who stays?").lines
    old = panel(bd.plot_first_look(study), "Who stays?").lines
    assert len(new) == len(old) == 3
    for one, other in zip(new, old, strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())


def test_numbers_at_risk_are_those_who_came(study):
    below = panel(bd.plot_early_alliance(study), "Clients who came to this session or a later one")
    shown = {}
    for text in below.texts:
        shown.setdefault(int(text.get_position()[0]), []).append(int(text.get_text()))
    came = study.clients.loc[study.clients["sessions_attended"] >= 3, "sessions_attended"]
    assert len(shown) > 2
    assert {session: sum(numbers) for session, numbers in shown.items()} == {s: int((came >= s).sum()) for s in shown}


def test_means_and_correlation_are_those_of_the_clients_who_stayed(study):
    legend = panel(bd.plot_early_alliance(study), "Who gets better?").get_legend()
    clients = study.clients[study.clients["sessions_attended"] >= 3].dropna(subset="change")
    r = np.corrcoef(clients["alliance_early"], clients["change"])[0, 1]
    texts = [text.get_text() for text in legend.get_texts()]
    assert f"r = {r:.2f} (95 % interval" in texts[0]
    assert legend.get_title().get_text().startswith(f"n = {len(clients)} ")
    means = [float(text.split(": ")[1].split(" ")[0]) for text in texts[1:]]
    assert means == sorted(means, reverse=True)
    assert min(means) < clients["change"].mean() < max(means)


def test_where_clients_are_on_their_own_the_band_is_greenwoods():
    rng = np.random.default_rng(1)
    weeks, left = rng.integers(1, 9, 400), rng.random(400) < 0.5
    clients = bd.simulate("early-alliance", seed=1).clients.iloc[:400].reset_index(drop=True)
    clients = clients.assign(sessions_attended=weeks, dropped_out=left, therapist=np.arange(400))
    band = survival_band(clients, 1)
    at_risk, leaving = band["at_risk"].to_numpy(), np.array([(left & (weeks == t)).sum() for t in band.index])
    leaving[0] = 0
    relative = np.sqrt(np.cumsum(leaving / (at_risk * np.maximum(at_risk - leaving, 1))))  # SE of log S
    share = survival(weeks, left, 1).to_numpy()
    wider = np.exp(1.96 * relative[1:-1] / -np.log(share[1:-1]))
    np.testing.assert_allclose(band["lower"].to_numpy()[1:-1], share[1:-1] ** wider, atol=0.003)
    assert band.loc[1, ["share", "lower", "upper"]].to_list() == [1, 1, 1]


def covered(scenario, truth, of_study, replications=300):
    hits = 0
    for replication in range(replications):
        lower, upper = of_study(bd.simulate(scenario, seed=7, replication=replication).clients)
        hits += lower <= truth <= upper
    return hits / replications, np.sqrt(0.95 * 0.05 / replications)


def test_bands_hold_the_truth_although_therapists_keep_clients_differently():
    world = bd.scenario("early-alliance", {"therapists.retention_sd": 1.2, **BARE})
    many = bd.simulate(world.with_({"design.therapists": 4000}), seed=2).clients
    truth = survival_band(many, 1).loc[6, "share"]

    def band(clients):
        return survival_band(clients, 1).loc[6, ["lower", "upper"]]

    def as_if_clients_were_alone(clients):
        return band(clients.assign(therapist=np.arange(len(clients))))

    share, error = covered(world, truth, band)
    assert share > 0.95 - 0.02 - 3 * error  # 50 therapists: a little below what it promises
    assert covered(world, truth, as_if_clients_were_alone)[0] < share - 3 * error  # which is why it leaves out therapists


def test_the_interval_of_the_correlation_holds_the_truth():
    world = bd.scenario("early-alliance", BARE)

    def interval(clients):
        both = clients.dropna(subset=["alliance_early", "change"])
        x, y = (both[name].to_numpy(float) for name in ("alliance_early", "change"))
        return correlation_interval(x, y, both["therapist"].to_numpy())

    truth = interval(bd.simulate(world.with_({"design.therapists": 4000}), seed=2).clients)[0]
    share, error = covered(world, truth, lambda clients: interval(clients)[1:])
    assert abs(share - 0.95) < 0.02 + 3 * error


def test_the_jackknife_of_a_mean_is_the_usual_standard_error():
    values = np.random.default_rng(2).normal(size=30)
    sums = sums_by_group(np.stack([np.ones(30), values], axis=1), np.arange(30))
    mean, error = jackknife(lambda each: each[..., 1] / each[..., 0], sums)
    assert (float(mean), float(error)) == pytest.approx((values.mean(), values.std(ddof=1) / np.sqrt(30)))


def test_no_text_lies_over_other_text(study):
    figure = bd.plot_early_alliance(study)
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        legend = axes.get_legend().get_texts() if axes.get_legend() else []
        shown = [text for text in axes.get_children() if isinstance(text, Text)]
        texts = [axes.xaxis.label, axes.yaxis.label, *shown, *legend]
        boxes = [text.get_window_extent() for text in texts if text.get_text()]
        assert len(boxes) >= 4
        assert [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)] == []


def test_it_is_written_to_a_file_and_one_therapist_is_refused(study, tmp_path):
    bd.plot_early_alliance(study, tmp_path / "alliance.pdf")
    assert (tmp_path / "alliance.pdf").stat().st_size > 10_000
    alone = bd.simulate(bd.scenario("early-alliance", {"design.therapists": 1, "design.caseload": 30}))
    with pytest.raises(ValueError, match="at least two therapists"):
        bd.plot_early_alliance(alone)
    with pytest.raises(ValueError, match="no alliance_early"):
        bd.plot_early_alliance(bd.simulate("nested-trial"))


def test_anything_but_a_study_is_refused_with_the_remedy(small, results):
    for source, name in ((small, "Scenario"), (results, "Results"), ("early-alliance", "str")):
        with pytest.raises(TypeError, match=rf"shows Data, but was given {name}; bordin.simulate"):
            bd.plot_early_alliance(source)
