#include "mixed/crossed_fit.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

namespace bordin {
namespace {

// A standard deviation below this, relative to the residual's, is none: lme4's limit.
constexpr double vanishing = 1e-4;
// What a criterion may rise where a vanishing standard deviation is set to 0, and has to fall for a saddle to be one.
constexpr double noticeable = 1e-9;
// Where scoring sees no variance, the search starts from a small one, so that it can still find out.
constexpr double smallest_start = 0.01;

bool is_there(Minimum const& minimum) {
  return minimum.at.gradient.size() > 0 && std::isfinite(minimum.at.value);
}

// A minimum without one of the factors may hide a lower one with all of them further out.
Parameters far_start(Parameters const& theta) {
  return Parameters::Constant(theta.size(), 2 * std::max(1.0, theta.cwiseAbs().maxCoeff()));
}

bool is_better(Minimum const& a, Minimum const& b) {
  double const rise = b.at.value - a.at.value;
  if (std::abs(rise) > noticeable || a.converged == b.converged) return rise >= 0;
  return a.converged;
}

}  // namespace

void CrossedFit::fit(CrossedSums const& sums, int rows, bool reml, double constant) {
  minimum_ = {};
  minimum_.at.value = std::numeric_limits<double>::infinity();
  evaluations_ = 0;
  exists_ = converged_ = false;
  too_large_ = sums.too_large();
  degrees_ = rows - (reml ? sums.columns() - 1 : 0);
  if (too_large_ || degrees_ <= 0) return;
  profile_.assign(sums, degrees_, reml, constant);
  Parameters start = Parameters::Ones(sums.factors());
  search(start);
  if (scoring_start(start)) search(start);
  if (is_there(minimum_) && singular()) search(far_start(minimum_.theta));
  exists_ = is_there(minimum_);
  if (!exists_) return;
  round_to_boundary();
  certify();
}

bool CrossedFit::evaluate(Parameters const& theta, CriterionAt& at) {
  ++evaluations_;
  return profile_.evaluate(theta, at);
}

// One step of Fisher scoring in the variances from 0: estimates by the method of moments.
bool CrossedFit::scoring_start(Parameters& theta) {
  CriterionAt at;
  if (!evaluate(Parameters::Zero(theta.size()), at)) return false;
  Eigen::LLT<Curvature> const information(profile_.expected_curvature());
  if (information.info() != Eigen::Success) return false;
  theta = (-information.solve(profile_.variance_slope())).cwiseMax(smallest_start).cwiseSqrt();
  return theta.allFinite();
}

// Keeps what it finds if nothing better is known.
void CrossedFit::search(Parameters const& start) {
  auto const known = minimum_;
  minimum_ = minimise(profile_, start);
  evaluations_ += minimum_.evaluations;
  for (int i = 0; i < 10 && is_there(minimum_) && leave_saddle(); ++i) {
    minimum_ = minimise(profile_, minimum_.theta);
    evaluations_ += minimum_.evaluations;
  }
  if (!is_there(minimum_) || is_better(known, minimum_)) minimum_ = known;
}

bool CrossedFit::leave_saddle() {
  if (!profile_.last_was(minimum_.theta) && !evaluate(minimum_.theta, minimum_.at)) return false;
  for (int k = 0; k < minimum_.theta.size(); ++k)
    if (falls_from_zero(k) && lowered_along(k)) return true;
  return false;
}

// A theta of 0 is a stationary point even where the criterion falls with every step away from it. The slope in theta^2
// tells, and with the curvature to be expected how far it falls.
bool CrossedFit::falls_from_zero(int factor) const {
  if (std::abs(minimum_.theta[factor]) >= vanishing) return false;
  double const slope = profile_.variance_slope()[factor];
  return slope < 0 && slope * slope > 2 * noticeable * profile_.expected_curvature()(factor, factor);
}

bool CrossedFit::lowered_along(int factor) {
  auto const from = minimum_;
  for (double size = 1; size > 1e-9; size /= 10) {
    minimum_.theta[factor] = std::sqrt(from.theta[factor] * from.theta[factor] + size);
    if (evaluate(minimum_.theta, minimum_.at) && minimum_.at.value < from.at.value - noticeable) return true;
  }
  minimum_ = from;
  return false;
}

// Newton's method comes close to a vanishing standard deviation, but not quite there; and it does not mind signs. The last
// evaluation is at the optimum, since its results are asked for next.
void CrossedFit::round_to_boundary() {
  auto const sharp = [](double theta) { return std::abs(theta) < vanishing ? 0 : std::abs(theta); };
  Parameters const theta = minimum_.theta.unaryExpr(sharp);
  CriterionAt at;
  if (evaluate(theta, at) && at.value < minimum_.at.value + noticeable) {
    minimum_.theta = theta;
  } else {
    minimum_.theta = minimum_.theta.cwiseAbs();
    evaluate(minimum_.theta, at);
  }
  minimum_.at = at;
}

void CrossedFit::certify() {
  converged_ = minimum_.converged;
  for (int k = 0; k < minimum_.theta.size(); ++k) converged_ = converged_ && !falls_from_zero(k);
}

bool CrossedFit::singular() const {
  return is_there(minimum_) && minimum_.theta.cwiseAbs().minCoeff() < vanishing;
}

}  // namespace bordin
