from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import bordin as bd
from bordin.plots import survival


@pytest.fixture(scope="module")
def study() -> bd.Data:
    return bd.simulate(bd.scenario("early-alliance"), seed=1)


def test_the_picture_has_three_panels_with_units_and_no_empty_label(study, tmp_path):
    figure = bd.plot_first_look(study, tmp_path / "look.png")
    assert (tmp_path / "look.png").stat().st_size > 20_000
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Do therapists differ?",
        "Who stays?",
        "Who gets better?",
    ]
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert all("points" in labels[i] for i in (0, 2))
    assert "[%]" in labels[1]
    assert "WAI-SR" in labels[0]
    assert "CORE-OM" in labels[2]


def test_it_shows_the_numbers_of_the_study(study):
    therapists, staying, better = bd.plot_first_look(study).axes
    shown = therapists.collections[-1].get_offsets()[:, 1]
    means = study.clients.groupby("therapist")["alliance_early"].mean().sort_values()
    np.testing.assert_allclose(shown, means, rtol=1e-6)
    complete = study.clients.dropna(subset="change")
    r = np.corrcoef(complete["alliance_early"], complete["change"])[0, 1]
    assert f"all clients, r = {r:.2f}" in [text.get_text() for text in better.get_legend().get_texts()]
    came = study.clients[study.clients["sessions_attended"] >= 3]
    sizes = [int(text.get_text().split("n = ")[1].rstrip(")")) for text in staying.get_legend().get_texts()]
    assert sum(sizes) == len(came)


def test_no_text_lies_over_other_text(study):
    figure = bd.plot_first_look(study)
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        shown = [text for text in axes.get_children() if isinstance(text, Text)]
        ticks = [
            tick.label1
            for axis in (axes.xaxis, axes.yaxis)
            for tick in axis.get_major_ticks()
            if axis.get_view_interval()[0] <= tick.get_loc() <= axis.get_view_interval()[1]
        ]
        texts = [axes.xaxis.label, axes.yaxis.label, *shown, *axes.get_legend().get_texts(), *ticks]
        boxes = [text.get_window_extent() for text in texts if text.get_text()]
        assert len(boxes) > 12
        assert [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)] == []
        assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_survival_is_that_of_kaplan_and_meier():
    # 5 at risk in session 2 (one leaves), 4 in session 3 (one leaves, one ends as planned), 2 in session 4 (one leaves)
    share = survival([1, 2, 3, 3, 4, 5], [True, True, True, False, True, False], 1)
    assert share.to_dict() == pytest.approx({1: 1.0, 2: 0.8, 3: 0.6, 4: 0.3, 5: 0.3})


def test_nobody_left_is_a_flat_line():
    assert survival([3, 4, 4], [False, False, False], 3).to_list() == [1.0, 1.0]


def test_results_show_their_first_study(results, study):
    figure = bd.plot_first_look(results)
    assert figure.axes[0].collections[-1].get_offsets().shape == (8, 2)


def test_a_study_without_alliance_is_refused_in_words():
    s = bd.scenario("early-alliance", {"analyses": [], "study.primary": ""})
    text = s.text[: s.text.index('[[instruments]]\nname = "WAI-SR"')] + s.text[s.text.index("[study]") :]
    with pytest.raises(ValueError, match="have no alliance_early"):
        bd.plot_first_look(bd.simulate(bd.Scenario.from_text(text)))


def test_a_notebook_shows_it_without_pyplot(study):
    assert bd.plot_first_look(study)._repr_png_().startswith(b"\x89PNG")


def test_the_caterpillar_shows_means_estimates_and_the_truth():
    study = bd.simulate(bd.scenario("early-alliance", {"design.therapists": 40, "design.caseload": 300}), seed=1)
    axes = bd.plot_therapists(study, "last").axes[0]
    assert "points" in axes.get_ylabel()
    raw, shrunken = (np.sort(np.asarray(container.lines[0].get_ydata(), float)) for container in axes.containers)
    means = study.clients.groupby("therapist")["last"].mean()
    np.testing.assert_allclose(np.diff(raw), np.diff(np.sort(means.to_numpy(float))), atol=1e-5)
    assert shrunken.std() < raw.std()
    truth = axes.collections[-1].get_offsets()[:, 1]
    order = np.asarray(axes.containers[0].lines[0].get_ydata(), float)
    assert np.corrcoef(truth, order)[0, 1] > 0.8  # the very same therapists


def test_the_caterpillar_of_a_trial_has_no_truth_and_strange_variables_are_refused():
    trial = bd.simulate("nested-trial", seed=1)
    labels = [text.get_text() for text in bd.plot_therapists(trial, "post").axes[0].get_legend().get_texts()]
    assert labels == ["raw mean, 95 % interval", "shrunken estimate, 95 % interval"]
    with pytest.raises(ValueError, match="there is pre, post"):
        bd.plot_therapists(bd.simulate("early-alliance", seed=1), "nonsense")


@pytest.mark.parametrize(("name", "variable"), [("nested-trial", "post"), ("baldwin-2007", "last")])
def test_the_caterpillar_of_few_therapists_has_room_for_its_words(name, variable):
    study = bd.simulate(bd.scenario(name, {"design.therapists": 4}), seed=3)
    figure = bd.plot_therapists(study, variable)
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    assert study.scenario.title in figure.get_suptitle()
    for text in (axes.xaxis.label, axes.yaxis.label, *figure.texts):
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1


def test_sessions_show_the_alliance_its_ruptures_and_repairs():
    study = bd.simulate("rupture-repair", seed=1)
    sessions = study.sessions[["client", "session", "attended"]].join(study.truth.sessions)
    client = int(sessions.groupby("client")["repairs_true"].max().idxmax())
    own = sessions[(sessions["client"] == client) & sessions["attended"] & (sessions["session"] > 0)]
    axes = bd.plot_sessions(study, [client]).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), own["alliance_true"])
    shown = {one.get_label(): one for one in axes.collections}
    assert len(shown["open rupture"].get_segments()) == (own["rupture_true"] > 0).sum()
    assert len(shown["repaired"].get_offsets()) == (own["repairs_true"].diff().fillna(own["repairs_true"]) > 0).sum()


def test_sessions_of_nobody_are_refused_and_six_are_chosen_otherwise():
    study = bd.simulate("rupture-repair", seed=2)
    assert len(bd.plot_sessions(study).axes) == 6
    with pytest.raises(ValueError, match="1 to 12 of those who came"):
        bd.plot_sessions(study, [10**6])


@pytest.mark.parametrize("name", ["baldwin-2007", "dose-response", "three-level-rct", "within-and-between"])
def test_sessions_without_ruptures_are_drawn_from_the_lowest_alliance_to_the_highest(name):
    figure = bd.plot_sessions(bd.simulate(name))
    means = [np.mean(axes.lines[0].get_ydata()) for axes in figure.axes]
    assert len(means) == 6
    assert means == sorted(means)
    assert all("to the planned end" in axes.get_title(loc="left") for axes in figure.axes)
    assert {"open rupture", "repaired"}.isdisjoint(text.get_text() for text in figure.legends[0].get_texts())


def test_a_study_of_single_sessions_has_no_course_to_draw():
    with pytest.raises(ValueError, match=r"nobody came to more than one session.*rupture-repair"):
        bd.plot_sessions(bd.simulate("nested-trial"))


def test_pictures_of_the_wrong_kind_of_thing_are_refused_with_the_remedy(small, results, study):
    for draw in (bd.plot_therapists, bd.plot_sessions):
        for source in (small, results):
            with pytest.raises(TypeError, match=r"shows Data, but was given .*; bordin.simulate\(scenario\) or"):
                draw(source)
    with pytest.raises(TypeError, match="shows Results or Data, but was given Scenario"):
        bd.plot_first_look(small)
    with pytest.raises(TypeError, match=r"bordin.run\(scenario\) makes Results"):
        bd.plot_performance(study)
    for draw in (bd.plot_power, bd.plot_power_contours):
        with pytest.raises(TypeError, match=r"bordin.power\(scenario\) makes Power"):
            draw(study)


def test_a_missing_folder_is_named(study, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*nowhere'; make it first"):
        bd.plot_first_look(study, tmp_path / "nowhere" / "look.png")
