#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "benchmarks/drawn_trials.hpp"
#include "benchmarks/suites.hpp"

namespace bordin::benchmarks {
namespace {

// So many that processors do not learn one of them by heart, and iterations are as many as usual.
constexpr std::uint32_t data_sets = 64;
constexpr TrialSize reference_design{};
constexpr TrialSize large_design{50, 20, 12};

constexpr char const* growth = "y ~ time * treatment + (1 + time | client) + (1 + time | therapist)";
constexpr char const* linear = "post ~ pre + age + treatment";
constexpr char const* clustered = "post ~ pre + age + treatment + (1 | therapist)";

using DrawTable = std::function<Table(std::uint32_t seed)>;

Table of_design(std::uint32_t seed, TrialSize const& size) {
  return growth_trial(seed, size);
}
Table thousand_clients(std::uint32_t seed) {
  return clients_of_therapists(seed, 50, 20);
}

//! From tables to standard errors, degrees of freedom and p-values, as in studies of power, on one thread.
void fit(benchmark::State& state, DrawTable const& draw, AnalysisSpec const& spec) {
  std::vector<Table> tables;
  for (std::uint32_t seed = 1; seed <= data_sets; ++seed) tables.push_back(draw(seed));
  Analysis const analysis(spec, tables.front());
  std::size_t next = 0;
  for (auto _ : state) {
    auto const found = analysis.fit(tables[next], {.inference = Inference::p_values});
    if (found.status > FitStatus::singular) return state.SkipWithError(found.message.c_str());
    next = (next + 1) % tables.size();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel("fit");
}

void add(std::string const& name, DrawTable const& draw, AnalysisSpec const& spec) {
  benchmark::RegisterBenchmark(("estimators/model/" + name).c_str(), fit, draw, spec)
      ->Unit(benchmark::kMicrosecond)
      ->MeasureProcessCPUTime();
}

std::string number_of(Column const& column, std::size_t row) {
  return fmt::format("{}", static_cast<float>(column.at(row)));
}

}  // namespace

//! Numbers as they are: what is read back is the same float32.
void write_trials(std::filesystem::path const& folder) {
  for (std::uint32_t seed = 1; seed <= data_sets; ++seed) {
    auto const table = of_design(seed, reference_design);
    std::ofstream file(folder / fmt::format("growth-{:02}.csv", seed));
    file << fmt::format("{}\n", fmt::join(table.names(), ","));
    for (std::size_t row = 0; row < table.rows(); ++row) {
      std::vector<std::string> cells;
      for (auto const& column : table.columns()) cells.push_back(number_of(column, row));
      file << fmt::format("{}\n", fmt::join(cells, ","));
    }
  }
}

void add_estimators() {
  auto const reference = [](std::uint32_t seed) { return of_design(seed, reference_design); };
  auto const large = [](std::uint32_t seed) { return of_design(seed, large_design); };
  auto const of = [](char const* formula) {
    AnalysisSpec spec;
    spec.formula = formula;
    return spec;
  };
  auto const with_cr2 = [&](char const* formula) {
    auto spec = of(formula);
    spec.se = StandardErrors::cr2;
    return spec;
  };
  auto kenward_roger = of(growth);
  kenward_roger.df = DfMethod::kenward_roger;
  auto logistic = of("recovered ~ pre + age + treatment + (1 | therapist)");
  logistic.family = Family::binomial;
  auto cluster_level = of(clustered);
  cluster_level.method = Method::cluster_level;

  add("growth, 12 therapists x 10 clients x 11 times", reference, of(growth));
  add("growth, 50 therapists x 20 clients x 12 times", large, of(growth));
  add("growth, 12 x 10 x 11, Kenward-Roger", reference, kenward_roger);
  add("random intercept, 1000 clients", thousand_clients, of(clustered));
  add("logistic with random intercept, 1000 clients", thousand_clients, logistic);
  add("Cox, 1000 times without ties", thousand_clients, of("Surv(days, left) ~ pre + age + treatment"));
  add("Cox, CR2, 1000 times without ties", thousand_clients,
      with_cr2("Surv(days, left) ~ pre + age + treatment + (1 | therapist)"));
  add("Cox, CR2, 1000 times with ties", thousand_clients,
      with_cr2("Surv(weeks, left) ~ pre + age + treatment + (1 | therapist)"));
  add("least squares, 1000 clients", thousand_clients, of(linear));
  add("least squares, CR2, 1000 clients", thousand_clients, with_cr2(clustered));
  add("cluster-level, 1000 clients", thousand_clients, cluster_level);
}

}  // namespace bordin::benchmarks
