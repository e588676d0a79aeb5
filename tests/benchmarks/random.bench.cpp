#include "core/random.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <random>

#include "benchmarks/draws.hpp"
#include "benchmarks/suites.hpp"

namespace bordin::benchmarks {
namespace {

constexpr std::uint64_t seed = 1;
constexpr std::size_t batch = 4096;  // fits the nearest cache
using Numbers = std::array<float, batch>;

//! Times fill(numbers, n), where n counts the calls.
template <class Fill>
void fill(benchmark::State& state, char const* item, Fill const& fill_batch) {
  Numbers numbers{};
  std::uint32_t calls = 0;
  for (auto _ : state) {
    fill_batch(numbers, calls++);
    benchmark::DoNotOptimize(numbers.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
  state.SetLabel(item);
}

void philox_blocks(benchmark::State& state) {
  std::array<RandomBlock, batch / 4> blocks{};
  std::uint32_t calls = 0;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < batch / 4; ++i) blocks[i] = philox({calls, i, 0, 0}, seed);
    ++calls;
    benchmark::DoNotOptimize(blocks.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch / 4));
  state.SetLabel("block");
}

void blocks_of_kernel(benchmark::State& state, Draws const* draws) {
  std::array<std::uint32_t, batch> words{};
  std::uint32_t calls = 0;
  for (auto _ : state) {
    draws->blocks(calls++, words.data(), batch / 4);
    benchmark::DoNotOptimize(words.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch / 4));
  state.SetLabel("block");
}

void normals_of_kernel(benchmark::State& state, Draws const* draws) {
  fill(state, "normal", [&](Numbers& numbers, std::uint32_t call) { draws->normals(call, numbers.data(), batch / 4); });
}

void own_uniforms(benchmark::State& state) {
  fill(state, "uniform", [](Numbers& numbers, std::uint32_t call) {
    for (std::uint32_t i = 0; i < batch; i += 4) {
      auto const block = philox({call, i, 0, 0}, seed);
      for (std::uint32_t k = 0; k < 4; ++k) numbers[i + k] = float32::uniform(block[k]);
    }
  });
}

void own_normals(benchmark::State& state) {
  fill(state, "normal", [](Numbers& numbers, std::uint32_t call) {
    for (std::uint32_t i = 0; i < batch; i += 4) {
      auto const four = normals(philox({call, i, 0, 0}, seed));
      for (std::uint32_t k = 0; k < 4; ++k) numbers[i + k] = four[k];
    }
  });
}

//! One engine for all calls, as such engines are used.
template <class Engine, class Distribution>
void sequential(benchmark::State& state, char const* item) {
  Engine engine(seed);
  Distribution distribution;
  fill(state, item, [&](Numbers& numbers, std::uint32_t) {
    for (float& number : numbers) number = distribution(engine);
  });
}

template <class Distribution>
void on_stream(benchmark::State& state, char const* item) {
  fill(state, item, [](Numbers& numbers, std::uint32_t call) {
    RandomStream stream({call, 0, 0, 0}, seed);
    Distribution distribution;
    for (float& number : numbers) number = distribution(stream);
  });
}

}  // namespace

void add_random() {
  using benchmark::RegisterBenchmark;
  using BoostUniform = boost::random::uniform_01<float>;
  using BoostNormal = boost::random::normal_distribution<float>;
  using boost::random::mt19937_64;

  RegisterBenchmark("random/block/Philox4x32-10", philox_blocks);
  for (auto const* one : draws())
    RegisterBenchmark(fmt::format("random/block/Philox4x32-10, {}", one->name).c_str(), blocks_of_kernel, one);
  RegisterBenchmark("random/uniform/float32 of Philox", own_uniforms);
  RegisterBenchmark("random/uniform/boost uniform_01, mt19937_64", sequential<mt19937_64, BoostUniform>, "uniform");
  RegisterBenchmark("random/uniform/boost uniform_01, RandomStream", on_stream<BoostUniform>, "uniform");
  RegisterBenchmark("random/normal/float32 of Philox", own_normals);
  for (auto const* one : draws())
    RegisterBenchmark(fmt::format("random/normal/float32 of Philox, {}", one->name).c_str(), normals_of_kernel, one);
  RegisterBenchmark("random/normal/boost normal_distribution, mt19937_64", sequential<mt19937_64, BoostNormal>, "normal");
  RegisterBenchmark("random/normal/std normal_distribution, mt19937_64",
                    sequential<std::mt19937_64, std::normal_distribution<float>>, "normal");
  RegisterBenchmark("random/normal/boost normal_distribution, RandomStream", on_stream<BoostNormal>, "normal");
}

}  // namespace bordin::benchmarks
