// SPDX-License-Identifier: Apache-2.0
// Where overlayfs keeps its layers, from its module's own BTF: the object
// cannot know it when the module is loaded after it.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "kern/abi.h"
#include "user/base/fd.h"
#include "user/bpf/loader.h"
#include "user/bpf/pins.h"

namespace quell::bpf {
namespace {

constexpr const char* kModuleBtf = "/sys/kernel/btf/overlay";

using Btf = std::unique_ptr<btf, decltype(&btf__free)>;

// Byte offset of a member, -1 if there is none.
int member_offset(const btf* types, const char* structure, const char* member) {
    const int id = btf__find_by_name_kind(types, structure, BTF_KIND_STRUCT);
    if (id < 0) return -1;
    const btf_type* type = btf__type_by_id(types, id);
    const btf_member* members = btf_members(type);
    for (int i = 0; i < btf_vlen(type); i++)
        if (!std::strcmp(btf__name_by_offset(types, members[i].name_off), member))
            return static_cast<int>(btf_member_bit_offset(type, i) / 8);
    return -1;
}

}  // namespace

Result<bool> learn_overlay_layout(const std::string& root) {
    Btf vmlinux(btf__load_vmlinux_btf(), &btf__free);
    if (!vmlinux) return errno_error("cannot read the kernel's BTF");
    // from the file: by id it would take CAP_SYS_ADMIN
    if (::access(kModuleBtf, F_OK)) return false;
    Btf overlay(btf__parse_split(kModuleBtf, vmlinux.get()), &btf__free);
    if (!overlay) return errno_error(std::string("cannot read ") + kModuleBtf);
    quell_overlay_layout layout{};
    layout.vfs_inode = member_offset(overlay.get(), "ovl_inode", "vfs_inode");
    layout.upper = member_offset(overlay.get(), "ovl_inode", "__upperdentry");
    layout.entry = member_offset(overlay.get(), "ovl_inode", "oe");
    const int path_dentry = member_offset(overlay.get(), "ovl_path", "dentry");
    const int lower_path = member_offset(overlay.get(), "ovl_inode", "lowerpath");
    layout.lower = lower_path < 0 ? -1 : lower_path + path_dentry;
    layout.entry_lower = member_offset(overlay.get(), "ovl_entry", "__lowerstack") + path_dentry;
    if (layout.vfs_inode < 0 || layout.upper < 0 || (layout.entry < 0 && layout.lower < 0))
        return Error{"the overlay module's BTF has no layout that is known", EOPNOTSUPP, {}};
    layout.known = 1;

    Fd map(bpf_obj_get(map_pin(root, "globals").c_str()));
    if (!map) return errno_error("cannot open the globals' pin");
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto size = (sizeof(quell_globals) + page - 1) & ~(page - 1);
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
    if (at == MAP_FAILED) return errno_error("cannot map the globals");
    auto* globals = static_cast<volatile quell_globals*>(at);
    std::memcpy(const_cast<quell_overlay_layout*>(&globals->overlay), &layout, sizeof(layout));
    munmap(at, size);
    return true;
}

}  // namespace quell::bpf
