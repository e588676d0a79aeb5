#include "analysis/partial_likelihood.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

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
  sums_.resize(times);
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
  sums_.reserve(static_cast<std::size_t>(rows));
  cluster_.reserve(static_cast<std::size_t>(rows));
  for (auto* matrix : {&z_, &s1_, &e1_}) matrix->resize(rows, columns);
  for (auto* vector : {&eta_, &weight_, &expected_, &product_, &of_risk_, &of_leavers_}) vector->resize(rows);
  gradient_.resize(columns);
  information_.resize(columns, columns);
}

void PartialLikelihood::evaluate(VectorXd const& a) {
  set_predictor(a);
  set_weights();
  sum_weights();
  double const events = static_cast<double>(sets_->events());
  value_ = events_of_z_.dot(a) - events * shift_ - sum_log_denominators();
  Index j = 0;
  for (; j + 3 <= z_.cols(); j += 3) sum_columns<3>(j);
  for (; j < z_.cols(); ++j) sum_columns<1>(j);
  set_expected();
  set_derivatives();
}

void PartialLikelihood::set_predictor(VectorXd const& a) {
  auto eta = eta_.head(count_);
  eta.setZero();
  for (Index j = 0; j < z_.cols(); ++j) eta += a[j] * z_.col(j).head(count_);
}

void PartialLikelihood::set_weights() {
  shift_ = eta_.head(count_).maxCoeff();
  for (Index i = 0; i < count_; ++i) weight_[i] = std::exp(eta_[i] - shift_);
}

void PartialLikelihood::sum_weights() {
  double s0 = 0;
  for (std::size_t g = rows_.size(); g-- > 0;) {
    auto const [first, left, end] = rows_[g];
    double e0 = 0;
    for (Index i = first; i < left; ++i) e0 += weight_[i];
    for (Index i = left; i < end; ++i) s0 += weight_[i];
    s0 += e0;
    sums_[g].s0 = s0;
    sums_[g].e0 = e0;
  }
}

// Fills the rest of `sums_`.
double PartialLikelihood::sum_log_denominators() {
  LogSum logs;
  for (std::size_t g = 0; g < rows_.size(); ++g) {
    auto& s = sums_[g];
    Index const events = rows_[g].left - rows_[g].first;
    if (events == 1) {
      s.a0 = 1 / s.s0;
      s.b0 = s.a0 * s.a0;
      s.a1 = s.b1 = s.b2 = 0;
      logs.add(s.s0);
      continue;
    }
    s.a0 = s.a1 = s.b0 = s.b1 = s.b2 = 0;
    double const part = 1 / static_cast<double>(events);
    for (Index l = 0; l < events; ++l) {
      double const share = static_cast<double>(l) * part;
      double const denominator = s.s0 - share * s.e0;
      logs.add(denominator);
      double const inverse = 1 / denominator;
      double const square = inverse * inverse;
      s.a0 += inverse;
      s.a1 += share * inverse;
      s.b0 += square;
      s.b1 += share * square;
      s.b2 += share * share * square;
    }
  }
  return logs.total();
}

// Columns side by side: the additions of one wait for each other, those of several do not.
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
  for (std::size_t g = rows_.size(); g-- > 0;) {
    auto const [first, left, end] = rows_[g];
    std::array<double, count> e1{};
    for (Index i = first; i < left; ++i)
      for (std::size_t k = 0; k < count; ++k) e1[k] += w[i] * z[k][i];
    for (Index i = left; i < end; ++i)
      for (std::size_t k = 0; k < count; ++k) s1[k] += w[i] * z[k][i];
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
    hazard += sums_[g].a0;
    double const of_leavers = hazard - sums_[g].a1;
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
    product = expected_.head(count_).cwiseProduct(z_.col(j).head(count_));
    gradient_[j] = events_of_z_[j] - product.sum();
    weigh_means(j);
    for (Index k = 0; k <= j; ++k) {
      double means = of_risk_.head(times).dot(s1_.col(k).head(times));
      if (tied_) means += of_leavers_.head(times).dot(e1_.col(k).head(times));
      information_(j, k) = information_(k, j) = product.dot(z_.col(k).head(count_)) - means;
    }
  }
}

// What the s1 and e1 of another column are multiplied with in the sum of m m'.
void PartialLikelihood::weigh_means(Index column) {
  double const* const s1 = s1_.col(column).data();
  double const* const e1 = e1_.col(column).data();
  for (std::size_t g = 0; !tied_ && g < rows_.size(); ++g) of_risk_[static_cast<Index>(g)] = sums_[g].b0 * s1[g];
  for (std::size_t g = 0; tied_ && g < rows_.size(); ++g) {
    auto const at = static_cast<Index>(g);
    auto const& sum = sums_[g];
    of_risk_[at] = sum.b0 * s1[g] - sum.b1 * e1[g];
    of_leavers_[at] = sum.b2 * e1[g] - sum.b1 * s1[g];
  }
}

double PartialLikelihood::spread(VectorXd const& direction) {
  auto along = product_.head(count_);
  along.setZero();
  for (Index j = 0; j < z_.cols(); ++j) along += direction[j] * z_.col(j).head(count_);
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
    auto const& sum = sums_[g];
    double const s1 = s1_(static_cast<Index>(g), column);
    double const e1 = e1_(static_cast<Index>(g), column);
    double const mean = (s1 * sum.a0 - e1 * sum.a1) / static_cast<double>(left - first);
    hazard_of_means += s1 * sum.b0 - e1 * sum.b1;
    double const of_leavers = hazard_of_means - (s1 * sum.b1 - e1 * sum.b2);
    for (Index i = first; i < left; ++i) scores[cluster[i]] += z[i] * (1 - expected_[i]) - mean + weight_[i] * of_leavers;
    for (Index i = left; i < end; ++i) scores[cluster[i]] += weight_[i] * hazard_of_means - z[i] * expected_[i];
  }
}

std::vector<double> PartialLikelihood::cumulative_hazard() const {
  std::vector<double> out;
  double hazard = 0;
  for (auto const& sum : sums_) out.push_back((hazard += sum.a0) * std::exp(-shift_));
  return out;
}

}  // namespace bordin
