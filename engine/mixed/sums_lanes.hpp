#pragma once

#include "mixed/nested_lanes.hpp"

namespace bordin::BORDIN_MIXED_TARGET {

// Here lanes are columns of w beside each other.

BORDIN_INLINE Lanes columns_at(double const* numbers) {
  Lanes out;
  __builtin_memcpy(&out, numbers, sizeof out);
  return out;
}
BORDIN_INLINE void put(Lanes const& lanes, double* numbers) {
  __builtin_memcpy(numbers, &lanes, sizeof lanes);
}

// What one group's rows add up to, kept in registers while they follow each other.
template <int Q>
struct RunningSums {
  Lanes sums[as_count(Q)];

  BORDIN_INLINE void load(double const* from, int stride) {
    for (int u = 0; u < Q; ++u) sums[u] = columns_at(from + u * stride);
  }
  BORDIN_INLINE void store(double* to, int stride) const {
    for (int u = 0; u < Q; ++u) put(sums[u], to + u * stride);
  }
};

template <int Q>
BORDIN_INLINE void sum_zz(RowSums const& t) {
  constexpr int pairs = Q * (Q + 1) / 2;
  for (int row = 0; row < t.rows; ++row) {
    double const* const z = t.z + row * Q;
    double* zz = t.zz + t.group[row] * pairs;
    for (int u = 0; u < Q; ++u)
      for (int v = u; v < Q; ++v) *zz++ += z[u] * z[v];
  }
}

// One vector of columns, from `first` on.
template <int Q>
BORDIN_INLINE void sum_vector(RowSums const& t, int first) {
  RunningSums<Q> running;
  int group = t.group[0];
  running.load(t.sums + group * Q * t.stride + first, t.stride);
  for (int row = 0; row < t.rows; ++row) {
    if (t.group[row] != group) {
      running.store(t.sums + group * Q * t.stride + first, t.stride);
      group = t.group[row];
      running.load(t.sums + group * Q * t.stride + first, t.stride);
    }
    Lanes const w = columns_at(t.w + row * t.stride + first);
    for (int u = 0; u < Q; ++u) add(running.sums[u], w * t.z[row * Q + u]);
  }
  running.store(t.sums + group * Q * t.stride + first, t.stride);
}

// Four rows of w'w at a time stay in registers.
BORDIN_INLINE void sum_gram(RowSums const& t, int first) {
  constexpr int together = 4;
  for (int x = 0; x < t.columns; x += together) {
    Lanes sums[as_count(together)];
    for (auto& sum : sums) sum = number(0);
    for (int row = 0; row < t.rows; ++row) {
      double const* const w = t.w + row * t.stride;
      Lanes const columns = columns_at(w + first);
      for (int k = 0; k < together; ++k) add(sums[k], columns * w[x + k]);
    }
    for (int k = 0; k < together && x + k < t.columns; ++k) {
      double* const to = t.gram + (x + k) * t.stride + first;
      put(columns_at(to) + sums[k], to);
    }
  }
}

template <int Q>
void sum_rows_with(RowSums const& t) {
  sum_zz<Q>(t);
  for (int first = 0; first < t.stride; first += nested_lanes) {
    sum_vector<Q>(t, first);
    sum_gram(t, first);
  }
}

BORDIN_INLINE Lanes turned(GroupSums const& t, double const* sums, int first) {
  Lanes out = columns_at(t.turn + first) * sums[0];
  for (int x = 1; x < t.columns; ++x) add(out, columns_at(t.turn + x * t.stride + first) * sums[x]);
  return out;
}

BORDIN_INLINE void turn_group(GroupSums const& t, double* sums) {
  // T is upper triangular: what stands to the right is done first, lest it be overwritten before it is read.
  for (int first = t.stride - nested_lanes; first >= 0; first -= nested_lanes) put(turned(t, sums, first), sums + first);
}

BORDIN_INLINE void add_products(GroupSums const& t, double const* a, double const* b, double* moments, int first) {
  Lanes const columns_a = columns_at(a + first), columns_b = columns_at(b + first);
  for (int x = 0; x < t.columns; ++x) {
    double* const to = moments + x * t.stride + first;
    Lanes const products = a == b ? columns_b * a[x] : columns_b * a[x] + columns_a * b[x];
    put(columns_at(to) + products, to);
  }
}

inline void sum_groups(GroupSums const& t) {
  int const size = t.effects * t.stride;
  int const square = t.columns * t.stride;
  int const pairs = t.effects * (t.effects + 1) / 2;
  for (int group = 0; group < t.groups; ++group) {
    double* const sums = t.sums + group * size;
    for (int u = 0; u < t.effects; ++u) turn_group(t, sums + u * t.stride);
    for (int first = 0; first < t.stride; first += nested_lanes) {
      double* moments = t.moments + t.pattern[group] * pairs * square;
      for (int u = 0; u < t.effects; ++u)
        for (int v = u; v < t.effects; ++v, moments += square)
          add_products(t, sums + u * t.stride, sums + v * t.stride, moments, first);
    }
    if (t.cell == nullptr) continue;
    double* const to = t.cell_sums + t.cell[group] * size;
    for (int i = 0; i < size; i += nested_lanes) put(columns_at(to + i) + columns_at(sums + i), to + i);
  }
}

inline void sum_rows(RowSums const& t) {
  constexpr void (*with[])(RowSums const&) = {sum_rows_with<1>, sum_rows_with<2>, sum_rows_with<3>, sum_rows_with<4>};
  with[t.effects - 1](t);
}

}  // namespace bordin::BORDIN_MIXED_TARGET
