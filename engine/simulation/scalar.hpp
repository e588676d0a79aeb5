#pragma once

#include "simulation/records.hpp"

namespace bordin {

//! The readable statement of what the kernels do, one person after the other: Therapy, People, Measure and Ratings at work.
//! Columns of `records` must all be there.
void draw_therapists(World const& world, Records& records);
void treat_clients(World const& world, Records& records, Records::Group const& group);

}  // namespace bordin
