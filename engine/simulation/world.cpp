#include "simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "simulation/variables.hpp"

namespace bordin {
namespace {

Calendar calendar_of(DesignParameters const& design) {
  return {.sessions = static_cast<int>(design.sessions),
          .spacing = design.spacing,
          .followups = design.followups,
          .beyond_ending = design.continue_after_ending};
}

std::vector<Therapy> therapies_of(TherapyParameters const& therapy, DesignParameters const& design,
                                  std::vector<Arm> const& arms) {
  std::vector<Therapy> all;
  if (arms.empty()) all.emplace_back(therapy, ArmEffects{}, calendar_of(design));
  for (auto const& arm : arms) {
    try {
      all.emplace_back(therapy, arm.effects, calendar_of(design));
    } catch (ScenarioError const& error) {
      Therapy const without_effects(therapy, {}, calendar_of(design));  // says so itself if the arm is not to blame
      throw ScenarioError({}, "arms." + arm.name, fmt::format("its {} {}", error.key(), error.problem()));
    }
  }
  return all;
}

void check_clinics(TherapyParameters const& therapy, DesignParameters const& design) {
  if (design.clinics > 0) return;
  for (auto const& [key, value] : {std::pair("clinics.alliance_share", therapy.clinics.alliance_share),
                                   std::pair("clinics.direct_sd", therapy.clinics.direct_sd)}) {
    if (value > 0)
      throw ScenarioError({}, key, fmt::format("is {}, but design.clinics is 0; say how many clinics there are", value));
  }
}

}  // namespace

World::World(TherapyParameters const& therapy, DesignParameters design, std::vector<Arm> arms,
             std::vector<Instrument> const& instruments)
    : design_(std::move(design)),
      arms_(std::move(arms)),
      measures_(measures_of(instruments, calendar_of(design_))),
      people_(people_of(therapy)),
      ratings_(design_.ratings, therapy.alliance, static_cast<int>(design_.sessions)),
      therapies_(therapies_of(therapy, design_, arms_)),
      rupture_sensitivity_(static_cast<float>(therapy.rupture.sensitivity)),
      rupture_false_alarm_(static_cast<float>(therapy.rupture.false_alarm)),
      missing_(design_.missing) {
  check_clinics(therapy, design_);
}

double World::expected_clients() const {
  if (arms_.empty() || design_.therapists_in_arms == TherapistsInArms::crossed)
    return static_cast<double>(design_.therapists) * design_.caseload.mean();
  double total = 0;
  for (auto const& arm : arms_)
    total += arm.has_therapists() ? static_cast<double>(*arm.therapists) * arm.caseload.mean()
                                  : static_cast<double>(*arm.clients);
  return total;
}

double World::bytes_per_dataset() const {
  constexpr double number = sizeof(float);
  double per_row = 10 * number;  // six latent columns, two row numbers, session, time, attended
  if (has_ruptures()) per_row += 3 * number;
  if (has_commitment()) per_row += 3 * number;
  double per_client = 40 * number;
  double const rows = static_cast<double>(calendar().occasions());
  for (auto const& measure : measures_) {
    per_row += number * (measure.of_alliance() ? 5 : 2);
    per_client += number * (measure.of_alliance() ? rows : 8);
    if (measure.has_items()) per_row += components * OrdinalItems::per_component;
  }
  per_client += number * static_cast<double>(ratings_.size());
  constexpr double per_therapist = 24 * number;
  double therapists = arms_.empty() ? static_cast<double>(design_.therapists) : 0;
  for (auto const& arm : arms_) therapists += static_cast<double>(arm.therapists.value_or(design_.therapists));
  return expected_clients() * (per_row * rows + per_client) + therapists * per_therapist;
}

std::vector<Dataset> World::simulate(std::uint64_t seed, std::uint32_t first, std::uint32_t count,
                                     Wanted const& wanted) const {
  auto const records = draw_records(*this, seed, first, count, wanted);
  std::vector<Dataset> data;
  for (std::size_t k = 0; k < count; ++k) data.push_back(Variables(*this, records, k, wanted).dataset());
  return data;
}

Dataset World::simulate(std::uint64_t seed, std::uint32_t replication) const {
  return std::move(simulate(seed, replication, 1, Wanted::everything()).front());
}

std::uint32_t World::batch() const {
  constexpr double enough = 2048;  // clients: blocks that are not full are then few
  return static_cast<std::uint32_t>(std::clamp(std::ceil(enough / std::max(1.0, expected_clients())), 1.0, 64.0));
}

}  // namespace bordin
