# SPDX-License-Identifier: Apache-2.0
# VM suites: GoogleTest programs that run as root inside a guest, registered once for each kernel.

set(QUELL_VM_KERNELS 6.1 6.12 7)

cmake_host_system_information(RESULT QUELL_VM_JOBS QUERY NUMBER_OF_LOGICAL_CORES)

# quell_add_vm_suite(NAME <name> TARGET <gtest program> [FILTER <gtest filter>] [PLAIN <gtest filter>] [FILES <file or target>...]
#                    [BOOTS <number>] [CORE] [EXTRA] [RARE] [TWO_CPUS] [SYSTEMD] [DISK] [ICOUNT] [START] [CMDLINE <text>] [WITH <packages>] [TIMEOUT <seconds>] [KERNELS <kernel>...])
#
# Adds the tests vm.<name>.<kernel>. TARGET and FILES (helpers; a target stands for its program) are in /w of the guest.
# CORE suites run on every kernel in a plain tools/test, the others on 6.12 only; tools/test --all runs all on all.
# PLAIN: the part of it that a plain tools/test runs, as vm.<name>-plain.6.12; --all runs the whole one instead.
# EXTRA: the same on other kernels than PLAIN's, or in another guest than the whole has.
# RARE: takes long for what hardly ever changes; tools/test --all only.
# TWO_CPUS: a guest with two, for what happens at the same moment. It runs alone: two guests of two emulated CPUs each on
# two real ones wait for each other's, and a test of 4 s takes 35. The others have one and run side by side, as
# many as there are CPUs (tools/test starts ctest so).
# BOOTS: that many, one after the other, with a disk that is kept (tools/vm --keep); the tests of each are Boot1.*, Boot2.*, …
# SYSTEMD, DISK, ICOUNT, START and WITH are the options of tools/vm with these names, CMDLINE (one word) is its
# --cmdline-extra. TIMEOUT is the guest's (default 300).
# Labels: vm, vm-<kernel>, core (when CORE), default (what a plain tools/test runs).
function(quell_add_vm_suite)
    cmake_parse_arguments(PARSE_ARGV 0 ARG "CORE;EXTRA;RARE;TWO_CPUS;SYSTEMD;DISK;ICOUNT;START" "NAME;TARGET;FILTER;PLAIN;CMDLINE;WITH;TIMEOUT;BOOTS" "FILES;KERNELS")
    if(NOT ARG_NAME OR NOT ARG_TARGET OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "quell_add_vm_suite: NAME and TARGET are needed; not understood: '${ARG_UNPARSED_ARGUMENTS}'")
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 300)
    endif()
    if(NOT ARG_FILTER)
        set(ARG_FILTER "*")
    endif()
    if(NOT ARG_KERNELS)
        set(ARG_KERNELS ${QUELL_VM_KERNELS})
    endif()
    set(files $<TARGET_FILE:${ARG_TARGET}>)
    foreach(file IN LISTS ARG_FILES)
        if(TARGET ${file})
            list(APPEND files $<TARGET_FILE:${file}>)
        else()
            cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
            list(APPEND files ${file})
        endif()
    endforeach()
    if(ARG_TWO_CPUS)
        set(cpus 2)
        set(share ${QUELL_VM_JOBS})
    else()
        set(cpus 1)
        set(share 1)
    endif()
    set(options "--smp ${cpus}")
    foreach(option SYSTEMD DISK ICOUNT START)
        if(ARG_${option})
            string(TOLOWER "--${option}" flag)
            list(APPEND options ${flag})
        endif()
    endforeach()

    if(ARG_WITH)
        list(APPEND options "--with ${ARG_WITH}")
    endif()
    if(ARG_CMDLINE)
        list(APPEND options "--cmdline-extra ${ARG_CMDLINE}")
    endif()
    set(boots "")
    if(ARG_BOOTS)
        set(boots "--boots ${ARG_BOOTS} ")
    endif()
    # Joined here and not by a generator expression, which takes the commas in a value for its own.
    list(JOIN options " " options)

    if(ARG_PLAIN OR NOT ARG_RARE)
        set_property(GLOBAL APPEND PROPERTY QUELL_PLAIN_TARGETS ${ARG_TARGET})
    endif()
    set_property(GLOBAL APPEND PROPERTY QUELL_SUITE_TARGETS ${ARG_TARGET})

    # COST: what may take longest is started first. The time limit is beyond the guest's own, since waiting for a free
    # slot on this machine is not the suite's fault.
    math(EXPR limit "${ARG_TIMEOUT} + 1200")
    if(ARG_BOOTS)
        math(EXPR limit "${ARG_TIMEOUT} * ${ARG_BOOTS} + 1200")
    endif()
    foreach(kernel IN LISTS ARG_KERNELS)
        # And before these what is of a kept guest of its own (tools/vm): of two suites of one, the second waits until it is made.
        set(cost ${ARG_TIMEOUT})
        if(ARG_SYSTEMD OR NOT kernel STREQUAL "6.12")
            math(EXPR cost "${ARG_TIMEOUT} + 10000")
        endif()
        set(properties TIMEOUT ${limit} PROCESSORS ${share} COST ${cost})
        set(guest "${boots}--kernel ${kernel} --timeout ${ARG_TIMEOUT} ${options}")
        set(test vm.${ARG_NAME}.${kernel})
        add_test(NAME ${test} COMMAND ${CMAKE_SOURCE_DIR}/tools/lib/vm-suite.sh ${test} ${CMAKE_BINARY_DIR} ${ARG_FILTER} ${guest} ${files})
        set(labels vm vm-${kernel})
        if(ARG_CORE)
            list(APPEND labels core)
        endif()
        if(ARG_EXTRA)
            list(REMOVE_ITEM labels vm)
        endif()
        if(NOT ARG_RARE AND NOT ARG_PLAIN AND (ARG_CORE OR kernel STREQUAL "6.12"))
            list(APPEND labels default)
        endif()
        set_tests_properties(${test} PROPERTIES LABELS "${labels}" ${properties})
        if(ARG_PLAIN AND kernel STREQUAL "6.12")
            set(test vm.${ARG_NAME}-plain.${kernel})
            add_test(NAME ${test} COMMAND ${CMAKE_SOURCE_DIR}/tools/lib/vm-suite.sh ${test} ${CMAKE_BINARY_DIR} ${ARG_PLAIN} ${guest} ${files})
            set_tests_properties(${test} PROPERTIES LABELS "vm-${kernel};default" ${properties})
        endif()
    endforeach()
endfunction()

# quell_rare_targets(): test programs that only rare suites run are no part of `all`, so that a plain run does not wait for them;
# the target `rare` is all of them. Called when all suites are there.
function(quell_rare_targets)
    get_property(all GLOBAL PROPERTY QUELL_SUITE_TARGETS)
    get_property(plain GLOBAL PROPERTY QUELL_PLAIN_TARGETS)
    list(REMOVE_DUPLICATES all)
    list(REMOVE_ITEM all ${plain})
    set_target_properties(${all} PROPERTIES EXCLUDE_FROM_ALL ON)
    add_custom_target(rare)
    add_dependencies(rare ${all})
endfunction()
