#pragma once

#include <array>
#include <cstdint>

namespace bordin {

//! The WAI-SR item by item: every component of the alliance is asked for by four items with answers 1 (seldom) to 5
//! (always). What a rater sees of the component, x (SD 1), becomes
//!     item latent = loading x + sqrt(1 - loading^2) e,
//! and four thresholds, the same for all items, cut it into answers. They are skewed high, as clients' answers are.
//! `answered` and `loading` are chosen so that subscale alpha is .88 (published .81 to .91), the total's .93, an item's
//! mean 3.9 and the total's mean 1.48 SD below its maximum; all in closed form for the default loadings of the alliance's
//! components. Draws: 4 normals per component.
class OrdinalItems {
 public:
  static constexpr std::size_t per_component = 4;
  using Answers = std::array<std::int8_t, per_component>;
  static constexpr std::array<double, 5> answered{0.02, 0.07, 0.21, 0.39, 0.31};  //!< shares of 1..5, undisturbed
  static constexpr double loading = 0.85;

  struct Constants {
    float true_part = 0, error_part = 0;
    std::array<float, 4> thresholds{};
  };

  OrdinalItems();
  Answers answers(float perceived, std::array<float, per_component> const& error) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

//! The subscale's score.
float mean_answer(OrdinalItems::Answers const& answers);

}  // namespace bordin
