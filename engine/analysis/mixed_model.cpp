#include "analysis/mixed_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/text.hpp"
#include "mixed/nested_fit.hpp"
#include "mixed/satterthwaite.hpp"

namespace bordin {
namespace {

using Eigen::Index;

// Why no mixed model fits these data, as far as counting shows it.
std::string counting_problem(DesignPlan const& plan, Design const& design, OrthogonalBasis const& basis) {
  auto const rows = design.y.size();
  if (rows <= basis.rank()) return fmt::format("{} rows are too few for {} coefficients", rows, basis.rank());
  for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
    auto const& factor = design.factors[plan.blocks[b].factor];
    auto const& name = plan.factors[plan.blocks[b].factor].name;
    auto const effects = static_cast<Index>(plan.blocks[b].effects.size());
    if (factor.groups < 2) return fmt::format("{} has only one group in the complete rows", name);
    if (factor.groups * effects >= rows)
      return fmt::format("{} random effects of {} groups of {} in {} rows cannot be told from the residual",
                         factor.groups * effects, factor.groups, name, rows);
  }
  return "";
}

// The innermost factor first.
std::vector<std::size_t> by_size(std::vector<Grouping> const& factors) {
  std::vector<std::size_t> order(factors.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return factors[a].groups > factors[b].groups; });
  return order;
}

}  // namespace

struct MixedModel::Room {
  NestedSums sums;
  NestedFit nested;
  Eigen::MatrixXd columns, z;
  std::vector<double> z_scale;
  std::vector<CovarianceBlock> blocks;
  std::vector<Grouping const*> factors;

  // Effects of size about 1, by powers of two.
  void scale_effects(Design const& design) {
    z = design.z;
    z_scale.clear();
    for (Index c = 0; c < z.cols(); ++c) {
      double const size = std::sqrt(z.col(c).squaredNorm() / static_cast<double>(z.rows()));
      z_scale.push_back(size > 0 && std::isfinite(size) ? std::exp2(std::round(std::log2(size))) : 1);
      z.col(c) /= z_scale.back();
    }
  }

  // False where factors cross.
  bool arrange(DesignPlan const& plan, Design const& design) {
    auto const order = by_size(design.factors);
    std::vector<int> level(order.size());
    factors.clear();
    for (auto const f : order) {
      if (!factors.empty() && !is_nested(*factors.back(), design.factors[f])) return false;
      level[f] = static_cast<int>(factors.size());
      factors.push_back(&design.factors[f]);
    }
    blocks.clear();
    for (auto const& block : plan.blocks) blocks.push_back({level[block.factor], block.effects});
    return true;
  }

  void run(Design const& design, OrthogonalBasis const& basis, LeastSquares const& ls, bool reml) {
    scale_effects(design);
    std::vector<ScaledColumn> w, effects;
    for (Index c = 0; c < basis.rank(); ++c) w.push_back({basis.q().col(c).data()});
    w.push_back({ls.residual.data()});
    for (Index c = 0; c < z.cols(); ++c) effects.push_back({z.col(c).data()});
    sums.read(w, effects, factors);
    sums.finish(Eigen::MatrixXd::Identity(basis.rank() + 1, basis.rank() + 1));
    auto const rows = static_cast<int>(design.y.size());
    double const degrees = rows - static_cast<double>(reml ? basis.rank() : 0);
    nested.fit(sums, blocks, rows, reml, 2 * degrees * std::log(ls.scale) + (reml ? 2 * basis.log_det_r() : 0));
  }

  void set_variances(DesignPlan const& plan, Fit& fit) const {
    fit.variances.clear();
    double const s = fit.sigma * fit.sigma;
    for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
      auto const& group = plan.factors[plan.blocks[b].factor].name;
      auto const& effects = plan.blocks[b].effects;
      Effects g = nested.covariance(b) * s;
      for (Index i = 0; i < g.rows(); ++i)
        for (Index j = 0; j < g.cols(); ++j) g(i, j) /= scale_of(effects, i) * scale_of(effects, j);
      for (Index i = 0; i < g.rows(); ++i)
        fit.variances.push_back({group, name_of(plan, effects, i), "", g(i, i), std::sqrt(g(i, i))});
      for (Index i = 0; i < g.rows(); ++i)
        for (Index j = i + 1; j < g.cols(); ++j)
          fit.variances.push_back({group, name_of(plan, effects, i), name_of(plan, effects, j), g(i, j),
                                   g(i, j) / std::sqrt(g(i, i) * g(j, j))});
    }
  }

  void set_errors(OrthogonalBasis const& basis, DfMethod method, Fit& fit) const {
    auto const& at = nested.minimum().at;
    auto const& profile = nested.profile();
    Satterthwaite const satterthwaite(at.curvature, profile.log_rho_slope(), nested.degrees());
    for (Index k = 0; k < basis.rank(); ++k) {
      auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
      if (!basis.estimable()[column]) continue;
      // The row's unit is taken out first, lest its square vanish or overflow.
      auto const row = basis.r_inverse().row(k);
      double const unit = row.cwiseAbs().maxCoeff();
      auto const quadratic = [&](auto const& matrix) {
        double sum = 0;
        for (Index i = 0; i < row.size(); ++i)
          for (Index j = 0; j < row.size(); ++j)
            sum += row[i] / unit * (row[j] / unit) * matrix(static_cast<int>(i), static_cast<int>(j));
        return sum;
      };
      double const variance = quadratic([&](int i, int j) { return nested.inverse(i, j); });
      auto& coefficient = fit.coefficients[column];
      coefficient.std_error = fit.sigma * std::sqrt(variance) * unit;
      if (method == DfMethod::wald) {
        coefficient.df = std::numeric_limits<double>::infinity();
        continue;
      }
      Parameters slope(at.gradient.size());
      for (int p = 0; p < slope.size(); ++p)
        slope[p] = quadratic([&](int i, int j) { return profile.inverse_slope(p, i, j); }) / variance;
      coefficient.df = satterthwaite.df(slope);
    }
  }

  void set_status(DesignPlan const& plan, Fit& fit) const {
    fit.status = FitStatus::ok;
    for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
      auto const& factor = plan.factors[plan.blocks[b].factor].name;
      auto const& effects = plan.blocks[b].effects;
      int const vanished = nested.vanished(b);
      if (vanished == 0) continue;
      fit.status = FitStatus::singular;
      if (!fit.message.empty()) fit.message += "; ";
      Effects const g = nested.covariance(b);
      std::vector<std::string> none, all;
      for (Index i = 0; i < g.rows(); ++i) {
        all.push_back(name_of(plan, effects, i));
        if (!(g(i, i) > 0)) none.push_back(all.back());
      }
      if (all.size() == 1 && all.front() == "(Intercept)")
        fit.message += fmt::format("the variance of {} is estimated as 0", factor);
      else if (!none.empty())
        fit.message += fmt::format("the variance of {} of {} is estimated as 0", enumerate_words(none), factor);
      else
        fit.message += fmt::format("{} of {} are perfectly correlated", enumerate_words(all), factor);
    }
    if (nested.converged()) return;
    fit.status = FitStatus::not_converged;
    fit.message = fmt::format("the Newton decrement is {:.1e} after {} evaluations", fit.newton_decrement, fit.iterations);
  }

 private:
  double scale_of(std::vector<int> const& effects, Index i) const {
    return z_scale[static_cast<std::size_t>(effects[static_cast<std::size_t>(i)])];
  }
  static std::string const& name_of(DesignPlan const& plan, std::vector<int> const& effects, Index i) {
    return plan.z.names[static_cast<std::size_t>(effects[static_cast<std::size_t>(i)])];
  }
};

MixedModel::MixedModel() : room_(std::make_unique<Room>()) {}
MixedModel::~MixedModel() = default;

void MixedModel::fit(DesignPlan const& plan, Design const& design, OrthogonalBasis const& basis, DfMethod df, Fit& fit) {
  auto const counting = counting_problem(plan, design, basis);
  if (!counting.empty()) return not_estimable(fit, counting);
  LeastSquares const ls(design.y, basis);
  if (ls.exact()) return not_estimable(fit, "the response is constant or fitted exactly: there is no residual variance");
  if (!room_->arrange(plan, design)) return not_estimable(fit, "grouping factors that cross are not fitted yet");
  room_->run(design, basis, ls, fit.reml);
  auto const& nested = room_->nested;
  if (!nested.exists()) return not_estimable(fit, "the criterion cannot be computed from these numbers");
  fit.criterion = nested.criterion();
  fit.newton_decrement = nested.decrement();
  fit.iterations = nested.evaluations();
  fit.sigma = std::sqrt(nested.residual_variance()) * ls.scale;
  room_->set_variances(plan, fit);
  Eigen::VectorXd on_basis = ls.on_basis;
  for (Index i = 0; i < on_basis.size(); ++i) on_basis[i] += nested.coefficient(static_cast<int>(i));
  set_estimates(basis, on_basis, ls.scale, fit);
  room_->set_errors(basis, df, fit);
  room_->set_status(plan, fit);
  report_dependencies(design, basis, fit);
}

}  // namespace bordin
