#include "planning/cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "study/resized.hpp"

namespace bordin {
namespace {

std::vector<std::string> const& quantities() {
  static std::vector<std::string> const names{"therapists", "clients", "sessions"};
  return names;
}

double therapists_of(Scenario const& s) {
  auto const of_all = static_cast<double>(s.design.therapists);
  if (s.arms.empty() || s.design.therapists_in_arms == TherapistsInArms::crossed) return of_all;
  double sum = 0;
  for (auto const& arm : s.arms) sum += static_cast<double>(arm.therapists.value_or(0));
  return sum;
}

double quantity(std::string const& name, Scenario const& scenario) {
  if (name == "therapists") return therapists_of(scenario);
  double const clients = expected_clients(scenario);
  return name == "clients" ? clients : clients * static_cast<double>(scenario.design.sessions);
}

Variable parsed(std::string const& text) {
  try {
    return parse_formula(fmt::format("cost ~ I({})", text)).fixed.variables.at(0);
  } catch (std::exception const&) {
    throw Error(
        fmt::format("cost \"{}\" cannot be understood; write arithmetic on therapists, clients and sessions, such as "
                    "\"900*therapists + 120*clients\"",
                    text));
  }
}

}  // namespace

Cost::Cost(std::string const& text) : expression_(parsed(text)) {
  for (auto const& operation : expression_.operations) {
    if (operation.kind != Operation::Kind::column) continue;
    auto const& known = quantities();
    if (std::find(known.begin(), known.end(), operation.column) == known.end())
      throw Error(fmt::format("cost \"{}\" names {}, but knows therapists, clients and sessions only{}", text,
                              operation.column, did_you_mean(operation.column, known)));
  }
}

double Cost::of(Scenario const& scenario) const {
  using Kind = Operation::Kind;
  std::vector<double> stack;
  auto const pop = [&] {
    double const top = stack.back();
    stack.pop_back();
    return top;
  };
  for (auto const& operation : expression_.operations) {
    if (operation.kind == Kind::column) {
      stack.push_back(quantity(operation.column, scenario));
    } else if (operation.kind == Kind::number) {
      stack.push_back(operation.number);
    } else if (operation.kind == Kind::negate) {
      stack.back() = -stack.back();
    } else if (operation.kind == Kind::log) {
      stack.back() = std::log(stack.back());
    } else {
      double const b = pop(), a = pop();
      stack.push_back(combined(operation.kind, a, b));
    }
  }
  return stack.back();
}

}  // namespace bordin
