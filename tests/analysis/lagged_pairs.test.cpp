#include "analysis/lagged_pairs.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "analysis/sessions.hpp"

namespace bordin {
namespace {

using testing::Sessions;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Sessions one_client(std::vector<std::int32_t> const& session, std::vector<double> const& y) {
  Sessions out;
  auto const rows = static_cast<Eigen::Index>(y.size());
  out.client.assign(y.size(), 0);
  out.session = session;
  out.y = Eigen::Map<Eigen::VectorXd const>(y.data(), rows);
  out.lagged.resize(rows, 0);
  out.same.resize(rows, 0);
  out.clients = 1;
  return out;
}

LaggedPairs read(Sessions const& sessions) {
  LaggedPairs pairs;
  pairs.read(sessions.data());
  return pairs;
}

TEST(LaggedPairs, AdjacentSessionsArePairedAndCentred) {
  auto const pairs = read(one_client({3, 1, 2, 4}, {8, 1, 2, 10}));  // pairs (1, 2), (2, 8), (8, 10)
  EXPECT_EQ(pairs.pairs(), 3);
  double const unit = pairs.unit(0) * pairs.unit(0);
  double const before_mean = 11.0 / 3;
  EXPECT_NEAR(pairs.products(0)(1, 1) * unit, 1 + 4 + 64 - 3 * before_mean * before_mean, 1e-12);
  EXPECT_NEAR(pairs.products(0)(0, 1) * unit, 2 + 16 + 80 - 3 * before_mean * 20 / 3, 1e-12);
  // t - 1 - s of the three orders of pairs: 0, 0, 1.
  EXPECT_DOUBLE_EQ(pairs.lag_weights(0)[0], 2.0 / 6);
  EXPECT_DOUBLE_EQ(pairs.lag_weights(0)[1], 1.0 / 6);
}

TEST(LaggedPairs, GapsAndMissingValuesBreakTheChain) {
  auto const gap = read(one_client({1, 2, 4, 5, 7}, {1, 3, 2, 7, 5}));  // pairs (1, 3) and (2, 7), later rows 2 and 5
  EXPECT_EQ(gap.pairs(), 2);
  EXPECT_DOUBLE_EQ(gap.lag_weights(0)[2], .5);
  EXPECT_DOUBLE_EQ(gap.lag_weights(0).sum(), .5);
  EXPECT_EQ(read(one_client({1, 2, 3, 4, 5, 6}, {1, 3, nan, 2, 7, 5})).pairs(), 3);
  auto late = one_client({1, 2, 3, 4}, {1, 3, 2, 7});
  late.same = Eigen::MatrixXd::Random(4, 1);
  late.same(0, 0) = nan;  // is not needed there
  EXPECT_EQ(read(late).pairs(), 3);
  late.same(2, 0) = nan;
  EXPECT_EQ(read(late).pairs(), 2);
}

TEST(LaggedPairs, ClientsAreNeverPairedWithEachOther) {
  auto sessions = one_client({1, 2, 3, 4, 5, 6}, {1, 4, 2, 3, 9, 5});
  sessions.client = {0, 0, 0, 1, 1, 1};
  sessions.clients = 2;
  EXPECT_EQ(read(sessions).pairs(), 4);
  EXPECT_EQ(read(sessions).clients(), 2);
}

TEST(LaggedPairs, SaysWhatCannotBeUsed) {
  EXPECT_EQ(read(one_client({1, 2, 2}, {1, 4, 2})).problem(), "somebody has session 2 more than once");
  EXPECT_EQ(read(one_client({1, 3, 5}, {1, 4, 2})).problem(),
            "nobody has two pairs of adjacent sessions: there is nothing to compare within anybody");
  EXPECT_EQ(read(one_client({}, {})).problem(), read(one_client({1, 3, 5}, {1, 4, 2})).problem());
  EXPECT_EQ(read(one_client({1, 2, 3}, {1, std::numeric_limits<double>::infinity(), 2})).problem(),
            "some value is infinite");
  EXPECT_EQ(read(one_client({1, 2, 3}, {.1, .1, .1})).constant(), 0);
  auto const range = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(read(one_client({-range, 1 - range, 2 - range, range - 1, range}, {1, 4, 2, 3, 5})).pairs(), 3);
}

}  // namespace
}  // namespace bordin
