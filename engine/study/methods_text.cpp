#include "study/methods_text.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "core/version.hpp"

namespace bordin {
namespace {

std::string people(std::optional<std::int64_t> therapists, std::optional<std::int64_t> clients, Caseload const& caseload) {
  if (clients) return count_text(static_cast<std::uint64_t>(*clients), "client");
  return fmt::format("{} with {}", count_text(static_cast<std::uint64_t>(therapists.value_or(0)), "therapist"),
                     caseload_words(caseload));
}

std::string arms_text(Scenario const& scenario) {
  auto const& design = scenario.design;
  if (scenario.arms.empty()) return "a cohort of " + people(design.therapists, std::nullopt, design.caseload);
  std::vector<std::string> arms;
  for (auto const& arm : scenario.arms)
    arms.push_back(fmt::format("\"{}\" ({})", arm.name, people(arm.therapists, arm.clients, arm.caseload)));
  bool const crossed = design.therapists_in_arms == TherapistsInArms::crossed;
  return fmt::format("a trial with {} arms, {}{}", scenario.arms.size(), enumerate_words(arms),
                     crossed ? fmt::format(", with the same {} in all arms",
                                           count_text(static_cast<std::uint64_t>(design.therapists), "therapist"))
                             : "");
}

std::string analysis_text(AnalysisSpec const& spec) {
  auto text = fmt::format("\"{}\" ({}", spec.name, one_line(spec.formula));
  if (spec.method != Method::automatic) text += ", " + method_words().at(static_cast<std::size_t>(spec.method));
  auto const inference = inference_text(spec, method_of(spec));
  if (!inference.empty()) text += "; " + inference;
  return text + ")";
}

std::string analyses_text(Scenario const& scenario) {
  std::vector<std::string> analyses;
  for (auto const& planned : scenario.analyses) analyses.push_back(analysis_text(planned.spec));
  return analyses.empty() ? "No analysis was made" : "Each data set was analysed by " + enumerate_words(analyses);
}

}  // namespace

std::string caseload_words(Caseload const& caseload) {
  switch (caseload.kind()) {
    case Caseload::Kind::fixed:
      return fmt::format("{:.0f} clients each", caseload.mean());
    case Caseload::Kind::list:
      return fmt::format("listed caseloads, {:.3g} clients on average", caseload.mean());
    case Caseload::Kind::poisson:
      return fmt::format("about {:.3g} clients each (Poisson)", caseload.mean());
    case Caseload::Kind::negative_binomial:
      return fmt::format("about {:.3g} clients each (negative binomial)", caseload.mean());
    case Caseload::Kind::empirical:
      return fmt::format("observed caseloads, {:.3g} clients on average", caseload.mean());
    case Caseload::Kind::unset:
      break;
  }
  return "";
}

std::string methods_text(Scenario const& scenario, std::uint64_t replications, std::uint64_t seed,
                         std::vector<std::string> const& varied) {
  auto const across = varied.empty() ? std::string() : fmt::format(" for each combination of {}", enumerate_words(varied));
  return fmt::format(
      "We simulated {} with Bordin {}{} (seed {}; scenario \"{}\", digest {}). {} was {}, with at most {}. {}. Tests were "
      "two-sided at alpha = {:g}; power and type I error are shares of the fits that converged, with Monte Carlo standard "
      "errors and 95 % Wilson intervals.",
      count_text(replications, "data set"), version(), across, seed, scenario.title, scenario_digest(scenario),
      varied.empty() ? "Each" : "Where nothing else was varied, each", arms_text(scenario),
      count_text(static_cast<std::uint64_t>(scenario.design.sessions), "session"), analyses_text(scenario),
      scenario.study.alpha);
}

}  // namespace bordin
