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

// Calls `act(first row, last row + 1, group)` for rows of a group that follow each other.
template <class Act>
BORDIN_INLINE void for_each_run(RowSums const& t, Act const& act) {
  for (int first = 0, end = 0; first < t.rows; first = end) {
    int const group = t.group[first];
    while (end < t.rows && t.group[end] == group) ++end;
    act(first, end, group);
  }
}

// Z'[Q y] of these rows in lanes `column` to the next vector, and Z'Z beside it where `WithZz`: neither waits for the
// other.
template <int Q, bool WithZz>
BORDIN_INLINE void sum_run(RowSums const& t, int first, int end, int group, int column) {
  constexpr int pairs = Q * (Q + 1) / 2;
  RunningSums<Q> running;
  double* const sums = t.sums + group * Q * t.stride + column;
  double* const zz = t.zz + group * pairs;
  double products[as_count(pairs)];
  running.load(sums, t.stride);
  if (WithZz) __builtin_memcpy(products, zz, sizeof products);
  for (int row = first; row < end; ++row) {
    double z[as_count(Q)];
    for (int u = 0; u < Q; ++u) z[u] = t.z[u * t.length + row];
    Lanes const w = columns_at(t.beside + row * t.stride + column);
    for (int u = 0; u < Q; ++u) add(running.sums[u], w * z[u]);
    for (int u = 0, pair = 0; WithZz && u < Q; ++u)
      for (int v = u; v < Q; ++v, ++pair) products[pair] += z[u] * z[v];
  }
  running.store(sums, t.stride);
  if (WithZz) __builtin_memcpy(zz, products, sizeof products);
}

BORDIN_INLINE void put_beside(RowSums const& t) {
  constexpr int together = 4;
  int c = 0;
  for (; c + together <= t.columns; c += together)
    for (int row = 0; row < t.rows; ++row)
      for (int k = 0; k < together; ++k) t.beside[row * t.stride + c + k] = t.w[(c + k) * t.length + row];
  for (; c < t.columns; ++c)
    for (int row = 0; row < t.rows; ++row) t.beside[row * t.stride + c] = t.w[c * t.length + row];
}

// w'w, lanes being rows here; products of one column with `Count` others at a time stay in registers.
template <int Count>
BORDIN_INLINE void sum_products(RowSums const& t, int x, int y, LaneValues* gram) {
  Lanes sums[as_count(Count)];
  for (int k = 0; k < Count; ++k) sums[k] = loaded(gram[k]);
  double const* const from = t.w + x * t.length;
  double const* const others = t.w + y * t.length;
  for (int row = 0; row < t.rows; row += nested_lanes) {
    Lanes const own = columns_at(from + row);
    for (int k = 0; k < Count; ++k) add(sums[k], own * columns_at(others + k * t.length + row));
  }
  for (int k = 0; k < Count; ++k) store(sums[k], gram[k]);
}

BORDIN_INLINE void sum_gram(RowSums const& t) {
  LaneValues* gram = t.gram;
  for (int x = 0; x < t.columns; ++x)
    for (int y = x; y < t.columns;) {
      int const left = t.columns - y;
      int const count = left >= 4 ? 4 : left >= 2 ? 2 : 1;
      if (count == 4)
        sum_products<4>(t, x, y, gram);
      else if (count == 2)
        sum_products<2>(t, x, y, gram);
      else
        sum_products<1>(t, x, y, gram);
      y += count;
      gram += count;
    }
}

template <int Q>
void sum_rows_with(RowSums const& t) {
  put_beside(t);
  for_each_run(t, [&](int first, int end, int group) {
    sum_run<Q, true>(t, first, end, group, 0);
    for (int column = nested_lanes; column < t.stride; column += nested_lanes)
      sum_run<Q, false>(t, first, end, group, column);
  });
  sum_gram(t);
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
