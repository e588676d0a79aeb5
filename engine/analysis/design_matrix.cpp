#include "analysis/design_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>
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

Column const& input_column(DesignPlan::Input const& input, Table const& table) {
  auto const& columns = table.columns();
  bool const at_its_place = input.index < columns.size() && columns[input.index].name == input.name;
  auto const& column = at_its_place ? columns[input.index] : table.column(input.name);
  if (column.levels != input.levels)
    throw Error(fmt::format("column \"{}\" has other levels than the table the analysis was made for", input.name));
  return column;
}

// Whether all are finite is told from the exponents' bits: no branch per row, and vectors of them at once.
template <class Float>
class Exponents {
 public:
  void look_at(Float value) { carried_ |= (std::bit_cast<Bits>(value) & infinity) + last; }
  bool all_finite() const { return (carried_ & ~(~Bits{0} >> 1U)) == 0; }

 private:
  using Bits = std::conditional_t<sizeof(Float) == 8, std::uint64_t, std::uint32_t>;
  static constexpr auto infinity = std::bit_cast<Bits>(std::numeric_limits<Float>::infinity());
  static constexpr Bits last = infinity & (~infinity + 1);  // the exponent's last bit
  Bits carried_ = 0;
};

// The same of whole numbers, of which one stands for what is missing.
template <class Integer>
class Codes {
 public:
  void look_at(Integer value) { missing_ = static_cast<Integer>(missing_ | (value == missing_code<Integer> ? -1 : 0)); }
  bool all_finite() const { return missing_ == 0; }

 private:
  Integer missing_ = 0;
};

template <class Value>
using Look = std::conditional_t<std::is_floating_point_v<Value>, Exponents<Value>, Codes<Value>>;

bool is_finite(std::vector<double> const& values) {
  Exponents<double> look;
  for (double const value : values) look.look_at(value);
  return look.all_finite();
}

// Reads a column and says whether all its values are finite numbers.
bool read_numbers(Column const& column, std::vector<double>& out) {
  bool const finite = std::visit(
      [&](auto const& values) {
        Look<typename std::decay_t<decltype(values)>::value_type> look;
        out.resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          look.look_at(values[i]);
          out[i] = static_cast<double>(values[i]);
        }
        return look.all_finite();
      },
      column.values);
  if (!finite) column.numbers(out);
  return finite;
}

// Do all values stand for levels? Told of integers only.
template <class Value>
bool are_levels(std::vector<Value> const& codes, std::size_t levels) {
  if constexpr (std::is_integral_v<Value>) {
    auto const last = static_cast<Value>(std::min(levels - 1, static_cast<std::size_t>(std::numeric_limits<Value>::max())));
    bool strange = false;
    for (Value const code : codes) strange |= code < 0 || code > last;
    return !strange;
  }
  return false;
}

bool are_levels(Column const& column) {
  return std::visit([&](auto const& codes) { return are_levels(codes, column.levels.size()); }, column.values);
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
    finite_.clear();
    ids_.assign(plan.inputs.size(), nullptr);
    for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
      auto const& column = input_column(plan.inputs[i], table);
      if (plan.inputs[i].only_groups) ids_[i] = complete_ids(column);
      finite_.push_back(ids_[i] != nullptr || read(column, columns_[i]) ? 1 : 0);
    }
    for (auto const& variable : plan.variables) of_variable_.push_back(located(variable));
    for (auto const& variable : plan.response) response_.push_back(located(variable));
    if (all_finite()) return;
    read_ids(table);
    drop_incomplete_rows(plan.time ? of_rows(plan) : all_columns());
  }

  std::size_t rows() const { return rows_; }
  std::vector<double> const& variable(std::size_t index) const { return columns_[of_variable_[index]]; }
  GroupShapes::Variables const& variables() {
    pointers_.clear();
    for (auto const column : of_variable_) pointers_.push_back(&columns_[column]);
    return pointers_;
  }
  std::vector<double> const& response(std::size_t index) const { return columns_[response_[index]]; }
  std::vector<double> const& input(std::size_t index) const { return columns_[index]; }
  // As they stand in the table, where rows are all complete; else null, and `input` has them.
  std::vector<std::int32_t> const* ids(std::size_t index) const { return ids_[index]; }
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
  bool all_finite() const { return std::find(finite_.begin(), finite_.end(), 0) == finite_.end(); }

 private:
  static std::vector<std::int32_t> const* complete_ids(Column const& column) {
    auto const* const ids = std::get_if<std::vector<std::int32_t>>(&column.values);
    if (ids == nullptr || column.is_categorical()) return nullptr;
    Codes<std::int32_t> look;
    for (auto const id : *ids) look.look_at(id);
    return look.all_finite() ? ids : nullptr;
  }

  // Says whether all values are finite.
  static bool read(Column const& column, std::vector<double>& out) {
    bool const finite = read_numbers(column, out);
    return (!column.is_categorical() || are_levels(column) || drop_strange_codes(out, column.levels.size())) && finite;
  }

  void read_ids(Table const& table) {
    for (std::size_t i = 0; i < ids_.size(); ++i)
      if (std::exchange(ids_[i], nullptr) != nullptr) read_numbers(input_column(plan_->inputs[i], table), columns_[i]);
  }

  std::size_t located(BoundVariable const& variable) {
    if (variable.source.is_column()) return variable.inputs.front();
    columns_.push_back(calculated(variable));
    finite_.push_back(is_finite(columns_.back()) ? 1 : 0);
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
      if (finite_[c] == 0) mark_missing(columns_[c].data(), rows_, is_complete_.data());
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
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (finite_[c] == 0) finite_[c] = is_finite(columns_[c]) ? 1 : 0;
  }

  static void mark_missing(double const* values, std::size_t rows, std::uint8_t* complete) {
    for (std::size_t row = 0; row < rows; ++row) complete[row] &= static_cast<std::uint8_t>(!std::isnan(values[row]));
  }

  DesignPlan const* plan_ = nullptr;
  std::size_t rows_ = 0;
  Values columns_;
  std::vector<char> finite_;                           // by column
  std::vector<std::vector<std::int32_t> const*> ids_;  // by input
  std::vector<std::size_t> complete_;
  std::vector<std::uint8_t> is_complete_;
  std::vector<std::size_t> of_variable_;
  GroupShapes::Variables pointers_;
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

void fill_column(Eigen::Ref<Eigen::VectorXd> out, std::vector<Coding> const& codings, Numbers const& numbers) {
  if (codings.empty()) out.setOnes();
  bool first = true;
  for (auto const& coding : codings)
    multiply_into(out.data(), numbers.variable(coding.variable), coding.level, std::exchange(first, false));
}

void size(Eigen::MatrixXd& out, DesignPlan::Matrix const& matrix, Numbers const& numbers) {
  resize(out, static_cast<Eigen::Index>(numbers.rows()), static_cast<Eigen::Index>(matrix.columns.size()));
}

void fill_x(DesignPlan const& plan, Numbers const& numbers, Design& design) {
  size(design.x, plan.x, numbers);
  for (auto const c : design.shapes.others())
    fill_column(design.x.col(c), plan.x.columns[static_cast<std::size_t>(c)], numbers);
}

void fill_z(DesignPlan const& plan, Numbers const& numbers, Design& design) {
  size(design.z, plan.z, numbers);
  for (Eigen::Index c = 0; c < design.z.cols(); ++c)
    fill_column(design.z.col(c), plan.z.columns[static_cast<std::size_t>(c)], numbers);
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
  auto const number = [&](std::size_t input, Grouping& into) {
    auto const* const ids = numbers.ids(input);
    ids != nullptr ? group_numbers.assign(*ids, into) : group_numbers.assign(numbers.input(input), into);
  };
  number(factor.inputs.front(), out);
  for (std::size_t next = 1; next < factor.inputs.size(); ++next) {
    Grouping own;
    number(factor.inputs[next], own);
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
    auto unseen = levels.size();
    for (double const code : numbers.variable(v)) {
      auto& here = seen[static_cast<std::size_t>(code)];
      if (here != 0) continue;
      here = 1;
      if (--unseen == 0) break;
    }
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

std::vector<std::int32_t> const& Design::cluster() const {
  static std::vector<std::int32_t> const none;
  return factors.empty() ? none : factors.front().of_row;
}

void complete_x(Design& design) {
  auto const& shapes = design.shapes.shapes();
  auto const& of_row = design.factors[outermost_factor(design.factors)].of_row;
  for (int c = 0; c < shapes.columns; ++c) {
    auto column = design.x.col(design.shapes.shaped()[static_cast<std::size_t>(c)]);
    for (Eigen::Index row = 0; row < column.size(); ++row) {
      double sum = 0;
      auto const of_class = shapes.of_group[static_cast<std::size_t>(of_row[static_cast<std::size_t>(row)])];
      for (Eigen::Index effect = 0; effect < design.z.cols(); ++effect) {
        auto const place = (of_class * design.z.cols() + effect) * shapes.columns + c;
        sum += design.z(row, effect) * shapes.matrices[static_cast<std::size_t>(place)];
      }
      column[row] = sum;
    }
  }
}

void build_design(DesignPlan const& plan, Table const& table, Design& design) {
  thread_local Numbers numbers;
  numbers.read(plan, table);
  copy(numbers.response(0), design.y);
  design.problem = problem_of(plan, numbers);
  design.factors.resize(plan.factors.size());
  if (!design.problem.empty()) return;
  if (plan.response.size() > 1) copy(numbers.response(1), design.event);
  for (std::size_t f = 0; f < plan.factors.size(); ++f) set_grouping(plan.factors[f], numbers, design.factors[f]);
  design.shapes.find(plan, numbers.variables(), design.factors);
  fill_x(plan, numbers, design);
  fill_z(plan, numbers, design);
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
