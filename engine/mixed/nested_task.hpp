#pragma once

#include <cstddef>
#include <cstdint>

namespace bordin {

//! Parameter points that are evaluated side by side.
inline constexpr int nested_lanes = 8;
//! Most random effects (columns of Z) of one model.
inline constexpr int most_effects = 4;

//! One number per parameter point.
struct alignas(64) LaneValues {
  double at[nested_lanes];
};

//! What one pass over the sums of a data set needs and what it leaves; plain arrays, since it is compiled once for every
//! instruction set. Symmetric matrices hold their upper triangle row by row. See nested_profile.hpp for the model.
struct NestedTask {
  int effects;  //!< q: columns of Z
  int columns;  //!< r: columns of [Q y] that are carried through the recursion, y last
  int stride;   //!< r rounded up to whole vectors, or 1: where one row of a matrix ends and the next begins
  int depth;    //!< grouping factors, the innermost first
  int rows;     //!< observations less, for REML, coefficients: the multiple of log(rho)
  bool reml;

  // Innermost groups with the same Z'Z make a pattern.
  int patterns;
  double const* pattern_zz;       //!< [pattern][q(q+1)/2]
  double const* pattern_groups;   //!< [pattern]
  double const* pattern_moments;  //!< [pattern][q(q+1)/2][r][stride]: sums of products of the rows of Z'[Q y]
  // Groups of one pattern that share the group around them make a cell, or several.
  int cells;
  std::int32_t const* cell_pattern;
  std::int32_t const* cell_parent;  //!< a node
  double const* cell_groups;
  double const* cell_sums;  //!< [cell][q][stride]: sums of Z'[Q y]
  // Groups of all outer factors, the second innermost factor's first.
  int nodes;
  std::int32_t const* node_level;   //!< 1 .. depth-1
  std::int32_t const* node_parent;  //!< a node, or -1
  double const* whole;              //!< [r(r+1)/2]: [Q y]'[Q y] of the columns carried
  // Further columns of Q, first of all, are Z M within each outermost group, with one M for all groups of a class. A class
  // is the parent of its groups, numbered as if the classes were the last nodes.
  int shaped;
  int classes;
  double const* shapes;  //!< [class][q][shaped]: M

  LaneValues const* covariance;  //!< [level][q(q+1)/2]: G, relative to the residual variance

  // Results, by parameter point.
  LaneValues* determinants;  //!< [patterns + nodes]: |I + Z'Z G|, patterns counting pattern_groups times
  LaneValues* pivots;        //!< [shaped + r] of [Q y]' V^-1 [Q y], the last is rho
  LaneValues* inverse;       //!< [p(p+1)/2]: (Q'V^-1 Q)^-1
  LaneValues* coefficients;  //!< [p]: generalised least squares on Q
  LaneValues* slope;         //!< [level][q(q+1)/2]: d criterion / d G, with G seen as a full matrix
  void* room;                //!< what nested_profile.cpp reckons, aligned to 64
};

//! Coefficients of t and t^2 of the Taylor series along a line G + t D in every lane.
struct NestedSeries {
  LaneValues const* direction;  //!< D, as NestedTask::covariance
  LaneValues* log_determinant;  //!< [2]: of log|V|
  LaneValues* cross_products;   //!< [2][R(R+1)/2], R = shaped + r: of [Q y]' V^-1 [Q y]
};

//! Sums over the rows of each innermost group, of several columns.
struct RowSums {
  int rows, effects, columns, stride;
  int length;       //!< of a column of w and z: a multiple of nested_lanes, zeros from `rows` on
  double const* w;  //!< [r][length]
  double const* z;  //!< [q][length]
  std::int32_t const* group;
  double* beside;    //!< [rows][stride]: takes the columns of w beside each other; zeros from r on
  double* zz;        //!< [group][q(q+1)/2], added to
  double* sums;      //!< [group][q][stride]: Z'w, added to
  LaneValues* gram;  //!< [r(r+1)/2]: w'w in parts, added to
};

//! From sums of groups to those of patterns and cells, in the coordinates w T.
struct GroupSums {
  int groups, effects, columns, stride;
  double const* turn;               //!< [r][stride]: T
  double* sums;                     //!< [group][q][stride]: turned in place
  double const* zz;                 //!< [group][q(q+1)/2]
  std::int32_t const* group_class;  //!< null where no columns are shaped
  double const* added;              //!< [class][q][stride]: times Z'Z, added to the turned sums
  std::int32_t const* pattern;
  std::int32_t const* cell;  //!< null where there is no outer factor
  double* moments;           //!< as NestedTask::pattern_moments, added to
  double* cell_sums;         //!< as NestedTask::cell_sums, added to
};

//! The same functions, compiled for one instruction set.
struct NestedKernel {
  char const* name;
  void (*sum_rows)(RowSums const&);
  void (*sum_groups)(GroupSums const&);
  void (*evaluate)(NestedTask const&);
  void (*expand)(NestedTask const&, NestedSeries const&);  //!< leaves the results of NestedTask alone
};

}  // namespace bordin
