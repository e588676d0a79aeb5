#include "therapy/ending_rule.hpp"

#include "therapy/agreed_end.hpp"
#include "therapy/dropout.hpp"
#include "therapy/good_enough.hpp"

namespace bordin {

std::vector<EndingEntry> const& ending_rules() {
  static std::vector<EndingEntry> const rules{
      {.ending = Ending::good_enough,
       .word = 0,
       .at_maximum = true,
       .make = make_good_enough,
       .missingness = missingness_of_good_enough},
      {.ending = Ending::agreed,
       .word = 1,
       .at_maximum = true,
       .make = make_agreed_end,
       .missingness = missingness_of_agreed_end},
      {.ending = Ending::dropout,
       .word = 2,
       .at_maximum = false,
       .make = make_dropout,
       .missingness = missingness_of_dropout},
  };
  return rules;
}

}  // namespace bordin
