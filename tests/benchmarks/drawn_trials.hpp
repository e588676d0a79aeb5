#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "core/table.hpp"

namespace bordin::benchmarks {

//! Data sets for estimators, by a few lines of the standard library rather than by the engine: what is fitted here and by
//! a peer stays the same when the simulated world changes.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : generator_(seed) {}
  double normal() { return normal_(generator_); }
  double uniform() { return uniform_(generator_); }
  bool happens(double logit) { return uniform() < 1 / (1 + std::exp(-logit)); }

 private:
  std::mt19937_64 generator_;
  std::normal_distribution<> normal_;
  std::uniform_real_distribution<> uniform_;
};

//! Intercept and slope of one person.
class Line {
 public:
  Line(Draw& draw, double sd, double slope_sd, double correlation) {
    double const first = draw.normal(), second = draw.normal();
    intercept_ = sd * first;
    slope_ = slope_sd * (correlation * first + std::sqrt(1 - correlation * correlation) * second);
  }
  double at(double time) const { return intercept_ + slope_ * time; }

 private:
  double intercept_, slope_;
};

struct TrialSize {
  int therapists = 12;  //!< in both arms together, one after the other
  int clients = 10;     //!< of each
  int times = 11;
};

//! A trial of two arms with no difference between them: growth that varies between clients and between therapists, and
//! clients who leave the more readily the worse they feel.
inline Table growth_trial(std::uint32_t seed, TrialSize const& size) {
  Draw draw(seed);
  std::vector<std::int32_t> therapist, client;
  std::vector<std::int16_t> treatment, time;
  std::vector<float> y;
  for (int t = 0; t < size.therapists; ++t) {
    Line const of_therapist(draw, 0.387, 0.0894, 0.29);
    for (int c = 0; c < size.clients; ++c) {
      Line const of_client(draw, 1, 0.2, -0.5);
      bool stays = true;
      for (int k = 0; stays && k < size.times; ++k) {
        double const now = 5 - 0.2 * k + of_therapist.at(k) + of_client.at(k) + draw.normal();
        y.push_back(static_cast<float>(now));
        time.push_back(static_cast<std::int16_t>(k));
        treatment.push_back(static_cast<std::int16_t>(t % 2));
        therapist.push_back(t);
        client.push_back(t * size.clients + c);
        stays = !draw.happens(-3.75 + 0.05 * now);
      }
    }
  }
  Table table;
  table.add({"therapist", "", "", std::move(therapist), {}});
  table.add({"client", "", "", std::move(client), {}});
  table.add({"treatment", "", "", std::move(treatment), {}});
  table.add({"time", "", "", std::move(time), {}});
  table.add({"y", "", "", std::move(y), {}});
  return table;
}

//! One row per client: two covariates, an arm per therapist, and outcomes of three kinds.
inline Table clients_of_therapists(std::uint32_t seed, int therapists, int caseload) {
  Draw draw(seed);
  std::vector<std::int32_t> therapist, weeks;
  std::vector<std::int16_t> treatment;
  std::vector<std::int8_t> recovered, left;
  std::vector<float> pre, age, post, days;
  for (int t = 0; t < therapists; ++t) {
    double const of_therapist = 0.3 * draw.normal();
    for (int c = 0; c < caseload; ++c) {
      auto const arm = static_cast<std::int16_t>(t % 2);
      therapist.push_back(t);
      treatment.push_back(arm);
      pre.push_back(static_cast<float>(draw.normal()));
      age.push_back(static_cast<float>(40 + 12 * draw.normal()));
      double const expected = 0.5 * static_cast<double>(pre.back()) + 0.3 * arm + of_therapist;
      post.push_back(static_cast<float>(expected + draw.normal()));
      recovered.push_back(draw.happens(expected) ? 1 : 0);
      double const day = -100 * std::log(1 - draw.uniform()) * std::exp(-expected);
      left.push_back(day < 140 ? 1 : 0);
      days.push_back(static_cast<float>(std::fmin(day, 140)));
      weeks.push_back(static_cast<std::int32_t>(std::fmin(day, 139.9) / 7) + 1);
    }
  }
  Table table;
  table.add({"therapist", "", "", std::move(therapist), {}});
  table.add({"treatment", "", "", std::move(treatment), {}});
  table.add({"pre", "", "", std::move(pre), {}});
  table.add({"age", "", "", std::move(age), {}});
  table.add({"post", "", "", std::move(post), {}});
  table.add({"recovered", "", "", std::move(recovered), {}});
  table.add({"left", "", "", std::move(left), {}});
  table.add({"days", "", "", std::move(days), {}});
  table.add({"weeks", "", "", std::move(weeks), {}});
  return table;
}

}  // namespace bordin::benchmarks
