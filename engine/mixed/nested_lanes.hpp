#pragma once

#include "mixed/nested_task.hpp"

// Included by target.cpp only, once per instruction set; BORDIN_MIXED_TARGET is a namespace of its own for each.
namespace bordin::BORDIN_MIXED_TARGET {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
constexpr int parts = nested_lanes * 8 / vector_bytes;

//! One number per parameter point. Vectors of the machine's own width: compilers split wider ones badly.
struct alignas(vector_bytes) Lanes {
  using Vector = double __attribute__((vector_size(vector_bytes)));
  Vector part[parts];
};

#define BORDIN_INLINE inline __attribute__((always_inline))

BORDIN_INLINE Lanes number(double x) {
  Lanes out;
  for (auto& part : out.part) part = Lanes::Vector{} + x;
  return out;
}
BORDIN_INLINE Lanes operator+(Lanes const& a, Lanes const& b) {
  Lanes out;
  for (int i = 0; i < parts; ++i) out.part[i] = a.part[i] + b.part[i];
  return out;
}
BORDIN_INLINE Lanes operator-(Lanes const& a, Lanes const& b) {
  Lanes out;
  for (int i = 0; i < parts; ++i) out.part[i] = a.part[i] - b.part[i];
  return out;
}
BORDIN_INLINE Lanes operator*(Lanes const& a, Lanes const& b) {
  Lanes out;
  for (int i = 0; i < parts; ++i) out.part[i] = a.part[i] * b.part[i];
  return out;
}
BORDIN_INLINE Lanes operator*(Lanes const& a, double x) {
  Lanes out;
  for (int i = 0; i < parts; ++i) out.part[i] = a.part[i] * x;
  return out;
}
BORDIN_INLINE Lanes operator+(Lanes const& a, double x) {
  Lanes out;
  for (int i = 0; i < parts; ++i) out.part[i] = a.part[i] + x;
  return out;
}
BORDIN_INLINE Lanes operator/(Lanes const& a, Lanes const& b) {
  Lanes out;
  for (int i = 0; i < parts; ++i) out.part[i] = a.part[i] / b.part[i];
  return out;
}
BORDIN_INLINE void add(Lanes& a, Lanes const& b) {
  a = a + b;
}
BORDIN_INLINE void subtract(Lanes& a, Lanes const& b) {
  a = a - b;
}
BORDIN_INLINE Lanes loaded(LaneValues const& values) {
  Lanes out;
  __builtin_memcpy(&out, &values, sizeof out);
  return out;
}
BORDIN_INLINE void store(Lanes const& lanes, LaneValues& values) {
  __builtin_memcpy(&values, &lanes, sizeof lanes);
}

//! a + b t + c t^2: exact first and second derivatives along a line, by the rules of power series.
struct Series {
  Lanes a, b, c;
};

BORDIN_INLINE Series operator+(Series const& x, Series const& y) {
  return {x.a + y.a, x.b + y.b, x.c + y.c};
}
BORDIN_INLINE Series operator-(Series const& x, Series const& y) {
  return {x.a - y.a, x.b - y.b, x.c - y.c};
}
BORDIN_INLINE Series operator*(Series const& x, Series const& y) {
  return {x.a * y.a, x.a * y.b + x.b * y.a, x.a * y.c + x.b * y.b + x.c * y.a};
}
BORDIN_INLINE Series operator*(Series const& x, double y) {
  return {x.a * y, x.b * y, x.c * y};
}
BORDIN_INLINE Series operator+(Series const& x, double y) {
  return {x.a + y, x.b, x.c};
}
BORDIN_INLINE Series operator/(Series const& x, Series const& y) {
  Lanes const a = x.a / y.a;
  Lanes const b = (x.b - a * y.b) / y.a;
  return {a, b, (x.c - a * y.c - b * y.b) / y.a};
}
BORDIN_INLINE void add(Series& x, Series const& y) {
  x = x + y;
}
BORDIN_INLINE void subtract(Series& x, Series const& y) {
  x = x - y;
}

template <class T>
BORDIN_INLINE T zero();
template <>
BORDIN_INLINE Lanes zero<Lanes>() {
  return number(0);
}
template <>
BORDIN_INLINE Series zero<Series>() {
  return {number(0), number(0), number(0)};
}

constexpr unsigned long as_count(int n) {
  return static_cast<unsigned long>(n);
}

// ---- matrices of random effects

template <class T, int N>
struct Square {
  T at[as_count(N)][as_count(N)];
};

template <class T, int N>
BORDIN_INLINE Square<T, N> operator*(Square<T, N> const& a, Square<T, N> const& b) {
  Square<T, N> out;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      out.at[i][j] = a.at[i][0] * b.at[0][j];
      for (int k = 1; k < N; ++k) add(out.at[i][j], a.at[i][k] * b.at[k][j]);
    }
  return out;
}

template <class T, int N>
BORDIN_INLINE Square<T, N> transposed(Square<T, N> const& a) {
  Square<T, N> out;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) out.at[i][j] = a.at[j][i];
  return out;
}

template <class T, int N>
BORDIN_INLINE void add(Square<T, N>& a, Square<T, N> const& b) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) add(a.at[i][j], b.at[i][j]);
}

template <class T, int N>
BORDIN_INLINE Square<T, N> with_one(Square<T, N> a) {  // I + a
  for (int i = 0; i < N; ++i) a.at[i][i] = a.at[i][i] + 1.0;
  return a;
}

// Inverses by cofactors: the leading minors of I + Z'Z G may vanish, its determinant is at least 1.
template <class T>
BORDIN_INLINE Square<T, 1> inverse(Square<T, 1> const& m, T& determinant) {
  determinant = m.at[0][0];
  return {{{(zero<T>() + 1.0) / determinant}}};
}

template <class T>
BORDIN_INLINE Square<T, 2> inverse(Square<T, 2> const& m, T& determinant) {
  determinant = m.at[0][0] * m.at[1][1] - m.at[0][1] * m.at[1][0];
  T const w = (zero<T>() + 1.0) / determinant;
  return {{{m.at[1][1] * w, m.at[0][1] * w * -1.0}, {m.at[1][0] * w * -1.0, m.at[0][0] * w}}};
}

template <class T>
BORDIN_INLINE Square<T, 3> inverse(Square<T, 3> const& m, T& determinant) {
  Square<T, 3> out;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      int const a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
      out.at[j][i] = m.at[a][c] * m.at[b][d] - m.at[a][d] * m.at[b][c];
    }
  }
  determinant = m.at[0][0] * out.at[0][0] + m.at[0][1] * out.at[1][0] + m.at[0][2] * out.at[2][0];
  T const w = (zero<T>() + 1.0) / determinant;
  for (auto& row : out.at)
    for (auto& x : row) x = x * w;
  return out;
}

template <class T>
BORDIN_INLINE Square<T, 4> inverse(Square<T, 4> const& m, T& determinant) {
  // Laplace's expansion by pairs of rows: minors of the rows 0, 1 (s) and 2, 3 (c), columns in the order 01 02 03 12 13 23.
  constexpr int pair[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
  T s[6], c[6];
  for (int k = 0; k < 6; ++k) {
    int const i = pair[k][0], j = pair[k][1];
    s[k] = m.at[0][i] * m.at[1][j] - m.at[0][j] * m.at[1][i];
    c[k] = m.at[2][i] * m.at[3][j] - m.at[2][j] * m.at[3][i];
  }
  determinant = s[0] * c[5] - s[1] * c[4] + s[2] * c[3] + s[3] * c[2] - s[4] * c[1] + s[5] * c[0];
  T const w = (zero<T>() + 1.0) / determinant;
  auto const& a = m.at;
  Square<T, 4> out;
  out.at[0][0] = (a[1][1] * c[5] - a[1][2] * c[4] + a[1][3] * c[3]) * w;
  out.at[0][1] = (a[0][2] * c[4] - a[0][1] * c[5] - a[0][3] * c[3]) * w;
  out.at[0][2] = (a[3][1] * s[5] - a[3][2] * s[4] + a[3][3] * s[3]) * w;
  out.at[0][3] = (a[2][2] * s[4] - a[2][1] * s[5] - a[2][3] * s[3]) * w;
  out.at[1][0] = (a[1][2] * c[2] - a[1][0] * c[5] - a[1][3] * c[1]) * w;
  out.at[1][1] = (a[0][0] * c[5] - a[0][2] * c[2] + a[0][3] * c[1]) * w;
  out.at[1][2] = (a[3][2] * s[2] - a[3][0] * s[5] - a[3][3] * s[1]) * w;
  out.at[1][3] = (a[2][0] * s[5] - a[2][2] * s[2] + a[2][3] * s[1]) * w;
  out.at[2][0] = (a[1][0] * c[4] - a[1][1] * c[2] + a[1][3] * c[0]) * w;
  out.at[2][1] = (a[0][1] * c[2] - a[0][0] * c[4] - a[0][3] * c[0]) * w;
  out.at[2][2] = (a[3][0] * s[4] - a[3][1] * s[2] + a[3][3] * s[0]) * w;
  out.at[2][3] = (a[2][1] * s[2] - a[2][0] * s[4] - a[2][3] * s[0]) * w;
  out.at[3][0] = (a[1][1] * c[1] - a[1][0] * c[3] - a[1][2] * c[0]) * w;
  out.at[3][1] = (a[0][0] * c[3] - a[0][1] * c[1] + a[0][2] * c[0]) * w;
  out.at[3][2] = (a[3][1] * s[1] - a[3][0] * s[3] - a[3][2] * s[0]) * w;
  out.at[3][3] = (a[2][0] * s[3] - a[2][1] * s[1] + a[2][2] * s[0]) * w;
  return out;
}

}  // namespace bordin::BORDIN_MIXED_TARGET
