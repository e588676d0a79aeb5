#include "mixed/single_column.hpp"

#include <Eigen/Core>
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

  // Rows of one group, every other row beside the one before it; what they add up to stays in registers meanwhile.
  void add(std::size_t first, std::size_t end, double* zz, double* sums) {
    std::array<Two, pairs> products;
    std::array<Two, Q> with_y;
    products.fill(Two::Zero());
    with_y.fill(Two::Zero());
    Two squares = Two::Zero();
    auto const add_rows = [&](auto const& values) {
      Two const y = (values(y_.values) - y_.shift) * y_.scale;
      std::array<Two, Q> z;
      for (std::size_t u = 0; u < Q; ++u) z[u] = values(z_[u].values) * z_[u].scale;
      for (std::size_t u = 0; u < Q; ++u) with_y[u] += z[u] * y;
      for (std::size_t u = 0, pair = 0; u < Q; ++u)
        for (std::size_t v = u; v < Q; ++v, ++pair) products[pair] += z[u] * z[v];
      squares += y * y;
    };
    auto row = first;
    for (; row + 2 <= end; row += 2) add_rows([&](double const* values) { return Two(values[row], values[row + 1]); });
    for (std::size_t pair = 0; pair < pairs; ++pair) zz[pair] += products[pair].sum();
    for (std::size_t u = 0; u < Q; ++u) sums[u] += with_y[u].sum();
    squares_ += squares.sum();
    if (row < end) add_last(row, zz, sums);
  }

  void add_last(std::size_t row, double* zz, double* sums) {
    double const y = (y_.values[row] - y_.shift) * y_.scale;
    std::array<double, Q> z;
    for (std::size_t u = 0; u < Q; ++u) z[u] = z_[u].values[row] * z_[u].scale;
    for (std::size_t u = 0; u < Q; ++u) sums[u] += z[u] * y;
    for (std::size_t u = 0, pair = 0; u < Q; ++u)
      for (std::size_t v = u; v < Q; ++v, ++pair) zz[pair] += z[u] * z[v];
    squares_ += y * y;
  }

  double sum(Grouping const& factor, double* zz, double* sums) {
    for_each_run(factor, [&](std::size_t first, std::size_t end, std::int32_t group) {
      auto const at = static_cast<std::size_t>(group);
      add(first, end, zz + at * pairs, sums + at * Q);
    });
    return squares_;
  }

 private:
  using Two = Eigen::Array2d;
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
