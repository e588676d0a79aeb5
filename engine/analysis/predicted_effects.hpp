#pragma once

#include "analysis/mixed_model.hpp"
#include "core/table.hpp"
#include "mixed/random_effects.hpp"

namespace bordin {

//! Fills ranef of `fit`: the predicted random effects of every group, per random term in the order of the formula, groups
//! in the order of their numbers or levels. `design`: what was fitted, made from `table`.
void predict_effects(DesignPlan const& plan, Design const& design, Table const& table, NestedModel const& model, Fit& fit);

}  // namespace bordin
