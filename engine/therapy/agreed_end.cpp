#include "therapy/agreed_end.hpp"

#include <algorithm>

#include "therapy/course.hpp"
#include "therapy/parameters.hpp"

namespace bordin {

AgreedEnd::AgreedEnd(double agreed, std::int64_t reference_sessions, int sessions) {
  for (int s = 0; s <= sessions; ++s)
    c_.probability.push_back(
        static_cast<float>(std::min(1.0, agreed * static_cast<double>(s) / static_cast<double>(reference_sessions))));
}

bool AgreedEnd::ends(EndingMoment const& moment, float uniform) const {
  return uniform < c_.probability[static_cast<std::size_t>(moment.session)];
}

std::unique_ptr<EndingRule> make_agreed_end(TherapyParameters const& p, ArmEffects const&, Calendar const& calendar) {
  if (!(p.ending.agreed > 0)) return nullptr;
  return std::make_unique<AgreedEnd>(p.ending.agreed, p.symptoms.reference_sessions, calendar.sessions);
}

MissingnessReason missingness_of_agreed_end(TherapyParameters const& p, ArmEffects const&) {
  if (!(p.ending.agreed > 0)) return {};
  return {.kind = Missingness::completely_at_random, .why = "agreed endings depend on nothing but time"};
}

}  // namespace bordin
