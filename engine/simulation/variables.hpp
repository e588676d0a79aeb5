#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/table.hpp"
#include "simulation/records.hpp"

namespace bordin {

struct Dataset;
class World;

//! The variables of one replication, made from what was drawn: names, units, descriptions and definitions stand here and
//! nowhere else. What does not happen in this world (ruptures, hope, clinics ...) has no columns.
class Variables {
 public:
  Variables(World const& world, Records const& records, std::size_t replication, Wanted const& wanted);
  Dataset dataset() const;

 private:
  //! One number per client and occasion of all replications, as records keep it.
  using Course = float const*;

  //! Adds a column if it is wanted; `make` gives its values.
  template <class Make>
  void add(Table& table, std::string const& name, char const* unit, std::string const& description, Make const& make,
           Words const& levels = {}) const;
  //! The same for scores of an instrument: whole numbers are kept as integers.
  template <class Make>
  void add_points(Table& table, std::string const& name, std::string const& description, Measure const& measure,
                  Make const& make) const;

  void add_therapists(Table& therapists) const;
  void add_clients(Table& clients) const;
  void add_outcomes(Table& clients) const;
  void add_change(Table& clients, Measure const& measure, std::string const& suffix, Course score) const;
  void add_followups(Table& clients) const;
  void add_alliance(Table& clients, Course rating) const;
  void add_therapist_means(Table& clients, Course rating) const;
  void add_latent_means(Table& clients, Course rating) const;
  void add_further_alliance(Table& clients, std::size_t m) const;
  void add_ratings(Table& clients) const;
  void add_endings(Table& clients) const;
  void add_sessions(Table& sessions) const;
  void add_numbering(Table& sessions) const;
  void add_scores(Table& sessions, std::size_t m) const;
  void add_items(Table& sessions, std::size_t m, std::size_t component) const;
  void add_truth_of_therapists(Table& truth) const;
  void add_truth_of_clients(Table& truth) const;
  void add_truth_of_sessions(Table& truth) const;

  std::size_t clients() const { return own_.clients; }
  std::size_t place(std::size_t client) const { return records_.place[own_.first_client + client]; }
  std::int32_t therapist(std::size_t client) const { return records_.therapist[own_.first_client + client]; }
  float at(Course course, std::size_t client, std::size_t occasion) const {
    return course[occasion * records_.of_sessions.stride + place(client)];
  }
  std::size_t last(std::size_t client) const { return static_cast<std::size_t>(records_.of_clients.last[place(client)]); }
  bool dropped_out(std::size_t client) const;

  std::vector<float> of_therapists(float const* column) const;
  std::vector<float> of_clients(float const* column) const;
  std::vector<float> of_sessions(Course course) const;
  std::vector<float> at_occasion(Course course, std::size_t occasion) const;
  std::vector<float> last_of(Course score) const;
  std::vector<float> post_of(Course score) const;
  std::vector<float> change_of(Course score) const;
  std::vector<float> mean_over(Course score, std::size_t first, std::size_t last) const;
  std::vector<float> times() const;
  std::vector<std::int16_t> ruptures_reported() const;
  std::vector<std::int32_t> clinic_of_client() const;

  World const& world_;
  Records const& records_;
  Records::Replication const& own_;
  Wanted const& wanted_;
  std::vector<Measure> const& measures_;
  Calendar const& calendar_;
  std::size_t occasions_;
  std::size_t early_first_, early_last_;
  std::vector<std::string> arm_names_;
};

}  // namespace bordin
