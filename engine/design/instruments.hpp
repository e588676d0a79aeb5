#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/table.hpp"
#include "design/instrument_presets.hpp"
#include "design/ordinal_items.hpp"
#include "scenario/fields.hpp"
#include "therapy/randomness.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

//! What a researcher gives to clients. A preset by name, or under a name of its own; whatever is stated beside it replaces
//! the preset's value.
//! score = mean + sd (sqrt(reliability) latent + sqrt(1 - reliability) error), then rounded and clipped: mean and sd are
//! those of observed scores in the reference population, before clipping.
//!
//! The alliance has three raters. What a rater sees of component c is
//!     sqrt(1 - prospects^2 - own_view^2) A_c + prospects G/SD(G) + own_view V + bias,
//! G the client's change trait (therapists guess from their clients' prospects) and V ~ N(0, 1) what this rater alone sees
//! in this client, all through therapy; only then the error of the reliability is added.
struct Instrument {
  std::string name;
  std::string preset = {};
  Measures measures = Measures::by_name;
  Rater rater = Rater::client;
  std::vector<std::string> when = {};
  std::vector<double> range = {};
  std::optional<double> mean = {};
  std::optional<double> sd = {};
  std::optional<double> reliability = {};
  std::optional<double> bias = {};
  std::optional<double> prospects = {};
  std::optional<double> own_view = {};
  std::vector<std::string> subscales = {};
  std::optional<double> step = {};
  std::optional<double> cutoff = {};
  std::optional<double> reliable_change = {};

  //! Scores are float32: what differs by less than this is the same number of steps. 0 where scores are not rounded.
  double tolerance() const { return 1e-3 * step.value_or(0); }
  void describe(FieldVisitor& field);

 private:
  void describe_norm(FieldVisitor& field);
  void describe_perception(FieldVisitor& field);
};

//! The presets with all values filled in; `source` says where the norms come from.
struct CatalogueEntry {
  Instrument instrument;
  std::string source;
};
std::vector<CatalogueEntry> instrument_catalogue();

//! Fills in what is not stated from the preset, or refuses a name that is none. Throws ScenarioError.
void complete(Instrument& instrument);

//! Occasions at which an instrument is given.
struct Schedule {
  std::vector<bool> at;  //!< index = occasion: 0 = intake, 1..S, then follow-ups
  bool post = false;     //!< also at the last session of a therapy that ended as planned
  bool given(int occasion) const { return at[static_cast<std::size_t>(occasion)]; }
};

//! Reads "pre", "every session", "session 3", "sessions 1-3", "post", "follow-up". Throws ScenarioError.
Schedule schedule_of(Instrument const& instrument, Calendar const& calendar);

inline constexpr std::array<char const*, components> component_names{"goal", "task", "bond"};

//! What an alliance scale gives at one session.
struct AllianceRating {
  float total = 0;                                       //!< mean of the subscales that were asked for
  ComponentsF part{};                                    //!< subscales
  std::array<OrdinalItems::Answers, components> item{};  //!< of an instrument by items
};

//! A completed instrument at work. Draws: 1 normal per occasion (symptoms), 3 (alliance) or 12 (by items), by client and
//! session, and 1 per client for a rater's own view.
//! Random numbers go by preset and rater: two entries of one preset and rater are one questionnaire scored in two ways.
class Measure {
 public:
  struct Constants {
    std::uint32_t purpose = 0;
    float mean = 0, sd = 1, true_part = 0, error_part = 0, step = 0;
    float lowest = 0, highest = 0;
    float alliance_part = 1, prospects = 0, own_view = 0, bias = 0;
    std::array<bool, components> asks{};
    std::optional<OrdinalItems> items = {};
  };

  Measure(Instrument const& instrument, std::uint32_t number, Calendar const& calendar);

  std::string const& slug() const { return slug_; }
  Instrument const& instrument() const { return instrument_; }
  bool of_alliance() const { return instrument_.measures == Measures::alliance; }
  Schedule const& schedule() const { return schedule_; }
  bool stored_as_integer() const { return integer_; }

  //! Score of a symptom scale.
  float symptom_score(Randomness const& random, ClientNumber who, SessionState const& state) const;
  //! Scores of an alliance scale.
  AllianceRating alliance_rating(Randomness const& random, ClientNumber who, SessionState const& state) const;
  //! Whether there is a column of this subscale: of those asked for, unless the total is the same.
  bool has_subscale_column(std::size_t component) const;
  bool has_items() const { return c_.items.has_value(); }
  bool has_item_columns(std::size_t component) const { return c_.items && c_.asks[component]; }
  //! Names of the columns in sessions.
  std::string subscale_column(std::size_t component) const;
  std::string item_column(std::size_t component, std::size_t item) const;
  std::vector<std::string> columns() const;
  //! A score in SDs of the instrument's norm.
  float standardised(float score) const { return (score - c_.mean) / c_.sd; }
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  float scored(float latent, float error) const;
  RandomBlock block(Randomness const& random, ClientNumber who, int session, std::uint32_t number = 0) const;
  ComponentsF perceived(Randomness const& random, ClientNumber who, SessionState const& state) const;
  float total_of(ComponentsF const& part) const;

  Instrument instrument_;
  Schedule schedule_;
  std::string slug_;
  bool integer_;
  Constants c_;
};

//! The measures of a study in order, numbered so that adding one changes no other's random numbers. Throws ScenarioError.
std::vector<Measure> measures_of(std::vector<Instrument> const& instruments, Calendar const& calendar);

//! Index of the first measure of symptoms (the primary outcome) or of the alliance, if there is one.
std::optional<std::size_t> first_measure(std::vector<Measure> const& measures, Measures what);

}  // namespace bordin
