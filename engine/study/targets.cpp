#include "study/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "scenario/tree.hpp"

namespace bordin {
namespace {

//! Half a unit of the last printed digit: 0.0005 for "0.278".
double rounding(std::string const& text) {
  auto const point = text.find('.');
  auto const digits = point == std::string::npos ? 0 : text.size() - point - 1;
  return 0.5 * std::pow(10.0, -static_cast<double>(digits));
}

void check(Target const& target) {
  auto const refuse = [&](char const* field, std::string const& problem) {
    throw ScenarioError({}, fmt::format("targets.{}.{}", target.name, field), problem);
  };
  if (!target.interval.empty() && (target.interval.size() != 2 || !(target.interval[0] < target.interval[1])))
    refuse("interval", "must be [low, high] with low < high");
  if (target.interval.empty() && !read_number(target.value))
    refuse("value", fmt::format("is {}; without an interval it must be a number", in_quotes(target.value)));
}

}  // namespace

Words const& certainty_words() {
  static Words const words{"V", "M+", "M?", "D"};
  return words;
}

void Target::describe(FieldVisitor& field) {
  field.field("name", name, {.doc = "what the target is called here"});
  field.field("quantity", quantity, {.doc = "what was published, in words"});
  field.field("value", value, {.doc = "the published value as printed"});
  field.field("interval", interval, {.doc = "[low, high]: confidence interval or range; may be left out"});
  field.field("k", k, {.unit = "studies", .min = 1, .doc = "studies or samples behind it"});
  field.field("n", n, {.unit = "clients", .min = 1, .doc = "clients behind it"});
  field.field("definition", definition, {.doc = "on which variable, and among whom"});
  field.field("citation", citation, {.doc = "where it was published"});
  field.field("doi", doi, {.doc = "DOI; where there is none, the number in ERIC or PubMed Central"});
  field.field("certainty", certainty, certainty_words(),
              {.doc = "V read, M+ well known, M? to be checked, D derived; only V and D gate"});
  field.field("statistic", statistic, {.doc = "the engine's statistic that has to land on it"});
  field.field("scenario", scenario, {.doc = "in which scenario of the library"});
  field.field("parameter", parameter, {.doc = "dotted key of the parameter that moves it most"});
  field.field("move", move, {.doc = "how far a test moves that parameter; 3 % of its range unless stated"});
  field.field("move_reason", move_reason, {.doc = "why it has to be moved that far"});
  field.field("not_together", not_together, {.doc = "why the scenario cannot meet it together with the others"});
  field.field("headline", headline, {.doc = "whether it belongs to the best-known list"});
}

bool Target::gates() const {
  return (certainty == Certainty::verified || certainty == Certainty::derived) && not_together.empty();
}

Band accepted_band(Target const& target, double mcse) {
  if (!target.interval.empty()) return {.low = target.interval[0], .high = target.interval[1]};
  double const value = read_number(target.value).value();
  double const room = 3 * mcse + rounding(target.value);
  return {.low = value - room, .high = value + room};
}

std::vector<Target> read_targets(std::string const& text, std::string const& file) {
  std::vector<Target> targets;
  read_fields([&](FieldVisitor& field) { field.list("targets", targets, {.doc = "published figures"}); },
              parse_toml(text, file));
  std::for_each(targets.begin(), targets.end(), check);
  return targets;
}

std::vector<Target> const& published_targets() {
  static std::vector<Target> const targets =
      read_targets(std::string(published_targets_text()), "scenarios/evidence/targets.toml");
  return targets;
}

}  // namespace bordin
