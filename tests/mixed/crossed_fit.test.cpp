#include "mixed/crossed_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "mixed/crossed_data.hpp"
#include "support/allocations.hpp"
#include "support/csv.hpp"

namespace bordin {
namespace {

using testing::crossed_data;
using testing::FactorPlan;
using testing::SmallData;

// ---- against lme4

nlohmann::json const& references() {
  static auto const all = nlohmann::json::parse(std::ifstream(BORDIN_SOURCE_DIR "/tests/data/crossed_reference.json"));
  return all;
}

std::vector<double> column(Table const& table, std::string const& name) {
  return std::get<std::vector<double>>(table.column(name).values);
}

struct ReferenceFit {
  nlohmann::json reference;
  Eigen::MatrixXd x, inverse_r;
  std::vector<std::string> names;
  std::vector<Grouping> factors;
  CrossedSums sums;
  CrossedFit fit;

  explicit ReferenceFit(std::size_t number) : reference(references()[number]) {
    auto const table = testing::read_data("crossed_" + reference["data"].get<std::string>() + ".csv");
    auto const y = column(table, "y");
    auto const rows = static_cast<Eigen::Index>(y.size());
    auto const p = static_cast<Eigen::Index>(reference["columns"].size());
    x = Eigen::MatrixXd::Ones(rows, p);
    for (Eigen::Index c = 1; c < p; ++c)
      x.col(c) = Eigen::VectorXd::Map(column(table, reference["columns"][static_cast<std::size_t>(c)]).data(), rows);
    Eigen::HouseholderQR<Eigen::MatrixXd> const qr(x);
    Eigen::MatrixXd columns(rows, p + 1);
    columns << qr.householderQ() * Eigen::MatrixXd::Identity(rows, p), Eigen::VectorXd::Map(y.data(), rows);
    Eigen::MatrixXd const r = qr.matrixQR().topRows(p).triangularView<Eigen::Upper>();
    inverse_r = r.inverse();
    for (auto const& [name, theta] : reference["theta"].items()) {
      names.push_back(name);
      factors.push_back({});
      for (double const group : column(table, name)) factors.back().of_row.push_back(static_cast<std::int32_t>(group) - 1);
      factors.back().groups = 1 + *std::max_element(factors.back().of_row.begin(), factors.back().of_row.end());
    }
    std::vector<Grouping const*> pointers;
    for (auto const& factor : factors) pointers.push_back(&factor);
    sums.assign(columns, pointers);
    bool const reml = reference["reml"];
    fit.fit(sums, static_cast<int>(rows), reml, reml ? 2 * r.diagonal().cwiseAbs().array().log().sum() : 0);
  }
};

class CrossedReference : public ::testing::TestWithParam<std::size_t> {
 protected:
  ReferenceFit own{GetParam()};
};

TEST_P(CrossedReference, HasTheOptimumOfLme4) {
  ASSERT_TRUE(own.fit.converged());
  double const criterion = own.reference["criterion"];
  EXPECT_LE(own.fit.criterion(), criterion + std::max(1e-8, 1e-12 * std::abs(criterion)));
  EXPECT_NEAR(own.fit.criterion(), criterion, 1e-9);
  EXPECT_LT(own.fit.decrement(), 1e-10);
  for (std::size_t k = 0; k < own.names.size(); ++k)
    EXPECT_NEAR(own.fit.theta(static_cast<int>(k)), own.reference["theta"][own.names[k]].get<double>(), 2e-6)
        << own.names[k];
  double const sigma = own.reference["sigma"];
  EXPECT_NEAR(std::sqrt(own.fit.residual_variance()), sigma, 1e-8 * sigma);
  EXPECT_EQ(own.fit.singular(), own.reference["data"] == "singular");
}

TEST_P(CrossedReference, HasTheCoefficientsOfLme4) {
  auto const p = own.x.cols();
  Eigen::VectorXd on_q(p);
  Eigen::MatrixXd covariance(p, p);
  for (int i = 0; i < p; ++i) {
    on_q[i] = own.fit.coefficient(i);
    for (int j = 0; j < p; ++j) covariance(i, j) = own.fit.inverse(i, j) * own.fit.residual_variance();
  }
  Eigen::VectorXd const estimate = own.inverse_r * on_q;
  Eigen::VectorXd const se = (own.inverse_r * covariance * own.inverse_r.transpose()).diagonal().cwiseSqrt();
  for (Eigen::Index i = 0; i < p; ++i) {
    double const expected = own.reference["se"][static_cast<std::size_t>(i)];
    EXPECT_NEAR(se[i], expected, 1e-6 * expected);
    EXPECT_NEAR(estimate[i], own.reference["estimate"][static_cast<std::size_t>(i)].get<double>(), 2e-6 * expected);
  }
}

TEST_P(CrossedReference, HasTheConditionalModesOfLme4) {
  for (std::size_t k = 0; k < own.names.size(); ++k) {
    auto const& expected = own.reference["modes"][own.names[k]];
    Eigen::VectorXd modes, variances;
    own.fit.profile().modes(static_cast<int>(k), modes, variances);
    for (std::size_t g = 0; g < expected["group"].size(); ++g) {
      auto const group = expected["group"][g].get<Eigen::Index>() - 1;
      EXPECT_NEAR(modes[group], expected["mode"][g].get<double>(), 2e-6) << own.names[k] << group;
      EXPECT_NEAR(variances[group] * own.fit.residual_variance(), expected["variance"][g].get<double>(), 2e-6);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Data, CrossedReference, ::testing::Range<std::size_t>(0, 8));

// ---- small awkward data

std::vector<FactorPlan> drawn_plan(std::mt19937_64& random) {
  auto const between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  int const outer = between(2, 5);
  switch (random() % 5) {
    case 0:
      return {{between(2, 12)}, {between(2, 12)}};
    case 1:
      return {{outer}, {outer * between(2, 3), 0}};
    case 2:
      return {{between(2, 10)}, {between(2, 8)}, {between(2, 6)}};
    case 3:
      return {{outer}, {outer * between(2, 4), 0}, {between(2, 8)}};
    default:
      return {{between(2, 6)}, {between(2, 6)}, {between(2, 6)}, {between(2, 4)}};
  }
}

SmallData drawn_data(std::mt19937_64& random) {
  auto const plan = drawn_plan(random);
  constexpr double sizes[] = {0, 0.1, 0.5, 1, 3, 20};
  std::vector<double> sd;
  for (std::size_t k = 0; k < plan.size(); ++k) sd.push_back(sizes[random() % 6]);
  int const coefficients = 1 + static_cast<int>(random() % 4);
  return crossed_data(random, coefficients + 8 + static_cast<int>(random() % 53), coefficients, plan, sd);
}

// Without a degree of freedom left for the residual, its variance goes to 0 and there is no optimum.
bool is_saturated(SmallData const& data) {
  Eigen::MatrixXd all = data.q;
  for (auto const& factor : data.factors) {
    auto const first = all.cols();
    all.conservativeResize(Eigen::NoChange, first + factor.groups);
    all.rightCols(factor.groups).setZero();
    for (Eigen::Index i = 0; i < all.rows(); ++i) all(i, first + factor.of_row[static_cast<std::size_t>(i)]) = 1;
  }
  return Eigen::ColPivHouseholderQR<Eigen::MatrixXd>(all).rank() >= all.rows();
}

TEST(CrossedFit, IsCertifiedOnSmallAwkwardData) {
  std::mt19937_64 random(17);
  CrossedSums sums;
  CrossedFit fit;
  int at_zero = 0;
  for (int n = 0; n < 1000; ++n) {
    auto const data = drawn_data(random);
    if (is_saturated(data)) continue;
    bool const reml = n % 2 == 0;
    sums.assign(data.columns(), data.pointers());
    fit.fit(sums, static_cast<int>(data.q.rows()), reml, 0);
    ASSERT_TRUE(fit.converged()) << n;
    for (int k = 0; k < sums.factors(); ++k) {
      ASSERT_GE(fit.theta(k), 0) << n;
      if (fit.theta(k) > 0) continue;
      ++at_zero;
      // A step out of the boundary, by the criterion from whole matrices where that can be told.
      auto theta = fit.minimum().theta;
      double const here = data.criterion(testing::variances(theta), reml);
      theta[k] = 0.02;
      EXPECT_GT(data.criterion(testing::variances(theta), reml), here - 1e-8 * (1 + std::abs(here))) << n;
    }
  }
  EXPECT_GT(at_zero, 300);
}

TEST(CrossedFit, LeavesNoTraceOfSignsOrOrder) {
  std::mt19937_64 random(3);
  auto const data = crossed_data(random, 200, 3, {{20}, {9}, {5}}, {0.8, 0.6, 0.4});
  CrossedSums sums, turned_sums;
  CrossedFit fit, turned;
  sums.assign(data.columns(), data.pointers());
  fit.fit(sums, 200, true, 0);
  turned_sums.assign(data.columns(), {&data.factors[2], &data.factors[0], &data.factors[1]});
  turned.fit(turned_sums, 200, true, 0);
  EXPECT_NEAR(fit.criterion(), turned.criterion(), 1e-9);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(fit.theta(k), turned.theta((k + 1) % 3), 1e-8);
  ASSERT_TRUE(fit.profile().last_was(fit.minimum().theta));
}

TEST(CrossedFit, RefusesWhatIsTooLarge) {
  Grouping const many{std::vector<std::int32_t>(4, 0), CrossedSums::most_dense_groups + 1};
  CrossedSums sums;
  sums.assign(Eigen::MatrixXd::Ones(4, 2), {&many, &many});
  CrossedFit fit;
  fit.fit(sums, 4, true, 0);
  EXPECT_TRUE(fit.too_large());
  EXPECT_FALSE(fit.exists());
  EXPECT_FALSE(fit.converged());
  EXPECT_FALSE(fit.singular());
}

TEST(CrossedFit, FactorsThatSayTheSameGiveTheirSumOnly) {
  std::mt19937_64 random(8);
  auto const data = crossed_data(random, 90, 2, {{15}, {6}}, {0.9, 0.6});
  CrossedSums sums, twice_sums;
  CrossedFit fit, twice;
  sums.assign(data.columns(), data.pointers());
  fit.fit(sums, 90, true, 0);
  twice_sums.assign(data.columns(), {&data.factors[0], &data.factors[1], &data.factors[1]});
  twice.fit(twice_sums, 90, true, 0);
  EXPECT_TRUE(twice.converged());
  EXPECT_NEAR(twice.criterion(), fit.criterion(), 1e-8);
  EXPECT_NEAR(std::hypot(twice.theta(1), twice.theta(2)), fit.theta(1), 1e-4);
}

TEST(CrossedFit, AllocatesNothingAfterTheFirstFitOfASize) {
  if (!testing::counts_allocations) GTEST_SKIP();
  std::mt19937_64 random(4);
  auto const data = crossed_data(random, 1000, 5, {{50}, {20}}, {0.5, 0.3});
  auto const columns = data.columns();
  auto const factors = data.pointers();
  CrossedSums sums;
  CrossedFit fit;
  std::size_t before = 0;
  for (int n = 0; n < 2; ++n) {
    before = testing::allocations();
    sums.assign(columns, factors);
    fit.fit(sums, 1000, true, 0);
  }
  EXPECT_TRUE(fit.converged());
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
