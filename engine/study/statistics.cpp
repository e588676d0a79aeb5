#include "study/statistics.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace bordin {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

double partial(double xy, double xz, double yz) {
  return (xy - xz * yz) / std::sqrt((1 - xz * xz) * (1 - yz * yz));
}

bool is_complete(std::vector<Numbers> const& predictors, Numbers const& y, std::size_t row) {
  return !std::isnan(y[row]) &&
         std::none_of(predictors.begin(), predictors.end(), [row](Numbers const& x) { return std::isnan(x[row]); });
}

//! Nodes of the standard normal distribution: the trapezoid rule, which is exact to rounding for what is smooth.
struct NormalNodes {
  static constexpr std::size_t count = 161;
  std::array<double, count> z{}, weight{};
  NormalNodes() {
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      z[k] = (static_cast<double>(k) - (count - 1) / 2.0) / 10;
      weight[k] = std::exp(-z[k] * z[k] / 2);
      sum += weight[k];
    }
    for (double& w : weight) w /= sum;
  }
};

struct LogitNormal {
  double mean = 0;
  double variance = 0;
};

LogitNormal logit_normal(double mu, double sigma) {
  static NormalNodes const nodes;
  double first = 0, second = 0;
  for (std::size_t k = 0; k < NormalNodes::count; ++k) {
    double const p = 1 / (1 + std::exp(-mu - sigma * nodes.z[k]));
    first += nodes.weight[k] * p;
    second += nodes.weight[k] * p * p;
  }
  return {.mean = first, .variance = second - first * first};
}

//! The argument at which an increasing function becomes positive.
template <class Function>
double root(double low, double high, Function const& function) {
  constexpr int halvings = 60;
  for (int k = 0; k < halvings; ++k) {
    double const middle = (low + high) / 2;
    (function(middle) < 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

constexpr double widest_logit = 40;

//! Variance of the inverse logit of N(mu, sigma^2) where mu gives it this mean.
double variance_at(double mean, double sigma) {
  double const mu = root(-widest_logit, widest_logit, [&](double m) { return logit_normal(m, sigma).mean - mean; });
  return logit_normal(mu, sigma).variance;
}

Moments moments_of(Numbers const& values) {
  Moments out;
  for (double const v : values)
    if (!std::isnan(v)) out.add(v);
  return out;
}

Numbers known_sorted(Numbers values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  std::sort(values.begin(), values.end());
  return values;
}

Numbers without_person_means(Numbers const& values, Groups const& person) {
  Numbers out(values.size());
  for (std::size_t begin = 0, end = 0; begin < values.size(); begin = end) {
    Moments own;
    for (end = begin; end < values.size() && person[end] == person[begin]; ++end)
      if (!std::isnan(values[end])) own.add(values[end]);
    for (std::size_t i = begin; i < end; ++i) out[i] = values[i] - own.mean();
  }
  return out;
}

}  // namespace

PairMoments pair_moments(Numbers const& x, Numbers const& y) {
  PairMoments moments;
  for (std::size_t i = 0; i < x.size(); ++i) moments.add(x[i], y[i]);
  return moments;
}

double correlation(Numbers const& x, Numbers const& y) {
  return pair_moments(x, y).correlation();
}

double partial_correlation(Numbers const& x, Numbers const& y, Numbers const& given) {
  PairMoments xy, xz, yz;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i] + y[i] + given[i])) continue;
    xy.add(x[i], y[i]);
    xz.add(x[i], given[i]);
    yz.add(y[i], given[i]);
  }
  return partial(xy.correlation(), xz.correlation(), yz.correlation());
}

double joint_r_squared(std::vector<Numbers> const& predictors, Numbers const& y) {
  auto const p = static_cast<Eigen::Index>(predictors.size());
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(p + 1), row(p + 1);
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(p + 1, p + 1);
  double n = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!is_complete(predictors, y, i)) continue;
    for (Eigen::Index k = 0; k < p; ++k) row[k] = predictors[static_cast<std::size_t>(k)][i];
    row[p] = y[i];
    ++n;
    Eigen::VectorXd const step = row - mean;
    mean += step / n;
    products += step * (row - mean).transpose();
  }
  Eigen::VectorXd const with_y = products.col(p).head(p);
  return with_y.dot(products.topLeftCorner(p, p).ldlt().solve(with_y)) / products(p, p);
}

Numbers residuals(Numbers const& y, Numbers const& x) {
  auto const line = pair_moments(x, y);
  Numbers out(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) out[i] = y[i] - line.y().mean() - line.slope() * (x[i] - line.x().mean());
  return out;
}

double standardised_difference(Numbers const& a, Numbers const& b) {
  auto const first = moments_of(a), second = moments_of(b);
  auto const n = static_cast<double>(first.count()), m = static_cast<double>(second.count());
  double const pooled = ((n - 1) * first.variance() + (m - 1) * second.variance()) / (n + m - 2);
  return (first.mean() - second.mean()) / std::sqrt(pooled);
}

OneWayLayout one_way_layout(Numbers const& values, Groups const& group) {
  if (values.empty()) return {.mean = missing, .between = missing, .within = missing};
  std::vector<Moments> groups(static_cast<std::size_t>(*std::max_element(group.begin(), group.end())) + 1);
  Moments all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    groups[static_cast<std::size_t>(group[i])].add(values[i]);
    all.add(values[i]);
  }
  auto const n = static_cast<double>(all.count());
  double between = 0, within = 0, squared_sizes = 0, used = 0;
  for (auto const& own : groups) {
    if (own.count() == 0) continue;
    auto const size = static_cast<double>(own.count());
    double const step = own.mean() - all.mean();
    ++used;
    squared_sizes += size * size;
    between += size * step * step;
    if (own.count() > 1) within += (size - 1) * own.variance();
  }
  double const within_mean_square = within / (n - used);
  double const typical_size = (n - squared_sizes / n) / (used - 1);  // n0
  return {.mean = all.mean(),
          .between = (between / (used - 1) - within_mean_square) / typical_size,
          .within = within_mean_square};
}

double anova_icc(Numbers const& values, Groups const& group) {
  auto const layout = one_way_layout(values, group);
  return layout.between / (layout.between + layout.within);
}

CorrelationParts correlation_parts(Numbers const& x, Numbers const& y, Groups const& group) {
  Numbers a = x, b = y, sum(x.size()), difference(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i] + y[i])) a[i] = b[i] = missing;
    sum[i] = a[i] + b[i];
    difference[i] = a[i] - b[i];
  }
  auto const of_a = one_way_layout(a, group), of_b = one_way_layout(b, group);
  auto const of_sum = one_way_layout(sum, group), of_difference = one_way_layout(difference, group);
  return {.between = (of_sum.between - of_difference.between) / 4 / std::sqrt(of_a.between * of_b.between),
          .within = (of_sum.within - of_difference.within) / 4 / std::sqrt(of_a.within * of_b.within)};
}

//! How much of the outer groups' variance the variance between inner groups has: a little less than all.
double share_between(std::vector<Moments> const& inner, Groups const& outer_of_inner) {
  std::vector<double> outer(static_cast<std::size_t>(*std::max_element(outer_of_inner.begin(), outer_of_inner.end())) + 1);
  double n = 0, squares_of_inner = 0, squares_of_outer = 0;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    auto const size = static_cast<double>(inner[i].count());
    outer[static_cast<std::size_t>(outer_of_inner[i])] += size;
    n += size;
    squares_of_inner += size * size;
  }
  for (double const size : outer) squares_of_outer += size * size;
  return (n * n - squares_of_outer) / (n * n - squares_of_inner);
}

NestedLayout nested_layout(Numbers const& values, Groups const& inner, Groups const& outer_of_inner) {
  auto const both = one_way_layout(values, inner);
  std::vector<Moments> groups(outer_of_inner.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) groups[static_cast<std::size_t>(inner[i])].add(values[i]);
  Numbers means;
  for (auto const& own : groups) means.push_back(own.count() == 0 ? missing : own.mean());
  double const outer = one_way_layout(means, outer_of_inner).between;
  return {.outer = outer, .inner = both.between - outer * share_between(groups, outer_of_inner), .within = both.within};
}

double spearman_brown(double reliability, double times) {
  return times * reliability / (1 + (times - 1) * reliability);
}

double logit_normal_sd(double mean, double variance) {
  constexpr double largest_sd = 20;
  if (std::isnan(mean) || std::isnan(variance)) return missing;
  if (variance <= 0) return 0;
  return root(0, largest_sd, [&](double sigma) { return variance_at(mean, sigma) - variance; });
}

double latent_sd(Numbers const& yes, Groups const& group) {
  auto const layout = one_way_layout(yes, group);
  return logit_normal_sd(layout.mean, layout.between);
}

LaggedEffects lagged_effects(Numbers const& x, Numbers const& y, Groups const& person) {
  auto const x_now = without_person_means(x, person);
  auto const y_now = without_person_means(y, person);
  PairMoments next_x, next_y, xy;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    if (person[i] != person[i + 1] || std::isnan(x_now[i] + y_now[i] + y_now[i + 1])) continue;
    next_x.add(x_now[i], y_now[i + 1]);
    next_y.add(y_now[i], y_now[i + 1]);
    xy.add(x_now[i], y_now[i]);
  }
  double const r_x = next_x.correlation(), r_y = next_y.correlation(), r_xy = xy.correlation();
  return {.cross = (r_x - r_y * r_xy) / (1 - r_xy * r_xy), .own = (r_y - r_x * r_xy) / (1 - r_xy * r_xy)};
}

double probability_above(Numbers const& a, Numbers const& b) {
  auto const sorted = known_sorted(b);
  double above = 0, known = 0;
  for (double const v : a) {
    if (std::isnan(v)) continue;
    auto const [first, last] = std::equal_range(sorted.begin(), sorted.end(), v);
    above += static_cast<double>(first - sorted.begin()) + static_cast<double>(last - first) / 2;
    ++known;
  }
  return above / (known * static_cast<double>(sorted.size()));
}

double mean(Numbers const& values) {
  return moments_of(values).mean();
}

}  // namespace bordin
