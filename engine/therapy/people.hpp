#pragma once

#include <array>

#include "scenario/fields.hpp"
#include "therapy/alliance.hpp"
#include "therapy/randomness.hpp"

namespace bordin {

//! How therapists differ. Correlations are with the composite of what they bring to the alliance (their ability).
struct TherapistParameters {
  double alliance_share = 0.09;
  double direct_sd = 0.30;
  double retention_sd = 0.49;
  double severity_sd = 0;
  double ability_direct_correlation = 0;
  double ability_retention_correlation = 0;
  double direct_retention_correlation = 0;

  void describe(FieldVisitor& field);
};

//! How clients differ. Correlations are with the composite of what they bring to the alliance.
struct ClientParameters {
  double change_sd = 0.96;
  double alliance_severity_correlation = 0;
  double alliance_expectation_correlation = 0;
  double severity_expectation_correlation = 0;
  double severity_change_correlation = 0;
  double expectation_change_correlation = 0;

  void describe(FieldVisitor& field);
};

using ComponentsF = std::array<float, components>;

struct TherapistTraits {
  ComponentsF alliance{};  //!< T_c, what the therapist brings to each component [SD of alliance]
  float ability = 0;       //!< T*, the composite of these
  float direct = 0;        //!< O, effect on change that does not pass through the alliance [SD of symptoms]
  float retention = 0;     //!< Q, lowers the logit of dropout
  float severity = 0;      //!< v0, by how much this therapist's clients come more severe [SD of symptoms]
};

struct ClientTraits {
  ComponentsF alliance{};  //!< C_c, what the client brings to each component [SD of alliance]
  float prospects = 0;     //!< C*, the composite of these
  float severity = 0;      //!< X, lasting part of the intake score [SD of symptoms]
  float expectation = 0;   //!< E [SD]
  float change = 0;        //!< G, change beyond the mean [SD of symptoms over the course]
};

struct Match {
  ComponentsF alliance{};  //!< M_c [SD of alliance]
  float composite = 0;     //!< M*
};

//! Draws people. Every trait is float32 arithmetic on the random numbers of that person alone.
class People {
 public:
  //! Throws ScenarioError when shares or correlations are impossible. `fluctuation_share` is symptoms.fluctuation_share.
  People(TherapistParameters const& therapists, ClientParameters const& clients, AllianceParameters const& alliance,
         double fluctuation_share);

  TherapistTraits therapist(Randomness const& random, TherapistNumber who) const;
  ClientTraits client(Randomness const& random, ClientNumber who) const;
  Match match(Randomness const& random, ClientNumber who, TherapistNumber met) const;

 private:
  static constexpr std::size_t traits = 4;
  using Factor = std::array<std::array<float, traits>, traits>;
  struct Drawn {
    ComponentsF part;  // components with SD 1
    float composite;   // with SD 1
  };
  static Factor factor_of(std::array<std::array<double, traits>, traits> const& correlations, std::string const& key);
  Drawn components_from(RandomBlock const& block) const;
  std::array<float, traits> correlated(float first, std::array<float, 4> const& z, Factor const& factor) const;

  ComponentsF loading_{};
  ComponentsF unique_{};  // sqrt(1 - loading^2)
  ComponentsF weight_{};
  float therapist_sd_, client_sd_, match_sd_;
  float direct_sd_, retention_sd_, therapist_severity_sd_;
  float severity_sd_, change_sd_;
  Factor therapist_factor_{};
  Factor client_factor_{};
};

//! The client's share of the alliance, 1 minus the others. Throws ScenarioError when they exceed 1 or a stated share
//! disagrees.
double client_alliance_share(TherapistParameters const& therapists, AllianceParameters const& alliance);

//! Variance of the client's lasting severity: what fluctuation and therapists' selection leave of 1.
double severity_variance(TherapistParameters const& therapists, double fluctuation_share);

}  // namespace bordin
