#pragma once

#include "mixed/nested_lanes.hpp"

namespace bordin::BORDIN_MIXED_TARGET {

// Here lanes are columns of w beside each other; a single column needs none. V is Lanes or double.

template <class V>
constexpr int width = sizeof(V) == sizeof(double) ? 1 : nested_lanes;

template <class V = Lanes>
BORDIN_INLINE V columns_at(double const* numbers) {
  V out;
  __builtin_memcpy(&out, numbers, sizeof out);
  return out;
}
template <class V>
BORDIN_INLINE void put(V const& lanes, double* numbers) {
  __builtin_memcpy(numbers, &lanes, sizeof lanes);
}
BORDIN_INLINE void add(double& a, double b) {
  a += b;
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

template <class V>
BORDIN_INLINE V turned(GroupSums const& t, double const* sums, int first) {
  V out = columns_at<V>(t.turn + first) * sums[0];
  for (int x = 1; x < t.columns; ++x) add(out, columns_at<V>(t.turn + x * t.stride + first) * sums[x]);
  return out;
}

template <class V>
BORDIN_INLINE void turn_group(GroupSums const& t, double* sums) {
  // T is upper triangular: what stands to the right is done first, lest it be overwritten before it is read.
  for (int first = t.stride - width<V>; first >= 0; first -= width<V>) put(turned<V>(t, sums, first), sums + first);
}

// What the columns with shapes have to do with the others: Z'Z times what these have of Z.
template <class V, int Q>
BORDIN_INLINE void add_shaped(GroupSums const& t, int group, int first, double* sums) {
  double const* zz = t.zz + group * (Q * (Q + 1) / 2);
  double const* const added = t.added + t.group_class[group] * Q * t.stride + first;
  V own[as_count(Q)], of[as_count(Q)];
  for (int u = 0; u < Q; ++u)
    own[u] = columns_at<V>(sums + u * t.stride + first), of[u] = columns_at<V>(added + u * t.stride);
  for (int u = 0; u < Q; ++u)
    for (int v = u; v < Q; ++v, ++zz) {
      add(own[u], of[v] * *zz);
      if (u != v) add(own[v], of[u] * *zz);
    }
  for (int u = 0; u < Q; ++u) put(own[u], sums + u * t.stride + first);
}

template <class V>
BORDIN_INLINE void add_products(GroupSums const& t, double const* a, double const* b, double* moments, int first) {
  V const columns_a = columns_at<V>(a + first), columns_b = columns_at<V>(b + first);
  for (int x = 0; x < t.columns; ++x) {
    double* const to = moments + x * t.stride + first;
    V const products = a == b ? columns_b * a[x] : columns_b * a[x] + columns_a * b[x];
    put(columns_at<V>(to) + products, to);
  }
}

template <class V, int Q>
BORDIN_INLINE void sum_groups_of(GroupSums const& t) {
  constexpr int pairs = Q * (Q + 1) / 2;
  int const size = Q * t.stride;
  int const square = t.columns * t.stride;
  for (int group = 0; group < t.groups; ++group) {
    double* const sums = t.sums + group * size;
    for (int u = 0; u < Q; ++u) turn_group<V>(t, sums + u * t.stride);
    for (int first = 0; t.group_class != nullptr && first < t.stride; first += width<V>)
      add_shaped<V, Q>(t, group, first, sums);
    for (int first = 0; first < t.stride; first += width<V>) {
      double* moments = t.moments + t.pattern[group] * pairs * square;
      for (int u = 0; u < Q; ++u)
        for (int v = u; v < Q; ++v, moments += square)
          add_products<V>(t, sums + u * t.stride, sums + v * t.stride, moments, first);
    }
    if (t.cell == nullptr) continue;
    double* const to = t.cell_sums + t.cell[group] * size;
    for (int i = 0; i < size; i += width<V>) put(columns_at<V>(to + i) + columns_at<V>(sums + i), to + i);
  }
}

template <int Q>
void sum_groups_with(GroupSums const& t) {
  if (t.stride > 1) return sum_groups_of<Lanes, Q>(t);
  GroupSums one = t;
  one.columns = one.stride = 1;  // here for the compiler
  sum_groups_of<double, Q>(one);
}

inline void sum_groups(GroupSums const& t) {
  constexpr void (*with[])(GroupSums const&) = {sum_groups_with<1>, sum_groups_with<2>, sum_groups_with<3>,
                                                sum_groups_with<4>};
  with[t.effects - 1](t);
}

inline void sum_rows(RowSums const& t) {
  constexpr void (*with[])(RowSums const&) = {sum_rows_with<1>, sum_rows_with<2>, sum_rows_with<3>, sum_rows_with<4>};
  with[t.effects - 1](t);
}

}  // namespace bordin::BORDIN_MIXED_TARGET
