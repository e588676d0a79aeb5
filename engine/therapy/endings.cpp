#include "therapy/endings.hpp"

namespace bordin {

Words const& ending_words() {
  static Words const words{"dropout", "good enough", "agreed", "maximum", "not engaged"};
  return words;
}

}  // namespace bordin
