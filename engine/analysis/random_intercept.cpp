#include "analysis/random_intercept.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>
#include <utility>
#include <vector>

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// ---- sufficient statistics

VectorXd cluster_sizes(Grouping const& clusters) {
  VectorXd sizes = VectorXd::Zero(clusters.groups);
  for_each_run(clusters, [&](auto first, auto end, auto cluster) { sizes[cluster] += static_cast<double>(end - first); });
  return sizes;
}

// [Q r] with its cluster means taken out; the means go to `means`, columns x clusters. Data mostly come sorted by cluster,
// and sums over whole runs are several times faster.
MatrixXd centred(Grouping const& clusters, OrthogonalBasis const& basis, VectorXd const& residual, VectorXd const& sizes,
                 MatrixXd& means) {
  Index const rank = basis.rank();
  MatrixXd columns(residual.size(), rank + 1);
  means.setZero(rank + 1, sizes.size());
  for (Index c = 0; c <= rank; ++c) {
    auto column = columns.col(c);
    auto const rows = [&](std::size_t first, std::size_t end) {
      return Eigen::Map<Eigen::ArrayXd>(&column[static_cast<Index>(first)], static_cast<Index>(end - first));
    };
    if (c < rank)
      column = basis.q().col(c);
    else
      column = residual;
    for_each_run(clusters, [&](auto first, auto end, auto j) { means(c, j) += rows(first, end).sum(); });
    means.row(c).array() /= sizes.transpose().array();
    for_each_run(clusters, [&](auto first, auto end, auto j) { rows(first, end) -= means(c, j); });
  }
  return columns;
}

// Sorted distinct values with how often each occurs.
std::pair<VectorXd, VectorXd> tabulated(VectorXd const& values) {
  std::vector<double> distinct(values.begin(), values.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  VectorXd const sizes = Eigen::Map<VectorXd>(distinct.data(), static_cast<Index>(distinct.size()));
  VectorXd counts = VectorXd::Zero(sizes.size());
  for (double const value : values) counts[std::lower_bound(sizes.begin(), sizes.end(), value) - sizes.begin()] += 1;
  return {sizes, counts};
}

// m = R'R, R above the diagonal and on it. False where a pivot is no positive number.
bool factorise(MatrixXd& m) {
  for (Index j = 0; j < m.cols(); ++j) {
    double const* const column = &m(0, j);
    for (Index i = 0; i <= j; ++i) {
      double const* const other = &m(0, i);
      double sum = m(i, j);
      for (Index k = 0; k < i; ++k) sum -= column[k] * other[k];
      if (i == j && !(sum > 0)) return false;
      m(i, j) = i == j ? std::sqrt(sum) : sum / m(i, i);
    }
  }
  return true;
}

}  // namespace

struct RandomInterceptProfile::Pieces {
  MatrixXd first, second;  // d C / d lambda and its derivative
  MatrixXd inverse;        // Cxx^-1
  VectorXd on_basis;       // b: GLS coefficients of r on Q
  double rho = 0, rho_slope = 0, rho_curvature = 0;
  double log_slope = 0, log_curvature = 0;  // of sum m_k log(1 + k lambda), and for REML + log|Cxx|
};

RandomInterceptProfile::RandomInterceptProfile(Design const& design, OrthogonalBasis const& basis, LeastSquares const& ls,
                                               bool reml)
    : reml_(reml), rank_(basis.rank()), degrees_(static_cast<double>(design.y.size() - (reml ? basis.rank() : 0))) {
  constant_ = degrees_ * (1 + std::log(2 * std::numbers::pi / degrees_) + 2 * std::log(ls.scale));
  if (reml) constant_ += 2 * basis.log_det_r();
  auto const& clusters = design.factors.front();
  VectorXd const size_of = cluster_sizes(clusters);
  std::tie(sizes_, counts_) = tabulated(size_of);
  MatrixXd means;
  MatrixXd const deviations = centred(clusters, basis, ls.residual, size_of, means);
  within_.resize(rank_ + 1, rank_ + 1);
  for (Index c = 0; c <= rank_; ++c) {
    Index const left = rank_ + 1 - c;
    within_.col(c).tail(left).noalias() = deviations.rightCols(left).transpose() * deviations.col(c);
    within_.row(c).tail(left - 1) = within_.col(c).tail(left - 1).transpose();
  }
  between_.setZero(within_.size(), sizes_.size());
  for (Index j = 0; j < size_of.size(); ++j) {
    auto const k = std::lower_bound(sizes_.begin(), sizes_.end(), size_of[j]) - sizes_.begin();
    double* sum = &between_(0, k);
    for (Index c = 0; c <= rank_; ++c)
      for (Index r = 0; r <= rank_; ++r) *sum++ += size_of[j] * means(c, j) * means(r, j);
  }
}

MatrixXd RandomInterceptProfile::between(VectorXd const& weights) const {
  MatrixXd sum(within_.rows(), within_.cols());
  Eigen::Map<VectorXd>(sum.data(), sum.size()).noalias() = between_ * weights;
  return sum;
}

// Evaluated at every point of a grid, so without the memory and the calls that matrices of any size cost.
double RandomInterceptProfile::criterion(double lambda) {
  double value = constant_;
  c_ = within_;
  for (Index k = 0; k < sizes_.size(); ++k) {
    double const inflation = 1 + lambda * sizes_[k];
    value += counts_[k] * std::log(inflation);
    for (Index i = 0; i < c_.size(); ++i) c_.data()[i] += between_(i, k) / inflation;
  }
  if (!factorise(c_)) return std::numeric_limits<double>::infinity();
  for (Index i = 0; reml_ && i < rank_; ++i) value += 2 * std::log(c_(i, i));
  return value + degrees_ * 2 * std::log(c_(rank_, rank_));  // the last pivot is the root of rho
}

RandomInterceptProfile::Pieces RandomInterceptProfile::pieces(double lambda) const {
  Eigen::ArrayXd const k = sizes_.array();
  Eigen::ArrayXd const t = (1 + lambda * k).inverse();
  MatrixXd const c = within_ + between(t.matrix());
  Pieces out;
  out.first = between((-k * t.square()).matrix());
  out.second = between((2 * k.square() * t.cube()).matrix());
  auto const xx = [this](MatrixXd const& m) { return m.topLeftCorner(rank_, rank_); };
  out.inverse = xx(c).llt().solve(MatrixXd::Identity(rank_, rank_));
  out.on_basis = out.inverse * c.col(rank_).head(rank_);

  // rho = v'Cv with v = (-b, 1), stationary in b; its second derivative needs how b moves.
  VectorXd v(rank_ + 1);
  v << -out.on_basis, 1;
  VectorXd const w = out.first * v;
  out.rho = v.dot(c * v);
  out.rho_slope = v.dot(w);
  out.rho_curvature = v.dot(out.second * v) - 2 * w.head(rank_).dot(out.inverse * w.head(rank_));

  out.log_slope = (counts_.array() * k * t).sum();
  out.log_curvature = -(counts_.array() * (k * t).square()).sum();
  if (!reml_) return out;
  MatrixXd const relative = out.inverse * xx(out.first);
  out.log_slope += relative.trace();
  out.log_curvature += out.inverse.cwiseProduct(xx(out.second)).sum() - relative.cwiseProduct(relative.transpose()).sum();
  return out;
}

RandomInterceptProfile::Derivatives RandomInterceptProfile::derivatives(double lambda) const {
  auto const p = pieces(lambda);
  double const ratio = p.rho_slope / p.rho;
  return {p.log_slope + degrees_ * ratio, p.log_curvature + degrees_ * (p.rho_curvature / p.rho - ratio * ratio)};
}

RandomInterceptProfile::Solution RandomInterceptProfile::solve(double lambda) const {
  auto p = pieces(lambda);
  double const s = p.rho / degrees_;
  MatrixXd change = p.first.topLeftCorner(rank_, rank_);
  return {std::move(p.on_basis), std::move(p.inverse), std::move(change), s, p.log_curvature + p.rho_curvature / s,
          -p.rho_slope / s};
}

std::string RandomInterceptProfile::problem(double noise) const {
  // Directions of X without variation within clusters; Q is orthonormal, so eigenvalues lie between 0 and 1.
  constexpr double none = 1e-9;
  Eigen::SelfAdjointEigenSolver<MatrixXd> const within(within_.topLeftCorner(rank_, rank_));
  auto const& eigenvalues = within.eigenvalues();
  Index const cluster_level = (eigenvalues.array() < none).count();
  if (counts_.sum() <= static_cast<double>(cluster_level))
    return fmt::format(
        "{} clusters for {} coefficients between clusters leave nothing to estimate the clusters' variance from",
        counts_.sum(), cluster_level);
  VectorXd const along = within.eigenvectors().transpose() * within_.col(rank_).head(rank_);
  double const whole = within_(rank_, rank_);  // residual squares within clusters
  double rest = whole;
  for (Index k = cluster_level; k < rank_; ++k) rest -= along[k] * along[k] / eigenvalues[k];
  if (!(rest > noise * noise && rest > 1e-13 * whole))
    return "nothing varies within clusters that the coefficients do not explain";
  return "";
}

namespace {

// ---- search

struct Minimum {
  double lambda = 0;
  double criterion = std::numeric_limits<double>::infinity();
  double decrement = 0;
};

// Minimises the criterion over lambda >= 0 in x = log(1 + k lambda), k the mean cluster size: x behaves like lambda near 0
// and like its logarithm far out, so that one Newton method serves the whole range.
class Search {
 public:
  explicit Search(RandomInterceptProfile& profile) : profile_(profile), unit_(1 / profile.mean_size()) {}

  // Two minima (one of them at 0) do happen: every minimum of a coarse grid is followed to its end and the best taken.
  Minimum best() {
    lay_grid();
    Minimum best;
    for (std::size_t i = 0; i < grid_.size(); ++i) {
      if (!is_lowest_nearby(i)) continue;
      auto const found = refined(i);
      if (found.criterion < best.criterion) best = found;
    }
    return best;
  }

  int iterations() const { return iterations_; }

 private:
  struct Point {
    double x, criterion;
  };

  double lambda_at(double x) const { return std::expm1(x) * unit_; }
  Point point(double x) { return {x, profile_.criterion(lambda_at(x))}; }

  // From where even the largest cluster hardly notices lambda to where only differences between clusters are left; on
  // from there only while it still goes down.
  void lay_grid() {
    constexpr double ratio = 4, far = 1e6, farthest = 1e14;
    grid_ = {point(0)};
    double lambda = 0.01 / profile_.largest_size();
    while (lambda < farthest && (lambda < far || is_falling())) {
      grid_.push_back(point(std::log1p(lambda / unit_)));
      lambda *= ratio;
    }
  }

  bool is_falling() const { return grid_.back().criterion < grid_[grid_.size() - 2].criterion; }

  bool is_lowest_nearby(std::size_t i) const {
    return (i == 0 || grid_[i].criterion <= grid_[i - 1].criterion) &&
           (i + 1 == grid_.size() || grid_[i].criterion <= grid_[i + 1].criterion);
  }

  Minimum refined(std::size_t i) {
    if (i == 0 && profile_.derivatives(0).slope >= 0) return {0, grid_[0].criterion, 0};
    double const low = grid_[i == 0 ? 0 : i - 1].x;
    double const high = grid_[std::min(i + 1, grid_.size() - 1)].x;
    return newton(grid_[i], low, high);
  }

  // Keeps a bracket whose inside is lower than its ends. One full step is taken after the decrement says that the
  // criterion has converged: the location converges half as many digits later.
  Minimum newton(Point at, double low, double high) {
    constexpr int most = 100;
    constexpr double converged = 1e-10;
    for (int i = 0; i < most; ++i) {
      auto const [slope, curvature] = derivatives(at.x);
      double const decrement = slope * slope / std::abs(curvature);
      double const step = -slope / curvature;
      if (curvature > 0 && decrement < converged) return polished(std::max(at.x + step, 0.0));
      double next = at.x + step;
      if (!(curvature > 0 && next > low && next < high)) next = slope > 0 ? (low + at.x) / 2 : (at.x + high) / 2;
      Point const trial = point(next);
      bool const better = trial.criterion <= at.criterion;
      ((next < at.x) == better ? high : low) = better ? at.x : next;
      if (better) at = trial;
    }
    return {lambda_at(at.x), at.criterion, decrement_at(at.x)};
  }

  Minimum polished(double x) { return {lambda_at(x), point(x).criterion, decrement_at(x)}; }

  double decrement_at(double x) {
    auto const [slope, curvature] = derivatives(x);
    return slope * slope / std::abs(curvature);
  }

  RandomInterceptProfile::Derivatives derivatives(double x) {
    ++iterations_;
    double const lambda = lambda_at(x);
    auto const d = profile_.derivatives(lambda);
    double const speed = lambda + unit_;  // d lambda / d x, and its derivative
    return {d.slope * speed, d.curvature * speed * speed + d.slope * speed};
  }

  RandomInterceptProfile& profile_;
  double unit_;
  std::vector<Point> grid_;
  int iterations_ = 0;
};

// ---- inference

// Satterthwaite: df = 2 V^2 / (g' A g), g the gradient of V = Var(l'beta) and A = 2 H^-1 with H the deviance's Hessian,
// both in (lambda, log s). Any smooth parameters give the same at an interior minimum. At lambda = 0 the parameter has to
// be theta = sqrt(lambda), as in lme4: d V / d theta = 2 theta dV / d lambda and the mixed derivative vanish, V is
// proportional to s alone, and df = 2 V^2 / (2 V^2 / n) = n, which for REML is N - p.
class Satterthwaite {
 public:
  Satterthwaite(RandomInterceptProfile::Solution const& at, double lambda, double degrees)
      : at_(at), boundary_(lambda == 0), degrees_(degrees) {}

  // `direction` = Cxx^-1 l on the basis Q, `variance` = l' Cxx^-1 l.
  double df(VectorXd const& direction, double variance) const {
    if (boundary_) return degrees_;
    double const slope = -direction.dot(at_.change * direction) / variance;  // d log V / d lambda; d log V / d log s = 1
    double const determinant = at_.ratio_curvature * degrees_ - at_.mixed_curvature * at_.mixed_curvature;
    double const quadratic = slope * slope * degrees_ - 2 * slope * at_.mixed_curvature + at_.ratio_curvature;
    return determinant > 0 ? determinant / quadratic : not_a_number;
  }

 private:
  RandomInterceptProfile::Solution const& at_;
  bool boundary_;
  double degrees_;
};

void set_errors(OrthogonalBasis const& basis, RandomInterceptProfile::Solution const& solution,
                Satterthwaite const& satterthwaite, DfMethod method, Fit& fit) {
  for (Index k = 0; k < basis.rank(); ++k) {
    auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
    if (!basis.estimable()[column]) continue;
    // The row's unit is taken out first, lest its square vanish or overflow.
    double const unit = basis.r_inverse().row(k).cwiseAbs().maxCoeff();
    VectorXd const row = basis.r_inverse().row(k).transpose() / unit;
    VectorXd const direction = solution.covariance * row;
    double const variance = row.dot(direction);
    auto& coefficient = fit.coefficients[column];
    coefficient.std_error = fit.sigma * std::sqrt(variance) * unit;
    coefficient.df =
        method == DfMethod::wald ? std::numeric_limits<double>::infinity() : satterthwaite.df(direction, variance);
  }
}

// Why no mixed model fits these data, as far as counting shows it.
std::string counting_problem(Design const& design, OrthogonalBasis const& basis, std::string const& group) {
  auto const rows = static_cast<std::size_t>(design.y.size());
  if (design.clusters() < 2) return fmt::format("{} has only one group in the complete rows", group);
  if (design.clusters() == rows) return fmt::format("every group of {} has a single row", group);
  if (design.y.size() <= basis.rank()) return fmt::format("{} rows are too few for {} coefficients", rows, basis.rank());
  return "";
}

constexpr char const* no_residual_variance = "the response is constant or fitted exactly: there is no residual variance";

}  // namespace

std::string random_intercept_problem(Design const& design, OrthogonalBasis const& basis, std::string const& group) {
  auto counting = counting_problem(design, basis, group);
  if (!counting.empty()) return counting;
  LeastSquares const ls(design.y, basis);
  return ls.exact() ? no_residual_variance : RandomInterceptProfile(design, basis, ls, true).problem(ls.noise);
}

void fit_random_intercept(Design const& design, OrthogonalBasis const& basis, std::string const& group, DfMethod df,
                          Fit& fit) {
  auto const counting = counting_problem(design, basis, group);
  if (!counting.empty()) return not_estimable(fit, counting);
  LeastSquares const ls(design.y, basis);
  if (ls.exact()) return not_estimable(fit, no_residual_variance);
  RandomInterceptProfile profile(design, basis, ls, fit.reml);
  auto const problem = profile.problem(ls.noise);
  if (!problem.empty()) return not_estimable(fit, problem);

  Search search(profile);
  auto const minimum = search.best();
  auto const solution = profile.solve(minimum.lambda);
  fit.criterion = minimum.criterion;
  fit.newton_decrement = minimum.decrement;
  fit.iterations = search.iterations();
  fit.sigma = std::sqrt(solution.residual_variance) * ls.scale;
  fit.variances = {
      {group, "(Intercept)", "", minimum.lambda * fit.sigma * fit.sigma, std::sqrt(minimum.lambda) * fit.sigma}};
  set_estimates(basis, ls.on_basis + solution.on_basis, ls.scale, fit);
  set_errors(basis, solution, Satterthwaite(solution, minimum.lambda, profile.degrees()), df, fit);

  constexpr double converged = 1e-8;
  fit.status = minimum.lambda == 0 ? FitStatus::singular : FitStatus::ok;
  if (minimum.lambda == 0) fit.message = fmt::format("the variance of {} is estimated as 0", group);
  if (!(minimum.decrement < converged)) {
    fit.status = FitStatus::not_converged;
    fit.message = fmt::format("the Newton decrement is {:.1e} after {} iterations", minimum.decrement, fit.iterations);
  }
  report_dependencies(design, basis, fit);
}

}  // namespace bordin
