#include <gtest/gtest.h>

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "analysis/analysis.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"

namespace bordin {
namespace {

// Two arms of 6 therapists with 10 clients each, rated at times 0 to 10, a client less at each of them:
//   y = 5 - .2 t + client + therapist + e, no effect of the arm. Leaves after t with probability logistic(-3.75 + .05 y).
constexpr int therapists = 12, caseload = 10, last_time = 10;
constexpr std::uint64_t seed = 20'261'123;

struct Effects {
  double intercept, slope;
};

//! Intercepts and slopes with SDs of their own and a correlation.
struct Spread {
  double intercept, slope, correlation;
  template <class Normal>
  Effects drawn(Normal const& normal) const {
    double const first = normal(), second = normal();
    return {intercept * first, slope * (correlation * first + std::sqrt(1 - correlation * correlation) * second)};
  }
};

struct Truth {
  std::string name;
  Spread client{1, .2, -.5};
  Spread therapist{.387, .0894, .29};
};
Truth const therapists_matter{.name = "therapists matter"};
Truth const therapists_alike{.name = "therapists alike", .therapist = {0, 0, 0}};

//! The columns of one data set.
struct Rows {
  std::vector<double> y, time;
  std::vector<std::int32_t> client, therapist, treatment;
};

//! A pure function of seed and replication: whatever goes wrong with a data set can be seen again without the others.
Table reference_data(Truth const& truth, std::uint32_t replication) {
  RandomStream stream({replication, 0, 0, 0}, seed);
  boost::random::normal_distribution<double> standard;
  boost::random::uniform_01<double> uniform;
  auto const normal = [&] { return standard(stream); };
  Rows rows;
  for (std::int32_t j = 0; j < therapists; ++j) {
    auto const therapist = truth.therapist.drawn(normal);
    for (std::int32_t i = 0; i < caseload; ++i) {
      auto const client = truth.client.drawn(normal);
      for (int t = 0; t <= last_time; ++t) {
        double const y = 5 + therapist.intercept + client.intercept + (-.2 + therapist.slope + client.slope) * t + normal();
        rows.y.push_back(y);
        rows.time.push_back(t);
        rows.client.push_back(j * caseload + i);
        rows.therapist.push_back(j);
        rows.treatment.push_back(j < therapists / 2 ? 0 : 1);
        if (uniform(stream) < 1 / (1 + std::exp(3.75 - .05 * y))) break;
      }
    }
  }
  Table table;
  auto const add = [&](char const* name, Column::Values values) {
    table.add({.name = name, .unit = "", .description = "", .values = std::move(values)});
  };
  add("y", std::move(rows.y));
  add("time", std::move(rows.time));
  add("treatment", std::move(rows.treatment));
  add("client", std::move(rows.client));
  add("therapist", std::move(rows.therapist));
  return table;
}

Analysis growth_analysis(std::string const& of_therapists, DfMethod df) {
  AnalysisSpec spec;
  spec.formula = "y ~ time * treatment + (1 + time | client) + (" + of_therapists + " | therapist)";
  spec.df = df;
  spec.test = {"time:treatment"};
  return {spec, reference_data(therapists_matter, 0)};
}

bool is_soak() {
  return std::getenv("BORDIN_SOAK") != nullptr;
}

//! replications 0 .. count-1 in batches on all cores; `result(replication)` is collected in their order.
template <class Result>
std::vector<Result> of_replications(std::uint32_t count, auto const& result) {
  constexpr std::uint32_t batch = 250;
  std::vector<Result> out;
  RunControl control;
  ordered_parallel<std::vector<Result>>(
      count / batch, 0, control,
      [&](std::size_t b) {
        std::vector<Result> results;
        for (std::uint32_t r = 0; r < batch; ++r) results.push_back(result(static_cast<std::uint32_t>(b) * batch + r));
        return results;
      },
      [&](std::size_t, std::vector<Result>&& results) { out.insert(out.end(), results.begin(), results.end()); });
  return out;
}

bool is_certified(Fit const& fit) {
  return (fit.status == FitStatus::ok || fit.status == FitStatus::singular) && fit.newton_decrement < 1e-8;
}

// ---- every fit ends at a minimum

void expect_certified_optima(Truth const& truth, double least_singular, double most_singular) {
  std::uint32_t const replications = is_soak() ? 500'000 : 2'000;
  auto const analysis = growth_analysis("1 + time", DfMethod::satterthwaite);
  struct Found {
    bool certified, singular;
  };
  auto const found = of_replications<Found>(replications, [&](std::uint32_t r) {
    auto const fit = analysis.fit(reference_data(truth, r), {});
    return Found{is_certified(fit), fit.status == FitStatus::singular};
  });
  double singular = 0;
  for (std::uint32_t r = 0; r < replications; ++r) {
    EXPECT_TRUE(found[r].certified) << truth.name << ", replication " << r << ": "
                                    << analysis.fit(reference_data(truth, r), {}).message;
    singular += found[r].singular ? 1.0 / replications : 0;
  }
  ::testing::Test::RecordProperty("singular", std::to_string(singular));
  EXPECT_GT(singular, least_singular);
  EXPECT_LT(singular, most_singular);
}

TEST(ReferenceDesign, EveryFitIsACertifiedOptimum) {
  expect_certified_optima(therapists_matter, .2, .5);
}

TEST(ReferenceDesign, EveryFitIsACertifiedOptimumWhereTherapistsAreAlike) {
  expect_certified_optima(therapists_alike, .75, .99);
}

// ---- how often a slope difference is found that is none

struct Rejected {
  bool z, satterthwaite, kenward_roger;
};

struct Rates {
  double z = 0, satterthwaite = 0, kenward_roger = 0;
};

Rates rejection_rates(Truth const& truth, std::string const& of_therapists, std::uint32_t replications) {
  auto const by_satterthwaite = growth_analysis(of_therapists, DfMethod::satterthwaite);
  auto const by_kenward_roger = growth_analysis(of_therapists, DfMethod::kenward_roger);
  constexpr double normal_quantile = 1.959963984540054;
  auto const rejected = of_replications<Rejected>(replications, [&](std::uint32_t r) {
    auto const data = reference_data(truth, r);
    auto const slope = by_satterthwaite.fit(data, {}).coefficient("time:treatment");
    auto const corrected = by_kenward_roger.fit(data, {}).coefficient("time:treatment");
    return Rejected{std::abs(slope.statistic) > normal_quantile, slope.p_value < .05, corrected.p_value < .05};
  });
  Rates rates;
  for (auto const& r : rejected) {
    rates.z += (r.z ? 1.0 : 0) / replications;
    rates.satterthwaite += (r.satterthwaite ? 1.0 : 0) / replications;
    rates.kenward_roger += (r.kenward_roger ? 1.0 : 0) / replications;
  }
  return rates;
}

//! Against rates known from earlier simulations, whose own SE is at most .001.
void expect_rates(Truth const& truth, std::string const& of_therapists, Rates const& known) {
  std::uint32_t const replications = is_soak() ? 100'000 : 2'000;
  double const most = is_soak() ? 3 : 4, known_se = .001;
  auto const found = rejection_rates(truth, of_therapists, replications);
  auto const expect = [&](char const* name, double rate, double expected) {
    double const se = std::hypot(std::sqrt(expected * (1 - expected) / replications), known_se);
    EXPECT_LT(std::abs(rate - expected), most * se)
        << truth.name << ", (" << of_therapists << " | therapist), " << name << ": " << rate;
    ::testing::Test::RecordProperty(name, std::to_string(rate));
  };
  expect("z", found.z, known.z);
  expect("satterthwaite", found.satterthwaite, known.satterthwaite);
  expect("kenward_roger", found.kenward_roger, known.kenward_roger);
}

TEST(ReferenceDesign, FullModelRejectsAsOftenAsIsKnown) {
  expect_rates(therapists_matter, "1 + time", {.z = .070, .satterthwaite = .048, .kenward_roger = .044});
}

TEST(ReferenceDesign, WithoutTherapistVarianceItRejectsLessOften) {
  expect_rates(therapists_alike, "1 + time", {.z = .039, .satterthwaite = .030, .kenward_roger = .019});
}

TEST(ReferenceDesign, OmittingTheTherapistSlopeRejectsFarTooOften) {
  expect_rates(therapists_matter, "1", {.z = .18, .satterthwaite = .18, .kenward_roger = .18});
}

}  // namespace
}  // namespace bordin
