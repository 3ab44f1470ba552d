// SPDX-License-Identifier: Apache-2.0
#include "user/incident/told_container.h"

#include <gtest/gtest.h>

namespace quell {
namespace {

TEST(ToldContainer, FillsInWhatNoFileSays) {
    const ToldContainer told{7, "", "shop", "cart-0", "web", "registry.example/cart:1"};
    ContainerIdentity identity;
    identity.image = "registry.example/cart:2";
    fill_in(identity, QUELL_RUNTIME_CRIO, told);
    EXPECT_EQ(identity.name, "web");
    EXPECT_EQ(identity.pod, "cart-0");
    EXPECT_EQ(identity.pod_namespace, "shop");
    EXPECT_EQ(identity.image, "registry.example/cart:2") << "a file said so";
}

// Of Podman's containers anybody who starts one chooses the annotations.
TEST(ToldContainer, IsNotBelievedWhereTheRuntimeDoesNotWriteIt) {
    for (const auto runtime : {QUELL_RUNTIME_PODMAN, QUELL_RUNTIME_DOCKER, QUELL_RUNTIME_NONE}) {
        ContainerIdentity identity;
        fill_in(identity, runtime, {7, "", "shop", "cart-0", "web", "image"});
        EXPECT_EQ(identity, ContainerIdentity{}) << runtime;
    }
}

TEST(ToldContainer, NothingToldFillsNothingIn) {
    ContainerIdentity identity;
    fill_in(identity, QUELL_RUNTIME_CRIO, {});
    EXPECT_EQ(identity, ContainerIdentity{});
}

TEST(ToldContainer, TheUnifiedPathOfAProcess) {
    EXPECT_EQ(unified_path("0::/kubepods.slice/crio-1.scope\n"), "/kubepods.slice/crio-1.scope");
    EXPECT_EQ(unified_path("12:pids:/a\n1:name=systemd:/b\n0::/c\n"), "/c");
    EXPECT_EQ(unified_path("0::/\n"), "/");
    EXPECT_EQ(unified_path("0::/without end"), "/without end");
    for (const char* none : {"", "\n", "0::", "0::relative\n", "1:name=systemd:/b\n", "10::/c\n", "0::/../outside of what is seen\n", "0::/a/..\n"}) EXPECT_EQ(unified_path(none), "") << none;
}

}  // namespace
}  // namespace quell
