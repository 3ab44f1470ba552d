// SPDX-License-Identifier: Apache-2.0
// racer COMMAND WORD...: runs against the clock on the host or in a container
// (static). Descriptor 9 is the globals' map when there is one, else its pin.
#include <fcntl.h>

#include <cstring>
#include <iterator>

#include "vm-tests/races/racer/commands.h"

namespace quell::races {
namespace {

struct Command {
    const char* name;
    int (*run)(const Globals&, const Words&);
};

constexpr Command kCommands[] = {
    {"renames", race_renames},
    {"mounts", race_mounts},
    {"reloads", race_reloads},
    {"names", race_names},
    {"reuse", reuse_directories},
    {"flood", flood},
    {"many-actors", many_actors},
    {"many-writers", many_writers},
    {"many-readers", many_readers},
    {"fork-and-unlink", fork_and_unlink},
    {"deep", deep},
    {"interrupted-births", interrupted_births},
    {"exec-by-threads", exec_by_threads},
    {"clone-into", clone_into},
    {"act", act},
    {"directories", directories},
    {"splice", splice},
    {"by-handle", by_handle},
};

}  // namespace
}  // namespace quell::races

int main(int argc, char** argv) {
    using namespace quell::races;
    if (argc < 2) return 2;
    if (!std::strcmp(argv[1], "sleep")) return pause();  // a container's init
    if (!std::strcmp(argv[1], "unlink") && argc == 3) return unlink_fresh(argv[2]) ? 0 : 1;
    const Globals globals(fcntl(kGlobalsFd, F_GETFD) >= 0 ? kGlobalsFd : open_pin("/sys/fs/bpf/quell/maps/globals"));
    for (const auto& command : kCommands)
        if (!std::strcmp(argv[1], command.name)) return command.run(globals, Words(argv + 2, argv + argc));
    return 2;
}
