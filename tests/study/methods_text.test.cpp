#include "study/methods_text.hpp"

#include <gtest/gtest.h>

#include "core/version.hpp"

namespace bordin {
namespace {

TEST(MethodsText, SaysWhatAReaderNeedsToRepeatIt) {
  auto const trial = load_scenario("nested-trial");
  auto const text = methods_text(trial, 2000, 7, {"design.therapists (4, 8)"});
  for (std::string const& part :
       std::vector<std::string>{std::string("2000 data sets"), version(), std::string("seed 7"), scenario_digest(trial),
                                std::string("for each combination of design.therapists (4, 8)"),
                                std::string("Where nothing else was varied, each was a trial with 2 arms"),
                                std::string("therapist); Satterthwaite's degrees of freedom)"),
                                std::string("post ~ arm + (1 | therapist), cluster-level"), std::string("alpha = 0.05")})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_NE(methods_text(load_scenario("routine-care"), 1, 1).find("a cohort of 50 therapists with 20 clients each"),
            std::string::npos);
  EXPECT_NE(methods_text(load_scenario("early-alliance"), 1, 1).find("about 20 clients each (negative binomial)"),
            std::string::npos);
}

}  // namespace
}  // namespace bordin
