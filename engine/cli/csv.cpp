#include "cli/csv.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"

namespace bordin {
namespace {

std::string csv_text(std::string const& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (char const c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_number(double value) {
  return std::isnan(value) ? "NA" : fmt::format("{}", value);
}

std::string cell(Column const& column, std::size_t row) {
  double const value = column.at(row);
  if (std::isnan(value)) return "NA";
  if (column.is_categorical()) return csv_text(column.levels[static_cast<std::size_t>(value)]);
  if (auto const* floats = std::get_if<std::vector<float>>(&column.values)) return fmt::format("{}", (*floats)[row]);
  return csv_number(value);
}

void write_file(std::filesystem::path const& path, std::string const& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw ResultFileError(path.string(), "cannot be written; check the folder's permissions and space");
}

// `id`: a first column with the numbers of the rows, as other tables refer to them; none where it is empty.
std::string table_text(Table const& table, std::string const& id) {
  std::string text = id;
  for (auto const& column : table.columns()) text += (text.empty() ? "" : ",") + csv_text(column.name);
  text += '\n';
  for (std::size_t row = 0; row < table.rows(); ++row) {
    bool first = id.empty();
    if (!first) text += std::to_string(row);
    for (auto const& column : table.columns()) {
      if (!std::exchange(first, false)) text += ',';
      text += cell(column, row);
    }
    text += '\n';
  }
  return text;
}

std::string estimates_text(Study const& study, Replication const& replication) {
  std::string text = "analysis,term,estimate,std_error,df,statistic,p_value,lower,upper,status\n";
  for (std::size_t a = 0; a < replication.estimates.size(); ++a) {
    auto const& own = replication.estimates[a];
    for (auto const& term : own.terms) {
      text += fmt::format("{},{}", csv_text(study.analyses()[a].spec().name), csv_text(term.term));
      for (double const value :
           {term.estimate, term.std_error, term.df, term.statistic, term.p_value, term.lower, term.upper})
        text += "," + csv_number(value);
      text += fmt::format(",{}\n", fit_status_name(own.status));
    }
  }
  return text;
}

}  // namespace

void write_csv(std::filesystem::path const& folder, Study const& study, Replication const& replication, bool overwrite) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw ResultFileError(folder.string(), "cannot be made: " + error.message());
  auto const& data = *replication.data;
  std::vector<std::pair<std::string, std::string>> const files{
      {"therapists.csv", table_text(data.therapists, "therapist")},
      {"clients.csv", table_text(data.clients, "client")},
      {"sessions.csv", table_text(data.sessions, "")},
      {"truth_therapists.csv", table_text(data.truth_therapists, "therapist")},
      {"truth_clients.csv", table_text(data.truth_clients, "client")},
      {"truth_sessions.csv", table_text(data.truth_sessions, "")},
      {"estimates.csv", estimates_text(study, replication)}};
  for (auto const& [name, text] : files)
    if (!overwrite && std::filesystem::exists(folder / name))
      throw ResultFileError((folder / name).string(), "exists; name another folder with --csv, or say --overwrite");
  for (auto const& [name, text] : files) write_file(folder / name, text);
}

}  // namespace bordin
