#include "therapy/commitment.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "therapy/correlation.hpp"
#include "therapy/session_process.hpp"

namespace bordin {
namespace {

// What hope and faith are made of, in this order.
constexpr Eigen::Index stable = 0, fluctuation = 3, hope = 7, faith = 8, all = 9;
using State = Eigen::Matrix<double, all, 1>;
using Square = Eigen::Matrix<double, all, all>;

//! What hope and faith move towards: a mean of two components.
void draw_towards(Square& move, Eigen::Index which, double inertia, Eigen::Index first, Eigen::Index second) {
  move(which, which) = inertia;
  for (auto const c : {first, second}) move(which, stable + c) = move(which, fluctuation + c) = (1 - inertia) / 2;
}

struct Course {
  State mean = State::Zero();
  Square covariance = Square::Zero();
};

Course course_at_intake(TherapistParameters const& therapists, ClientParameters const& clients,
                        AllianceParameters const& alliance, SessionProcess const& process) {
  Course course;
  Eigen::Matrix3d const r = component_correlations(alliance.loadings);
  auto const weight = composite_of(alliance.weights, alliance.loadings).weight;
  Eigen::Vector3d const with_composite = r * Eigen::Vector3d(weight[0], weight[1], weight[2]);
  course.covariance.block<3, 3>(stable, stable) = (1 - alliance.session_share) * r;
  course.covariance.block<4, 4>(fluctuation, fluctuation) = process.covariance;
  double const client_sd = std::sqrt(client_alliance_share(therapists, alliance));
  Eigen::Vector3d const with_expectation = clients.alliance_expectation_correlation * client_sd * with_composite;
  course.covariance.block<3, 1>(stable, hope) = with_expectation;  // hope begins as expectation
  course.covariance.block<1, 3>(hope, stable) = with_expectation.transpose();
  course.covariance(hope, hope) = 1;
  return course;
}

//! Moments of a population of whom the share `share_of_b` is b.
Course mixture(Course const& a, Course const& b, double share_of_b) {
  State const apart = a.mean - b.mean;
  return {.mean = a.mean - share_of_b * apart,
          .covariance = (1 - share_of_b) * a.covariance + share_of_b * b.covariance +
                        share_of_b * (1 - share_of_b) * apart * apart.transpose()};
}

//! Mean of the lesser of hope and faith, both normal (Clark 1961).
double mean_of_lesser(Course const& course) {
  auto const& v = course.covariance;
  double const theta = std::sqrt(std::max(0.0, v(hope, hope) + v(faith, faith) - 2 * v(hope, faith)));
  double const difference = course.mean[faith] - course.mean[hope];
  if (theta < 1e-12) return std::min(course.mean[hope], course.mean[faith]);
  boost::math::normal_distribution<double> const normal;
  double const z = difference / theta;
  return course.mean[hope] * boost::math::cdf(normal, z) + course.mean[faith] * boost::math::cdf(normal, -z) -
         theta * boost::math::pdf(normal, z);
}

}  // namespace

void CommitmentParameters::describe(FieldVisitor& field) {
  About const inertia{.unit = "per session", .min = 0, .max = 1, .doc = "", .source = "assumed; exploratory"};
  auto const about = [&](std::string_view doc) {
    About a = inertia;
    a.doc = doc;
    return a;
  };
  field.field("enabled", enabled, {.doc = "whether hope, faith and commitment act"});
  field.field("hope_inertia", hope_inertia,
              about("share of hope that stays until the next session; the rest follows agreement on goals and tasks"));
  field.field("faith_inertia", faith_inertia,
              about("share of faith that stays until the next session; the rest follows tasks and bond"));
  field.field("dropout", dropout,
              {.unit = "logit per SD of alliance",
               .min = -50,
               .max = 50,
               .doc = "by how much commitment lowers the log-odds of leaving",
               .source = "assumed; exploratory"});
  field.field("work", work,
              {.unit = "per SD of alliance",
               .min = 0,
               .max = 0.5,
               .doc = "nu: by how much commitment multiplies the work of a session",
               .source = "assumed; exploratory"});
}

Commitment::Commitment(CommitmentParameters const& parameters, TherapistParameters const& therapists,
                       ClientParameters const& clients, AllianceParameters const& alliance, double shift,
                       SessionProcess const& process, int sessions, double missed)
    : c_{.acts = parameters.enabled,
         .lesser = alliance.rule == AllianceRule::weakest_link,
         .hope_inertia = static_cast<float>(parameters.hope_inertia),
         .faith_inertia = static_cast<float>(parameters.faith_inertia),
         .work = static_cast<float>(parameters.work)} {
  if (!c_.acts) return;
  Square fluctuate = Square::Identity();
  fluctuate.block<4, 4>(fluctuation, fluctuation) = process.step;
  Square innovation = Square::Zero();
  innovation.block<4, 4>(fluctuation, fluctuation) = process.innovation_factor * process.innovation_factor.transpose();
  Square move = Square::Identity();
  draw_towards(move, hope, parameters.hope_inertia, 0, 1);
  draw_towards(move, faith, parameters.faith_inertia, 1, 2);

  auto course = course_at_intake(therapists, clients, alliance, process);
  c_.mean.push_back(0);
  for (int s = 1; s <= sessions; ++s) {
    course.mean.segment<3>(stable).setConstant(shift * (alliance.mean + alliance.growth * std::log(s / 3.0)));
    course.covariance = fluctuate * course.covariance * fluctuate.transpose() + innovation;
    Course const held{.mean = move * course.mean, .covariance = move * course.covariance * move.transpose()};
    c_.mean.push_back(static_cast<float>(c_.lesser ? mean_of_lesser(held) : (held.mean[hope] + held.mean[faith]) / 2));
    course = s == 1 ? held : mixture(held, course, missed);
  }
}

void Commitment::next_session(CommitmentState& state, int session, ComponentsF const& alliance) const {
  state.hope = c_.hope_inertia * state.hope + (1.0F - c_.hope_inertia) * (0.5F * (alliance[0] + alliance[1]));
  state.faith = c_.faith_inertia * state.faith + (1.0F - c_.faith_inertia) * (0.5F * (alliance[1] + alliance[2]));
  state.beyond_mean = value(state) - c_.mean[static_cast<std::size_t>(session)];
}

float Commitment::value(CommitmentState const& state) const {
  return c_.lesser ? std::min(state.hope, state.faith) : 0.5F * (state.hope + state.faith);
}

float Commitment::work(CommitmentState const& state) const {
  return std::max(0.0F, 1.0F + c_.work * state.beyond_mean);
}

}  // namespace bordin
