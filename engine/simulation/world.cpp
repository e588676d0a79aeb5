#include "simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "simulation/variables.hpp"

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

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

//! Fills the columns of one data set.
class DatasetMaker {
 public:
  DatasetMaker(World const& world, std::uint64_t seed, std::uint32_t replication)
      : world_(world),
        random_(seed, replication),
        holders_(caseholders(world.design_, world.arms_, random_)),
        occasions_(world.calendar().occasions()),
        primary_(first_measure(world.measures_, Measures::symptoms).value_or(world.measures_.size())) {
    for (auto const& holder : holders_) clients_ += holder.clients;
    columns_.resize(world, therapists(), clients_);
  }

  Dataset make() {
    std::size_t client = 0;
    std::int32_t alone = static_cast<std::int32_t>(therapists());  // clients without a therapist count on from here
    for (auto const& holder : holders_) {
      TherapistTraits traits;
      if (holder.therapist >= 0) {
        auto const clinic = holder.clinic < 0 ? ClinicTraits{} : world_.people_.clinic(random_, holder.clinic_number);
        traits = world_.people_.therapist(random_, holder.number, clinic);
        columns_.therapist(static_cast<std::size_t>(holder.therapist), holder.arm, holder.clients, traits);
        if (holder.clinic >= 0) columns_.clinic(static_cast<std::size_t>(holder.therapist), holder.clinic, clinic);
      }
      for (std::uint32_t place = 1; place <= holder.clients; ++place, ++client) {
        ClientNumber const who{.home = holder.number, .place = place};
        treat(client, who, holder, traits, holder.therapist >= 0 ? holder.therapist : alone++);
      }
    }
    return std::move(columns_).finish(world_.measures_);
  }

 private:
  //! Writes down every score that is due at a session.
  class Recorder final : public Witness {
   public:
    Recorder(DatasetMaker& maker, std::size_t client, ClientNumber who) : maker_(maker), client_(client), who_(who) {}
    float see(SessionState const& state) override {
      maker_.columns_.attended(client_, state);
      bool const none = missed(state);
      if (state.occasion <= maker_.world_.calendar().sessions) missed_last_ = none;
      if (none) return missing;
      maker_.report_rupture(client_, who_, state);
      float primary = missing;
      for (std::size_t m = 0; m < maker_.world_.measures_.size(); ++m) {
        auto const& measure = maker_.world_.measures_[m];
        if (!measure.schedule().given(state.occasion)) continue;
        float const score = maker_.give(m, client_, who_, state);
        if (m == maker_.primary_) last_score_ = primary = measure.standardised(score);
      }
      return primary;
    }
    float imagine(SessionState const& state) override {
      auto const& measures = maker_.world_.measures_;
      if (maker_.primary_ >= measures.size() || missed(state)) return missing;
      auto const& measure = measures[maker_.primary_];
      if (!measure.schedule().given(state.occasion)) return missing;
      return last_score_ = measure.standardised(measure.symptom_score(maker_.random_, who_, state));
    }
    //! What is given at the end of a completed therapy only, and goes missing with the other questionnaires of its session.
    void see_post(SessionState const& state) {
      if (missed_last_) return;
      for (std::size_t m = 0; m < maker_.world_.measures_.size(); ++m) {
        auto const& schedule = maker_.world_.measures_[m].schedule();
        if (schedule.post && !schedule.given(state.occasion)) maker_.give(m, client_, who_, state);
      }
    }

   private:
    bool missed(SessionState const& state) const {
      auto const& questionnaires = maker_.world_.missing_;
      if (state.occasion == 0) return false;
      if (state.occasion > maker_.world_.calendar().sessions)
        return questionnaires.at_followup(maker_.random_, who_, state.session);
      float const last = std::isnan(last_score_) ? 0.0F : last_score_;
      return questionnaires.at_session(maker_.random_, who_, state.session, last, state.symptoms);
    }

    DatasetMaker& maker_;
    std::size_t client_;
    ClientNumber who_;
    float last_score_ = missing;
    bool missed_last_ = false;  // the questionnaires of the last session
  };

  std::size_t therapists() const {
    return static_cast<std::size_t>(
        std::count_if(holders_.begin(), holders_.end(), [](auto const& h) { return h.therapist >= 0; }));
  }

  void report_rupture(std::size_t client, ClientNumber who, SessionState const& state) {
    if (!world_.has_ruptures() || std::isnan(state.composite)) return;
    auto const session = static_cast<std::uint32_t>(state.session);
    float const chance = state.rupture ? world_.rupture_sensitivity_ : world_.rupture_false_alarm_;
    columns_.rupture_report(client, state.occasion,
                            float32::uniform(random_.of_client(who, Purpose::rupture_report, session)[0]) < chance);
  }

  float give(std::size_t m, std::size_t client, ClientNumber who, SessionState const& state) {
    auto const& measure = world_.measures_[m];
    auto const row = client * occasions_ + static_cast<std::size_t>(state.occasion);
    if (!measure.of_alliance()) return columns_.scores[m].total[row] = measure.symptom_score(random_, who, state);
    if (std::isnan(state.composite)) return missing;  // nobody to have an alliance with
    auto const rating = measure.alliance_rating(random_, who, state);
    columns_.scores[m].rate(row, rating);
    return rating.total;
  }

  void treat(std::size_t client, ClientNumber who, Caseholder const& holder, TherapistTraits const& traits,
             std::int32_t therapist) {
    bool const has_therapist = holder.therapist >= 0;
    std::int32_t arm = holder.arm;
    if (arm < 0 && !world_.arms_.empty()) arm = allocated_arm(random_, who, world_.arms_.size());
    auto const& therapy = world_.therapies_[static_cast<std::size_t>(std::max(arm, 0))];
    auto const person = world_.people_.client(random_, who);
    auto const match = has_therapist ? world_.people_.match(random_, who, holder.number) : Match{};

    Recorder recorder(*this, client, who);
    Meeting const meeting{.therapist = traits, .client = person, .match = match, .has_therapist = has_therapist};
    auto const outcome = therapy.run(random_, who, meeting, columns_.course(client), recorder);
    columns_.client(client, therapist, arm, person, match, outcome);
    rate(client, who, person, has_therapist ? traits.ability + person.prospects + match.composite : missing, outcome);
    if (outcome.ending != Ending::dropout && outcome.last > 0) recorder.see_post(columns_.state(client, outcome.last));
  }

  void rate(std::size_t client, ClientNumber who, ClientTraits const& person, float lasting, Outcome const& outcome) {
    RatedClient rated{.expectation = person.expectation, .lasting = lasting, .session_3 = {missing, missing, missing}};
    if (outcome.last >= 3) rated.session_3 = columns_.state(client, 3).alliance;
    for (std::size_t k = 0; k < world_.ratings_.size(); ++k)
      columns_.ratings[k][client] = world_.ratings_.score(k, random_, who, rated);
  }

  World const& world_;
  Randomness random_;
  std::vector<Caseholder> holders_;
  std::size_t occasions_;
  std::size_t primary_;
  std::size_t clients_ = 0;
  Variables columns_;
};

Dataset World::simulate(std::uint64_t seed, std::uint32_t replication) const {
  return DatasetMaker(*this, seed, replication).make();
}

}  // namespace bordin
