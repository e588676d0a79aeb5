#include "study/analysis_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/errors.hpp"
#include "core/formula.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

//! Analyses know names, values and levels.
Column bare(Column const& source) {
  return {.name = source.name, .unit = {}, .description = {}, .values = source.values, .levels = source.levels};
}

//! row[i] of `source` for every i; a row beyond the source (a client without a therapist) is missing.
Column repeated(Column const& source, std::vector<std::int32_t> const& rows) {
  Column out{.name = source.name, .unit = {}, .description = {}, .values = {}, .levels = source.levels};
  std::visit(
      [&](auto const& values) {
        using Value = std::remove_cvref_t<decltype(values[0])>;
        std::vector<Value> repeated_values(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
          auto const row = static_cast<std::size_t>(rows[i]);
          if (row < values.size()) {
            repeated_values[i] = values[row];
          } else if constexpr (std::is_floating_point_v<Value>) {
            repeated_values[i] = std::numeric_limits<Value>::quiet_NaN();
          } else {
            repeated_values[i] = missing_code<Value>;
          }
        }
        out.values = std::move(repeated_values);
      },
      source.values);
  return out;
}

class Finder {
 public:
  explicit Finder(Dataset const& data) : data_(data) {}

  Column const* of_client(std::string const& name) const { return either(data_.clients, data_.truth_clients, name); }
  Column const* of_therapist(std::string const& name) const {
    return either(data_.therapists, data_.truth_therapists, name);
  }
  Column const* of_session(std::string const& name) const { return either(data_.sessions, data_.truth_sessions, name); }
  bool session_only(std::string const& name) const {
    return of_client(name) == nullptr && of_therapist(name) == nullptr && of_session(name) != nullptr;
  }
  Column client_level(std::string const& name) const {
    if (auto const* column = of_client(name)) return bare(*column);
    if (auto const* column = of_therapist(name))
      return repeated(*column, data_.clients.column("therapist").as<std::int32_t>());
    throw Error(fmt::format("there is no variable \"{}\"{}", name, did_you_mean(name, names())));
  }

 private:
  static Column const* either(Table const& observed, Table const& truth, std::string const& name) {
    auto const* column = observed.find(name);
    return column != nullptr ? column : truth.find(name);
  }
  std::vector<std::string> names() const {
    std::set<std::string> all;
    for (auto const* table : {&data_.clients, &data_.sessions, &data_.therapists, &data_.truth_clients,
                              &data_.truth_sessions, &data_.truth_therapists}) {
      for (auto const& column : table->columns()) all.insert(column.name);
    }
    return {all.begin(), all.end()};
  }
  Dataset const& data_;
};

void add_columns(Variable const& variable, std::set<std::string>& names) {
  for (auto const& operation : variable.operations) {
    if (operation.kind == Operation::Kind::column) names.insert(operation.column);
  }
}

void add_columns(Predictor const& predictor, std::set<std::string>& names) {
  for (auto const& variable : predictor.variables) add_columns(variable, names);
}

}  // namespace

std::vector<std::string> variables_of(AnalysisSpec const& spec) {
  auto const parsed = parse_formula(spec.formula);
  std::set<std::string> names;
  for (auto const& variable : parsed.response) add_columns(variable, names);
  add_columns(parsed.fixed, names);
  for (auto const& random : parsed.random) {
    add_columns(random.effects, names);
    names.insert(random.group.begin(), random.group.end());
  }
  if (auto time = parsed.time(); !time.empty()) names.insert(std::move(time));
  bool const clusters = spec.method == Method::cluster_level || spec.se == StandardErrors::cr2;
  if (clusters && parsed.random.empty()) names.insert("therapist");
  return {names.begin(), names.end()};
}

bool is_of_sessions(Dataset const& data, std::vector<std::string> const& names) {
  Finder const find(data);
  return std::any_of(names.begin(), names.end(), [&](auto const& name) { return find.session_only(name); });
}

Table analysis_table(Dataset const& data, std::vector<std::string> const& names) {
  Finder const find(data);
  bool const by_session = is_of_sessions(data, names);
  Table table;
  for (auto const& name : names) {
    if (!by_session) {
      table.add(find.client_level(name));
    } else if (auto const* column = find.of_session(name)) {
      table.add(bare(*column));
    } else {
      table.add(repeated(find.client_level(name), data.sessions.column("client").as<std::int32_t>()));
    }
  }
  return table;
}

}  // namespace bordin
