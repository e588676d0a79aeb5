#pragma once

#include <array>
#include <cstdint>

#include "core/random.hpp"
#include "scenario/fields.hpp"

namespace bordin {

//! How the effects of people are distributed. All shapes have mean 0 and SD 1.
enum class TraitShape : std::int8_t {
  normal,
  skewed,        //!< a shifted log-normal with a long tail to the low side, skewness -1
  heavy_tailed,  //!< sinh of a normal, kurtosis 6 (as Student's t with 6 degrees of freedom)
  two_kinds      //!< two normals, equally frequent, 3 of their SDs apart
};
Words const& trait_shape_words();

//! Gives independent standard normal numbers another shape. What is built from them as sums keeps its variances and
//! correlations; a sum is somewhat nearer to normal than its parts.
class TraitShaper {
 public:
  struct Constants {
    TraitShape shape = TraitShape::normal;
    float spread = 0;  //!< of the exponent, or distance of a kind from the middle
    float mean = 0;
    float scale = 1;  //!< 1 / SD
  };

  explicit TraitShaper(TraitShape shape);

  //! Of two_kinds only: the kinds need random bits beside the numbers.
  bool needs_lots() const { return c_.shape == TraitShape::two_kinds; }
  std::array<float, 4> operator()(std::array<float, 4> const& z, RandomBlock const& lots) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  float shaped(float z, std::uint32_t lot) const;

  Constants c_;
};

}  // namespace bordin
