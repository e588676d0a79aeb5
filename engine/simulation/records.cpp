#include "simulation/records.hpp"

#include <algorithm>
#include <array>

#include "kernel/kernel.hpp"
#include "simulation/plan.hpp"
#include "simulation/scalar.hpp"
#include "simulation/world.hpp"

namespace bordin {
namespace {

std::size_t padded(std::size_t count) {
  return (count + most_lanes - 1) / most_lanes * most_lanes;
}

//! Columns whose rows are a multiple of 4096 bytes apart would all want the same places of the cache.
std::size_t padded_stride(std::size_t count) {
  std::size_t const stride = padded(std::max<std::size_t>(count, 1));
  return stride % 1024 == 0 ? stride + most_lanes : stride;
}

void enrol_therapists(Records& r, Records::Replication const& replication) {
  for (auto const& holder : replication.holders) {
    if (holder.therapist < 0) continue;
    r.therapist_replication.push_back(replication.number);
    r.therapist_home.push_back(holder.number.word());
  }
}

//! Rows and arms of the clients of one replication.
void enrol_clients(World const& world, Records& r, Records::Replication const& replication) {
  Randomness const random(r.seed, replication.number);
  auto alone = static_cast<std::int32_t>(replication.therapists);  // clients without a therapist count on from here
  for (auto const& holder : replication.holders) {
    for (std::uint32_t place = 1; place <= holder.clients; ++place) {
      std::int32_t arm = holder.arm;
      if (arm < 0 && !world.arms().empty())
        arm = allocated_arm(random, {.home = holder.number, .place = place}, world.arms().size());
      r.therapist.push_back(holder.therapist >= 0 ? holder.therapist : alone++);
      r.arm.push_back(arm);
    }
  }
}

Records::Replication enrolled(World const& world, Records& r, std::uint32_t number) {
  Records::Replication replication{.number = number,
                                   .holders = caseholders(world.design(), world.arms(), Randomness(r.seed, number)),
                                   .first_therapist = r.therapist_home.size(),
                                   .first_client = r.arm.size()};
  for (auto const& holder : replication.holders) {
    replication.clients += holder.clients;
    replication.therapists += holder.therapist >= 0 ? 1 : 0;
  }
  enrol_therapists(r, replication);
  enrol_clients(world, r, replication);
  return replication;
}

//! Clients of one arm side by side, arm after arm, each beginning with a full vector of lanes. Returns the number of
//! places.
std::size_t group_by_arm(World const& world, Records& r) {
  r.groups.resize(std::max<std::size_t>(world.arms().size(), 1));
  auto const group_of = [](std::int32_t arm) { return static_cast<std::size_t>(std::max(arm, 0)); };
  for (auto const arm : r.arm) ++r.groups[group_of(arm)].count;
  std::size_t places = 0;
  for (std::size_t a = 0; a < r.groups.size(); ++a) {
    auto& group = r.groups[a];
    group.arm = a;
    group.has_therapist = world.arms().empty() || world.arms()[a].has_therapists();
    group.first = places;
    places += padded(group.count);
  }
  std::vector<std::size_t> next;
  for (auto const& group : r.groups) next.push_back(group.first);
  r.place.reserve(r.arm.size());
  for (auto const arm : r.arm) r.place.push_back(static_cast<std::uint32_t>(next[group_of(arm)]++));
  return places;
}

void write_roster(Records& r, std::size_t places) {
  r.replication_word.assign(places, 0);
  r.home_word.assign(places, 0);
  r.place_word.assign(places, 0);
  r.therapist_place.assign(places, 0);
  std::size_t client = 0;
  for (auto const& replication : r.replications) {
    for (auto const& holder : replication.holders) {
      for (std::uint32_t k = 1; k <= holder.clients; ++k, ++client) {
        auto const place = r.place[client];
        r.replication_word[place] = replication.number;
        r.home_word[place] = holder.number.word();
        r.place_word[place] = k << 12;
        if (holder.therapist >= 0)
          r.therapist_place[place] = static_cast<std::int32_t>(replication.first_therapist) + holder.therapist;
      }
    }
  }
}

//! Gives columns their memory, all in one piece.
class Storage {
 public:
  void add(float*& column, std::size_t size) {
    columns_.push_back({&column, total_});
    total_ += padded(size);
  }
  void allot(Records& r) {
    r.numbers = Buffer::of_size(total_);
    for (auto const& [column, offset] : columns_) *column = r.numbers.data() + offset;
  }

 private:
  struct Column {
    float** column;
    std::size_t offset;
  };
  std::vector<Column> columns_;
  std::size_t total_ = 0;
};

void store_therapists(Storage& storage, Records& r) {
  for (auto* columns : {&r.of_therapists, &r.of_clinics}) {
    for (float** column :
         {&columns->goal, &columns->task, &columns->bond, &columns->ability, &columns->direct, &columns->retention,
          &columns->severity, &columns->repair, &columns->raise, &columns->years, &columns->trained})
      storage.add(*column, r.therapists());
  }
}

//! Every column of clients but the ratings.
std::array<float**, 12> single_columns(ClientColumns& c) {
  return {&c.goal,  &c.task,   &c.bond,     &c.prospects, &c.severity, &c.expectation, &c.change, &c.standard_change,
          &c.match, &c.ending, &c.sessions, &c.last};
}

void store_clients(Storage& storage, Records& r, std::size_t places, std::size_t ratings) {
  auto& c = r.of_clients;
  for (float** column : single_columns(c)) storage.add(*column, places);
  c.ratings.resize(ratings);
  for (auto& column : c.ratings) storage.add(column, places);
}

struct LatentName {
  SessionColumns::Latent column;
  std::vector<std::string> variables;  //!< made from it
};

std::vector<LatentName> const& latent_names() {
  using S = SessionColumns;
  static std::vector<LatentName> const names{{S::goal, {"goal_true"}},
                                             {S::task, {"task_true"}},
                                             {S::bond, {"bond_true"}},
                                             {S::alliance, {"alliance_true"}},
                                             {S::symptoms, {"symptoms_true", "pre_true", "last_true", "end_true"}},
                                             {S::gain, {"gain_true"}},
                                             {S::rupture, {"rupture_true"}},
                                             {S::repairs, {"repairs_true"}},
                                             {S::hope, {"hope_true"}},
                                             {S::faith, {"faith_true"}},
                                             {S::commitment, {"commitment_true"}},
                                             {S::attended, {"attended"}},
                                             {S::rupture_reported, {"rupture_reported", "ruptures_reported"}}};
  return names;
}

bool exists(World const& world, SessionColumns::Latent column) {
  using S = SessionColumns;
  if (column == S::rupture || column == S::repairs || column == S::rupture_reported) return world.has_ruptures();
  if (column == S::hope || column == S::faith || column == S::commitment) return world.has_commitment();
  return true;
}

void store_sessions(Storage& storage, World const& world, Records& r, std::size_t places, Wanted const& wanted) {
  auto& s = r.of_sessions;
  s.stride = padded_stride(places);
  std::size_t const size = s.stride * world.calendar().occasions();
  for (auto const& [column, variables] : latent_names()) {
    bool const is_wanted = std::any_of(variables.begin(), variables.end(), [&](auto const& v) { return wanted.has(v); });
    if (exists(world, column) && is_wanted) storage.add(s.latent[column], size);
  }
  s.scores.resize(world.measures().size());
  for (std::size_t m = 0; m < s.scores.size(); ++m) {
    auto const& measure = world.measures()[m];
    auto& scores = s.scores[m];
    storage.add(scores.total, size);
    for (std::size_t c = 0; measure.of_alliance() && c < components; ++c) {
      if (measure.has_subscale_column(c) && wanted.has(measure.subscale_column(c))) storage.add(scores.part[c], size);
      for (std::size_t i = 0; measure.has_item_columns(c) && i < OrdinalItems::per_component; ++i)
        if (wanted.has(measure.item_column(c, i))) storage.add(scores.item[c][i], size);
    }
  }
}

void clear_clients(Records& r, std::size_t places) {
  auto const& c = r.of_clients;
  for (float* column : {c.ending, c.sessions, c.last}) std::fill_n(column, padded(places), 0.0F);
}

void draw_clinics(World const& world, Records& r) {
  if (world.design().clinics == 0) return;
  auto const& to = r.of_clinics;
  for (auto const& replication : r.replications) {
    Randomness const random(r.seed, replication.number);
    for (auto const& holder : replication.holders) {
      if (holder.therapist < 0) continue;
      auto const clinic = world.people().clinic(random, holder.clinic_number);
      auto const row = replication.first_therapist + static_cast<std::size_t>(holder.therapist);
      to.goal[row] = clinic.alliance[0];
      to.task[row] = clinic.alliance[1];
      to.bond[row] = clinic.alliance[2];
      to.ability[row] = clinic.ability;
      to.direct[row] = clinic.direct;
    }
  }
}

TherapistTask therapist_task(World const& world, Records const& r) {
  return {.people = &world.people(),
          .who = {.seed = r.seed,
                  .count = r.therapists(),
                  .replication = r.therapist_replication.data(),
                  .home = r.therapist_home.data()},
          .clinic = r.of_clinics,
          .has_clinics = world.design().clinics > 0,
          .to = r.of_therapists};
}

//! The part of the columns that begins with the first place of a group.
ClientTask client_task(Records const& r, Records::Group const& group, TherapyPlan const& plan) {
  ClientTask task{.plan = &plan,
                  .who = r.roster(group),
                  .therapist = r.therapist_place.data() + group.first,
                  .therapists = r.of_therapists,
                  .clients = r.of_clients,
                  .sessions = r.of_sessions};
  auto const begin = [&](float*& column) { column = column == nullptr ? nullptr : column + group.first; };
  for (float** column : single_columns(task.clients)) begin(*column);
  for (auto& column : task.clients.ratings) begin(column);
  for (auto& column : task.sessions.latent) begin(column);
  for (auto& scores : task.sessions.scores) {
    begin(scores.total);
    for (auto& column : scores.part) begin(column);
    for (auto& items : scores.item) {
      for (auto& column : items) begin(column);
    }
  }
  return task;
}

std::vector<std::optional<TherapyPlan>> plans_of(World const& world, Records const& r) {
  std::vector<std::optional<TherapyPlan>> plans;
  for (auto const& group : r.groups) plans.push_back(plan_of(world, group.arm, group.has_therapist));
  return plans;
}

}  // namespace

std::size_t Records::therapists() const {
  return replications.empty() ? 0 : replications.back().first_therapist + replications.back().therapists;
}

Roster Records::roster(Group const& group) const {
  return {.seed = seed,
          .count = group.count,
          .replication = replication_word.data() + group.first,
          .home = home_word.data() + group.first,
          .place = place_word.data() + group.first};
}

Records draw_records(World const& world, std::uint64_t seed, std::uint32_t first, std::uint32_t count,
                     Wanted const& wanted) {
  Records r;
  r.seed = seed;
  for (std::uint32_t k = 0; k < count; ++k) r.replications.push_back(enrolled(world, r, first + k));
  std::size_t const places = group_by_arm(world, r);
  write_roster(r, places);
  auto const plans = plans_of(world, r);
  bool const all_known = std::all_of(plans.begin(), plans.end(), [](auto const& plan) { return plan.has_value(); });
  auto const* kernel = all_known ? kernel_in_use() : nullptr;
  for (auto* words : {&r.therapist_replication, &r.therapist_home}) words->resize(padded(r.therapists()));

  Storage storage;
  store_therapists(storage, r);
  store_clients(storage, r, places, world.ratings().size());
  store_sessions(storage, world, r, places, kernel == nullptr ? Wanted::everything() : wanted);
  storage.allot(r);
  clear_clients(r, places);

  draw_clinics(world, r);
  if (kernel == nullptr) {
    draw_therapists(world, r);
  } else {
    kernel->draw_therapists(therapist_task(world, r));
  }
  for (auto const& group : r.groups) {
    if (kernel == nullptr) {
      treat_clients(world, r, group);
    } else {
      kernel->treat_clients(client_task(r, group, *plans[group.arm]));
    }
  }
  return r;
}

}  // namespace bordin
