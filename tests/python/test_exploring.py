"""Sliders move one and the same figure; nothing a slider does can break it; without sliders there is a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure

import bordin as bd


class Demonstration:
    """The therapists' predicted effects, as a slider moves them."""

    def __init__(self):
        self.figure = Figure(figsize=(4, 3), layout="constrained")
        self.axes = self.figure.subplots()
        (self.dots,) = self.axes.plot([], [], "o")
        self.axes.set(xlim=(0, 30), ylim=(-12, 12), xlabel="Therapists", ylabel="Effect [points]")
        self.world = bd.scenario("routine-care", {"design.therapists": 30, "design.caseload": 10, "design.sessions": 12})
        self.calls: list[dict[str, object]] = []

    def update(self, therapist_effect, clients=10):
        self.calls.append({"therapist_effect": therapist_effect, "clients": clients})
        study = bd.simulate(self.world.with_({"therapists.direct_sd": therapist_effect, "design.caseload": clients}))
        predicted = bd.fit(study.clients, "last ~ pre + (1 | therapist)").ranef()["value"]
        self.dots.set_data(np.arange(30), np.sort(predicted))

    def explore(self, **choices):
        return bd.explore(self.update, self.figure, **(choices or {"therapist_effect": (0.0, 1.0), "clients": (5, 40)}))


def pixels(png, tmp_path):
    (tmp_path / "shown.png").write_bytes(png)
    return image.imread(tmp_path / "shown.png")


def test_a_moved_slider_calls_the_function_and_changes_the_same_figure_in_place(tmp_path):
    demonstration = Demonstration()
    shown = demonstration.explore()
    before, artists, figure = shown.png, demonstration.axes.get_children(), shown.figure
    low = demonstration.dots.get_ydata().std()
    shown.sliders["therapist_effect"].value = 1.0
    assert demonstration.calls[-1] == {"therapist_effect": 1.0, "clients": 10}
    assert demonstration.dots.get_ydata().std() > 2 * low
    assert shown.figure is figure is demonstration.figure
    assert figure.axes == [demonstration.axes]
    assert demonstration.axes.get_children() == artists
    assert shown.png != before
    assert pixels(shown.png, tmp_path).shape == pixels(before, tmp_path).shape
    shown.sliders["therapist_effect"].value = 0.0
    assert shown.png == before  # the very same people, the very same picture


def test_the_axes_stay_where_they_are():
    demonstration = Demonstration()
    shown = bd.explore(lambda x: demonstration.axes.set_ylabel("line\n" * x), demonstration.figure, x=(1, 5))
    before = demonstration.axes.get_position().bounds
    shown.move(x=5)
    assert demonstration.axes.get_position().bounds == before


def test_the_front_end_gets_the_new_picture():
    shown = Demonstration().explore()
    *sliders, picture, message = shown._box.children
    assert [slider.description for slider in sliders] == ["therapist effect", "clients"]
    before = picture.value
    shown.sliders["therapist_effect"].value = 0.8
    assert before != picture.value == shown.png
    assert message.value == ""


def test_an_error_of_the_engine_stands_as_text_and_nothing_breaks():
    shown = Demonstration().explore(therapist_effect=[0.0, 0.5, -1.0])
    before = shown.png
    shown.sliders["therapist_effect"].value = -1.0
    assert "direct_sd" in shown.error
    assert "direct_sd" in shown._box.children[-1].value
    assert "must be" in shown.error
    assert shown.png == before
    shown.sliders["therapist_effect"].value = 0.5
    assert shown.error == shown._box.children[-1].value == ""
    assert shown.png != before


def test_errors_cannot_write_html():
    figure = Figure()

    def update(x):
        if x:
            raise ValueError("<b>bold</b>")

    shown = bd.explore(update, figure, x=[0, 1])
    shown.sliders["x"].value = 1
    assert "&lt;b&gt;" in shown._box.children[-1].value


def test_sliders_begin_where_the_function_says_and_otherwise_low():
    shown = Demonstration().explore()
    assert shown.values == {"therapist_effect": 0.0, "clients": 10}
    assert {name: slider.value for name, slider in shown.sliders.items()} == shown.values
    assert shown.sliders["clients"].step == 1
    assert shown.sliders["therapist_effect"].step == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("choice", "step"),
    [((0.0, 0.8), 0.01), ((0, 0.2), 0.001), ((0, 100), 1), ((0.0, 100.0), 1), ((0, 9, 3), 3), ((0, 1, 0.5), 0.5)],
)
def test_sliders_have_round_steps(choice, step):
    assert bd.explore(lambda x: None, Figure(), x=choice).sliders["x"].step == pytest.approx(step)


@pytest.mark.parametrize("choice", [(1,), (0.2, 0.0), (0, 1, 0), [], 3, "text"])
def test_other_choices_are_refused_in_words(choice):
    with pytest.raises(ValueError, match=r"x is .* but must be \(lowest, highest\)"):
        bd.explore(lambda x: None, Figure(), x=choice)


def test_a_start_outside_is_refused_in_words():
    with pytest.raises(ValueError, match="x begins at 5"):
        bd.explore(lambda x=5: None, Figure(), x=(0, 1))


def test_what_is_wrong_at_the_first_values_is_an_exception():
    with pytest.raises(bd.ScenarioError, match="direct_sd"):
        Demonstration().explore(therapist_effect=(-1.0, 1.0))


def test_a_notebook_has_sliders_and_where_it_is_printed_a_picture():
    bundle = Demonstration().explore()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "<bordin.Exploration at therapist_effect = 0.0, clients = 10>"


def test_pyplot_does_not_show_it_a_second_time():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(layout="constrained")
    (line,) = axes.plot([0, 1], [0, 1])
    shown = bd.explore(lambda x: line.set_ydata([0, x]), figure, x=(0.0, 1.0))
    assert figure.number not in plt.get_fignums()
    before = shown.png
    shown.move(x=1.0)
    assert shown.png != before


def test_without_ipywidgets_it_is_a_picture_at_the_first_values(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # as if it were not installed
    demonstration = Demonstration()
    shown = demonstration.explore()
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}
    assert shown.sliders == {}
    assert demonstration.calls == [{"therapist_effect": 0.0, "clients": 10}]
    before = shown.png
    shown.move(therapist_effect=1.0)
    assert shown.png != before


def test_the_package_does_not_import_ipywidgets_before_it_is_needed():
    program = "import sys, bordin; print('ipywidgets' in sys.modules)"
    environment = {"PYTHONPATH": str(Path(bd.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "False\n"
