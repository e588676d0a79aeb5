from __future__ import annotations

import slider


def test_it_measures_both_parts_of_a_move_and_draws_what_it_was_given(monkeypatch, capsys):
    monkeypatch.setattr(slider, "MOVES", 3)
    slider.main()
    heading, *lines = capsys.readouterr().out.splitlines()
    assert "median of 3 moves" in heading
    assert [line.split(" ms ")[0].split()[0] for line in lines] == ["simulated,", "the"]
    numbers, whole = (float(line.split(" ms ")[0].split()[-1]) for line in lines)
    assert 0 < numbers < whole


def test_each_move_is_another_study():
    shown = slider.demonstration()
    before = shown.png
    shown.move(direct_sd=0.9)
    assert shown.error == ""
    assert shown.png != before


def test_the_study_is_as_large_as_it_says():
    icc, effects = slider.numbers(0.5)
    assert len(effects) == 200
    assert icc["lower"] < icc["estimate"] < icc["upper"]
    study = slider.bd.simulate(slider.WORLD)
    assert len(study.clients) == 200 * 20
    assert (study.clients["sessions_attended"] == 12).mean() > 0.9
