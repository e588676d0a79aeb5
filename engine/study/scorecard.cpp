#include "study/scorecard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "study/named_statistics.hpp"

namespace bordin {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using TableText = std::string (*)(Rows const&);

//! A pipe in a cell would end it.
std::string cell(std::string const& text) {
  std::string out;
  for (char const c : text) out += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  return out;
}

std::string markdown_table(Rows const& rows) {
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (auto const& text : rows[r]) out += "| " + cell(text) + " ";
    out += "|\n";
    if (r > 0) continue;
    for (std::size_t c = 0; c < rows[0].size(); ++c) out += "| --- ";
    out += "|\n";
  }
  return out;
}

std::string number(double value) {
  return fmt::format("{:.4f}", value);
}

std::string with_error(Figure const& figure) {
  return figure.problem.empty() ? fmt::format("{} ({})", number(figure.value), number(figure.mcse)) : "-";
}

std::string percent(Figure const& figure) {
  return figure.problem.empty() ? fmt::format("{:.2f} % ({:.2f})", 100 * figure.value, 100 * figure.mcse) : "-";
}

std::string band_text(Band const& band) {
  if (std::isnan(band.low)) return "-";
  return fmt::format("{:.6g} to {:.6g}", band.low, band.high);
}

//! Limits that come from the Monte Carlo error have no more digits than the figure itself.
std::string accepted_text(EvidenceRow const& row) {
  if (!row.target.interval.empty()) return band_text(row.band);
  return std::isnan(row.band.low) ? "-" : fmt::format("{} to {}", number(row.band.low), number(row.band.high));
}

//! Why a target is not met together with the others, said below its table.
class Notes {
 public:
  //! The number of the note.
  std::size_t add(std::string const& text) {
    auto const found = std::find(notes_.begin(), notes_.end(), text);
    if (found != notes_.end()) return static_cast<std::size_t>(found - notes_.begin()) + 1;
    notes_.push_back(text);
    return notes_.size();
  }
  std::string text() const {
    std::string out;
    for (std::size_t k = 0; k < notes_.size(); ++k) out += fmt::format("({}) {}\n\n", k + 1, notes_[k]);
    return out;
  }

 private:
  std::vector<std::string> notes_;
};

std::string verdict(EvidenceRow const& row, Notes& notes) {
  std::string holds = row.holds ? "yes" : "no";
  if (!row.figure.problem.empty()) return "no value: " + row.figure.problem;
  if (!row.target.not_together.empty())
    return fmt::format("{}; not together ({})", holds, notes.add(row.target.not_together));
  if (!row.target.gates())
    return fmt::format("{}; not gated: {}", holds, certainty_words()[static_cast<std::size_t>(row.target.certainty)]);
  return holds;
}

std::string published(Target const& target) {
  std::string text = target.value;
  if (target.k) text += fmt::format(", k = {}", *target.k);
  if (target.n) text += fmt::format(", N = {}", *target.n);
  return text;
}

std::string headline_table(Evidence const& evidence, TableText table) {
  Notes notes;
  Rows rows{{"the best-known list", "published share of outcome", "accepted", "Bordin (Monte Carlo SE)", "holds"}};
  for (auto const& row : evidence.rows) {
    if (!row.target.headline) continue;
    rows.push_back({row.target.quantity, row.target.value,
                    fmt::format("{:.6g} to {:.6g} %", 100 * row.band.low, 100 * row.band.high), percent(row.figure),
                    verdict(row, notes)});
  }
  return rows.size() == 1 ? "" : table(rows) + "\n" + notes.text();
}

std::string joint_text(Evidence const& evidence) {
  if (evidence.joint_r2.statistic.empty()) return "";
  if (!evidence.joint_r2.problem.empty()) return fmt::format("Together: no value. {}\n\n", evidence.joint_r2.problem);
  return fmt::format(
      "Alliance, empathy, goal consensus, collaboration and expectation explain {} of the outcome together; their separate "
      "shares add to {}. They overlap: such a list is no partition of the variance.\n\n",
      percent(evidence.joint_r2), percent(evidence.sum_of_r2));
}

std::vector<std::string> scenarios_of(Evidence const& evidence) {
  std::vector<std::string> names;
  for (auto const& row : evidence.rows)
    if (std::find(names.begin(), names.end(), row.target.scenario) == names.end()) names.push_back(row.target.scenario);
  return names;
}

std::string scenario_table(Evidence const& evidence, std::string const& scenario, TableText table) {
  Notes notes;
  Rows rows{{"target", "quantity", "published", "accepted", "Bordin (Monte Carlo SE)", "holds"}};
  for (auto const& row : evidence.rows) {
    if (row.target.scenario != scenario) continue;
    rows.push_back({row.target.name, row.target.quantity, published(row.target), accepted_text(row), with_error(row.figure),
                    verdict(row, notes)});
  }
  return table(rows) + "\n" + notes.text();
}

std::string count_line(Evidence const& evidence) {
  auto const& rows = evidence.rows;
  auto const gating = std::count_if(rows.begin(), rows.end(), [](EvidenceRow const& r) { return r.target.gates(); });
  auto const held =
      std::count_if(rows.begin(), rows.end(), [](EvidenceRow const& r) { return r.target.gates() && r.holds; });
  return fmt::format("{} of {} gating targets hold ({} targets in all).", held, gating, rows.size());
}

std::string run_line(Evidence const& evidence) {
  return fmt::format("{} clients per scenario, seed {}{}.", evidence.options.clients, evidence.options.seed,
                     evidence.options.seed == evidence_seed ? ", which was not used for calibration" : "");
}

std::string source_table(Evidence const& evidence) {
  Rows rows{{"target", "defined as", "statistic", "moved most by", "source", "DOI", "certainty"}};
  for (auto const& row : evidence.rows) {
    auto const& t = row.target;
    rows.push_back({t.name, t.definition, t.statistic, t.parameter, t.citation, t.doi,
                    certainty_words()[static_cast<std::size_t>(t.certainty)]});
  }
  return markdown_table(rows);
}

std::string statistics_table() {
  Rows rows{{"statistic", "what it is"}};
  for (auto const& statistic : named_statistics())
    rows.push_back({std::string(statistic.name), std::string(statistic.definition)});
  return markdown_table(rows);
}

constexpr char const* page_head = R"(# Published targets and what the engine gives

Made by `./dev docs` from [targets.toml](targets.toml) by `bordin evidence --markdown`; what to change is there.
Correlations are oriented to benefit: positive = more alliance, better outcome. A target without a published interval holds within
3 Monte Carlo standard errors and the rounding of its last printed digit. Only targets of certainty V (read in the abstract,
the paper or a page that quotes it) and D (derived from a closed form or from verified figures) gate; M+ (well known, not read
again) and M? (to be checked) are shown. "Not together" are targets that the scenario cannot meet together with the others, and why.

)";

}  // namespace

std::string scorecard_text(Evidence const& evidence) {
  std::string text = "Published targets and what the engine gives: " + run_line(evidence) + "\n\n";
  text += headline_table(evidence, aligned_table) + joint_text(evidence);
  for (auto const& scenario : scenarios_of(evidence))
    text += scenario + "\n" + scenario_table(evidence, scenario, aligned_table);
  return text + count_line(evidence) + "\n";
}

std::string scorecard_page(Evidence const& evidence) {
  std::string page = page_head + run_line(evidence) + " " + count_line(evidence) + "\n\n";
  page += headline_table(evidence, markdown_table) + joint_text(evidence);
  for (auto const& scenario : scenarios_of(evidence))
    page += "## " + scenario + "\n\n" + scenario_table(evidence, scenario, markdown_table);
  page += "## Definitions and sources\n\n" + source_table(evidence) + "\n";
  return page + "## Statistics\n\n" + statistics_table();
}

}  // namespace bordin
