"""The process of scenarios/early-alliance.toml in NumPy, written for speed: the peer the engine is measured against.

The same process as the engine's, not the same random numbers. One core. Clients go through therapy in blocks that stay in
the cache; whoever leaves gives the place to the last of the block, so that the arrays of those who remain stay dense and
leavers cost nothing. Sessions are stored in long format, one row for every session attended, as in a table of sessions.

There are two of it. "numpy" takes NumPy's own normals and a uniform number of its own for every decision, as usual.
"box-muller" makes its normals by hand, from fewer random bits, and lets decisions share numbers.

    python tests/benchmarks/peers/numpy_early_alliance.py --clients 200000 --repeat 5 --normals box-muller
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core; read when numpy is loaded

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Arrays = dict[str, Array]

ENDINGS = ("dropout", "good enough", "agreed", "maximum")
DROPOUT, GOOD_ENOUGH, AGREED, MAXIMUM = range(4)
COMPONENTS = ("goal", "task", "bond")
RATINGS = ("goal_consensus", "collaboration", "empathy", "expectation", "credibility")

BLOCK = 28000  # clients at most; the fastest of 2,000 to 64,000 (calls cost more in smaller ones, memory in larger ones)
EARLY = 3  # sessions whose mean alliance the hazard of dropout knows
RATED = 3  # the session that is rated
TWO_32 = float(2**32)


@dataclass(frozen=True)
class Parameters:
    """The values of early-alliance.toml and routine-care.toml, and the engine's defaults of what they leave out."""

    # therapists and design
    alliance_share: float = 0.08
    direct_sd: float = 0.30
    retention_sd: float = 0.49
    repair_sd: float = 0.5
    ability_repair_correlation: float = 0.2
    caseload_mean: float = 20
    caseload_dispersion: float = 2
    sessions: int = 12
    # clients
    change_sd: float = 1.00
    alliance_severity_correlation: float = -0.132
    alliance_expectation_correlation: float = 0.245
    severity_expectation_correlation: float = -0.05
    severity_change_correlation: float = 0.28
    expectation_change_correlation: float = 0.211
    # alliance
    match_share: float = 0.05
    session_share: float = 0.165
    autocorrelation: float = 0.35
    mean: float = 0.0
    growth: float = 0.12
    lift: float = 0.10
    kappa: float = 0.09
    lag: float = 0.14
    weights: tuple[float, float, float] = (0.40, 0.45, 0.15)
    loadings: tuple[float, float, float] = (0.965, 0.965, 0.71)
    effect: float = 0.368
    # symptoms
    rate: float = 0.15
    reference_sessions: int = 12
    change: float = 1.0
    severity_slope: float = 0.30
    fluctuation_share: float = 0.20
    symptom_autocorrelation: float = 0.45
    # dropout
    baseline: float = -3.23
    log_session: float = -0.50
    early_alliance: float = 0.285
    current_alliance: float = 0.10
    severity_of_dropout: float = 0.10
    gain_of_dropout: float = 0.20
    rupture_of_dropout: float = 0.59
    # ruptures
    onset: float = -1.54
    onset_alliance: float = 0.5
    decay: float = 0.8
    faded_below: float = 0.25
    least_depth: float = 1.0
    greatest_depth: float = 1.5
    repair: float = 0.0
    repair_gain: float = 0.10
    improvement: float = 0.28
    sensitivity: float = 0.80
    false_alarm: float = 0.10
    # planned endings
    agreed: float = 0.08
    probability_of_ending: float = 0.40  # of those who are well enough
    level: float = -1.4
    level_sd: float = 0.2
    least_improvement: float = 0.95
    # instruments: mean, SD, reliability, lowest, highest, step
    core_om: tuple[float, float, float, float, float, float] = (18.3, 7.1, 0.94, 0, 40, 1)
    wai_sr: tuple[float, float, float, float, float, float] = (3.8, 0.8, 0.86, 1, 5, 0.25)
    # ratings: component, its part (the rest: what lasts of the alliance), reliability; the last two are of the expectation
    session_ratings: tuple[tuple[int, float, float], ...] = ((0, 1.0, 0.80), (1, 0.5, 0.90), (2, 0.5, 0.90))
    intake_ratings: tuple[float, ...] = (0.80, 0.80)


EARLY_ALLIANCE = Parameters()


def _course(p: Parameters) -> Doubles:
    """Share of the change reached after 0, 1, ... sessions."""
    height = -np.expm1(-p.rate * np.arange(p.sessions + 1))
    return np.asarray(height / -math.expm1(-p.rate * p.reference_sessions))


class Constants:
    """What follows from the parameters, in double precision; rounded to float32 where it is used."""

    def __init__(self, p: Parameters) -> None:
        omega, load = np.array(p.weights), np.array(p.loadings)
        self.correlations = np.outer(load, load)
        np.fill_diagonal(self.correlations, 1.0)
        norm = math.sqrt(omega @ self.correlations @ omega)
        self.weight: Doubles = omega / norm  # of the composite
        self.shift = norm / float(omega.sum())  # of a component, by one unit of the composite
        self._session_process(p)
        self._people(p)
        log_session = np.log(np.maximum(1, np.arange(p.sessions + 1)))
        self.course = _course(p)
        self.growth: Doubles = p.mean + p.growth * (log_session - math.log(3))
        self.hazard: Doubles = p.baseline + p.log_session * log_session
        self.early = [self._early_scale(p, k) for k in range(1, EARLY + 1)]
        self.fades_after = math.floor(math.log(p.faded_below) / math.log(p.decay)) + 1

    def _session_process(self, p: Parameters) -> None:
        """VAR(1) of goal, task, bond and symptoms whose stationary variances are the shares."""
        v_s, v_e, phi, phi_e = p.session_share, p.fluctuation_share, p.autocorrelation, p.symptom_autocorrelation
        r, a, ones = self.correlations, p.lag * self.weight, np.ones(3)
        left = (1 - phi * phi_e) * np.eye(3) - p.kappa * np.outer(ones, a)
        with_symptoms = np.linalg.solve(left, -phi * v_s * (r @ a) - p.kappa * phi_e * v_e * ones)
        self.step = np.block([[phi * np.eye(3), -p.kappa * ones[:, None]], [-a[None, :], np.array([[phi_e]])]])
        self.covariance = np.block([[v_s * r, with_symptoms[:, None]], [with_symptoms[None, :], np.array([[v_e]])]])
        innovation = self.covariance - self.step @ self.covariance @ self.step.T
        innovation[:3, 3] = innovation[3, :3] = 0  # independent, which is what fixed with_symptoms; now without dust
        self.start_factor = np.linalg.cholesky(self.covariance)
        move = np.hstack([self.step, np.linalg.cholesky(innovation)])
        composite = self.weight @ move[:3]
        self.move = np.vstack([composite, move])  # (w*, w, e) from (w, e, four normals)

    def _early_scale(self, p: Parameters, sessions: int) -> float:
        """Coefficient of the sum of the first alliances: by their mean over its undisturbed SD."""
        at_lag = [self.covariance[:3, :3]]
        moved = self.covariance
        for _ in range(1, sessions):
            moved = self.step @ moved
            at_lag.append(moved[:3, :3])
        fluctuation = sum(self.weight @ at_lag[abs(i - j)] @ self.weight for i in range(sessions) for j in range(sessions))
        sd = math.sqrt(1 - p.session_share + fluctuation / sessions**2)
        return p.early_alliance / sd / sessions

    def _people(self, p: Parameters) -> None:
        """Everything about people is linear in independent normals: matrices of their coefficients."""
        load = np.array(p.loadings)
        parts = np.column_stack([load, np.diag(np.sqrt(1 - load**2))])  # goal, task, bond from one factor and uniqueness
        composite = self.weight @ parts
        client_sd = math.sqrt(1 - p.alliance_share - p.match_share - p.session_share)
        match_sd = math.sqrt(p.match_share)

        def with_traits(correlations: Doubles) -> Doubles:
            """Traits from the four normals of the composite, which is the first of them, and their own."""
            lower = np.linalg.cholesky(correlations)
            return np.hstack([np.outer(lower[:, 0], composite), lower[:, 1:]])

        cx, ce = p.alliance_severity_correlation, p.alliance_expectation_correlation
        xe, xg, eg = p.severity_expectation_correlation, p.severity_change_correlation, p.expectation_change_correlation
        traits = with_traits(np.array([[1, cx, ce, 0], [cx, 1, xe, xg], [ce, xe, 1, eg], [0, xg, eg, 1]]))
        traits *= np.array([client_sd, math.sqrt(1 - p.fluctuation_share), 1, p.change_sd])[:, None]
        self.client = np.zeros((8, 11))  # goal, task, bond; composite, severity, expectation, change; match
        self.client[0:3, 0:4] = client_sd * parts
        self.client[3:7, 0:7] = traits
        self.client[7, 7:11] = match_sd * composite
        self.brought = np.hstack([client_sd * parts, np.zeros((3, 3)), match_sd * parts])  # by client and match

        op = p.ability_repair_correlation
        traits = with_traits(np.array([[1, 0, 0, op], [0, 1, 0, 0], [0, 0, 1, 0], [op, 0, 0, 1]]))
        traits *= np.array([math.sqrt(p.alliance_share), p.direct_sd, p.retention_sd, p.repair_sd])[:, None]
        goal_task_bond = np.hstack([math.sqrt(p.alliance_share) * parts, np.zeros((3, 3))])
        self.therapist = np.vstack([goal_task_bond, traits])  # goal, task, bond; ability, direct, retention, repair

    def rating(self, p: Parameters, component: int, part: float) -> tuple[float, float]:
        """Weights of the component and of what lasts of the alliance that give their mixture the SD 1."""
        lasting_sd = math.sqrt(1 - p.session_share)
        together = lasting_sd * float(self.correlations[component] @ self.weight)
        a, b = part, 1 - part
        sd = math.sqrt(a * a + b * b + 2 * a * b * together)
        return a / sd, b / (lasting_sd * sd)


def _points(instrument: tuple[float, float, float, float, float, float]) -> tuple[float, float, float]:
    """Coefficients of the latent score, the error and 1, in steps of the instrument."""
    mean, sd, reliability, _, _, step = instrument
    return sd * math.sqrt(reliability) / step, sd * math.sqrt(1 - reliability) / step, mean / step


def _column(*values: float) -> Floats:
    return np.array(values, np.float32)[:, None]


def _normals(
    radius: npt.NDArray[np.int32], angle: npt.NDArray[np.int16], first: Floats, second: Floats, scratch: Floats
) -> None:
    """Box-Muller in whole arrays: a third of the time of the generator's own normals.

    sqrt(-log(u^2)) with |u| in (0, 1] from 31 bits is at most 6.6. 16 bits of angle suffice where the radius is fine:
    sines of equally spaced angles have the exact moments of all orders below their number.
    """
    np.bitwise_or(radius, 1, out=radius)  # no log(0)
    np.copyto(first, radius, casting="same_kind")
    np.multiply(first, 2.0**-31, out=first)
    np.multiply(first, first, out=first)
    np.log(first, out=first)
    np.negative(first, out=first)
    np.sqrt(first, out=first)
    np.copyto(second, angle)
    np.multiply(second, math.pi / 2**15, out=second)
    np.sin(second, out=scratch)
    np.cos(second, out=second)
    np.multiply(second, first, out=second)
    np.multiply(first, scratch, out=first)


# Rows of what a block carries from session to session.
(GAIN, LASTING, DRIVE, GOAL, TASK, BOND, STABLE, HAZARD, LEVEL, DEPTH, SHARE, REPAIRS, REPAIR, FADES, CLIENT) = range(15)
EARLY_SUM = 15  # last: of no use after the early sessions
STATE_ROWS = 16

# Rows of the stored sessions.
LATENT = slice(0, 4)  # goal, task, bond, symptoms
SCORES = slice(4, 8)  # WAI-SR goal, task, bond, CORE-OM
WAI = slice(4, 7)
CORE, WAI_TOTAL, ALLIANCE, GAINED, RUPTURE, REPAIRED = range(7, 13)
SESSION_COLUMNS = (
    *(f"{c}_true" for c in COMPONENTS),
    "symptoms_true",
    *(f"wai_sr_{c}" for c in COMPONENTS),
    "core_om",
    "wai_sr",
    "alliance_true",
    "gain_true",
    "rupture_true",
    "repairs_true",
)
CLIENT_COLUMNS = (
    *(f"{c}_client_true" for c in COMPONENTS),
    "alliance_client_true",
    "severity_true",
    "expectation_true",
    "change_trait_true",
    "match_true",
    "pre_true",
    "pre",
)
THERAPIST_COLUMNS = (
    *(f"{c}_therapist_true" for c in COMPONENTS),
    "ability_true",
    "direct_true",
    "retention_true",
    "repair_true",
)
PRE_TRUE, PRE = 8, 9


class Lots(NamedTuple):
    """Numbers that decide a session, uniform between 0 and the simulator's `one`; those of kinds of endings together."""

    rupture: Array  # whether an open one is repaired, or one begins where none is open
    depth: Array | None  # of one that begins; None: taken from `rupture`
    report: Array
    endings: Array


class Simulator:
    """One study at a time: its people, then block by block their therapies. Random numbers are NumPy's own.

    Memory is used again, so that the system need not clear new pages for every study: the tables of one study are gone when
    the next is simulated.
    """

    normals = "numpy"
    one = 1.0  # upper end of lots

    def __init__(self, p: Parameters, block: int = BLOCK) -> None:
        self.p, self.block = p, block
        c = self.c = Constants(p)
        self._move = c.move.astype(np.float32)
        self._start = c.start_factor.astype(np.float32)
        self._client = c.client.astype(np.float32)
        self._brought = c.brought.astype(np.float32)
        wai, core = _points(p.wai_sr), _points(p.core_om)
        self._true = _column(wai[0], wai[0], wai[0], core[0])
        self._error = _column(wai[1], wai[1], wai[1], core[1])
        self._mean = _column(wai[2], wai[2], wai[2], core[2])
        self._wai_range = p.wai_sr[3] / p.wai_sr[5], p.wai_sr[4] / p.wai_sr[5]
        self._core_range = p.core_om[3], p.core_om[4]
        # Two walks of the session process: a session reads w, e and normals from one and writes w*, w, e into the other.
        self._walks = np.empty((2, 9, block), np.float32)
        self._state = np.empty((STATE_ROWS, block), np.float32)
        self._who = self._state[CLIENT].view(np.int32)
        self._errors = np.empty((4, block), np.float32)
        self._scratch = np.empty((4, block), np.float32)
        self._masks = np.empty((8, block), np.bool_)
        self._intake = np.empty(33 * block, np.float32)
        self._lots = np.empty(6 * block, np.float32)
        self._make_room(0)

    def simulate(self, seed: int, therapists: int) -> Arrays:
        """All tables of a study with this many therapists."""
        p = self.p
        self.bits = np.random.SFC64(seed)
        self.random = np.random.Generator(self.bits)
        dispersion = p.caseload_dispersion
        caseload = self.random.negative_binomial(dispersion, dispersion / (dispersion + p.caseload_mean), therapists)
        self._traits = (self.c.therapist @ self.random.standard_normal((7, therapists))).astype(np.float32)
        self._therapist = np.repeat(np.arange(therapists, dtype=np.int32), caseload)
        clients = len(self._therapist)
        if clients > len(self._ending):
            self._make_room(clients)
        self._at = 0
        blocks = -(-clients // self.block)
        for b in range(blocks):  # of equal size
            self._treat(clients * b // blocks, clients * (b + 1) // blocks)
        return self._tables(caseload)

    def _make_room(self, clients: int) -> None:
        self._clients = np.empty((len(CLIENT_COLUMNS), clients), np.float32)
        self._ratings = np.empty((len(RATINGS), clients), np.float32)
        self._ending = np.empty(clients, np.int8)
        self._attended = np.empty(clients, np.int8)
        # For the longest possible therapies: memory that is not written to is not taken.
        rows = clients * self.p.sessions
        self._rows = np.empty((len(SESSION_COLUMNS), rows), np.float32)
        self._reported = np.empty(rows, np.bool_)
        self._row_client = np.empty(rows, np.int32)
        self._row_session = np.empty(rows, np.int8)

    def _tables(self, caseload: npt.NDArray[np.int64]) -> Arrays:
        clients, end = len(self._therapist), self._at
        out: Arrays = {"caseload": caseload, "therapist": self._therapist}
        out.update(zip(THERAPIST_COLUMNS, self._traits, strict=True))
        out.update(zip(CLIENT_COLUMNS, self._clients[:, :clients], strict=True))
        out.update(zip(RATINGS, self._ratings[:, :clients], strict=True))
        out |= {"ending": self._ending[:clients], "sessions_attended": self._attended[:clients]}
        out |= {"client": self._row_client[:end], "session": self._row_session[:end]}
        out["rupture_reported"] = self._reported[:end]
        out.update(zip(SESSION_COLUMNS, self._rows[:, :end], strict=True))
        return out

    def _draw_intake(self, n: int) -> Floats:
        """Rows of normals."""
        z = self._intake[: 22 * n].reshape(22, n)
        self.random.standard_normal(dtype=np.float32, out=z)
        return z

    def _draw_session(self, n: int, process: Floats, errors: Floats) -> Lots:
        for row in process:
            self.random.standard_normal(dtype=np.float32, out=row)
        for row in errors:
            self.random.standard_normal(dtype=np.float32, out=row)
        lots = self._lots[: 6 * n].reshape(6, n)
        self.random.random(dtype=np.float32, out=lots)
        return Lots(lots[0], lots[1], lots[2], lots[3:])

    def _treat(self, first: int, last: int) -> None:
        n = last - first
        self._meet(first, last)
        for s in range(1, self.p.sessions + 1):
            n = self._hold(s, n)
            if n == 0:
                break

    def _meet(self, first: int, last: int) -> None:
        """Clients, their matches and their intake."""
        p, n = self.p, last - first
        z = self._draw_intake(n)
        therapist = self._therapist[first:last]
        traits = np.take(self._traits, therapist, axis=1)
        state, clients = self._state[:, :n], self._clients[:, first:last]
        walk = self._walks[0][1:5, :n]
        np.matmul(self._client, z[:11], out=clients[:8])
        np.matmul(self._start, z[11:15], out=walk)
        prospects, severity, expectation, change, match = clients[3:8]

        np.add(np.matmul(self._brought, z[:11], out=state[GOAL : BOND + 1]), traits[:3], out=state[GOAL : BOND + 1])
        np.add(prospects, match, out=state[STABLE])
        state[STABLE] += traits[3]
        state[LASTING] = severity
        drive, direct = state[DRIVE], traits[4]
        np.multiply(severity, p.severity_slope, out=drive)
        drive += 1
        np.maximum(drive, 0, out=drive)
        drive *= direct
        drive += change
        drive += p.change
        drive += p.effect * state[STABLE]
        np.multiply(severity, p.severity_of_dropout, out=state[HAZARD])
        state[HAZARD] -= traits[5]
        np.add(traits[6], p.repair, out=state[REPAIR])
        np.negative(state[REPAIR], out=state[REPAIR])
        state[[GAIN, EARLY_SUM, DEPTH, REPAIRS, FADES]] = 0
        state[SHARE] = 1
        self._who[:n] = np.arange(first, last, dtype=np.int32)

        np.add(severity, walk[3], out=clients[PRE_TRUE])
        true, error, mean = _points(p.core_om)
        pre = clients[PRE]
        np.multiply(clients[PRE_TRUE], true, out=pre)
        pre += error * z[15]
        pre += mean
        np.rint(pre, out=pre)
        np.clip(pre, *self._core_range, out=pre)
        level, (points, sd) = state[LEVEL], p.core_om[:2]
        np.multiply(z[16], sd * p.level_sd, out=level)
        level += points + sd * p.level
        np.minimum(level, pre - sd * p.least_improvement, out=level)

        ratings = self._ratings[:, first:last]
        for k, (_, _, reliability) in enumerate(p.session_ratings):  # their true part follows in session 3
            np.multiply(z[17 + k], math.sqrt(1 - reliability), out=ratings[k])
        for k, reliability in enumerate(p.intake_ratings):
            np.multiply(z[20 + k], math.sqrt(1 - reliability), out=ratings[3 + k])
            ratings[3 + k] += math.sqrt(reliability) * expectation

    def _hold(self, s: int, n: int) -> int:
        """Session s of the n clients who are still there. Returns how many come again."""
        walk, moved = self._walks[1 - s % 2], self._walks[s % 2]
        state, errors = self._state[:, :n], self._errors[:, :n]
        lots = self._draw_session(n, walk[5:9, :n], errors)
        np.matmul(self._move, walk[1:, :n], out=moved[:5, :n])

        rows = self._rows[:, self._at : self._at + n]
        self._rupture(s, moved[0, :n], lots, state)
        self._meeting(s, moved[:5, :n], state, rows)
        self._measure(rows, errors)
        self._report(lots.report, state[DEPTH])
        if s == RATED:
            self._rate(state, rows)
        self._row_client[self._at : self._at + n] = self._who[:n]
        self._row_session[self._at : self._at + n] = s
        self._at += n
        return self._end(s, n, lots.endings, rows)

    def _rupture(self, s: int, fluctuation: Floats, lots: Lots, state: Floats) -> None:
        """An open rupture may be repaired, or one may begin where none is open."""
        p, c = self.p, self.c
        n = len(fluctuation)
        t, f, _, bonus = self._scratch[:, :n]
        was_open, hit, closed = self._masks[:3, :n]
        depth, share = state[DEPTH], state[SHARE]
        np.greater(depth, 0, out=was_open)
        # u < logistic(x) is u (1 + exp(-x)) < 1; the left side is uniform again where that is so (what depth may use).
        np.multiply(fluctuation, p.onset_alliance / math.sqrt(p.session_share), out=t)
        np.subtract(t, p.onset, out=t)
        np.copyto(f, was_open)
        np.subtract(state[REPAIR], t, out=bonus)  # a product with 0 or 1 is far faster than a masked copy
        np.multiply(bonus, f, out=bonus)
        np.add(t, bonus, out=t)
        np.exp(t, out=t)
        np.add(t, 1, out=t)
        np.multiply(t, self._as_floats(lots.rupture, f), out=t)
        np.less(t, self.one, out=hit)

        np.logical_and(hit, was_open, out=closed)  # repaired
        np.copyto(f, closed)
        np.multiply(f, share, out=bonus)
        np.add(state[REPAIRS], f, out=state[REPAIRS])
        np.multiply(bonus, 0.5, out=f)
        np.subtract(share, f, out=share)
        np.multiply(bonus, p.improvement, out=bonus)  # stays in the scratch until the work of the session is done

        began = np.greater(hit, was_open, out=hit)
        np.equal(state[FADES], s, out=was_open)
        np.logical_or(closed, was_open, out=closed)
        np.logical_not(closed, out=closed)
        np.copyto(f, closed)
        np.multiply(f, p.decay, out=f)
        np.multiply(depth, f, out=depth)
        sd = math.sqrt(p.session_share)
        np.copyto(f, began)
        np.multiply(t if lots.depth is None else lots.depth, (p.greatest_depth - p.least_depth) * sd / self.one, out=t)
        np.add(t, p.least_depth * sd, out=t)
        np.multiply(t, f, out=t)
        np.add(depth, t, out=depth)
        np.multiply(f, s + c.fades_after, out=f)
        np.maximum(state[FADES], f, out=state[FADES])

    def _as_floats(self, lot: Array, room: Floats) -> Floats:
        return lot

    def _meeting(self, s: int, moved: Floats, state: Floats, rows: Floats) -> None:
        """The alliance of the session, the work that is done in it, and symptoms after it."""
        p, c = self.p, self.c
        t, common, _, improvement = self._scratch[:, : moved.shape[1]]
        fluctuation, depth, gain = moved[0], state[DEPTH], state[GAIN]
        # Repairs so far added repair_gain (1 + 1/2 + ...) = 2 repair_gain (1 - share).
        np.multiply(gain, p.lift, out=common)
        np.multiply(state[SHARE], 2 * p.repair_gain, out=t)
        np.subtract(common, t, out=common)
        np.subtract(common, depth, out=common)
        np.add(common, float(c.growth[s] - p.lift * p.change * c.course[s - 1] + 2 * p.repair_gain), out=common)
        np.add(state[STABLE], fluctuation, out=rows[ALLIANCE])
        np.add(rows[ALLIANCE], common, out=rows[ALLIANCE])
        np.multiply(common, c.shift, out=common)
        np.add(state[GOAL : BOND + 1], moved[1:4], out=rows[0:3])
        np.add(rows[0:3], common, out=rows[0:3])

        np.subtract(fluctuation, depth, out=t)
        np.multiply(t, p.effect, out=t)
        np.add(t, state[DRIVE], out=t)
        np.multiply(t, float(c.course[s] - c.course[s - 1]), out=t)
        np.add(gain, t, out=gain)
        np.add(gain, improvement, out=gain)
        np.subtract(state[LASTING], gain, out=rows[3])
        np.add(rows[3], moved[4], out=rows[3])
        np.copyto(rows[GAINED], gain)
        np.copyto(rows[RUPTURE], depth)
        np.copyto(rows[REPAIRED], state[REPAIRS])

    def _measure(self, rows: Floats, errors: Floats) -> None:
        """WAI-SR and CORE-OM, in steps of their scale until the end."""
        scores, wai, total = rows[SCORES], rows[WAI], rows[WAI_TOTAL]
        np.multiply(rows[LATENT], self._true, out=scores)
        np.multiply(errors, self._error, out=errors)
        np.add(scores, errors, out=scores)
        np.add(scores, self._mean, out=scores)
        np.rint(scores, out=scores)
        np.clip(wai, *self._wai_range, out=wai)
        np.clip(rows[CORE], *self._core_range, out=rows[CORE])
        np.multiply(wai, self.p.wai_sr[5], out=wai)
        np.add(wai[0], wai[1], out=total)
        np.add(total, wai[2], out=total)
        np.multiply(total, 1 / 3, out=total)

    def _report(self, lot: Array, depth: Floats) -> None:
        """Whether the client reports a rupture."""
        reported = self._reported[self._at : self._at + len(depth)]
        is_open, noticed = self._masks[:2, : len(depth)]
        np.greater(depth, 0, out=is_open)
        np.less(lot, self._below(self.p.sensitivity), out=noticed)
        np.logical_and(is_open, noticed, out=noticed)
        np.less(lot, self._below(self.p.false_alarm), out=reported)  # below the sensitivity: reported anyway if open
        np.logical_or(reported, noticed, out=reported)

    def _rate(self, state: Floats, rows: Floats) -> None:
        """The true part of the ratings of this session."""
        p, c = self.p, self.c
        who = self._who[: rows.shape[1]]
        for k, (component, part, reliability) in enumerate(p.session_ratings):
            of_component, of_lasting = (w * math.sqrt(reliability) for w in c.rating(p, component, part))
            true = of_component * rows[component] + of_lasting * state[STABLE]
            self._ratings[k, who] += true - of_component * c.shift * p.mean

    def _below(self, probability: float) -> float:
        """The lots of reports below this have the probability."""
        return probability

    def _end(self, s: int, n: int, lots: Array, rows: Floats) -> int:
        """Who has come for the last time: good enough, agreed, dropout, in this order."""
        low = np.less_equal(rows[CORE], self._state[LEVEL, :n], out=self._masks[0, :n])
        good_enough, agreed = self._planned_endings(s, lots, low)
        if s == self.p.sessions:
            self._leave(s, np.arange(n), good_enough, agreed)
            return 0
        odds, f = self._scratch[1:3, :n]
        self._odds_of_dropout(s, rows, odds, f)
        leaves = self._leavers(s, lots, np.add(odds, 1, out=odds), low, good_enough, agreed)
        gone = np.flatnonzero(leaves)
        self._leave(s, gone, good_enough, agreed)
        return self._close_ranks(s, n, gone, leaves)

    def _agreed_end(self, s: int) -> float:
        return min(1.0, self.p.agreed * s / self.p.reference_sessions)

    def _planned_endings(self, s: int, lots: Array, low: Flags) -> tuple[Flags, Flags]:
        """Who is good enough and who has agreed; `low` is a score that is low enough."""
        good_enough, agreed = self._masks[1:3, : len(low)]
        np.less(lots[0], self.p.probability_of_ending, out=good_enough)
        np.logical_and(good_enough, low, out=good_enough)
        np.less(lots[1], self._agreed_end(s), out=agreed)
        return good_enough, agreed

    def _leavers(self, s: int, lots: Array, t: Floats, low: Flags, good_enough: Flags, agreed: Flags) -> Flags:
        """Dropouts stay with the probability 1 / t."""
        leaves = self._masks[3, : len(low)]
        np.multiply(t, lots[2], out=t)
        np.greater(t, 1, out=leaves)
        np.logical_or(leaves, good_enough, out=leaves)
        np.logical_or(leaves, agreed, out=leaves)
        return leaves

    def _odds_of_dropout(self, s: int, rows: Floats, odds: Floats, f: Floats) -> None:
        p, c, state = self.p, self.c, self._state[:, : rows.shape[1]]
        np.multiply(rows[ALLIANCE], -p.current_alliance, out=odds)
        np.multiply(rows[GAINED], p.gain_of_dropout, out=f)
        np.subtract(odds, f, out=odds)
        if s <= EARLY:
            early = state[EARLY_SUM]
            np.add(early, rows[ALLIANCE], out=early)
            np.multiply(early, c.early[s - 1], out=f)
            changed = state[HAZARD] if s == EARLY else odds  # from then on the sum stays as it is
            np.subtract(changed, f, out=changed)
        np.add(odds, state[HAZARD], out=odds)
        np.copyto(f, np.greater(state[DEPTH], 0, out=self._masks[7, : len(f)]))
        np.multiply(f, p.rupture_of_dropout, out=f)
        np.add(odds, f, out=odds)
        np.add(odds, float(c.hazard[s]), out=odds)
        np.exp(odds, out=odds)

    def _leave(self, s: int, gone: npt.NDArray[np.intp], good_enough: Flags, agreed: Flags) -> None:
        """Who is neither good enough nor has agreed drops out, or has come to the maximum."""
        otherwise = MAXIMUM if s == self.p.sessions else DROPOUT
        who = self._who[gone]
        self._ending[who] = np.where(good_enough[gone], GOOD_ENOUGH, np.where(agreed[gone], AGREED, otherwise))
        self._attended[who] = s
        if s < RATED:
            self._ratings[: len(self.p.session_ratings), who] = np.nan

    def _close_ranks(self, s: int, n: int, gone: npt.NDArray[np.intp], leaves: Flags) -> int:
        """Puts the last of the block into the places of those who leave."""
        left = n - len(gone)
        holes = gone[: np.searchsorted(gone, left)]
        last = np.flatnonzero(~leaves[left:n]) + left
        for row in (*self._walks[s % 2][1:5], *(self._state if s < EARLY else self._state[:EARLY_SUM])):
            row[holes] = row[last]
        return left


class HandMadeNormals(Simulator):
    """Spends as few random bits and calls as will do: one lot for all that a rupture does, one for all ways to end."""

    normals = "box-muller"
    one = TWO_32

    def _words(self, n: int, wide: int, narrow: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]:
        """Rows of 32 random bits and rows of 16, from one call."""
        raw = self.bits.random_raw((n * (2 * wide + narrow) + 3) // 4)
        words = raw.view(np.int32)[: n * wide].reshape(wide, n)
        halves = raw.view(np.int16)[2 * n * wide : n * (2 * wide + narrow)].reshape(narrow, n)
        return words, halves

    def _draw_intake(self, n: int) -> Floats:
        rows = self._intake[: 33 * n].reshape(33, n)
        _normals(*self._words(n, 11, 11), rows[:11], rows[11:22], rows[22:])
        return rows[:22]

    def _draw_session(self, n: int, process: Floats, errors: Floats) -> Lots:
        words, halves = self._words(n, 6, 5)
        _normals(words[:4], halves[:4], process, errors, self._scratch[:, :n])
        lots = words[4:].view(np.uint32)
        return Lots(lots[0], None, halves[4].view(np.uint16), lots[1])

    def _as_floats(self, lot: Array, room: Floats) -> Floats:
        np.copyto(room, lot, casting="same_kind")
        return room

    def _below(self, probability: float) -> int:
        """16 bits miss the probabilities by less than .00001."""
        return round(probability * 2**16)

    # By one lot v: one stays with the product of the three probabilities of staying, v <= keep (1 - a) / (1 + exp(x)).

    def _planned_endings(self, s: int, lots: Array, low: Flags) -> tuple[Flags, Flags]:
        good_enough, agreed, by_both = self._masks[1:4, : len(low)]
        v = self._as_floats(lots, self._scratch[0, : len(low)])
        keep, stay = 1 - self.p.probability_of_ending, 1 - self._agreed_end(s)
        np.greater(v, TWO_32 * keep, out=good_enough)
        np.logical_and(good_enough, low, out=good_enough)
        np.greater(v, TWO_32 * stay, out=agreed)
        np.greater(v, TWO_32 * keep * stay, out=by_both)
        np.logical_and(by_both, low, out=by_both)
        np.logical_or(agreed, by_both, out=agreed)
        return good_enough, agreed

    def _leavers(self, s: int, lots: Array, t: Floats, low: Flags, good_enough: Flags, agreed: Flags) -> Flags:
        leaves, by_hazard = self._masks[3, : len(low)], self._masks[4, : len(low)]
        keep, stay = 1 - self.p.probability_of_ending, 1 - self._agreed_end(s)
        np.multiply(t, self._scratch[0, : len(low)], out=t)  # v
        np.greater(t, keep * stay * TWO_32, out=leaves)
        np.logical_and(low, leaves, out=leaves)
        np.greater(t, stay * TWO_32, out=by_hazard)
        np.logical_or(leaves, by_hazard, out=leaves)
        return leaves


SIMULATORS = {kind.normals: kind for kind in (Simulator, HandMadeNormals)}


def simulate(
    seed: int, therapists: int, parameters: Parameters = EARLY_ALLIANCE, normals: str = Simulator.normals
) -> Arrays:
    """A study: columns of therapists, clients and sessions by name. `client` is the row of a session among the clients."""
    return SIMULATORS[normals](parameters).simulate(seed, therapists)


def wide(data: Arrays, name: str, sessions: int = EARLY_ALLIANCE.sessions) -> Floats:
    """A column of sessions as an array of sessions by clients, NaN where there was no session. Row 0 is intake."""
    out = np.full((sessions + 1, len(data["therapist"])), np.nan, np.float32)
    out[data["session"], data["client"]] = data[name]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the NumPy peer; prints one line of JSON.")
    parser.add_argument("--clients", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--normals", choices=list(SIMULATORS), default=Simulator.normals)
    chosen = parser.parse_args()
    therapists = max(1, round(chosen.clients / EARLY_ALLIANCE.caseload_mean))
    simulator = SIMULATORS[chosen.normals](EARLY_ALLIANCE)
    simulator.simulate(0, round(1.1 * therapists) + 10)  # memory, and whatever else happens only once
    timed = []
    for seed in range(1, chosen.repeat + 1):
        start = time.process_time()  # of the CPU, as the engine's: what else the machine does counts least
        data = simulator.simulate(seed, therapists)
        seconds = time.process_time() - start
        timed.append((seconds / len(data["session"]), seconds, len(data["therapist"]), len(data["session"])))
    _, best, clients, sessions = min(timed)
    result = {
        "normals": chosen.normals,
        "clients": clients,
        "sessions": sessions,
        "planned_sessions": clients * EARLY_ALLIANCE.sessions,
        "seconds": round(best, 6),
        "median_seconds": round(statistics.median(t[1] for t in timed), 6),
        "sessions_per_second": round(sessions / best),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
