#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "therapy/alliance.hpp"
#include "therapy/people.hpp"
#include "therapy/randomness.hpp"

namespace bordin {

//! A rating that is derived from what the model has anyway. Before error it is z(part z(component at session 3) +
//! (1 - part) z(T* + C* + M*)), or the client's expectation of help, at intake, where there is no component. Each z is
//! taken with the mean and SD that the scenario implies for the undisturbed alliance. Then error is added:
//!     score = sqrt(reliability) z + sqrt(1 - reliability) e     [SD]
//! Draws: 1 normal per client. Assumed: which part of the alliance a rating shows, and its reliability.
struct RatingKind {
  char const* name = "";
  Purpose purpose = Purpose::empathy;
  double reliability = 1;
  std::optional<std::size_t> component = {};
  double part = 1;
  char const* description = "";
};

std::vector<RatingKind> const& rating_kinds();
//! Throws ScenarioError (design.ratings) with the nearest name.
RatingKind const& rating_called(std::string const& name);

//! What ratings see of one client.
struct RatedClient {
  float expectation = 0;
  float lasting = 0;        //!< T* + C* + M*
  ComponentsF session_3{};  //!< goal, task, bond; NaN where there was no session 3 or nobody to have an alliance with
};

//! The ratings a study asks for.
class Ratings {
 public:
  struct Chosen {
    RatingKind const* kind;
    float component, lasting;  //!< weights
    float true_part, error_part;
  };
  struct Constants {
    float mean = 0;  //!< of each component at session 3
    std::vector<Chosen> chosen = {};
  };

  //! Throws ScenarioError (design.ratings) for a name that is none, twice the same, or a study without session 3.
  Ratings(std::vector<std::string> const& names, AllianceParameters const& alliance, int sessions);

  std::size_t size() const { return c_.chosen.size(); }
  RatingKind const& kind(std::size_t k) const { return *c_.chosen[k].kind; }
  float score(std::size_t k, Randomness const& random, ClientNumber who, RatedClient const& client) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
