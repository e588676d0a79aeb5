#include "mixed/single_column.hpp"

#include <algorithm>
#include <array>

#include "mixed/nested_task.hpp"

namespace bordin {
namespace {

template <std::size_t Q>
class SingleColumn {
 public:
  SingleColumn(ScaledColumn const& y, std::vector<ScaledColumn> const& z) : y_(y) {
    for (std::size_t u = 0; u < Q; ++u) z_[u] = z[u];
  }

  // Rows of one group; its sums stay in registers meanwhile.
  void add(std::size_t first, std::size_t end, double* zz, double* sums) {
    std::array<double, pairs> products;
    std::array<double, Q> with_y;
    std::copy_n(zz, pairs, products.begin());
    std::copy_n(sums, Q, with_y.begin());
    for (auto row = first; row < end; ++row) {
      double const y = (y_.values[row] - y_.shift) * y_.scale;
      std::array<double, Q> z;
      for (std::size_t u = 0; u < Q; ++u) z[u] = z_[u].values[row] * z_[u].scale;
      for (std::size_t u = 0; u < Q; ++u) with_y[u] += z[u] * y;
      for (std::size_t u = 0, pair = 0; u < Q; ++u)
        for (std::size_t v = u; v < Q; ++v, ++pair) products[pair] += z[u] * z[v];
      squares_ += y * y;
    }
    std::copy_n(products.begin(), pairs, zz);
    std::copy_n(with_y.begin(), Q, sums);
  }

  double sum(Grouping const& factor, double* zz, double* sums) {
    for_each_run(factor, [&](std::size_t first, std::size_t end, std::int32_t group) {
      auto const at = static_cast<std::size_t>(group);
      add(first, end, zz + at * pairs, sums + at * Q);
    });
    return squares_;
  }

 private:
  static constexpr std::size_t pairs = Q * (Q + 1) / 2;
  ScaledColumn y_;
  std::array<ScaledColumn, Q> z_;
  double squares_ = 0;
};

}  // namespace

double sum_single_column(ScaledColumn const& y, std::vector<ScaledColumn> const& z, Grouping const& factor, double* zz,
                         double* sums) {
  static_assert(most_effects == 4);
  switch (z.size()) {
    case 1:
      return SingleColumn<1>(y, z).sum(factor, zz, sums);
    case 2:
      return SingleColumn<2>(y, z).sum(factor, zz, sums);
    case 3:
      return SingleColumn<3>(y, z).sum(factor, zz, sums);
    default:
      return SingleColumn<4>(y, z).sum(factor, zz, sums);
  }
}

}  // namespace bordin
