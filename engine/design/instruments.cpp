#include "design/instruments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "scenario/tree.hpp"

namespace bordin {
namespace {

struct Preset {
  char const* name;
  Measures measures;
  std::vector<double> range;
  double mean, sd, reliability, step;
  std::optional<double> cutoff;
  std::optional<double> reliable_change;
  char const* source;
};

// The place in this list numbers an instrument's random numbers: add at the end only.
std::vector<Preset> const& presets() {
  static std::vector<Preset> const list{
      {"z-score", Measures::symptoms, {}, 0, 1, 1, 0, {}, {}, "a plain standard score without error, rounding or limits"},
      {"CORE-OM", Measures::symptoms, {0, 40}, 18.3, 7.1, 0.94, 1, 10, 5, "Connell et al. 2007, Br J Psychiatry 190:69"},
      {"WAI-SR",
       Measures::alliance,
       {1, 5},
       3.8,
       0.8,
       0.86,
       0.25,
       {},
       {},
       "Hatcher & Gillaspy 2006, Psychother Res 16:12; Munder et al. 2010. Subscales as means of 4 items"},
      {"alliance-z-score",
       Measures::alliance,
       {},
       0,
       1,
       1,
       0,
       {},
       {},
       "the latent alliance without error, rounding or limits"},
  };
  return list;
}

// Scores are float32: what is far outside cannot be told apart any more.
constexpr double most_points = 1e6;
constexpr double least_points = 1e-6;

constexpr std::uint32_t first_custom_number = 64;
constexpr std::uint32_t raters = 4;  // room for client, therapist, observer
constexpr std::uint32_t most_custom = ((1U << 12) - 1024) / raters - first_custom_number;

Preset const* preset_called(std::string const& name) {
  auto const found = std::find_if(presets().begin(), presets().end(), [&](Preset const& p) { return name == p.name; });
  return found == presets().end() ? nullptr : &*found;
}

bool states_all(Instrument const& i) {
  return i.mean && i.sd && i.reliability && i.range.size() == 2;
}

[[noreturn]] void refuse(Instrument const& instrument, std::string const& problem) {
  throw ScenarioError({}, "instruments." + instrument.name, problem);
}

void check_range(Instrument const& instrument) {
  auto const& range = instrument.range;
  if (!range.empty() && (range.size() != 2 || !(range[0] < range[1])))
    refuse(instrument, "range must be [lowest, highest] with lowest below highest, such as [0, 40]");
  if (instrument.step && *instrument.step > 0 && *instrument.step < least_points)
    refuse(instrument, fmt::format("step is {}, but must be 0 or at least {}", *instrument.step, least_points));
}

// "3" in "session 3"; the whole text must be a number.
std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Span {
  int first;
  int last;
};

std::optional<Span> sessions_named(std::string_view text) {
  if (text.starts_with("session ")) {
    auto const s = whole_number(text.substr(8));
    return s ? std::optional<Span>({*s, *s}) : std::nullopt;
  }
  auto const dash = text.find('-');
  if (!text.starts_with("sessions ") || dash == std::string_view::npos) return std::nullopt;
  auto const first = whole_number(text.substr(9, dash - 9));
  auto const last = whole_number(text.substr(dash + 1));
  return first && last ? std::optional<Span>({*first, *last}) : std::nullopt;
}

void mark(Schedule& schedule, Span span, int most, Instrument const& instrument, std::string const& text) {
  if (span.first < 1 || span.last < span.first || span.last > most)
    refuse(instrument,
           fmt::format("when: {} must name sessions from 1 to {}, the first not after the last", in_quotes(text), most));
  for (int s = span.first; s <= span.last; ++s) schedule.at[static_cast<std::size_t>(s)] = true;
}

void mark_followups(Schedule& schedule, Calendar const& calendar, Instrument const& instrument) {
  if (calendar.followups.empty())
    refuse(instrument, "when: there is no follow-up in this design; state design.followups, in weeks");
  if (instrument.measures == Measures::alliance)
    refuse(instrument, "when: there is no alliance after the last session, so it cannot be given at \"follow-up\"");
  std::fill(schedule.at.begin() + calendar.sessions + 1, schedule.at.end(), true);
}

}  // namespace

void Instrument::describe(FieldVisitor& field) {
  field.field("name", name,
              {.doc = "a preset (bordin list shows them), or a name of your own with range, mean, sd and reliability"});
  field.field("measures", measures, {"by name", "symptoms", "alliance"}, {.doc = "what it measures; presets know"});
  field.field("rater", rater, {"client"}, {.doc = "who fills it in"});
  field.field("when", when,
              {.doc = "occasions: \"pre\", \"every session\", \"session 3\", \"sessions 1-3\", \"post\" (end of a "
                      "completed therapy), \"follow-up\""});
  field.field("range", range,
              {.unit = "points",
               .min = -most_points,
               .max = most_points,
               .doc = "[lowest, highest] possible score; the preset's unless stated"});
  field.field("mean", mean,
              {.unit = "points", .min = -most_points, .max = most_points, .doc = "mean in the reference population"});
  field.field("sd", sd,
              {.unit = "points",
               .min = least_points,
               .max = most_points,
               .doc = "SD of observed scores in the reference population"});
  field.field("reliability", reliability, {.min = 0, .max = 1, .doc = "share of the observed variance that is true"});
  field.field(
      "step", step,
      {.unit = "points", .min = 0, .max = most_points, .doc = "scores are rounded to multiples of this; 0 = not rounded"});
  field.field("cutoff", cutoff,
              {.unit = "points",
               .min = -most_points,
               .max = most_points,
               .doc = "clinical cutoff: scores of at least this are clinical"});
  field.field("reliable_change", reliable_change,
              {.unit = "points",
               .min = 0,
               .max = 10 * most_points,
               .doc = "least change that is reliable; 1.96 sd sqrt(2(1 - reliability)) unless stated"});
}

std::vector<std::string> instrument_presets() {
  std::vector<std::string> names;
  for (auto const& preset : presets()) names.emplace_back(preset.name);
  return names;
}

std::vector<CatalogueEntry> instrument_catalogue() {
  std::vector<CatalogueEntry> entries;
  for (auto const& preset : presets()) {
    Instrument instrument{.name = std::string(preset.name)};
    complete(instrument);
    entries.push_back({.instrument = std::move(instrument), .source = std::string(preset.source)});
  }
  return entries;
}

void complete(Instrument& i) {
  if (slug(i.name).empty()) refuse(i, "the name needs a letter or digit, since columns are named after it");
  check_range(i);
  if (auto const* preset = preset_called(i.name)) {
    if (i.measures != Measures::by_name && i.measures != preset->measures)
      refuse(i, "measures: this preset measures something else; leave `measures` out");
    i.measures = preset->measures;
    if (i.range.empty()) i.range = preset->range;
    if (!i.mean) i.mean = preset->mean;
    if (!i.sd) i.sd = preset->sd;
    if (!i.reliability) i.reliability = preset->reliability;
    if (!i.step) i.step = preset->step;
    if (!i.cutoff) i.cutoff = preset->cutoff;
    if (!i.reliable_change) i.reliable_change = preset->reliable_change;
  } else if (!states_all(i)) {
    refuse(i, fmt::format("is no preset, so it must state range, mean, sd and reliability{}",
                          did_you_mean(i.name, instrument_presets())));
  }
  if (i.measures == Measures::by_name) i.measures = Measures::symptoms;
  if (!i.step) i.step = 1;
  if (!i.reliable_change) i.reliable_change = 1.96 * *i.sd * std::sqrt(2 * (1 - *i.reliability));
  if (i.when.empty())
    i.when = i.measures == Measures::alliance ? std::vector<std::string>{"every session"}
                                              : std::vector<std::string>{"pre", "every session", "post"};
}

Schedule schedule_of(Instrument const& instrument, Calendar const& calendar) {
  int const sessions = calendar.sessions;
  Schedule schedule{.at = std::vector<bool>(calendar.occasions(), false)};
  if (instrument.when.size() > schedule.at.size() + 2)
    refuse(instrument,
           fmt::format("when: {} occasions are listed, more than the study has; name each once", instrument.when.size()));
  for (auto const& text : instrument.when) {
    if (text == "pre") {
      schedule.at[0] = true;
    } else if (text == "post") {
      schedule.post = true;
    } else if (text == "follow-up") {
      mark_followups(schedule, calendar, instrument);
    } else if (text == "every session") {
      mark(schedule, {1, sessions}, sessions, instrument, text);
    } else if (auto const span = sessions_named(text)) {
      mark(schedule, *span, sessions, instrument, text);
    } else {
      refuse(instrument,
             fmt::format("when: {} is no occasion{}", in_quotes(shortened(text, 60)),
                         did_you_mean(text, {"pre", "every session", "session 3", "sessions 1-3", "post", "follow-up"})));
    }
  }
  if (instrument.measures == Measures::alliance && schedule.at[0])
    refuse(instrument, "when: there is no alliance before the first session, so it cannot be given at \"pre\"");
  return schedule;
}

Measure::Measure(Instrument const& instrument, std::uint32_t number, Calendar const& calendar)
    : instrument_(instrument),
      schedule_(schedule_of(instrument, calendar)),
      slug_(bordin::slug(instrument.name)),
      purpose_(static_cast<std::uint32_t>(Purpose::first_instrument) + number * raters +
               static_cast<std::uint32_t>(instrument.rater)),
      mean_(static_cast<float>(*instrument.mean)),
      sd_(static_cast<float>(*instrument.sd)),
      true_part_(static_cast<float>(std::sqrt(*instrument.reliability))),
      error_part_(static_cast<float>(std::sqrt(1 - *instrument.reliability))),
      step_(static_cast<float>(*instrument.step)),
      lowest_(instrument.range.empty() ? -std::numeric_limits<float>::max() : static_cast<float>(instrument.range[0])),
      highest_(instrument.range.empty() ? std::numeric_limits<float>::max() : static_cast<float>(instrument.range[1])) {
  auto const whole = [](double v) { return v == std::floor(v); };
  integer_ = !of_alliance() && instrument.range.size() == 2 && *instrument.step >= 1 && whole(*instrument.step) &&
             whole(instrument.range[0]) && whole(instrument.range[1]) &&
             instrument.range[0] > std::numeric_limits<std::int16_t>::min() &&
             instrument.range[1] <= std::numeric_limits<std::int16_t>::max();
}

float Measure::scored(float latent, float error) const {
  float score = mean_ + sd_ * (true_part_ * latent + error_part_ * error);
  if (step_ > 0) score = std::floor(score / step_ + 0.5F) * step_;
  return std::min(std::max(score, lowest_), highest_);
}

RandomBlock Measure::block(Randomness const& random, ClientNumber who, int session) const {
  return random.of_client(who, static_cast<Purpose>(purpose_), static_cast<std::uint32_t>(session));
}

float Measure::symptom_score(Randomness const& random, ClientNumber who, SessionState const& state) const {
  return scored(state.symptoms, normals(block(random, who, state.session))[0]);
}

ComponentsF Measure::alliance_scores(Randomness const& random, ClientNumber who, SessionState const& state) const {
  auto const error = normals(block(random, who, state.session));
  ComponentsF scores{};
  for (std::size_t c = 0; c < components; ++c) scores[c] = scored(state.alliance[c], error[c]);
  return scores;
}

std::vector<Measure> measures_of(std::vector<Instrument> const& instruments, Calendar const& calendar) {
  std::vector<Measure> measures;
  std::uint32_t custom = 0;
  for (auto const& instrument : instruments) {
    auto const* preset = preset_called(instrument.name);
    if (preset == nullptr && custom == most_custom)
      refuse(instrument, fmt::format("is one instrument too many; {} are possible", most_custom));
    auto const number =
        preset != nullptr ? static_cast<std::uint32_t>(preset - presets().data()) : first_custom_number + custom++;
    auto const& measure = measures.emplace_back(instrument, number, calendar);
    auto const same =
        std::find_if(measures.begin(), measures.end() - 1, [&](Measure const& m) { return m.slug() == measure.slug(); });
    if (same != measures.end() - 1)
      refuse(instrument, fmt::format("would have the same column name ({}) as \"{}\"; choose another name", measure.slug(),
                                     same->instrument().name));
  }
  return measures;
}

std::optional<std::size_t> first_measure(std::vector<Measure> const& measures, Measures what) {
  auto const found =
      std::find_if(measures.begin(), measures.end(), [what](Measure const& m) { return m.instrument().measures == what; });
  if (found == measures.end()) return std::nullopt;
  return static_cast<std::size_t>(found - measures.begin());
}

}  // namespace bordin
