#include "analysis/mixed_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"
#include "core/text.hpp"
#include "mixed/nested_fit.hpp"
#include "mixed/satterthwaite.hpp"

namespace bordin {
namespace {

using Eigen::Index;

// Why no mixed model fits these data, as far as counting shows it.
std::string counting_problem(DesignPlan const& plan, Design const& design) {
  auto const rows = design.y.size();
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
  std::vector<ScaledColumn> w, effects;
  std::optional<OrthogonalBasis> basis;
  Eigen::MatrixXd turn;
  Eigen::VectorXd on_basis;  // least squares: coefficients of Q
  double scale = 1;          // of y in the sums
  double y_shift = 0;        // taken off y there, part of the intercept
  std::vector<CovarianceBlock> blocks;
  std::vector<Grouping const*> factors;

  // Effects of size about 1, by powers of two.
  void scale_effects(Design const& design) {
    effects.clear();
    for (Index c = 0; c < design.z.cols(); ++c) {
      auto const column = design.z.col(c);
      double const size = std::sqrt(column.squaredNorm() / static_cast<double>(column.size()));
      bool const sound = size > 0 && std::isfinite(size);
      effects.push_back({column.data(), 0, sound ? std::exp2(-std::round(std::log2(size))) : 1});
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

  // Sums in terms of [Q y] and what leads back to the coefficients. False, with a reason in `fit`, when that cannot be.
  bool sum_up(DesignPlan const& plan, Design& design, double tolerance, Fit& fit) {
    scale_effects(design);
    return sum_directly(plan, design) || sum_with_care(design, tolerance, fit);
  }

  // From cross products of columns less their means, which the intercept takes up. Only where nothing much cancels: no
  // column may be nearly a combination of the others, and y not nearly explained by them.
  bool sum_directly(DesignPlan const& plan, Design const& design) {
    bool const intercept = plan.x.columns.front().empty();
    auto const shift = [&](auto const& column) { return intercept ? column.mean() : 0.0; };
    w.clear();
    for (Index c = 0; c < design.x.cols(); ++c)
      w.push_back({design.x.col(c).data(), intercept && c == 0 ? 0 : shift(design.x.col(c)), 1});
    w.push_back({design.y.data(), shift(design.y), 1});
    sums.read(w, effects, factors);
    if (!factorise()) return false;

    auto const p = static_cast<Index>(w.size()) - 1;
    Eigen::MatrixXd r_inverse = turn.topLeftCorner(p, p);
    for (Index c = 1; intercept && c < p; ++c) r_inverse.row(0) -= w[static_cast<std::size_t>(c)].shift * r_inverse.row(c);
    double log_det = 0;
    for (Index c = 0; c < p; ++c) log_det -= std::log(turn(c, c));
    basis.emplace(std::move(r_inverse), log_det, Independent{});
    scale = 1;
    y_shift = w.back().shift;
    on_basis.resize(p);
    for (Index c = 0; c < p; ++c) {
      on_basis[c] = 0;
      for (Index k = 0; k <= c; ++k) on_basis[c] += turn(k, c) * sums.gram(static_cast<int>(k), static_cast<int>(p));
    }
    sums.finish(turn);
    return true;
  }

  // T with w T = [Q y - Q Q'y], from w'w = R'R: the inverse of R, but for the last column.
  bool factorise() {
    constexpr double much = 1e-4, small = 1e-100, large = 1e100;
    auto const r = static_cast<Index>(w.size());
    Eigen::MatrixXd factor(r, r);  // R', below the diagonal
    for (Index j = 0; j < r; ++j) {
      double const whole = sums.gram(static_cast<int>(j), static_cast<int>(j));
      double const rest = whole - factor.row(j).head(j).squaredNorm();
      if (!(whole > small && whole < large && rest > much * whole)) return false;
      factor(j, j) = std::sqrt(rest);
      for (Index i = j + 1; i < r; ++i)
        factor(i, j) =
            (sums.gram(static_cast<int>(j), static_cast<int>(i)) - factor.row(i).head(j).dot(factor.row(j).head(j))) /
            factor(j, j);
    }
    turn.setZero(r, r);
    for (Index c = 0; c < r; ++c) {
      turn(c, c) = 1 / factor(c, c);
      for (Index i = c; i-- > 0;) {
        double sum = 0;
        for (Index k = i + 1; k <= c; ++k) sum += factor(k, i) * turn(k, c);
        turn(i, c) = -sum / factor(i, i);
      }
    }
    turn.col(r - 1) /= turn(r - 1, r - 1);
    return true;
  }

  bool sum_with_care(Design& design, double tolerance, Fit& fit) {
    basis.emplace(std::move(design.x), tolerance);
    if (!basis->finite()) return not_estimable(fit, "products of columns too large for double precision"), false;
    if (design.y.size() <= basis->rank())
      return not_estimable(fit, fmt::format("{} rows are too few for {} coefficients", design.y.size(), basis->rank())),
             false;
    LeastSquares const ls(design.y, *basis);
    if (ls.exact())
      return not_estimable(fit, "the response is constant or fitted exactly: there is no residual variance"), false;
    w.clear();
    for (Index c = 0; c < basis->rank(); ++c) w.push_back({basis->q().col(c).data()});
    w.push_back({ls.residual.data()});
    sums.read(w, effects, factors);
    sums.finish(Eigen::MatrixXd::Identity(basis->rank() + 1, basis->rank() + 1));
    scale = ls.scale;
    y_shift = 0;
    on_basis = ls.on_basis;
    return true;
  }

  void run(Index rows, bool reml) {
    auto const count = static_cast<int>(rows);
    double const degrees = count - static_cast<double>(reml ? basis->rank() : 0);
    nested.fit(sums, blocks, count, reml, 2 * degrees * std::log(scale) + (reml ? 2 * basis->log_det_r() : 0));
  }

  void set_variances(DesignPlan const& plan, Fit& fit) const {
    fit.variances.clear();
    double const s = fit.sigma * fit.sigma;
    for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
      auto const& group = plan.factors[plan.blocks[b].factor].name;
      auto const& own = plan.blocks[b].effects;
      Effects g = nested.covariance(b) * s;
      for (Index i = 0; i < g.rows(); ++i)
        for (Index j = 0; j < g.cols(); ++j) g(i, j) *= scale_of(own, i) * scale_of(own, j);
      for (Index i = 0; i < g.rows(); ++i)
        fit.variances.push_back({group, name_of(plan, own, i), "", g(i, i), std::sqrt(g(i, i))});
      for (Index i = 0; i < g.rows(); ++i)
        for (Index j = i + 1; j < g.cols(); ++j)
          fit.variances.push_back(
              {group, name_of(plan, own, i), name_of(plan, own, j), g(i, j), g(i, j) / std::sqrt(g(i, i) * g(j, j))});
    }
  }

  void set_errors(DfMethod method, Fit& fit) const {
    auto const& at = nested.minimum().at;
    auto const& profile = nested.profile();
    Satterthwaite const satterthwaite(at.curvature, profile.log_rho_slope(), nested.degrees());
    for (Index k = 0; k < basis->rank(); ++k) {
      auto const column = static_cast<std::size_t>(basis->kept()[static_cast<std::size_t>(k)]);
      if (!basis->estimable()[column]) continue;
      // The row's unit is taken out first, lest its square vanish or overflow.
      auto const row = basis->r_inverse().row(k);
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
      auto const& own = plan.blocks[b].effects;
      int const vanished = nested.vanished(b);
      if (vanished == 0) continue;
      fit.status = FitStatus::singular;
      if (!fit.message.empty()) fit.message += "; ";
      Effects const g = nested.covariance(b);
      std::vector<std::string> none, all;
      for (Index i = 0; i < g.rows(); ++i) {
        all.push_back(name_of(plan, own, i));
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
  double scale_of(std::vector<int> const& own, Index i) const {
    return effects[static_cast<std::size_t>(own[static_cast<std::size_t>(i)])].scale;
  }
  static std::string const& name_of(DesignPlan const& plan, std::vector<int> const& own, Index i) {
    return plan.z.names[static_cast<std::size_t>(own[static_cast<std::size_t>(i)])];
  }
};

MixedModel::MixedModel() : room_(std::make_unique<Room>()) {}
MixedModel::~MixedModel() = default;

void MixedModel::fit(DesignPlan const& plan, Design& design, double tolerance, DfMethod df, Fit& fit) {
  auto const counting = counting_problem(plan, design);
  if (!counting.empty()) return not_estimable(fit, counting);
  auto& room = *room_;
  if (!room.arrange(plan, design)) return not_estimable(fit, "grouping factors that cross are not fitted yet");
  auto const rows = design.y.size();
  if (!room.sum_up(plan, design, tolerance, fit)) return;
  room.run(rows, fit.reml);
  auto const& nested = room.nested;
  if (!nested.exists()) return not_estimable(fit, "the criterion cannot be computed from these numbers");
  fit.criterion = nested.criterion();
  fit.newton_decrement = nested.decrement();
  fit.iterations = nested.evaluations();
  fit.sigma = std::sqrt(nested.residual_variance()) * room.scale;
  room.set_variances(plan, fit);
  for (Index i = 0; i < room.on_basis.size(); ++i) room.on_basis[i] += nested.coefficient(static_cast<int>(i));
  set_estimates(*room.basis, room.on_basis, room.scale, fit);
  fit.coefficients.front().estimate += room.y_shift;
  room.set_errors(df, fit);
  room.set_status(plan, fit);
  report_dependencies(design, *room.basis, fit);
}

}  // namespace bordin
