// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/container_files.h"

#include "tests/evidence/made.h"

namespace quell::evidence {
namespace {

TEST(ContainerFiles, TheConfigurationIsWithoutTheValuesOfVariables) {
    const auto plain = without_values(R"({"process": {"args": ["sh", "A=b"], "env": ["PATH=/bin", "TOKEN=hunter2", "odd", 7]},
                                         "hooks": {"prestart": [{"path": "/h", "env": ["KEY=hunter2"]}]}, "annotations": {"env": "text"}})");
    EXPECT_EQ(plain.find("hunter2"), std::string::npos) << plain;
    const auto json = Json::parse(plain);
    EXPECT_EQ(json["process"]["env"], Json({"PATH", "TOKEN", "odd", "?"}));
    EXPECT_EQ(json["process"]["args"], Json({"sh", "A=b"}));
    EXPECT_EQ(json["annotations"]["env"], "text");
    EXPECT_EQ(without_values("no json"), "");
    std::string deep;
    for (int i = 0; i < 200; i++) deep += "[";
    EXPECT_EQ(without_values(deep + R"({"env": ["A=hunter2"]})" + std::string(200, ']')).find("hunter2"), std::string::npos);
}

TEST(ContainerFiles, VolumesAreWhatTheHostHasMountedToo) {
    const auto container = MountTable::parse(
        "100 99 0:50 / / rw - overlay overlay rw\n"
        "101 100 0:51 / /proc rw - proc proc rw\n"
        "102 100 0:52 / /dev rw - tmpfs tmpfs rw\n"
        "103 100 8:1 /var/lib/volumes/db\\012x /data rw - ext4 /dev/sda1 rw\n"
        "104 100 0:60 / /cache rw - tmpfs tmpfs rw\n");
    const auto host = MountTable::parse(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "21 20 0:51 / /proc rw - proc proc rw\n"
        "22 20 0:60 / /var/lib/kubelet/pods/5d3c/volumes/cache rw - tmpfs tmpfs rw\n");
    const auto list = volumes(container, host);
    ASSERT_EQ(list.size(), 2u) << list.dump(1);
    EXPECT_EQ(list[0]["mountpoint"], "/data");
    EXPECT_EQ(list[0]["host_path"], "/var/lib/volumes/db\\x0ax");
    EXPECT_EQ(list[1]["mountpoint"], "/cache");
    EXPECT_EQ(list[1]["host_path"], "/var/lib/kubelet/pods/5d3c/volumes/cache");
}

TEST(ContainerFiles, ACgroupOfTheSameNameIsNotTakenForIt) {
    const TempDir dir;
    auto order = an_order(dir, QUELL_RESPONSE_CAPTURE);
    order.container = 1'000'000'007;
    order.cgroup = "/";
    std::vector<std::string> notes;
    for (const auto& [name, bytes] : container_files(order, notes)) EXPECT_FALSE(name.starts_with("cgroup/")) << name;
    EXPECT_NE(std::find(notes.begin(), notes.end(), "the container's cgroup is gone"), notes.end());
}

}  // namespace
}  // namespace quell::evidence
