#include "planning/closed_form.hpp"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "core/formula.hpp"

namespace bordin {
namespace {

bool is_comparison_of_means(Analysis const& analysis) {
  auto const formula = parse_formula(analysis.spec().formula);
  bool const response = formula.response.size() == 1 && formula.response.front().text == "post";
  bool const arm_alone = formula.fixed.intercept && formula.fixed.terms.size() == 1 &&
                         formula.fixed.terms.front().size() == 1 &&
                         formula.fixed.variables[formula.fixed.terms.front().front()].text == "arm";
  std::vector<std::string> const therapist{"therapist"};
  bool const by_therapist =
      formula.random.empty() || (formula.random.size() == 1 && formula.random.front().group == therapist);
  return analysis.method() == Method::cluster_level && response && arm_alone && by_therapist;
}

//! Scores that are neither rounded nor limited are normal.
bool is_normal_outcome(Scenario const& s) {
  auto const outcome = std::find_if(s.instruments.begin(), s.instruments.end(),
                                    [](Instrument const& i) { return i.measures == Measures::symptoms; });
  return outcome != s.instruments.end() && outcome->range.empty() && outcome->step.value_or(0) == 0;
}

//! The caseload that all therapists of both arms have; 0 where they differ.
double equal_caseload(std::vector<Arm> const& arms) {
  bool const fixed = std::all_of(arms.begin(), arms.end(), [](Arm const& arm) {
    return arm.has_therapists() && arm.therapists && arm.caseload.kind() == Caseload::Kind::fixed;
  });
  return fixed && arms[0].caseload.mean() == arms[1].caseload.mean() ? arms[0].caseload.mean() : 0;
}

bool is_complete(Scenario const& s) {
  return !s.therapy.dropout.enabled && s.therapy.attendance.missed == 0 && s.therapy.attendance.not_engaging == 0 &&
         s.design.missing.questionnaires == 0 && s.therapy.ending.good_enough.probability == 0 &&
         s.therapy.ending.agreed == 0;
}

}  // namespace

double t_test_power(double ncp, double df, double alpha) {
  double const t = boost::math::quantile(boost::math::students_t_distribution<double>(df), 1 - alpha / 2);
  if (ncp == 0) return alpha;
  boost::math::non_central_t_distribution<double> const shifted(df, ncp);
  return boost::math::cdf(boost::math::complement(shifted, t)) + boost::math::cdf(shifted, -t);
}

std::optional<double> closed_form_power(Study const& study, TestedTerm const& test) {
  auto const& s = study.scenario();
  if (!s.classical.stated() || s.classical.standardiser == Standardiser::slope || s.arms.size() != 2) return std::nullopt;
  if (!is_complete(s) || !is_normal_outcome(s) || s.design.therapists_in_arms != TherapistsInArms::nested)
    return std::nullopt;
  double const caseload = equal_caseload(s.arms);
  if (caseload == 0 || !is_comparison_of_means(study.analyses()[test.analysis])) return std::nullopt;
  auto const model = growth_model(s.classical);
  double const weeks = static_cast<double>(s.design.sessions) * s.design.spacing;
  double const therapist = model.of_therapist(weeks, weeks);
  double const client = model.of_client(weeks, weeks) - therapist;
  auto const j1 = static_cast<double>(*s.arms[0].therapists), j2 = static_cast<double>(*s.arms[1].therapists);
  double const df = j1 + j2 - 2;
  if (df < 1) return std::nullopt;
  double const difference =
      s.classical.d * (s.classical.standardiser == Standardiser::pre ? 1 : std::sqrt(client + therapist));
  double const se = std::sqrt((therapist + client / caseload) * (1 / j1 + 1 / j2));
  return t_test_power(std::abs(difference) / se, df, s.study.alpha);
}

}  // namespace bordin
