# One static library per folder of src/. The arguments after LINKS are the architecture table: a folder may include only what
# it links, which tools/check-includes verifies over the #include lines.
#
#   casement_folder(hub PCH asio LINKS base media async)
#
# PCH names the precompiled header: `std` (standard library and fmt) or `asio` (those and Boost.Asio).
function(casement_folder name)
  cmake_parse_arguments(ARG "" "PCH" "LINKS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(casement_${name} INTERFACE)
    target_include_directories(casement_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    set(scope INTERFACE)
  else()
    add_library(casement_${name} STATIC ${sources})
    target_include_directories(casement_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    set(scope PUBLIC)
    target_precompile_headers(casement_${name} REUSE_FROM casement_pch_${ARG_PCH})
    set_target_properties(casement_${name} PROPERTIES CASEMENT_PCH ${ARG_PCH})
  endif()
  foreach(link ${ARG_LINKS})
    target_link_libraries(casement_${name} ${scope} casement_${link})
  endforeach()
  if(sources)
    target_link_libraries(casement_${name} PUBLIC fmt::fmt spdlog::spdlog Threads::Threads Boost::headers ${ARG_PRIVATE})
  endif()
endfunction()
