#include "study/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "core/text.hpp"
#include "scenario/read.hpp"
#include "scenario/schema.hpp"
#include "study/study.hpp"
#include "study/truth.hpp"

namespace bordin {
namespace {

Declaration fields_of(Scenario& scenario) {
  return [&scenario](FieldVisitor& field) { scenario.describe(field); };
}

std::vector<std::string> const& whole() {
  static std::vector<std::string> const paths = [] {
    Scenario scenario;
    return whole_values(fields_of(scenario));
  }();
  return paths;
}

//! Where a dotted key was written: the deepest part of it that the file has. List entries are found by name.
SourcePlace place_of_key(Node const& tree, std::string const& key) {
  Node const* here = &tree;
  SourcePlace place = tree.place;
  std::size_t start = 0;
  while (start <= key.size()) {
    auto end = std::min(key.find('.', start), key.size());
    Node const* next = here->find(key.substr(start, end - start));
    if (here->is_named_list()) {
      // A name may itself have dots: the whole of what stands before the end or a dot.
      for (auto const& entry : here->items) {
        auto const* name = entry.find("name");
        auto const behind = name == nullptr ? 0 : start + name->text.size();
        if (name == nullptr || key.compare(start, name->text.size(), name->text) != 0) continue;
        if (behind != key.size() && key[behind] != '.') continue;
        next = &entry;
        end = behind;
      }
    }
    if (next == nullptr) break;
    here = next;
    place = here->place;
    start = end + 1;
  }
  return place;
}

void complete(Scenario& scenario) {
  if (scenario.title.empty()) throw ScenarioError({}, "title", "is missing; add title = \"...\" at the top");
  for (auto& instrument : scenario.instruments) complete(instrument);
  complete(scenario.design, scenario.arms);
  apply_classical(scenario);
}

Scenario changed(Node tree, PlannedAnalysis const& analysis) {
  for (auto const& [key, value] : analysis.null.entries()) merge(tree, at_path(key, value), whole());
  Scenario null_world;
  read_fields(fields_of(null_world), tree);
  try {
    complete(null_world);
    World const possible(null_world.therapy, null_world.design, null_world.arms, null_world.instruments);
  } catch (ScenarioError const& error) {
    throw ScenarioError({}, fmt::format("analyses.{}.null", analysis.spec.name),
                        fmt::format("makes an impossible world: {}", error.what()));
  }
  return null_world;
}

Node tree_of(Scenario const& scenario) {
  return parse_toml(scenario_text(scenario), "the scenario");
}

void check_nulls(Scenario const& scenario) {
  Node const tree = tree_of(scenario);
  for (auto const& analysis : scenario.analyses) {
    if (!analysis.null.entries().empty()) static_cast<void>(changed(tree, analysis));
  }
}

void check_primary(Scenario const& scenario, std::vector<Analysis> const& analyses) {
  if (scenario.study.primary.empty()) return;
  std::vector<std::string> possible;
  for (auto const& analysis : analyses) {
    for (auto const term : analysis.tested()) possible.push_back(analysis.spec().name + ": " + analysis.terms()[term]);
  }
  auto const& primary = scenario.study.primary;
  if (std::find(possible.begin(), possible.end(), primary) == possible.end())
    throw ScenarioError(
        {}, "study.primary",
        fmt::format("is {}, which no analysis tests{}", in_quotes(primary), did_you_mean(primary, possible)));
}

Scenario scenario_from(Node tree, std::vector<Node> const& overrides) {
  std::string const file = tree.place.file;
  for (auto const& over : overrides) merge(tree, over, whole());
  Scenario scenario;
  try {
    read_fields(fields_of(scenario), tree);
    complete(scenario);
    Study const study(scenario);
    check_nulls(scenario);
    check_truths(study);
    check_primary(scenario, study.analyses());
  } catch (ScenarioError const& error) {
    if (!error.place().file.empty()) throw;
    SourcePlace place = place_of_key(tree, error.key());
    if (place.file.empty()) place = {.file = file};
    throw ScenarioError(place, error.key(), error.problem());
  }
  return scenario;
}

}  // namespace

void NamedValues::read(Node const& node) {
  if (!node.is(Node::Kind::table))
    throw ScenarioError(node.place, name_, fmt::format("is {}, but must be {}", shown(node), allowed()));
  entries_ = node.members;
}

std::string NamedValues::write() const {
  Node table;
  table.members = entries_;
  return toml_text(table);
}

std::string Overrides::allowed() const {
  return "a table of dotted keys and values: { \"alliance.effect\" = 0 }";
}

std::string Estimands::allowed() const {
  return "a table of terms and what they estimate, a number, a parameter's key (with - before it: its negative) or "
         "\"complete data\": { pre = 0.5 }";
}

void PlannedAnalysis::describe(FieldVisitor& field) {
  spec.describe(field);
  field.field("clients", clients, {"all", "completers"},
              {.doc = "whose data are analysed: all clients', or completers', who did not drop out"});
  field.shape("null", null, {.doc = "what to change so that the tested terms are 0"});
  field.shape("truth", truth,
              {.doc = "by term, the value it is to estimate (the estimand): a number, the key of a parameter (after a "
                      "minus, its negative), or \"complete "
                      "data\": what the same analysis gives of very many clients if nobody drops out and nothing is "
                      "missing; bias and coverage need it"});
}

void StudyParameters::describe(FieldVisitor& field) {
  field.field("alpha", alpha, {.min = 1e-9, .max = 0.5, .doc = "two-sided significance level; intervals cover 1 - alpha"});
  field.field("replications", replications,
              {.unit = "replications",
               .min = 1,
               .max = 4294967295.0,
               .doc = "simulated studies, unless the command says otherwise"});
  field.field("seed", seed, {.min = 0, .max = 9.2e18, .doc = "key of all random numbers; never random by itself"});
  field.field("primary", primary, {.doc = "\"analysis: term\" meant when nobody says which"});
}

void Scenario::describe(FieldVisitor& field) {
  field.field("title", title, {.doc = "what the scenario is called"});
  field.field("question", question, {.doc = "the question it answers"});
  field.field("sources", sources, {.doc = "where its values come from"});
  therapy.describe(field);
  field.group("classical", classical, {.doc = "the classical three-level growth model, in the units of power tools"});
  field.group("design", design, {.doc = "who meets whom"});
  field.list("arms", arms, {.doc = "arms of a trial; none = a naturalistic cohort"});
  field.list("instruments", instruments,
             {.doc = "what clients fill in; the first that measures symptoms is the primary outcome"});
  field.list("analyses", analyses, {.doc = "what researchers do with the data"});
  field.group("study", study, {.doc = "how often, and from which seed"});
}

Scenario null_world(Scenario const& scenario, PlannedAnalysis const& analysis) {
  return changed(tree_of(scenario), analysis);
}

Scenario load_scenario(std::string const& source, std::vector<Node> const& overrides) {
  return scenario_from(load_scenario_tree(source, scenario_library(), whole()), overrides);
}

Scenario parse_scenario(std::string const& text, std::string const& file, std::vector<Node> const& overrides) {
  return scenario_from(parse_scenario_tree(text, file, scenario_library(), whole()), overrides);
}

ScenarioVariants load_variants(std::string const& source, std::vector<Node> const& overrides) {
  auto tree = load_scenario_tree(source, scenario_library(), whole());
  for (auto const& over : overrides) merge(tree, over, whole());
  return [tree = std::move(tree)](std::vector<Node> const& changes) { return scenario_from(tree, changes); };
}

ScenarioVariants parse_variants(std::string const& text, std::string const& file) {
  auto tree = parse_scenario_tree(text, file, scenario_library(), whole());
  return [tree = std::move(tree)](std::vector<Node> const& changes) { return scenario_from(tree, changes); };
}

std::string scenario_text(Scenario const& scenario) {
  Scenario copy = scenario;
  forget_inherited(copy.design, copy.arms);
  return write_fields(fields_of(copy));
}

std::string scenario_digest(Scenario const& scenario) {
  boost::uuids::name_generator_sha1 const named(boost::uuids::ns::oid());
  return boost::uuids::to_string(named(scenario_text(scenario)));
}

std::string scenario_schema() {
  Scenario scenario;
  return json_schema(fields_of(scenario), "Bordin scenario");
}

}  // namespace bordin
