// SPDX-License-Identifier: Apache-2.0
// Operations beyond those of the log's matrix, in a container and on the host,
// each with a neighbour that is not one.
#include <gtest/gtest.h>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

struct OperationCase {
    const char* word;
    const char* prepare;
    const char* seen;
    const char* object;
    const char* unseen;
    int matches = 1;
};

constexpr OperationCase kOperationCases[] = {
    {"open-write", "echo line >f", "attack append f", "f", "attack read f"},
    {"open-write", "echo line >f", "exec 3<>f", "f", "attack read f"},
    {"create", "true", "echo line >new", "new", "echo line >>new"},
    {"create", "true", "mkdir made", "made", "rmdir made"},
    {"create", "true", "mkfifo pipe", "pipe", "rm pipe"},
    {"create", "true", "mknod null c 1 3", "null", "rm null"},
    {"create", "true", "ln -s f symbolic", "symbolic", "rm symbolic"},
    {"create", "echo line >../outside", "ln ../outside hard", "hard", "rm hard"},
    {"create", "echo line >../outside", "mv ../outside moved", "moved", "mv moved ../outside"},
    {"create", "mkdir ../directory", "mv ../directory moved-directory", "moved-directory", "mv moved-directory ../directory"},
    {"chmod", "echo line >f", "attack chmod f", "f", "attack chown f; attack utimes f"},
    {"chown", "echo line >f", "attack chown f", "f", "attack chmod f; attack utimes f"},
    {"chmod", "echo line >f; chmod 4777 f", "chmod 755 f", "f", "chmod 4777 ../outside; attack as-nobody-append f"},
    {"setxattr", "echo line >f", "attack setxattr f", "f", "attack chmod f"},
    {"setxattr", "echo line >f; attack setxattr f", "attack removexattr f", "f", "attack chmod f"},
    {"exec", "cp $(command -v attack) f", "./f read ../outside", "f", "attack read f"},
    {"exec", "printf '#!/bin/sh\\ntrue\\n' >script; chmod 755 script", "./script", "script", "sh ./script"},
    {"mmap-exec", "echo line >f", "attack map-executable f", "f", "attack read f"},
};

std::string policy_of(const char* word) {
    return std::string("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: operations}\nspec:\n  rules:\n    - {id: one, severity: low, on: [") + word +
           "], match: {path: [/srv/t/watched/**]}}\n";
}

class Operations : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        must("rm -rf /srv/t");
        apply_pack();
    }
    static void expect_each(const Container* container) {
        for (const OperationCase& one : kOperationCases) {
            SCOPED_TRACE(std::string(one.word) + ": " + one.seen + (container ? " in a container" : " on the host"));
            const std::string in = "cd /srv/t/watched && { ";
            write("/tmp/operations.yaml", policy_of("rename"));
            must("quell policy apply /tmp/operations.yaml");
            const std::string prepare = "rm -rf /srv/t; mkdir -p /srv/t/watched && echo line >/srv/t/outside && " + in + one.prepare + "; }";
            const auto prepared = container ? container->exec(prepare) : run("PATH=/w:$PATH; " + prepare);
            ASSERT_EQ(prepared.status, 0) << prepared.text;
            reject_all();
            write("/tmp/operations.yaml", policy_of(one.word));
            must("quell policy apply /tmp/operations.yaml");
            EXPECT_EQ(expect_seen(container, in + one.seen + "; }", {one.word, std::string("/srv/t/watched/") + one.object, one.matches}).status, 0);
            (void)expect_unseen(container, in + one.unseen + "; }");
            reject_all();
        }
    }
};

TEST_F(Operations, OfEachWordAreSeenInAContainer) {
    Container container("operations");
    must("mkdir -p " + container.directory() + "/lower/srv");
    container.start();
    expect_each(&container);
}

TEST_F(Operations, OfEachWordAreSeenOnTheHost) { expect_each(nullptr); }

// A shell that a runtime starts in a container is the container's, and so is its first process.
TEST_F(Operations, AnExecIntoAContainerIsTheContainers) {
    write("/tmp/exec.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: operations}\nspec:\n  rules:\n"
                            "    - {id: shell, severity: low, on: [exec], where: {subject: container}, match: {path: [/bin/**]}}\n");
    must("quell policy apply /tmp/exec.yaml");
    const auto before = matches();
    Container container("execs");
    container.start();
    const auto begun = wait_for([](const Json& one) { return one["rule"] == "shell"; });
    expect_told(begun, before, "its first exec");
    ASSERT_TRUE(begun);
    EXPECT_EQ((*begun)["container"]["id"], container.id());
    reject_all();
    const auto known = matches();
    EXPECT_EQ(container.exec("true").status, 0);
    EXPECT_GT(matches(), known);
    const auto entered = wait_for([](const Json& one) { return one["rule"] == "shell"; });
    expect_told(entered, known, "the exec of a shell in it");
    ASSERT_TRUE(entered);
    EXPECT_EQ((*entered)["container"]["id"], container.id());
}

}  // namespace
}  // namespace quell::guest
