#include "design/ordinal_items.hpp"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace bordin {

OrdinalItems::OrdinalItems()
    : c_{.true_part = static_cast<float>(loading), .error_part = static_cast<float>(std::sqrt(1 - loading * loading))} {
  boost::math::normal_distribution<double> const normal;
  double below = 0;
  for (std::size_t k = 0; k < c_.thresholds.size(); ++k) {
    below += answered[k];
    c_.thresholds[k] = static_cast<float>(boost::math::quantile(normal, below));
  }
}

OrdinalItems::Answers OrdinalItems::answers(float perceived, std::array<float, per_component> const& error) const {
  Answers out{};
  for (std::size_t i = 0; i < per_component; ++i) {
    float const latent = c_.true_part * perceived + c_.error_part * error[i];
    int answer = 1;
    for (float const threshold : c_.thresholds) answer += latent >= threshold ? 1 : 0;
    out[i] = static_cast<std::int8_t>(answer);
  }
  return out;
}

float mean_answer(OrdinalItems::Answers const& answers) {
  int sum = 0;
  for (auto const answer : answers) sum += answer;
  return static_cast<float>(sum) / static_cast<float>(OrdinalItems::per_component);
}

}  // namespace bordin
