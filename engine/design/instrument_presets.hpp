#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bordin {

enum class Measures : std::int8_t { by_name = 0, symptoms = 1, alliance = 2 };
enum class Rater : std::int8_t { client = 0, therapist = 1, observer = 2 };

//! How a rater's view of the alliance differs from the alliance itself; see Instrument.
struct Perception {
  double bias = 0;       //!< [SD of alliance]
  double prospects = 0;  //!< loading of the client's change trait
  double own_view = 0;   //!< loading of what this rater alone sees in this client
};
using PerceptionByRater = std::array<Perception, 3>;

struct ScoreRange {
  double lowest;
  double highest;
};

//! An instrument known by name. The sd is that of observed scores; of alliance scales mean, sd and reliability are those of
//! a subscale.
struct InstrumentPreset {
  char const* name = "";
  Measures measures = Measures::symptoms;
  std::optional<ScoreRange> range = {};
  double mean = 0;
  double sd = 1;
  double reliability = 1;
  double step = 1;
  std::optional<double> cutoff = {};
  std::optional<double> reliable_change = {};
  PerceptionByRater const* perception = nullptr;  //!< none: whoever rates sees the alliance as it is
  bool items = false;                             //!< by ordinal items (ordinal_items.hpp)
  char const* source = "";
};

//! All of them. The place in this list numbers an instrument's random numbers.
std::span<InstrumentPreset const> instrument_presets();
std::vector<std::string> instrument_preset_names();
//! None for a name that is no preset's.
InstrumentPreset const* preset_called(std::string_view name);
//! Place in the list.
std::uint32_t number_of(InstrumentPreset const& preset);

}  // namespace bordin
