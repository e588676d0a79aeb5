#pragma once

#include <numeric>
#include <vector>

#include "benchmarks/draws.hpp"
#include "benchmarks/suites.hpp"

namespace bordin::benchmarks {

//! Clients of early-alliance, who come as often as they do there, and their random numbers without the therapies: no
//! simulation that draws them like this can be faster. Those of therapists, one client in 20, are left out.
class DrawnClients {
 public:
  DrawnClients() {
    auto const& clients = records_.groups.front();
    for (std::size_t k = 0; k < clients.count; ++k) {
      auto const sessions = static_cast<std::size_t>(records_.of_clients.sessions[clients.first + k]);
      for (std::size_t s = 1; s <= sessions; ++s) ++came_[s];
    }
    crowd_ = {.who = records_.roster(clients), .came = came_.data(), .sessions = static_cast<int>(came_.size()) - 1};
  }

  //! Other numbers every time.
  void draw(Draws const& draws) {
    ++crowd_.who.seed;
    draws.therapies(crowd_);
  }
  std::int64_t attended() const { return static_cast<std::int64_t>(std::reduce(came_.begin(), came_.end())); }

 private:
  static constexpr std::uint32_t batches = 20;  // so many clients that the last few lanes do not count
  Study study_ = study_of("early-alliance");
  Records records_ = draw_records(study_.world(), 1, 0, batches* study_.world().batch(), Wanted::everything());
  std::vector<std::size_t> came_ =
      std::vector<std::size_t>(static_cast<std::size_t>(study_.scenario().design.sessions) + 1);
  Crowd crowd_;
};

}  // namespace bordin::benchmarks
