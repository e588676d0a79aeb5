#include "study/large_sample.hpp"

#include <algorithm>

#include "study/resized.hpp"
#include "study/study.hpp"

namespace bordin {
namespace {

constexpr double clients = 4000;
constexpr std::size_t data_sets = 25;
constexpr std::uint64_t seed = 1913;  // not that of a run: truth and estimates share no randomness

}  // namespace

std::vector<Moments> large_sample(Scenario scenario, std::string const& analysis, int threads, RunControl& control) {
  std::erase_if(scenario.analyses, [&](auto const& other) { return other.spec.name != analysis; });
  Study const study(with_clients(std::move(scenario), clients));
  std::vector<Moments> terms(study.analyses().front().terms().size());
  RunControl own;  // these data sets are not replications: nobody counts them
  auto const work = [&](std::size_t r) {
    if (control.stop) own.stop = true;
    return study.replicate(seed, static_cast<std::uint32_t>(r), KeepData::none).estimates.front();
  };
  auto const deliver = [&](std::size_t, Estimates&& of) {
    if (!is_usable(of.status)) return;
    for (std::size_t t = 0; t < terms.size(); ++t) terms[t].add(of.terms[t].estimate);
  };
  if (ordered_parallel<Estimates>(data_sets, threads, own, work, deliver) < data_sets) return {};
  return terms;
}

}  // namespace bordin
