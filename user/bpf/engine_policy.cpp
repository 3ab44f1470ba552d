// SPDX-License-Identifier: Apache-2.0
// Loading a policy image: the new generation goes into the half of the maps
// that the current one does not use, one word makes it current, then the old
// one is removed. A hook that began with the old root ends in the old trie.
#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "user/base/vocabulary.h"
#include "user/bpf/engine.h"
#include "user/bpf/hook_table.h"
#include "user/bpf/name_hash.h"
#include "user/bpf/pins.h"

namespace quell::bpf {
namespace {

// Programs that began before the switch have ended when this returns: they hold an RCU read lock, and may be
// preempted for as long as others want the CPU. With one CPU the call does not wait, hence the pause.
void wait_for_programs() {
    constexpr useconds_t kGraceUs = 20'000;
    (void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);  // synchronize_rcu()
    usleep(kGraceUs);
}

template <typename Key, typename Half>
Status remove_half(int map, quell_u32 half, Half half_of) {
    std::vector<Key> doomed;
    Key key{}, next{};
    bool first = true;
    while (!bpf_map_get_next_key(map, first ? nullptr : &key, &next)) {
        key = next;
        first = false;
        if (half_of(key) == half) doomed.push_back(key);
    }
    for (const auto& dead : doomed)
        if (bpf_map_delete_elem(map, &dead) && errno != ENOENT) return errno_error("cannot remove the old policy");
    return success();
}

template <typename Key, typename Value>
Status put(int map, const Key& key, const Value& value, const char* what) {
    if (bpf_map_update_elem(map, &key, &value, BPF_ANY)) {
        auto error = errno_error(std::string("cannot load ") + what);
        if (error.code == E2BIG) error.hint = "the policy is larger than the kernel side's maps";
        return error;
    }
    return success();
}

std::uint64_t edge_name(const policy::ImageEdge& edge, std::uint64_t key) {
    if (edge.kind == QUELL_EDGE_ANY) return word_index(kOperationWords, edge.name).value_or(QUELL_OP_COUNT);
    if (edge.kind == QUELL_EDGE_PAIR || edge.kind == QUELL_EDGE_PAIR_LEAF)
        return std::strtoull(edge.name.c_str(), nullptr, 10) << 32 | std::strtoull(edge.name.c_str() + edge.name.find('+') + 1, nullptr, 10);
    return edge.name.empty() ? 0 : name_hash(key, edge.name);
}

quell_u32 with_half(quell_u32 node, quell_u32 half) { return node ? node | half : 0; }

// The filter in front of entries that paths with wildcards are about (kern/path/wild.h).
class Gate {
public:
    explicit Gate(volatile quell_u64* bits) : bits_(bits) {
        for (std::size_t i = 0; i < QUELL_GATE_BITS / 64; i++) bits_[i] = 0;
    }
    // Names that end so, or begin so.
    void tail(std::string_view text) {
        if (text.size() >= 4) return add(QUELL_GATE_TAIL4, text.substr(text.size() - 4));
        if (text.size() >= 2) return add(QUELL_GATE_TAIL2, text.substr(text.size() - 2));
        kinds_ |= QUELL_GATE_OPEN;
    }
    void head(std::string_view text) {
        if (text.size() >= 4) return add(QUELL_GATE_HEAD4, text.substr(0, 4));
        if (text.size() >= 2) return add(QUELL_GATE_HEAD2, text.substr(0, 2));
        kinds_ |= QUELL_GATE_OPEN;
    }
    [[nodiscard]] quell_u32 kinds() const { return kinds_; }

private:
    void add(quell_u32 kind, std::string_view bytes) {
        quell_u64 word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        const quell_u32 bit = QUELL_GATE_BIT(kind, word);
        bits_[bit / 64] = bits_[bit / 64] | 1ull << bit % 64;
        kinds_ |= kind;
    }

    volatile quell_u64* bits_;
    quell_u32 kinds_ = 0;
};

void set_gate(const policy::Image& image, volatile quell_u64* bits, volatile quell_u32& kinds) {
    Gate gate(bits);
    for (const auto& edge : image.edges)
        if (edge.kind == QUELL_EDGE_LEAF && (edge.node & QUELL_WILD_NODE(0)) != 0) gate.tail(edge.name);
    for (const auto& piece : image.pieces) {
        if (piece.kind == 2) gate.head(piece.text);
        if (piece.kind == 3) gate.tail(std::string(piece.text.rbegin(), piece.text.rend()));
    }
    kinds = gate.kinds();
}

}  // namespace

Status Engine::name_container(const NamedContainer& named) {
    const quell_named_key key{named.cgroup, globals_->half, 0};
    if (auto done = put(map("named_containers"), key, named.value, "who a container is"); !done) return done;
    if (container(named.cgroup)) return success();
    // removed meanwhile, perhaps before the entry was there to be removed with it
    (void)bpf_map_delete_elem(map("named_containers"), &key);
    return Error{"the container is gone", ENOENT, {}};
}

// The table of a half, anew; an empty one where there are no texts. The maps are there once a policy has asked for texts.
Status Engine::load_texts(const policy::ImageTexts& texts, std::uint64_t generation, quell_u32 half) {
    const Fd tables(bpf_obj_get(map_pin(options_.pin_root, "text_tables").c_str()));
    if (!tables && texts.words.empty()) return success();
    if (!tables) return errno_error("cannot open the map of texts");
    constexpr std::size_t kBytes = 2 * sizeof(quell_text_table);
    void* at = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, tables.get(), 0);
    if (at == MAP_FAILED) return errno_error("cannot map the texts");
    auto& table = static_cast<quell_text_table*>(at)[half != 0];
    // a walk that began before knows by the generation that it is another's
    __atomic_store_n(&table.head.generation, 0u, __ATOMIC_SEQ_CST);
    if (!texts.words.empty()) {
        quell_text_head head = texts.head;
        head.generation = 0;
        std::memcpy(&table.head, &head, sizeof(head));
        std::memcpy(table.words, texts.words.data(), texts.words.size() * sizeof(quell_u32));
        __atomic_store_n(&table.head.generation, static_cast<quell_u32>(generation), __ATOMIC_SEQ_CST);
        // executions that are between their reading and their judgement have not read it
        wait_for_programs();
    }
    (void)munmap(at, kBytes);
    return success();
}

Status Engine::load_policy(const policy::Image& image, std::uint64_t generation, const std::vector<NamedContainer>& named) {
    const quell_u32 old_half = globals_->half;
    const quell_u32 half = generation == 0 || globals_->generation == 0 ? 0 : old_half ^ QUELL_NODE_HALF;
    const std::uint64_t key = globals_->name_key;

    const auto clear = [&](quell_u32 which) -> Status {
        if (auto s = load_texts({}, 0, which); !s) return s;
        if (auto s = remove_half<quell_edge_key>(map("edges"), which, [](const auto& k) { return k.node & QUELL_NODE_HALF; }); !s) return s;
        if (auto s = remove_half<quell_set_key>(map("rule_sets"), which, [](const auto& k) { return k.half; }); !s) return s;
        if (auto s = remove_half<quell_rule_key>(map("rules"), which, [](const auto& k) { return k.half; }); !s) return s;
        if (auto s = remove_half<quell_condition_key>(map("conditions"), which, [](const auto& k) { return k.half; }); !s) return s;
        if (auto s = remove_half<quell_network_key>(map("networks"), which, [](const auto& k) { return k.root & QUELL_NODE_HALF; }); !s) return s;
        if (auto s = remove_half<quell_named_key>(map("named_containers"), which, [](const auto& k) { return k.half; }); !s) return s;
        if (auto s = remove_half<quell_piece_key>(map("name_pieces"), which, [](const auto& k) { return k.root & QUELL_NODE_HALF; }); !s) return s;
        return remove_half<quell_member_key>(map("condition_members"), which, [](const auto& k) { return k.half; });
    };
    const auto load = [&]() -> Status {
        for (std::size_t i = 0; i < image.rules.size(); i++) {
            if (auto s = put(map("rules"), quell_rule_key{static_cast<quell_u32>(i), half}, image.rules[i].value, "a rule"); !s) return s;
        }
        for (const auto& set : image.sets)
            for (std::size_t at = 0, chunk = 0; at < set.rules.size(); at += QUELL_SET_CHUNK, chunk++) {
                quell_set value{};
                value.count = static_cast<quell_u32>(std::min<std::size_t>(QUELL_SET_CHUNK, set.rules.size() - at));
                value.more = at + QUELL_SET_CHUNK < set.rules.size();
                std::copy_n(set.rules.begin() + static_cast<std::ptrdiff_t>(at), value.count, value.rules);
                if (auto s = put(map("rule_sets"), quell_set_key{set.id, static_cast<quell_u32>(chunk), half}, value, "a set of rules"); !s) return s;
            }
        for (std::size_t i = 0; i < image.conditions.size(); i++) {
            if (auto s = put(map("conditions"), quell_condition_key{static_cast<quell_u32>(i), half}, image.conditions[i], "a condition"); !s) return s;
        }
        for (const auto& member : image.members) {
            if (auto s = put(map("condition_members"), quell_member_key{member.set, member.condition, half}, quell_u32{1}, "a path of a condition"); !s) return s;
        }
        for (const auto& one : image.networks) {
            quell_network_key at{32 + one.network.length, one.root | half | (one.network.six ? QUELL_NETWORK_SIX : 0), {}};
            std::copy(one.network.bytes.begin(), one.network.bytes.end(), at.address);
            if (auto s = put(map("networks"), at, one.value, "a network"); !s) return s;
        }
        for (const auto& one : named) {
            if (!container(one.cgroup)) continue;
            if (auto s = put(map("named_containers"), quell_named_key{one.cgroup, half, 0}, one.value, "who a container is"); !s) return s;
        }
        for (const auto& piece : image.pieces) {
            quell_piece_key at{static_cast<quell_u32>(32 + 8 * piece.text.size()), QUELL_PIECE_ROOT(piece.state, piece.kind) | half, {}};
            std::copy(piece.text.begin(), piece.text.end(), at.text);
            if (auto s = put(map("name_pieces"), at, piece.value, "a piece of a name"); !s) return s;
        }
        set_gate(image, globals_->gate_filter[half != 0], globals_->gate_kinds[half != 0]);
        auto* leaves = globals_->leaf_filter[half != 0];
        for (std::size_t i = 0; i < QUELL_LEAF_BITS / 64; i++) leaves[i] = 0;
        for (const auto& edge : image.edges) {
            quell_edge value = edge.value;
            const bool is_wild = (edge.node & QUELL_WILD_NODE(0)) != 0;  // its states go without a half: 16 bits are all theirs
            if (!is_wild) {
                value.child = with_half(value.child, half);
                value.cover = with_half(value.cover, half);
            }
            const quell_edge_key at{with_half(edge.node, half), edge.kind, edge_name(edge, key)};
            if (auto s = put(map("edges"), at, value, "a path"); !s) return s;
            if (at.kind == QUELL_EDGE_LEAF && !is_wild) {
                const auto bit = QUELL_LEAF_BIT(edge.node, at.name);
                leaves[bit / 64] = leaves[bit / 64] | 1ull << bit % 64;
            }
        }
        return success();
    };

    const std::uint64_t hooks = standing_hooks() | policy_hooks(image.operations, policy::texts_asked(image));
    auto done = clear(half);
    if (done) done = load();
    if (done) done = load_programs(hooks);  // all that are missing at once: to open the object takes longest
    if (done) done = load_texts(image.texts, generation, half);
    for (std::size_t hook = 0; done && hook < kHooks.size(); hook++)
        if ((hooks >> hook) & 1) done = attach(static_cast<quell_hook>(hook));
    if (!done) {
        (void)clear(half);
        return done.error();
    }
    quell_switch request{generation, image.operations, half, policy::texts_asked(image)};
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &request, .ctx_size_in = sizeof(request));
    if (bpf_prog_test_run_opts(program("quell_switch_program"), &run)) {
        (void)clear(half);
        return errno_error("cannot switch to the new policy");
    }
    globals_->identities = static_cast<quell_u32>(image.identities.size());
    wait_for_programs();
    if (half != old_half)
        if (auto cleared = clear(old_half); !cleared) return cleared.error();
    return success();
}

}  // namespace quell::bpf
