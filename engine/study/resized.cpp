#include "study/resized.hpp"

#include <algorithm>
#include <cmath>

namespace bordin {
namespace {

bool has_listed_caseloads(Scenario const& scenario) {
  return scenario.design.caseload.listed() > 0 ||
         std::any_of(scenario.arms.begin(), scenario.arms.end(), [](Arm const& arm) { return arm.caseload.listed() > 0; });
}

}  // namespace

double expected_clients(Scenario const& scenario) {
  return World(scenario.therapy, scenario.design, scenario.arms, scenario.instruments).expected_clients();
}

Scenario with_clients(Scenario scenario, double clients) {
  if (has_listed_caseloads(scenario)) return scenario;
  double const scale = clients / expected_clients(scenario);
  auto const scaled = [scale](std::int64_t n) {
    return n == 0 ? n : std::max<std::int64_t>(2, std::llround(static_cast<double>(n) * scale));
  };
  scenario.design.therapists = scaled(scenario.design.therapists);
  for (auto& arm : scenario.arms) {
    if (arm.therapists) arm.therapists = scaled(*arm.therapists);
    if (arm.clients) arm.clients = scaled(*arm.clients);
  }
  return scenario;
}

}  // namespace bordin
