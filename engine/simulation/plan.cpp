#include "simulation/plan.hpp"

#include "simulation/world.hpp"

namespace bordin {
namespace {

bool given_at_all_sessions(Measure const& measure, int sessions) {
  for (int s = 1; s <= sessions; ++s) {
    if (!measure.schedule().given(s)) return false;
  }
  return true;
}

}  // namespace

std::optional<TherapyPlan> plan_of(World const& world, std::size_t arm, bool has_therapist) {
  auto const& therapy = world.therapies()[arm];
  auto const& measures = world.measures();
  TherapyPlan plan{.therapy = &therapy,
                   .people = &world.people(),
                   .measures = &measures,
                   .ratings = &world.ratings(),
                   .missing = &world.missing(),
                   .rupture_sensitivity = world.rupture_sensitivity(),
                   .rupture_false_alarm = world.rupture_false_alarm(),
                   .has_therapist = has_therapist,
                   .good_enough = therapy.rule<GoodEnough>(),
                   .agreed = therapy.rule<AgreedEnd>(),
                   .hazard = therapy.rule<DropoutHazard>(),
                   .curve = therapy.rule<CurveDropout>(),
                   .sessions = therapy.calendar().sessions,
                   .occasions = therapy.calendar().occasions(),
                   .primary = first_measure(measures, Measures::symptoms).value_or(measures.size()),
                   .given = {},
                   .post = {}};
  std::size_t known = 0;
  for (bool const there :
       {plan.good_enough != nullptr, plan.agreed != nullptr, plan.hazard != nullptr, plan.curve != nullptr})
    known += there ? 1 : 0;
  if (known != therapy.rule_count()) return std::nullopt;
  for (auto const& measure : measures) {
    for (std::size_t s = 0; s < plan.occasions; ++s)
      plan.given.push_back(measure.schedule().given(static_cast<int>(s)) ? 1 : 0);
    plan.post.push_back(measure.schedule().post && !given_at_all_sessions(measure, plan.sessions) ? 1 : 0);
  }
  return plan;
}

}  // namespace bordin
