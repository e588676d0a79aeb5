#include "therapy/weakest_link.hpp"

#include <algorithm>
#include <cmath>

#include "core/float32.hpp"
#include "therapy/correlation.hpp"

namespace bordin {
namespace {

double soft_minimum(Eigen::Vector3d const& z, double tolerance) {
  double const least = z.minCoeff();
  return least - tolerance * std::log((-(z.array() - least) / tolerance).exp().mean());
}

struct MeanAndSd {
  double mean, sd;
};

//! Of the soft minimum of three correlated normal numbers, by the trapezoidal rule: exact to many digits while the minimum
//! is soft, to 0.002 at the smallest tolerance.
MeanAndSd undisturbed(double tolerance, AllianceLoadings const& loadings) {
  constexpr int points = 49;  // from -6 to 6 in each direction
  auto const at = [](int point) { return -6 + 0.25 * point; };
  Eigen::Matrix3d const factor =
      lower_factor(component_correlations(loadings), "alliance.loadings", "the correlations of the components");
  double weight = 0, sum = 0, squares = 0;
  for (int i = 0; i < points * points * points; ++i) {
    Eigen::Vector3d const z = Eigen::Vector3d(at(i % points), at(i / points % points), at(i / points / points));
    double const density = std::exp(-z.squaredNorm() / 2);
    double const b = soft_minimum(factor * z, tolerance);
    weight += density;
    sum += density * b;
    squares += density * b * b;
  }
  double const mean = sum / weight;
  return {.mean = mean, .sd = std::sqrt(squares / weight - mean * mean)};
}

}  // namespace

WeakestLink::WeakestLink(double tolerance, AllianceLoadings const& loadings)
    : c_{.tolerance = static_cast<float>(tolerance)} {
  auto const [mean, sd] = undisturbed(tolerance, loadings);
  c_.mean = static_cast<float>(mean);
  c_.scale = static_cast<float>(1 / sd);
}

float WeakestLink::operator()(std::array<float, components> const& z) const {
  float const least = std::min(std::min(z[0], z[1]), z[2]);
  float sum = 0;
  for (float const component : z) sum += float32::exp((least - component) / c_.tolerance);
  float const b = least - c_.tolerance * float32::log(sum / 3.0F);
  return (b - c_.mean) * c_.scale;
}

}  // namespace bordin
