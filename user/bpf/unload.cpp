// SPDX-License-Identifier: Apache-2.0
// The end of everything that is pinned: not when the pins are gone, but when the kernel has let go of the programs.
#include <bpf/bpf.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "user/base/fd.h"
#include "user/bpf/loader.h"

namespace quell::bpf {
namespace {

// The kernel detaches behind our back, one program after the other, each with a grace period: 15 s in all were seen in an
// emulated machine with others beside it. Until then what is contained is refused.
constexpr auto kDetaching = std::chrono::seconds(120);
constexpr auto kPoll = std::chrono::milliseconds(20);

// The programs behind the pinned links.
std::vector<std::uint32_t> attached_programs(const std::string& links) {
    std::vector<std::uint32_t> ids;
    std::error_code none;
    for (const auto& pin : std::filesystem::directory_iterator(links, none)) {
        const Fd link(bpf_obj_get(pin.path().c_str()));
        bpf_link_info info{};
        std::uint32_t size = sizeof(info);
        if (link && !bpf_obj_get_info_by_fd(link.get(), &info, &size)) ids.push_back(info.prog_id);
    }
    return ids;
}

bool is_there(std::uint32_t program) { return static_cast<bool>(Fd(bpf_prog_get_fd_by_id(program))); }

}  // namespace

Status unload(const std::string& root) {
    std::error_code error;
    auto programs = attached_programs(root + "/links");
    // links first: nothing may run on half of its maps
    std::filesystem::remove_all(root + "/links", error);
    std::filesystem::remove_all(root, error);
    if (error) return Error{"cannot remove " + root + ": " + error.message(), error.value(), {}};
    const auto until = std::chrono::steady_clock::now() + kDetaching;
    while (std::erase_if(programs, [](std::uint32_t program) { return !is_there(program); }), !programs.empty()) {
        if (std::chrono::steady_clock::now() > until)
            return Error{"the pins are removed, but " + std::to_string(programs.size()) + " programs are still attached: what was contained is refused still", ETIMEDOUT,
                         "bpftool link shows who holds them"};
        std::this_thread::sleep_for(kPoll);
    }
    return success();
}

}  // namespace quell::bpf
