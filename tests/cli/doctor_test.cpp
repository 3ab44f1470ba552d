// SPDX-License-Identifier: Apache-2.0
#include "user/cli/doctor_checks.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

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
    EXPECT_EQ(check_config(host).found, "not set: CONFIG_BPF_LSM=y CONFIG_FUNCTION_TRACER=y");
    std::filesystem::remove(dir / "boot/config-6.12.1");
    std::filesystem::create_directories(dir / "proc");
    config += "CONFIG_BPF_LSM=y\nCONFIG_FUNCTION_TRACER=y\n";
    const gzFile file = gzopen((dir / "proc/config.gz").c_str(), "wb");
    gzwrite(file, config.data(), static_cast<unsigned>(config.size()));
    gzclose(file);
    EXPECT_EQ(check_config(host).health, Health::Good);
}

TEST_F(Doctor, Programs) {
    EXPECT_EQ(programs_from(R"({"programs":[{"name":"a","loaded":true}]})", 0).at(0).health, Health::Good);
    const auto bad = programs_from(R"({"programs":[{"name":"a","loaded":true},{"name":"b","loaded":false,"detail":"no\u001b"}]})", 1);
    ASSERT_EQ(bad.size(), 1u);
    EXPECT_EQ(bad[0].name, "program b");
    EXPECT_EQ(bad[0].found, "no\\x1b");
    for (const char* text : {"", "x", "[]", R"({"programs":[]})"}) EXPECT_EQ(programs_from(text, 0).at(0).health, Health::Bad) << text;
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
