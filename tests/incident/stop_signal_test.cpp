// SPDX-License-Identifier: Apache-2.0
#include "user/incident/stop_signal.h"

#include <gtest/gtest.h>

#include <csignal>

namespace quell {
namespace {

TEST(StopSignal, AsRuntimesWriteIt) {
    EXPECT_EQ(stop_signal("15"), SIGTERM);
    EXPECT_EQ(stop_signal("3"), SIGQUIT);
    EXPECT_EQ(stop_signal("SIGQUIT"), SIGQUIT);
    EXPECT_EQ(stop_signal("quit"), SIGQUIT);
    EXPECT_EQ(stop_signal("SIGWINCH"), SIGWINCH);
    EXPECT_EQ(stop_signal("SIGRTMIN+3"), 37);
    EXPECT_EQ(stop_signal("rtmin"), 34);
    EXPECT_EQ(stop_signal("SIGRTMAX-1"), 63);
    EXPECT_EQ(stop_signal("37"), 37);
    EXPECT_EQ(stop_signal("SIGKILL"), SIGKILL);
}

TEST(StopSignal, WhatStopsNobodyIsTheDefault) {
    for (const char* text : {"", "0", "-9", "65", "99999999999999999999", "SIGSTOP", "19", "SIGCONT", "SIG", "SIGSIGTERM", "TERM ", "SIGRTMIN+31", "SIGRTMIN+-1", "SIGRTMIN-1", "SIGRTMAX+1", "15 "})
        EXPECT_EQ(stop_signal(text), SIGTERM) << text;
    EXPECT_EQ(stop_signal(std::string(100'000, '1')), SIGTERM);
}

TEST(StopSignal, IsNamed) {
    EXPECT_EQ(stop_signal_text(SIGTERM), "SIGTERM");
    EXPECT_EQ(stop_signal_text(37), "SIGRTMIN+3");
    EXPECT_EQ(stop_signal_text(32), "signal 32");
    for (int signal = 1; signal <= 64; signal++) {
        const bool has_name = signal != SIGSTOP && signal != SIGCONT && signal != 16 && signal != 32 && signal != 33;
        EXPECT_EQ(stop_signal(stop_signal_text(signal)), has_name ? signal : SIGTERM) << signal;
    }
}

}  // namespace
}  // namespace quell
