#include "mixed/variance_shares.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <utility>

namespace bordin {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

int triangle(int n) {
  return n * (n + 1) / 2;
}

int size_of(CovarianceBlock const& block) {
  return static_cast<int>(block.effects.size());
}

// The place of an effect in a block, or -1.
int place_in(CovarianceBlock const& block, int level, int effect) {
  auto const at = std::find(block.effects.begin(), block.effects.end(), effect);
  return block.level == level && at != block.effects.end() ? static_cast<int>(at - block.effects.begin()) : -1;
}

double diagonal(CovarianceStructure const& structure, double const* packed, int level, int effect) {
  for (std::size_t b = 0; b < structure.blocks().size(); ++b)
    if (int const i = place_in(structure.blocks()[b], level, effect); i >= 0) return structure.part(packed, b)(i, i);
  return 0;
}

bool has(CovarianceStructure const& structure, int level, int effect) {
  return std::any_of(structure.blocks().begin(), structure.blocks().end(),
                     [&](auto const& block) { return place_in(block, level, effect) >= 0; });
}

double sum_over_levels(CovarianceStructure const& structure, double const* packed, int effect) {
  double sum = 0;
  for (int level = 0; level < structure.levels(); ++level) sum += diagonal(structure, packed, level, effect);
  return sum;
}

// A lower triangular factor without pivoting; rows whose variance is 0 stay 0.
void append_factor(Effects const& g, Parameters& theta, int& next) {
  Effects l = Effects::Zero(g.rows(), g.cols());
  for (Eigen::Index j = 0; j < g.cols(); ++j) {
    double const rest = g(j, j) - l.row(j).squaredNorm();
    if (rest > 1e-12 * g(j, j)) l(j, j) = std::sqrt(rest);
    for (Eigen::Index i = j; i < g.rows(); ++i) {
      if (i > j && l(j, j) > 0) l(i, j) = (g(i, j) - l.row(i).dot(l.row(j))) / l(j, j);
      theta[next++] = l(i, j);
    }
  }
}

//! The criterion with one effect's standard deviation held: it stands first in its block, so that it is an entry of theta.
class HeldDeviation final : public Criterion {
 public:
  HeldDeviation(NestedSums const& sums, NestedFit const& fit, int level, int effect) {
    auto blocks = fit.structure().blocks();
    int first = 0;
    for (auto& block : blocks) {
      if (int const at = place_in(block, level, effect); at >= 0) {
        std::rotate(block.effects.begin(), block.effects.begin() + at, block.effects.begin() + at + 1);
        held_ = first;
      }
      first += triangle(size_of(block));
    }
    structure_.assign(blocks, fit.structure().levels(), fit.structure().effects());
    profile_.assign(sums, structure_, fit.degrees(), fit.profile().task().reml, 0);
    theta_.resize(structure_.parameters());
    int next = 0;
    for (std::size_t b = 0; b < blocks.size(); ++b)
      append_factor(structure_.part(fit.profile().covariance(), b), theta_, next);
  }

  //! The least value with the standard deviation held at `deviation`; starts where it was last.
  double least(double deviation) {
    theta_[held_] = deviation;
    CriterionAt at;
    if (theta_.size() > 1) theta_ = all(minimise(*this, without(theta_)).theta);
    return profile_.evaluate(theta_, at) ? at.value : undefined;
  }

  bool evaluate(Parameters const& theta, CriterionAt& out) override {
    CriterionAt at;
    bool const exists = profile_.evaluate(all(theta), at);
    out.value = at.value;
    out.gradient = without(at.gradient);
    Eigen::Index const before = held_, after = theta.size() - held_;
    out.curvature.resize(theta.size(), theta.size());
    out.curvature.topLeftCorner(before, before) = at.curvature.topLeftCorner(before, before);
    out.curvature.topRightCorner(before, after) = at.curvature.topRightCorner(before, after);
    out.curvature.bottomLeftCorner(after, before) = at.curvature.bottomLeftCorner(after, before);
    out.curvature.bottomRightCorner(after, after) = at.curvature.bottomRightCorner(after, after);
    return exists;
  }
  bool rewrite(Parameters& /*theta*/) override { return false; }

  NestedProfile const& profile() const { return profile_; }
  CovarianceStructure const& structure() const { return structure_; }

 private:
  Parameters without(Parameters const& full) const {
    Parameters out(full.size() - 1);
    out << full.head(held_), full.tail(out.size() - held_);
    return out;
  }
  Parameters all(Parameters const& free) const {
    Parameters out(free.size() + 1);
    out << free.head(held_), theta_[held_], free.tail(free.size() - held_);
    return out;
  }

  CovarianceStructure structure_;
  NestedProfile profile_;
  Parameters theta_;
  Eigen::Index held_ = 0;
};

// Where `f`, which is 0 at `low` and rises, crosses `level`; NaN if it does not.
template <class Function>
double crossing(Function const& f, double low, double level) {
  double high = std::max(0.05, 1.5 * low), above = f(high) - level;
  double below = -level;
  for (; above < 0; above = f(high) - level) {
    low = high;
    below = above;
    high *= 2;
    if (high > 1e6) return undefined;
  }
  for (int i = 0; i < 60 && high - low > 1e-6 * high; ++i) {
    double const at = i % 3 == 2 ? (low + high) / 2 : low - below * (high - low) / (above - below);
    double const here = f(at) - level;
    if (std::isnan(here)) return undefined;
    (here < 0 ? low : high) = at;
    (here < 0 ? below : above) = here;
    if (std::abs(here) < 1e-7 * level) return at;
  }
  return high;
}

}  // namespace

void VarianceShares::assign(NestedSums const& sums, NestedFit const& fit, double confidence) {
  sums_ = &sums;
  fit_ = &fit;
  quantile_ = boost::math::quantile(boost::math::normal(), (1 + confidence) / 2);
  find_covariance();
}

// Twice the inverse of the criterion's curvature, without the columns that vanished.
void VarianceShares::find_covariance() {
  auto const& theta = fit_->minimum().theta;
  auto const size = theta.size();
  Curvature curvature = fit_->minimum().at.curvature;
  Eigen::Index next = 0;
  for (auto const& block : fit_->structure().blocks())
    for (int column = 0; column < size_of(block); ++column) {
      Eigen::Index const entries = size_of(block) - column;
      if ((theta.segment(next, entries).array() == 0).all()) {
        curvature.middleRows(next, entries).setZero();
        curvature.middleCols(next, entries).setZero();
        curvature.diagonal().segment(next, entries).setConstant(std::numeric_limits<double>::infinity());
      }
      next += entries;
    }
  // Scaled to a diagonal of 1; what is held has scale 0.
  Parameters const scale = curvature.diagonal().unaryExpr([](double x) { return x > 0 ? 1 / std::sqrt(x) : undefined; });
  for (Eigen::Index i = 0; i < size; ++i)
    for (Eigen::Index j = 0; j < size; ++j)
      curvature(i, j) = i == j ? 1 : scale[i] == 0 || scale[j] == 0 ? 0 : scale[i] * curvature(i, j) * scale[j];
  Eigen::LLT<Curvature> const factor(curvature);
  covariance_.setConstant(size, size, undefined);
  if (!curvature.allFinite() || factor.info() != Eigen::Success) return;
  covariance_ = factor.solve(Curvature::Identity(size, size));
  covariance_ = (2 * scale.asDiagonal() * covariance_ * scale.asDiagonal()).eval();
}

VarianceShares::Variance VarianceShares::variance(int level, int effect) const {
  auto const& structure = fit_->structure();
  Variance out{0, Parameters::Zero(structure.parameters())};
  Eigen::Index first = 0;
  for (std::size_t b = 0; b < structure.blocks().size(); ++b) {
    auto const& block = structure.blocks()[b];
    int const size = size_of(block);
    int const row = place_in(block, level, effect);
    Effects const l = structure.factor(fit_->minimum().theta, b);
    for (int j = 0; j <= row; ++j) {  // theta has the columns of L one after the other
      out.value += l(row, j) * l(row, j);
      out.slope[first + j * size - triangle(j - 1) + (row - j)] = 2 * l(row, j);
    }
    first += triangle(size);
  }
  return out;
}

VarianceShares::Variance VarianceShares::total(int effect, Of of) const {
  Variance out{of == Of::all_variance ? 1.0 : 0.0, Parameters::Zero(fit_->structure().parameters())};
  for (int level = 0; level < fit_->structure().levels(); ++level) {
    auto const own = variance(level, effect);
    out.value += own.value;
    out.slope += own.slope;
  }
  return out;
}

// log s is log rho(theta) and, on top, independent noise with variance 2 / n.
double VarianceShares::std_error(Parameters const& slope, double log_variance_slope) const {
  Parameters const along = slope + log_variance_slope * fit_->profile().log_rho_slope();
  return std::sqrt(along.dot(covariance_ * along) + log_variance_slope * log_variance_slope * 2 / fit_->degrees());
}

ShareInterval VarianceShares::share(int level, int effect, Of of) const {
  if (!fit_->exists() || !has(fit_->structure(), level, effect)) return {undefined, undefined, undefined, false};
  auto const own = variance(level, effect), all = total(effect, of);
  double const rest = all.value - own.value;
  if (!(all.value > 0)) return {undefined, undefined, undefined, true};
  if (auto const end = end_from_zero(level, effect, own.value)) {
    if (!(own.value > 0)) return {0, 0, of == Of::all_variance ? end->share : end->between, true};
    return {own.value / all.value, 0, end->relative / (end->relative + rest), false};
  }
  if (!(rest > 0)) return {1, undefined, 1, true};
  Parameters const slope = own.slope / own.value - (all.slope - own.slope) / rest;
  double const logit = std::log(own.value / rest), reach = quantile_ * std_error(slope, 0);
  auto const back = [](double x) { return 1 / (1 + std::exp(-x)); };
  return {own.value / all.value, back(logit - reach), back(logit + reach), false};
}

ShareInterval VarianceShares::standard_deviation(int level, int effect) const {
  if (!fit_->exists() || !has(fit_->structure(), level, effect)) return {undefined, undefined, undefined, false};
  auto const own = variance(level, effect);
  double const sd = std::sqrt(fit_->residual_variance() * own.value);
  if (auto const end = end_from_zero(level, effect, own.value)) {
    if (!(own.value > 0)) return {0, 0, std::sqrt(end->variance), true};
    return {sd, 0, std::sqrt(fit_->residual_variance() * end->relative), false};
  }
  double const reach = std::exp(quantile_ * std_error(own.slope / (2 * own.value), 0.5));
  return {sd, sd / reach, sd * reach, false};
}

ShareInterval VarianceShares::residual_sd() const {
  if (!fit_->exists()) return {undefined, undefined, undefined, false};
  double const sd = std::sqrt(fit_->residual_variance());
  double const reach = std::exp(quantile_ * std_error(Parameters::Zero(fit_->structure().parameters()), 0.5));
  return {sd, sd / reach, sd * reach, false};
}

std::optional<VarianceShares::Upper> VarianceShares::end_from_zero(int level, int effect, double variance) const {
  HeldDeviation held(*sums_, *fit_, level, effect);
  double const least = held.least(std::sqrt(variance)), rise = quantile_ * quantile_;
  if (variance > 0 && !(held.least(0) - least < rise)) return std::nullopt;
  double const deviation = crossing([&](double x) { return held.least(x) - least; }, std::sqrt(variance), rise);
  if (!(deviation > 0) || std::isnan(held.least(deviation))) return Upper{undefined, undefined, undefined, undefined};
  double const own = deviation * deviation;
  double const between = sum_over_levels(held.structure(), held.profile().covariance(), effect);
  return Upper{own, own * held.profile().rho() / fit_->degrees(), own / (1 + between), own / between};
}

}  // namespace bordin
