#include "simulation/enrolment.hpp"

#include <utility>

namespace bordin {

std::vector<Caseholder> caseholders(DesignParameters const& design, std::vector<Arm> const& arms,
                                    Randomness const& random) {
  std::vector<Caseholder> all;
  std::int32_t row = 0;
  bool const own_clinics = design.clinics_in_arms == ClinicsInArms::nested;
  auto const hire = [&](std::uint32_t arm_number, std::int32_t arm, std::int64_t therapists, Caseload const& caseload) {
    for (std::uint32_t place = 1; place <= static_cast<std::uint32_t>(therapists); ++place) {
      TherapistNumber const number{.arm = arm_number, .place = place};
      auto const clients = caseload.draw(place, random.stream_of_therapist(number, Purpose::caseload));
      all.push_back({.number = number, .arm = arm, .therapist = row++, .clients = clients});
      if (design.clinics == 0) continue;
      auto const clinic = (place - 1) % static_cast<std::uint32_t>(design.clinics);
      auto const first = own_clinics ? static_cast<std::uint32_t>(arm * design.clinics) : 0;
      all.back().clinic = static_cast<std::int32_t>(first + clinic);
      all.back().clinic_number = {.arm = own_clinics ? arm_number : 0, .place = clinic + 1};
    }
  };
  if (arms.empty()) {
    hire(1, -1, design.therapists, design.caseload);
  } else if (design.therapists_in_arms == TherapistsInArms::crossed) {
    hire(0, -1, design.therapists, design.caseload);
  } else {
    for (std::uint32_t a = 0; a < arms.size(); ++a) {
      auto const arm = static_cast<std::int32_t>(a);
      if (arms[a].has_therapists()) {
        hire(a + 1, arm, *arms[a].therapists, arms[a].caseload);
      } else {
        all.push_back({.number = {.arm = a + 1, .place = 0},
                       .arm = arm,
                       .therapist = -1,
                       .clients = static_cast<std::uint32_t>(*arms[a].clients)});
      }
    }
  }
  return all;
}

std::int32_t allocated_arm(Randomness const& random, ClientNumber who, std::size_t arms) {
  auto const size = static_cast<std::uint32_t>(arms);
  auto const first = (who.place - 1) / size * size + 1;
  auto const lot = [&](std::uint32_t place) {
    return std::pair(random.of_client({.home = who.home, .place = place}, Purpose::allocation)[0], place);
  };
  auto const own = lot(who.place);
  std::int32_t rank = 0;
  for (std::uint32_t place = first; place < first + size; ++place) rank += lot(place) < own ? 1 : 0;
  return rank;
}

}  // namespace bordin
