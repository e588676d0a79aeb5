#include "analysis/intercept_likelihood.hpp"

#include <algorithm>
#include <cmath>

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Symmetric matrices are kept as lower triangles until they are complete.
void add_square(MatrixXd& m, double factor, VectorXd const& v) {
  for (Index c = 0; c < v.size(); ++c) {
    double const f = factor * v[c];
    for (Index r = c; r < v.size(); ++r) m(r, c) += f * v[r];
  }
}

// factor (v w' + w v')
void add_product(MatrixXd& m, double factor, VectorXd const& v, VectorXd const& w) {
  for (Index c = 0; c < v.size(); ++c) {
    double const fv = factor * v[c];
    double const fw = factor * w[c];
    for (Index r = c; r < v.size(); ++r) m(r, c) += fv * w[r] + fw * v[r];
  }
}

}  // namespace

// S_t = sum over units of the t-th derivative of log P(y) in the linear predictor; V_t the same times q.
struct InterceptLikelihood::AtMode {
  double u, log_likelihood, s1, s2, s3, s4;
  double precision;  // -h''(u) = sigma^-2
  double sigma;
};

// Sums over nodes with their shares of the integral as weights; u_k = mode + sigma z_k.
struct InterceptLikelihood::Nodes {
  double log_sum;                   // log of the integral but for sigma
  double slope, slope_z;            // h'(u_k), and times z_k
  double curve, curve_z, curve_zz;  // h''(u_k), times z_k, times z_k^2
  double theta_theta;               // d^2 h(u_k) / d theta^2
};

InterceptLikelihood::InterceptLikelihood(int nodes) : rule_(nodes) {
  for (auto* v : {&node_log_, &node_u_, &node_slope_, &node_curve_, &node_s1_, &node_s2_}) v->resize(nodes);
}

void InterceptLikelihood::load(Design const& design, OrthogonalBasis const& basis) {
  data_.gather(design, basis);
  auto const units = data_.units();
  rank_ = basis.rank();
  Index const d = rank_ + 1;
  Index const most = data_.most_in_cluster();
  Index const nodes = rule_.nodes.size();
  responses_.resize(most);
  for (auto* v : {&fixed_, &weight_, &scaled_}) v->resize(units.q.rows());
  for (auto* v : {&eta_, &first_, &second_, &third_, &fourth_})
    if (static_cast<Index>(v->size()) < most) v->resize(static_cast<std::size_t>(most));
  for (auto* v : {&v2_, &v3_, &v4_, &mixed_theta_}) v->resize(rank_);
  for (auto* v : {&gradient_, &mode_psi_, &curve_psi_, &third_psi_, &mode_slope_, &scale_slope_, &parameters_, &slope_,
                  &slope_sum_, &mixed_, &mixed_z_})
    v->resize(d);
  hessian_.resize(d, d);
  modes_.setZero(data_.clusters());
  scales_.setOnes(data_.clusters());
  mode_slopes_.resize(d, data_.clusters());
  node_v1_.resize(rank_, nodes);
  node_v2_.resize(rank_, nodes);
  node_second_.resize(std::max(most, node_second_.rows()), nodes);
  warm_ = false;
}

InterceptLikelihood::Cluster InterceptLikelihood::cluster(Index j) const {
  auto const units = data_.units();
  Index const first = data_.first(j);
  return {j, first, data_.count(j), units.events.data() + first,
          units.sizes.size() == 0 ? nullptr : units.sizes.data() + first};
}

void InterceptLikelihood::evaluate(VectorXd const& a, double theta) {
  auto const units = data_.units();
  if (warm_) {  // the modes as they would move if they moved in straight lines
    parameters_ = -parameters_;
    parameters_.head(rank_) += a;
    parameters_[rank_] += theta;
    for (Index j = 0; j < modes_.size(); ++j) modes_[j] += mode_slopes_.col(j).dot(parameters_);
  }
  parameters_.head(rank_) = a;
  parameters_[rank_] = theta;
  theta_ = theta;
  fixed_.setZero();
  for (Index k = 0; k < rank_; ++k) fixed_ += a[k] * units.q.col(k);
  value_ = information_ = squared_information_ = 0;
  gradient_.setZero();
  hessian_.setZero();
  for (Index j = 0; j < data_.clusters(); ++j) add_cluster(cluster(j));
  add_fixed_effects();
  warm_ = true;
}

// ---- one cluster

double InterceptLikelihood::respond(Cluster const& c, double u) {
  double const shift = theta_ * u;
  double const* fixed = fixed_.data() + c.first;
  double* eta = eta_.data();
  for (Index i = 0; i < c.count; ++i) eta[i] = fixed[i] + shift;
  return responses_.at(eta, c.events, c.sizes, c.count);
}

double InterceptLikelihood::total_residual(Cluster const& c) const {
  using Numbers = Eigen::Map<Eigen::ArrayXd const>;
  Numbers const events(c.events, c.count);
  Numbers const mean(responses_.mean.data(), c.count);
  return c.sizes == nullptr ? (events - mean).sum() : (events - Numbers(c.sizes, c.count) * mean).sum();
}

double InterceptLikelihood::total_variance(Cluster const& c) const {
  using Numbers = Eigen::Map<Eigen::ArrayXd const>;
  Numbers const variance(responses_.variance.data(), c.count);
  return c.sizes == nullptr ? variance.sum() : (Numbers(c.sizes, c.count) * variance).sum();
}

// Newton's method on h'(u) = 0. h is concave and |sum of residuals| at most the number of rows, so that the root lies in a
// bracket known beforehand. Sigma depends on the mode to first order, so that it has to be exact. Leaves the
// responses there behind and returns their log-likelihood.
double InterceptLikelihood::find_mode(Cluster const& c) {
  constexpr int most = 100;
  constexpr double close = 1e-7;  // of the scale: the next step makes it exact
  constexpr double exact = 1e-13;
  double& u = modes_[c.index];
  double const size = std::abs(theta_) * (c.sizes == nullptr ? static_cast<double>(c.count)
                                                             : Eigen::Map<VectorXd const>(c.sizes, c.count).sum());
  double low = -size;
  double high = size;
  if (!(u >= low && u <= high)) u = 0;
  double log_likelihood = respond(c, u);
  bool last = false;
  for (int i = 0; i < most; ++i) {
    double const slope = theta_ * total_residual(c) - u;
    double const precision = 1 + theta_ * theta_ * total_variance(c);
    double const distance = std::abs(slope) / std::sqrt(precision);
    if (last || distance < exact) break;
    last = distance < close;
    (slope > 0 ? low : high) = u;
    double next = u + slope / precision;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next == u) break;
    u = next;
    log_likelihood = respond(c, u);
  }
  return log_likelihood;
}

double InterceptLikelihood::weighted_sum(Cluster const& c, std::vector<double> const& weight) const {
  return Eigen::Map<VectorXd const>(weight.data(), c.count).sum();
}

void InterceptLikelihood::weighted_columns(Cluster const& c, std::vector<double> const& weight,
                                           Eigen::Ref<VectorXd> out) const {
  auto const q = data_.units().q;
  Eigen::Map<VectorXd const> const w(weight.data(), c.count);
  for (Index k = 0; k < rank_; ++k) out[k] = q.col(k).segment(c.first, c.count).dot(w);
}

InterceptLikelihood::AtMode InterceptLikelihood::describe_mode(Cluster const& c, double u, double log_likelihood) {
  for (Index i = 0; i < c.count; ++i) {
    auto const k = static_cast<std::size_t>(i);
    double const p = responses_.mean[k];
    double const v = c.sizes == nullptr ? responses_.variance[k] : c.sizes[i] * responses_.variance[k];
    second_[k] = -v;
    third_[k] = -v * (1 - 2 * p);
    fourth_[k] = -v * (1 - 6 * responses_.variance[k]);
  }
  weighted_columns(c, second_, v2_);
  weighted_columns(c, third_, v3_);
  weighted_columns(c, fourth_, v4_);
  AtMode m{
      u, log_likelihood, total_residual(c), weighted_sum(c, second_), weighted_sum(c, third_), weighted_sum(c, fourth_), 0,
      0};
  m.precision = 1 - theta_ * theta_ * m.s2;
  m.sigma = 1 / std::sqrt(m.precision);
  double const t = theta_;
  mode_psi_.head(rank_) = t * v2_;
  mode_psi_[rank_] = m.s1 + u * t * m.s2;
  curve_psi_.head(rank_) = t * t * v3_;
  curve_psi_[rank_] = 2 * t * m.s2 + u * t * t * m.s3;
  third_psi_.head(rank_) = t * t * t * v4_;
  third_psi_[rank_] = 3 * t * t * m.s3 + u * t * t * t * m.s4;
  mode_slope_ = mode_psi_ / m.precision;
  scale_slope_ = (curve_psi_ + t * t * t * m.s3 * mode_slope_) / (2 * m.precision);
  return m;
}

// Residual and variance sums at every node, beginning with the middle: where that is the mode, the responses are there.
void InterceptLikelihood::visit_nodes(Cluster const& c, AtMode const& m) {
  auto const count = static_cast<std::size_t>(c.count);
  Index const nodes = node_u_.size();
  for (Index visit = 0; visit < nodes; ++visit) {
    Index const k = (nodes / 2 + visit) % nodes;
    double const z = rule_.nodes[k];
    double const u = m.u + m.sigma * z;
    double const log_likelihood = visit == 0 && z == 0 ? m.log_likelihood : respond(c, u);
    for (std::size_t i = 0; i < count; ++i) {
      double const size = c.sizes == nullptr ? 1 : c.sizes[i];
      first_[i] = c.events[i] - size * responses_.mean[i];
      second_[i] = -size * responses_.variance[i];
    }
    node_u_[k] = u;
    node_log_[k] = rule_.log_weights[k] + z * z / 2 + log_likelihood - u * u / 2;
    node_s1_[k] = weighted_sum(c, first_);
    node_s2_[k] = weighted_sum(c, second_);
    weighted_columns(c, first_, node_v1_.col(k));
    weighted_columns(c, second_, node_v2_.col(k));
    std::copy_n(second_.begin(), c.count, node_second_.col(k).data());
  }
}

// From here on node_log_ holds each node's share of the integral.
InterceptLikelihood::Nodes InterceptLikelihood::weigh_nodes(AtMode const& m) {
  Nodes n{};
  double const largest = node_log_.maxCoeff();
  double total = 0;
  for (double& log : node_log_) {
    log = std::exp(log - largest);
    total += log;
  }
  node_log_ /= total;
  n.log_sum = largest + std::log(total);
  slope_sum_.setZero();
  mixed_.setZero();
  mixed_z_.setZero();
  mixed_theta_.setZero();
  for (Index k = 0; k < node_u_.size(); ++k) {
    double const share = node_log_[k];
    double const z = rule_.nodes[k];
    double const u = node_u_[k];
    double const slope = theta_ * node_s1_[k] - u;
    double const curve = theta_ * theta_ * node_s2_[k] - 1;
    n.slope += share * slope;
    n.slope_z += share * z * slope;
    n.curve += share * curve;
    n.curve_z += share * z * curve;
    n.curve_zz += share * z * z * curve;
    n.theta_theta += share * u * u * node_s2_[k];
    slope_ = slope * mode_slope_ + slope * z * m.sigma * scale_slope_;
    slope_.head(rank_) += node_v1_.col(k);
    slope_[rank_] += u * node_s1_[k];
    slope_sum_ += share * slope_;
    add_square(hessian_, share, slope_);
    double const mixed = node_s1_[k] + u * theta_ * node_s2_[k];
    mixed_.head(rank_) += share * theta_ * node_v2_.col(k);
    mixed_[rank_] += share * mixed;
    mixed_z_.head(rank_) += share * z * theta_ * node_v2_.col(k);
    mixed_z_[rank_] += share * z * mixed;
    mixed_theta_ += share * u * node_v2_.col(k);
  }
  add_square(hessian_, -1, slope_sum_);
  return n;
}

// log L = log sigma + log sum_k exp(..., h(u_k)), differentiated twice. With D = -h''(mode), primes for derivatives in psi:
//   mode''      = (h_u,psi psi + h_uu,psi mode' + mode' h_uu,psi + h_uuu mode' mode') / D
//   D''         = -(h_uu,psi psi + h_uuu,psi mode' + mode' h_uuu,psi + h_uuuu mode' mode' + h_uuu mode'')
//   (log sigma)'' = -D''/2D + 2 (log sigma)' (log sigma)',  sigma'' = sigma ((log sigma)'' + (log sigma)' (log sigma)')
void InterceptLikelihood::add_curvature(Cluster const& c, AtMode const& m, Nodes const& n) {
  double const t = theta_;
  double const scale_factor = 1 + m.sigma * n.slope_z;           // of (log sigma)''
  double const curve_factor = scale_factor / (2 * m.precision);  // of h_uu,psi psi
  double const h3 = t * t * t * m.s3;
  double const mode_factor = n.slope + curve_factor * h3;  // of mode''
  double const shift_factor = mode_factor / m.precision;

  add_product(hessian_, 1, mixed_, mode_slope_);
  add_product(hessian_, m.sigma, mixed_z_, scale_slope_);
  add_square(hessian_, n.curve + curve_factor * t * t * t * t * m.s4 + shift_factor * h3, mode_slope_);
  add_product(hessian_, m.sigma * n.curve_z, mode_slope_, scale_slope_);
  add_square(hessian_, m.sigma * m.sigma * n.curve_zz + m.sigma * n.slope_z + 2 * scale_factor, scale_slope_);
  add_product(hessian_, curve_factor, third_psi_, mode_slope_);
  add_product(hessian_, shift_factor, curve_psi_, mode_slope_);

  for (Index k = 0; k < rank_; ++k)
    hessian_(rank_, k) += mixed_theta_[k] + curve_factor * (2 * t * v3_[k] + m.u * t * t * v4_[k]) +
                          shift_factor * (v2_[k] + m.u * t * v3_[k]);
  hessian_(rank_, rank_) += n.theta_theta + curve_factor * (2 * m.s2 + 4 * m.u * t * m.s3 + m.u * m.u * t * t * m.s4) +
                            shift_factor * (2 * m.u * m.s2 + m.u * m.u * t * m.s3);
  set_weights(c, shift_factor * t, curve_factor * t * t);
}

// All terms in q q' of a cluster, whichever node or derivative they come from, make one weight per unit.
void InterceptLikelihood::set_weights(Cluster const& c, double third, double fourth) {
  auto weight = weight_.segment(c.first, c.count);
  weight = third * Eigen::Map<VectorXd const>(third_.data(), c.count) +
           fourth * Eigen::Map<VectorXd const>(fourth_.data(), c.count);
  for (Index k = 0; k < node_log_.size(); ++k) weight += node_log_[k] * node_second_.col(k).head(c.count);
}

void InterceptLikelihood::add_cluster(Cluster const& c) {
  double const log_likelihood = find_mode(c);
  auto const m = describe_mode(c, modes_[c.index], log_likelihood);
  visit_nodes(c, m);
  auto const n = weigh_nodes(m);
  value_ += std::log(m.sigma) + n.log_sum;
  gradient_ += scale_slope_ + slope_sum_;
  add_curvature(c, m, n);
  scales_[c.index] = m.sigma;
  mode_slopes_.col(c.index) = mode_slope_;
  information_ -= m.s2;
  squared_information_ += m.s2 * m.s2;
}

void InterceptLikelihood::add_fixed_effects() {
  auto const q = data_.units().q;
  for (Index k = 0; k < rank_; ++k) {
    scaled_ = weight_.cwiseProduct(q.col(k));
    for (Index l = k; l < rank_; ++l) hessian_(l, k) += scaled_.dot(q.col(l));
  }
  for (Index c = 0; c < hessian_.cols(); ++c)
    for (Index r = 0; r < c; ++r) hessian_(r, c) = hessian_(c, r);
}

}  // namespace bordin
