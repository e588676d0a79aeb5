#include "analysis/design_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>
#include <variant>

#include "analysis/group_numbers.hpp"
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

  DesignPlan plan(Formula const& formula, std::string const& cluster) {
    for (auto const& variable : formula.response) plan_.response.push_back(bound(variable));
    formula.is_survival() ? check_survival() : check_response();
    plan_.x = matrix(formula.fixed);
    if (auto const time = formula.time(); !time.empty()) add_time(time);
    if (formula.is_survival() || plan_.time) drop_intercept();
    if (plan_.x.columns.empty()) fail("", "there is nothing to estimate on the right of \"~\"");
    for (auto const& random : formula.random) add_random(random);
    if (!cluster.empty()) factor({cluster}, "");
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

// ---- reading

Column const& input_column(DesignPlan::Input const& input, Table const& table) {
  auto const& columns = table.columns();
  bool const at_its_place = input.index < columns.size() && columns[input.index].name == input.name;
  auto const& column = at_its_place ? columns[input.index] : table.column(input.name);
  if (column.levels != input.levels)
    throw Error(fmt::format("column \"{}\" has other levels than the table the analysis was made for", input.name));
  return column;
}

// Whether all are finite is told from the exponents' bits: no branch per row, and vectors of them at once.

template <class Bits, class Float>
bool all_finite(std::vector<Float> const& values) {
  constexpr auto infinity = std::bit_cast<Bits>(std::numeric_limits<Float>::infinity());
  constexpr Bits last = infinity & (~infinity + 1);  // the exponent's last bit
  Bits carried = 0;
  for (Float const value : values) carried |= (std::bit_cast<Bits>(value) & infinity) + last;
  return (carried & ~(~Bits{0} >> 1U)) == 0;
}

bool is_finite(std::vector<double> const& values) {
  return all_finite<std::uint64_t>(values);
}
bool is_finite(std::vector<float> const& values) {
  return all_finite<std::uint32_t>(values);
}
template <class Integer>
bool is_finite(std::vector<Integer> const& values) {
  Integer missing = 0;
  for (auto const value : values) missing = static_cast<Integer>(missing | (value == missing_code<Integer> ? -1 : 0));
  return missing == 0;
}

// Reads a column and says whether all its values are finite numbers.
bool read_numbers(Column const& column, std::vector<double>& out) {
  bool const finite = std::visit([](auto const& values) { return is_finite(values); }, column.values);
  if (!finite) return column.numbers(out), false;
  std::visit(
      [&](auto const& values) {
        out.resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) out[i] = static_cast<double>(values[i]);
      },
      column.values);
  return true;
}

// A code that stands for no level is no value. Returns whether there were none of those.
bool drop_strange_codes(std::vector<double>& codes, std::size_t levels) {
  auto const count = static_cast<double>(levels);
  bool sound = true;
  for (double& code : codes) {
    if (code >= 0 && code < count && code == static_cast<std::int32_t>(code)) continue;
    code = std::numeric_limits<double>::quiet_NaN();
    sound = false;
  }
  return sound;
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
  // Keeps its memory from one data set to the next.
  void read(DesignPlan const& plan, Table const& table) {
    plan_ = &plan;
    rows_ = table.rows();
    columns_.resize(plan.inputs.size());
    of_variable_.clear();
    response_.clear();
    complete_.clear();
    finite_ = true;
    for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
      auto const& input = plan.inputs[i];
      finite_ &= read_numbers(input_column(input, table), columns_[i]);
      if (!input.levels.empty()) finite_ &= drop_strange_codes(columns_[i], input.levels.size());
    }
    for (auto const& variable : plan.variables) of_variable_.push_back(located(variable));
    for (auto const& variable : plan.response) response_.push_back(located(variable));
    if (!finite_) drop_incomplete_rows(plan.time ? of_rows(plan) : all_columns());
  }

  std::size_t rows() const { return rows_; }
  std::vector<double> const& variable(std::size_t index) const { return columns_[of_variable_[index]]; }
  std::vector<double> const& response(std::size_t index) const { return columns_[response_[index]]; }
  std::vector<double> const& input(std::size_t index) const { return columns_[index]; }
  std::vector<std::size_t> const& complete() const { return complete_; }  // empty: all rows

  // The names of what has infinite values in complete rows.
  std::vector<std::string> infinite() const {
    std::vector<std::string> names;
    auto const check = [&](BoundVariable const& v, std::vector<double> const& values) {
      if (std::any_of(values.begin(), values.end(), [](double x) { return std::isinf(x); })) names.push_back(v.source.text);
    };
    for (std::size_t r = 0; r < response_.size(); ++r) check(plan_->response[r], response(r));
    for (std::size_t v = 0; v < of_variable_.size(); ++v) check(plan_->variables[v], variable(v));
    return names;
  }
  bool all_finite() const { return finite_; }

 private:
  std::size_t located(BoundVariable const& variable) {
    if (variable.source.is_column()) return variable.inputs.front();
    columns_.push_back(calculated(variable));
    finite_ &= is_finite(columns_.back());
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

  std::vector<std::size_t> all_columns() const {
    std::vector<std::size_t> out(columns_.size());
    std::iota(out.begin(), out.end(), 0U);
    return out;
  }

  // What says whose row it is and when.
  static std::vector<std::size_t> of_rows(DesignPlan const& plan) {
    std::vector<std::size_t> out{*plan.time};
    for (auto const& factor : plan.factors) out.insert(out.end(), factor.inputs.begin(), factor.inputs.end());
    return out;
  }

  void drop_incomplete_rows(std::vector<std::size_t> const& needed) {
    is_complete_.assign(rows_, 1);
    for (auto const c : needed)
      if (!is_finite(columns_[c])) mark_missing(columns_[c].data(), rows_, is_complete_.data());
    complete_.resize(rows_);
    std::size_t count = 0;
    for (std::size_t row = 0; row < rows_; ++row) {  // without a branch per row
      complete_[count] = row;
      count += is_complete_[row];
    }
    complete_.resize(count);
    for (auto& column : columns_) {
      for (std::size_t i = 0; i < count; ++i) column[i] = column[complete_[i]];
      column.resize(count);
    }
    rows_ = complete_.size();
    finite_ = std::all_of(columns_.begin(), columns_.end(), [](auto const& values) { return is_finite(values); });
  }

  static void mark_missing(double const* values, std::size_t rows, std::uint8_t* complete) {
    for (std::size_t row = 0; row < rows; ++row) complete[row] &= static_cast<std::uint8_t>(!std::isnan(values[row]));
  }

  DesignPlan const* plan_ = nullptr;
  std::size_t rows_ = 0;
  bool finite_ = true;
  Values columns_;
  std::vector<std::size_t> complete_;
  std::vector<std::uint8_t> is_complete_;
  std::vector<std::size_t> of_variable_;
  std::vector<std::size_t> response_;
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

// Eigen gives all memory back whenever a size changes, and the pages of large data sets with it. Of one row, it only moves
// the end.
void resize(Eigen::MatrixXd& m, Eigen::Index rows, Eigen::Index columns) {
  m.resize(1, m.size());
  m.conservativeResize(1, rows * columns);
  m.resize(rows, columns);
}

void fill(Eigen::MatrixXd& out, DesignPlan::Matrix const& matrix, Numbers const& numbers) {
  resize(out, static_cast<Eigen::Index>(numbers.rows()), static_cast<Eigen::Index>(matrix.columns.size()));
  for (std::size_t c = 0; c < matrix.columns.size(); ++c) {
    auto column = out.col(static_cast<Eigen::Index>(c));
    if (matrix.columns[c].empty()) column.setOnes();
    bool first = true;
    for (auto const& coding : matrix.columns[c])
      multiply_into(column.data(), numbers.variable(coding.variable), coding.level, std::exchange(first, false));
  }
}

// An indicator of a category that is missing is no 0.
void restore_missing(Eigen::MatrixXd& out, DesignPlan::Matrix const& matrix, Numbers const& numbers) {
  for (std::size_t c = 0; c < matrix.columns.size(); ++c)
    for (auto const& coding : matrix.columns[c]) {
      auto const& values = numbers.variable(coding.variable);
      for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(values[i])) out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) = values[i];
    }
}

void set_grouping(DesignPlan::Factor const& factor, Numbers const& numbers, Grouping& out) {
  thread_local GroupNumbers group_numbers;
  group_numbers.assign(numbers.input(factor.inputs.front()), out);
  for (std::size_t next = 1; next < factor.inputs.size(); ++next) {
    Grouping own;
    group_numbers.assign(numbers.input(factor.inputs[next]), own);
    std::vector<double> pairs(out.of_row.size());
    for (std::size_t i = 0; i < pairs.size(); ++i)
      pairs[i] = static_cast<double>(out.of_row[i]) * own.groups + own.of_row[i];
    group_numbers.assign(pairs, out);
  }
}

std::vector<std::string> empty_levels(DesignPlan const& plan, Numbers const& numbers) {
  std::vector<std::string> out;
  for (std::size_t v = 0; v < plan.variables.size(); ++v) {
    auto const& variable = plan.variables[v];
    if (!variable.categorical) continue;
    auto const& levels = plan.inputs[variable.inputs.front()].levels;
    thread_local std::vector<char> seen;
    seen.assign(levels.size(), 0);
    for (double const code : numbers.variable(v)) seen[static_cast<std::size_t>(code)] = 1;
    for (std::size_t level = 0; level < levels.size(); ++level)
      if (seen[level] == 0) out.push_back(fmt::format("{} = \"{}\"", variable.source.text, levels[level]));
  }
  return out;
}

std::string problem_of(DesignPlan const& plan, Numbers const& numbers) {
  if (numbers.rows() == 0) return "no row is without missing values";
  if (numbers.all_finite()) return "";
  auto const names = numbers.infinite();
  if (!names.empty()) return fmt::format("infinite values in {}", enumerate_words(names));
  for (auto const& factor : plan.factors) {
    for (auto const i : factor.inputs) {
      auto const& ids = numbers.input(i);
      bool const finite = std::all_of(ids.begin(), ids.end(), [](double id) { return std::isfinite(id); });
      if (!finite) return fmt::format("infinite values in the grouping factor {}", plan.inputs[i].name);
    }
  }
  return "";
}

void copy(std::vector<double> const& values, Eigen::VectorXd& out) {
  auto const size = static_cast<Eigen::Index>(values.size());
  if (out.size() != size) out.conservativeResize(size);
  out = Eigen::Map<Eigen::VectorXd const>(values.data(), size);
}

}  // namespace

DesignPlan plan_design(std::string const& formula_text, Formula const& formula, Table const& layout,
                       std::string const& cluster) {
  return Planner(formula_text, layout).plan(formula, cluster);
}

void build_design(DesignPlan const& plan, Table const& table, Design& design) {
  thread_local Numbers numbers;
  numbers.read(plan, table);
  copy(numbers.response(0), design.y);
  design.problem = problem_of(plan, numbers);
  design.factors.resize(plan.factors.size());
  if (!design.problem.empty()) return;
  if (plan.response.size() > 1) copy(numbers.response(1), design.event);
  fill(design.x, plan.x, numbers);
  fill(design.z, plan.z, numbers);
  for (std::size_t f = 0; f < plan.factors.size(); ++f) set_grouping(plan.factors[f], numbers, design.factors[f]);
  design.cluster.clear();
  design.clusters = 0;
  if (!design.factors.empty()) {
    design.cluster = design.factors.front().of_row;
    design.clusters = static_cast<std::size_t>(design.factors.front().groups);
  }
  design.complete = numbers.complete();
  design.empty_levels.clear();
  if (!plan.time) {
    design.empty_levels = empty_levels(plan, numbers);
    return;
  }
  restore_missing(design.x, plan.x, numbers);
  design.time = numbers.input(*plan.time);
}

Design build_design(DesignPlan const& plan, Table const& table) {
  Design design;
  build_design(plan, table, design);
  return design;
}

}  // namespace bordin
