#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "analysis/lagged.hpp"
#include "analysis/reference.hpp"

namespace bordin::testing {

//! Rows of clients and sessions that own their memory.
struct Sessions {
  std::vector<std::int32_t> client;
  std::vector<std::int32_t> session;
  std::vector<std::int32_t> cluster;
  Eigen::VectorXd y;
  Eigen::MatrixXd lagged;
  Eigen::MatrixXd same;
  std::size_t clients = 0;
  std::size_t clusters = 0;

  LaggedData data() const { return {client, session, y, lagged, same, cluster, clients, clusters}; }
};

//! A panel to draw: y_t = rho y_(t-1) + effect x_(t-1) + client + e_t, x_t = feedback y_(t-1) + .3 x_(t-1) + shared e_t +
//! v_t.
struct Panel {
  int clients = 200;
  int least = 6;  //!< pairs of adjacent sessions without gaps, least to most, independent of everything
  int most = 6;
  double missing = 0;  //!< share of sessions without a row
  double rho = .3;
  double effect = 0;
  double feedback = 0;
  double shared = 0;
  bool with_x = false;
};

inline Sessions drawn(Panel const& panel, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> ys;
  std::vector<double> xs;
  Sessions out;
  for (int i = 0; i < panel.clients; ++i) {
    double const level = 2 * normal(random);
    double y = normal(random);
    double x = normal(random);
    int const pairs = panel.least + static_cast<int>(random() % static_cast<unsigned>(panel.most - panel.least + 1));
    for (int t = -15; t <= pairs; ++t) {  // by 0 it does not matter how it began
      double const e = normal(random);
      double const next = panel.rho * y + panel.effect * x + e;
      x = panel.feedback * y + .3 * x + panel.shared * e + normal(random);
      y = next;
      if (t < 0 || uniform(random) < panel.missing) continue;
      out.client.push_back(i);
      out.session.push_back(t);
      ys.push_back(y + level);
      xs.push_back(x - level);
    }
  }
  out.clients = static_cast<std::size_t>(panel.clients);
  auto const rows = static_cast<Eigen::Index>(ys.size());
  out.y = Eigen::Map<Eigen::VectorXd>(ys.data(), rows);
  out.lagged.resize(rows, panel.with_x ? 1 : 0);
  if (panel.with_x) out.lagged.col(0) = Eigen::Map<Eigen::VectorXd>(xs.data(), rows);
  out.same.resize(rows, 0);
  return out;
}

inline Fit lagged_fit(Sessions const& sessions, LagBias bias = LagBias::corrected) {
  Fit fit;
  for (Eigen::Index k = 0; k <= sessions.lagged.cols() + sessions.same.cols(); ++k) {
    fit.coefficients.emplace_back();
    fit.coefficients.back().term = k == 0 ? "y before" : "x" + std::to_string(k);
  }
  LaggedModel().fit(sessions.data(), bias, "client", "therapist", fit);
  return fit;
}

}  // namespace bordin::testing
