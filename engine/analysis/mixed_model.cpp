#include "analysis/mixed_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"
#include "core/text.hpp"
#include "mixed/crossed_fit.hpp"
#include "mixed/kenward_roger.hpp"
#include "mixed/nested_derivatives.hpp"
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

// Degrees of freedom by counting, as nlme has them (Pinheiro & Bates 2000, section 2.4.2): a coefficient belongs to the
// outermost factor within whose groups its column does not vary, and has as many as that factor has groups, less those of
// the factor around it and the coefficients that belong there too. The intercept counts among the rows.
class BetweenWithin {
 public:
  BetweenWithin(DesignPlan const& plan, Design const& design, std::vector<Grouping const*> const& innermost_first) {
    std::vector<Grouping const*> const factors(innermost_first.rbegin(), innermost_first.rend());
    auto const rows = factors.size();  // the level of what varies within the innermost groups
    bool const intercept = plan.x.columns.front().empty();
    for (Index c = 0; c < design.x.cols(); ++c) {
      std::size_t level = 0;
      while (level < rows && varies_within(design.x.col(c), *factors[level])) ++level;
      level_.push_back(intercept && c == 0 ? rows : level);
    }
    double around = intercept ? 1 : 0;
    for (std::size_t level = 0; level <= rows; ++level) {
      double const groups = level < rows ? factors[level]->groups : static_cast<double>(design.x.rows());
      auto const own =
          std::count_if(level_.begin() + (intercept ? 1 : 0), level_.end(), [&](auto l) { return l == level; });
      df_.push_back(groups - around - static_cast<double>(own));
      around = groups;
    }
  }
  double df(std::size_t column) const { return df_[level_[column]] > 0 ? df_[level_[column]] : not_a_number; }

 private:
  static bool varies_within(Eigen::Ref<Eigen::VectorXd const> const& x, Grouping const& factor) {
    std::vector<double> seen(static_cast<std::size_t>(factor.groups), not_a_number);
    for (std::size_t row = 0; row < factor.of_row.size(); ++row) {
      double& value = seen[static_cast<std::size_t>(factor.of_row[row])];
      double const here = x[static_cast<Index>(row)];
      if (std::isnan(value)) value = here;
      if (value != here) return true;
    }
    return false;
  }

  std::vector<std::size_t> level_;  // per coefficient
  std::vector<double> df_;          // per level, outermost first
};

// The intercept takes up whatever is taken off, so a number in the middle of the values will do.
double about_the_mean(Eigen::VectorXd const& y) {
  Index const step = y.size() / 64 + 1;
  double sum = 0, count = 0;
  for (Index row = 0; row < y.size(); row += step, ++count) sum += y[row];
  return sum / count;
}

// The innermost factor first; of factors with as many groups, the first of the formula.
void order_by_size(std::vector<Grouping> const& factors, std::vector<std::size_t>& order) {
  order.resize(factors.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return std::make_pair(-factors[a].groups, a) < std::make_pair(-factors[b].groups, b); });
}

}  // namespace

struct MixedModel::Room {
  NestedSums sums;
  NestedFit nested;
  CrossedSums crossed_sums;
  CrossedFit crossed;
  NestedDerivatives nested_derivatives;
  VarianceDerivatives crossed_derivatives;
  KenwardRoger kenward_roger;
  bool is_nested_model = true, fitted = false;
  std::vector<ScaledColumn> w, effects;
  Shapes shapes;
  std::vector<Index> columns;  // of X, as they stand in the sums
  OrthogonalBasis basis;
  Eigen::MatrixXd turn;
  Eigen::VectorXd on_basis;  // least squares: coefficients of Q
  double scale = 1;          // of y in the sums
  double y_shift = 0;        // taken off y there, part of the intercept
  double constant = 0;       // of the criterion
  std::vector<CovarianceBlock> blocks;
  std::vector<Grouping const*> factors;
  std::vector<std::size_t> order;  // of factors, innermost first
  std::vector<int> level;          // of factors in the plan's order
  Eigen::MatrixXd r_transposed, r_inverse;
  Eigen::VectorXd contrast;

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

  void arrange(DesignPlan const& plan, Design const& design) {
    order_by_size(design.factors, order);
    level.resize(order.size());
    factors.clear();
    is_nested_model = true;
    for (auto const f : order) {
      is_nested_model = is_nested_model && (factors.empty() || is_nested(*factors.back(), design.factors[f]));
      level[f] = static_cast<int>(factors.size());
      factors.push_back(&design.factors[f]);
    }
    blocks.resize(plan.blocks.size());
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      blocks[b].level = level[plan.blocks[b].factor];
      blocks[b].effects = plan.blocks[b].effects;
    }
  }

  // Sums in terms of [Q y] and what leads back to the coefficients. False, with a reason in `fit`, when that cannot be.
  bool sum_up(DesignPlan const& plan, Design& design, double tolerance, Fit& fit) {
    scale_effects(design);
    return (is_nested_model && sum_directly(plan, design)) || sum_with_care(design, tolerance, fit);
  }

  // From cross products of columns less their means (or so), which the intercept takes up. Only where nothing much cancels:
  // no column may be nearly a combination of the others, and y not nearly explained by them.
  bool sum_directly(DesignPlan const& plan, Design const& design) {
    bool const intercept = plan.x.columns.front().empty();
    auto const shift = [&](auto const& column) { return intercept ? column.mean() : 0.0; };
    scale_shapes(design);
    w.clear();
    for (auto const c : design.shapes.others())
      w.push_back({design.x.col(c).data(), intercept && c == 0 ? 0 : shift(design.x.col(c)), 1});
    w.push_back({design.y.data(), intercept ? about_the_mean(design.y) : 0, 1});
    sums.read(w, effects, factors, shapes);
    if (!factorise()) return false;
    set_basis(design, intercept);
    scale = 1;
    y_shift = w.back().shift;
    auto const p = basis.rank();
    on_basis.resize(p);
    for (Index c = 0; c < p; ++c) {
      on_basis[c] = 0;
      for (Index k = 0; k <= c; ++k) on_basis[c] += turn(k, c) * sums.gram(static_cast<int>(k), static_cast<int>(p));
    }
    sums.finish(turn);
    return true;
  }

  // With Z as `effects` scales it.
  void scale_shapes(Design const& design) {
    shapes = design.shapes.shapes();
    auto* value = shapes.matrices.data();
    for (std::int32_t c = 0; c < shapes.classes; ++c)
      for (auto const& effect : effects)
        for (int column = 0; column < shapes.columns; ++column) *value++ /= effect.scale;
  }

  // Columns with shapes stand before the others in the sums.
  void set_basis(Design const& design, bool intercept) {
    columns = design.shapes.shaped();
    columns.insert(columns.end(), design.shapes.others().begin(), design.shapes.others().end());
    auto const p = static_cast<Index>(columns.size()), shaped = static_cast<Index>(shapes.columns);
    r_inverse = turn.topLeftCorner(p, p);
    auto const one = std::find(columns.begin(), columns.end(), 0) - columns.begin();
    for (Index c = 0; intercept && c < p; ++c) {
      double const mean = c < shaped ? sums.mean(static_cast<int>(c)) : w[static_cast<std::size_t>(c - shaped)].shift;
      if (c != one) r_inverse.row(one) -= mean * r_inverse.row(c);
    }
    double log_det = 0;
    for (Index c = 0; c < p; ++c) log_det -= std::log(turn(c, c));
    basis.assign_independent(r_inverse, log_det, columns);
  }

  // T with w T = [Q y - Q Q'y], from w'w = R'R: the inverse of R, but for the last column.
  bool factorise() {
    constexpr double much = 1e-4, small = 1e-100, large = 1e100;
    auto const r = shapes.columns + static_cast<Index>(w.size());
    r_transposed.resize(r, r);  // R', below the diagonal
    for (Index j = 0; j < r; ++j) {
      double const whole = sums.gram(static_cast<int>(j), static_cast<int>(j));
      double const rest = whole - r_transposed.row(j).head(j).squaredNorm();
      double const uncentred = sums.uncentred_square(static_cast<int>(j));
      if (!(whole > small && uncentred < large && rest > much * uncentred)) return false;
      r_transposed(j, j) = std::sqrt(rest);
      for (Index i = j + 1; i < r; ++i)
        r_transposed(i, j) = (sums.gram(static_cast<int>(j), static_cast<int>(i)) -
                              r_transposed.row(i).head(j).dot(r_transposed.row(j).head(j))) /
                             r_transposed(j, j);
    }
    turn.setZero(r, r);
    for (Index c = 0; c < r; ++c) {
      turn(c, c) = 1 / r_transposed(c, c);
      for (Index i = c; i-- > 0;) {
        double sum = 0;
        for (Index k = i + 1; k <= c; ++k) sum += r_transposed(k, i) * turn(k, c);
        turn(i, c) = -sum / r_transposed(i, i);
      }
    }
    turn.col(r - 1) /= turn(r - 1, r - 1);
    return true;
  }

  bool sum_with_care(Design& design, double tolerance, Fit& fit) {
    complete_x(design);
    basis = OrthogonalBasis(std::move(design.x), tolerance);
    if (!basis.finite()) return not_estimable(fit, "products of columns too large for double precision"), false;
    if (design.y.size() <= basis.rank())
      return not_estimable(fit, fmt::format("{} rows are too few for {} coefficients", design.y.size(), basis.rank())),
             false;
    LeastSquares const ls(design.y, basis);
    if (ls.exact())
      return not_estimable(fit, "the response is constant or fitted exactly: there is no residual variance"), false;
    w.clear();
    for (Index c = 0; c < basis.rank(); ++c) w.push_back({basis.q().col(c).data()});
    w.push_back({ls.residual.data()});
    if (is_nested_model) {
      sums.read(w, effects, factors);
      sums.finish(Eigen::MatrixXd::Identity(basis.rank() + 1, basis.rank() + 1));
    } else {
      Eigen::MatrixXd q_and_residual(design.y.size(), basis.rank() + 1);
      q_and_residual << basis.q(), ls.residual;
      crossed_sums.assign(q_and_residual, factors);
    }
    scale = ls.scale;
    y_shift = 0;
    on_basis = ls.on_basis;
    return true;
  }

  void run(Index rows, bool reml) {
    auto const count = static_cast<int>(rows);
    double const degrees = count - static_cast<double>(reml ? basis.rank() : 0);
    constant = 2 * degrees * std::log(scale) + (reml ? 2 * basis.log_det_r() : 0);
    is_nested_model ? nested.fit(sums, blocks, count, reml, constant) : crossed.fit(crossed_sums, count, reml, constant);
  }

  // G of a block relative to the residual variance, in the units of the sums.
  Effects relative_covariance(std::size_t block) const {
    if (is_nested_model) return nested.covariance(block);
    double const theta = crossed.theta(blocks[block].level);
    return Effects::Constant(1, 1, theta * theta);
  }
  bool has_vanished(std::size_t block) const {
    return is_nested_model ? nested.vanished(block) > 0 : !(crossed.theta(blocks[block].level) > 0);
  }

  void set_variances(DesignPlan const& plan, Fit& fit) const {
    fit.variances.clear();
    std::size_t count = 0;
    for (auto const& block : plan.blocks) count += block.effects.size() * (block.effects.size() + 1) / 2;
    fit.variances.reserve(count);
    double const s = fit.sigma * fit.sigma;
    for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
      auto const& group = plan.factors[plan.blocks[b].factor].name;
      auto const& own = plan.blocks[b].effects;
      Effects g = relative_covariance(b) * s;
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

  // The coefficients that the data determine; `contrast` is theirs on Q (in units of `unit`, lest squares vanish or
  // overflow).
  template <class Act>
  void for_each_coefficient(Fit& fit, Act const& act) {
    for (Index k = 0; k < basis.rank(); ++k) {
      auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
      if (!basis.estimable()[column]) continue;
      double const unit = basis.r_inverse().row(k).cwiseAbs().maxCoeff();
      contrast = basis.r_inverse().row(k).transpose() / unit;
      act(fit.coefficients[column], unit);
    }
  }

  template <class Model>
  void set_satterthwaite(Model const& model, bool z_test, Fit& fit) {
    auto const& at = model.minimum().at;
    auto const& profile = model.profile();
    Satterthwaite const satterthwaite(at.curvature, profile.log_rho_slope(), model.degrees());
    for_each_coefficient(fit, [&](Coefficient& coefficient, double unit) {
      auto const quadratic = [&](auto const& matrix) {
        double sum = 0;
        for (Index i = 0; i < contrast.size(); ++i)
          for (Index j = 0; j < contrast.size(); ++j)
            sum += contrast[i] * contrast[j] * matrix(static_cast<int>(i), static_cast<int>(j));
        return sum;
      };
      double const variance = quadratic([&](int i, int j) { return model.inverse(i, j); });
      coefficient.std_error = fit.sigma * std::sqrt(variance) * unit;
      coefficient.df = std::numeric_limits<double>::infinity();
      if (z_test) return;
      Parameters slope(at.gradient.size());
      for (int p = 0; p < slope.size(); ++p)
        slope[p] = quadratic([&](int i, int j) { return profile.inverse_slope(p, i, j); }) / variance;
      coefficient.df = satterthwaite.df(slope);
    });
  }

  void set_kenward_roger(Fit& fit) {
    if (is_nested_model) {
      kenward_roger.assign(nested_derivatives.evaluate(nested.profile(), nested.structure()));
    } else {
      crossed.profile().derivatives(crossed_derivatives);
      kenward_roger.assign(crossed_derivatives);
    }
    for_each_coefficient(fit, [&](Coefficient& coefficient, double unit) {
      coefficient.std_error = fit.sigma * std::sqrt(kenward_roger.variance(contrast)) * unit;
      coefficient.df = kenward_roger.degrees_of_freedom(contrast);
    });
  }

  void set_errors(DfMethod method, BetweenWithin const* counted, Fit& fit) {
    bool const z_test = method != DfMethod::satterthwaite;  // or something else takes the place of these df below
    is_nested_model ? set_satterthwaite(nested, z_test, fit) : set_satterthwaite(crossed, z_test, fit);
    if (method == DfMethod::kenward_roger) set_kenward_roger(fit);
    if (counted == nullptr) return;
    for (std::size_t c = 0; c < fit.coefficients.size(); ++c) fit.coefficients[c].df = counted->df(c);
  }

  void set_status(DesignPlan const& plan, Fit& fit) const {
    fit.status = FitStatus::ok;
    for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
      auto const& factor = plan.factors[plan.blocks[b].factor].name;
      auto const& own = plan.blocks[b].effects;
      if (!has_vanished(b)) continue;
      fit.status = FitStatus::singular;
      if (!fit.message.empty()) fit.message += "; ";
      Effects const g = relative_covariance(b);
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
    if (is_nested_model ? nested.converged() : crossed.converged()) return;
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
  auto& room = *room_;
  room.fitted = false;
  auto const counting = counting_problem(plan, design);
  if (!counting.empty()) return not_estimable(fit, counting);
  room.arrange(plan, design);
  if (!room.is_nested_model) {
    if (df == DfMethod::between_within)
      return not_estimable(fit, "between-within degrees of freedom need nested grouping factors; these cross");
    auto const has_slope = [&](auto const& block) {
      return block.effects.size() > 1 || !plan.z.columns[static_cast<std::size_t>(block.effects.front())].empty();
    };
    if (std::any_of(plan.blocks.begin(), plan.blocks.end(), has_slope))
      return not_estimable(fit, "grouping factors that cross can have random intercepts only");
  }
  std::optional<BetweenWithin> counted;
  if (df == DfMethod::between_within) {
    complete_x(design);
    counted.emplace(plan, design, room.factors);
  }
  auto const rows = design.y.size();
  if (!room.sum_up(plan, design, tolerance, fit)) return;
  if (!room.is_nested_model && room.crossed_sums.too_large())
    return not_estimable(fit, "too many groups of crossed factors: all but the factor with most groups may have 1500");
  room.run(rows, fit.reml);
  auto const take = [&](auto const& model) {
    fit.criterion = model.criterion();
    fit.newton_decrement = model.decrement();
    fit.iterations = model.evaluations();
    if (!model.exists()) return false;
    fit.sigma = std::sqrt(model.residual_variance()) * room.scale;
    for (Index i = 0; i < room.on_basis.size(); ++i) room.on_basis[i] += model.coefficient(static_cast<int>(i));
    return true;
  };
  if (!(room.is_nested_model ? take(room.nested) : take(room.crossed)))
    return not_estimable(fit, "the criterion cannot be computed from these numbers");
  room.fitted = true;
  room.set_variances(plan, fit);
  set_estimates(room.basis, room.on_basis, room.scale, fit);
  fit.coefficients.front().estimate += room.y_shift;
  room.set_errors(df, counted ? &*counted : nullptr, fit);
  room.set_status(plan, fit);
  report_dependencies(design, room.basis, fit);
}

std::optional<NestedModel> MixedModel::nested() const {
  auto const& room = *room_;
  if (!room.fitted || !room.is_nested_model) return std::nullopt;
  std::vector<double> units;
  for (auto const& effect : room.effects) units.push_back(effect.scale * room.scale);
  return NestedModel{room.sums, room.nested, room.blocks, std::move(units), room.constant};
}

}  // namespace bordin
