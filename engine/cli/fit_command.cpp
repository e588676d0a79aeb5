#include "cli/fit_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/csv.hpp"
#include "core/errors.hpp"
#include "core/formula.hpp"
#include "core/text.hpp"
#include "scenario/read.hpp"
#include "study/analysis_table.hpp"

namespace bordin {
namespace {

using Json = nlohmann::ordered_json;

// ---- options

// An option for every field of AnalysisSpec that is a word or a whole number, with what is said about it where it is
// declared.
class OptionAdder final : public FieldVisitor {
 public:
  OptionAdder(CLI::App& command, std::map<std::string, std::string>& texts) : command_(command), texts_(texts) {}

  void choice(std::string_view name, std::size_t& index, Words const& words, About const& about) override {
    add(name, "WORD", words[index], fmt::format("{}: {}", enumerate_words(words, "or"), about.doc));
  }
  void field(std::string_view name, std::int64_t& value, About const& about) override {
    add(name, "N", std::to_string(value), fmt::format("{:.0f} to {:.0f}: {}", about.min, about.max, about.doc));
  }
  void field(std::string_view, double&, About const&) override {}
  void field(std::string_view, bool&, About const&) override {}
  void field(std::string_view, std::string&, About const&) override {}
  void field(std::string_view, std::vector<double>&, About const&) override {}
  void field(std::string_view, std::vector<std::string>&, About const&) override {}
  void field(std::string_view, std::optional<double>&, About const&) override {}
  void field(std::string_view, std::optional<std::int64_t>&, About const&) override {}
  void shape(std::string_view, ShapedValue&, About const&) override {}
  void group(std::string_view, About const&, std::function<void(FieldVisitor&)> const&) override {}
  void entries(std::string_view, About const&, EntryList&) override {}

 private:
  void add(std::string_view name, std::string const& kind, std::string const& usual, std::string const& doc) {
    auto& text = texts_[std::string(name)] = usual;
    command_.add_option(fmt::format("--{}", name), text, doc)->type_name(kind)->capture_default_str();
  }

  CLI::App& command_;
  std::map<std::string, std::string>& texts_;
};

Node text_node(std::string const& text) {
  Node node;
  node.kind = Node::Kind::text;
  node.text = text;
  return node;
}

Node number_or_text_node(std::string const& text) {
  Node node = text_node(text);
  auto const* end = text.data() + text.size();
  if (auto const [stop, error] = std::from_chars(text.data(), end, node.integer); stop == end && error == std::errc{}) {
    node.kind = Node::Kind::integer;
    node.number = static_cast<double>(node.integer);
  }
  return node;
}

// Checked as an [[analyses]] entry of a scenario is, with the same messages.
AnalysisSpec spec_of(FitCommand const& command) {
  Node tree;
  for (auto const& [name, text] : command.words) tree.member(name) = number_or_text_node(text);
  tree.member("formula") = text_node(command.formula);
  AnalysisSpec spec;
  read_fields([&](FieldVisitor& field) { spec.describe(field); }, tree);
  return spec;
}

// ---- as text

bool is_normal(Family family) {
  return family == Family::gaussian;
}

std::string model_text(AnalysisSpec const& spec, Fit const& fit) {
  switch (fit.method) {
    case Method::cluster_level:
      return "Least squares on the means of clusters";
    case Method::mixed:
      if (spec.family == Family::binomial)
        return fmt::format("Logistic mixed model, maximum likelihood ({})",
                           spec.nagq == 1 ? "Laplace's approximation"
                                          : fmt::format("adaptive Gauss-Hermite quadrature, {} nodes", spec.nagq));
      return fmt::format("Linear mixed model, {}",
                         fit.reml ? "restricted maximum likelihood (REML)" : "maximum likelihood");
    case Method::fixed_clusters:
      return "Clusters as fixed effects: least squares within them and on their means";
    case Method::nested_anova:
      return "Analysis of variance of clusters within arms, exact tests";
    case Method::lagged:
      return "Lagged within-client model, corrected for the bias of few sessions";
    case Method::lagged_uncorrected:
      return "Lagged within-client model, not corrected for the bias of few sessions";
    case Method::discrete_time:
      return "Discrete-time hazard model, logistic";
    default:
      if (spec.family == Family::cox) return "Cox's proportional hazards model";
      return is_normal(spec.family) ? "Least squares" : "Logistic regression";
  }
}

std::string how(AnalysisSpec const& spec, Fit const& fit) {
  auto const inference = inference_text(spec, fit.method);
  return model_text(spec, fit) + (inference.empty() ? "" : "; " + inference);
}

std::string status_text(Fit const& fit) {
  switch (fit.status) {
    case FitStatus::ok:
      return fit.message.empty() ? "" : fmt::format("Note: {}.\n", fit.message);
    case FitStatus::singular:
      return fmt::format("Singular: {}. The estimates stand.\n", fit.message);
    case FitStatus::not_converged:
      return fmt::format("Not converged: {}. Do not rely on these figures.\n", fit.message);
    case FitStatus::not_estimable:
      return fmt::format("Not estimable: {}. What the data do not determine is shown as -.\n", fit.message);
  }
  return "";
}

// Five significant digits.
std::string digits(double value) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  return fmt::format("{:#.5g}", value);
}

std::string p_text(double p) {
  if (std::isnan(p)) return "-";
  return p < 0.001 ? "<0.001" : fmt::format("{:.4f}", p);
}

// Text set flush right, numbers with their points below each other.
std::vector<std::string> aligned(std::vector<std::string> column) {
  auto const behind = [](std::string const& cell) {
    auto const point = cell.find('.');
    return point == std::string::npos ? 0 : cell.size() - point;
  };
  std::size_t longest = 0;
  for (std::size_t i = 1; i < column.size(); ++i) longest = std::max(longest, behind(column[i]));
  std::size_t width = 0;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (i > 0) column[i].append(longest - behind(column[i]), ' ');
    width = std::max(width, column[i].size());
  }
  for (auto& cell : column) cell.insert(0, width - cell.size(), ' ');
  return column;
}

std::string table_of(std::vector<std::vector<std::string>> const& columns) {
  std::vector<std::vector<std::string>> rows(columns.front().size());
  for (auto const& column : columns)
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(column[row]);
  return aligned_table(rows);
}

template <class Text>
std::vector<std::string> column_of(std::string heading, std::vector<Coefficient> const& coefficients, Text const& text) {
  std::vector<std::string> column{std::move(heading)};
  std::transform(coefficients.begin(), coefficients.end(), std::back_inserter(column), text);
  return column;
}

std::string coefficient_table(std::vector<Coefficient> const& coefficients, double alpha) {
  auto const numbers = [&](std::string heading, double Coefficient::*member) {
    return aligned(column_of(std::move(heading), coefficients, [&](auto const& c) { return digits(c.*member); }));
  };
  bool const z = std::all_of(coefficients.begin(), coefficients.end(), [](auto const& c) { return std::isinf(c.df); });
  std::vector<std::vector<std::string>> columns{column_of("", coefficients, [](auto const& c) { return c.term; }),
                                                numbers("Estimate", &Coefficient::estimate),
                                                numbers("Std. Error", &Coefficient::std_error)};
  if (!z) columns.push_back(numbers("df", &Coefficient::df));
  columns.push_back(numbers(z ? "z value" : "t value", &Coefficient::statistic));
  columns.push_back(
      aligned(column_of(z ? "Pr(>|z|)" : "Pr(>|t|)", coefficients, [](auto const& c) { return p_text(c.p_value); })));
  columns.push_back(numbers(fmt::format("{:g} %", 50 * alpha), &Coefficient::lower));
  columns.push_back(numbers(fmt::format("{:g} %", 100 - 50 * alpha), &Coefficient::upper));
  return table_of(columns);
}

// The correlations of a random effect with those that stand before it.
std::string correlations(std::vector<VarianceComponent> const& components, VarianceComponent const& own) {
  std::string text;
  for (auto const& v : components)
    if (v.group == own.group && v.term2 == own.term1)
      text += fmt::format("{}{:>6}", text.empty() ? "" : " ",
                          std::isnan(v.sd_or_correlation) ? "-" : fmt::format("{:.3f}", v.sd_or_correlation));
  return text;
}

std::string variance_table(Fit const& fit) {
  std::vector<std::string> groups{"Groups"}, names{"Name"}, variances{"Variance"}, sds{"Std.Dev."}, corr{""};
  auto const add = [&](std::string const& group, std::string const& name, double variance, double sd) {
    groups.push_back(group);
    names.push_back(name);
    variances.push_back(digits(variance));
    sds.push_back(digits(sd));
  };
  std::string last;
  for (auto const& v : fit.variances) {
    if (!v.term2.empty()) continue;
    add(std::exchange(last, v.group) == v.group ? "" : v.group, v.term1, v.value, v.sd_or_correlation);
    corr.push_back(correlations(fit.variances, v));
    if (!corr.back().empty()) corr.front() = "  Corr";
  }
  if (std::isfinite(fit.sigma)) {
    add("Residual", "", fit.sigma * fit.sigma, fit.sigma);
    corr.emplace_back();
  }
  return groups.size() == 1 ? ""
                            : "\nRandom effects:\n" + table_of({groups, names, aligned(variances), aligned(sds), corr});
}

std::string criterion_text(AnalysisSpec const& spec, Fit const& fit) {
  if (std::isnan(fit.criterion)) return "";
  if (spec.family == Family::cox) return fmt::format("-2 log partial likelihood: {:.2f}\n", fit.criterion);
  auto const counted = fmt::format("   ({})\n", count_text(fit.parameters, "parameter"));
  if (fit.reml)
    return fmt::format(
               "REML criterion: {:.2f}\nOf REML, to compare models with these fixed effects: AIC: {:.2f}   BIC: {:.2f}",
               fit.criterion, fit.aic, fit.bic) +
           counted;
  auto const text = fmt::format("-2 log-likelihood: {:.2f}", fit.criterion);
  return std::isnan(fit.aic) ? text + "\n" : text + fmt::format("   AIC: {:.2f}   BIC: {:.2f}", fit.aic, fit.bic) + counted;
}

std::string interval_text(double lower, double upper) {
  return fmt::format("{} to {}", digits(lower), digits(upper));
}

std::string variance_tests_text(Fit const& fit) {
  if (fit.variance_tests.empty()) return "";
  bool const f_test = fit.method == Method::nested_anova;
  std::vector<std::string> groups{"Groups"}, names{"Name"}, statistics{f_test ? "F" : "Chi-square"};
  std::vector<std::string> p{f_test ? "Pr(>F)" : "Pr(>Chisq)"};
  for (auto const& test : fit.variance_tests) {
    groups.push_back(test.group);
    names.push_back(test.term);
    statistics.push_back(digits(test.statistic));
    p.push_back(p_text(test.p_value));
  }
  return fmt::format("\nIs there such a variance? ({})\n{}",
                     f_test ? "exact F test" : "likelihood ratio; mixture of chi-squares, as no variance is below 0",
                     table_of({groups, names, aligned(statistics), aligned(p)}));
}

std::string icc_text(Fit const& fit, double alpha) {
  if (fit.icc.empty()) return "";
  std::vector<std::string> groups{"Groups"}, estimates{"ICC"}, intervals{fmt::format("{:g} % interval", 100 - 100 * alpha)};
  for (auto const& icc : fit.icc) {
    groups.push_back(icc.group);
    estimates.push_back(digits(icc.estimate));
    intervals.push_back(interval_text(icc.lower, icc.upper));
  }
  return "\nIntraclass correlations:\n" + table_of({groups, aligned(estimates), intervals});
}

std::string ranef_text(Fit const& fit) {
  std::vector<std::string> groups{"Groups"}, levels{"Level"}, names{"Name"}, values{"Effect"}, sds{"Std.Dev."};
  std::vector<std::string> reliabilities{"Reliability"};
  for (auto const& effect : fit.ranef) {
    groups.push_back(effect.group);
    levels.push_back(effect.level);
    names.push_back(effect.term);
    values.push_back(digits(effect.value));
    sds.push_back(digits(effect.sd));
    reliabilities.push_back(digits(effect.reliability));
  }
  return "\nPredicted random effects:\n" +
         table_of({groups, levels, names, aligned(values), aligned(sds), aligned(reliabilities)});
}

std::string ranef_text(FitCommand const& command, Fit const& fit) {
  if (!command.ranef) return "";
  if (!fit.ranef.empty()) return ranef_text(fit);
  return "\nPredicted random effects: none (they are there for linear mixed models whose grouping factors are nested)\n";
}

std::string counts_text(Fit const& fit, std::size_t rows) {
  std::string text =
      fmt::format("{}: {}", is_lagged(fit.method) ? "Pairs of adjacent sessions" : "Observations", fit.observations);
  if (!is_lagged(fit.method) && rows > fit.observations)
    text += fmt::format(" ({} left out because of missing values)", count_text(rows - fit.observations, "row"));
  for (auto const& group : fit.groups) text += fmt::format("; groups of {}: {}", group.name, group.count);
  return text + "\n";
}

std::string summary(FitCommand const& command, AnalysisSpec const& spec, Fit const& fit, std::size_t rows) {
  std::string text =
      fmt::format("{}\nFormula: {}\nData: {}\n", how(spec, fit), one_line(spec.formula), one_line(command.data));
  text += status_text(fit) + "\n" + criterion_text(spec, fit);
  if (fit.method == Method::mixed || fit.method == Method::nested_anova) {
    text += variance_table(fit);
  } else if (std::isfinite(fit.sigma)) {
    text += fmt::format("Residual SD: {}\n", digits(fit.sigma));
  }
  return text + counts_text(fit, rows) + icc_text(fit, command.alpha) + variance_tests_text(fit) + "\nFixed effects:\n" +
         coefficient_table(fit.coefficients, command.alpha) + ranef_text(command, fit);
}

// ---- as JSON

Json json_number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json coefficients_json(std::vector<Coefficient> const& coefficients) {
  Json out = Json::array();
  for (auto const& c : coefficients)
    out.push_back({{"term", c.term},
                   {"estimate", json_number(c.estimate)},
                   {"std_error", json_number(c.std_error)},
                   {"df", json_number(c.df)},
                   {"statistic", json_number(c.statistic)},
                   {"p_value", json_number(c.p_value)},
                   {"lower", json_number(c.lower)},
                   {"upper", json_number(c.upper)}});
  return out;
}

Json variances_json(std::vector<VarianceComponent> const& variances) {
  Json out = Json::array();
  for (auto const& v : variances)
    out.push_back({{"group", v.group},
                   {"term1", v.term1},
                   {"term2", v.term2.empty() ? Json(nullptr) : Json(v.term2)},
                   {"value", json_number(v.value)},
                   {"sd_or_correlation", json_number(v.sd_or_correlation)}});
  return out;
}

Json variance_tests_json(std::vector<TestedVariance> const& tests) {
  Json out = Json::array();
  for (auto const& test : tests)
    out.push_back({{"group", test.group},
                   {"term", test.term},
                   {"statistic", json_number(test.statistic)},
                   {"p_value", json_number(test.p_value)}});
  return out;
}

Json icc_json(std::vector<IntraclassCorrelation> const& correlations) {
  Json out = Json::array();
  for (auto const& icc : correlations)
    out.push_back({{"group", icc.group},
                   {"estimate", json_number(icc.estimate)},
                   {"lower", json_number(icc.lower)},
                   {"upper", json_number(icc.upper)}});
  return out;
}

Json ranef_json(std::vector<PredictedEffect> const& effects) {
  Json out = Json::array();
  for (auto const& effect : effects)
    out.push_back({{"group", effect.group},
                   {"level", effect.level},
                   {"term", effect.term},
                   {"value", json_number(effect.value)},
                   {"sd", json_number(effect.sd)},
                   {"reliability", json_number(effect.reliability)}});
  return out;
}

std::string json_text(FitCommand const& command, Fit const& fit, std::size_t rows) {
  Json groups = Json::object();
  for (auto const& group : fit.groups) groups[group.name] = group.count;
  Json out{{"formula", command.formula},
           {"method", method_words().at(static_cast<std::size_t>(fit.method))},
           {"reml", fit.reml},
           {"status", fit_status_name(fit.status)},
           {"message", fit.message},
           {"nobs", fit.observations},
           {"rows_left_out", rows - fit.observations},
           {"ngroups", groups},
           {"coefficients", coefficients_json(fit.coefficients)},
           {"varcorr", variances_json(fit.variances)},
           {"sigma", json_number(fit.sigma)},
           {"criterion", json_number(fit.criterion)},
           {"alpha", command.alpha},
           {"aic", json_number(fit.aic)},
           {"bic", json_number(fit.bic)},
           {"variance_tests", variance_tests_json(fit.variance_tests)},
           {"icc", icc_json(fit.icc)}};
  if (command.ranef) out["ranef"] = ranef_json(fit.ranef);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void say_note(std::string const& note) {
  std::fputs(fmt::format("bordin: note: {}\n", one_line(note)).c_str(), stderr);
}

//! A response of two words is taken for 0 and 1: which is which.
std::vector<std::string> codings(AnalysisSpec const& spec, Table const& table) {
  std::vector<std::string> notes;
  for (auto const& variable : parse_formula(spec.formula).response) {
    auto const* const column = variable.is_column() ? table.find(variable.operations.front().column) : nullptr;
    if (column != nullptr && column->levels.size() == 2)
      notes.push_back(fmt::format("{} is 0 where it says {} and 1 where it says {}", variable.text,
                                  in_quotes(column->levels[0]), in_quotes(column->levels[1])));
  }
  return notes;
}

}  // namespace

void FitCommand::add_to(CLI::App& command) {
  command.add_option("data", data, "a CSV file with the names of the columns in its first line")
      ->required()
      ->type_name("FILE");
  command.add_option("formula", formula, "the model in lme4's notation: \"post ~ pre + arm + (1 | therapist)\"")
      ->required()
      ->type_name("TEXT");
  command.add_flag("--ml", ml, "fit a linear mixed model by maximum likelihood, not REML");
  OptionAdder options(command, words);
  AnalysisSpec().describe(options);
  command.add_option("--alpha", alpha, "1 - coverage of the intervals")->capture_default_str();
  command.add_flag("--ranef", ranef,
                   "predicted random effects of every group as well, with their standard deviations and reliabilities");
  command.add_flag(
      "--json", json,
      "one JSON object instead of tables; null stands for what could not be estimated and, as df, for infinity (a "
      "z test)");
  command.footer(
      "Numbers are numbers; words are categories, the first in alphabetical order the reference. Empty cells, NA, NaN and "
      "a\n"
      "point alone are missing: rows with a missing value in any column of the formula are left out.\n"
      "lag(x) is x one session earlier, as the column session numbers them; lag(x, week): as another column does.\n"
      "Exit codes: 0 fitted, also where a variance is estimated as 0; 2 bad input; 4 not converged or not estimable (what "
      "there\n"
      "is, is printed).");
}

FitStatus fit(FitCommand const& command) {
  if (!(command.alpha > 0 && command.alpha < 1))
    throw Error(fmt::format("alpha is {}, but must be between 0 and 1 (1 - coverage of the intervals)", command.alpha));
  auto const spec = spec_of(command);
  auto const data = read_csv(command.data, variables_of(spec));
  for (auto const& note : data.notes) say_note(note);
  for (auto const& note : codings(spec, data.table)) say_note(note);
  Analysis const analysis(spec, data.table);
  auto const fitted =
      analysis.fit(data.table, {.alpha = command.alpha, .reml = !command.ml, .details = true, .ranef = command.ranef});
  auto const rows = data.table.rows();
  auto const text = command.json ? json_text(command, fitted, rows) : summary(command, analysis.spec(), fitted, rows);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  return fitted.status;
}

}  // namespace bordin
