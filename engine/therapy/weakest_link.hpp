#pragma once

#include "therapy/alliance.hpp"

namespace bordin {

//! The alliance as strong as its weakest component: B = -tau log mean_c exp(-z_c / tau) of the components, which have SD 1
//! while nothing disturbs them, less its undisturbed mean and over its undisturbed SD. tau = alliance.tolerance.
//! Mean and SD are those of normal components.
class WeakestLink {
 public:
  struct Constants {
    float tolerance = 0;
    float mean = 0, scale = 1;
  };

  WeakestLink(double tolerance, AllianceLoadings const& loadings);
  float operator()(std::array<float, components> const& component) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
