#include "analysis/partial_likelihood.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analysis/exponentials.hpp"

namespace bordin {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// Sum of logarithms as the logarithm of few products.
class LogSum {
 public:
  void add(double value) {
    double const longer = product_ * value;
    if (longer > 1e-100 && longer < 1e100) {
      product_ = longer;
    } else {
      sum_ += std::log(product_) + std::log(value);
      product_ = 1;
    }
  }
  double total() const { return sum_ + std::log(product_); }

 private:
  double product_ = 1;
  double sum_ = 0;
};

}  // namespace

void PartialLikelihood::load(RiskSets const& sets, MatrixXd const& q, double factor) {
  sets_ = &sets;
  tied_ = sets.tied();
  skipped_ = sets.event_times().front().first;
  auto const* const order = sets.order().data() + skipped_;
  count_ = static_cast<Index>(sets.order().size() - skipped_);
  auto const times = sets.event_times().size();
  reserve(static_cast<Index>(sets.order().size()), q.cols() - 1);
  rows_.resize(times);
  for (auto* vector : {&a1_, &b1_, &b2_}) vector->head(static_cast<Index>(times)).setZero();
  for (std::size_t g = 0; g < times; ++g) {
    auto const [first, events] = sets.event_times()[g];
    auto const begin = static_cast<Index>(first - skipped_);
    rows_[g] = {begin, begin + static_cast<Index>(events), static_cast<Index>(sets.end(g) - skipped_)};
  }
  events_of_z_.setZero(z_.cols());
  for (Index j = 0; j < z_.cols(); ++j) {
    double* const z = z_.col(j).data();
    double const* const from = q.col(j + 1).data();
    for (Index i = 0; i < count_; ++i) z[i] = factor * from[order[i]];
    for (auto const& [first, left, end] : rows_)
      for (Index i = first; i < left; ++i) events_of_z_[j] += z[i];
  }
}

// Room for any data set of so many rows, whatever its events.
void PartialLikelihood::reserve(Index rows, Index columns) {
  rows_.reserve(static_cast<std::size_t>(rows));
  cluster_.reserve(static_cast<std::size_t>(rows));
  for (auto* matrix : {&z_, &s1_, &e1_}) matrix->resize(rows, columns);
  for (auto* vector :
       {&eta_, &weight_, &expected_, &product_, &of_risk_, &of_leavers_, &s0_, &e0_, &a0_, &a1_, &b0_, &b1_, &b2_})
    vector->resize(rows);
  gradient_.resize(columns);
  information_.resize(columns, columns);
}

void PartialLikelihood::evaluate(VectorXd const& a) {
  set_predictor(a);
  set_weights();
  Index j = 0;
  for (; j + 3 <= z_.cols(); j += 3) sum_columns<3>(j);
  for (; j < z_.cols(); ++j) sum_columns<1>(j);
  double const events = static_cast<double>(sets_->events());
  value_ = events_of_z_.dot(a) - events * shift_ - (tied_ ? sum_denominators_of_ties() : sum_denominators());
  set_expected();
  set_derivatives();
}

void PartialLikelihood::set_predictor(VectorXd const& a) {
  eta_.head(count_).noalias() = z_.topRows(count_) * a;
}

void PartialLikelihood::set_weights() {
  shift_ = eta_.head(count_).maxCoeff();
  weight_.head(count_) = eta_.head(count_).array() - shift_;
  exponentiate({weight_.data(), static_cast<std::size_t>(count_)});
}

// Fills the rest by event time, and returns the sum of log D_l.
double PartialLikelihood::sum_denominators() {
  auto const times = static_cast<Index>(rows_.size());
  a0_.head(times) = s0_.head(times).cwiseInverse();
  b0_.head(times) = a0_.head(times).cwiseAbs2();
  LogSum logs;
  for (Index g = 0; g < times; ++g) logs.add(s0_[g]);
  return logs.total();
}

double PartialLikelihood::sum_denominators_of_ties() {
  LogSum logs;
  for (std::size_t time = 0; time < rows_.size(); ++time) {
    auto const g = static_cast<Index>(time);
    Index const events = rows_[time].left - rows_[time].first;
    double const part = 1 / static_cast<double>(events);
    double a0 = 0, a1 = 0, b0 = 0, b1 = 0, b2 = 0;
    for (Index l = 0; l < events; ++l) {
      double const share = static_cast<double>(l) * part;
      double const denominator = s0_[g] - share * e0_[g];
      logs.add(denominator);
      double const inverse = 1 / denominator;
      double const square = inverse * inverse;
      a0 += inverse;
      a1 += share * inverse;
      b0 += square;
      b1 += share * square;
      b2 += share * share * square;
    }
    a0_[g] = a0;
    a1_[g] = a1;
    b0_[g] = b0;
    b1_[g] = b1;
    b2_[g] = b2;
  }
  return logs.total();
}

// Columns side by side, and the weights with them: the additions of one wait for each other, those of several do not.
template <int Count>
void PartialLikelihood::sum_columns(Index column) {
  constexpr auto count = static_cast<std::size_t>(Count);
  std::array<double const*, count> z;
  std::array<double*, count> of_s1, of_e1;
  for (std::size_t k = 0; k < count; ++k) {
    auto const at = column + static_cast<Index>(k);
    z[k] = z_.col(at).data();
    of_s1[k] = s1_.col(at).data();
    of_e1[k] = e1_.col(at).data();
  }
  double const* const w = weight_.data();
  std::array<double, count> s1{};
  double s0 = 0;
  for (std::size_t g = rows_.size(); g-- > 0;) {
    auto const [first, left, end] = rows_[g];
    std::array<double, count> e1{};
    double e0 = 0;
    for (Index i = first; i < left; ++i) {
      e0 += w[i];
      for (std::size_t k = 0; k < count; ++k) e1[k] += w[i] * z[k][i];
    }
    for (Index i = left; i < end; ++i) {
      s0 += w[i];
      for (std::size_t k = 0; k < count; ++k) s1[k] += w[i] * z[k][i];
    }
    s0_[static_cast<Index>(g)] = s0 += e0;
    e0_[static_cast<Index>(g)] = e0;
    for (std::size_t k = 0; k < count; ++k) {
      of_s1[k][g] = s1[k] += e1[k];
      of_e1[k][g] = e1[k];
    }
  }
}

void PartialLikelihood::set_expected() {
  double hazard = 0;
  for (std::size_t g = 0; g < rows_.size(); ++g) {
    auto const [first, left, end] = rows_[g];
    hazard += a0_[static_cast<Index>(g)];
    double const of_leavers = hazard - a1_[static_cast<Index>(g)];
    for (Index i = first; i < left; ++i) expected_[i] = weight_[i] * of_leavers;
    for (Index i = left; i < end; ++i) expected_[i] = weight_[i] * hazard;
  }
}

// gradient = Z'(event - expected). information = Z' diag(expected) Z - sum over event times and l of m m', with
// m = (s1 - l/d e1) / D_l the mean of z over those at risk.
void PartialLikelihood::set_derivatives() {
  auto const times = static_cast<Index>(rows_.size());
  auto product = product_.head(count_);
  for (Index j = 0; j < z_.cols(); ++j) {
    Index const columns = j + 1;
    product = expected_.head(count_).cwiseProduct(z_.col(j).head(count_));
    gradient_[j] = events_of_z_[j] - product.sum();
    weigh_means(j);
    auto to = information_.col(j).head(columns);
    to.noalias() = z_.topLeftCorner(count_, columns).transpose() * product;
    to.noalias() -= s1_.topLeftCorner(times, columns).transpose() * of_risk_.head(times);
    if (tied_) to.noalias() -= e1_.topLeftCorner(times, columns).transpose() * of_leavers_.head(times);
    information_.row(j).head(j) = to.head(j).transpose();
  }
}

// What the s1 and e1 of another column are multiplied with in the sum of m m'.
void PartialLikelihood::weigh_means(Index column) {
  auto const times = static_cast<Index>(rows_.size());
  auto const s1 = s1_.col(column).head(times).array(), e1 = e1_.col(column).head(times).array();
  auto const b0 = b0_.head(times).array(), b1 = b1_.head(times).array(), b2 = b2_.head(times).array();
  if (tied_) {
    of_risk_.head(times) = b0 * s1 - b1 * e1;
    of_leavers_.head(times) = b2 * e1 - b1 * s1;
  } else {
    of_risk_.head(times) = b0 * s1;
  }
}

double PartialLikelihood::spread(VectorXd const& direction) {
  auto along = product_.head(count_);
  along.noalias() = z_.topRows(count_) * direction;
  return along.maxCoeff() - along.minCoeff();
}

bool PartialLikelihood::is_recession(VectorXd const& direction, double tolerance) {
  double const allowed = tolerance * spread(direction);
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t g = rows_.size(); g-- > 0;) {
    auto const [first, left, end] = rows_[g];
    for (Index i = first; i < end; ++i) largest = std::max(largest, product_[i]);
    for (Index i = first; i < left; ++i)
      if (!(product_[i] >= largest - allowed)) return false;
  }
  return true;
}

void PartialLikelihood::sum_scores(std::vector<std::int32_t> const& cluster, MatrixXd& scores) {
  cluster_.resize(static_cast<std::size_t>(count_));
  for (std::size_t i = 0; i < cluster_.size(); ++i) {
    auto const row = data_row(i);
    cluster_[i] = cluster.empty() ? row : cluster[static_cast<std::size_t>(row)];
  }
  scores.setZero();
  for (Index j = 0; j < z_.cols(); ++j) add_scores(j, scores.col(j).data());
}

// A row's score residual: its own event against the mean of those at risk, minus the same expected at every event time
// while it was at risk; one who leaves is at risk with weight 1 - l/d in D_l.
void PartialLikelihood::add_scores(Index column, double* scores) const {
  double const* const z = z_.col(column).data();
  std::int32_t const* const cluster = cluster_.data();
  double hazard_of_means = 0;
  for (std::size_t g = 0; g < rows_.size(); ++g) {
    auto const [first, left, end] = rows_[g];
    auto const time = static_cast<Index>(g);
    double const s1 = s1_(time, column), e1 = e1_(time, column);
    double const mean = (s1 * a0_[time] - e1 * a1_[time]) / static_cast<double>(left - first);
    hazard_of_means += s1 * b0_[time] - e1 * b1_[time];
    double const of_leavers = hazard_of_means - (s1 * b1_[time] - e1 * b2_[time]);
    for (Index i = first; i < left; ++i) scores[cluster[i]] += z[i] * (1 - expected_[i]) - mean + weight_[i] * of_leavers;
    for (Index i = left; i < end; ++i) scores[cluster[i]] += weight_[i] * hazard_of_means - z[i] * expected_[i];
  }
}

std::vector<double> PartialLikelihood::cumulative_hazard() const {
  std::vector<double> out;
  double hazard = 0;
  for (std::size_t g = 0; g < rows_.size(); ++g) out.push_back((hazard += a0_[static_cast<Index>(g)]) * std::exp(-shift_));
  return out;
}

}  // namespace bordin
