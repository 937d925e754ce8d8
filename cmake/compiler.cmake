# The compiler, its warnings, sanitizers and cache: one place.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(FATAL_ERROR "g++ 12, Debian 12's default, miscompiles co_await expressions that hold a temporary "
                      "aggregate or capturing lambda (double frees under ASan). Use clang 19: run script/setup, "
                      "or configure with a preset of CMakePresets.json.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_SOURCE_DIR}/tools/ccache-relative;${CMAKE_SOURCE_DIR}")
endif()
add_compile_options("SHELL:-Xclang -fno-pch-timestamp")

# -Wsign-conversion is off: byte parsers would drown in casts that prove nothing; narrowing stays an error.
add_compile_options(-Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wnon-virtual-dtor -Wthread-safety -Werror)
add_compile_options(-fno-omit-frame-pointer)
add_link_options(-fuse-ld=lld)

set(CASEMENT_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(CASEMENT_SANITIZE)
  add_compile_options(-fsanitize=${CASEMENT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CASEMENT_SANITIZE})
endif()

# What is tested is compiled as it is shipped; the tests themselves would only be slower to compile for being faster to run: optimising them took
# half of their compiling time.
set(CASEMENT_TEST_OPTIONS "")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CASEMENT_TEST_OPTIONS -O0)
endif()

option(CASEMENT_FUZZ "Build the libFuzzer targets" OFF)
if(CASEMENT_FUZZ)
  # DWARF 5 of clang 19 confuses the symbolizers of Debian 12.
  add_compile_options(-fsanitize=fuzzer-no-link -gdwarf-4)
endif()

# Asio as separately used headers; old APIs off so that nobody leans on them.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_DISABLE_BOOST_COROUTINE SPDLOG_FMT_EXTERNAL)
