#include "mixed/nested_derivatives.hpp"

#include <algorithm>

#include "mixed/nested_kernel.hpp"

namespace bordin {
namespace {

std::size_t as_size(int n) {
  return static_cast<std::size_t>(n);
}

constexpr int triangle(int n) {
  return n * (n + 1) / 2;
}

// What the recursion takes forwards, see nested_recursion.hpp; every number is a series of three.
std::size_t room_numbers(NestedTask const& task) {
  auto const q = as_size(task.effects), r = as_size(task.columns), all = r + as_size(task.shaped);
  auto const patterns = as_size(task.patterns), parents = as_size(task.nodes + task.classes), depth = as_size(task.depth);
  return 3 * (depth * q * q + patterns * 2 * q * q + parents * (3 * q * q + 2 * q * r) + r * r + all * all + 64);
}

}  // namespace

VarianceDerivatives const& NestedDerivatives::evaluate(NestedProfile const& profile, CovarianceStructure const& structure) {
  find_places(structure);
  make_room(profile.task(), profile);
  auto const parameters = static_cast<int>(places_.size());
  int const p = profile.coefficients();
  derivatives_.resize(parameters + 1, p);
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) derivatives_.covariance(i, j) = profile.inverse(i, j);
  expand_pairs();
  phi_.resize(parameters);
  for (int i = 0; i < parameters; ++i) phi_[i] = profile.covariance()[places_[as_size(i)]];
  derivatives_.add_residual_variance(phi_, task_.rows + (task_.reml ? p : 0));
  return derivatives_;
}

void NestedDerivatives::find_places(CovarianceStructure const& structure) {
  places_.clear();
  pairs_.clear();
  packed_.resize(as_size(structure.packed_size()));
  for (std::size_t b = 0; b < structure.blocks().size(); ++b) {
    auto const size = static_cast<int>(structure.order(b).size());
    for (int j = 0; j < size; ++j)
      for (int i = j; i < size; ++i) {
        std::fill(packed_.begin(), packed_.end(), 0.0);
        Effects entry = Effects::Zero(size, size);
        entry(i, j) = 1;
        structure.add_to(packed_.data(), b, entry);
        places_.push_back(static_cast<std::size_t>(std::find(packed_.begin(), packed_.end(), 1.0) - packed_.begin()));
      }
  }
  auto const parameters = static_cast<int>(places_.size());
  for (int i = 0; i < parameters; ++i) pairs_.emplace_back(i, i);  // first: the others take them off
  for (int i = 0; i < parameters; ++i)
    for (int j = 0; j < i; ++j) pairs_.emplace_back(i, j);
}

void NestedDerivatives::make_room(NestedTask const& from, NestedProfile const& profile) {
  task_ = from;
  covariance_.resize(packed_.size());
  for (std::size_t k = 0; k < packed_.size(); ++k) std::fill_n(covariance_[k].at, nested_lanes, profile.covariance()[k]);
  direction_.resize(packed_.size());
  log_determinant_.resize(2);
  cross_products_.resize(as_size(2 * triangle(task_.shaped + task_.columns)));
  task_.covariance = covariance_.data();
  task_.room = room_.of(room_numbers(task_) * sizeof(LaneValues));
}

// A line along each parameter, and one between each two.
void NestedDerivatives::expand_pairs() {
  auto const& kernel = nested_kernel_in_use();
  NestedSeries const series{direction_.data(), log_determinant_.data(), cross_products_.data()};
  for (std::size_t first = 0; first < pairs_.size(); first += nested_lanes) {
    auto const count = std::min<std::size_t>(nested_lanes, pairs_.size() - first);
    std::fill(direction_.begin(), direction_.end(), LaneValues{});
    for (std::size_t lane = 0; lane < count; ++lane) {
      auto const [i, j] = pairs_[first + lane];
      direction_[places_[as_size(i)]].at[lane] = direction_[places_[as_size(j)]].at[lane] = 1;
    }
    kernel.expand(task_, series);
    for (std::size_t lane = 0; lane < count; ++lane)
      read_pair(static_cast<int>(lane), pairs_[first + lane].first, pairs_[first + lane].second);
  }
}

void NestedDerivatives::read_pair(int lane, int i, int j) {
  auto& d = derivatives_;
  auto& second = d.second[VarianceDerivatives::pair(i, j)];
  int const p = task_.shaped + task_.columns - 1, products = triangle(p + 1);
  bool const one = i == j;
  // Half of the second derivative along a line; between two parameters it has theirs and what belongs to both.
  auto const fill = [&](int x, int y, double curvature) {
    if (one)
      second(x, y) = second(y, x) = 2 * curvature;
    else
      second(x, y) = second(y, x) =
          curvature -
          (d.second[VarianceDerivatives::pair(i, i)](x, y) + d.second[VarianceDerivatives::pair(j, j)](x, y)) / 2;
  };
  for (int x = 0, k = 0; x < p; ++x, ++k)  // skips y's column at the end of each row
    for (int y = x; y < p; ++y, ++k) {
      if (one) d.first[as_size(i)](x, y) = d.first[as_size(i)](y, x) = cross_products_[as_size(k)].at[lane];
      fill(x, y, cross_products_[as_size(products + k)].at[lane]);
    }
  auto& determinant = d.log_determinant_second;
  double const curvature = log_determinant_[1].at[lane];
  if (one) d.log_determinant_first[i] = log_determinant_[0].at[lane];
  determinant(i, j) = determinant(j, i) = one ? 2 * curvature : curvature - (determinant(i, i) + determinant(j, j)) / 2;
}

}  // namespace bordin
