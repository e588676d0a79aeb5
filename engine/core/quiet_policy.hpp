#pragma once

#include <boost/math/policies/policy.hpp>

namespace bordin {

namespace policies = boost::math::policies;

//! For distributions of Boost.Math: errors come back as NaN or infinity, never as exceptions; long double would cost three
//! times the time for digits nobody needs.
using QuietPolicy =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>, policies::rounding_error<policies::ignore_error>,
                     policies::indeterminate_result_error<policies::ignore_error>, policies::promote_double<false>>;

}  // namespace bordin
