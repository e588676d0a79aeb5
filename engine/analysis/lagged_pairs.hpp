#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bordin {

//! Repeated measurements as they stand in a table, rows in any order. NaN is a missing value: a row without `y` or a
//! `lagged` value counts as not there, one without a `same` value can only be the row before another.
struct LaggedData {
  std::span<std::int32_t const> client;   //!< 0 .. clients-1
  std::span<std::int32_t const> session;  //!< time in whole steps
  Eigen::VectorXd const& y;
  Eigen::MatrixXd const& lagged;          //!< measured with y; enter one session late
  Eigen::MatrixXd const& same;            //!< enter as they stand; strictly exogenous
  std::span<std::int32_t const> cluster;  //!< per row, constant within clients; empty = each client is a cluster
  std::size_t clients = 0;
  std::size_t clusters = 0;  //!< not read when `cluster` is empty
};

//! Pairs of adjacent sessions (t - 1, t) of a client, centred at the client's means over such pairs; a gap breaks the
//! chain. Clients with a single pair have nothing left and are not counted.
//!
//! The columns are [W_t, W_(t-1), Z_t] with W = [y, lagged] and Z = same, in units that make all of similar size.
class LaggedPairs {
 public:
  //! Reads one data set. Buffers are kept: after the first call of a size nothing is allocated unless there is a problem.
  void read(LaggedData const& data);

  //! Why no model can be fitted; empty when one can.
  std::string const& problem() const { return problem_; }
  Eigen::Index outcomes() const { return outcomes_; }  //!< columns of W
  Eigen::Index same() const { return same_; }          //!< columns of Z
  Eigen::Index width() const { return 2 * outcomes_ + same_; }
  Eigen::Index clients() const { return static_cast<Eigen::Index>(cluster_.size()); }  //!< that have two pairs or more
  Eigen::Index pairs() const { return pairs_; }                                        //!< of these clients
  Eigen::Index lags() const { return lags_; }                                          //!< rows of lag_weights
  //! Sums of products of a client's columns, width x width.
  Eigen::Map<Eigen::MatrixXd const> products(Eigen::Index client) const {
    return {products_.col(client).data(), width(), width()};
  }
  //! h_k = #{pairs (s-1, s), (t-1, t) of the client with t - 1 - s = k} / (n (n - 1)), n its number of pairs. Lags beyond
  //! the longest kept (256) are left out: what is carried over so long is nothing.
  auto lag_weights(Eigen::Index client) const { return lag_weights_.col(client); }
  std::int32_t cluster(Eigen::Index client) const { return cluster_[static_cast<std::size_t>(client)]; }
  //! A regressor [W_(t-1), Z_t] that does not vary within any client, if there is one.
  std::optional<Eigen::Index> constant() const { return constant_; }
  //! Column j of [W_(t-1), Z_t] here times unit(j) is in the data's units; unit(0) is that of y.
  double unit(Eigen::Index regressor) const { return units_[regressor]; }

 private:
  void sort_rows(LaggedData const& data);
  bool follows(LaggedData const& data, std::size_t before, std::size_t now) const;
  void read_client(LaggedData const& data, std::size_t first, std::size_t last);
  void centre(LaggedData const& data);
  void count_lags(LaggedData const& data);
  void set_units();

  Eigen::Index outcomes_ = 0;
  Eigen::Index same_ = 0;
  Eigen::Index pairs_ = 0;
  Eigen::Index lags_ = 0;
  std::string problem_;
  std::optional<Eigen::Index> constant_;
  std::vector<std::size_t> order_;    // rows by client and session
  std::vector<std::size_t> current_;  // where in order_ the pairs of the client at hand have their later row
  Eigen::VectorXd raw_units_;         // powers of two that bring the columns [W, Z] as they are below 1
  Eigen::VectorXd units_;
  Eigen::VectorXd squares_;
  Eigen::MatrixXd rows_;  // width x pairs of the client at hand
  Eigen::VectorXd means_;
  Eigen::MatrixXd products_;
  Eigen::MatrixXd lag_weights_;
  std::vector<std::int32_t> cluster_;
};

}  // namespace bordin
