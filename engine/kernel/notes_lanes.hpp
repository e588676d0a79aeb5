#pragma once

#include "kernel/kept_walk_lanes.hpp"
#include "kernel/places_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! What is noted of the clients of a block at one occasion, by lane, until it is spread over the places of all.
class Notes {
 public:
  struct Scores {
    Column total;
    Column part[components];
    Column item[components][OrdinalItems::per_component];
  };

  Notes(ClientTask const& task, Acting const& acting)
      : task_(task),
        plan_(*task.plan),
        acting_(acting),
        columns_(SessionColumns::latent_columns + measures() * sizeof(Scores) / sizeof(Column)),
        scores_(measures()),
        ratings_(ratings()) {
    auto const& to = task_.sessions;
    for (std::size_t k = 0; k < SessionColumns::latent_columns; ++k)
      begin_column(latent_[k], to.latent[k], k == SessionColumns::attended ? 0.0F : not_a_score);
    for (std::size_t m = 0; m < measures(); ++m) {
      auto const& scores = to.scores.data()[m];
      begin_column(scores_[m].total, scores.total, not_a_score);
      for (std::size_t k = 0; k < components; ++k) {
        begin_column(scores_[m].part[k], scores.part[k], not_a_score);
        for (std::size_t n = 0; n < OrdinalItems::per_component; ++n)
          begin_column(scores_[m].item[k][n], scores.item[k][n], not_a_score);
      }
    }
    for (std::size_t k = 0; k < ratings(); ++k) {
      ratings_[k].to = task_.clients.ratings.data()[k];  // has no rows of occasions
      ratings_[k].nothing = not_a_score;
      ratings_[k].noted = true;
    }
  }

  bool wants(SessionColumns::Latent what) const { return latent_[what].to != nullptr; }
  HWY_INLINE F latent(SessionColumns::Latent what, std::size_t i) const { return load(latent_[what].of, i); }
  Column& latent(SessionColumns::Latent what) { return latent_[what]; }
  Scores& scores(std::size_t m) { return scores_[m]; }
  Column& rating(std::size_t k) { return ratings_[k]; }

  static HWY_INLINE void note(Column& column, std::size_t i, F value) { store(column.of, i, value); }
  HWY_INLINE void note(SessionColumns::Latent what, std::size_t i, F value) { note(latent_[what], i, value); }

  //! What will be noted of an occasion, of `here` lanes; of the rest it will be written that there is nothing.
  void prepare(std::size_t occasion, std::size_t here) {
    using S = SessionColumns;
    bool const session = occasion >= 1 && occasion <= static_cast<std::size_t>(plan_.sessions);
    bool const alliance = session && plan_.has_therapist;
    for (auto const what : {S::symptoms, S::gain}) latent_[what].noted = true;
    latent_[S::attended].noted = occasion == 0 || session;
    for (auto const what : {S::goal, S::task, S::bond, S::alliance, S::rupture, S::repairs}) latent_[what].noted = alliance;
    for (auto const what : {S::hope, S::faith, S::commitment}) latent_[what].noted = alliance && acting_.commitment;
    latent_[S::rupture_reported].noted = alliance && acting_.ruptures;
    for (std::size_t m = 0; m < measures(); ++m) {
      auto const& measure = plan_.measures->data()[m];
      bool const by_alliance = measure.of_alliance();
      bool const due = plan_.is_given(m, occasion) || (session && plan_.post.data()[m] != 0);
      bool const given = due && (!by_alliance || alliance);
      scores_[m].total.noted = given;
      for (std::size_t k = 0; k < components; ++k) {
        scores_[m].part[k].noted = given && by_alliance;
        for (Column& item : scores_[m].item[k]) item.noted = given && by_alliance && measure.constants().items.has_value();
      }
      if (given && !plan_.is_given(m, occasion)) empty(scores_[m], here);
    }
  }

  //! Writes what was noted of an occasion to the rows of all clients of the block.
  HWY_NOINLINE void spread(Places const& places, std::size_t row) const { places.spread(&columns_[0], column_count_, row); }
  void spread_rating(Places const& places, std::size_t k, std::size_t row) const {
    Column const* const column = &ratings_[k];
    places.spread(&column, 1, row);
  }

 private:
  std::size_t measures() const { return plan_.measures->size(); }
  std::size_t ratings() const { return plan_.ratings->constants().chosen.size(); }

  void begin_column(Column& column, float* to, float nothing) {
    column.to = to;
    column.nothing = nothing;
    column.noted = false;
    if (to != nullptr) columns_[column_count_++] = &column;
  }

  //! What is given at the end of a completed therapy only is noted for few; the others have no score.
  static void empty(Scores& scores, std::size_t here) {
    auto const clear = [&](Column& column) {
      for (std::size_t i = 0; i < here; i += lanes()) note(column, i, number(column.nothing));
    };
    clear(scores.total);
    for (std::size_t k = 0; k < components; ++k) {
      clear(scores.part[k]);
      for (Column& item : scores.item[k]) clear(item);
    }
  }

  ClientTask const& task_;
  TherapyPlan const& plan_;
  Acting const& acting_;
  std::size_t column_count_ = 0;
  Room<Column const*> columns_;  // that somebody wants
  Room<Scores> scores_;          // by measure
  Room<Column> ratings_;         // in the order of the plan
  Column latent_[SessionColumns::latent_columns] = {};
};

}  // namespace bordin::HWY_NAMESPACE
