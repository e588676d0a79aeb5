#include "analysis/design_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "mixed/nested_task.hpp"

namespace bordin {
namespace {

using Kind = Operation::Kind;
using Coding = DesignPlan::Coding;
using BoundVariable = DesignPlan::BoundVariable;

// Fills a DesignPlan; every refusal carries the formula and the place in it.
class Planner {
 public:
  Planner(std::string const& formula_text, Table const& layout) : formula_text_(formula_text), layout_(layout) {}

  DesignPlan plan(Formula const& formula, std::string const& cluster) {
    for (auto const& variable : formula.response) plan_.response.push_back(bound(variable));
    formula.is_survival() ? check_survival() : check_response();
    plan_.x = matrix(formula.fixed);
    if (auto const time = formula.time(); !time.empty()) add_time(time);
    if (formula.is_survival() || plan_.time) drop_intercept();
    if (plan_.x.columns.empty()) fail("", "there is nothing to estimate on the right of \"~\"");
    for (auto const& random : formula.random) add_random(random);
    if (!cluster.empty()) factor({cluster}, "");
    find_pure_groups();
    return std::move(plan_);
  }

 private:
  [[noreturn]] void fail(std::string const& place, std::string const& problem) const {
    throw FormulaError(formula_text_, place + problem);
  }

  static std::string place_of(Variable const& variable) { return fmt::format("character {}: ", variable.position); }

  std::size_t input(std::string const& name, std::string const& place) {
    auto& inputs = plan_.inputs;
    auto const known = std::find_if(inputs.begin(), inputs.end(), [&](auto const& i) { return i.name == name; });
    if (known != inputs.end()) return static_cast<std::size_t>(known - inputs.begin());
    auto const* column = layout_.find(name);
    if (column == nullptr)
      fail(place, fmt::format("there is no column \"{}\"{}", name, did_you_mean(name, layout_.names())));
    inputs.push_back({name, static_cast<std::size_t>(column - layout_.columns().data()), column->levels});
    return inputs.size() - 1;
  }

  void find_pure_groups() {
    auto const mark = [&](std::vector<std::size_t> const& inputs, bool pure) {
      for (auto const i : inputs) plan_.inputs[i].only_groups = pure;
    };
    for (auto const& factor : plan_.factors) mark(factor.inputs, true);
    for (auto const& variable : plan_.variables) mark(variable.inputs, false);
    for (auto const& variable : plan_.response) mark(variable.inputs, false);
    if (plan_.time) plan_.inputs[*plan_.time].only_groups = false;
  }

  BoundVariable bound(Variable const& variable) {
    BoundVariable out{variable, {}, false};
    for (auto const& operation : variable.operations) {
      if (operation.kind != Kind::column) continue;
      out.inputs.push_back(input(operation.column, place_of(variable)));
      auto const& column = *layout_.find(operation.column);
      plan_.single_precision |= std::holds_alternative<std::vector<float>>(column.values) && !column.is_categorical();
      if (!column.is_categorical()) continue;
      if (!variable.is_column())
        fail(place_of(variable), fmt::format("\"{}\" is a category, one cannot calculate with it", column.name));
      out.categorical = true;
    }
    return out;
  }

  std::vector<std::string> const& levels(BoundVariable const& variable) const {
    return plan_.inputs[variable.inputs.front()].levels;
  }

  void check_predictor(BoundVariable const& variable) const {
    if (variable.categorical && levels(variable).size() < 2)
      fail(place_of(variable.source), fmt::format("the category {} has only one level, \"{}\": nothing to compare",
                                                  variable.source.text, levels(variable).front()));
  }

  void check_response() const {
    auto const& response = plan_.response.front();
    if (response.categorical && levels(response).size() != 2)
      fail(place_of(response.source),
           fmt::format(
               "the response {} is a category with {} levels; a number or a category with two levels (0 and 1) is needed",
               response.source.text, levels(response).size()));
  }

  void check_survival() const {
    auto const& [time, event] = std::tie(plan_.response[0], plan_.response[1]);
    if (time.categorical)
      fail(place_of(time.source), fmt::format("the time {} is a category; a number is needed", time.source.text));
    if (event.categorical && levels(event).size() != 2)
      fail(place_of(event.source),
           fmt::format("the event {} is a category with {} levels; 0 and 1, or two levels, are needed", event.source.text,
                       levels(event).size()));
  }

  void add_time(std::string const& name) {
    auto const place =
        fmt::format("lag(x) reads the numbers of sessions from \"{}\", lag(x, week) reads them from \"week\": ", name);
    plan_.time = input(name, place);
    if (!plan_.inputs[*plan_.time].levels.empty())
      fail(place, fmt::format("\"{}\" is a category; number the sessions 0, 1, 2, 3", name));
    for (auto const& variable : plan_.variables)
      if (variable.source.is_lagged() && variable.categorical)
        fail(place_of(variable.source), fmt::format("{} is of a category; a number is needed", variable.source.text));
  }

  // Cox's model has no intercept: it cannot be told from the baseline hazard. Nor has a model of deviations from clients'
  // means. Categories keep their contrasts.
  void drop_intercept() {
    auto& x = plan_.x;
    if (x.columns.empty() || !x.columns.front().empty()) return;
    x.columns.erase(x.columns.begin());
    x.names.erase(x.names.begin());
    for (auto& term : x.terms)
      for (auto& column : term.columns) --column;
  }

  // ---- random terms

  void add_random(RandomTerm const& random) {
    auto const place = fmt::format("character {}: ", random.position);
    auto const own = matrix(random.effects);
    if (own.columns.empty()) fail(place, "a random term without effects");
    DesignPlan::RandomBlock block{factor(random.group, place), {}};
    for (std::size_t c = 0; c < own.columns.size(); ++c) block.effects.push_back(effect(own, c));
    for (auto const& other : plan_.blocks) {
      if (other.factor != block.factor) continue;
      for (int const e : block.effects)
        if (std::find(other.effects.begin(), other.effects.end(), e) != other.effects.end())
          fail(place, fmt::format("the random effect {} of {} stands in the formula twice", plan_.z.names[as_index(e)],
                                  plan_.factors[block.factor].name));
    }
    plan_.blocks.push_back(std::move(block));
    if (plan_.z.columns.size() > most_effects)
      fail(place, fmt::format("more than {} different random effects ({})", most_effects, enumerate_words(plan_.z.names)));
  }

  static std::size_t as_index(int i) { return static_cast<std::size_t>(i); }

  int effect(DesignPlan::Matrix const& own, std::size_t c) {
    auto& z = plan_.z;
    auto const known = std::find(z.names.begin(), z.names.end(), own.names[c]);
    if (known != z.names.end()) return static_cast<int>(known - z.names.begin());
    z.names.push_back(own.names[c]);
    z.columns.push_back(own.columns[c]);
    return static_cast<int>(z.names.size()) - 1;
  }

  std::size_t factor(std::vector<std::string> const& columns, std::string const& place) {
    DesignPlan::Factor out;
    for (auto const& column : columns) {
      out.name += (out.name.empty() ? "" : ":") + column;
      out.inputs.push_back(input(column, place));
    }
    auto& factors = plan_.factors;
    auto const known = std::find_if(factors.begin(), factors.end(), [&](auto const& f) { return f.name == out.name; });
    if (known != factors.end()) return static_cast<std::size_t>(known - factors.begin());
    factors.push_back(std::move(out));
    return factors.size() - 1;
  }

  // ---- columns of X or Z

  DesignPlan::Matrix matrix(Predictor const& predictor) {
    first_variable_ = plan_.variables.size();
    for (auto const& variable : predictor.variables) {
      plan_.variables.push_back(bound(variable));
      check_predictor(plan_.variables.back());
    }
    DesignPlan::Matrix out;
    if (predictor.intercept) {
      out.columns.emplace_back();
      out.names.emplace_back("(Intercept)");
    }
    for (std::size_t t = 0; t < predictor.terms.size(); ++t) add_term(predictor, t, out);
    return out;
  }

  // Every combination of the codings of the term's variables; the first variable's levels run fastest.
  void add_term(Predictor const& predictor, std::size_t t, DesignPlan::Matrix& out) {
    std::vector<std::vector<Coding>> columns(1);
    for (std::size_t place = 0; place < predictor.terms[t].size(); ++place) {
      auto const here = codings(predictor, t, place);
      check_size(here.size() * columns.size());
      std::vector<std::vector<Coding>> longer;
      for (auto const& coding : here) {
        for (auto column : columns) {
          column.push_back(coding);
          longer.push_back(std::move(column));
        }
      }
      columns = std::move(longer);
    }
    DesignPlan::TermColumns term{term_text(predictor, predictor.terms[t]), {}};
    for (auto& column : columns) {
      term.columns.push_back(out.columns.size());
      out.names.push_back(name_of(column));
      out.columns.push_back(std::move(column));
    }
    check_size(out.columns.size());
    out.terms.push_back(std::move(term));
  }

  void check_size(std::size_t columns) const {
    if (columns > max_columns) fail("", fmt::format("the formula has more than {} coefficients", max_columns));
  }

  std::vector<Coding> codings(Predictor const& predictor, std::size_t t, std::size_t place) const {
    std::size_t const variable = first_variable_ + predictor.terms[t][place];
    if (!plan_.variables[variable].categorical) return {{variable, std::nullopt}};
    std::vector<Coding> out;
    auto const count = static_cast<int>(levels(plan_.variables[variable]).size());
    for (int level = has_all_levels(predictor, t, place) ? 0 : 1; level < count; ++level) out.push_back({variable, level});
    return out;
  }

  // R's rule (TermCode in terms.formula): contrasts when some earlier term holds everything the term has besides this
  // variable, or when that is nothing. Without an intercept the first category in the formula has all levels too.
  bool has_all_levels(Predictor const& predictor, std::size_t t, std::size_t place) const {
    if (!predictor.intercept && is_first_category(predictor, t, place)) return true;
    Term margin = predictor.terms[t];
    margin.erase(margin.begin() + static_cast<std::ptrdiff_t>(place));
    if (margin.empty()) return false;
    auto const end = predictor.terms.begin() + static_cast<std::ptrdiff_t>(t);
    return std::none_of(predictor.terms.begin(), end, [&](Term const& earlier) {
      return std::includes(earlier.begin(), earlier.end(), margin.begin(), margin.end());
    });
  }

  bool is_first_category(Predictor const& predictor, std::size_t t, std::size_t place) const {
    auto const categorical = [&](std::size_t variable) { return plan_.variables[first_variable_ + variable].categorical; };
    auto const& terms = predictor.terms;
    auto const none_in = [&](Term const& term) { return std::none_of(term.begin(), term.end(), categorical); };
    auto const& term = terms[t];
    return std::all_of(terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(t), none_in) &&
           std::none_of(term.begin(), term.begin() + static_cast<std::ptrdiff_t>(place), categorical);
  }

  std::string name_of(std::vector<Coding> const& column) const {
    std::string name;
    for (auto const& coding : column) {
      auto const& variable = plan_.variables[coding.variable];
      name += (name.empty() ? "" : ":") + variable.source.text;
      if (coding.level) name += levels(variable)[static_cast<std::size_t>(*coding.level)];
    }
    return name;
  }

  static constexpr std::size_t max_columns = 1000;
  std::string const& formula_text_;
  Table const& layout_;
  DesignPlan plan_;
  std::size_t first_variable_ = 0;  // of the predictor whose columns are being made
};

// What is left of `codings` without those of `factor`; nothing where these are not all among them.
std::optional<std::vector<Coding>> divided(DesignPlan const& plan, std::vector<Coding> codings,
                                           std::vector<Coding> const& factor) {
  auto const text = [&](Coding const& coding) -> auto const& {
    return plan.variables[coding.variable].source.text;
  };
  for (auto const& taken : factor) {
    auto const same = std::find_if(codings.begin(), codings.end(), [&](Coding const& coding) {
      return coding.level == taken.level && text(coding) == text(taken);
    });
    if (same == codings.end()) return std::nullopt;
    codings.erase(same);
  }
  return codings;
}

std::vector<DesignPlan::Factoring> factorings(DesignPlan const& plan, std::vector<Coding> const& column) {
  std::vector<DesignPlan::Factoring> out;
  for (std::size_t effect = 0; effect < plan.z.columns.size(); ++effect)
    if (auto rest = divided(plan, column, plan.z.columns[effect]))
      out.push_back({static_cast<int>(effect), std::move(*rest)});
  std::stable_sort(out.begin(), out.end(), [](auto const& a, auto const& b) { return a.rest.size() < b.rest.size(); });
  return out;
}

}  // namespace

DesignPlan plan_design(std::string const& formula_text, Formula const& formula, Table const& layout,
                       std::string const& cluster) {
  auto plan = Planner(formula_text, layout).plan(formula, cluster);
  bool const one_intercept = plan.blocks.size() == 1 && plan.z.columns.size() == 1 && plan.z.columns.front().empty();
  if (plan.blocks.empty() || plan.time || one_intercept) return plan;
  for (auto const& column : plan.x.columns) plan.factorings.push_back(factorings(plan, column));
  return plan;
}

}  // namespace bordin
