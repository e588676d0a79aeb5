#pragma once

#include <vector>

#include "scenario/fields.hpp"
#include "therapy/ending_rule.hpp"

namespace bordin {

//! Dropout that depends on nothing but time, as power tools have it: the share of clients who are gone by each session.
//! TOML: [0.0, 0.1, 0.15] (session 1, 2, 3 ...) or { weibull = { gone = 0.3, shape = 0.7 } } with `gone` the share that is
//! no longer there at the reference length.
class DropoutCurve final : public ShapedValue {
 public:
  void read(Node const& node) override;
  std::string write() const override;
  std::string allowed() const override;

  bool stated() const { return kind_ != Kind::unset; }
  //! Share no longer there at session s. Throws ScenarioError when a table is too short.
  double gone(int session, std::int64_t reference_sessions) const;

 private:
  enum class Kind : std::int8_t { unset, table, weibull };
  Kind kind_ = Kind::unset;
  std::vector<double> table_;
  double gone_ = 0, shape_ = 1;
};

//! The rule that follows: a client who attended session s leaves after it with probability
//! 1 - (1 - gone(s+1)) / (1 - gone(s)).
class CurveDropout final : public EndingRule {
 public:
  struct Constants {
    std::vector<float> hazard = {};  //!< by session, from 0
  };

  CurveDropout(DropoutCurve const& curve, std::int64_t reference_sessions, int sessions);
  bool ends(EndingMoment const& moment, float uniform) const override;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
