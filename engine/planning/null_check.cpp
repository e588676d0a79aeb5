#include "planning/null_check.hpp"

#include <fmt/format.h>

#include <cmath>

#include "study/large_sample.hpp"

namespace bordin {

std::string departure_from_null(Scenario const& null_world, Study const& study, TestedTerm const& test, int threads,
                                RunControl& control) {
  constexpr double far = 4;
  auto const& analysis = study.analyses()[test.analysis];
  auto const terms = large_sample(null_world, analysis.spec().name, threads, control);
  if (terms.empty()) return "";  // stopped
  auto const& term = terms[test.term];
  if (std::abs(term.mean()) <= far * term.se()) return "";
  return fmt::format("not a null world: with very many clients {} is {:.3g} (SE {:.2g}), not 0",
                     analysis.terms()[test.term], term.mean(), term.se());
}

}  // namespace bordin
