#pragma once

#include <optional>

#include "planning/trials.hpp"

namespace bordin {

//! Power by formula, where one is exact: the comparison of two arms' therapist means at one time, in the classical model
//! with equal caseloads, complete data and therapists of their own in each arm; t with the number of therapists less 2
//! degrees of freedom (noncentral t). Empty where there is none.
std::optional<double> closed_form_power(Study const& study, TestedTerm const& test);

//! Power of a two-sided t test: noncentrality `ncp`, level `alpha`.
double t_test_power(double ncp, double df, double alpha);

}  // namespace bordin
