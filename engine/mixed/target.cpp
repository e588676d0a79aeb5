// Compiled once per instruction set; BORDIN_TARGET_NAME and flags come from CMakeLists.txt. Nothing here may leave behind
// an inline function of common code (of std or of other rooms): the linker could choose this copy for machines that cannot
// run it.
#define BORDIN_JOINED(a, b) a##b
#define BORDIN_JOIN(a, b) BORDIN_JOINED(a, b)
#define BORDIN_QUOTED(name) #name
#define BORDIN_NAME_OF(name) BORDIN_QUOTED(name)
#define BORDIN_MIXED_TARGET BORDIN_JOIN(mixed_, BORDIN_TARGET_NAME)

#include "mixed/nested_recursion.hpp"
#include "mixed/sums_lanes.hpp"

namespace bordin {
namespace BORDIN_MIXED_TARGET {

template <int Q>
void evaluate_with(NestedTask const& task) {
  Room room(task.room);
  auto* const g = room.take<Square<Lanes, Q>>(task.depth);
  for (int level = 0; level < task.depth; ++level) {
    Lanes packed[as_count(triangle(Q))];
    for (int k = 0; k < triangle(Q); ++k) packed[k] = loaded(task.covariance[level * triangle(Q) + k]);
    g[level] = unpacked<Lanes, Q>(packed);
  }
  Forward<Lanes, Q> forward(task, g, room);
  forward.run([&](int i, Lanes const& determinant, double) { store(determinant, task.determinants[i]); });
  Root root(task, room);
  root.run(forward.c());
  Backward<Q> backward(task, forward, g, root.slope(), room);
  auto const* const slope = backward.run();
  for (int level = 0, k = 0; level < task.depth; ++level)
    for (int i = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j, ++k) store(slope[level].at[i][j], task.slope[k]);
}

template <int Q>
void expand_with(NestedTask const& task, NestedSeries const& series) {
  Room room(task.room);
  auto* const g = room.take<Square<Series, Q>>(task.depth);
  for (int level = 0; level < task.depth; ++level) {
    Series packed[as_count(triangle(Q))];
    for (int k = 0; k < triangle(Q); ++k) {
      int const at = level * triangle(Q) + k;
      packed[k] = {loaded(task.covariance[at]), loaded(series.direction[at]), number(0)};
    }
    g[level] = unpacked<Series, Q>(packed);
  }
  Forward<Series, Q> forward(task, g, room);
  Lanes first = number(0), second = number(0);
  forward.run([&](int, Series const& determinant, double groups) {
    Lanes const b = determinant.b / determinant.a;
    add(first, b * groups);
    add(second, (determinant.c / determinant.a - b * b * 0.5) * groups);
  });
  store(first, series.log_determinant[0]);
  store(second, series.log_determinant[1]);
  int const products = triangle(task.shaped + task.columns);
  for (int i = 0; i < products; ++i) {
    store(forward.c()[i].b, series.cross_products[i]);
    store(forward.c()[i].c, series.cross_products[products + i]);
  }
}

void evaluate(NestedTask const& task) {
  constexpr void (*with[])(NestedTask const&) = {evaluate_with<1>, evaluate_with<2>, evaluate_with<3>, evaluate_with<4>};
  with[task.effects - 1](task);
}

void expand(NestedTask const& task, NestedSeries const& series) {
  constexpr void (*with[])(NestedTask const&, NestedSeries const&) = {expand_with<1>, expand_with<2>, expand_with<3>,
                                                                      expand_with<4>};
  with[task.effects - 1](task, series);
}

}  // namespace BORDIN_MIXED_TARGET

extern NestedKernel const BORDIN_JOIN(nested_kernel_, BORDIN_TARGET_NAME);
constexpr NestedKernel BORDIN_JOIN(nested_kernel_, BORDIN_TARGET_NAME){
    .name = BORDIN_NAME_OF(BORDIN_TARGET_NAME),
    .sum_rows = BORDIN_MIXED_TARGET::sum_rows,
    .sum_groups = BORDIN_MIXED_TARGET::sum_groups,
    .evaluate = BORDIN_MIXED_TARGET::evaluate,
    .expand = BORDIN_MIXED_TARGET::expand,
};

}  // namespace bordin
