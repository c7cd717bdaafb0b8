# Compiler, linker and flags that every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  # Paths count from the top of the checkout, so that all clones and worktrees share what is compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${WEIR_CCACHE}
  )
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(WEIR_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=address,undefined)
elseif(WEIR_SANITIZER STREQUAL "thread")
  # GCC warns that it does not model atomic_thread_fence, which Boost.Asio's headers use.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -O1 -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(WEIR_SANITIZER STREQUAL "fuzzer")
  # Clang alone has libFuzzer. Findings end the process, so that the fuzzer keeps their input.
  add_compile_options(
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O2 -g1
  )
  add_link_options(-fsanitize=address,undefined)
elseif(NOT WEIR_SANITIZER STREQUAL "")
  message(FATAL_ERROR "WEIR_SANITIZER is '${WEIR_SANITIZER}'; it may be empty, 'address', 'thread' or 'fuzzer'")
endif()

# Ours only: generated code and tests link this interface as well, third-party headers are SYSTEM.
add_library(weir_warnings INTERFACE)
target_compile_options(
  weir_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
            -Woverloaded-virtual -Wcast-qual -Werror
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(weir_warnings INTERFACE -Wduplicated-cond -Wlogical-op)
else()
  # Clang's own ideas (signs, unused parts of third parties' macros) are clang-tidy's to judge.
  target_compile_options(weir_warnings INTERFACE -Wno-sign-conversion -Wno-unused-command-line-argument)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # GCC 12 reports false maybe-uninitialized in inlined variant and optional code at -O2.
  target_compile_options(weir_warnings INTERFACE -Wno-maybe-uninitialized)
  # Frame pointers and line tables cost about nothing and make a profile or a core readable.
  add_compile_options(-fno-omit-frame-pointer -g1)
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()
