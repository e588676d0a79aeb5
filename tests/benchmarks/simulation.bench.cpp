#include <string>
#include <vector>

#include "benchmarks/suites.hpp"
#include "therapy/randomness.hpp"

namespace bordin::benchmarks {
namespace {

constexpr char const* scenario = "early-alliance";

struct Attendance {
  ClientNumber who;
  std::uint32_t sessions = 0;
};

//! Who came how often in one data set of a cohort.
std::vector<Attendance> attendances(Dataset const& data) {
  auto const therapist = data.clients.column("therapist").numbers();
  auto const sessions = data.clients.column("sessions_attended").numbers();
  std::vector<Attendance> all;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    TherapistNumber const home{.arm = 1, .place = static_cast<std::uint32_t>(therapist[i]) + 1};
    auto const place = i > 0 && therapist[i] == therapist[i - 1] ? all.back().who.place + 1 : 1;
    all.push_back({.who = {.home = home, .place = place}, .sessions = static_cast<std::uint32_t>(sessions[i])});
  }
  return all;
}

//! Takes the random numbers that a client of early-alliance takes, in the form in which they are used, and adds them up: no
//! simulation that draws them like this can be faster. Those of therapists, one in 300, are left out.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint32_t replication) : random_(seed, replication) {}

  float total() const { return total_; }
  void client(ClientNumber who, std::uint32_t sessions) {
    four(random_.of_client(who, Purpose::client_traits, 0, 0));
    four(random_.of_client(who, Purpose::client_traits, 0, 1));
    four(random_.of_match(who, who.home));
    one(random_.of_client(who, Purpose::good_enough_level));
    for (auto const rating : {Purpose::empathy, Purpose::goal_consensus, Purpose::collaboration,
                              Purpose::expectation_rating, Purpose::credibility})
      one(random_.of_client(who, rating));
    four(random_.of_client(who, Purpose::session_process));
    one(random_.of_client(who, symptom_scale));
    uniforms(random_.of_client(who, Purpose::ending));
    for (std::uint32_t s = 1; s <= sessions; ++s) session(who, s);
  }

 private:
  static constexpr auto symptom_scale = Purpose::first_instrument;
  static constexpr auto alliance_scale = static_cast<Purpose>(static_cast<std::uint32_t>(Purpose::first_instrument) + 4);

  void session(ClientNumber who, std::uint32_t s) {
    four(random_.of_client(who, Purpose::session_process, s));
    uniforms(random_.of_client(who, Purpose::rupture, s));
    uniforms(random_.of_client(who, Purpose::rupture_report, s));
    one(random_.of_client(who, symptom_scale, s));
    four(random_.of_client(who, alliance_scale, s));
    uniforms(random_.of_client(who, Purpose::ending, s));
  }
  void four(RandomBlock const& block) {
    auto const z = normals(block);
    total_ += (z[0] + z[1]) + (z[2] + z[3]);
  }
  void one(RandomBlock const& block) { total_ += normals(block)[0]; }
  void uniforms(RandomBlock const& block) { total_ += float32::uniform(block[0]) + float32::uniform(block[1]); }

  Randomness random_;
  float total_ = 0;
};

void draw_only(benchmark::State& state) {
  auto const all = attendances(study_of(scenario).simulate(1, 0));
  std::int64_t sessions = 0;
  std::uint32_t replication = 0;
  for (auto _ : state) {
    Draws draws(1, replication++);
    for (auto const& one : all) {
      draws.client(one.who, one.sessions);
      sessions += one.sessions;
    }
    benchmark::DoNotOptimize(draws.total());
  }
  state.SetItemsProcessed(sessions);
  state.SetLabel("client-session");
}

void simulate_scenario(benchmark::State& state, std::string const& name) {
  simulate(state, study_of(name));
}

//! About as many clients, in one data set.
void simulate_clients(benchmark::State& state) {
  constexpr int mean_caseload = 20;
  simulate(state, study_of(scenario, {"design.therapists=" + std::to_string(state.range(0) / mean_caseload)}));
}

}  // namespace

void add_simulation() {
  auto const add = [](std::string const& name, auto const&... how) {
    return benchmark::RegisterBenchmark(name.c_str(), how...)->Unit(benchmark::kMillisecond);
  };
  for (auto const& entry : scenario_library()) {
    std::string const name(entry.name);
    add("simulation/scenario/" + name, simulate_scenario, name);
  }
  add("simulation/bound/drawing only", draw_only);
  add("simulation/bound/early-alliance", simulate_scenario, scenario);
  add("peers/early-alliance", simulate_clients)->Arg(1000)->Arg(200'000);
}

}  // namespace bordin::benchmarks
