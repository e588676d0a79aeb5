// Compiled once per instruction set with the flags of its kernel; what engine/kernel/target.cpp says of inline functions
// holds here, too.
#include "benchmarks/draws.hpp"
#include "kernel/draws_lanes.hpp"

#define BORDIN_JOINED(a, b) a##b
#define BORDIN_DRAWS_OF(name) BORDIN_JOINED(draws_, name)
#define BORDIN_QUOTED(name) #name
#define BORDIN_NAME_OF(name) BORDIN_QUOTED(name)

namespace bordin {
namespace HWY_NAMESPACE {
namespace {

constexpr auto symptom_scale = Purpose::first_instrument;
constexpr auto alliance_scale = static_cast<Purpose>(static_cast<std::uint32_t>(Purpose::first_instrument) + 4);

void draw_intake(Draws& draws, Kept const& kept, std::size_t here) {
  draws.normals(kept, here, static_cast<std::uint32_t>(Purpose::client_traits), 0, 0);
  draws.normals(kept, here, static_cast<std::uint32_t>(Purpose::client_traits), 1, 1);
  draws.normals_of_match(kept, here, 2);
  draws.normals(kept, here, static_cast<std::uint32_t>(Purpose::session_process), 0, 3);
  for (auto const what : {symptom_scale, Purpose::good_enough_level, Purpose::empathy, Purpose::goal_consensus,
                          Purpose::collaboration, Purpose::expectation_rating, Purpose::credibility})
    draws.normal(kept, here, static_cast<std::uint32_t>(what), 0);
}

void draw_session(Draws& draws, Kept const& kept, std::size_t here, std::size_t session) {
  auto const last = static_cast<std::uint32_t>(session << 20);
  draws.normals(kept, here, static_cast<std::uint32_t>(Purpose::session_process), last, 0);
  draws.words(kept, here, Purpose::rupture, last);
  draws.normal(kept, here, static_cast<std::uint32_t>(symptom_scale), last);
  draws.normals(kept, here, static_cast<std::uint32_t>(alliance_scale), last, 1);
  draws.words(kept, here, Purpose::ending, last);
}

//! Keeps the compiler from leaving out what nobody reads.
void use(Draws const& draws) {
  asm volatile("" : : "g"(&draws) : "memory");
}

//! All lanes are full: of every block as many clients come to a session as is their share of all who came.
void draw_therapies(benchmarks::Crowd const& crowd) {
  Draws draws(crowd.who.seed);
  Kept kept(0);
  std::size_t drawn[64] = {};
  for (std::size_t first = 0; first < crowd.who.count; first += block_size) {
    std::size_t const rest = crowd.who.count - first;
    std::size_t const here = rest < block_size ? rest : block_size;
    for (std::size_t i = 0; i < here; i += lanes()) {
      kept.keep_word(Field::replication, i, hn::LoadU(Words(), crowd.who.replication + first + i));
      kept.keep_word(Field::home, i, hn::LoadU(Words(), crowd.who.home + first + i));
      kept.keep_word(Field::place, i, hn::LoadU(Words(), crowd.who.place + first + i));
    }
    draw_intake(draws, kept, here);
    use(draws);
    for (int s = 1; s <= crowd.sessions; ++s) {
      std::size_t const come = crowd.came[s] * (first + here) / crowd.who.count - drawn[s];
      drawn[s] += come;
      draw_session(draws, kept, come < here ? come : here, static_cast<std::size_t>(s));
      use(draws);
    }
  }
}

Block block_of(std::uint32_t call, std::size_t i, Seed const& seed) {
  U const index = hn::Iota(Words(), static_cast<std::uint32_t>(i));
  return philox({word(call), index, word(0), word(0)}, seed);
}

void draw_blocks(std::uint32_t call, std::uint32_t* words, std::size_t count) {
  Seed const seed(1);
  for (std::size_t i = 0; i < count; i += hn::Lanes(Words())) {
    Block const block = block_of(call, i, seed);
    hn::StoreU(block.w0, Words(), words + i);
    hn::StoreU(block.w1, Words(), words + count + i);
    hn::StoreU(block.w2, Words(), words + 2 * count + i);
    hn::StoreU(block.w3, Words(), words + 3 * count + i);
  }
}

void draw_normals(std::uint32_t call, float* numbers, std::size_t count) {
  Seed const seed(1);
  for (std::size_t i = 0; i < count; i += hn::Lanes(Floats())) {
    Normals const z = normals(block_of(call, i, seed));
    hn::StoreU(z.z0, Floats(), numbers + i);
    hn::StoreU(z.z1, Floats(), numbers + count + i);
    hn::StoreU(z.z2, Floats(), numbers + 2 * count + i);
    hn::StoreU(z.z3, Floats(), numbers + 3 * count + i);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE

namespace benchmarks {

extern Draws const BORDIN_DRAWS_OF(BORDIN_TARGET_NAME);
Draws const BORDIN_DRAWS_OF(BORDIN_TARGET_NAME){
    .name = BORDIN_NAME_OF(BORDIN_TARGET_NAME),
    .therapies = HWY_NAMESPACE::draw_therapies,
    .blocks = HWY_NAMESPACE::draw_blocks,
    .normals = HWY_NAMESPACE::draw_normals,
};

}  // namespace benchmarks
}  // namespace bordin
