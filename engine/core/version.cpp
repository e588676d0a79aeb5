#include "core/version.hpp"

namespace bordin {

char const* version() {
  return BORDIN_VERSION;
}

}  // namespace bordin
