// SPDX-License-Identifier: Apache-2.0
#include "user/oci_hook/hook.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "tests/base/temp_dir.h"
#include "user/base/files.h"
#include "user/control/interface.h"

namespace quell::oci {
namespace {

using control::CallOutcome;
using control::CallResult;
using control::Json;

constexpr const char* kState = R"({"ociVersion":"1.0","id":"web","pid":4711,"root":"/x/rootfs","bundle":"/x","status":"created","annotations":{"a":"b"}})";

TEST(OciState, IsReadAsRuntimesWriteIt) {
    const auto state = parse_state(kState);
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(state->id, "web");
    EXPECT_EQ(state->pid, 4711u);
    EXPECT_EQ(state->bundle, "/x");
    const auto without = parse_state(R"({"id":"web","pid":1})");
    ASSERT_TRUE(without);
    EXPECT_EQ(without->bundle, "");
}

TEST(OciState, WhatIsNoneIsRefused) {
    for (const char* text : {"", "{", "[]", "null", "7", R"("web")", "{}", R"({"id":"web"})", R"({"pid":1})", R"({"id":"","pid":1})", R"({"id":7,"pid":1})", R"({"id":"web","pid":"1"})",
                             R"({"id":"web","pid":0})", R"({"id":"web","pid":-1})", R"({"id":"web","pid":1.5})", R"({"id":"web","pid":4294967296})",
                             R"({"id":"web","pid":18446744073709551615})", R"({"id":"web","pid":1} x)", "{\"id\":\"\xff\",\"pid\":1}"})
        EXPECT_FALSE(parse_state(text)) << text;
    EXPECT_FALSE(parse_state(R"({"id":")" + std::string(kNameBytesMax + 1, 'a') + R"(","pid":1})"));
    EXPECT_FALSE(parse_state(std::string(kStateBytesMax + 1, ' ')));
    EXPECT_FALSE(parse_state(R"({"id":"web","pid":1,"annotations":)" + std::string(100'000, '[')));
}

TEST(OciState, ABundleIsAPathOrNothing) {
    for (const char* bundle : {R"("relative")", R"("")", "7", R"("/a\u0000b")"}) {
        const auto state = parse_state(R"({"id":"web","pid":1,"bundle":)" + std::string(bundle) + "}");
        ASSERT_TRUE(state) << bundle;
        EXPECT_EQ(state->bundle, "") << bundle;
    }
}

TEST(OciState, DamagedOnesAreReadSafely) {
    std::mt19937 random(11);
    for (int round = 0; round < 5000; round++) {
        std::string text = kState;
        for (int i = 0; i < 1 + round % 5; i++) text[random() % text.size()] = static_cast<char>(random());
        const auto state = parse_state(text);
        if (!state) continue;
        EXPECT_FALSE(state->id.empty());
        EXPECT_GE(state->pid, 1u);
        EXPECT_TRUE(state->bundle.empty() || state->bundle.front() == '/');
    }
}

class OciBundle : public testing::Test {
protected:
    void SetUp() override { ::chmod(directory_.path().c_str(), 0700); }
    ContainerIdentity identity(const std::string& config) {
        const auto bundle = directory_ / "bundle";
        std::filesystem::create_directories(bundle);
        ::chmod(bundle.c_str(), 0755);
        EXPECT_TRUE(write_file_atomic(config_, config, 0600));
        const auto files = TrustedFiles::open(directory_.path(), ::geteuid());
        EXPECT_TRUE(files);
        return identity_of(*files, {"web", 1, "/bundle"});
    }
    TempDir directory_;
    const std::string config_ = directory_ / "bundle/config.json";
};

TEST_F(OciBundle, TellsWhatAPodIsCalled) {
    const auto crio = identity(R"({"annotations":{"io.kubernetes.container.name":"web","io.kubernetes.pod.name":"cart-0","io.kubernetes.pod.namespace":"shop",
                                   "io.kubernetes.cri-o.ImageName":"registry.example/cart:1"}})");
    EXPECT_EQ(crio.name, "web");
    EXPECT_EQ(crio.pod, "cart-0");
    EXPECT_EQ(crio.pod_namespace, "shop");
    EXPECT_EQ(crio.image, "registry.example/cart:1");
    const auto containerd = identity(R"({"annotations":{"io.kubernetes.cri.container-name":"web","io.kubernetes.cri.sandbox-name":"cart-0",
                                         "io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.image-name":"registry.example/cart:1"}})");
    EXPECT_EQ(containerd.name, "web");
    EXPECT_EQ(containerd.pod, "cart-0");
}

TEST_F(OciBundle, TellsWhereTheRootIs) {
    const auto root = [&](const std::string& config) {
        (void)identity(config);
        return root_of(*TrustedFiles::open(directory_.path(), ::geteuid()), {"web", 1, "/bundle"});
    };
    EXPECT_EQ(root(R"({"root":{"path":"rootfs"}})"), "/bundle/rootfs") << "also of what is in no pod";
    EXPECT_EQ(root(R"({"root":{"path":"/srv/merged"},"annotations":{}})"), "/srv/merged");
    for (const auto& config : {std::string("{"), std::string("{}"), std::string(R"({"root":{"path":""}})"), std::string(R"({"root":{"path":7}})"), std::string(R"({"root":"x"})"),
                               R"({"root":{"path":"/)" + std::string(5000, 'a') + "\"}}"})
        EXPECT_EQ(root(config).find('a'), std::string::npos) << config.substr(0, 80);
    (void)identity(R"({"root":{"path":"rootfs"}})");
    ASSERT_EQ(::chmod(config_.c_str(), 0666), 0);
    EXPECT_EQ(root_of(*TrustedFiles::open(directory_.path(), ::geteuid()), {"web", 1, "/bundle"}), "") << "others may write it";
    EXPECT_EQ(root_of(*TrustedFiles::open(directory_.path(), ::geteuid()), {"web", 1, ""}), "");
}

TEST_F(OciBundle, HostileOnesTellNothing) {
    for (const auto& config : {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string(200'000, '['), std::string(R"({"annotations":7})"),
                                     std::string(R"({"annotations":{"io.kubernetes.container.name":{"x":1},"io.kubernetes.pod.name":["y"]}})"),
                                     R"({"annotations":{"io.kubernetes.container.name":")" + std::string(5000, 'a') + R"(","io.kubernetes.pod.name":"b"}})"}) {
        const auto told_of = identity(config);
        EXPECT_FALSE(told_of.name) << config.substr(0, 80);
        EXPECT_FALSE(told_of.image) << config.substr(0, 80);
    }
    std::filesystem::remove(config_);
    ASSERT_EQ(::mkfifo((config_).c_str(), 0600), 0);
    const auto files = TrustedFiles::open(directory_.path(), ::geteuid());
    EXPECT_FALSE(identity_of(*files, {"web", 1, "/bundle"}).name) << "a FIFO holds nobody up";
    EXPECT_FALSE(identity_of(*files, {"web", 1, "/bundle/../bundle"}).name);
    EXPECT_FALSE(identity_of(*files, {"web", 1, ""}).name);
}

TEST_F(OciBundle, WhatOthersMayWriteIsNotBelieved) {
    (void)identity(R"({"annotations":{"io.kubernetes.container.name":"web","io.kubernetes.pod.name":"cart-0"}})");
    ASSERT_EQ(::chmod((config_).c_str(), 0666), 0);
    const auto files = TrustedFiles::open(directory_.path(), ::geteuid());
    EXPECT_FALSE(identity_of(*files, {"web", 1, "/bundle"}).name);
}

TEST(OciCall, FitsTheInterface) {
    ContainerIdentity identity;
    identity.name = "web";
    identity.image = std::string(kNameBytesMax + 1, 'a');
    const auto& method = control::quell_interface().methods.find("ContainerStarts")->second;
    const auto json = told({"web", 4711, "/x"}, identity, "/x/rootfs");
    EXPECT_EQ(control::mismatch(control::quell_interface(), method.in, json).value_or("fits"), "fits");
    EXPECT_EQ(json["pid"], 4711);
    EXPECT_FALSE(json.contains("image")) << "longer than it can be";
    EXPECT_FALSE(json.contains("pod"));
    EXPECT_EQ(json["root"], "/x/rootfs");
    const auto bare = told({"web", 4711, ""}, {}, "");
    EXPECT_EQ(control::mismatch(control::quell_interface(), method.in, bare).value_or("fits"), "fits");
    EXPECT_FALSE(bare.contains("root"));
}

CallResult reply(const Json& parameters) { return {CallOutcome::Reply, {}, parameters, {}}; }

TEST(OciVerdict, WhatIsNotFollowedStartsInSilence) {
    for (const bool required : {false, true}) {
        const auto verdict = verdict_of(reply({{"followed", false}, {"contained", false}, {"incidents", Json::array()}}), {"web", 1, ""}, required);
        EXPECT_TRUE(verdict.starts);
        EXPECT_EQ(verdict.text, "");
    }
}

TEST(OciVerdict, WhatIsContainedStartsAndIsTold) {
    const auto verdict = verdict_of(reply({{"followed", true}, {"contained", true}, {"text", "cut"}}), {"web", 1, ""}, true);
    EXPECT_TRUE(verdict.starts);
    EXPECT_FALSE(verdict.is_trouble);
    EXPECT_EQ(verdict.text, "container web: cut");
}

TEST(OciVerdict, WhatIsNotKnownToBeContainedStartsUnlessItIsRequired) {
    const State state{"web", 1, ""};
    const std::vector<CallResult> troubles = {reply({{"followed", true}, {"contained", false}, {"text", "blind"}}), {CallOutcome::Remote, "io.quell.Failed", {{"reason", "no"}}, {}},
                                              {CallOutcome::Unreachable, {}, Json::object(), "nobody"}, {CallOutcome::Refused, {}, Json::object(), "mode"},
                                              {CallOutcome::Nonsense, {}, Json::object(), "what"}};
    for (const auto& trouble : troubles) {
        EXPECT_TRUE(verdict_of(trouble, state, false).starts);
        EXPECT_TRUE(verdict_of(trouble, state, false).is_trouble);
        EXPECT_FALSE(verdict_of(trouble, state, true).starts);
        EXPECT_FALSE(verdict_of(trouble, state, true).text.empty());
    }
    EXPECT_TRUE(verdict_of(Error{"odd", EINVAL, {}}, false).starts);
    EXPECT_FALSE(verdict_of(Error{"odd", EINVAL, {}}, true).starts);
}

TEST(OciVerdict, TextsAreEscapedAndBounded) {
    const std::string hostile = "\x1b[2J\n\xff" + std::string(100'000, 'a');
    for (const auto& answer : {reply({{"followed", true}, {"contained", false}, {"text", hostile}}), CallResult{CallOutcome::Remote, hostile, {{"reason", hostile}}, {}},
                               CallResult{CallOutcome::Unreachable, {}, Json::object(), hostile}}) {
        const auto text = verdict_of(answer, {hostile, 1, ""}, false).text;
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
        EXPECT_EQ(text.find('\n'), std::string::npos);
        EXPECT_LT(text.size(), 4096u);
    }
}

}  // namespace
}  // namespace quell::oci
