#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "scenario/fields.hpp"

namespace bordin {

inline constexpr std::size_t components = 3;  //!< goal, task, bond

//! One number per component of the alliance (Bordin 1979).
struct ByComponent {
  double goal = 0;
  double task = 0;
  double bond = 0;
  std::array<double, components> array() const { return {goal, task, bond}; }
};

//! How much weight a modality lays on each component.
struct AllianceWeights : ByComponent {
  AllianceWeights() : ByComponent{.goal = 0.40, .task = 0.45, .bond = 0.15} {}
  void describe(FieldVisitor& field);
};

//! How closely each component follows the factor all three share.
struct AllianceLoadings : ByComponent {
  AllianceLoadings() : ByComponent{.goal = 0.965, .task = 0.965, .bond = 0.71} {}
  void describe(FieldVisitor& field);
};

//! How the components act together on change: as their weighted sum, or as the weakest of them allows.
enum class AllianceRule : std::int8_t { sum, weakest_link };

//! Where the alliance is worse than a threshold no work is done, as if the client's chair were empty.
struct NecessaryAlliance {
  bool enabled = false;
  double threshold = -2;
  double dropout = 2;

  void describe(FieldVisitor& field);
};

//! The alliance and what it does to change. Each component is a sum of what the therapist, the client, the match of the
//! two and the session bring; the shares of variance add to 1 (the therapist's share is therapists.alliance_share).
struct AllianceParameters {
  std::optional<double> client_share;  // what the others leave
  double match_share = 0.05;
  double session_share = 0.165;
  double autocorrelation = 0.35;
  double mean = 0;
  double growth = 0;
  double lift = 0;
  double kappa = 0;
  double lag = 0;
  AllianceWeights weights;
  AllianceLoadings loadings;
  double effect = 0.368;
  std::optional<double> effect_therapist;
  std::optional<double> effect_client;
  std::optional<double> effect_match;
  std::optional<double> effect_session;
  double causal_fraction = 0.5;
  AllianceRule rule = AllianceRule::sum;
  double tolerance = 0.25;
  NecessaryAlliance necessary;

  void describe(FieldVisitor& field);

 private:
  void describe_course(FieldVisitor& field);
  void describe_effects(FieldVisitor& field);
};

//! What follows from weights and loadings: a component is `shift` higher when the composite is 1 higher for a common
//! cause, and the composite is the sum of components times `weight`.
struct Composite {
  std::array<double, components> weight{};  //!< omega / norm
  double shift = 1;                         //!< norm / sum(omega)
};

//! norm = SD of the undisturbed weighted sum, so that the undisturbed composite has SD 1 whatever the weights.
Composite composite_of(AllianceWeights const& weights, AllianceLoadings const& loadings);

}  // namespace bordin
