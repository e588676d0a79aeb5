#include "design/ratings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "scenario/tree.hpp"

namespace bordin {
namespace {

constexpr std::size_t goal = 0;
constexpr std::size_t task = 1;
constexpr std::size_t bond = 2;

struct Weights {
  double component = 0;
  double lasting = 0;
};

//! Weights of the component and of T* + C* + M* that give the mixture SD 1. Both have the loadings' correlations at every
//! level; the component's undisturbed SD is 1.
Weights standardising(RatingKind const& kind, AllianceParameters const& alliance) {
  auto const composite = composite_of(alliance.weights, alliance.loadings);
  auto const load = alliance.loadings.array();
  std::size_t const c = *kind.component;
  double with_composite = 0;
  for (std::size_t d = 0; d < components; ++d) with_composite += composite.weight[d] * (c == d ? 1.0 : load[c] * load[d]);
  double const lasting_sd = std::sqrt(1 - alliance.session_share);
  double const a = kind.part;
  double const b = lasting_sd > 0 ? 1 - kind.part : 0;
  double const sd = std::sqrt(a * a + b * b + 2 * a * b * lasting_sd * with_composite);
  return {.component = a / sd, .lasting = b > 0 ? b / (lasting_sd * sd) : 0};
}

}  // namespace

std::vector<RatingKind> const& rating_kinds() {
  static std::vector<RatingKind> const list{
      {"empathy", Purpose::empathy, 0.90, bond, 0.5, "rating of the therapist's empathy at session 3"},
      {"goal_consensus", Purpose::goal_consensus, 0.80, goal, 1, "rating of the agreement on goals at session 3"},
      {"collaboration", Purpose::collaboration, 0.90, task, 0.5, "rating of the collaboration at session 3"},
      {"expectation", Purpose::expectation_rating, 0.80, {}, 1, "rating at intake of the help that is expected"},
      {"credibility", Purpose::credibility, 0.80, {}, 1, "rating at intake of how credible the treatment is"},
  };
  return list;
}

RatingKind const& rating_called(std::string const& name) {
  auto const& all = rating_kinds();
  auto const found = std::find_if(all.begin(), all.end(), [&](RatingKind const& k) { return name == k.name; });
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  for (auto const& kind : all) names.emplace_back(kind.name);
  throw ScenarioError(
      {}, "design.ratings",
      fmt::format("has {}, which is no rating{}", in_quotes(shortened(name, 60)), did_you_mean(name, names)));
}

Ratings::Ratings(std::vector<std::string> const& names, AllianceParameters const& alliance, int sessions)
    : c_{.mean = static_cast<float>(composite_of(alliance.weights, alliance.loadings).shift * alliance.mean)} {
  for (auto const& name : names) {
    auto const& kind = rating_called(name);
    if (std::any_of(c_.chosen.begin(), c_.chosen.end(), [&](Chosen const& c) { return c.kind == &kind; }))
      throw ScenarioError({}, "design.ratings", fmt::format("has {} twice; name each once", in_quotes(name)));
    if (kind.component && sessions < 3) {
      throw ScenarioError({}, "design.ratings",
                          fmt::format("has {}, a rating of session 3, but design.sessions is {}; leave it out or plan 3 "
                                      "sessions or more",
                                      in_quotes(name), sessions));
    }
    auto const weights = kind.component ? standardising(kind, alliance) : Weights{};
    c_.chosen.push_back({.kind = &kind,
                         .component = static_cast<float>(weights.component),
                         .lasting = static_cast<float>(weights.lasting),
                         .true_part = static_cast<float>(std::sqrt(kind.reliability)),
                         .error_part = static_cast<float>(std::sqrt(1 - kind.reliability))});
  }
}

float Ratings::score(std::size_t k, Randomness const& random, ClientNumber who, RatedClient const& client) const {
  auto const& chosen = c_.chosen[k];
  float seen = client.expectation;
  if (chosen.kind->component)
    seen = chosen.component * (client.session_3[*chosen.kind->component] - c_.mean) + chosen.lasting * client.lasting;
  return chosen.true_part * seen + chosen.error_part * normals(random.of_client(who, chosen.kind->purpose))[0];
}

}  // namespace bordin
