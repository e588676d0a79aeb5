#include "therapy/dropout_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "scenario/tree.hpp"

namespace bordin {
namespace {

[[noreturn]] void refuse(Node const& node, std::string const& must) {
  throw ScenarioError(node.place, "", fmt::format("is {}, but {}", shown(node), must));
}

bool is_number(Node const& node) {
  return node.is(Node::Kind::integer) || node.is(Node::Kind::number);
}

double number_of(Node const& table, char const* key, double least, double most) {
  auto const* node = table.find(key);
  if (node == nullptr) refuse(table, fmt::format("weibull needs {} = ...", key));
  if (!is_number(*node) || !(node->number >= least) || !(node->number <= most))
    refuse(*node, fmt::format("{} must be a number from {} to {}", key, least, most));
  return node->number;
}

}  // namespace

std::string DropoutCurve::allowed() const {
  return "a list of shares gone by session 1, 2, 3 ... or { weibull = { gone = 0.3, shape = 1 } }";
}

void DropoutCurve::read(Node const& node) {
  *this = DropoutCurve();
  if (node.is(Node::Kind::array)) {
    kind_ = Kind::table;
    if (node.items.empty()) refuse(node, "must be " + allowed());
    for (auto const& item : node.items) {
      double const least = table_.empty() ? 0 : table_.back();
      if (!is_number(item) || !(item.number >= least) || !(item.number < 1))
        refuse(item, fmt::format("each share must be a number from {} (they cannot fall) to below 1", least));
      table_.push_back(item.number);
    }
    return;
  }
  auto const* weibull = node.is(Node::Kind::table) && node.members.size() == 1 ? node.find("weibull") : nullptr;
  if (weibull == nullptr || !weibull->is(Node::Kind::table) || weibull->members.size() != 2)
    refuse(node, "must be " + allowed());
  kind_ = Kind::weibull;
  gone_ = number_of(*weibull, "gone", 0, 0.999);
  shape_ = number_of(*weibull, "shape", 0.01, 100);
}

std::string DropoutCurve::write() const {
  if (kind_ == Kind::unset) return "";
  if (kind_ == Kind::weibull) return fmt::format("{{ weibull = {{ gone = {}, shape = {} }} }}", gone_, shape_);
  return fmt::format("[{}]", fmt::join(table_, ", "));
}

double DropoutCurve::gone(int session, std::int64_t reference_sessions) const {
  if (kind_ == Kind::weibull) {
    double const time = static_cast<double>(session) / static_cast<double>(reference_sessions);
    return -std::expm1(std::log1p(-gone_) * std::pow(time, shape_));
  }
  if (session == 0) return 0;
  if (static_cast<std::size_t>(session) > table_.size())
    throw ScenarioError(
        {}, "dropout.curve",
        fmt::format("lists {} sessions, but the study has {} or more; give a share for each", table_.size(), session));
  return table_[static_cast<std::size_t>(session) - 1];
}

CurveDropout::CurveDropout(DropoutCurve const& curve, std::int64_t reference_sessions, int sessions) {
  for (int s = 0; s < sessions; ++s) {
    double const here = curve.gone(s, reference_sessions);
    double const next = curve.gone(s + 1, reference_sessions);
    c_.hazard.push_back(here < 1 ? static_cast<float>((next - here) / (1 - here)) : 1.0F);
  }
}

bool CurveDropout::ends(EndingMoment const& moment, float uniform) const {
  return uniform < c_.hazard[static_cast<std::size_t>(moment.session)];
}

}  // namespace bordin
