#include "mixed/nested_fit.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

namespace bordin {
namespace {

// A standard deviation below this, relative to the residual's, is none: lme4's limit, here for effects of size 1.
constexpr double vanishing = 1e-4;
// What a criterion may rise where a vanishing standard deviation is set to 0, and has to fall for a saddle to be one.
constexpr double noticeable = 1e-9;
// Standard deviations so small that their squares are lost in rounding.
constexpr double nothing = 1e-9;

Parameters plain_start(CovarianceStructure const& structure) {
  Parameters theta = Parameters::Zero(structure.parameters());
  int next = 0;
  for (auto const& block : structure.blocks()) {
    auto const size = static_cast<int>(block.effects.size());
    for (int j = 0; j < size; ++j) {
      theta[next] = 1;
      next += size - j;
    }
  }
  return theta;
}

}  // namespace

void NestedFit::fit(NestedSums const& sums, std::vector<CovarianceBlock> const& blocks, int rows, bool reml,
                    double constant) {
  auto const task = sums.task();
  blocks_ = blocks;
  structure_.assign(blocks, task.depth, task.effects);
  degrees_ = rows - (reml ? task.shaped + task.columns - 1 : 0);
  profile_.assign(sums, structure_, degrees_, reml, constant);
  evaluations_ = 0;
  minimum_ = {};
  minimum_.at.value = std::numeric_limits<double>::infinity();
  exists_ = converged_ = false;  // not those of the data set before
  if (moment_start(sums, rows, packed_)) search(structure_.factorised(packed_.data(), true));
  if (!converged_) {
    auto const first = minimum_;
    auto const order = structure_;
    bool const existed = exists_;
    structure_.assign(blocks, task.depth, task.effects);
    search(plain_start(structure_));
    if (existed && (!exists_ || first.at.value <= minimum_.at.value)) {
      minimum_ = first;
      structure_ = order;
      exists_ = true;
      converged_ = false;
    }
  }
  if (exists_) round_to_boundary();
}

void NestedFit::search(Parameters const& start) {
  minimum_ = minimise(profile_, start);
  evaluations_ += minimum_.evaluations;
  exists_ = minimum_.at.gradient.size() > 0 && std::isfinite(minimum_.at.value);
  for (int i = 0; exists_ && i < 10 && leave_saddle(); ++i) {
    minimum_ = minimise(profile_, minimum_.theta);
    evaluations_ += minimum_.evaluations;
  }
  converged_ = exists_ && minimum_.converged;
}

// A vanished column of L is a stationary point even where the criterion falls with every step out of it. The slope in G
// tells: at a minimum it is positive semidefinite within each block.
bool NestedFit::leave_saddle() {
  if (!profile_.last_was(minimum_.theta)) profile_.evaluate(minimum_.theta, minimum_.at);
  for (std::size_t b = 0; b < structure_.blocks().size(); ++b) {
    if (vanished(b) == 0) continue;
    Eigen::SelfAdjointEigenSolver<Effects> const slope(structure_.part(profile_.slope(), b));
    double const rounding = 1e-6 * (1 + slope.eigenvalues().cwiseAbs().maxCoeff());
    if (slope.eigenvalues()[0] < -rounding && lowered_along(b, slope.eigenvectors().col(0))) return true;
  }
  return false;
}

bool NestedFit::lowered_along(std::size_t block, Eigen::Ref<Eigen::VectorXd const> const& direction) {
  packed_.resize(static_cast<std::size_t>(structure_.packed_size()));
  for (double size = 1; size > 1e-9; size /= 10) {
    structure_.covariance(minimum_.theta, packed_.data());
    structure_.add_to(packed_.data(), block, size * direction * direction.transpose());
    auto trial_structure = structure_;
    Parameters theta = structure_.factorised(packed_.data(), true);
    CriterionAt at;
    ++evaluations_;
    if (profile_.evaluate(theta, at) && at.value < minimum_.at.value - noticeable) {
      minimum_.theta = theta;
      minimum_.at = at;
      return true;
    }
    structure_ = trial_structure;
  }
  return false;
}

int NestedFit::vanished(std::size_t block) const {
  Effects const l = structure_.factor(minimum_.theta, block);
  return static_cast<int>((l.diagonal().array().abs() < vanishing).count());
}

bool NestedFit::singular() const {
  for (std::size_t b = 0; b < structure_.blocks().size(); ++b)
    if (vanished(b) > 0) return true;
  return false;
}

// Newton's method comes close to a vanishing standard deviation, but not quite there.
void NestedFit::round_to_boundary() {
  Parameters theta = minimum_.theta;
  int next = 0;
  for (auto const& block : structure_.blocks()) {
    auto const size = static_cast<int>(block.effects.size());
    for (int j = 0; j < size; next += size - j, ++j)
      if (theta.segment(next, size - j).cwiseAbs().maxCoeff() < vanishing) theta.segment(next, size - j).setZero();
  }
  CriterionAt at;
  bool const moved = theta != minimum_.theta;
  if (moved && profile_.last_was(minimum_.theta) && (theta - minimum_.theta).cwiseAbs().maxCoeff() < nothing) {
    minimum_.theta = theta;
    profile_.take_for(theta);
  } else if (moved && profile_.evaluate(theta, at) && at.value < minimum_.at.value + noticeable) {
    minimum_.theta = theta;
    minimum_.at = at;
  } else if (!profile_.last_was(minimum_.theta)) {
    profile_.evaluate(minimum_.theta, minimum_.at);  // its results are asked for next
  }
}

Effects NestedFit::covariance(std::size_t block) const {
  auto const& given = blocks_[block].effects;
  auto const& order = structure_.order(block);
  Effects const own = structure_.part(profile_.covariance(), block);
  Effects out(own.rows(), own.cols());
  auto const place = [&](int effect) { return std::find(order.begin(), order.end(), effect) - order.begin(); };
  for (std::size_t i = 0; i < given.size(); ++i)
    for (std::size_t j = 0; j < given.size(); ++j)
      out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = own(place(given[i]), place(given[j]));
  return out;
}

}  // namespace bordin
