#include "simulation/latent_means.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace bordin {
namespace {

struct Sum {
  double n = 0, sum = 0;
  double squared_sizes = 0;  // of a stratum: of its groups
  double mean() const { return sum / n; }
  void add(double value) { ++n, sum += value; }
};

struct Sums {
  std::vector<Sum> groups, strata;
  std::vector<std::size_t> stratum_of;  // group
};

Sum& grown(std::vector<Sum>& sums, std::size_t index) {
  if (index >= sums.size()) sums.resize(index + 1);
  return sums[index];
}

Sums sums_of(std::vector<float> const& member, std::vector<std::int32_t> const& group,
             std::vector<std::int32_t> const& stratum) {
  Sums out;
  for (std::size_t i = 0; i < member.size(); ++i) {
    auto const g = static_cast<std::size_t>(group[i]);
    auto const s = static_cast<std::size_t>(stratum[i]);
    auto& own = grown(out.groups, g);
    out.stratum_of.resize(out.groups.size());
    out.stratum_of[g] = s;
    if (std::isnan(member[i])) continue;
    own.add(static_cast<double>(member[i]));
    grown(out.strata, s).add(static_cast<double>(member[i]));
  }
  for (std::size_t g = 0; g < out.groups.size(); ++g) {
    double const n = out.groups[g].n;
    if (n > 0) out.strata[out.stratum_of[g]].squared_sizes += n * n;
  }
  return out;
}

struct Variances {
  double between = 0, within = 0;
  bool known = false;
};

// The analysis of variance of members in groups in strata (Searle, Casella & McCulloch 1992, Variance Components, ch. 3).
Variances variances_of(Sums const& sums, std::vector<float> const& member, std::vector<std::int32_t> const& group) {
  double n = 0, groups = 0, strata = 0, lost = 0, squares_between = 0, squares_within = 0;
  for (auto const& s : sums.strata) {
    if (s.n == 0) continue;
    n += s.n;
    ++strata;
    lost += s.squared_sizes / s.n;
  }
  for (std::size_t g = 0; g < sums.groups.size(); ++g) {
    auto const& own = sums.groups[g];
    if (own.n == 0) continue;
    ++groups;
    double const deviation = own.mean() - sums.strata[sums.stratum_of[g]].mean();
    squares_between += own.n * deviation * deviation;
  }
  for (std::size_t i = 0; i < member.size(); ++i) {
    if (std::isnan(member[i])) continue;
    double const deviation = static_cast<double>(member[i]) - sums.groups[static_cast<std::size_t>(group[i])].mean();
    squares_within += deviation * deviation;
  }
  if (n <= groups || groups <= strata) return {};
  double const within = squares_within / (n - groups);
  double const n0 = (n - lost) / (groups - strata);
  return {std::max((squares_between / (groups - strata) - within) / n0, 0.0), within, true};
}

}  // namespace

std::vector<double> latent_means(std::vector<float> const& member, std::vector<std::int32_t> const& group,
                                 std::vector<std::int32_t> const& stratum) {
  auto const sums = sums_of(member, group, stratum);
  auto const v = variances_of(sums, member, group);
  std::vector<double> out(sums.groups.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t g = 0; v.known && g < out.size(); ++g) {
    auto const& own = sums.groups[g];
    if (own.n == 0) continue;
    double const around = sums.strata[sums.stratum_of[g]].mean();
    double const reliability = v.between > 0 ? v.between / (v.between + v.within / own.n) : 0;
    out[g] = around + reliability * (own.mean() - around);
  }
  return out;
}

}  // namespace bordin
