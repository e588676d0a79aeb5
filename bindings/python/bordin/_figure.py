"""What all pictures share. Apart from the rest, since it imports matplotlib, which takes a while."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

HOW_TO_MAKE = {
    "Data": "bordin.simulate(scenario) or results.data(0) makes Data",
    "Results": "bordin.run(scenario) makes Results",
    "Power": "bordin.power(scenario) makes Power",
}


class Picture(Figure):
    """A matplotlib figure that needs no pyplot to be seen in a notebook."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the picture as matplotlib does; FileNotFoundError says which folder is missing."""
        if isinstance(fname, str | os.PathLike) and not Path(fname).parent.is_dir():
            raise FileNotFoundError(
                f"cannot write the picture {str(fname)!r}: there is no folder {str(Path(fname).parent)!r}; make it first"
            )
        super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def check_source(source: object, *kinds: type) -> None:
    """Raise TypeError, with the remedy, unless a picture's source is of one of these kinds."""
    if isinstance(source, kinds):
        return
    names = " or ".join(kind.__name__ for kind in kinds)
    remedy = "; ".join(HOW_TO_MAKE[kind.__name__] for kind in kinds if kind.__name__ in HOW_TO_MAKE)
    raise TypeError(f"this picture shows {names}, but was given {type(source).__name__}; {remedy}")
