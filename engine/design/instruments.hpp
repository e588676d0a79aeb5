#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/table.hpp"
#include "scenario/fields.hpp"
#include "therapy/randomness.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

enum class Measures : std::int8_t { by_name = 0, symptoms = 1, alliance = 2 };
enum class Rater : std::int8_t { client = 0 };

//! What a researcher gives to clients. A preset by name; whatever is stated beside the name replaces the preset's value.
//! score = mean + sd (sqrt(reliability) latent + sqrt(1 - reliability) error), then rounded and clipped: mean and sd are
//! those of observed scores in the reference population.
struct Instrument {
  std::string name;
  Measures measures = Measures::by_name;
  Rater rater = Rater::client;
  std::vector<std::string> when = {};
  std::vector<double> range = {};
  std::optional<double> mean = {};
  std::optional<double> sd = {};
  std::optional<double> reliability = {};
  std::optional<double> step = {};
  std::optional<double> cutoff = {};
  std::optional<double> reliable_change = {};

  void describe(FieldVisitor& field);
};

//! Names of the instruments the engine knows.
std::vector<std::string> instrument_presets();
//! The same with all values filled in; `source` says where the norms come from.
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

//! A completed instrument at work. Draws: 1 normal per occasion (symptoms) or 3 (alliance), by client and session.
class Measure {
 public:
  Measure(Instrument const& instrument, std::uint32_t number, Calendar const& calendar);

  std::string const& slug() const { return slug_; }
  Instrument const& instrument() const { return instrument_; }
  bool of_alliance() const { return instrument_.measures == Measures::alliance; }
  Schedule const& schedule() const { return schedule_; }
  bool stored_as_integer() const { return integer_; }

  //! Score of a symptom scale.
  float symptom_score(Randomness const& random, ClientNumber who, SessionState const& state) const;
  //! Scores of the three subscales of an alliance scale; the total is their plain mean.
  ComponentsF alliance_scores(Randomness const& random, ClientNumber who, SessionState const& state) const;
  //! A score in SDs of the instrument's norm.
  float standardised(float score) const { return (score - mean_) / sd_; }

 private:
  float scored(float latent, float error) const;
  RandomBlock block(Randomness const& random, ClientNumber who, int session) const;

  Instrument instrument_;
  Schedule schedule_;
  std::string slug_;
  std::uint32_t purpose_;
  bool integer_;
  float mean_, sd_, true_part_, error_part_, step_;
  float lowest_, highest_;
};

//! The measures of a study in order, numbered so that adding one changes no other's random numbers. Throws ScenarioError.
std::vector<Measure> measures_of(std::vector<Instrument> const& instruments, Calendar const& calendar);

//! Index of the first measure of symptoms (the primary outcome) or of the alliance, if there is one.
std::optional<std::size_t> first_measure(std::vector<Measure> const& measures, Measures what);

}  // namespace bordin
