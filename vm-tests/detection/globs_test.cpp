// SPDX-License-Identifier: Apache-2.0
// Paths with wildcards: each form, by what it refuses and what it leaves alone,
// on a disk of the host, a container's overlay, a volume, and a single mounted
// file; of executables; and after directories have changed their names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

struct Form {
    std::string pattern;
    std::vector<std::string> meant, others;  // below the place
};

const std::string kLong(200, 'n');  // longer than a dentry keeps within itself

const std::vector<Form>& forms() {
    static const std::vector<Form> kForms{
        {"/**/globbed", {"globbed", "a/b/c/globbed"}, {"globbed2", "a/xglobbed", "globbed.d/x"}},
        {"/**/*.glob-end", {"x.glob-end", ".glob-end", "a/" + kLong + ".glob-end"}, {"glob-end", "x.glob-end2", "x.glob-end.d/y"}},
        {"/**/glob-head*", {"glob-head", "a/glob-head-" + kLong}, {"xglob-head", "glob-hea"}},
        {"/**/glob-both*both-ends", {"glob-bothboth-ends", "a/glob-both-x-both-ends"}, {"glob-both-ends", "glob-both-x-both-end"}},
        {"@/one/*.key", {"one/a.key", "one/" + kLong + ".key"}, {"one/x/a.key", "one/akey", "two/a.key"}},
        {"@/star/*/own", {"star/x/own", "star/y/own"}, {"star/own", "star/x/y/own", "star/x/owner"}},
        {"@/star/pre*post/in", {"star/prepost/in", "star/pre-and-post/in"}, {"star/pre/in", "star/prepos/in", "star/prepost/x/in"}},
        {"@/deep/**/mid/*.tmp", {"deep/mid/a.tmp", "deep/q/r/mid/b.tmp"}, {"deep/mid/x/a.tmp", "deep/mix/a.tmp", "mid/a.tmp"}},
        {"@/deep/**/m*d/*/end", {"deep/mid/x/end", "deep/q/mould/y/end"}, {"deep/mid/end", "deep/mid/x/y/end"}},
    };
    return kForms;
}

std::string at(std::string pattern, const std::string& place) {
    if (pattern[0] == '@') pattern.replace(0, 1, place);
    return pattern;
}

void apply_globs(const std::string& rules) {
    write("/tmp/globs.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: globs}\nspec:\n  rules:\n" + rules);
    must("quell policy apply /tmp/globs.yaml");
}

constexpr const char* kDelete = "on: [delete], where: {subject: container}, ";

std::string refuses(const std::string& id, const std::string& paths, const std::string& more = kDelete) {
    return "    - {id: " + id + ", severity: low, " + more + "match: {path: [" + paths + "]}, respond: {deny: true}}\n";
}

// On the host, what could be anywhere cannot be refused: Quell itself would be hit.
bool is_refused(const Form& form, bool host) { return !host || form.pattern[0] == '@'; }

void apply_forms(const std::string& place, bool host) {
    std::string rules;
    for (std::size_t i = 0; i < forms().size(); i++)
        rules += "    - {id: form-" + std::to_string(i) + ", severity: low, on: [delete], where: {subject: " + (host ? "host" : "container") + "}, match: {path: ['" +
                 at(forms()[i].pattern, place) + "']}" + (is_refused(forms()[i], host) ? ", respond: {deny: true}}\n" : "}\n");
    apply_globs(rules);
}

class Globs : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        apply_pack();
    }
};

Output in(const Container* container, const std::string& command) {
    return container != nullptr ? container->exec(command) : run("PATH=/w:$PATH; " + command);
}

// Removes each path: which of them are refused, and how many matches the kernel counts.
void expect_forms(const Container* container, const std::string& place) {
    for (const Form& form : forms()) {
        SCOPED_TRACE(at(form.pattern, place));
        std::vector<std::string> all = form.meant;
        all.insert(all.end(), form.others.begin(), form.others.end());
        std::string command = "cd " + place, expected;
        for (const std::string& path : all) {
            command += "; mkdir -p \"$(dirname " + path + ")\"; : >" + path + "; attack unlink " + place + "/" + path + " >/dev/null 2>&1; echo $?";
            expected += std::to_string(is_refused(form, container == nullptr) && std::find(form.meant.begin(), form.meant.end(), path) != form.meant.end() ? EPERM : 0) + "\n";
        }
        for (int turn = 0; turn < 2; turn++) {  // then with what is remembered of the directories
            const auto before = matches();
            const Output output = in(container, command);
            EXPECT_EQ(output.text, expected);
            EXPECT_EQ(matches() - before, static_cast<std::int64_t>(form.meant.size()));
        }
    }
}

TEST_F(Globs, EachFormOnADisk) {
    must("mkdir -p /srv/globs");
    apply_forms("/srv/globs", true);
    expect_forms(nullptr, "/srv/globs");
    apply_globs("    - {id: none, severity: low, on: [delete], match: {path: [/srv/none]}}\n");
    must("rm -rf /srv/globs");
}

// The container's names of the volume's directory are not the host's, and are judged by.
TEST_F(Globs, EachFormInAContainerAndItsVolume) {
    must("mkdir -p /srv/volume/globs");
    ContainerOptions options;
    options.mounts = {{{"destination", "/data/vol-1"}, {"type", "bind"}, {"source", "/srv/volume/globs"}, {"options", {"rbind", "rw"}}}};
    Container container("globs", options);
    container.start();
    for (const char* place : {"/tmp", "/data/vol-1", "/data/vol-1/below"}) {
        ASSERT_EQ(container.exec("mkdir -p " + std::string(place)).status, 0);
        apply_forms(place, false);
        expect_forms(&container, place);
    }
    // stars over the names on the mount's own way
    apply_globs(refuses("way", "'/da*/vol-*/way', '/**/vol-1/*/end'"));
    EXPECT_EQ(container.exec("cd /data/vol-1; : >way; attack unlink /data/vol-1/way").status, EPERM);
    EXPECT_EQ(container.exec("cd /data/vol-1; mkdir -p x y/z; : >x/end; attack unlink /data/vol-1/x/end").status, EPERM);
    EXPECT_EQ(container.exec("cd /data/vol-1; : >y/z/end; attack unlink /data/vol-1/y/z/end").status, 0);
    must(": >/srv/volume/globs/way && rm /srv/volume/globs/way");  // the host's way to it is another
}

TEST_F(Globs, ASingleMountedFile) {
    must("mkdir -p /srv/volume && echo text >/srv/volume/single");
    ContainerOptions options;
    options.mounts = {{{"destination", "/config/app.conf"}, {"type", "bind"}, {"source", "/srv/volume/single"}, {"options", {"rbind", "rw"}}}};
    Container container("globs", options);
    container.start();
    apply_globs(refuses("single", "'/**/*.conf'", "on: [open-read], where: {subject: container}, "));
    EXPECT_EQ(container.exec("attack read /config/app.conf").status, EPERM);
    EXPECT_EQ(container.exec("echo x >/tmp/other.config; attack read /tmp/other.config").status, 0);
    must("cat /srv/volume/single");
}

TEST_F(Globs, DirectoriesThatAreRenamed) {
    Container container("globs");
    container.start();
    apply_globs(refuses("renamed", "'/tmp/*-meant/f'"));
    EXPECT_EQ(container.exec("mkdir -p /tmp/a-meant && : >/tmp/a-meant/f; attack unlink /tmp/a-meant/f").status, EPERM);
    EXPECT_EQ(container.exec("mv /tmp/a-meant /tmp/a-other; attack unlink /tmp/a-other/f").status, 0);
    EXPECT_EQ(container.exec(": >/tmp/a-other/f; mv /tmp/a-other /tmp/b-meant; attack unlink /tmp/b-meant/f").status, EPERM);
}

TEST_F(Globs, ExecutablesByTheirName) {
    Container container("globs");
    container.start();
    apply_globs(refuses("by-name", "'/tmp/object'", "on: [delete], where: {subject: container, exe: ['/**/globtool', '/**/*-glob']}, ") +
          refuses("but", "'/tmp/other'", kDelete + std::string("except: [{exe: ['/bin/attac*']}], ")));
    const auto by = [&](const std::string& exe, const std::string& object) {
        return container.exec("mkdir -p /tmp/deep/er; cp /bin/attack " + exe + " 2>/dev/null; : >" + object + "; " + exe + " unlink " + object).status;
    };
    EXPECT_EQ(by("/tmp/globtool", "/tmp/object"), EPERM);
    EXPECT_EQ(by("/tmp/deep/er/globtool", "/tmp/object"), EPERM);
    EXPECT_EQ(by("/tmp/deep/a-glob", "/tmp/object"), EPERM);
    EXPECT_EQ(by("/tmp/globtool2", "/tmp/object"), 0);
    EXPECT_EQ(by("/bin/attack", "/tmp/other"), 0);          // of the image: excepted
    EXPECT_EQ(by("/tmp/deep/attack", "/tmp/other"), EPERM);  // another path
}

// Who executes is kept from before the point of no return, with all that patterns say of it, to when its arguments are known.
TEST_F(Globs, WhoExecutesWhatArguments) {
    Container container("globs");
    container.start();
    apply_globs("    - {id: by-shell, severity: low, on: [exec], where: {subject: container, exe: ['/**/s*', '/**/*h-', '/bin/none']}, "
          "match: {arguments: [globbed-argument]}, respond: {deny: true}}\n");
    EXPECT_EQ(container.exec("attack read globbed-argument 2>/dev/null; echo $?").text, "137\n");
    EXPECT_EQ(container.exec("cp /bin/sh /tmp/ash; exec /tmp/ash -c 'attack read globbed-argument >/dev/null; echo $?'").text, std::to_string(ENOENT) + "\n");
}

}  // namespace
}  // namespace quell::guest
