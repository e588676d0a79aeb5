#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "scenario/load.hpp"
#include "scenario/tree.hpp"
#include "simulation/world.hpp"
#include "study/classical.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

//! A table of names and values that is read as it stands.
class NamedValues : public ShapedValue {
 public:
  void read(Node const& node) override;
  std::string write() const override;
  std::vector<std::pair<std::string, Node>> const& entries() const { return entries_; }

 protected:
  explicit NamedValues(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
  std::vector<std::pair<std::string, Node>> entries_;
};

//! Changes to a scenario by dotted key: { "alliance.effect" = 0 }.
class Overrides final : public NamedValues {
 public:
  Overrides() : NamedValues("null") {}
  std::string allowed() const override;
};

//! What terms of an analysis are to estimate: { armtreatment = -0.5 }, a parameter's key, or "complete data".
class Estimands final : public NamedValues {
 public:
  Estimands() : NamedValues("truth") {}
  std::string allowed() const override;
};

//! Whose data are analysed.
enum class Analysed : std::int8_t { all, completers };

//! One [[analyses]] entry: what is fitted, to whose data, the world in which the tested terms are 0, and what they are to
//! estimate.
struct PlannedAnalysis {
  AnalysisSpec spec;
  Analysed clients = Analysed::all;
  Overrides null;
  Estimands truth;

  void describe(FieldVisitor& field);
};

struct StudyParameters {
  double alpha = 0.05;
  std::int64_t replications = 1000;
  std::int64_t seed = 1;
  std::string primary;

  void describe(FieldVisitor& field);
};

//! Everything that decides a study. A scenario that was loaded is complete (all defaults and presets filled in) and
//! checked: it can be run.
struct Scenario {
  std::string title;
  std::string question;
  std::string sources;
  TherapyParameters therapy;
  ClassicalParameters classical;
  DesignParameters design;
  std::vector<Arm> arms;
  std::vector<Instrument> instruments;
  std::vector<PlannedAnalysis> analyses;
  StudyParameters study;

  void describe(FieldVisitor& field);
};

//! The scenarios that come with the engine (the folder scenarios/), by name.
std::vector<LibraryScenario> const& scenario_library();

//! Reads a scenario by path or library name, lays the overrides over it, completes and checks it. Throws ScenarioError
//! with file, line, column, key, value, allowed range and nearest name.
Scenario load_scenario(std::string const& source, std::vector<Node> const& overrides = {});

//! The same from TOML text; `file` is what messages call it.
Scenario parse_scenario(std::string const& text, std::string const& file, std::vector<Node> const& overrides = {});

//! The complete scenario as TOML: parse_scenario() of it gives the same scenario.
std::string scenario_text(Scenario const& scenario);

//! Identifies a scenario by its complete text: a UUID (version 5), the same wherever the text is the same.
std::string scenario_digest(Scenario const& scenario);

//! Gives a scenario with further changes laid over it, completed and checked.
using ScenarioVariants = std::function<Scenario(std::vector<Node> const& changes)>;

//! Of a scenario by path or library name, read once, or from TOML text.
ScenarioVariants load_variants(std::string const& source, std::vector<Node> const& overrides = {});
ScenarioVariants parse_variants(std::string const& text, std::string const& file);

//! The scenario with the changes of an analysis' `null`. Throws ScenarioError when that world is impossible.
Scenario null_world(Scenario const& scenario, PlannedAnalysis const& analysis);

//! JSON Schema of scenario files.
std::string scenario_schema();

}  // namespace bordin
