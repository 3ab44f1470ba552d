// SPDX-License-Identifier: Apache-2.0
#include "user/cli/doctor_checks.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <tuple>

#include "tests/base/temp_dir.h"
#include "tests/cli/run_quell.h"
#include "user/control/json.h"

namespace quell::cli {
namespace {

class Doctor : public testing::Test {
protected:
    void put(const std::string& path, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path(dir / path).parent_path());
        std::ofstream(dir / path) << text;
    }
    TempDir dir;
    Host host{dir.path(), "6.12.1"};
};

TEST_F(Doctor, Kernel) {
    for (const auto& [release, health] : std::vector<std::pair<std::string, Health>>{
             {"6.1.0-40-amd64", Health::Good}, {"7.2", Health::Good}, {"6.0.9", Health::Bad}, {"5.19", Health::Bad}, {"", Health::Bad}, {"odd", Health::Bad}})
        EXPECT_EQ(check_kernel({"", release}).health, health) << release;
}

TEST_F(Doctor, LsmTellsTheParameterAndKeepsWhatIsThere) {
    EXPECT_EQ(check_lsm(host).health, Health::Unknown);
    put("sys/kernel/security/lsm", "lockdown,capability,landlock,yama,apparmor");
    const Check check = check_lsm(host);
    EXPECT_EQ(check.health, Health::Bad);
    EXPECT_NE(check.remedy.find("lsm=lockdown,landlock,yama,apparmor,bpf "), std::string::npos) << check.remedy;
    put("sys/kernel/security/lsm", "capability,bpf\n");
    EXPECT_EQ(check_lsm(host).health, Health::Good);
}

TEST_F(Doctor, Mounts) {
    put("proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\nbpf /sys/fs/bpf bpf rw 0 0\n");
    EXPECT_EQ(check_cgroups(host).health, Health::Good);
    EXPECT_EQ(check_bpffs(host).health, Health::Good);
    put("proc/self/mounts", "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
    EXPECT_EQ(check_cgroups(host).health, Health::Bad);
    EXPECT_NE(check_cgroups(host).found.find("version 1"), std::string::npos);
    EXPECT_EQ(check_bpffs(host).remedy, "mount -t bpf bpf /sys/fs/bpf");
}

TEST_F(Doctor, FullPreemptionBeforeSevenIsToldOf) {
    EXPECT_EQ(check_preemption(host).health, Health::Unknown);
    for (const auto& [line, release, health] : std::vector<std::tuple<std::string, std::string, Health>>{
             {"quiet lsm=bpf\n", "6.12.1", Health::Good}, {"preempt=full\n", "6.12.1", Health::Bad},      {"preempt=full quiet", "6.1.0-50", Health::Bad},
             {"preempt=full", "7.2.13", Health::Good},    {"preempt=full preempt=none", "6.12.1", Health::Good}}) {
        put("proc/cmdline", line);
        EXPECT_EQ(check_preemption({host.root, release}).health, health) << line << release;
    }
    put("proc/cmdline", "preempt=full");
    EXPECT_EQ(check_preemption(host).remedy, "boot with preempt=voluntary");
    put("proc/cmdline", "quiet");
    put("boot/config-6.12.1", "CONFIG_PREEMPT_BUILD=y\nCONFIG_PREEMPT_VOLUNTARY=y\n");
    EXPECT_EQ(check_preemption(host).health, Health::Good);
    put("boot/config-6.12.1", "CONFIG_PREEMPT=y\n");
    EXPECT_EQ(check_preemption(host).health, Health::Bad);
}

TEST_F(Doctor, FtraceAndBtf) {
    EXPECT_EQ(check_ftrace(host).health, Health::Bad);
    put("proc/sys/kernel/ftrace_enabled", "0\n");
    EXPECT_EQ(check_ftrace(host).remedy, "sysctl kernel.ftrace_enabled=1");
    put("proc/sys/kernel/ftrace_enabled", "1\n");
    EXPECT_EQ(check_ftrace(host).health, Health::Good);
    EXPECT_EQ(check_btf(host).health, Health::Bad);
    put("sys/kernel/btf/vmlinux", "x");
    EXPECT_EQ(check_btf(host).health, Health::Good);
}

TEST_F(Doctor, ConfigPlainAndCompressed) {
    EXPECT_EQ(check_config(host).health, Health::Unknown);
    std::string config = "# CONFIG_BPF_LSM is not set\nCONFIG_FUNCTION_TRACER=m\n";
    for (const char* option : {"BPF_SYSCALL", "BPF_JIT", "DEBUG_INFO_BTF", "SECURITY", "CGROUPS", "CGROUP_BPF", "DYNAMIC_FTRACE", "UNIX"})
        config += std::string("CONFIG_") + option + "=y\n";
    put("boot/config-6.12.1", config);
    EXPECT_EQ(check_config(host).found, "not set: CONFIG_BPF_LSM=y CONFIG_BPF_EVENTS=y CONFIG_SECURITY_NETWORK=y CONFIG_FUNCTION_TRACER=y "
                                        "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y CONFIG_AUDIT=y");
    std::filesystem::remove(dir / "boot/config-6.12.1");
    std::filesystem::create_directories(dir / "proc");
    for (const char* option : {"BPF_LSM", "FUNCTION_TRACER", "BPF_EVENTS", "SECURITY_NETWORK", "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "AUDIT"})
        config += std::string("CONFIG_") + option + "=y\n";
    const gzFile file = gzopen((dir / "proc/config.gz").c_str(), "wb");
    gzwrite(file, config.data(), static_cast<unsigned>(config.size()));
    gzclose(file);
    EXPECT_EQ(check_config(host).health, Health::Good);
}

TEST_F(Doctor, Programs) {
    const auto good = programs_from(R"({"programs":[{"name":"a","loaded":true},{"name":"c","loaded":true}]})", 0);
    ASSERT_EQ(good.size(), 3u);
    EXPECT_EQ(good[0].name, "program a");
    EXPECT_TRUE(good[0].is_one_of_many);
    EXPECT_EQ(good[2].found, "2 accepted by the verifier");
    EXPECT_FALSE(good[2].is_one_of_many);
    const auto bad = programs_from(R"({"programs":[{"name":"a","loaded":true},{"name":"b","loaded":false,"detail":"no\u001b"}]})", 1);
    ASSERT_EQ(bad.size(), 2u);
    EXPECT_EQ(bad[1].name, "program b");
    EXPECT_EQ(bad[1].health, Health::Bad);
    EXPECT_EQ(bad[1].found, "no\\x1b");
    EXPECT_FALSE(bad[1].is_one_of_many);
    EXPECT_EQ(programs_from(R"({"programs":[{"name":"a","loaded":true}]})", 1).back().health, Health::Bad);
    for (const char* text : {"", "x", "[]", R"({"programs":[]})"}) EXPECT_EQ(programs_from(text, 0).at(0).health, Health::Bad) << text;
}

TEST(DoctorCanary, SaysHowOldItsResultIs) {
    constexpr std::int64_t kChecked = 1'772'356'080'000'000'000;  // 2026-03-01T09:08:00Z
    control::Json status = {{"canary", "denied"}, {"canary_checked", "2026-03-01T09:08:00.000000Z"}};
    EXPECT_EQ(canary_from(status, kChecked + 7'900'000'000).found, "denied, tried 7s ago");
    EXPECT_EQ(canary_from(status, kChecked + 7'900'000'000).health, Health::Good);
    EXPECT_EQ(canary_from(status, kChecked - 1).found, "denied, tried 0s ago");  // clocks are set back
    const Check old = canary_from(status, kChecked + 130'000'000'000);
    EXPECT_EQ(old.found, "denied, tried 2m 10s ago");
    EXPECT_EQ(old.health, Health::Unknown) << "nobody tried since";
    status["canary"] = "not-denied";
    EXPECT_EQ(canary_from(status, kChecked + 130'000'000'000).health, Health::Bad);
    status["canary"] = "unknown";
    EXPECT_EQ(canary_from(status, kChecked).found, "unknown: it was not tried yet, or cannot be");
    status["canary"] = "denied";
    status["canary_checked"] = "?";
    EXPECT_EQ(canary_from(status, kChecked).health, Health::Unknown);
}

TEST(DoctorVerb, JsonAndExit) {
    const Ran ran = run_quell({"--socket", "/nonexistent/s", "doctor", "--json"});
    EXPECT_EQ(ran.code, 1);  // no daemon, no canary
    const auto json = control::Json::parse(ran.out);
    EXPECT_EQ(json["ok"], false);
    EXPECT_EQ(json["checks"].back()["name"], "canary");
    EXPECT_EQ(json["checks"].back()["result"], "failed");
}

}  // namespace
}  // namespace quell::cli
