#include "therapy/symptoms.hpp"

#include <cmath>

namespace bordin {

namespace {

//! A line here and an enumerator in CourseShape are all a further shape needs. Height of the course after s sessions.
struct Shape {
  char const* name;
  double (*height)(double s, double rate);
};

std::vector<Shape> const& course_shapes() {
  static std::vector<Shape> const shapes{
      {"linear", [](double s, double) { return s; }},
      {"log", [](double s, double) { return std::log1p(s); }},
      {"exponential", [](double s, double rate) { return -std::expm1(-rate * s); }},
  };
  return shapes;
}

Words shape_words() {
  Words words;
  for (auto const& shape : course_shapes()) words.emplace_back(shape.name);
  return words;
}

}  // namespace

void SymptomParameters::describe(FieldVisitor& field) {
  field.field("course", course, shape_words(),
              {.doc = "shape of change over sessions: equal steps, or steps that get smaller",
               .source = "negatively accelerated: Howard et al. 1986, Am Psychol 41:159"});
  field.field("rate", rate,
              {.unit = "1/session", .min = 1e-6, .max = 10, .doc = "how fast an exponential course approaches its end"});
  field.field("reference_sessions", reference_sessions,
              {.unit = "sessions",
               .min = 1,
               .max = 4095,
               .doc = "the length at which `change` is reached; does not follow design.sessions"});
  field.field("change", change,
              {.unit = "SD of symptoms",
               .min = -10,
               .max = 10,
               .doc = "mean improvement at the reference length if nobody leaves",
               .source = "pre-post d .96 in routine care (Gaskell et al. 2023)"});
  field.field("severity_slope", severity_slope,
              {.unit = "per SD of severity",
               .min = -5,
               .max = 5,
               .doc = "xi: how therapists' direct effects grow with the client's severity",
               .source = "1 % to 10 % of outcome from low to high severity: Saxon & Barkham 2012, JCCP 80:535"});
  field.field("fluctuation_share", fluctuation_share,
              {.unit = "share of variance",
               .min = 0,
               .max = 1,
               .doc = "share of the latent score that fluctuates from session to session (V_E)"});
  field.field("autocorrelation", autocorrelation,
              {.min = -0.999,
               .max = 0.999,
               .doc = "how much of a session's fluctuation stays until the next",
               .source = "AR(1) .3 to .6 within clients"});
  field.field("relapse", relapse,
              {.unit = "per week",
               .min = 0,
               .max = 1,
               .doc = "share of the improvement that is lost in each week after the last session, seen at follow-ups"});
}

std::vector<double> course_of_change(SymptomParameters const& symptoms, int sessions) {
  auto const height = course_shapes()[static_cast<std::size_t>(symptoms.course)].height;
  double const whole = height(static_cast<double>(symptoms.reference_sessions), symptoms.rate);
  std::vector<double> g;
  for (int s = 0; s <= sessions; ++s) g.push_back(height(s, symptoms.rate) / whole);
  return g;
}

}  // namespace bordin
