# SPDX-License-Identifier: Apache-2.0
# What a build from nothing takes is a quarter by two means, each of which can be switched off:
# The headers that nearly every file reads are parsed once; one object for the programs and one for the tests.
# -DQUELL_PRECOMPILED=OFF shows a file that forgot an include.
option(QUELL_PRECOMPILED "precompile common headers" ON)
# Ten files of a library or program are compiled as one (CMake's unity build), so that what they instantiate of the same templates
# is made once. Names in their unnamed namespaces must differ then; a file for which that is unnatural says
# SKIP_UNITY_BUILD_INCLUSION. The dev preset compiles each by itself, and so does the second compiler in tools/test --all.
option(QUELL_JOINED "compile ten files as one" OFF)

set(quell_precompiled_common <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional> <span>
    <string> <string_view> <utility> <variant> <vector> <nlohmann/json.hpp>)

# Of what is shipped and optimized, the tests are not: that is the half of their compile time that is left. Nor has such a
# test what a debugger wants, for which the dev preset is there.
set(quell_test_options $<$<CONFIG:RelWithDebInfo>:-Og> $<$<CONFIG:RelWithDebInfo>:-g0>)

function(quell_add_precompiled name headers)
    file(WRITE ${CMAKE_BINARY_DIR}/${name}.cpp.new "// made by cmake/Precompiled.cmake\n")
    file(COPY_FILE ${CMAKE_BINARY_DIR}/${name}.cpp.new ${CMAKE_BINARY_DIR}/${name}.cpp ONLY_IF_DIFFERENT)
    add_library(${name} STATIC ${CMAKE_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE quell_options nlohmann_json::nlohmann_json ${ARGN})
    target_precompile_headers(${name} PRIVATE ${headers})
endfunction()

# To be called last: every program and library of the folders gets its object.
function(quell_use_precompiled)
    if(NOT QUELL_PRECOMPILED)
        return()
    endif()
    # With one, g++-12 takes the standard library for our code, and warns of what its own std::string only seems to do
    # (GCC bugs 105329, 105651). A build without has these warnings, and no such report.
    foreach(warning restrict array-bounds stringop-overflow stringop-overread)
        target_compile_options(quell_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-${warning}>)
    endforeach()
    # else ccache keeps nothing that was compiled with one (its manual, "Precompiled headers")
    target_compile_options(quell_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
        "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    quell_add_precompiled(quell_precompiled "${quell_precompiled_common}")
    if(BUILD_TESTING)
        quell_add_precompiled(quell_precompiled_tests "${quell_precompiled_common};<gtest/gtest.h>" GTest::gtest)
        target_compile_options(quell_precompiled_tests PRIVATE ${quell_test_options})
    endif()
    quell_precompile_folder(${CMAKE_SOURCE_DIR})
endfunction()

function(quell_precompile_folder folder)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
        get_target_property(type ${target} TYPE)
        if(NOT type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$" OR target MATCHES "^quell_precompiled")
            continue()
        endif()
        # C has no use for it, and CMake no way to leave out the one C file of a program
        get_target_property(sources ${target} SOURCES)
        if(NOT sources MATCHES "\\.c(;|$)")
            set_target_properties(${target} PROPERTIES UNITY_BUILD ${QUELL_JOINED} UNITY_BUILD_BATCH_SIZE 10)
            get_target_property(libraries ${target} LINK_LIBRARIES)
            if(libraries MATCHES "GTest::|quell_harness")
                target_compile_options(${target} PRIVATE ${quell_test_options})
                target_precompile_headers(${target} REUSE_FROM quell_precompiled_tests)
            else()
                target_precompile_headers(${target} REUSE_FROM quell_precompiled)
            endif()
        endif()
    endforeach()
    get_property(subfolders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    foreach(subfolder IN LISTS subfolders)
        quell_precompile_folder(${subfolder})
    endforeach()
endfunction()
