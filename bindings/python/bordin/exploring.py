"""Pictures that follow sliders."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Choice = tuple[float, ...] | list[Any]


class Exploration:
    """A picture and the sliders that move it; made by :func:`bordin.explore`.

    A notebook shows both, and the picture alone where there are no sliders.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The figure; always the same one.
    values : dict
        Where the sliders stand, by name.
    png : bytes
        The picture as it is shown now.
    error : str
        Why the last move could not be drawn; empty if it could.
    sliders : dict
        The ipywidgets, by name; empty where these are not installed.
    """

    def __init__(self, update: Callable[..., object], figure: Figure, choices: dict[str, Choice]) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self._update = update
        self.figure = figure
        self.values = {name: _start(update, name, choice) for name, choice in choices.items()}
        self.error = ""
        self._canvas = FigureCanvasAgg(figure)
        self.sliders: dict[str, Any] = {}
        update(**self.values)
        _settle(figure)
        self.png = _drawn(self._canvas)
        self._box = self._with_sliders(choices)

    def move(self, **values: Any) -> None:
        """Move sliders, and the picture with them.

        Parameters
        ----------
        **values
            Where to, by name; the others stay where they are. What cannot be drawn leaves the picture as it was and says
            why in `error`.
        """
        self.values |= values
        try:
            self._update(**self.values)
            self.png, self.error = _drawn(self._canvas), ""
        except Exception as error:  # in a slider's callback an exception would vanish unseen
            self.error = str(error) or type(error).__name__
        if self._box is not None:
            self._image.value = self.png
            self._message.value = f"<div style='white-space: pre-wrap'>{escape(self.error)}</div>" if self.error else ""

    def _with_sliders(self, choices: dict[str, Choice]) -> Any:
        try:
            import ipywidgets
        except ImportError:
            return None
        self._image = ipywidgets.Image(
            value=self.png, format="png", layout={"max_width": "100%", "align_self": "flex-start"}
        )
        self._message = ipywidgets.HTML()
        for name, choice in choices.items():
            self.sliders[name] = _slider(ipywidgets, name, choice, self.values[name])
            self.sliders[name].observe(lambda change, name=name: self.move(**{name: change["new"]}), names="value")
        return ipywidgets.VBox([*self.sliders.values(), self._image, self._message])

    def __repr__(self) -> str:
        at = ", ".join(f"{name} = {value}" for name, value in self.values.items())
        return f"<bordin.Exploration at {at}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        shown = {} if self._box is None else self._box._repr_mimebundle_(**kwargs)
        return {**shown, "text/plain": repr(self), "image/png": self.png}


def explore(update: Callable[..., object], figure: Figure, **choices: Choice) -> Exploration:
    """Let sliders move a picture.

    Parameters
    ----------
    update : callable
        Takes the values of all sliders by name and puts new data into what is already drawn (``line.set_data``,
        ``dots.set_offsets``, ``axes.set_title``); it makes no figure. A default value of its parameter is where the slider
        begins, otherwise its lowest or first value.
    figure : matplotlib.figure.Figure
        What it draws on, with its artists. Its layout is done once, so that nothing jumps: set the limits of the axes so
        wide that all values fit.
    **choices : tuple or list
        For each slider ``(lowest, highest)``, ``(lowest, highest, step)``, or a list of values. Of whole numbers all values
        are whole.

    Returns
    -------
    Exploration
        As the last expression of a cell it shows the sliders, which need ipywidgets (the extra ``notebooks``). Without
        it, and where notebooks are only printed, it is the picture at the first values. What goes wrong while a slider
        moves stands as text below the picture.

    Raises
    ------
    ValueError
        When a slider's choice is none of these, or the start lies outside. What `update` raises at the first values is not
        caught.

    Examples
    --------
    >>> import bordin as bd
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(figsize=(4, 2))
    >>> axes = figure.subplots()
    >>> dots = axes.scatter([], [])
    >>> _ = axes.set(xlim=(1, 5), ylim=(0, 40))
    >>> world = bd.scenario("early-alliance", {"design.therapists": 10})
    >>> def update(effect=0.3):
    ...     clients = bd.simulate(world.with_({"alliance.effect": effect})).clients
    ...     dots.set_offsets(clients[["alliance_early", "last"]].to_numpy())
    >>> shown = bd.explore(update, figure, effect=(0.0, 0.6))
    >>> shown.move(effect=0.6)
    >>> shown
    <bordin.Exploration at effect = 0.6>
    """
    for name, choice in choices.items():
        _check(name, choice)
    return Exploration(update, figure, choices)


def _check(name: str, choice: Choice) -> None:
    interval = (
        isinstance(choice, tuple) and len(choice) in (2, 3) and choice[0] < choice[1] and all(s > 0 for s in choice[2:])
    )
    if not interval and not (isinstance(choice, list) and choice):
        raise ValueError(
            f"{name} is {choice!r}, but must be (lowest, highest), (lowest, highest, step) or a list of values"
        )


def _start(update: Callable[..., object], name: str, choice: Choice) -> Any:
    parameter = inspect.signature(update).parameters.get(name)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return choice[0]
    start = parameter.default
    if not (start in choice if isinstance(choice, list) else choice[0] <= start <= choice[1]):
        raise ValueError(
            f"{name} begins at {start!r}, which is not in {choice!r}; change the default value in the function"
        )
    return start


def _slider(ipywidgets: Any, name: str, choice: Choice, start: Any) -> Any:
    look: dict[str, Any] = {
        "description": name.replace("_", " "),
        "value": start,
        "style": {"description_width": "14em"},
        "layout": {"width": "38em"},
    }
    if isinstance(choice, list):
        return ipywidgets.SelectionSlider(options=choice, **look)
    low, high = choice[:2]
    if all(isinstance(value, int) for value in (*choice, start)):
        return ipywidgets.IntSlider(min=low, max=high, step=(*choice, 1)[2], **look)
    step = (*choice, 10.0 ** math.floor(math.log10((high - low) / 50)))[2]  # round, so that round values can be reached
    decimals = max(0, math.ceil(-math.log10(step)))
    return ipywidgets.FloatSlider(min=low, max=high, step=step, readout_format=f".{decimals}f", **look)


def _settle(figure: Figure) -> None:
    """Lay the figure out for good, and take it from pyplot, which would show it a second time."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)


def _drawn(canvas: Any) -> bytes:
    buffer = BytesIO()
    canvas.print_png(buffer, pil_kwargs={"compress_level": 1})  # quick rather than small
    return buffer.getvalue()
