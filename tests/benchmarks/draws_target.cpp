// Compiled once per instruction set with the flags of its kernel; what engine/kernel/target.cpp says of inline functions
// holds here, too.
#include "benchmarks/draws.hpp"
#include "kernel/people_lanes.hpp"

#define BORDIN_JOINED(a, b) a##b
#define BORDIN_DRAWS_OF(name) BORDIN_JOINED(draws_, name)
#define BORDIN_QUOTED(name) #name
#define BORDIN_NAME_OF(name) BORDIN_QUOTED(name)

namespace bordin {
namespace HWY_NAMESPACE {
namespace {

constexpr std::size_t block_size = 256;  // clients, as in the kernel
constexpr std::size_t most_rows = 25;    // numbers of a client before therapy; a session has fewer

//! One number below the other, each in a row of the block.
class Rows {
 public:
  HWY_INLINE explicit Rows(float* at) : at_(at) {}
  HWY_INLINE void put(F z) {
    hn::Store(z, Floats(), at_);
    at_ += block_size;
  }
  HWY_INLINE void normal(Block const& block) { put(normal_pair(block.w0, block.w1).first); }
  HWY_INLINE void three_normals(Block const& block) {
    Normals const z = normals(block);
    put(z.z0);
    put(z.z1);
    put(z.z2);
  }
  HWY_INLINE void four_normals(Block const& block) {
    Normals const z = normals(block);
    put(z.z0);
    put(z.z1);
    put(z.z2);
    put(z.z3);
  }
  HWY_INLINE void three_uniforms(Block const& block) {
    put(uniform(block.w0));
    put(uniform(block.w1));
    put(uniform(block.w2));
  }
  HWY_INLINE void four_uniforms(Block const& block) {
    three_uniforms(block);
    put(uniform(block.w3));
  }

 private:
  float* at_;
};

constexpr auto symptom_scale = Purpose::first_instrument;
constexpr auto alliance_scale = static_cast<Purpose>(static_cast<std::uint32_t>(Purpose::first_instrument) + 4);

HWY_INLINE void draw_client(Who const& who, Seed const& seed, Rows to) {
  to.four_normals(who.draw(Purpose::client_traits, 0, seed));
  to.four_normals(who.draw(Purpose::client_traits, 1, seed));
  to.four_normals(
      philox({who.replication, who.home, who.place | word(static_cast<std::uint32_t>(Purpose::match)), who.home}, seed));
  to.four_normals(who.draw(Purpose::session_process, 0, seed));
  to.normal(who.draw(symptom_scale, 0, seed));
  to.normal(who.draw(Purpose::good_enough_level, 0, seed));
  to.normal(who.draw(Purpose::empathy, 0, seed));
  to.normal(who.draw(Purpose::goal_consensus, 0, seed));
  to.normal(who.draw(Purpose::collaboration, 0, seed));
  to.normal(who.draw(Purpose::expectation_rating, 0, seed));
  to.normal(who.draw(Purpose::credibility, 0, seed));
}

HWY_INLINE void draw_session(Who const& who, std::uint32_t session, Seed const& seed, Rows to) {
  std::uint32_t const last = session << 20;
  to.four_normals(who.draw(Purpose::session_process, last, seed));
  to.four_uniforms(who.draw(Purpose::rupture, last, seed));
  to.normal(who.draw(symptom_scale, last, seed));
  to.three_normals(who.draw(alliance_scale, last, seed));
  to.three_uniforms(who.draw(Purpose::ending, last, seed));
}

Who who_at(Roster const& roster, std::size_t i) {
  return {hn::LoadU(Words(), roster.replication + i), hn::LoadU(Words(), roster.home + i),
          hn::LoadU(Words(), roster.place + i)};
}

//! Keeps the compiler from leaving out what nobody reads.
void use(float const* numbers) {
  asm volatile("" : : "g"(numbers) : "memory");
}

//! All lanes are full: of every block as many clients come to a session as is their share of all who came.
void draw_therapies(benchmarks::Crowd const& crowd) {
  alignas(64) float numbers[most_rows * block_size];
  Seed const seed(crowd.who.seed);
  std::size_t const lanes = hn::Lanes(Floats());
  std::size_t drawn[64] = {};
  for (std::size_t first = 0; first < crowd.who.count; first += block_size) {
    std::size_t const rest = crowd.who.count - first;
    std::size_t const size = rest < block_size ? rest : block_size;
    for (std::size_t i = 0; i < size; i += lanes) draw_client(who_at(crowd.who, first + i), seed, Rows(numbers + i));
    use(numbers);
    for (int s = 1; s <= crowd.sessions; ++s) {
      std::size_t const due = crowd.came[s] * (first + size) / crowd.who.count;
      for (std::size_t i = 0; i < size && drawn[s] < due; i += lanes, drawn[s] += lanes)
        draw_session(who_at(crowd.who, first + i), static_cast<std::uint32_t>(s), seed, Rows(numbers + i));
      use(numbers);
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
