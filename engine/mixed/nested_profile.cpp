#include "mixed/nested_profile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <numbers>

#include "mixed/nested_kernel.hpp"

namespace bordin {
namespace {

constexpr std::align_val_t cache_line{64};

constexpr int triangle(int n) {
  return n * (n + 1) / 2;
}

std::size_t as_size(int n) {
  return static_cast<std::size_t>(n);
}

// Differences of exact gradients: rounding and curvature spoil about as many digits.
double difference_step(double theta) {
  return 1e-7 * std::max(std::abs(theta), 0.05);
}

// What the recursion takes, in numbers per lane; see nested_recursion.hpp.
std::size_t room_numbers(NestedTask const& task) {
  auto const q = as_size(task.effects), r = as_size(task.columns), all = r + as_size(task.shaped);
  auto const patterns = as_size(task.patterns), parents = as_size(task.nodes + task.classes), depth = as_size(task.depth);
  return depth * q * q + patterns * 2 * q * q + parents * (3 * q * q + 2 * q * r) + r * r + all * all +  // forward
         2 * all * all + patterns * 2 * q * q + parents * (q * q + q * r) + q * r + depth * q * q + 64;
}

}  // namespace

void AlignedRoom::Free::operator()(void* room) const {
  ::operator delete(room, cache_line);
}

void* AlignedRoom::of(std::size_t bytes) {
  if (bytes > bytes_) {
    room_.reset();
    room_.reset(::operator new(bytes, cache_line));
    bytes_ = bytes;
  }
  return room_.get();
}

void NestedProfile::assign(NestedSums const& sums, CovarianceStructure& structure, double degrees, bool reml,
                           double constant) {
  sums_ = &sums;
  structure_ = &structure;
  kernel_ = &nested_kernel_in_use();
  last_.resize(0);
  degrees_ = degrees;
  task_ = sums.task();
  task_.rows = static_cast<int>(degrees);
  task_.reml = reml;
  constant_ = constant + degrees * (1 + std::log(2 * std::numbers::pi / degrees));
  auto const p = coefficients();
  auto const packed = as_size(structure.packed_size());
  for (auto* values : {&lane_covariance_, &lane_slope_}) values->resize(packed);
  for (auto* values : {&covariance_, &slope_, &packed_}) values->resize(packed);
  determinants_.resize(as_size(task_.patterns + task_.nodes));
  pivots_.resize(as_size(p + 1));
  inverse_.resize(as_size(triangle(p)));
  coefficients_.resize(as_size(p));
  inverse_slope_.resize(as_size(structure.parameters() * triangle(p)));
  task_.covariance = lane_covariance_.data();
  task_.determinants = determinants_.data();
  task_.pivots = pivots_.data();
  task_.inverse = inverse_.data();
  task_.coefficients = coefficients_.data();
  task_.slope = lane_slope_.data();
  task_.room = room_.of(room_numbers(task_) * sizeof(LaneValues));
}

void NestedProfile::set_lane(int lane, double const* packed) {
  for (std::size_t k = 0; k < lane_covariance_.size(); ++k) lane_covariance_[k].at[lane] = packed[k];
}

double NestedProfile::value() const {
  double sum = constant_ + degrees_ * std::log(rho_);
  for (int k = 0; k < task_.patterns; ++k) sum += task_.pattern_groups[k] * std::log(determinants_[as_size(k)].at[0]);
  for (int i = 0; i < task_.nodes; ++i) sum += std::log(determinants_[as_size(task_.patterns + i)].at[0]);
  for (int i = 0; task_.reml && i < coefficients(); ++i) sum += std::log(pivots_[as_size(i)].at[0]);
  return sum;
}

bool NestedProfile::rewrite(Parameters& theta) {
  if (!structure_->wants_other_order(covariance_.data())) return false;
  last_.resize(0);
  theta = structure_->factorised(covariance_.data(), false);
  return true;
}

void NestedProfile::take_for(Parameters const& theta) {
  last_ = theta;
  structure_->covariance(theta, covariance_.data());
}

bool NestedProfile::evaluate(Parameters const& theta, CriterionAt& out) {
  last_ = theta;
  structure_->covariance(theta, covariance_.data());
  int const parameters = structure_->parameters();
  out.curvature.resize(parameters, parameters);
  log_rho_slope_.resize(parameters);
  int first = 0;
  do {
    int const count = std::min(parameters - first, nested_lanes - 1);
    evaluate_lanes(theta, first, count, out);
    first += count;
  } while (first < parameters);
  out.curvature = (out.curvature + out.curvature.transpose()).eval() / 2;
  out.value = value();
  return std::isfinite(out.value) && rho_ > 0;
}

// Lane 0 is at theta, the others a small step along one parameter each.
void NestedProfile::evaluate_lanes(Parameters const& theta, int first, int count, CriterionAt& out) {
  for (int lane = 0; lane < nested_lanes; ++lane) {
    if (lane == 0 || lane > count) {
      set_lane(lane, covariance_.data());
      continue;
    }
    Parameters moved = theta;
    moved[first + lane - 1] += difference_step(theta[first + lane - 1]);
    structure_->covariance(moved, packed_.data());
    set_lane(lane, packed_.data());
  }
  kernel_->evaluate(task_);

  rho_ = pivots_.back().at[0];
  for (std::size_t k = 0; k < slope_.size(); ++k) slope_[k] = lane_slope_[k].at[0];
  structure_->gradient(theta, slope_.data(), out.gradient);
  for (int lane = 1; lane <= count; ++lane) {
    int const parameter = first + lane - 1;
    Parameters moved = theta;
    moved[parameter] += difference_step(theta[parameter]);
    double const step = moved[parameter] - theta[parameter];
    for (std::size_t k = 0; k < packed_.size(); ++k) packed_[k] = lane_slope_[k].at[lane];
    Parameters gradient;
    structure_->gradient(moved, packed_.data(), gradient);
    out.curvature.col(parameter) = (gradient - out.gradient) / step;
    log_rho_slope_[parameter] = (pivots_.back().at[lane] - rho_) / (step * rho_);
    for (std::size_t k = 0; k < inverse_.size(); ++k)
      inverse_slope_[as_size(parameter) * inverse_.size() + k] = (inverse_[k].at[lane] - inverse_[k].at[0]) / step;
  }
}

double NestedProfile::inverse(int i, int j) const {
  auto const [low, high] = std::minmax(i, j);
  int const p = coefficients();
  return inverse_[as_size(low * p - low * (low - 1) / 2 + high - low)].at[0];
}

double NestedProfile::inverse_slope(int parameter, int i, int j) const {
  auto const [low, high] = std::minmax(i, j);
  int const p = coefficients();
  return inverse_slope_[as_size(parameter) * inverse_.size() + as_size(low * p - low * (low - 1) / 2 + high - low)];
}

}  // namespace bordin
