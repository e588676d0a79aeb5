#include "design/instruments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "core/text.hpp"
#include "design/ratings.hpp"
#include "scenario/tree.hpp"

namespace bordin {
namespace {

// Scores are float32: what is far outside cannot be told apart any more.
constexpr double most_points = 1e6;
constexpr double least_points = 1e-6;

constexpr std::uint32_t first_custom_number = 64;
constexpr std::uint32_t raters = 4;  // room for client, therapist, observer and one more
constexpr std::uint32_t most_custom = ((1U << 12) - 1024) / raters - first_custom_number;

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

[[noreturn]] void refuse(Instrument const& instrument, char const* field, std::string const& problem) {
  throw ScenarioError({}, fmt::format("instruments.{}.{}", instrument.name, field), problem);
}

//! The preset that is meant by name or by `preset`.
InstrumentPreset const* preset_of(Instrument const& i) {
  auto const* by_name = preset_called(i.name);
  if (i.preset.empty()) return by_name;
  auto const* stated = preset_called(i.preset);
  if (stated == nullptr)
    refuse(i, "preset",
           fmt::format("is {}, which is no preset{}", in_quotes(shortened(i.preset, 60)),
                       did_you_mean(i.preset, instrument_preset_names())));
  if (by_name != nullptr && by_name != stated)
    refuse(i, "preset",
           fmt::format("is {}, but the name is another preset's; choose a name of your own", in_quotes(i.preset)));
  return stated;
}

std::vector<double> range_of(InstrumentPreset const& preset) {
  return preset.range ? std::vector<double>{preset.range->lowest, preset.range->highest} : std::vector<double>{};
}

//! What items give follows from their thresholds: a statement to the contrary would not be followed.
void check_items(InstrumentPreset const& preset, Instrument const& i) {
  auto const differs = [](std::optional<double> stated, double value) { return stated && *stated != value; };
  if (differs(i.mean, preset.mean) || differs(i.sd, preset.sd) || differs(i.reliability, preset.reliability) ||
      differs(i.step, preset.step) || (!i.range.empty() && i.range != range_of(preset)))
    refuse(i,
           "states range, mean, sd, reliability or step, but they follow from the answers to its items; leave them out, "
           "or take the preset \"WAI-SR\"");
}

void take_from(InstrumentPreset const& preset, Instrument& i) {
  if (i.measures != Measures::by_name && i.measures != preset.measures)
    refuse(i, "measures: this preset measures something else; leave `measures` out");
  if (preset.items) check_items(preset, i);
  i.measures = preset.measures;
  if (i.range.empty()) i.range = range_of(preset);
  if (!i.mean) i.mean = preset.mean;
  if (!i.sd) i.sd = preset.sd;
  if (!i.reliability) i.reliability = preset.reliability;
  if (!i.step) i.step = preset.step;
  if (!i.cutoff) i.cutoff = preset.cutoff;
  if (!i.reliable_change) i.reliable_change = preset.reliable_change;
}

void check_symptoms(Instrument const& i) {
  if (i.rater != Rater::client)
    refuse(i, "rater",
           "must be \"client\": symptom scales are filled in by clients, only alliance scales have other raters");
  if (i.bias || i.prospects || i.own_view || !i.subscales.empty())
    refuse(i, "states bias, prospects, own_view or subscales, but only alliance scales have them; leave them out");
}

void complete_subscales(Instrument& i) {
  std::vector<std::string> const known(component_names.begin(), component_names.end());
  std::vector<std::string> in_order;
  for (auto const& name : known) {
    auto const times = std::count(i.subscales.begin(), i.subscales.end(), name);
    if (times > 1) refuse(i, "subscales", fmt::format("has {} twice; name each once", in_quotes(name)));
    if (times == 1 || i.subscales.empty()) in_order.push_back(name);
  }
  for (auto const& name : i.subscales) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse(i, "subscales",
             fmt::format("has {}, which is none{}", in_quotes(shortened(name, 60)), did_you_mean(name, known)));
  }
  i.subscales = std::move(in_order);
}

void complete_alliance(Instrument& i) {
  complete_subscales(i);
  auto const* preset = preset_called(i.preset);
  bool const as_it_is = preset == nullptr || preset->perception == nullptr;
  auto const usual = as_it_is ? Perception{} : (*preset->perception)[static_cast<std::size_t>(i.rater)];
  if (!i.bias) i.bias = usual.bias;
  if (!i.prospects) i.prospects = usual.prospects;
  if (!i.own_view) i.own_view = usual.own_view;
  if (double const other = *i.prospects * *i.prospects + *i.own_view * *i.own_view; other > 1)
    refuse(i, fmt::format(
                  "prospects {} and own_view {}: their squares add up to {:.3g}, but what a rater sees has variance 1; "
                  "make one smaller",
                  *i.prospects, *i.own_view, other));
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
  field.field("preset", preset,
              {.doc = "preset whose values it takes under a name of its own. Entries of one preset and rater are one "
                      "questionnaire scored in several ways: they share their errors"});
  field.field("measures", measures, {"by name", "symptoms", "alliance"}, {.doc = "what it measures; presets know"});
  field.field(
      "rater", rater, {"client", "therapist", "observer"},
      {.doc = "who fills it in; symptom scales: the client",
       .source = "therapists and observers: chosen by simulation to agree with r = .36 between client and therapist, "
                 "r = .20 and .28 with outcome"});
  field.field("when", when,
              {.doc = "occasions: \"pre\", \"every session\", \"session 3\", \"sessions 1-3\", \"post\" (end of a "
                      "completed therapy), \"follow-up\""});
  describe_norm(field);
  describe_perception(field);
}

void Instrument::describe_norm(FieldVisitor& field) {
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

void Instrument::describe_perception(FieldVisitor& field) {
  field.field("bias", bias,
              {.unit = "SD of alliance",
               .min = -10,
               .max = 10,
               .doc = "alliance scales: added to what the rater sees; the preset's for this rater unless stated",
               .source = "clients rate d = .63 higher than therapists (Tryon et al. 2007); of observers assumed"});
  field.field("prospects", prospects,
              {.min = 0,
               .max = 1,
               .doc = "alliance scales: loading of the client's change trait on what the rater sees; the preset's for this "
                      "rater unless stated",
               .source = "assumed"});
  field.field(
      "own_view", own_view,
      {.min = 0,
       .max = 1,
       .doc = "alliance scales: loading of what this rater alone sees in a client, all through therapy; the preset's "
              "for this rater unless stated",
       .source = "assumed"});
  field.field("subscales", subscales,
              {.doc = "alliance scales: the subscales that are given, of \"goal\", \"task\", \"bond\"; the total is their "
                      "mean; all three unless stated"});
}

std::vector<CatalogueEntry> instrument_catalogue() {
  std::vector<CatalogueEntry> entries;
  for (auto const& preset : instrument_presets()) {
    Instrument instrument{.name = std::string(preset.name)};
    complete(instrument);
    entries.push_back({.instrument = std::move(instrument), .source = std::string(preset.source)});
  }
  return entries;
}

void complete(Instrument& i) {
  if (slug(i.name).empty()) refuse(i, "the name needs a letter or digit, since columns are named after it");
  check_range(i);
  if (auto const* preset = preset_of(i)) {
    i.preset = preset->name;
    take_from(*preset, i);
  } else if (!states_all(i)) {
    refuse(i, fmt::format("is no preset, so it must state range, mean, sd and reliability, or `preset`{}",
                          did_you_mean(i.name, instrument_preset_names())));
  }
  if (i.measures == Measures::by_name) i.measures = Measures::symptoms;
  i.measures == Measures::alliance ? complete_alliance(i) : check_symptoms(i);
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
      c_{.purpose = static_cast<std::uint32_t>(Purpose::first_instrument) + number * raters +
                    static_cast<std::uint32_t>(instrument.rater),
         .mean = static_cast<float>(*instrument.mean),
         .sd = static_cast<float>(*instrument.sd),
         .true_part = static_cast<float>(std::sqrt(*instrument.reliability)),
         .error_part = static_cast<float>(std::sqrt(1 - *instrument.reliability)),
         .step = static_cast<float>(*instrument.step),
         .lowest = instrument.range.empty() ? -std::numeric_limits<float>::max() : static_cast<float>(instrument.range[0]),
         .highest =
             instrument.range.empty() ? std::numeric_limits<float>::max() : static_cast<float>(instrument.range[1])} {
  auto const whole = [](double v) { return v == std::floor(v); };
  integer_ = !of_alliance() && instrument.range.size() == 2 && *instrument.step >= 1 && whole(*instrument.step) &&
             whole(instrument.range[0]) && whole(instrument.range[1]) &&
             instrument.range[0] > std::numeric_limits<std::int16_t>::min() &&
             instrument.range[1] <= std::numeric_limits<std::int16_t>::max() &&
             instrument.range[1] - instrument.range[0] <= std::numeric_limits<std::int16_t>::max();  // so that change fits
  if (!of_alliance()) return;
  double const prospects = instrument.prospects.value_or(0);
  double const own_view = instrument.own_view.value_or(0);
  c_.alliance_part = static_cast<float>(std::sqrt(std::max(0.0, 1 - prospects * prospects - own_view * own_view)));
  c_.prospects = static_cast<float>(prospects);
  c_.own_view = static_cast<float>(own_view);
  c_.bias = static_cast<float>(instrument.bias.value_or(0));
  for (std::size_t c = 0; c < components; ++c) {
    auto const& chosen = instrument.subscales;
    c_.asks[c] = chosen.empty() || std::find(chosen.begin(), chosen.end(), component_names[c]) != chosen.end();
  }
  if (auto const* preset = preset_called(instrument.preset); preset != nullptr && preset->items) c_.items.emplace();
}

float Measure::scored(float latent, float error) const {
  float score = c_.mean + c_.sd * (c_.true_part * latent + c_.error_part * error);
  if (c_.step > 0) score = std::floor(score / c_.step + 0.5F) * c_.step;
  return std::min(std::max(score, c_.lowest), c_.highest);
}

RandomBlock Measure::block(Randomness const& random, ClientNumber who, int session, std::uint32_t number) const {
  return random.of_client(who, static_cast<Purpose>(c_.purpose), static_cast<std::uint32_t>(session), number);
}

float Measure::symptom_score(Randomness const& random, ClientNumber who, SessionState const& state) const {
  return scored(state.symptoms, normals(block(random, who, state.session))[0]);
}

ComponentsF Measure::perceived(Randomness const& random, ClientNumber who, SessionState const& state) const {
  ComponentsF seen = state.alliance;
  float common = c_.prospects * state.standard_change + c_.bias;
  if (c_.own_view > 0) common += c_.own_view * normals(block(random, who, 0))[0];  // nobody rates session 0
  for (auto& component : seen) component = c_.alliance_part * component + common;
  return seen;
}

float Measure::total_of(ComponentsF const& part) const {
  float sum = 0;
  int asked = 0;
  for (std::size_t c = 0; c < components; ++c) {
    if (!c_.asks[c]) continue;
    sum += part[c];
    ++asked;
  }
  return sum / static_cast<float>(asked);
}

AllianceRating Measure::alliance_rating(Randomness const& random, ClientNumber who, SessionState const& state) const {
  AllianceRating rating{};
  auto const seen = perceived(random, who, state);
  if (c_.items) {
    for (std::uint32_t c = 0; c < components; ++c) {
      rating.item[c] = c_.items->answers(seen[c], normals(block(random, who, state.session, c)));
      rating.part[c] = mean_answer(rating.item[c]);
    }
  } else {
    auto const error = normals(block(random, who, state.session));
    for (std::size_t c = 0; c < components; ++c) rating.part[c] = scored(seen[c], error[c]);
  }
  rating.total = total_of(rating.part);
  return rating;
}

bool Measure::has_subscale_column(std::size_t component) const {
  return c_.asks[component] && std::count(c_.asks.begin(), c_.asks.end(), true) > 1;
}

std::string Measure::subscale_column(std::size_t component) const {
  return fmt::format("{}_{}", slug_, component_names[component]);
}

std::string Measure::item_column(std::size_t component, std::size_t item) const {
  return fmt::format("{}_{}", subscale_column(component), item + 1);
}

std::vector<std::string> Measure::columns() const {
  std::vector<std::string> names{slug_};
  for (std::size_t c = 0; c < components; ++c) {
    if (has_subscale_column(c)) names.push_back(subscale_column(c));
    for (std::size_t i = 0; has_item_columns(c) && i < OrdinalItems::per_component; ++i) names.push_back(item_column(c, i));
  }
  return names;
}

namespace {

//! Columns that every study may have; an instrument of the same name would be taken for one of them.
std::map<std::string, std::string> reserved_columns() {
  std::map<std::string, std::string> columns;
  for (char const* name : {"client",
                           "therapist",
                           "clinic",
                           "arm",
                           "session",
                           "time",
                           "attended",
                           "rupture_reported",
                           "alliance_session",
                           "pre",
                           "post",
                           "last",
                           "change",
                           "followup",
                           "recovered",
                           "reliable_change",
                           "dropped_out",
                           "ending",
                           "sessions_attended",
                           "ruptures_reported",
                           "alliance_early",
                           "alliance_between",
                           "alliance_within",
                           "alliance_between_latent",
                           "alliance_within_latent",
                           "caseload",
                           "experience",
                           "trained"})
    columns.emplace(name, "what every study has");
  for (auto const& rating : rating_kinds()) columns.emplace(rating.name, "a derived rating");
  return columns;
}

void check_followups(std::vector<Measure> const& measures, Calendar const& calendar) {
  if (calendar.followups.empty()) return;
  auto const given = [&](Measure const& m) { return m.schedule().given(calendar.sessions + 1); };
  if (std::none_of(measures.begin(), measures.end(), given))
    throw ScenarioError({}, "design.followups",
                        "are stated, but no instrument is given then; add \"follow-up\" to the `when` of one");
}

}  // namespace

std::vector<Measure> measures_of(std::vector<Instrument> const& instruments, Calendar const& calendar) {
  std::vector<Measure> measures;
  std::map<std::string, std::string> taken = reserved_columns();  // columns, and by whom
  std::uint32_t custom = 0;
  for (auto const& instrument : instruments) {
    auto const* preset = preset_of(instrument);
    if (preset == nullptr && custom == most_custom)
      refuse(instrument, fmt::format("is one instrument too many; {} are possible", most_custom));
    auto const number = preset != nullptr ? number_of(*preset) : first_custom_number + custom++;
    for (auto const& column : measures.emplace_back(instrument, number, calendar).columns()) {
      auto const [same, is_new] = taken.emplace(column, instrument.name);
      if (!is_new)
        refuse(instrument,
               fmt::format("would have the same column name ({}) as \"{}\"; choose another name", column, same->second));
    }
  }
  check_followups(measures, calendar);
  return measures;
}

std::optional<std::size_t> first_measure(std::vector<Measure> const& measures, Measures what) {
  auto const found =
      std::find_if(measures.begin(), measures.end(), [what](Measure const& m) { return m.instrument().measures == what; });
  if (found == measures.end()) return std::nullopt;
  return static_cast<std::size_t>(found - measures.begin());
}

}  // namespace bordin
