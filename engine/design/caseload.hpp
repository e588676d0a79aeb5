#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "scenario/fields.hpp"

namespace bordin {

//! How many clients a therapist sees: the same for all, a list, a distribution, or observed caseloads from a file.
//! TOML: 20 | [8, 12, 30] | { poisson = { mean = 20 } } | { negative_binomial = { mean = 20, dispersion = 2 } } |
//! { file = "caseloads.csv" } | { observed = [8, 12, 30] } (drawn from these). Distributions are Boost.Random's; dispersion
//! k gives the variance mean + mean^2 / k. A therapist can have no client where the distribution says so.
class Caseload final : public ShapedValue {
 public:
  enum class Kind : std::int8_t { unset, fixed, list, poisson, negative_binomial, empirical };

  Caseload() = default;  //!< unset: somebody else's caseload holds
  explicit Caseload(std::int64_t clients) : kind_(Kind::fixed), mean_(static_cast<double>(clients)) {}

  void read(Node const& node) override;
  std::string write() const override;
  std::string allowed() const override;

  //! Clients of the therapist at `place` (from 1), drawn from `stream` where it is random.
  std::uint32_t draw(std::uint32_t place, RandomStream stream) const;
  double mean() const { return mean_; }
  //! Largest caseload to be reckoned with (a bound for memory; for distributions mean + 8 SD).
  double largest() const;
  //! Length of the list, or 0 where any number of therapists will do.
  std::size_t listed() const { return kind_ == Kind::list ? values_.size() : 0; }
  Kind kind() const { return kind_; }

 private:
  void read_list(Node const& node, Kind kind);
  void read_distribution(Node const& node);
  void read_file(Node const& node);

  Kind kind_ = Kind::unset;
  double mean_ = 0;
  double dispersion_ = 0;
  std::vector<std::int64_t> values_;  // of a list or file
};

}  // namespace bordin
