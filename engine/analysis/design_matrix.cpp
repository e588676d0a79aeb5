#include "analysis/design_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

using Kind = Operation::Kind;
using Coding = DesignPlan::Coding;
using BoundVariable = DesignPlan::BoundVariable;
using Values = std::vector<std::vector<double>>;  // one vector of rows per input or variable

// ---- plan

// Fills a DesignPlan; every refusal carries the formula and the place in it.
class Planner {
 public:
  Planner(std::string const& formula_text, Table const& layout) : formula_text_(formula_text), layout_(layout) {}

  DesignPlan plan(Formula const& formula, std::optional<std::string> const& cluster) {
    for (auto const& variable : formula.fixed.variables) plan_.variables.push_back(bound(variable));
    for (auto const& variable : plan_.variables) check_predictor(variable);
    plan_.response = bound(formula.response.front());
    check_response();
    if (cluster) plan_.cluster = input(*cluster, "");
    add_columns(formula.fixed);
    if (plan_.columns.empty()) fail("", "there is nothing to estimate on the right of \"~\"");
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
    if (plan_.response.categorical && levels(plan_.response).size() != 2)
      fail(place_of(plan_.response.source),
           fmt::format(
               "the response {} is a category with {} levels; a number or a category with two levels (0 and 1) is needed",
               plan_.response.source.text, levels(plan_.response).size()));
  }

  void add_columns(Predictor const& predictor) {
    if (predictor.intercept) {
      plan_.columns.emplace_back();
      plan_.names.emplace_back("(Intercept)");
    }
    for (std::size_t t = 0; t < predictor.terms.size(); ++t) add_term(predictor, t);
  }

  // Every combination of the codings of the term's variables; the first variable's levels run fastest.
  void add_term(Predictor const& predictor, std::size_t t) {
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
      term.columns.push_back(plan_.columns.size());
      plan_.names.push_back(name_of(column));
      plan_.columns.push_back(std::move(column));
    }
    check_size(plan_.columns.size());
    plan_.terms.push_back(std::move(term));
  }

  void check_size(std::size_t columns) const {
    if (columns > max_columns) fail("", fmt::format("the formula has more than {} coefficients", max_columns));
  }

  std::vector<Coding> codings(Predictor const& predictor, std::size_t t, std::size_t place) const {
    std::size_t const variable = predictor.terms[t][place];
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
    auto const categorical = [&](std::size_t variable) { return plan_.variables[variable].categorical; };
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
};

// ---- reading

Column const& input_column(DesignPlan::Input const& input, Table const& table) {
  auto const& columns = table.columns();
  bool const at_its_place = input.index < columns.size() && columns[input.index].name == input.name;
  auto const& column = at_its_place ? columns[input.index] : table.column(input.name);
  if (column.levels != input.levels)
    throw Error(fmt::format("column \"{}\" has other levels than the table the analysis was made for", input.name));
  return column;
}

// A code that stands for no level is no value.
void drop_strange_codes(std::vector<double>& codes, std::size_t levels) {
  auto const count = static_cast<double>(levels);
  for (double& code : codes)
    if (!(code >= 0 && code < count && code == std::floor(code))) code = std::numeric_limits<double>::quiet_NaN();
}

double combined(Kind kind, double a, double b) {
  switch (kind) {
    case Kind::add:
      return a + b;
    case Kind::subtract:
      return a - b;
    case Kind::multiply:
      return a * b;
    case Kind::divide:
      return a / b;
    default:
      return std::pow(a, b);
  }
}

void apply(Operation const& operation, Values& stack) {
  if (operation.kind == Kind::negate) {
    for (double& v : stack.back()) v = -v;
  } else if (operation.kind == Kind::log) {
    for (double& v : stack.back()) v = std::log(v);
  } else {
    auto const right = std::move(stack.back());
    stack.pop_back();
    auto& left = stack.back();
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = combined(operation.kind, left[i], right[i]);
  }
}

// The numbers of one data set. `columns` owns them: first the inputs, then what had to be calculated.
class Numbers {
 public:
  Numbers(DesignPlan const& plan, Table const& table) : plan_(plan), rows_(table.rows()) {
    columns_.reserve(plan.inputs.size() + plan.variables.size() + 1);
    for (auto const& input : plan.inputs) {
      columns_.push_back(input_column(input, table).numbers());
      if (!input.levels.empty()) drop_strange_codes(columns_.back(), input.levels.size());
    }
    for (auto const& variable : plan.variables) of_variable_.push_back(located(variable));
    response_ = located(plan.response);
    if (!all_finite()) drop_incomplete_rows();
  }

  std::size_t rows() const { return rows_; }
  std::vector<double> const& variable(std::size_t index) const { return columns_[of_variable_[index]]; }
  std::vector<double> const& response() const { return columns_[response_]; }
  std::vector<double> const& cluster() const { return columns_[*plan_.cluster]; }

  // The names of what has infinite values in complete rows.
  std::vector<std::string> infinite() const {
    std::vector<std::string> names;
    auto const check = [&](BoundVariable const& v, std::vector<double> const& values) {
      if (std::any_of(values.begin(), values.end(), [](double x) { return std::isinf(x); })) names.push_back(v.source.text);
    };
    check(plan_.response, response());
    for (std::size_t v = 0; v < of_variable_.size(); ++v) check(plan_.variables[v], variable(v));
    return names;
  }
  bool all_finite() const { return std::all_of(columns_.begin(), columns_.end(), is_finite); }

 private:
  std::size_t located(BoundVariable const& variable) {
    if (variable.source.is_column()) return variable.inputs.front();
    columns_.push_back(calculated(variable));
    return columns_.size() - 1;
  }

  std::vector<double> calculated(BoundVariable const& variable) const {
    Values stack;
    auto next_input = variable.inputs.begin();
    for (auto const& operation : variable.source.operations) {
      if (operation.kind == Kind::column) {
        stack.push_back(columns_[*next_input++]);
      } else if (operation.kind == Kind::number) {
        stack.emplace_back(rows_, operation.number);
      } else {
        apply(operation, stack);
      }
    }
    return std::move(stack.back());
  }

  static bool is_finite(std::vector<double> const& values) {  // without a branch per row
    bool finite = true;
    for (double const v : values) finite &= std::abs(v) <= std::numeric_limits<double>::max();
    return finite;
  }

  void drop_incomplete_rows() {
    std::vector<std::size_t> kept;
    for (std::size_t row = 0; row < rows_; ++row)
      if (std::none_of(columns_.begin(), columns_.end(), [row](auto const& c) { return std::isnan(c[row]); }))
        kept.push_back(row);
    for (auto& column : columns_) {
      for (std::size_t i = 0; i < kept.size(); ++i) column[i] = column[kept[i]];
      column.resize(kept.size());
    }
    rows_ = kept.size();
  }

  DesignPlan const& plan_;
  std::size_t rows_;
  Values columns_;
  std::vector<std::size_t> of_variable_;
  std::size_t response_ = 0;
};

// ---- design

void multiply_into(double* out, std::vector<double> const& values, std::optional<int> level, bool first) {
  if (level) {
    auto const code = static_cast<double>(*level);
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i] == code ? (first ? 1.0 : out[i]) : 0.0;
  } else if (first) {
    std::copy(values.begin(), values.end(), out);
  } else {
    for (std::size_t i = 0; i < values.size(); ++i) out[i] *= values[i];
  }
}

void fill_x(Design& design, DesignPlan const& plan, Numbers const& numbers) {
  design.x.resize(static_cast<Eigen::Index>(numbers.rows()), static_cast<Eigen::Index>(plan.columns.size()));
  for (std::size_t c = 0; c < plan.columns.size(); ++c) {
    auto column = design.x.col(static_cast<Eigen::Index>(c));
    if (plan.columns[c].empty()) column.setOnes();
    bool first = true;
    for (auto const& coding : plan.columns[c])
      multiply_into(column.data(), numbers.variable(coding.variable), coding.level, std::exchange(first, false));
  }
}

// Numbers the clusters 0, 1, 2 ... where ids lie close together, which they nearly always do.
std::vector<std::int32_t> number_by_table(std::vector<double> const& ids, double lowest, std::size_t range,
                                          std::size_t& count) {
  std::vector<std::int32_t> number_of(range, -1);
  std::vector<std::int32_t> out(ids.size());
  std::int32_t next = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& number = number_of[static_cast<std::size_t>(ids[i] - lowest)];
    if (number < 0) number = next++;
    out[i] = number;
  }
  count = static_cast<std::size_t>(next);
  return out;
}

std::vector<std::int32_t> number_by_sorting(std::vector<double> const& ids, std::size_t& count) {
  auto sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<std::int32_t> out(ids.size());
  std::transform(ids.begin(), ids.end(), out.begin(), [&](double id) {
    return static_cast<std::int32_t>(std::lower_bound(sorted.begin(), sorted.end(), id) - sorted.begin());
  });
  count = sorted.size();
  return out;
}

void number_clusters(Design& design, std::vector<double> const& ids) {
  auto const [lowest, highest] = std::minmax_element(ids.begin(), ids.end());
  double const range = *highest - *lowest + 1;
  bool const whole = std::all_of(ids.begin(), ids.end(), [](double id) { return id == std::floor(id); });
  bool const close = whole && range <= 8 * static_cast<double>(ids.size()) + 1024;
  design.cluster = close ? number_by_table(ids, *lowest, static_cast<std::size_t>(range), design.clusters)
                         : number_by_sorting(ids, design.clusters);
}

std::vector<std::string> empty_levels(DesignPlan const& plan, Numbers const& numbers) {
  std::vector<std::string> out;
  for (std::size_t v = 0; v < plan.variables.size(); ++v) {
    auto const& variable = plan.variables[v];
    if (!variable.categorical) continue;
    auto const& levels = plan.inputs[variable.inputs.front()].levels;
    std::vector<std::size_t> counts(levels.size());
    for (double const code : numbers.variable(v)) ++counts[static_cast<std::size_t>(code)];
    for (std::size_t level = 0; level < levels.size(); ++level)
      if (counts[level] == 0) out.push_back(fmt::format("{} = \"{}\"", variable.source.text, levels[level]));
  }
  return out;
}

std::string problem_of(DesignPlan const& plan, Numbers const& numbers) {
  if (numbers.rows() == 0) return "no row is without missing values";
  if (!numbers.all_finite()) {
    auto const names = numbers.infinite();
    if (!names.empty()) return fmt::format("infinite values in {}", enumerate_words(names));
  }
  if (!plan.cluster) return "";
  auto const& ids = numbers.cluster();
  bool const finite = std::all_of(ids.begin(), ids.end(), [](double id) { return std::isfinite(id); });
  return finite ? "" : fmt::format("infinite values in the grouping factor {}", plan.inputs[*plan.cluster].name);
}

}  // namespace

DesignPlan plan_design(std::string const& formula_text, Formula const& formula, Table const& layout,
                       std::optional<std::string> const& cluster) {
  return Planner(formula_text, layout).plan(formula, cluster);
}

Design build_design(DesignPlan const& plan, Table const& table) {
  Numbers const numbers(plan, table);
  Design design;
  auto const& response = numbers.response();
  design.y = Eigen::Map<Eigen::VectorXd const>(response.data(), static_cast<Eigen::Index>(response.size()));
  design.problem = problem_of(plan, numbers);
  if (!design.problem.empty()) return design;
  fill_x(design, plan, numbers);
  if (plan.cluster) number_clusters(design, numbers.cluster());
  design.empty_levels = empty_levels(plan, numbers);
  return design;
}

}  // namespace bordin
