#pragma once

#include <array>

#include "scenario/fields.hpp"
#include "therapy/alliance.hpp"
#include "therapy/background.hpp"
#include "therapy/clinics.hpp"
#include "therapy/randomness.hpp"
#include "therapy/trait_shape.hpp"

namespace bordin {

//! How therapists differ. Correlations are with the composite of what they bring to the alliance (their ability).
struct TherapistParameters {
  double alliance_share = 0.09;
  double direct_sd = 0.30;
  double retention_sd = 0.49;
  double severity_sd = 0;
  double repair_sd = 0.5;
  double ability_direct_correlation = 0;
  double ability_retention_correlation = 0;
  double ability_repair_correlation = 0.2;
  double ability_severity_correlation = 0;
  double direct_retention_correlation = 0;
  double direct_severity_correlation = 0;
  TraitShape distribution = TraitShape::normal;

  void describe(FieldVisitor& field);
};

//! How clients differ. Correlations are with the composite of what they bring to the alliance.
struct ClientParameters {
  double change_sd = 1.0;
  double alliance_severity_correlation = 0;
  double alliance_expectation_correlation = 0;
  double severity_expectation_correlation = 0;
  double severity_change_correlation = 0;
  double expectation_change_correlation = 0;
  TraitShape distribution = TraitShape::normal;

  void describe(FieldVisitor& field);
};

using ComponentsF = std::array<float, components>;

struct TherapistTraits {
  ComponentsF alliance{};  //!< T_c, what the therapist brings to each component [SD of alliance]
  float ability = 0;       //!< T*, the composite of these
  float direct = 0;        //!< O, effect on change that does not pass through the alliance [SD of symptoms]
  float retention = 0;     //!< Q, lowers the logit of dropout
  float severity = 0;      //!< v0, by how much this therapist's clients come more severe [SD of symptoms]
  float repair = 0;        //!< P, raises the logit of repairing an open rupture
  float raise = 0;         //!< by how much training raises the alliance [SD of alliance]
  float years = 0;         //!< of experience
  bool trained = false;
};

//! What all therapists of a clinic have in common; a part of their own traits.
struct ClinicTraits {
  ComponentsF alliance{};
  float ability = 0;
  float direct = 0;
};

struct ClientTraits {
  ComponentsF alliance{};     //!< C_c, what the client brings to each component [SD of alliance]
  float prospects = 0;        //!< C*, the composite of these
  float severity = 0;         //!< X, lasting part of the intake score [SD of symptoms]
  float expectation = 0;      //!< E [SD]
  float change = 0;           //!< G, change beyond the mean [SD of symptoms over the course]
  float standard_change = 0;  //!< G in its own SDs, 0 where clients do not differ in it
};

struct Match {
  ComponentsF alliance{};  //!< M_c [SD of alliance]
  float composite = 0;     //!< M*
};

//! Draws people. Every trait is float32 arithmetic on the random numbers of that person alone.
class People {
 public:
  template <std::size_t N>
  using Factor = std::array<std::array<float, N>, N>;
  struct Constants {
    ComponentsF loading{};
    ComponentsF unique{};  //!< sqrt(1 - loading^2)
    ComponentsF weight{};
    float shift = 0;
    float clinic_sd = 0, clinic_direct_sd = 0;
    float therapist_sd = 0, client_sd = 0, match_sd = 0;
    float direct_sd = 0, retention_sd = 0, therapist_severity_sd = 0, repair_sd = 0;
    float severity_sd = 0, change_sd = 0;
    Factor<5> therapist_factor{};
    Factor<4> client_factor{};
  };

  //! Throws ScenarioError when shares or correlations are impossible. `fluctuation_share` is symptoms.fluctuation_share.
  People(TherapistParameters const& therapists, ClientParameters const& clients, AllianceParameters const& alliance,
         double fluctuation_share, ClinicParameters const& clinics = {},
         Backgrounds const& backgrounds = Backgrounds({}, {}));

  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }
  TraitShaper const& shape_of_therapists() const { return shape_therapist_; }
  TraitShaper const& shape_of_clients() const { return shape_client_; }
  Backgrounds const& backgrounds() const { return backgrounds_; }
  ClinicTraits clinic(Randomness const& random, TherapistNumber number) const;
  TherapistTraits therapist(Randomness const& random, TherapistNumber who, ClinicTraits const& clinic = {}) const;
  ClientTraits client(Randomness const& random, ClientNumber who) const;
  Match match(Randomness const& random, ClientNumber who, TherapistNumber met) const;

 private:
  struct Drawn {
    ComponentsF part;  // components with SD 1
    float composite;   // with SD 1
  };
  template <std::size_t N>
  static Factor<N> factor_of(std::array<std::array<double, N>, N> const& correlations, std::string const& key);
  Drawn components_from(std::array<float, 4> const& z) const;
  //! The four normal numbers of a block of traits in the shape that is asked for.
  std::array<float, 4> of_therapist(Randomness const& random, TherapistNumber who, std::uint32_t block) const;
  std::array<float, 4> of_client(Randomness const& random, ClientNumber who, std::uint32_t block) const;
  void add_background(TherapistTraits& traits, Background const& background) const;
  //! N correlated traits, the first of them given.
  template <std::size_t N>
  static std::array<float, N> correlated(float first, std::array<float, 4> const& z, Factor<N> const& factor);

  Constants c_;
  TraitShaper shape_therapist_, shape_client_;
  Backgrounds backgrounds_;
};

//! The client's share of the alliance, 1 minus the others. Throws ScenarioError when they exceed 1 or a stated share
//! disagrees.
double client_alliance_share(TherapistParameters const& therapists, AllianceParameters const& alliance);

//! Variance of the client's lasting severity: what fluctuation and therapists' selection leave of 1.
double severity_variance(TherapistParameters const& therapists, double fluctuation_share);

}  // namespace bordin
