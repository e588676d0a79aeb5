# bordin_warnings and bordin_sanitizers: linked PRIVATE by every target of the project, never handed on to users of it.
add_library(bordin_warnings INTERFACE)
target_compile_options(bordin_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # gcc 12 sees overlaps in std::string's operator+ that are not there (gcc bug 105651)
  $<$<BOOL:${BORDIN_DEVELOPER_MODE}>:-Werror>)

# No fused multiply-add anywhere: a*b+c must round twice on every CPU and compiler, or the data would have other bits
# (gcc contracts by default).
add_library(bordin_arithmetic INTERFACE)
target_compile_options(bordin_arithmetic INTERFACE -ffp-contract=off)

add_library(bordin_sanitizers INTERFACE)
if(BORDIN_SANITIZE)
  target_compile_options(bordin_sanitizers INTERFACE -fsanitize=${BORDIN_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # what instrumented code of std::regex and others seems to be
  target_link_options(bordin_sanitizers INTERFACE -fsanitize=${BORDIN_SANITIZE})
endif()
if(BORDIN_COVERAGE)
  target_compile_options(bordin_sanitizers INTERFACE --coverage)
  target_link_options(bordin_sanitizers INTERFACE --coverage)
endif()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(BORDIN_CCACHE ccache)
  if(BORDIN_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${BORDIN_CCACHE})
  endif()
endif()

# .venv has the version that .clang-tidy is written for (./dev lint puts it there); others may see other things. Before 18 it
# does not understand the C++20 of today's standard libraries.
if(BORDIN_CLANG_TIDY)
  find_program(BORDIN_CLANG_TIDY_PROGRAM REQUIRED HINTS ${PROJECT_SOURCE_DIR}/.venv/bin
    NAMES clang-tidy clang-tidy-22 clang-tidy-21 clang-tidy-20 clang-tidy-19 clang-tidy-18)
endif()

function(bordin_flags target)
  target_link_libraries(${target} PRIVATE bordin_warnings bordin_sanitizers bordin_arithmetic)
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(BORDIN_CLANG_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY 
      "${BORDIN_CLANG_TIDY_PROGRAM};--quiet;--warnings-as-errors=*;--extra-arg=-Wno-unknown-warning-option")
  endif()
endfunction()
