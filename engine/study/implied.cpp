#include "study/implied.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "therapy/session_process.hpp"

namespace bordin {
namespace {

//! Variance of  -effect * sum_s dg(s) w*(s) + e(S)  at the reference length S.
double session_variance(TherapyParameters const& p) {
  auto const process = session_process(p.alliance, p.symptoms);
  auto const composite = composite_of(p.alliance.weights, p.alliance.loadings);
  int const last = static_cast<int>(p.symptoms.reference_sessions);
  auto const g = course_of_change(p.symptoms, last);
  double const effect = p.alliance.effect_session.value_or(p.alliance.effect);
  Eigen::Vector4d const weight(composite.weight[0], composite.weight[1], composite.weight[2], 0);
  std::vector<double> same(static_cast<std::size_t>(last) + 1);   // Cov(w*(s + k), w*(s))
  std::vector<double> cross(static_cast<std::size_t>(last) + 1);  // Cov(e(s + k), w*(s))
  Eigen::Matrix4d moved = process.covariance;
  for (auto k = std::size_t{0}; k < same.size(); ++k) {
    same[k] = weight.dot(moved * weight);
    cross[k] = (moved * weight)(3);
    moved = process.step * moved;
  }
  double variance = p.symptoms.fluctuation_share;
  auto const step = [&](int s) { return g[static_cast<std::size_t>(s)] - g[static_cast<std::size_t>(s) - 1]; };
  for (int s = 1; s <= last; ++s) {
    variance -= 2 * effect * step(s) * cross[static_cast<std::size_t>(last - s)];
    for (int t = 1; t <= last; ++t)
      variance += effect * effect * step(s) * step(t) * same[static_cast<std::size_t>(std::abs(s - t))];
  }
  return variance;
}

//! SD of what clinics leave, as a share of the whole SD.
double share_within(double variance, double of_clinics) {
  return variance > 0 ? std::sqrt(std::max(0.0, 1 - of_clinics / variance)) : 1;
}

//! Clinics have a line where they differ.
void add_clinic(std::vector<Share>& budget, std::ptrdiff_t place, double variance) {
  if (variance > 0) budget.insert(budget.begin() + place, {"clinic", variance});
}

}  // namespace

RampMoments ramp_moments(double slope, double sd) {
  double const spread = std::abs(slope) * sd;
  if (spread < 1e-12) return {};
  boost::math::normal_distribution<double> const normal;
  double const at = 1 / spread;
  double const below = boost::math::cdf(normal, at);
  double const density = spread * boost::math::pdf(normal, at);
  double const mean = below + density;
  return {.mean = mean, .variance = (1 + spread * spread) * below + density - mean * mean};
}

std::vector<Share> alliance_budget(Scenario const& scenario) {
  auto const& p = scenario.therapy;
  std::vector<Share> budget{{"therapist", p.therapists.alliance_share - p.clinics.alliance_share},
                            {"client", client_alliance_share(p.therapists, p.alliance)},
                            {"match of the two", p.alliance.match_share},
                            {"session", p.alliance.session_share}};
  add_clinic(budget, 1, p.clinics.alliance_share);
  return budget;
}

std::vector<Share> outcome_budget(Scenario const& scenario) {
  auto const& p = scenario.therapy;
  auto const& t = p.therapists;
  auto const& c = p.clients;
  double const v_c = client_alliance_share(t, p.alliance);
  double const severity_sd = std::sqrt(severity_variance(t, p.symptoms.fluctuation_share));
  auto const ramp = ramp_moments(p.symptoms.severity_slope, severity_sd);
  double const effect_t = p.alliance.effect_therapist.value_or(p.alliance.effect) * std::sqrt(t.alliance_share);
  double const effect_c = p.alliance.effect_client.value_or(p.alliance.effect) * std::sqrt(v_c);
  double const effect_m = p.alliance.effect_match.value_or(p.alliance.effect);
  double const direct = ramp.mean * t.direct_sd;
  // Traits are correlated within clinics; what the therapists of a clinic have in common is not.
  double const own_alliance = share_within(t.alliance_share, p.clinics.alliance_share);
  double const own_direct = share_within(t.direct_sd * t.direct_sd, p.clinics.direct_sd * p.clinics.direct_sd);
  double const therapist =
      t.severity_sd * t.severity_sd + direct * direct + effect_t * effect_t +
      2 * direct * own_direct * effect_t * own_alliance * t.ability_direct_correlation -
      2 * t.severity_sd *
          (direct * own_direct * t.direct_severity_correlation + effect_t * own_alliance * t.ability_severity_correlation);
  double const client = severity_sd * severity_sd + c.change_sd * c.change_sd + effect_c * effect_c -
                        2 * severity_sd * c.change_sd * c.severity_change_correlation -
                        2 * severity_sd * effect_c * c.alliance_severity_correlation;
  double const direct_of_clinics = ramp.mean * p.clinics.direct_sd;
  double const effect = p.alliance.effect_therapist.value_or(p.alliance.effect);
  double const clinic = direct_of_clinics * direct_of_clinics + effect * effect * p.clinics.alliance_share;
  std::vector<Share> budget{{"therapist", therapist - clinic},
                            {"therapist, depending on the client's severity", ramp.variance * t.direct_sd * t.direct_sd},
                            {"client", client},
                            {"match of the two", effect_m * effect_m * p.alliance.match_share},
                            {"session", session_variance(p)}};
  add_clinic(budget, 2, clinic);
  auto const outcome = std::find_if(scenario.instruments.begin(), scenario.instruments.end(),
                                    [](Instrument const& i) { return i.measures == Measures::symptoms; });
  if (outcome != scenario.instruments.end())
    budget.push_back({"measurement error", (1 - *outcome->reliability) / *outcome->reliability});
  return budget;
}

double total(std::vector<Share> const& budget) {
  double sum = 0;
  for (auto const& share : budget) sum += share.variance;
  return sum;
}

}  // namespace bordin
