#include "mixed/newton.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace bordin {
namespace {

constexpr int most_evaluations = 300;
// From here on the criterion can hardly tell better from worse, but the gradient can.
constexpr double close = 1e-6;
// The criterion is exact to about half of this; the parameters to its root, relative to their standard errors.
constexpr double enough = 1e-14;
constexpr double converged = 1e-8;
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
    if (!possible_) return std::move(best_);
    auto direction = direction_at(best_.at);
    while (best_.evaluations < most_evaluations && !(direction.convex && direction.decrement < enough)) {
      bool const near = direction.convex && direction.decrement < close;
      if (!(near && polish(direction)) && !step_along(direction)) break;
      direction = direction_at(best_.at);
    }
    best_.decrement = direction.decrement;
    best_.converged = direction.convex && direction.decrement < converged;
    return std::move(best_);
  }

 private:
  bool evaluate(Parameters const& theta, CriterionAt& at) {
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
        return !criterion_.rewrite(best_.theta) || evaluate(best_.theta, best_.at);
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

  // A full step that brings the decrement down.
  bool polish(Direction const& direction) {
    trial_ = best_.theta + direction.step;
    if (!evaluate(trial_, trial_at_)) return false;
    auto const next = direction_at(trial_at_);
    if (!next.convex || !(next.decrement < 0.5 * direction.decrement)) return false;
    best_.theta = trial_;
    best_.at = trial_at_;
    return true;
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
