#include "cli/fit_command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "cli/say.hpp"
#include "core/csv.hpp"
#include "core/errors.hpp"
#include "core/formula.hpp"

namespace bordin {
namespace {

using testing::Said;
using testing::say;

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Said fitted(std::string const& data, std::string const& formula, std::vector<std::string> const& options = {}) {
  std::vector<std::string> arguments{"fit", data, formula};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return say(arguments);
}

std::string data_file(std::string const& name) {
  return std::string(BORDIN_SOURCE_DIR) + "/tests/data/" + name;
}

Json json_of(std::string const& data, std::string const& formula, std::vector<std::string> options = {}) {
  options.emplace_back("--json");
  return Json::parse(fitted(data, formula, options).out);
}

Json read_json(std::string const& name) {
  return Json::parse(std::ifstream(data_file(name)));
}

void expect_near(Json const& value, double expected, double relative, std::string const& what) {
  ASSERT_TRUE(value.is_number()) << what;
  EXPECT_LE(std::abs(value.get<double>() - expected), relative * std::abs(expected))
      << what << ": " << value << " where R has " << expected;
}

class FitCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("bordin-fit-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string file(std::string const& text) const {
    auto const path = folder / "d.csv";
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  fs::path folder;
};

TEST_F(FitCommandTest, NumbersAreThoseOfLme4) {
  for (bool const reml : {true, false}) {
    auto const lme4 = read_json(reml ? "r2_example_REML.json" : "r2_example_ML.json");
    std::vector<std::string> const options = reml ? std::vector<std::string>{} : std::vector<std::string>{"--ml"};
    auto const ours = json_of(data_file("r2_example.csv"), lme4["formula"], options);
    EXPECT_EQ(ours["status"], "ok");
    EXPECT_EQ(ours["method"], "mixed");
    EXPECT_EQ(ours["reml"], reml);
    EXPECT_EQ(ours["nobs"], lme4["nobs"]);
    EXPECT_EQ(ours["ngroups"], lme4["ngroups"]);
    expect_near(ours["criterion"], lme4["criterion"], 1e-8, "criterion");
    expect_near(ours["sigma"], lme4["sigma"], 1e-6, "sigma");
    ASSERT_EQ(ours["varcorr"].size(), 1U);
    EXPECT_EQ(ours["varcorr"][0]["term1"], lme4["varcorr"][0]["var1"]);
    EXPECT_TRUE(ours["varcorr"][0]["term2"].is_null());
    expect_near(ours["varcorr"][0]["value"], lme4["varcorr"][0]["vcov"], 1e-5, "variance");
    expect_near(ours["varcorr"][0]["sd_or_correlation"], lme4["varcorr"][0]["sdcor"], 1e-5, "SD");
    ASSERT_EQ(ours["coefficients"].size(), lme4["fixef"].size());
    std::size_t i = 0;
    for (auto const& [term, estimate] : lme4["fixef"].items()) {
      auto const& c = ours["coefficients"][i++];
      EXPECT_EQ(c["term"], term);
      expect_near(c["estimate"], estimate, 1e-6, term);
      expect_near(c["std_error"], lme4["se"][term], 1e-6, term);
      expect_near(c["df"], lme4["satterthwaite"]["df"][term], 1e-4, term);
      expect_near(c["statistic"], lme4["satterthwaite"]["t"][term], 1e-6, term);
      expect_near(c["p_value"], lme4["satterthwaite"]["p"][term], 1e-3, term);
    }
  }
}

// Files with gaps, words, names with blanks, formulas with arithmetic: whatever R read and fitted, we read and fit.
TEST_F(FitCommandTest, EveryReferenceFitComesOutOfItsFile) {
  int fits = 0;
  for (auto const& r : read_json("analysis_reference.json")) {
    if (r["method"] == "cluster-level" && r["data"] != "balanced") continue;  // R's means there are unweighted
    std::vector<std::string> options{"--method", r["method"]};
    if (!r.value("reml", true)) options.emplace_back("--ml");
    auto const what = r["formula"].get<std::string>();
    auto const ours = json_of(data_file("analysis_" + r["data"].get<std::string>() + ".csv"), what, options);
    EXPECT_EQ(ours["nobs"], r["observations"]) << what;
    if (r.contains("criterion")) expect_near(ours["criterion"], r["criterion"], 1e-8, what);
    for (auto const& c : ours["coefficients"]) {
      if (!r["coefficients"].contains(c["term"])) continue;  // a t test has no intercept
      auto const& expected = r["coefficients"][c["term"].get<std::string>()];
      double const se = expected["se"];
      EXPECT_LE(std::abs(c["estimate"].get<double>() - expected["estimate"].get<double>()), 1e-6 * se) << what;
      expect_near(c["std_error"], se, 1e-6, what);
      expect_near(c["df"], expected["df"], 1e-4, what);
      ++fits;
    }
  }
  EXPECT_GT(fits, 50);
}

TEST_F(FitCommandTest, PrintsWhatLme4sSummaryHas) {
  auto const said = fitted(data_file("r2_example.csv"), "post ~ pre + aw + am + (1 | therapist)");
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.err, "");
  for (char const* line : {"Linear mixed model, restricted maximum likelihood (REML); Satterthwaite's degrees of freedom\n",
                           "Formula: post ~ pre + aw + am + (1 | therapist)\n", "REML criterion: 6095.23\n",
                           "therapist  (Intercept)    3.1370    1.7712\n", "Residual                 24.296     4.9291\n",
                           "Observations: 1000; groups of therapist: 50\n",
                           "pre           0.49152    0.026035  973.03   18.879    <0.001    0.44043   0.54262\n",
                           "am           -1.7664     0.53054    48.012  -3.3295    0.0017  -2.8331   -0.69974\n"})
    EXPECT_NE(said.out.find(line), std::string::npos) << line << "\n" << said.out;
}

TEST_F(FitCommandTest, MaximumLikelihoodComesWithAicAndBic) {
  auto const lme4 = read_json("r2_example_ML.json");
  auto const said = fitted(data_file("r2_example.csv"), lme4["formula"], {"--ml"});
  std::ostringstream expected;
  expected.precision(2);
  expected << std::fixed << "-2 log-likelihood: " << lme4["criterion"].get<double>()
           << "   AIC: " << lme4["AIC"].get<double>() << "   BIC: " << lme4["BIC"].get<double>() << "   (6 parameters)\n";
  EXPECT_NE(said.out.find(expected.str()), std::string::npos) << expected.str() << said.out;
}

TEST_F(FitCommandTest, VariancesComeWithTestsSharesAndPredictedEffects) {
  auto const path = data_file("mixed_models_growth.csv");
  Json const expected = read_json("rows_reference.json")["variances"][0];
  std::string const formula = expected["formula"];
  auto const ours = json_of(path, formula, {"--ranef"});
  expect_near(ours["aic"], expected["aic"], 1e-9, "aic");
  expect_near(ours["bic"], expected["bic"], 1e-9, "bic");
  ASSERT_EQ(ours["variance_tests"].size(), 3U);
  EXPECT_EQ(ours["variance_tests"][1]["group"], "therapist");
  EXPECT_EQ(ours["variance_tests"][1]["term"], "time");
  expect_near(ours["variance_tests"][1]["statistic"], expected["tests"][1]["statistic"], 1e-7, "statistic");
  ASSERT_EQ(ours["icc"].size(), 2U);
  expect_near(ours["icc"][0]["estimate"], expected["icc"]["therapist"], 1e-5, "icc");
  EXPECT_LT(ours["icc"][0]["lower"].get<double>(), ours["icc"][0]["estimate"].get<double>());
  auto const groups = ours["ngroups"]["therapist"].get<std::size_t>() * 2 + ours["ngroups"]["client"].get<std::size_t>();
  EXPECT_EQ(ours["ranef"].size(), groups);
  EXPECT_EQ(ours["ranef"][0]["level"], "1");
  EXPECT_FALSE(json_of(path, formula).contains("ranef"));
  auto const said = fitted(path, formula, {"--ranef"}).out;
  for (char const* line :
       {"Of REML, to compare models with these fixed effects: AIC: 857.20   BIC: 887.37   (9 parameters)\n",
        "Intraclass correlations:\n", "Is there such a variance?", "therapist  time", "<0.001",
        "Predicted random effects:\n", "c7"})
    EXPECT_NE(said.find(line), std::string::npos) << line << "\n" << said;
  EXPECT_EQ(fitted(path, formula).out.find("Predicted"), std::string::npos);
  auto const crossed =
      fitted(data_file("mixed_models_crossed.csv"), "y ~ time + (1 | therapist) + (1 | rater)", {"--ranef"});
  EXPECT_EQ(crossed.code, 0);
  EXPECT_NE(crossed.out.find("Predicted random effects: none"), std::string::npos);
}

TEST_F(FitCommandTest, TherapistsCanBeFixedOrAnalysedByVariance) {
  auto const path = data_file("regression_nested.csv");
  auto const fixed = fitted(path, "y ~ arm + (1 | therapist)", {"--method", "fixed-clusters"});
  EXPECT_EQ(fixed.code, 0) << fixed.out;
  EXPECT_NE(fixed.out.find("Clusters as fixed effects"), std::string::npos);
  auto const anova = fitted(path, "y ~ arm + (1 | therapist)", {"--method", "nested-anova"});
  EXPECT_EQ(anova.code, 0) << anova.out;
  for (char const* line : {"exact F test", "Pr(>F)", "Intraclass correlations:\n"})
    EXPECT_NE(anova.out.find(line), std::string::npos) << anova.out;
}

TEST_F(FitCommandTest, AFitThatIsDoneMayHaveANote) {
  auto const said = fitted(data_file("regression_few.csv"), "y ~ x + first", {"--se", "CR2"});
  EXPECT_NE(said.out.find("Note: the CR2 standard error of"), std::string::npos) << said.out;
}

TEST_F(FitCommandTest, CorrelationsOfRandomEffectsStandBesideThem) {
  std::string text = "g,x,y\n";
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (int g = 0; g < 40; ++g) {
    double const level = normal(random), slope = .5 * level + normal(random);
    for (int i = 0; i < 8; ++i)
      text += std::to_string(g) + "," + std::to_string(i) + "," + std::to_string(level + slope * i + normal(random)) + "\n";
  }
  auto const path = file(text);
  auto const ours = json_of(path, "y ~ x + (x | g)");
  ASSERT_EQ(ours["varcorr"].size(), 3U);
  EXPECT_EQ(ours["varcorr"][2]["term1"], "(Intercept)");
  EXPECT_EQ(ours["varcorr"][2]["term2"], "x");
  std::ostringstream row;
  row.precision(3);
  row << std::fixed << ours["varcorr"][2]["sd_or_correlation"].get<double>() << "\n";
  auto const shown = fitted(path, "y ~ x + (x | g)").out;
  EXPECT_NE(shown.find("Corr\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find(row.str()), std::string::npos) << shown;
  EXPECT_EQ(fitted(path, "y ~ x + (x || g)").out.find("Corr\n"), std::string::npos);
}

TEST_F(FitCommandTest, InfiniteDegreesOfFreedomAreNullAndMakeAnZTest) {
  auto const path = data_file("r2_example.csv");
  auto const ours = json_of(path, "post ~ pre + (1 | therapist)", {"--df", "wald"});
  EXPECT_TRUE(ours["coefficients"][0]["df"].is_null());
  EXPECT_TRUE(ours["coefficients"][0]["p_value"].is_number());
  auto const said = fitted(path, "post ~ pre + (1 | therapist)", {"--df", "wald"});
  EXPECT_NE(said.out.find("z value"), std::string::npos);
  EXPECT_EQ(said.out.find(" df "), std::string::npos) << said.out;
}

TEST_F(FitCommandTest, IntervalsFollowAlpha) {
  auto const said = fitted(data_file("r2_example.csv"), "post ~ pre", {"--alpha", "0.1"});
  EXPECT_NE(said.out.find(" 5 %"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("95 %"), std::string::npos);
  EXPECT_NE(said.out.find("Residual SD: "), std::string::npos);
}

TEST_F(FitCommandTest, SingularIsDoneAndSaid) {
  auto const said = fitted(data_file("analysis_singular.csv"), "y ~ x + (1 | therapist)");
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.out.find("Singular: the variance of therapist is estimated as 0. The estimates stand.\n"),
            std::string::npos)
      << said.out;
}

TEST_F(FitCommandTest, RowsLeftOutAreCounted) {
  auto const said = fitted(data_file("analysis_missing.csv"), "y ~ pre + log(x)");
  EXPECT_NE(said.out.find("Observations: 120 (30 rows left out because of missing values)\n"), std::string::npos)
      << said.out;
}

TEST_F(FitCommandTest, WhatCannotBeEstimatedIsExitCodeFourAndShown) {
  auto const path = file("y,x,z\n1,1,2\n2.5,2,4\n3,3,6\n4.5,4,8\n");
  auto const said = fitted(path, "y ~ x + z");
  EXPECT_EQ(said.code, 4);
  EXPECT_EQ(said.err, "");
  EXPECT_NE(said.out.find("Not estimable: "), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("\nz                   -"), std::string::npos) << said.out;
  auto const ours = json_of(path, "y ~ x + z");
  EXPECT_EQ(ours["status"], "not_estimable");
  EXPECT_TRUE(ours["coefficients"][2]["estimate"].is_null());
}

TEST_F(FitCommandTest, WordsAreCategoriesAndGroupsMayBeWords) {
  auto const path = file("who;arm;y\nann;TAU;1,5\nann;CBT;2\nbob;TAU;3,25\nbob;CBT;3\ncy;TAU;0,5\ncy;CBT;2,75\n");
  auto const ours = json_of(path, "y ~ arm + (1 | who)");
  EXPECT_EQ(ours["coefficients"][1]["term"], "armTAU");
  EXPECT_EQ(ours["ngroups"]["who"], 3);
}

TEST_F(FitCommandTest, AResponseOfTwoWordsSaysWhichIsOne) {
  auto const path = file("better,x\nyes,1\nno,2\nyes,3\nno,1\nyes,4\n");
  EXPECT_EQ(fitted(path, "better ~ x", {}).err,
            "bordin: note: better is 0 where it says \"no\" and 1 where it says \"yes\"\n");
  EXPECT_EQ(fitted(path, "x ~ better", {}).err, "");
}

TEST_F(FitCommandTest, BadInputIsExitCodeTwoAndOneMessage) {
  auto const path = data_file("r2_example.csv");
  struct Wrong {
    std::string data, formula;
    std::vector<std::string> options;
    std::string message;
  };
  std::vector<Wrong> const wrong{
      {"none.csv", "y ~ x", {}, "none.csv: there is no such file"},
      {path, "post ~ prae", {}, "there is no column \"prae\"; did you mean \"pre\"?"},
      {path, "post ~ pre +", {}, "formula \"post ~ pre +\": "},
      {path, "post ~ pre", {"--df", "welch"}, "df: is \"welch\", but must be \"satterthwaite\", "},
      {path, "post ~ pre", {"--se", "3"}, "se: is 3, but must be \"classical\""},
      {path, "post ~ pre", {"--nagq", "51"}, "nagq: is 51, but must be a whole number from 1 to 50"},
      {path, "post ~ pre", {"--nagq", "two"}, "nagq: is \"two\", but must be a whole number from 1 to 50"},
      {path, "post ~ pre", {"--alpha", "1"}, "alpha is 1, but must be between 0 and 1"},
      {path, "post ~ pre", {"--alpha", "nan"}, "alpha is nan, but must be between 0 and 1"},
      {path, "post ~ pre", {"--method", "mixed"}, "needs a random term such as (1 | therapist)"},
      {file("y,x\n1,2\n3\n"), "y ~ x", {}, ":3:1: this line has 1 cell"},
  };
  for (auto const& w : wrong) {
    auto const said = fitted(w.data, w.formula, w.options);
    EXPECT_EQ(said.code, 2) << w.message;
    EXPECT_EQ(said.out, "");
    EXPECT_EQ(said.err.rfind("bordin: ", 0), 0U) << said.err;
    EXPECT_NE(said.err.find(w.message), std::string::npos) << said.err;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
  }
}

TEST_F(FitCommandTest, ATypingErrorAmongNumbersIsPointedOut) {
  auto const said = fitted(file("y,x\n1,1\n2,2\n3,4\n4.5,3o\n5,5\n6,1\n7,2\n"), "y ~ x");
  EXPECT_NE(said.err.find("bordin: note: "), std::string::npos);
  EXPECT_NE(said.err.find("\"3o\" in line 5 is none"), std::string::npos) << said.err;
}

TEST_F(FitCommandTest, LaggedModelsOfSessionsAreThoseOfR) {
  std::string const formula = "y ~ lag(y) + lag(x) + z + (1 | therapist/client)";
  auto const references = read_json("regression_reference.json")["lagged"];
  auto const& within = references.back();  // least squares with an indicator per client
  ASSERT_EQ(within["Z"], Json({"z"}));
  auto const ours = json_of(data_file("regression_sessions.csv"), formula, {"--method", "lagged-uncorrected"});
  EXPECT_EQ(ours["status"], "ok");
  EXPECT_EQ(ours["nobs"], within["pairs"]);
  for (std::size_t k = 0; k < 3; ++k) {
    expect_near(ours["coefficients"][k]["estimate"], within["estimate"][k], 1e-9, "estimate");
    expect_near(ours["coefficients"][k]["std_error"], within["se"][k], 1e-9, "SE");
  }
  auto const corrected = json_of(data_file("regression_sessions.csv"), formula);
  EXPECT_EQ(corrected["method"], "lagged");
  EXPECT_EQ(corrected["coefficients"][0]["term"], "lag(y)");
  EXPECT_GT(corrected["coefficients"][0]["estimate"].get<double>(), ours["coefficients"][0]["estimate"].get<double>());
  auto const text = fitted(data_file("regression_sessions.csv"), formula).out;
  EXPECT_EQ(text.find("Lagged within-client model, corrected for the bias of few sessions\n"), 0U) << text;
  EXPECT_NE(text.find("Pairs of adjacent sessions: "), std::string::npos) << text;
}

// ---- what nobody thought of

class Sentences {
 public:
  std::string next() { return random_() % 2 == 0 ? sentence() : mutated(); }

 private:
  template <class T>
  T const& any(std::vector<T> const& from) {
    return from[random_() % from.size()];
  }
  std::string sentence() {
    std::string out = random_() % 4 == 0 ? "" : "y ~ ";
    for (auto n = random_() % 12 + 1; n > 0; --n) out += any(tokens_);
    return out;
  }
  std::string mutated() {
    auto out = any(valid_);
    for (auto n = random_() % 3 + 1; n > 0; --n) {
      std::size_t const at = out.empty() ? 0 : random_() % out.size();
      switch (random_() % 4) {
        case 0:
          out.insert(at, any(tokens_));
          break;
        case 1:
          out.erase(at, random_() % 4);
          break;
        case 2:
          if (!out.empty()) out[at] = static_cast<char>(random_() % 256);
          break;
        default:
          out.insert(random_() % (out.size() + 1), out.substr(at, random_() % 12));
      }
    }
    return out;
  }

  std::vector<std::string> tokens_{
      "y",     "x",     "w", "arm",  "g",     "h",       "`a b`",   "on",      "~",        "+",     "-",     "*", ":",
      "/",     "(",     ")", "|",    "||",    "0",       "1",       "I(",      "log(",     "Surv(", ",",     "^", "2.5",
      "(1|g)", "(x|g)", " ", "\xc3", "1e308", "(0+x|h)", "(arm|g)", "(1|g/h)", "+(1|g:h)", "lag(",  "lag(y)"};
  std::vector<std::string> valid_{"y ~ x*arm + (1 | g)",
                                  "y ~ x + (x | g)",
                                  "y ~ 0 + arm/on + I(x^2) + (1 | g/h)",
                                  "log(y) ~ `a b` + (1 | g) + (0 + x | g)",
                                  "y ~ x + (x || g) + (1 | h)",
                                  "Surv(y, on) ~ x + arm",
                                  "on ~ x + (1 | g)",
                                  "y ~ arm*on*x",
                                  "y ~ lag(y) + lag(x) + x + (1 | g)",
                                  "log(y) ~ lag(log(y), session) + arm + (1 | g) + (1 | on)"};
  std::mt19937 random_{20240612};
};

std::string small_csv() {
  std::string text = "g,h,y,x,w,arm,on,a b,session\n";
  for (int i = 0; i < 36; ++i) {
    double const x = (i * 7 % 11) * .5;
    text += std::to_string(i / 6) + "," + std::to_string(i / 3) + "," + std::to_string(3 + x + (i * 13 % 17) * .3) + "," +
            std::to_string(x) + "," + (i == 4 ? "NA" : std::to_string(i % 2 == 0 ? 1e300 : -1e300)) + "," +
            (i % 3 == 0   ? "TAU"
             : i % 3 == 1 ? "CBT"
                          : "PDT") +
            "," + (i % 5 < 2 ? "TRUE" : "FALSE") + "," + std::to_string(i % 4) + "," + std::to_string(i % 6) + "\n";
  }
  return text;
}

// Refused with one line, or fitted with a status; ok means that every number is one.
TEST(FitFuzz, RandomFormulasAreRefusedOrFitted) {
  auto const table = parse_csv(small_csv(), "small.csv").table;
  Sentences sentences;
  std::size_t const total = std::getenv("BORDIN_SOAK") == nullptr ? 20'000 : 200'000;
  std::size_t fits = 0, sound = 0;
  for (std::size_t i = 0; i < total; ++i) {
    auto const formula = sentences.next();
    AnalysisSpec spec;
    spec.formula = formula;
    try {
      auto const fit = Analysis(spec, table).fit(table, {});
      ++fits;
      if (fit.status != FitStatus::ok && fit.status != FitStatus::singular) {
        EXPECT_NE(fit.message, "") << formula;
        continue;
      }
      ++sound;
      for (auto const& c : fit.coefficients)
        ASSERT_TRUE(std::isfinite(c.estimate) && c.std_error > 0 && c.df > 0 && c.p_value >= 0)
            << formula << ": " << c.term;
    } catch (Error const& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << formula;
    }
  }
  EXPECT_GT(fits, total / 50);
  EXPECT_GT(sound, total / 200);
}

}  // namespace
}  // namespace bordin
