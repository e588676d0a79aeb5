#pragma once

#include "mixed/nested_lanes.hpp"

namespace bordin::BORDIN_MIXED_TARGET {

// The recursion of nested_profile.hpp. T is Lanes or Series, Q the number of random effects.

constexpr int triangle(int n) {
  return n * (n + 1) / 2;
}

//! One memory block handed out piece by piece.
class Room {
 public:
  explicit Room(void* start) : next_(static_cast<char*>(start)) {}
  template <class T>
  T* take(int count) {
    auto* const out = reinterpret_cast<T*>(next_);
    next_ += sizeof(T) * as_count(count);
    return out;
  }

 private:
  char* next_;
};

template <class T, int Q>
struct Group {     // what V^-1 does within one group, up to and including its own random effect
  Square<T, Q> e;  // (I + S G)^-1
  Square<T, Q> p;  // Z'V^-1 Z = E S
};

template <class T, int Q>
BORDIN_INLINE Square<T, Q> unpacked(T const* triangle_of) {
  Square<T, Q> out;
  for (int i = 0, k = 0; i < Q; ++i)
    for (int j = i; j < Q; ++j, ++k) out.at[i][j] = out.at[j][i] = triangle_of[k];
  return out;
}

template <class T, int Q>
BORDIN_INLINE Group<T, Q> solved(Square<T, Q> const& s, Square<T, Q> const& g, T& determinant) {
  Group<T, Q> out{};
  out.e = inverse(with_one(s * g), determinant);
  out.p = out.e * s;
  return out;
}

template <class T, int Q>
class Forward {
 public:
  Forward(NestedTask const& task, Square<T, Q> const* g, Room& room)
      : task_(task),
        g_(g),
        columns_(task.columns),
        pattern_(room.take<Group<T, Q>>(task.patterns)),
        node_(room.take<Group<T, Q>>(task.nodes)),
        parents_(task.nodes + task.classes),
        s_(room.take<Square<T, Q>>(parents_)),
        a_(room.take<T>(parents_ * Q * task.columns)),
        b_(room.take<T>(task.nodes * Q * task.columns)),
        c_(room.take<T>(triangle(task.columns))),
        joined_(room.take<T>(triangle(task.shaped + task.columns))) {}

  // `determinant(i, value)` for every pattern and node.
  template <class Determinant>
  BORDIN_INLINE void run(Determinant const& determinant) {
    for (int i = 0; i < triangle(columns_); ++i) c_[i] = zero<T>() + task_.whole[i];
    for (int i = 0; i < parents_; ++i) s_[i] = {};
    for (int i = 0; i < parents_ * Q * columns_; ++i) a_[i] = {};
    for (int k = 0; k < task_.patterns; ++k) innermost(k, determinant);
    columns_ == 1 ? join_parents<1>() : join_parents<0>();
    for (int node = 0; node < task_.nodes; ++node) outer(node, determinant);
    join_shaped();
  }

  Group<T, Q>& pattern(int k) const { return pattern_[k]; }
  Group<T, Q>& node(int i) const { return node_[i]; }
  T* b(int node) const { return b_ + node * Q * columns_; }
  T* c() const { return joined_; }  // of all columns, those with shapes first

 private:
  template <class Determinant>
  BORDIN_INLINE void innermost(int k, Determinant const& determinant) {
    constexpr int pairs = triangle(Q);
    Square<T, Q> s;
    for (int i = 0, pair = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j, ++pair) s.at[i][j] = s.at[j][i] = zero<T>() + task_.pattern_zz[k * pairs + pair];
    T det{};
    auto const group = solved(s, g_[0], det);
    pattern_[k] = group;
    determinant(k, det, task_.pattern_groups[k]);
    auto const h = g_[0] * group.e;
    int const square = columns_ * task_.stride;
    double const* const moments = task_.pattern_moments + k * pairs * square;
    for (int x = 0, product = 0; x < columns_; ++x)
      for (int y = x; y < columns_; ++y, ++product) {
        double const* const moment = moments + x * task_.stride + y;
        T sum = h.at[0][0] * *moment;
        for (int i = 0, pair = 0; i < Q; ++i)
          for (int j = i; j < Q; ++j, ++pair)
            if (pair > 0) add(sum, h.at[i][j] * moment[pair * square]);
        subtract(c_[product], sum);
      }
  }

  // Cells of one parent follow each other, mostly; its sums stay in registers until another's turn. `Columns`: how many, 0
  // = known only now.
  template <int Columns>
  void join_parents() {
    int const columns = Columns > 0 ? Columns : columns_;
    for (int cell = 0; cell < task_.cells;) {
      int const parent = task_.cell_parent[cell];
      auto s = s_[parent];
      T own[as_count(Q * (Columns > 0 ? Columns : 1))];
      T* const in_memory = a_ + parent * Q * columns;
      T* const a = Columns > 0 ? own : in_memory;
      for (int i = 0; Columns > 0 && i < Q * columns; ++i) own[i] = in_memory[i];
      for (; cell < task_.cells && task_.cell_parent[cell] == parent; ++cell) join(cell, columns, s, a);
      for (int i = 0; Columns > 0 && i < Q * columns; ++i) in_memory[i] = own[i];
      s_[parent] = s;
    }
  }

  BORDIN_INLINE void join(int cell, int columns, Square<T, Q>& s, T* a) {
    auto const& group = pattern_[task_.cell_pattern[cell]];
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < Q; ++j) add(s.at[i][j], group.p.at[i][j] * task_.cell_groups[cell]);
    double const* sums = task_.cell_sums + cell * Q * task_.stride;
    for (int i = 0; i < Q; ++i)
      for (int c = 0; c < columns; ++c) {
        T sum = group.e.at[i][0] * sums[c];
        for (int j = 1; j < Q; ++j) add(sum, group.e.at[i][j] * sums[j * task_.stride + c]);
        add(a[i * columns + c], sum);
      }
  }

  template <class Determinant>
  BORDIN_INLINE void outer(int node, Determinant const& determinant) {
    T det{};
    auto const& g = g_[task_.node_level[node]];
    auto const group = solved(s_[node], g, det);
    node_[node] = group;
    determinant(task_.patterns + node, det, 1.0);
    T const* const a = a_ + node * Q * columns_;
    T* const b = b_ + node * Q * columns_;
    for (int i = 0; i < Q; ++i)
      for (int c = 0; c < columns_; ++c) {
        T sum = group.e.at[i][0] * a[c];
        for (int j = 1; j < Q; ++j) add(sum, group.e.at[i][j] * a[j * columns_ + c]);
        b[i * columns_ + c] = sum;
      }
    take_from_c(g, a, b);
    int const parent = task_.node_parent[node];
    if (parent < 0) return;
    add(s_[parent], group.p);
    for (int i = 0; i < Q * columns_; ++i) add(a_[parent * Q * columns_ + i], b[i]);
  }

  // C -= A' G B
  BORDIN_INLINE void take_from_c(Square<T, Q> const& g, T const* a, T const* b) {
    for (int x = 0, product = 0; x < columns_; ++x) {
      T along[as_count(Q)];
      for (int j = 0; j < Q; ++j) {
        along[j] = a[x] * g.at[0][j];
        for (int i = 1; i < Q; ++i) add(along[j], a[i * columns_ + x] * g.at[i][j]);
      }
      for (int y = x; y < columns_; ++y, ++product) {
        T sum = along[0] * b[y];
        for (int j = 1; j < Q; ++j) add(sum, along[j] * b[j * columns_ + y]);
        subtract(c_[product], sum);
      }
    }
  }

  // Where X = Z M, the outermost groups' X'V^-1 X is M'S M, and X'V^-1 y is M'A.
  void join_shaped() {
    int const all = task_.shaped + columns_;
    T* to = joined_;
    for (int x = 0; x < task_.shaped; ++x)
      for (int y = x; y < all; ++y) *to++ = zero<T>();
    for (int i = 0; i < triangle(columns_); ++i) *to++ = c_[i];
    for (int c = 0; c < task_.classes; ++c) add_class(c);
  }

  void add_class(int c) {
    int const parent = task_.nodes + c;
    double const* const m = task_.shapes + c * Q * task_.shaped;
    T const* const a = a_ + parent * Q * columns_;
    T* to = joined_;
    for (int x = 0; x < task_.shaped; ++x) {
      T along[as_count(Q)];  // a row of M'S
      for (int j = 0; j < Q; ++j) {
        along[j] = s_[parent].at[0][j] * m[x];
        for (int i = 1; i < Q; ++i) add(along[j], s_[parent].at[i][j] * m[i * task_.shaped + x]);
      }
      for (int y = x; y < task_.shaped; ++y, ++to)
        for (int j = 0; j < Q; ++j) add(*to, along[j] * m[j * task_.shaped + y]);
      for (int y = 0; y < columns_; ++y, ++to)
        for (int j = 0; j < Q; ++j) add(*to, a[j * columns_ + y] * m[j * task_.shaped + x]);
    }
  }

  NestedTask const& task_;
  Square<T, Q> const* g_;
  int columns_;
  Group<T, Q>*pattern_, *node_;
  int parents_;
  Square<T, Q>* s_;
  T *a_, *b_, *c_, *joined_;
};

//! From C = [Q y]' V^-1 [Q y]: rho, coefficients, (Q'V^-1 Q)^-1, and d criterion / d C.
class Root {
 public:
  Root(NestedTask const& task, Room& room)
      : task_(task),
        columns_(task.shaped + task.columns),
        factor_(room.take<Lanes>(columns_ * columns_)),
        slope_(room.take<Lanes>(columns_ * columns_)) {}

  void run(Lanes const* c) {
    factorise(c);
    invert();
    int const last = columns_ - 1;
    Lanes const rho = loaded(task_.pivots[last]);
    Lanes const weight = number(task_.rows) / rho;
    for (int i = 0; i < last; ++i) store(factor_[last * columns_ + i] * -1.0, task_.coefficients[i]);
    for (int i = 0, k = 0; i < columns_; ++i)
      for (int j = i; j < columns_; ++j) {
        Lanes const own = weight * residual_weight(i) * residual_weight(j);
        bool const within = task_.reml && i < last && j < last;
        slope_[i * columns_ + j] = slope_[j * columns_ + i] = within ? own + loaded(task_.inverse[k]) : own;
        if (i < last && j < last) ++k;
      }
  }

  Lanes const* slope() const { return slope_; }  // full, of all columns

 private:
  // v = (-b, 1), so that rho = v'Cv: the last row of the inverse factor.
  Lanes residual_weight(int i) const { return i == columns_ - 1 ? number(1) : factor_[(columns_ - 1) * columns_ + i]; }

  // C = L D L'; L below the diagonal of factor_, D to pivots.
  void factorise(Lanes const* c) {
    for (int j = 0; j < columns_; ++j) {
      for (int i = j; i < columns_; ++i) {
        Lanes sum = c[j * columns_ - j * (j - 1) / 2 + (i - j)];
        for (int k = 0; k < j; ++k) subtract(sum, factor_[i * columns_ + k] * factor_[j * columns_ + k] * pivot(k));
        if (i == j)
          store(sum, task_.pivots[j]);
        else
          factor_[i * columns_ + j] = sum / pivot(j);
      }
    }
  }
  Lanes pivot(int k) const { return loaded(task_.pivots[k]); }

  // L^-1 in place, then (Cxx)^-1 = L^-T D^-1 L^-1 over all but the last row.
  void invert() {
    for (int j = 0; j < columns_; ++j)
      for (int i = j + 1; i < columns_; ++i) {
        Lanes sum = factor_[i * columns_ + j];
        for (int k = j + 1; k < i; ++k) add(sum, factor_[i * columns_ + k] * factor_[k * columns_ + j]);
        factor_[i * columns_ + j] = sum * -1.0;
      }
    int const p = columns_ - 1;
    for (int i = 0, at = 0; i < p; ++i)
      for (int j = i; j < p; ++j, ++at) {
        Lanes sum = number(0);
        for (int k = j; k < p; ++k) add(sum, inverse_factor(k, i) * inverse_factor(k, j) / pivot(k));
        store(sum, task_.inverse[at]);
      }
  }
  Lanes inverse_factor(int k, int i) const { return k == i ? number(1) : factor_[k * columns_ + i]; }

  NestedTask const& task_;
  int columns_;
  Lanes *factor_, *slope_;
};

//! The chain rule backwards through Forward: d criterion / d G at every level.
template <int Q>
class Backward {
 public:
  using Matrix = Square<Lanes, Q>;

  Backward(NestedTask const& task, Forward<Lanes, Q> const& forward, Matrix const* g, Lanes const* c_slope, Room& room)
      : task_(task),
        forward_(forward),
        g_(g),
        columns_(task.columns),
        all_columns_(task.shaped + task.columns),
        c_slope_(c_slope),
        p_slope_(room.take<Matrix>(task.patterns)),
        x_(room.take<Matrix>(task.patterns)),
        s_slope_(room.take<Matrix>(task.nodes + task.classes)),
        a_slope_(room.take<Lanes>((task.nodes + task.classes) * Q * columns_)),
        along_(room.take<Lanes>(Q * columns_)),
        g_slope_(room.take<Matrix>(task.depth)) {}

  BORDIN_INLINE Matrix const* run() {
    for (int level = 0; level < task_.depth; ++level) g_slope_[level] = {};
    for (int k = 0; k < task_.patterns; ++k) p_slope_[k] = x_[k] = {};
    for (int c = 0; c < task_.classes; ++c) leave_class(c);
    for (int node = task_.nodes - 1; node >= 0; --node) outer(node);
    for (int cell = 0; cell < task_.cells; ++cell) join_pattern(cell);
    for (int k = 0; k < task_.patterns; ++k) innermost(k);
    return g_slope_;
  }

 private:
  // d criterion / dC between two of the columns carried.
  BORDIN_INLINE Lanes const& c_slope(int x, int y) const {
    return c_slope_[(task_.shaped + x) * all_columns_ + task_.shaped + y];
  }

  // Forward::add_class backwards.
  void leave_class(int c) {
    int const parent = task_.nodes + c;
    double const* const m = task_.shapes + c * Q * task_.shaped;
    Lanes* const a = a_slope_ + parent * Q * columns_;
    for (int i = 0; i < Q * columns_; ++i) a[i] = number(0);
    Matrix s{};
    for (int x = 0; x < task_.shaped; ++x) {
      Lanes const* const row = c_slope_ + x * all_columns_;
      Lanes along[as_count(Q)];  // a row of the slope times M'
      for (auto& sum : along) sum = number(0);
      for (int y = 0; y < task_.shaped; ++y)
        for (int j = 0; j < Q; ++j) add(along[j], row[y] * m[j * task_.shaped + y]);
      for (int i = 0; i < Q; ++i) {
        double const own = m[i * task_.shaped + x];
        for (int j = 0; j < Q; ++j) add(s.at[i][j], along[j] * own);
        for (int y = 0; y < columns_; ++y) add(a[i * columns_ + y], row[task_.shaped + y] * (2 * own));
      }
    }
    s_slope_[parent] = s;
  }

  BORDIN_INLINE void outer(int node) {
    auto const& group = forward_.node(node);
    auto const& g = g_[task_.node_level[node]];
    Lanes const* const b = forward_.b(node);
    auto const e_turned = transposed(group.e);

    // Y = B Cslope, then U = G Y: B -> dC runs through both.
    Matrix b_y;  // B Cslope B'
    for (int i = 0; i < Q; ++i)
      for (int x = 0; x < columns_; ++x) {
        Lanes sum = number(0);
        for (int y = 0; y < columns_; ++y) add(sum, b[i * columns_ + y] * c_slope(y, x));
        along_[i * columns_ + x] = sum;
      }
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < Q; ++j) {
        Lanes sum = number(0);
        for (int x = 0; x < columns_; ++x) add(sum, along_[i * columns_ + x] * b[j * columns_ + x]);
        b_y.at[i][j] = sum;
      }

    Matrix slope = group.p;  // of G
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < Q; ++j) subtract(slope.at[i][j], b_y.at[i][j]);
    auto h = g * group.e;
    Matrix s = h;  // slope of S
    add(s, g * b_y * g);
    int const parent = task_.node_parent[node];
    Lanes* const a = a_slope_ + node * Q * columns_;
    for (int i = 0; i < Q; ++i)
      for (int x = 0; x < columns_; ++x) {
        Lanes sum = number(0);
        for (int j = 0; j < Q; ++j) add(sum, g.at[i][j] * along_[j * columns_ + x]);
        a[i * columns_ + x] = sum * -2.0;
      }
    if (parent >= 0) {
      Lanes const* const b_slope = a_slope_ + parent * Q * columns_;
      auto const& p_slope = s_slope_[parent];
      Matrix outer_b;  // Bslope B'
      for (int i = 0; i < Q; ++i)
        for (int j = 0; j < Q; ++j) {
          Lanes sum = number(0);
          for (int x = 0; x < columns_; ++x) add(sum, b_slope[i * columns_ + x] * b[j * columns_ + x]);
          outer_b.at[i][j] = sum;
        }
      take_symmetric(slope, group.p * outer_b);
      auto const through = group.p * p_slope * group.p;
      for (int i = 0; i < Q; ++i)
        for (int j = 0; j < Q; ++j) subtract(slope.at[i][j], through.at[i][j]);
      add(s, e_turned * p_slope * group.e);
      take_symmetric(s, e_turned * outer_b * g);
      for (int i = 0; i < Q; ++i)
        for (int x = 0; x < columns_; ++x)
          for (int j = 0; j < Q; ++j) add(a[i * columns_ + x], e_turned.at[i][j] * b_slope[j * columns_ + x]);
    }
    add(g_slope_[task_.node_level[node]], slope);
    s_slope_[node] = s;
  }

  BORDIN_INLINE void join_pattern(int cell) {
    int const parent = task_.cell_parent[cell], k = task_.cell_pattern[cell];
    double const* const sums = task_.cell_sums + cell * Q * task_.stride;
    Lanes const* const b_slope = a_slope_ + parent * Q * columns_;
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < Q; ++j) {
        add(p_slope_[k].at[i][j], s_slope_[parent].at[i][j] * task_.cell_groups[cell]);
        Lanes sum = b_slope[i * columns_] * sums[j * task_.stride];
        for (int x = 1; x < columns_; ++x) add(sum, b_slope[i * columns_ + x] * sums[j * task_.stride + x]);
        add(x_[k].at[i][j], sum);
      }
  }

  BORDIN_INLINE void innermost(int k) {
    auto const& group = forward_.pattern(k);
    auto const e_turned = transposed(group.e);
    Matrix slope;
    auto const through = group.p * p_slope_[k] * group.p;
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < Q; ++j) slope.at[i][j] = group.p.at[i][j] * task_.pattern_groups[k] - through.at[i][j];
    take_symmetric(slope, group.p * x_[k] * e_turned);
    add(slope, group.e * h_slope(k) * e_turned);
    add(g_slope_[0], slope);
  }

  // d criterion / d H, H = G E: C loses the moments weighted by H.
  BORDIN_INLINE Matrix h_slope(int k) const {
    int const square = columns_ * task_.stride;
    double const* moments = task_.pattern_moments + k * triangle(Q) * square;
    Matrix out;
    for (int i = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j, moments += square) {
        Lanes on = number(0), off = number(0);
        for (int x = 0; x < columns_; ++x) {
          double const* const row = moments + x * task_.stride;
          add(on, c_slope(x, x) * row[x]);
          for (int y = x + 1; y < columns_; ++y) add(off, c_slope(x, y) * row[y]);
        }
        Lanes const sum = on + off + off;
        out.at[i][j] = out.at[j][i] = sum * (i == j ? -1.0 : -0.5);
      }
    return out;
  }

  static BORDIN_INLINE void take_symmetric(Matrix& from, Matrix const& m) {
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < Q; ++j) subtract(from.at[i][j], (m.at[i][j] + m.at[j][i]) * 0.5);
  }

  NestedTask const& task_;
  Forward<Lanes, Q> const& forward_;
  Matrix const* g_;
  int columns_, all_columns_;
  Lanes const* c_slope_;
  Matrix *p_slope_, *x_, *s_slope_;
  Lanes *a_slope_, *along_;
  Matrix* g_slope_;
};

}  // namespace bordin::BORDIN_MIXED_TARGET
