"""Monte Carlo engine for psychotherapy outcomes: therapists, clients, their alliance, and the studies made of them.

>>> import bordin as bd
>>> s = bd.scenario("early-alliance", {"design.therapists": 10})
>>> d = bd.simulate(s, seed=1)
>>> len(d.therapists)
10
>>> fit = bd.fit(d.clients, "post ~ pre + alliance_early + (1 | therapist)")
>>> fit.coefficients.index.to_list()
['(Intercept)', 'pre', 'alliance_early']
"""

from bordin._core import Error, FormulaError, NumericalError, ResourceError, ResultFileError, ScenarioError
from bordin._core import version as __version__
from bordin.alliance_plots import plot_early_alliance
from bordin.analysing import Analysed, analyse
from bordin.data import Data, Truth, simulate
from bordin.exploring import Exploration, explore
from bordin.fitting import Fit, fit
from bordin.performance_plots import plot_performance
from bordin.planning import Power, Solution, power, solve
from bordin.plots import plot_first_look
from bordin.power_plots import plot_power, plot_power_contours
from bordin.results import Estimates, Interrupted, Replay, Results, open, replay, run
from bordin.scenario import Scenario, library, scenario
from bordin.scorecard import Scorecard, evidence
from bordin.study_plots import plot_sessions, plot_therapists
from bordin.variance_plots import plot_variance_budget

__all__ = [
    "Analysed",
    "Data",
    "Error",
    "Estimates",
    "Exploration",
    "Fit",
    "FormulaError",
    "Interrupted",
    "NumericalError",
    "Power",
    "Replay",
    "ResourceError",
    "ResultFileError",
    "Results",
    "Scenario",
    "ScenarioError",
    "Scorecard",
    "Solution",
    "Truth",
    "__version__",
    "analyse",
    "evidence",
    "explore",
    "fit",
    "library",
    "open",
    "plot_early_alliance",
    "plot_first_look",
    "plot_performance",
    "plot_power",
    "plot_power_contours",
    "plot_sessions",
    "plot_therapists",
    "plot_variance_budget",
    "power",
    "replay",
    "run",
    "scenario",
    "simulate",
    "solve",
]
