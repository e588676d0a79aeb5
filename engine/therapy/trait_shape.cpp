#include "therapy/trait_shape.hpp"

#include <cmath>

namespace bordin {
namespace {

constexpr double log_normal_sd = 0.31426;  // of the logarithm: skewness (e^v + 2) sqrt(e^v - 1) = 1.00 with v its square
constexpr double sinh_spread = 0.62095;    // b of sinh(b z): kurtosis 6.0
constexpr double kind_distance = 1.5;      // of a kind from the middle, in SDs within a kind

}  // namespace

Words const& trait_shape_words() {
  static Words const words{"normal", "skewed", "heavy-tailed", "two kinds"};
  return words;
}

TraitShaper::TraitShaper(TraitShape shape) : c_{.shape = shape} {
  if (shape == TraitShape::skewed) {
    double const variance = log_normal_sd * log_normal_sd;
    double const mean = std::exp(variance / 2);
    c_.spread = static_cast<float>(log_normal_sd);
    c_.mean = static_cast<float>(mean);
    c_.scale = static_cast<float>(1 / (mean * std::sqrt(std::expm1(variance))));
  } else if (shape == TraitShape::heavy_tailed) {
    c_.spread = static_cast<float>(sinh_spread);
    c_.scale = static_cast<float>(1 / std::sqrt(std::expm1(2 * sinh_spread * sinh_spread) / 2));
  } else if (shape == TraitShape::two_kinds) {
    c_.spread = static_cast<float>(kind_distance);
    c_.scale = static_cast<float>(1 / std::sqrt(1 + kind_distance * kind_distance));
  }
}

float TraitShaper::shaped(float z, std::uint32_t lot) const {
  switch (c_.shape) {
    case TraitShape::normal:
      return z;
    case TraitShape::skewed:
      return c_.scale * (c_.mean - float32::exp(-c_.spread * z));
    case TraitShape::heavy_tailed:
      return c_.scale * (0.5F * (float32::exp(c_.spread * z) - float32::exp(-c_.spread * z)));
    case TraitShape::two_kinds:
      return c_.scale * (z + ((lot >> 31) != 0 ? c_.spread : -c_.spread));
  }
  return z;
}

std::array<float, 4> TraitShaper::operator()(std::array<float, 4> const& z, RandomBlock const& lots) const {
  std::array<float, 4> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = shaped(z[i], lots[i]);
  return out;
}

}  // namespace bordin
