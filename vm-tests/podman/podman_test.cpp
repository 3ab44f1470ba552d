// SPDX-License-Identifier: Apache-2.0
// Real podman, real image, each way in which it makes a cgroup: a log is
// removed, the incident names the one container, the kill takes that one.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kImage = "localhost/quell-test:1";
constexpr const char* kOwnCgroup = "/sys/fs/cgroup/system.slice/split.service";

// What a way's text may use: $P is podman, $O are options of run and create, $I is the image.
std::string shell(const std::string& text) {
    const bool systemd = run("test -d /run/systemd/system").status == 0;
    return std::string("P='podman --cgroup-manager ") + (systemd ? "systemd" : "cgroupfs") +
           " --log-level error'; O='--network none --name victim'; I=" + kImage + "; { " + text + "; } </dev/null >/tmp/podman.out 2>&1 || { cat /tmp/podman.out; false; }";
}

void must_podman(const std::string& text) { must(shell(text)); }

struct Way {
    const char* name;
    const char* start;
    const char* remove;  // "": its own command does it
};

// As a unit with Delegate=yes has it: podman splits the cgroup that it finds itself in.
#define IN_OWN_CGROUP "mkdir -p /sys/fs/cgroup/system.slice/split.service && echo 0 >/sys/fs/cgroup/system.slice/split.service/cgroup.procs && "
#define REMOVE_AND_STAY "sh -c 'rm /var/log/dpkg.log; sleep 1000; :'"
// Of what is nested, the name of a container too: the outermost counts.
#define NESTED "0000000000000000000000000000000000000000000000000000000000000000"

const Way kWays[] = {
    {"Run", "$P run -d $O $I " REMOVE_AND_STAY, ""},
    {"CreateAndStart", "$P create $O $I " REMOVE_AND_STAY " && $P start victim", ""},
    {"Exec", "$P run -d $O $I sleep 1000", "$P exec victim rm /var/log/dpkg.log"},
    {"DetachedExec", "$P run -d $O $I sleep 1000", "$P exec -d victim " REMOVE_AND_STAY},
    {"Restarted", "$P run -d $O $I sleep 1000 && $P restart -t 0 victim", "$P exec victim rm /var/log/dpkg.log"},
    {"Split", "(" IN_OWN_CGROUP "$P run -d --cgroups=split $O $I " REMOVE_AND_STAY ")", ""},
    {"SplitExec", "(" IN_OWN_CGROUP "$P run -d --cgroups=split $O $I sleep 1000)", "$P exec victim rm /var/log/dpkg.log"},
    {"NestedCgroups",
     "$P run -d --privileged $O $I sh -c 'mkdir -p /sys/fs/cgroup/inner/libpod-" NESTED " && echo $$ >/sys/fs/cgroup/inner/libpod-" NESTED
     "/cgroup.procs && rm /var/log/dpkg.log; sleep 1000; :'",
     ""},
    {"ExecOfNestedCgroups",
     "$P run -d --privileged $O $I sh -c 'mkdir /sys/fs/cgroup/inner && echo $$ >/sys/fs/cgroup/inner/cgroup.procs; sleep 1000; :'",
     "sleep 1; $P exec victim rm /var/log/dpkg.log"},
};

class Podman : public testing::TestWithParam<Way> {
protected:
    static void SetUpTestSuite() {
        must_podman("tar -C /usr/share/quell-vm/rootfs -c . | podman import - $I && $P run -d --network none --name neighbour $I sleep 1000");
    }
    static void TearDownTestSuite() { must("podman rm -f -t 0 neighbour"); }
    void TearDown() override {
        (void)run("podman rm -f -t 0 victim; rmdir " + std::string(kOwnCgroup) + "/* " + kOwnCgroup);
        reject_all();
    }
    static std::string inspect(const std::string& name, const std::string& field) {
        auto text = must("podman inspect -f '{{." + field + "}}' " + name);
        text.erase(text.find_last_not_of('\n') + 1);
        return text;
    }
};

TEST_P(Podman, IsOneContainerAndIsKilledAlone) {
    const auto before = counter("containers-seen");
    must_podman(GetParam().start);
    if (*GetParam().remove) must_podman(GetParam().remove);
    const auto incident = wait_for_pending([](const Json& one) { return one["operation"] == "delete"; });
    ASSERT_TRUE(incident) << run("cat /tmp/podman.out; quell status; podman ps -a; podman logs victim; systemd-cgls -l --no-pager").text;
    EXPECT_EQ((*incident)["subject"], "container");
    const auto& container = (*incident)["container"];
    EXPECT_EQ(container["runtime"], "podman") << *incident;
    EXPECT_EQ(container["name"], "victim");
    EXPECT_EQ(container["image"], kImage);
    EXPECT_EQ(container["id"], inspect("victim", "Id"));
    EXPECT_EQ((*incident)["file"]["path"], "/var/log/dpkg.log");
    EXPECT_EQ(incidents().size(), 1u) << run("quell incidents").text;
    const auto starts = GetParam().name == std::string("Restarted") ? 2 : 1;
    EXPECT_EQ(counter("containers-seen") - before, starts) << "one start is one container";
    if (std::string(GetParam().name).starts_with("Split")) {
        EXPECT_EQ(run("test -d " + std::string(kOwnCgroup) + "/libpod-payload-" + inspect("victim", "Id")).status, 0);
    }

    EXPECT_EQ(must("jq -r '.annotations[\"org.opencontainers.image.stopSignal\"]' " + inspect("neighbour", "OCIConfigPath")), "15\n") << "what stop-container reads";

    const auto monitor = inspect("neighbour", "ConmonPidFile");
    const auto output = approve((*incident)["id"], "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([] { return inspect("victim", "State.Running") == "false"; }));
    EXPECT_EQ(inspect("neighbour", "State.Running"), "true");
    EXPECT_EQ(run("kill -0 $(cat " + monitor + ")").status, 0) << "the neighbour's monitor";
    EXPECT_EQ(run("podman exec neighbour cat /var/log/dpkg.log").status, 0);
    EXPECT_EQ(actions_of((*incident)["id"]), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

// By what podman itself keeps of a container: its name, its image, its annotations.
class PodmanNamed : public Podman {};

TEST_P(PodmanNamed, ARuleIsAboutTheContainerOfThatName) {
    write("/tmp/named.yaml", std::string("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: named}\nspec:\n  rules:\n") +
                                 "    - {id: denied, severity: low, on: [delete], where: {container: {name: [\"vic*\"], image: [\"*/quell-test:1\"], annotations: [\"example.org/a=b\"]}}, "
                                 "match: {path: [/var/log/**]}, respond: {deny: true}}\n"
                                 "    - {id: neighbour, severity: low, on: [delete], where: {subject: container, not: {container: {name: [victim], pod: [\"*\"]}}}, match: {path: [/var/log/**]}}\n");
    must("quell policy apply /tmp/named.yaml");
    must_podman("$P run -d --annotation example.org/a=b $O $I sleep 1000");
    const auto removal = [](const std::string& name) { return run("podman exec " + name + " sh -c ': >/var/log/f; rm /var/log/f'").status; };
    EXPECT_TRUE(eventually([&] { return removal("victim") != 0; })) << run("tail -n 20 /var/log/quelld.console").text;
    EXPECT_EQ(removal("neighbour"), 0);
    const auto found = wait_for([](const Json& one) { return one["rule"] == "neighbour" && one["container"].value("name", "") == "neighbour"; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    EXPECT_FALSE(found->contains("doubt")) << *found;
    EXPECT_EQ(removal("victim"), 1);
    EXPECT_FALSE(wait_for([](const Json& one) { return one["rule"] == "denied" && one["container"].value("name", "") == "neighbour" && one["state"] == "pending"; }));
    apply_pack();
}

// They are in its database and in no file beside it. When that changes they can be read.
TEST_P(PodmanNamed, LabelsAreInNoFileThatIsRead) {
    write("/tmp/named.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: named}\nspec:\n  rules:\n"
                             "    - {id: label, severity: low, on: [delete], where: {container: {labels: [\"a=*\"]}}, match: {path: [/var/log/**]}, respond: {deny: true}}\n");
    must("quell policy apply /tmp/named.yaml");
    must_podman("$P run -d --label a=label-of-the-victim $O $I sleep 1000");
    EXPECT_EQ(must("grep -rlaF --exclude-dir=overlay label-of-the-victim /var/lib/containers /run/containers /run/crun"), "/var/lib/containers/storage/libpod/bolt_state.db\n");
    must("podman exec victim rm /var/log/dpkg.log");
    const auto found = wait_for([](const Json& one) { return one["rule"] == "label"; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    EXPECT_TRUE(found->contains("doubt")) << *found;
    apply_pack();
}

// Without an infra container, for which the guest has no image: the pod's cgroup is what makes them one.
TEST_P(PodmanNamed, APodIsPausedAsAWhole) {
    must_podman("$P pod create --infra=false --name crew && $P run -d --pod crew --name victim $I sleep 1000 && $P run -d --pod crew --name mate $I sleep 1000");
    const auto frozen = [](const std::string& name) { return run("cg=$(cut -d: -f3 /proc/" + inspect(name, "State.Pid") + "/cgroup); grep -qx 'frozen 1' /sys/fs/cgroup$cg/cgroup.events").status == 0; };
    const auto pod = must("podman pod inspect --format '{{.Id}}' crew").substr(0, 12);
    const auto paused = run("quell --json respond pause-container --pod " + pod + " --yes --reason told 2>/dev/null");
    EXPECT_EQ(paused.status, 0) << paused.text;
    EXPECT_TRUE(frozen("victim") && frozen("mate"));
    EXPECT_FALSE(frozen("neighbour"));
    const auto told = Json::parse(paused.text, nullptr, false);
    if (paused.status == 0) {
        EXPECT_EQ(told["parts"].size(), 2u) << told;
        EXPECT_EQ(run("quell undo " + told["incident"]["id"].get<std::string>() + " --reason seen").status, 0);
    }
    EXPECT_FALSE(frozen("victim") || frozen("mate"));
    must("podman pod rm -f -t 0 crew");
}

INSTANTIATE_TEST_SUITE_P(Way, PodmanNamed, testing::Values(kWays[0]));

INSTANTIATE_TEST_SUITE_P(Ways, Podman, testing::ValuesIn(kWays), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace quell::guest
