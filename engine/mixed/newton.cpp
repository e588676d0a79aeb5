#include "mixed/newton.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace bordin {
namespace {

constexpr int most_evaluations = 300;
// A full step from here leaves a decrement of about its square: nothing that double precision could show.
constexpr double close = 1e-6;
constexpr double converged = 1e-9;
constexpr double longest_step = 3;  // in units in which the random effects' columns are about 1

struct Direction {
  Parameters step;
  double decrement = 0;
  bool convex = false;
};

Direction direction_at(CriterionAt const& at) {
  Direction out;
  Eigen::LLT<Curvature> const factor(at.curvature);
  double const largest = at.curvature.diagonal().cwiseAbs().maxCoeff();
  bool const definite =
      factor.info() == Eigen::Success && factor.matrixLLT().diagonal().cwiseAbs2().minCoeff() > 1e-12 * largest;
  if (definite) {
    out.step = -factor.solve(at.gradient);
    out.convex = true;
  } else {
    Eigen::SelfAdjointEigenSolver<Curvature> const eigen(at.curvature);
    Parameters const along = eigen.eigenvectors().transpose() * at.gradient;
    double const floor = 1e-9 * std::max(eigen.eigenvalues().cwiseAbs().maxCoeff(), 1e-300);
    out.step = -(eigen.eigenvectors() * along.cwiseQuotient(eigen.eigenvalues().cwiseAbs().cwiseMax(floor)));
    out.convex = eigen.eigenvalues().minCoeff() > -floor;
  }
  out.decrement = -out.step.dot(at.gradient);
  return out;
}

class Search {
 public:
  Search(Criterion& criterion, Parameters const& start) : criterion_(criterion) {
    best_.theta = start;
    possible_ = evaluate(best_.theta, best_.at);
  }

  Minimum run() {
    while (possible_ && best_.evaluations < most_evaluations) {
      auto const direction = direction_at(best_.at);
      best_.decrement = direction.decrement;
      if (direction.convex && direction.decrement < close) {
        finish(direction);
        break;
      }
      if (!step_along(direction)) break;
    }
    if (possible_ && !best_.converged) {
      best_.decrement = direction_at(best_.at).decrement;
      best_.converged = best_.decrement < converged;
    }
    return std::move(best_);
  }

 private:
  bool evaluate(Parameters& theta, CriterionAt& at) {
    ++best_.evaluations;
    return criterion_.evaluate(theta, at) && std::isfinite(at.value) && at.gradient.allFinite() && at.curvature.allFinite();
  }

  bool step_along(Direction const& direction) {
    double const longest = direction.step.cwiseAbs().maxCoeff();
    double const reach = longest_step * (1 + best_.theta.cwiseAbs().maxCoeff());
    double length = std::min(1.0, reach / longest);
    double const noise = 1e-13 * (1 + std::abs(best_.at.value));
    for (int halving = 0; halving < 40; ++halving) {
      trial_ = best_.theta + length * direction.step;
      bool const exists = evaluate(trial_, trial_at_);
      if (exists && trial_at_.value <= best_.at.value - 1e-4 * length * direction.decrement + noise) {
        best_.theta = trial_;
        best_.at = trial_at_;
        return true;
      }
      length *= exists ? shortened(length, direction.decrement) : 0.25;
    }
    return false;
  }

  // The minimum of the parabola through what is known, within bounds.
  double shortened(double length, double decrement) const {
    double const rise = trial_at_.value - best_.at.value + length * decrement;
    return std::clamp(length * decrement / (2 * rise), 0.1, 0.5);
  }

  // Full steps as long as they bring the decrement down.
  void finish(Direction direction) {
    for (int i = 0; i < 4 && direction.decrement > 1e-22; ++i) {
      trial_ = best_.theta + direction.step;
      if (!evaluate(trial_, trial_at_)) break;
      auto const next = direction_at(trial_at_);
      if (!next.convex || !(next.decrement < direction.decrement)) break;
      best_.theta = trial_;
      best_.at = trial_at_;
      direction = next;
    }
    best_.decrement = direction.decrement;
    best_.converged = direction.decrement < converged;
  }

  Criterion& criterion_;
  Minimum best_;
  Parameters trial_;
  CriterionAt trial_at_;
  bool possible_ = false;
};

}  // namespace

Minimum minimise(Criterion& criterion, Parameters const& start) {
  return Search(criterion, start).run();
}

}  // namespace bordin
