#include "study/named_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr int early = 3;  // the session whose rating stands for the early alliance

Column const& column_of(Table const& table, std::string_view table_name, std::string const& column) {
  if (auto const* found = table.find(column)) return *found;
  throw Error(fmt::format("there is no column {}.{}{}", table_name, column, did_you_mean(column, table.names())));
}

//! f of every row of both columns.
template <class Function>
Numbers combined(Numbers const& a, Numbers const& b, Function const& f) {
  Numbers out(a.size());
  std::transform(a.begin(), a.end(), b.begin(), out.begin(), f);
  return out;
}

//! The values of rows for which `keep` is true; the others become missing.
template <class Keep>
Numbers where(Numbers values, Keep const& keep) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!keep(i)) values[i] = missing;
  return values;
}

Numbers mean_of_two(Numbers const& a, Numbers const& b) {
  return combined(a, b, [](double x, double y) { return (x + y) / 2; });
}

double square(double x) {
  return x * x;
}

// ---- alliance and outcome

std::string alliance_3() {
  return "alliance_" + std::to_string(early);
}

double outcome_r(StudySample const& s, std::string const& column) {
  return correlation(s.clients(column), s.benefit());
}

double alliance_outcome_r(StudySample const& s) {
  return outcome_r(s, alliance_3());
}

double alliance_outcome_partial_r(StudySample const& s) {
  return partial_correlation(s.clients(alliance_3()), s.benefit(), s.clients("pre"));
}

double alliance_outcome_r_completers(StudySample const& s) {
  return -correlation(s.clients(alliance_3()), s.clients("post"));
}

double alliance_change_r(StudySample const& s) {
  return correlation(s.clients(alliance_3()), s.change());
}

double outlier_effect(StudySample const& s) {
  auto const alliance = s.clients(alliance_3());
  auto const moments = pair_moments(alliance, s.benefit());
  double const low = moments.x().mean() - 2 * moments.x().sd();
  return correlation(where(alliance, [&](std::size_t i) { return alliance[i] >= low; }), s.benefit()) -
         moments.correlation();
}

double late_minus_early_r(StudySample const& s) {
  auto const late = s.at_last_session(s.sessions(s.alliance_column()));
  auto const first = s.clients(alliance_3());
  auto const same_clients = where(late, [&](std::size_t i) { return !std::isnan(first[i]); });
  return correlation(same_clients, s.benefit()) - correlation(first, s.benefit());
}

double alliance_r2(StudySample const& s) {
  return square(alliance_outcome_r(s));
}

double empathy_outcome_r(StudySample const& s) {
  return outcome_r(s, "empathy");
}

double empathy_r2(StudySample const& s) {
  return square(empathy_outcome_r(s));
}

double goal_consensus_outcome_r(StudySample const& s) {
  return outcome_r(s, "goal_consensus");
}

double goal_consensus_r2(StudySample const& s) {
  return square(goal_consensus_outcome_r(s));
}

double collaboration_outcome_r(StudySample const& s) {
  return outcome_r(s, "collaboration");
}

double expectation_outcome_r(StudySample const& s) {
  return outcome_r(s, "expectation");
}

double credibility_outcome_r(StudySample const& s) {
  return outcome_r(s, "credibility");
}

std::vector<Numbers> relationship_factors(StudySample const& s) {
  return {s.clients(alliance_3()), s.clients("empathy"), s.clients("goal_consensus"), s.clients("collaboration"),
          s.clients("expectation")};
}

double joint_r2(StudySample const& s) {
  return joint_r_squared(relationship_factors(s), s.benefit());
}

double sum_of_r2(StudySample const& s) {
  double sum = 0;
  for (auto const& factor : relationship_factors(s)) sum += square(correlation(factor, s.benefit()));
  return sum;
}

// ---- the alliance as measured

//! Rows of sessions first..last; the others become missing.
Numbers in_sessions(StudySample const& s, Numbers values, int first, int last) {
  auto const session = s.sessions("session");
  return where(std::move(values), [&](std::size_t i) { return session[i] >= first && session[i] <= last; });
}

double alliance_single_session_g(StudySample const& s) {
  constexpr int last = 4;
  return anova_icc(in_sessions(s, s.sessions(s.alliance_column()), 1, last), s.client_of_session());
}

double alliance_four_session_g(StudySample const& s) {
  return spearman_brown(alliance_single_session_g(s), 4);
}

Numbers component(StudySample const& s, char const* name) {
  return s.at_session(s.sessions(s.alliance_column() + "_" + name), early);
}

double goal_task_r(StudySample const& s) {
  return correlation(component(s, "goal"), component(s, "task"));
}

double bond_r(StudySample const& s) {
  auto const bond = component(s, "bond");
  return (correlation(component(s, "goal"), bond) + correlation(component(s, "task"), bond)) / 2;
}

double distance_below(double highest, Numbers const& rating) {
  auto const moments = pair_moments(rating, rating);
  return (highest - moments.x().mean()) / moments.x().sd();
}

double alliance_ceiling(StudySample const& s) {
  return distance_below(s.alliance_maximum(), s.clients(alliance_3()));
}

double item_ceiling(StudySample const& s) {
  constexpr double highest_answer = 5;
  return distance_below(highest_answer, s.clients(alliance_3() + "_wai_sr_items"));
}

// ---- therapists

double therapist_share(StudySample const& s) {
  return anova_icc(residuals(s.clients("last"), s.clients("pre")), s.therapist());
}

//! The same among the clients whose intake score is in one fifth.
double therapist_share_in_fifth(StudySample const& s, int fifth) {
  auto const pre = s.clients("pre");
  auto sorted = pre;
  sorted.erase(std::remove_if(sorted.begin(), sorted.end(), [](double v) { return std::isnan(v); }), sorted.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return missing;
  auto const limit = [&](int k) {
    auto const rank = sorted.size() * static_cast<std::size_t>(k) / 5;
    return sorted[std::min(rank, sorted.size() - 1)];
  };
  double const low = fifth == 1 ? -std::numeric_limits<double>::infinity() : limit(fifth - 1);
  double const high = fifth == 5 ? std::numeric_limits<double>::infinity() : limit(fifth);
  auto const last = where(s.clients("last"), [&](std::size_t i) { return pre[i] >= low && pre[i] < high; });
  return anova_icc(residuals(last, pre), s.therapist());
}

double therapist_share_low_severity(StudySample const& s) {
  return therapist_share_in_fifth(s, 1);
}

double therapist_share_high_severity(StudySample const& s) {
  return therapist_share_in_fifth(s, 5);
}

double alliance_therapist_share(StudySample const& s) {
  return anova_icc(s.clients(alliance_3()), s.therapist());
}

double alliance_early_r(StudySample const& s) {
  return outcome_r(s, "alliance_early");
}

double alliance_early_r_between(StudySample const& s) {
  return correlation_parts(s.clients("alliance_early"), s.benefit(), s.therapist()).between;
}

double alliance_early_r_within(StudySample const& s) {
  return correlation_parts(s.clients("alliance_early"), s.benefit(), s.therapist()).within;
}

double alliance_early_therapist_share(StudySample const& s) {
  return anova_icc(s.clients("alliance_early"), s.therapist());
}

double raw_therapist_share(StudySample const& s) {
  return anova_icc(s.clients("last"), s.therapist());
}

//! Of the last score after a straight line on the first.
NestedLayout clinics_and_therapists(StudySample const& s) {
  return nested_layout(residuals(s.clients("last"), s.clients("pre")), s.therapist(), s.clinic_of_therapist());
}

double clinic_share(StudySample const& s) {
  auto const layout = clinics_and_therapists(s);
  return layout.outer / (layout.outer + layout.inner + layout.within);
}

double therapist_share_in_clinics(StudySample const& s) {
  auto const layout = clinics_and_therapists(s);
  return layout.inner / (layout.outer + layout.inner + layout.within);
}

double raters_r(StudySample const& s) {
  return correlation(s.clients(alliance_3()), s.clients(alliance_3() + "_therapist_s_view"));
}

double raters_d(StudySample const& s) {
  return standardised_difference(s.clients(alliance_3()), s.clients(alliance_3() + "_therapist_s_view"));
}

double therapist_rating_r(StudySample const& s) {
  return outcome_r(s, alliance_3() + "_therapist_s_view");
}

double observer_rating_r(StudySample const& s) {
  return outcome_r(s, alliance_3() + "_observer_s_view");
}

double within_minus_between(StudySample const& s) {
  auto const benefit = s.benefit();
  return pair_moments(s.clients("alliance_within"), benefit).slope() -
         pair_moments(s.clients("alliance_between"), benefit).slope();
}

// ---- dropout

double dropout_rate(StudySample const& s) {
  return mean(s.clients("dropped_out"));
}

double alliance_dropout_d(StudySample const& s) {
  auto const dropped = s.clients("dropped_out");
  auto const alliance = s.clients("alliance_early");
  return standardised_difference(where(alliance, [&](std::size_t i) { return dropped[i] == 0; }),
                                 where(alliance, [&](std::size_t i) { return dropped[i] == 1; }));
}

double alliance_dropout_auc(StudySample const& s) {
  auto const dropped = s.clients("dropped_out");
  auto const alliance = s.clients("alliance_early");
  return probability_above(where(alliance, [&](std::size_t i) { return dropped[i] == 0; }),
                           where(alliance, [&](std::size_t i) { return dropped[i] == 1; }));
}

double therapist_dropout_sd(StudySample const& s) {
  return latent_sd(s.clients("dropped_out"), s.therapist());
}

//! Dropouts per session after which one could leave, over sessions first..last.
double dropout_hazard(StudySample const& s, int first, int last) {
  auto const dropped = s.clients("dropped_out");
  auto const final_session = s.last_session();
  double left = 0, at_risk = 0;
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    at_risk += std::clamp(final_session[i] - first + 1.0, 0.0, last - first + 1.0);
    if (dropped[i] == 1 && final_session[i] >= first && final_session[i] <= last) ++left;
  }
  return left / at_risk;
}

double dropout_hazard_ratio(StudySample const& s) {
  int const leaving = s.session_count() - 1;  // nobody drops out after the last
  int const half = leaving / 2;
  return dropout_hazard(s, half + 1, leaving) / dropout_hazard(s, 1, half);
}

// ---- outcome

double prepost_d(StudySample const& s) {
  auto const attended = s.clients("sessions_attended");
  auto const pre = where(s.clients("pre"), [&](std::size_t i) { return attended[i] >= 2; });
  auto const moments = pair_moments(pre, s.clients("last"));
  return (moments.x().mean() - moments.y().mean()) / moments.x().sd();
}

double pre_mean(StudySample const& s) {
  return mean(s.clients("pre"));
}

double sessions_attended(StudySample const& s) {
  return mean(s.clients("sessions_attended"));
}

enum class Verdict : std::int8_t { improved, recovered, deteriorated };

double verdict(StudySample const& s, Verdict what, double pre, double last) {
  if (std::isnan(pre + last)) return missing;
  bool const improved = pre - last >= s.reliable_change();
  switch (what) {
    case Verdict::improved:
      return improved ? 1 : 0;
    case Verdict::recovered:
      return improved && pre >= s.cutoff() && last < s.cutoff() ? 1 : 0;
    case Verdict::deteriorated:
      return last - pre >= s.reliable_change() ? 1 : 0;
  }
  return missing;
}

//! Share among cases at intake with at least two sessions.
double share_of_cases(StudySample const& s, Verdict what) {
  auto const attended = s.clients("sessions_attended");
  auto const pre = s.clients("pre");
  auto const result = combined(pre, s.clients("last"), [&](double a, double b) { return verdict(s, what, a, b); });
  return mean(where(result, [&](std::size_t i) { return attended[i] >= 2 && pre[i] >= s.cutoff(); }));
}

double reliable_improvement(StudySample const& s) {
  return share_of_cases(s, Verdict::improved);
}

double reliable_recovery(StudySample const& s) {
  return share_of_cases(s, Verdict::recovered);
}

double reliable_deterioration(StudySample const& s) {
  return share_of_cases(s, Verdict::deteriorated);
}

//! Share of all clients who are reliably improved after `session` sessions, or were when they had their last one.
double improved_by(StudySample const& s, int session) {
  if (session > s.session_count())
    throw Error(fmt::format("there is no session {}; design.sessions is {}", session, s.session_count()));
  auto const pre = s.clients("pre");
  auto const last = s.last_session();
  auto const at_end = s.clients("last");
  auto const now = s.at_session(s.sessions(s.outcome_column()), session);
  Numbers improved(pre.size());
  for (std::size_t i = 0; i < pre.size(); ++i)
    improved[i] = verdict(s, Verdict::improved, pre[i], last[i] < session ? at_end[i] : now[i]);
  return mean(improved);
}

double improved_by_8(StudySample const& s) {
  return improved_by(s, 8);
}

double improved_by_26(StudySample const& s) {
  return improved_by(s, 26);
}

//! Recovery of clients above the cutoff at intake whose therapy ended as planned, be it well enough or by agreement;
//! missing for all others, also for those who came to the maximum.
Numbers planned_recovery(StudySample const& s) {
  auto const pre = s.clients("pre");
  auto const recovered =
      combined(pre, s.clients("last"), [&](double a, double b) { return verdict(s, Verdict::recovered, a, b); });
  auto const ending = s.clients("ending");
  auto const planned = [&](std::size_t i) {
    return ending[i] == static_cast<double>(Ending::good_enough) || ending[i] == static_cast<double>(Ending::agreed);
  };
  return where(recovered, [&](std::size_t i) { return planned(i) && pre[i] >= s.cutoff(); });
}

//! By number of sessions attended, from 1; missing where too few clients ended.
Numbers recovery_by_sessions(StudySample const& s) {
  constexpr std::int64_t fewest = 20;
  auto const recovery = planned_recovery(s);
  auto const attended = s.clients("sessions_attended");
  std::vector<Moments> by_number(static_cast<std::size_t>(s.session_count()) + 1);
  for (std::size_t i = 0; i < recovery.size(); ++i)
    if (!std::isnan(recovery[i])) by_number[static_cast<std::size_t>(attended[i])].add(recovery[i]);
  Numbers out;
  for (std::size_t n = 1; n < by_number.size(); ++n)
    out.push_back(by_number[n].count() < fewest ? missing : by_number[n].mean());
  return out;
}

double recovery_first(StudySample const& s) {
  auto const recovery = recovery_by_sessions(s);
  auto const first = std::find_if(recovery.begin(), recovery.end(), [](double v) { return !std::isnan(v); });
  return first == recovery.end() ? missing : *first;
}

double recovery_twelve(StudySample const& s) {
  constexpr std::size_t sessions = 12;
  auto const recovery = recovery_by_sessions(s);
  return recovery.size() < sessions ? missing : recovery[sessions - 1];
}

double recovery_sessions_r(StudySample const& s) {
  auto const recovery = recovery_by_sessions(s);
  Numbers number(recovery.size());
  for (std::size_t n = 0; n < number.size(); ++n) number[n] = static_cast<double>(n + 1);
  return correlation(number, recovery);
}

double planned_recovery_share(StudySample const& s) {
  return mean(planned_recovery(s));
}

double planned_prepost_d(StudySample const& s) {
  auto const recovery = planned_recovery(s);
  auto const pre = where(s.clients("pre"), [&](std::size_t i) { return !std::isnan(recovery[i]); });
  auto const moments = pair_moments(pre, s.clients("last"));
  return (moments.x().mean() - moments.y().mean()) / moments.x().sd();
}

// ---- from session to session

//! The first seven sessions, as in the meta-analysis of individual data (Flueckiger et al. 2020), without the mean of each
//! session: common trends are no effect of one variable on the other.
Numbers around_session_means(StudySample const& s, std::string const& column) {
  constexpr int last = 7;
  auto values = in_sessions(s, s.sessions(column), 1, last);
  auto const session = s.sessions("session");
  std::vector<Moments> means(static_cast<std::size_t>(s.session_count()) + 1);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) means[static_cast<std::size_t>(session[i])].add(values[i]);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= means[static_cast<std::size_t>(session[i])].mean();
  return values;
}

LaggedEffects lagged(StudySample const& s, std::string const& from, std::string const& to) {
  return lagged_effects(around_session_means(s, from), around_session_means(s, to), s.client_of_session());
}

double alliance_symptom_lag(StudySample const& s) {
  return lagged(s, s.alliance_column(), s.outcome_column()).cross;
}

double symptom_alliance_lag(StudySample const& s) {
  return lagged(s, s.outcome_column(), s.alliance_column()).cross;
}

double symptom_autoregression(StudySample const& s) {
  return lagged(s, s.alliance_column(), s.outcome_column()).own;
}

double alliance_autoregression(StudySample const& s) {
  return lagged(s, s.outcome_column(), s.alliance_column()).own;
}

double rupture_report_rate(StudySample const& s) {
  return mean(s.sessions("rupture_reported"));
}

double repair_outcome_r(StudySample const& s) {
  auto repaired = s.at_last_session(s.true_sessions("repairs_true"));
  for (double& v : repaired)
    if (!std::isnan(v)) v = v > 0 ? 1 : 0;
  return correlation(repaired, s.change());
}

// ---- arms: the second against the first

Numbers in_arm(StudySample const& s, Numbers const& values, double arm) {
  auto const arms = s.clients("arm");
  return where(values, [&](std::size_t i) { return arms[i] == arm; });
}

double arm_difference(StudySample const& s, Numbers const& values) {
  return standardised_difference(in_arm(s, values, 1), in_arm(s, values, 0));
}

double arm_outcome_d(StudySample const& s) {
  return arm_difference(s, s.benefit());
}

double arm_alliance_d(StudySample const& s) {
  return arm_difference(s, s.clients("alliance_early"));
}

double arm_staying_odds_ratio(StudySample const& s) {
  auto const odds = [&](double arm) {
    double const p = mean(in_arm(s, s.clients("dropped_out"), arm));
    return p / (1 - p);
  };
  return odds(0) / odds(1);
}

//! Share of variance between arms, as the square of the multiple correlation.
double arm_share(StudySample const& s) {
  auto const arm = s.clients("arm");
  std::vector<Numbers> indicators;
  for (std::size_t a = 1; a < s.arm_names().size(); ++a) {
    Numbers indicator(arm.size());
    std::transform(arm.begin(), arm.end(), indicator.begin(),
                   [a](double v) { return v == static_cast<double>(a) ? 1 : 0; });
    indicators.push_back(std::move(indicator));
  }
  return joint_r_squared(indicators, s.benefit());
}

double arm_called(StudySample const& s, std::string const& name) {
  auto const& names = s.arm_names();
  auto const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Error(fmt::format("there is no arm \"{}\"{}", name, did_you_mean(name, names)));
  return static_cast<double>(found - names.begin());
}

double cbt_goal_task_r(StudySample const& s) {
  auto const work = in_arm(s, mean_of_two(component(s, "goal"), component(s, "task")), arm_called(s, "CBT"));
  return partial_correlation(work, s.benefit(), component(s, "bond"));
}

double cbt_bond_r(StudySample const& s) {
  auto const bond = in_arm(s, component(s, "bond"), arm_called(s, "CBT"));
  return partial_correlation(bond, s.benefit(), mean_of_two(component(s, "goal"), component(s, "task")));
}

constexpr NamedStatistic table[] = {
    {"alliance_outcome_r", "r of the rating at session 3 with -last; all clients with a rated session 3",
     alliance_outcome_r},
    {"alliance_outcome_partial_r", "the same with the intake score partialled out", alliance_outcome_partial_r},
    {"alliance_outcome_r_completers", "r of the rating at session 3 with -post; completers", alliance_outcome_r_completers},
    {"alliance_change_r", "r of the rating at session 3 with pre - last", alliance_change_r},
    {"outlier_effect", "by how much alliance_outcome_r changes without ratings more than 2 SD below the mean",
     outlier_effect},
    {"late_minus_early_r", "r of the last attended session's rating with -last minus that of session 3, same clients",
     late_minus_early_r},
    {"alliance_r2", "square of alliance_outcome_r", alliance_r2},
    {"empathy_outcome_r", "r of empathy rated at session 3 with -last", empathy_outcome_r},
    {"empathy_r2", "its square", empathy_r2},
    {"goal_consensus_outcome_r", "r of goal consensus rated at session 3 with -last", goal_consensus_outcome_r},
    {"goal_consensus_r2", "its square", goal_consensus_r2},
    {"collaboration_outcome_r", "r of collaboration rated at session 3 with -last", collaboration_outcome_r},
    {"expectation_outcome_r", "r of the expectation of help at intake with -last", expectation_outcome_r},
    {"credibility_outcome_r", "r of the credibility of the therapy with -last", credibility_outcome_r},
    {"joint_r2",
     "share of the variance of last that alliance, empathy, goal consensus, collaboration and expectation "
     "explain together",
     joint_r2},
    {"sum_of_r2", "sum of what each of these explains alone", sum_of_r2},
    {"alliance_single_session_g", "ICC of clients in the ratings of sessions 1 to 4: the reliability of one session",
     alliance_single_session_g},
    {"alliance_four_session_g", "that of the mean of four sessions (Spearman-Brown)", alliance_four_session_g},
    {"goal_task_r", "r of the subscales goal and task at session 3", goal_task_r},
    {"bond_r", "mean r of the subscale bond with goal and task at session 3", bond_r},
    {"alliance_ceiling", "distance of the mean rating at session 3 from the highest possible, in SDs", alliance_ceiling},
    {"therapist_share", "ICC of therapists in last after a straight line on pre; all clients with a session",
     therapist_share},
    {"therapist_share_low_severity", "the same among the fifth of clients with the lowest intake scores",
     therapist_share_low_severity},
    {"therapist_share_high_severity", "the same among the fifth with the highest", therapist_share_high_severity},
    {"alliance_therapist_share", "ICC of therapists in the rating of session 3", alliance_therapist_share},
    {"alliance_early_r", "r of the mean early rating with -last", alliance_early_r},
    {"alliance_early_r_between", "correlation of therapists' effects on both (analysis of variance)",
     alliance_early_r_between},
    {"alliance_early_r_within", "the same within therapists", alliance_early_r_within},
    {"alliance_early_therapist_share", "ICC of therapists in the mean early rating", alliance_early_therapist_share},
    {"raw_therapist_share", "ICC of therapists in last, not adjusted for intake", raw_therapist_share},
    {"clinic_share", "share of clinics in last after a straight line on pre", clinic_share},
    {"therapist_share_in_clinics", "share of therapists within clinics in the same", therapist_share_in_clinics},
    {"raters_r", "r of client's and therapist's rating at session 3", raters_r},
    {"raters_d", "client's minus therapist's rating at session 3, in SDs within both", raters_d},
    {"therapist_rating_r", "r of the therapist's rating at session 3 with -last", therapist_rating_r},
    {"observer_rating_r", "r of the observer's rating at session 3 with -last", observer_rating_r},
    {"item_ceiling", "distance of the mean of 12 items at session 3 from the highest possible, in SDs", item_ceiling},
    {"within_minus_between", "slope of -last on alliance_within minus that on alliance_between [points per point]",
     within_minus_between},
    {"dropout_rate", "share of clients who drop out", dropout_rate},
    {"alliance_dropout_d", "early alliance of those who stay minus that of dropouts, in SDs within both",
     alliance_dropout_d},
    {"alliance_dropout_auc", "probability that one who stays has the stronger early alliance than a dropout",
     alliance_dropout_auc},
    {"therapist_dropout_sd", "SD of therapists on the logit of dropping out (moment estimator)", therapist_dropout_sd},
    {"dropout_hazard_ratio", "dropouts per session in the later half of the sessions over those in the earlier half",
     dropout_hazard_ratio},
    {"pre_mean", "mean intake score", pre_mean},
    {"sessions_attended", "mean number of sessions a client comes to", sessions_attended},
    {"prepost_d", "(mean pre - mean last) / SD of pre; clients with at least 2 sessions", prepost_d},
    {"reliable_improvement", "share with reliable change for the better at last; cases with at least 2 sessions",
     reliable_improvement},
    {"reliable_recovery", "share with reliable change to below the cutoff at last; cases with at least 2 sessions",
     reliable_recovery},
    {"reliable_deterioration", "share with reliable change for the worse at last; cases with at least 2 sessions",
     reliable_deterioration},
    {"improved_by_8", "share of clients reliably improved after 8 sessions (or when they left)", improved_by_8},
    {"improved_by_26", "share of clients reliably improved after 26 sessions (or when they left)", improved_by_26},
    {"recovery_first", "recovery after the fewest sessions with 20 planned endings; cases", recovery_first},
    {"recovery_twelve", "recovery after 12 sessions; planned endings, cases", recovery_twelve},
    {"recovery_sessions_r", "r of the number of sessions with the share recovered; planned endings, cases",
     recovery_sessions_r},
    {"planned_recovery_share", "share recovered; planned endings, cases", planned_recovery_share},
    {"planned_prepost_d", "(mean pre - mean last) / SD of pre; planned endings, cases", planned_prepost_d},
    {"alliance_symptom_lag",
     "standardised coefficient of symptoms at s + 1 on the alliance at s given symptoms at s; means of clients and of "
     "sessions taken out, sessions 1 to 7",
     alliance_symptom_lag},
    {"symptom_alliance_lag", "the same of the alliance at s + 1 on symptoms at s", symptom_alliance_lag},
    {"alliance_autoregression", "coefficient of the alliance at s in the latter", alliance_autoregression},
    {"symptom_autoregression", "coefficient of symptoms at s in the former", symptom_autoregression},
    {"rupture_report_rate", "share of sessions in which the client reports a rupture", rupture_report_rate},
    {"repair_outcome_r", "r of having had a repaired rupture with pre - last; all clients", repair_outcome_r},
    {"arm_outcome_d", "-last of the second arm minus that of the first, in SDs within both", arm_outcome_d},
    {"arm_alliance_d", "the same of the early alliance", arm_alliance_d},
    {"arm_staying_odds_ratio", "odds of dropping out in the first arm over those in the second", arm_staying_odds_ratio},
    {"arm_share", "share of the variance of last between arms", arm_share},
    {"cbt_goal_task_r", "r of the mean of goal and task at session 3 with -last given bond; arm CBT", cbt_goal_task_r},
    {"cbt_bond_r", "r of bond at session 3 with -last given the mean of goal and task; arm CBT", cbt_bond_r}};

}  // namespace

StudySample::StudySample(Study const& study, Dataset const& data)
    : study_(study), data_(data), occasions_(study.world().calendar().occasions()) {}

Numbers StudySample::clients(std::string const& column) const {
  return column_of(data_.clients, "clients", column).numbers();
}

Numbers StudySample::sessions(std::string const& column) const {
  return column_of(data_.sessions, "sessions", column).numbers();
}

Numbers StudySample::true_sessions(std::string const& column) const {
  return column_of(data_.truth_sessions, "truth_sessions", column).numbers();
}

Groups StudySample::clinic_of_therapist() const {
  return column_of(data_.therapists, "therapists", "clinic").as<std::int32_t>();
}

Groups StudySample::therapist() const {
  return data_.clients.column("therapist").as<std::int32_t>();
}

Groups StudySample::client_of_session() const {
  return data_.sessions.column("client").as<std::int32_t>();
}

std::vector<std::string> const& StudySample::arm_names() const {
  return column_of(data_.clients, "clients", "arm").levels;
}

Numbers StudySample::benefit() const {
  auto out = clients("last");
  for (double& v : out) v = -v;
  return out;
}

Numbers StudySample::change() const {
  return combined(clients("pre"), clients("last"), std::minus<>());
}

Numbers StudySample::at_session(Numbers const& rows, int session) const {
  if (session > session_count()) throw Error(fmt::format("there is no session {}", session));
  Numbers out(rows.size() / occasions_);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = rows[i * occasions_ + static_cast<std::size_t>(session)];
  return out;
}

Numbers StudySample::last_session() const {
  auto const attended = sessions("attended");
  Numbers out(attended.size() / occasions_);
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto s = static_cast<std::size_t>(session_count());
    while (s > 0 && attended[i * occasions_ + s] == 0) --s;
    out[i] = static_cast<double>(s);
  }
  return out;
}

Numbers StudySample::at_last_session(Numbers const& rows) const {
  auto out = last_session();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = rows[i * occasions_ + static_cast<std::size_t>(out[i])];
  return out;
}

Measure const& StudySample::measure(Measures what) const {
  auto const& measures = study_.world().measures();
  auto const found = first_measure(measures, what);
  if (!found)
    throw Error(fmt::format("no instrument measures {}", what == Measures::alliance ? "the alliance" : "symptoms"));
  return measures[*found];
}

Instrument const& StudySample::outcome() const {
  return measure(Measures::symptoms).instrument();
}

std::string StudySample::outcome_column() const {
  return measure(Measures::symptoms).slug();
}

std::string StudySample::alliance_column() const {
  return measure(Measures::alliance).slug();
}

double StudySample::alliance_maximum() const {
  auto const& instrument = measure(Measures::alliance).instrument();
  if (instrument.range.empty()) throw Error(fmt::format("{} has no highest score", instrument.name));
  return instrument.range[1];
}

double StudySample::reliable_change() const {
  return outcome().reliable_change.value() - outcome().tolerance();
}

double StudySample::cutoff() const {
  if (!outcome().cutoff) throw Error(fmt::format("{} has no clinical cutoff", outcome().name));
  return *outcome().cutoff - outcome().tolerance();
}

std::span<NamedStatistic const> named_statistics() {
  return table;
}

NamedStatistic const& named_statistic(std::string_view name) {
  auto const* const found = std::find_if(std::begin(table), std::end(table), [&](auto const& s) { return s.name == name; });
  if (found != std::end(table)) return *found;
  std::vector<std::string> names;
  for (auto const& statistic : table) names.emplace_back(statistic.name);
  throw Error(fmt::format("there is no statistic \"{}\"{}", name, did_you_mean(name, names)));
}

}  // namespace bordin
