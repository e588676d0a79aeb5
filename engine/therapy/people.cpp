#include "therapy/people.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>

#include "therapy/correlation.hpp"

namespace bordin {
namespace {

float root(double variance) {
  return static_cast<float>(std::sqrt(variance));
}

}  // namespace

void TherapistParameters::describe(FieldVisitor& field) {
  field.field("alliance_share", alliance_share,
              {.unit = "share of variance",
               .min = 0,
               .max = 1,
               .doc = "alliance: what the therapist brings (V_T)",
               .source = "therapists' share of client-rated alliance .03 to .12"});
  field.field("direct_sd", direct_sd,
              {.unit = "SD of symptoms over the course",
               .min = 0,
               .max = 10,
               .doc = "SD of therapists' direct effect on change, not through the alliance",
               .source = "calibrated to a therapist share of outcome of 5 % (Baldwin & Imel 2013)"});
  field.field("retention_sd", retention_sd,
              {.unit = "logit",
               .min = 0,
               .max = 10,
               .doc = "SD of therapists' skill to keep clients in therapy",
               .source = "5.7 % and 12.6 % of dropout: Zimmermann et al. 2017; Saxon et al. 2017"});
  field.field("severity_sd", severity_sd,
              {.unit = "SD of symptoms",
               .min = 0,
               .max = 1,
               .doc = "SD between therapists of their clients' intake severity (selection)"});
  field.field("repair_sd", repair_sd,
              {.unit = "logit",
               .min = 0,
               .max = 10,
               .doc = "SD of therapists' skill to repair ruptures (where rupture.enabled)",
               .source = "assumed"});
  About const correlation{.min = -1, .max = 1};
  auto const about = [&](std::string_view doc) {
    About a = correlation;
    a.doc = doc;
    return a;
  };
  field.field("ability_direct_correlation", ability_direct_correlation,
              about("correlation of alliance-forming ability with the direct effect on change"));
  field.field("ability_retention_correlation", ability_retention_correlation,
              about("correlation of alliance-forming ability with retention skill"));
  field.field("ability_repair_correlation", ability_repair_correlation,
              about("correlation of alliance-forming ability with repair skill"));
  field.field("ability_severity_correlation", ability_severity_correlation,
              about("correlation of alliance-forming ability with the severity of the clients who are sent (severity_sd)"));
  field.field("direct_retention_correlation", direct_retention_correlation,
              about("correlation of the direct effect on change with retention skill"));
  field.field("direct_severity_correlation", direct_severity_correlation,
              about("correlation of the direct effect on change with the severity of the clients who are sent"));
  field.field("distribution", distribution, trait_shape_words(),
              {.doc = "how therapists' effects are distributed; mean, SD and correlations are the same for all"});
}

void ClientParameters::describe(FieldVisitor& field) {
  field.field("change_sd", change_sd,
              {.unit = "SD of symptoms over the course",
               .min = 0,
               .max = 10,
               .doc = "SD of clients' change beyond what alliance and therapist explain",
               .source = "calibrated (routine care)"});
  auto const about = [](std::string_view doc) { return About{.min = -1, .max = 1, .doc = doc, .source = ""}; };
  field.field("alliance_severity_correlation", alliance_severity_correlation,
              about("correlation of what clients bring to the alliance with their severity"));
  field.field("alliance_expectation_correlation", alliance_expectation_correlation,
              about("correlation of what clients bring to the alliance with their expectation"));
  field.field("severity_expectation_correlation", severity_expectation_correlation,
              about("correlation of severity with expectation"));
  field.field("severity_change_correlation", severity_change_correlation,
              about("correlation of severity with the change trait"));
  field.field("expectation_change_correlation", expectation_change_correlation,
              about("correlation of expectation with the change trait"));
  field.field("distribution", distribution, trait_shape_words(),
              {.doc = "how clients' effects are distributed; mean, SD and correlations are the same for all"});
}

double client_alliance_share(TherapistParameters const& therapists, AllianceParameters const& alliance) {
  double const others = therapists.alliance_share + alliance.match_share + alliance.session_share;
  if (others > 1 + 1e-12) {
    throw ScenarioError(
        {}, "alliance.session_share",
        fmt::format("therapists.alliance_share {} + alliance.match_share {} + alliance.session_share {} = {:.4g}, but "
                    "together they must not exceed 1; the client's share is the remainder",
                    therapists.alliance_share, alliance.match_share, alliance.session_share, others));
  }
  double const rest = std::max(0.0, 1 - others);
  if (alliance.client_share && std::abs(*alliance.client_share - rest) > 1e-9) {
    throw ScenarioError(
        {}, "alliance.client_share",
        fmt::format("is {}, but the other shares leave {:.6g}; leave client_share out or change another share",
                    *alliance.client_share, rest));
  }
  return rest;
}

double severity_variance(TherapistParameters const& therapists, double fluctuation_share) {
  double const rest = 1 - fluctuation_share - therapists.severity_sd * therapists.severity_sd;
  if (rest < -1e-12) {
    throw ScenarioError(
        {}, "therapists.severity_sd",
        fmt::format("symptoms.fluctuation_share {} + therapists.severity_sd^2 {:.4g} exceed 1, the variance of intake "
                    "severity; make one smaller",
                    fluctuation_share, therapists.severity_sd * therapists.severity_sd));
  }
  return std::max(0.0, rest);
}

namespace {

//! What clinics leave to the therapists in them.
double within_clinics(double whole, double part, std::string const& key, std::string const& of) {
  if (part > whole + 1e-12)
    throw ScenarioError({}, key, fmt::format("is a part of {} and cannot be larger; make it smaller", of));
  return std::max(0.0, whole - part);
}

}  // namespace

template <std::size_t N>
People::Factor<N> People::factor_of(std::array<std::array<double, N>, N> const& correlations, std::string const& key) {
  Eigen::MatrixXd matrix(N, N);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < N; ++j)
      matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = correlations[i][j];
  }
  auto const lower = lower_factor(matrix, key, fmt::format("the correlations of [{}]", key));
  Factor<N> factor{};
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < N; ++j)
      factor[i][j] = static_cast<float>(lower(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
  }
  return factor;
}

People::People(TherapistParameters const& therapists, ClientParameters const& clients, AllianceParameters const& alliance,
               double fluctuation_share, ClinicParameters const& clinics, Backgrounds const& backgrounds)
    : c_{.clinic_sd = root(clinics.alliance_share),
         .clinic_direct_sd = static_cast<float>(clinics.direct_sd),
         .therapist_sd = root(within_clinics(therapists.alliance_share, clinics.alliance_share, "clinics.alliance_share",
                                             "therapists.alliance_share")),
         .client_sd = root(client_alliance_share(therapists, alliance)),
         .match_sd = root(alliance.match_share),
         .direct_sd = clinics.direct_sd > 0 ? root(within_clinics(therapists.direct_sd * therapists.direct_sd,
                                                                  clinics.direct_sd * clinics.direct_sd,
                                                                  "clinics.direct_sd", "therapists.direct_sd"))
                                            : static_cast<float>(therapists.direct_sd),
         .retention_sd = static_cast<float>(therapists.retention_sd),
         .therapist_severity_sd = static_cast<float>(therapists.severity_sd),
         .repair_sd = static_cast<float>(therapists.repair_sd),
         .severity_sd = root(severity_variance(therapists, fluctuation_share)),
         .change_sd = static_cast<float>(clients.change_sd)},
      shape_therapist_(therapists.distribution),
      shape_client_(clients.distribution),
      backgrounds_(backgrounds) {
  auto const composite = composite_of(alliance.weights, alliance.loadings);
  c_.shift = static_cast<float>(composite.shift);
  auto const loadings = alliance.loadings.array();
  for (std::size_t c = 0; c < components; ++c) {
    c_.loading[c] = static_cast<float>(loadings[c]);
    c_.unique[c] = root(1 - loadings[c] * loadings[c]);
    c_.weight[c] = static_cast<float>(composite.weight[c]);
  }
  double const od = therapists.ability_direct_correlation;
  double const orr = therapists.ability_retention_correlation;
  double const dr = therapists.direct_retention_correlation;
  double const op = therapists.ability_repair_correlation;
  double const av = therapists.ability_severity_correlation;
  double const dv = therapists.direct_severity_correlation;
  // Severity last: whatever it is correlated with, the other traits keep their numbers.
  c_.therapist_factor = factor_of<5>(
      {{{1, od, orr, op, av}, {od, 1, dr, 0, dv}, {orr, dr, 1, 0, 0}, {op, 0, 0, 1, 0}, {av, dv, 0, 0, 1}}}, "therapists");
  double const cx = clients.alliance_severity_correlation;
  double const ce = clients.alliance_expectation_correlation;
  double const xe = clients.severity_expectation_correlation;
  double const xg = clients.severity_change_correlation;
  double const eg = clients.expectation_change_correlation;
  c_.client_factor = factor_of<4>({{{1, cx, ce, 0}, {cx, 1, xe, xg}, {ce, xe, 1, eg}, {0, xg, eg, 1}}}, "clients");
}

//! z: the common factor, then what is unique to goal, task and bond.
People::Drawn People::components_from(std::array<float, 4> const& z) const {
  Drawn drawn{.part = {}, .composite = 0};
  for (std::size_t c = 0; c < components; ++c) {
    drawn.part[c] = c_.loading[c] * z[0] + c_.unique[c] * z[c + 1];
    drawn.composite += c_.weight[c] * drawn.part[c];
  }
  return drawn;
}

template <std::size_t N>
std::array<float, N> People::correlated(float first, std::array<float, 4> const& z, Factor<N> const& factor) {
  std::array<float, 5> const source{first, z[0], z[1], z[2], z[3]};
  std::array<float, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j <= i; ++j) out[i] += factor[i][j] * source[j];
  }
  return out;
}

std::array<float, 4> People::of_therapist(Randomness const& random, TherapistNumber who, std::uint32_t block) const {
  auto const lots = shape_therapist_.needs_lots() ? random.of_therapist(who, Purpose::trait_kind, block) : RandomBlock{};
  return shape_therapist_(normals(random.of_therapist(who, Purpose::therapist_traits, block)), lots);
}

std::array<float, 4> People::of_client(Randomness const& random, ClientNumber who, std::uint32_t block) const {
  auto const lots = shape_client_.needs_lots() ? random.of_client(who, Purpose::trait_kind, 0, block) : RandomBlock{};
  return shape_client_(normals(random.of_client(who, Purpose::client_traits, 0, block)), lots);
}

ClinicTraits People::clinic(Randomness const& random, TherapistNumber number) const {
  auto const own = components_from(normals(random.of_therapist(number, Purpose::clinic_traits, 0)));
  ClinicTraits traits{.ability = c_.clinic_sd * own.composite,
                      .direct = c_.clinic_direct_sd * normals(random.of_therapist(number, Purpose::clinic_traits, 1))[0]};
  for (std::size_t c = 0; c < components; ++c) traits.alliance[c] = c_.clinic_sd * own.part[c];
  return traits;
}

void People::add_background(TherapistTraits& traits, Background const& background) const {
  traits.years = background.years;
  traits.trained = background.trained;
  traits.raise = background.raise;
  traits.ability += background.ability;
  traits.direct += background.direct;
  for (float& part : traits.alliance) part += c_.shift * background.ability;
}

TherapistTraits People::therapist(Randomness const& random, TherapistNumber who, ClinicTraits const& clinic) const {
  auto const own = components_from(of_therapist(random, who, 0));
  auto const z = of_therapist(random, who, 1);
  auto const trait = correlated(own.composite, {z[0], z[1], z[3], z[2]}, c_.therapist_factor);
  TherapistTraits traits{.ability = c_.therapist_sd * own.composite + clinic.ability,
                         .direct = c_.direct_sd * trait[1] + clinic.direct,
                         .retention = c_.retention_sd * trait[2],
                         .severity = c_.therapist_severity_sd * trait[4],
                         .repair = c_.repair_sd * trait[3]};
  for (std::size_t c = 0; c < components; ++c) traits.alliance[c] = c_.therapist_sd * own.part[c] + clinic.alliance[c];
  if (backgrounds_.experience_varies() || backgrounds_.training_varies())
    add_background(traits, backgrounds_.of(random.of_therapist(who, Purpose::background)));
  return traits;
}

ClientTraits People::client(Randomness const& random, ClientNumber who) const {
  auto const own = components_from(of_client(random, who, 0));
  auto const trait = correlated(own.composite, of_client(random, who, 1), c_.client_factor);
  ClientTraits traits{.prospects = c_.client_sd * own.composite,
                      .severity = c_.severity_sd * trait[1],
                      .expectation = trait[2],
                      .change = c_.change_sd * trait[3],
                      .standard_change = c_.change_sd > 0 ? trait[3] : 0.0F};
  for (std::size_t c = 0; c < components; ++c) traits.alliance[c] = c_.client_sd * own.part[c];
  return traits;
}

Match People::match(Randomness const& random, ClientNumber who, TherapistNumber met) const {
  auto const own = components_from(normals(random.of_match(who, met)));
  Match drawn{.composite = c_.match_sd * own.composite};
  for (std::size_t c = 0; c < components; ++c) drawn.alliance[c] = c_.match_sd * own.part[c];
  return drawn;
}

}  // namespace bordin
