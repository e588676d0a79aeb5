#include "planning/trials.hpp"

#include <algorithm>

#include "core/errors.hpp"

namespace bordin {
namespace {

Decision decision(Estimates const& of, std::size_t term, double alpha) {
  if (!is_usable(of.status)) return Decision::failed;
  return of.terms[term].p_value <= alpha ? Decision::rejected : Decision::retained;
}

//! Of some replications in a row; when one failed, of those before it.
struct Decided {
  std::vector<Decision> decisions;  // replication by replication, test by test
  std::uint32_t replications = 0;
  std::exception_ptr error;
};

}  // namespace

std::vector<TestedTerm> tested_terms(Study const& study) {
  std::vector<TestedTerm> tests;
  for (std::size_t a = 0; a < study.analyses().size(); ++a) {
    auto const& analysis = study.analyses()[a];
    for (auto const t : analysis.tested())
      tests.push_back({.analysis = a, .term = t, .name = analysis.spec().name + ": " + analysis.terms()[t]});
  }
  return tests;
}

std::size_t primary_test(Study const& study, std::vector<TestedTerm> const& tests) {
  if (tests.empty())
    throw Error("no analysis of this scenario tests anything, so there is no power; add an [[analyses]] entry");
  auto const found = std::find_if(tests.begin(), tests.end(),
                                  [&](auto const& test) { return test.name == study.scenario().study.primary; });
  return found == tests.end() ? 0 : static_cast<std::size_t>(found - tests.begin());
}

std::uint32_t decide(Study const& study, std::vector<TestedTerm> const& tests, std::uint64_t seed, std::uint32_t first,
                     std::uint32_t count, int threads, RunControl& control, std::vector<Decisions>& decisions) {
  double const alpha = study.scenario().study.alpha;
  std::uint32_t const batch = study.world().batch();
  auto const work = [&](std::size_t b) {
    auto const begin = static_cast<std::uint32_t>(b) * batch;
    auto const made =
        study.replicate(seed, first + begin, std::min(batch, count - begin), KeepData::none, Inference::p_values);
    Decided decided{{}, static_cast<std::uint32_t>(made.replications.size()), made.error};
    for (auto const& replication : made.replications)
      for (auto const& test : tests)
        decided.decisions.push_back(decision(replication.estimates[test.analysis], test.term, alpha));
    return decided;
  };
  std::uint32_t done = 0;
  auto const deliver = [&](std::size_t, Decided&& decided) {
    for (std::size_t i = 0; i < decided.decisions.size(); ++i) decisions[i % tests.size()].add(decided.decisions[i]);
    done += decided.replications;
    control.finished.fetch_add(decided.replications);
    if (decided.error) std::rethrow_exception(decided.error);
  };
  ordered_parallel<Decided>((std::size_t{count} + batch - 1) / batch, threads, control, work, deliver);
  return done;
}

}  // namespace bordin
