// Compiled once per instruction set; BORDIN_TARGET_NAME and flags come from CMakeLists.txt. Nothing here may leave behind
// an inline function of common code (of std or of other rooms): the linker could choose this copy for machines that cannot
// run it.
#include "kernel/block_lanes.hpp"
#include "kernel/kernel.hpp"

#define BORDIN_JOINED(a, b) a##b
#define BORDIN_KERNEL_OF(name) BORDIN_JOINED(kernel_, name)
#define BORDIN_QUOTED(name) #name
#define BORDIN_NAME_OF(name) BORDIN_QUOTED(name)

namespace bordin {
namespace HWY_NAMESPACE {

void draw_therapists(TherapistTask const& task) {
  Seed const seed(task.who.seed);
  for (std::size_t i = 0; i < task.who.count; i += hn::Lanes(Floats())) draw_therapists_at(task, seed, i);
}

void treat_clients(ClientTask const& task) {
  ClientBlock block(task);
  for (std::size_t first = 0; first < task.who.count; first += block_size) block.treat(first);
}

}  // namespace HWY_NAMESPACE

extern Kernel const BORDIN_KERNEL_OF(BORDIN_TARGET_NAME);
constexpr Kernel BORDIN_KERNEL_OF(BORDIN_TARGET_NAME){
    .name = BORDIN_NAME_OF(BORDIN_TARGET_NAME),
    .lanes = HWY_NAMESPACE::hn::MaxLanes(HWY_NAMESPACE::Floats()),
    .draw_therapists = HWY_NAMESPACE::draw_therapists,
    .treat_clients = HWY_NAMESPACE::treat_clients,
};

}  // namespace bordin
