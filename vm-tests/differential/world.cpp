// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/differential/world.h"

#include <array>
#include <sstream>

namespace quell::guest {
namespace {

using policy::reference::Act;

struct Entry {
    std::string path;  // below the tree
    bool is_directory;
    unsigned mode;
    unsigned owner, group;
};

constexpr std::array<const char*, 3> kDirectories = {"a", "b", "ab"};
constexpr std::array<const char*, 4> kFiles = {"c", "x.log", "x.tmp", "id_a"};
constexpr std::array<unsigned, 4> kModes = {0644, 0755, 04755, 0666};
constexpr std::array<unsigned, 3> kOwners = {0, 1001, 1002};

void add_below(const std::string& directory, unsigned depth, std::vector<Entry>& entries) {
    for (const char* name : kFiles) {
        const auto n = entries.size();
        entries.push_back({directory + name, false, kModes[n % kModes.size()], kOwners[n % kOwners.size()], kOwners[(n / 3) % kOwners.size()]});
    }
    if (depth == 0) return;
    for (const char* name : kDirectories) {
        entries.push_back({directory + name, true, 0755, 0, 0});
        add_below(directory + name + "/", depth - 1, entries);
    }
}

const std::vector<Entry>& entries() {
    static const std::vector<Entry> all = [] {
        std::vector<Entry> made;
        add_below(std::string(kWorld) + "/", 2, made);
        return made;
    }();
    return all;
}

unsigned below(std::mt19937& random, unsigned bound) { return static_cast<unsigned>(random() % bound); }

template <typename Choices>
auto one_of(std::mt19937& random, const Choices& choices) {
    return choices[below(random, static_cast<unsigned>(choices.size()))];
}

std::string random_pattern(std::mt19937& random) {
    const std::string directory = [&] {
        std::string path = kWorld;
        for (unsigned left = below(random, 3); left > 0; left--) path += std::string("/") + one_of(random, kDirectories);
        return path;
    }();
    switch (below(random, 6)) {
        case 0:
        case 1: return directory + "/**";
        case 2: return directory + "/*";
        case 3: return directory + "/" + one_of(random, kDirectories);
        default: return directory + "/" + one_of(random, kFiles);
    }
}

template <typename Make>
std::string list(std::mt19937& random, unsigned most, const Make& make) {
    std::string text = "[";
    for (unsigned left = 1 + below(random, most); left > 0; left--) text += make() + (left > 1 ? ", " : "]");
    return text;
}

constexpr std::array<const char*, 12> kOperations = {"delete", "rename", "truncate", "link", "open-read", "open-write",
                                                     "create", "chmod", "chown", "setxattr", "mmap-exec", "open-read"};

std::string number_text(std::mt19937& random) { return std::to_string(one_of(random, kOwners)); }
std::string word(std::mt19937& random, std::initializer_list<const char*> words) { return *(words.begin() + below(random, static_cast<unsigned>(words.size()))); }

// Of what is known of every operation on an entry, or of those that are there before.
std::string subject_key(std::mt19937& random) {
    switch (below(random, 4)) {
        case 0: return "gid: " + list(random, 2, [&] { return number_text(random); });
        case 1: return "exe: " + list(random, 2, [&] { return word(random, {"/w/doer", "/bin/doer", "/bin/*", "/w/**", "/usr/bin/true"}); });
        case 2: return "terminal: " + word(random, {"true", "false"});
        default: return "exe-intact: " + word(random, {"true", "false"});
    }
}

std::string object_key(std::mt19937& random) {
    switch (below(random, 3)) {
        case 0: return "type: " + list(random, 2, [&] { return word(random, {"file", "directory", "fifo"}); });
        case 1: return "filesystem: " + list(random, 2, [&] { return word(random, {"ext4", "overlay", "tmpfs"}); });
        default: return "path: " + list(random, 3, [&] { return random_pattern(random); });
    }
}

std::string old_key(std::mt19937& random) {
    switch (below(random, 3)) {
        case 0: return "mode: " + list(random, 2, [&] { return word(random, {"setuid", "executable", "group-writable", "world-writable"}); });
        case 1: return "owner: " + list(random, 2, [&] { return number_text(random); });
        default: return "group: " + list(random, 2, [&] { return number_text(random); });
    }
}

std::string joined(const std::vector<std::string>& keys) {
    std::string text;
    for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
    return text;
}

void random_rule(std::mt19937& random, unsigned number, std::ostringstream& out) {
    const bool creates = below(random, 3) == 0;
    std::string operations = list(random, 8, [&]() -> std::string {
        for (;;) {
            const std::string operation = one_of(random, kOperations);
            if (creates || operation != "create") return operation;
        }
    });
    // user 0 puts back, so that no rule is about it
    std::vector<std::string> where = {"subject: " + word(random, {"any", "any", "host", "container"}),
                                      "uid: " + word(random, {"[1001]", "[1002]", "[1001-1002]", "[1000-4000]"})};
    std::vector<std::string> match = {"path: " + list(random, 3, [&] { return random_pattern(random); })};
    if (below(random, 3) == 0) where.push_back(subject_key(random));
    if (below(random, 4) == 0) where.push_back("not: {" + subject_key(random) + "}");
    if (below(random, 4) == 0) match.push_back("not: {" + object_key(random) + "}");
    if (!creates && below(random, 3) == 0) match.push_back(old_key(random));
    out << "    - id: r" << number << "\n      severity: low\n      on: " << operations << "\n      where: {" << joined(where) << "}\n      match: {"
        << joined(match) << "}\n";
    if (below(random, 2) == 0) {
        std::vector<std::string> keys = {object_key(random)};
        if (below(random, 2) == 0) keys.push_back(subject_key(random));
        if (!creates && below(random, 2) == 0) keys.push_back(old_key(random));
        out << "      except: [{" << joined(keys) << "}]\n";
    }
    out << "      respond: {deny: true}\n";
}

struct Kind {
    const char* name;  // for the doer
    bool on_files, on_directories, is_new, has_other;
    std::vector<std::uint32_t> operations;
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {"read", true, true, false, false, {QUELL_OP_OPEN_READ}},
        {"write", true, false, false, false, {QUELL_OP_OPEN_WRITE}},
        {"both", true, false, false, false, {QUELL_OP_OPEN_READ, QUELL_OP_OPEN_WRITE}},
        {"create", true, false, true, false, {QUELL_OP_CREATE, QUELL_OP_OPEN_WRITE}},
        {"directory", false, true, true, false, {QUELL_OP_CREATE}},
        {"node", true, false, true, false, {QUELL_OP_CREATE}},
        {"unlink", true, false, false, false, {QUELL_OP_DELETE}},
        {"truncate", true, false, false, false, {QUELL_OP_TRUNCATE}},
        {"mode", true, true, false, false, {QUELL_OP_CHMOD}},
        {"owner", true, true, false, false, {QUELL_OP_CHOWN}},
        {"attribute", true, true, false, false, {QUELL_OP_SETXATTR}},
        {"link", true, false, false, true, {QUELL_OP_LINK}},
        {"rename", true, true, false, true, {QUELL_OP_RENAME}},
        {"map", true, false, false, false, {QUELL_OP_OPEN_READ, QUELL_OP_MMAP_EXEC}},
    };
    return all;
}

constexpr std::uint32_t kRegular = 8, kDirectory = 4, kFifo = 1;

}  // namespace

std::string world_commands(const std::string& root) {
    std::ostringstream out;
    out << "rm -rf " << root << kWorld << " && mkdir -p " << root << kWorld;
    for (const Entry& entry : entries()) {
        const std::string path = root + entry.path;
        out << (entry.is_directory ? " && mkdir " + path : " && echo line >" + path) << " && chown " << entry.owner << ":" << entry.group << " " << path;
        out << std::oct << " && chmod 0" << entry.mode << std::dec << " " << path;
    }
    return out.str();
}

std::string random_policy_text(std::mt19937& random) {
    std::ostringstream out;
    out << "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: random}\nspec:\n  rules:\n";
    for (unsigned i = 0, count = 1 + below(random, 6); i < count; i++) random_rule(random, i, out);
    return out.str();
}

Deed random_deed(std::mt19937& random, const Doer& doer) {
    const Kind& kind = one_of(random, kinds());
    Entry entry = one_of(random, entries());
    while (!(entry.is_directory ? kind.on_directories : kind.on_files) && !kind.is_new) entry = one_of(random, entries());
    const std::string parent = entry.path.substr(0, entry.path.rfind('/'));
    const unsigned uid = 1001 + below(random, 3), gid = one_of(random, kOwners);
    const unsigned mode = one_of(random, kModes), owner = one_of(random, kOwners), group = one_of(random, kOwners);
    std::ostringstream line;
    line << uid << " " << gid << " " << kind.name << " ";

    Act act;
    act.subject = doer.subject;
    act.executables = {{doer.exe, true}};
    act.numbers[QUELL_FIELD_UID] = uid;
    act.numbers[QUELL_FIELD_GID] = gid;
    act.numbers[QUELL_FIELD_LOGINUID] = 0xffffffffu;
    act.numbers[QUELL_FIELD_EXE_INTACT] = 1;
    act.numbers[QUELL_FIELD_FILESYSTEM] = doer.filesystem;
    act.numbers[QUELL_FIELD_TYPE] = entry.is_directory ? kDirectory : kRegular;
    act.numbers[QUELL_FIELD_MODE] = entry.mode;
    act.numbers[QUELL_FIELD_OWNER] = entry.owner;
    act.numbers[QUELL_FIELD_GROUP] = entry.group;
    act.path = entry.path;
    if (kind.is_new) {
        act.path = parent + "/new";
        act.numbers[QUELL_FIELD_TYPE] = kind.on_directories ? kDirectory : std::string(kind.name) == "node" ? kFifo : kRegular;
        act.numbers[QUELL_FIELD_MODE] = mode;
        act.numbers[QUELL_FIELD_OWNER] = uid;
        act.numbers[QUELL_FIELD_GROUP] = gid;
    }
    line << act.path;
    act.numbers[QUELL_FIELD_NEW_MODE] = mode;
    act.numbers[QUELL_FIELD_NEW_OWNER] = owner;
    act.numbers[QUELL_FIELD_NEW_GROUP] = group;
    if (kind.has_other)
        line << " " << parent << "/other";
    else if (std::string(kind.name) == "owner")
        line << " " << owner << " " << group;
    else
        line << " 0" << std::oct << mode << std::dec;

    Deed deed{line.str(), {}};
    for (std::uint32_t operation : kind.operations) {
        act.operation = operation;
        deed.acts.push_back(act);
    }
    if (kind.has_other) {  // the new name was free: it is created
        act.path = parent + "/other";
        act.operation = QUELL_OP_CREATE;
        deed.acts.push_back(act);
    }
    return deed;
}

}  // namespace quell::guest
