#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "scenario/load.hpp"
#include "scenario/tree.hpp"
#include "simulation/world.hpp"
#include "study/classical.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

//! Changes to a scenario by dotted key: { "alliance.effect" = 0 }.
class Overrides final : public ShapedValue {
 public:
  void read(Node const& node) override;
  std::string write() const override;
  std::string allowed() const override;
  std::vector<std::pair<std::string, Node>> const& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, Node>> entries_;
};

//! One [[analyses]] entry: what is fitted, and the world in which the tested terms are 0.
struct PlannedAnalysis {
  AnalysisSpec spec;
  Overrides null;

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

//! JSON Schema of scenario files.
std::string scenario_schema();

}  // namespace bordin
