// SPDX-License-Identifier: Apache-2.0
// Loading a policy image: the new generation goes into maps of its own and the
// half of others that the current one does not use, one word makes it current,
// then the old one is removed. A hook that began with the old root ends in the old trie.
#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "user/base/vocabulary.h"
#include "user/bpf/engine.h"
#include "user/bpf/hook_table.h"
#include "user/bpf/name_hash.h"
#include "user/bpf/pins.h"
#include "user/bpf/policy_maps.h"
#include "user/bpf/quick.h"

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
    explicit Gate(volatile quell_gate& gate) : gate_(gate) {
        for (volatile quell_u8& kinds : gate_.kinds) kinds = 0;
        for (volatile quell_u8& slot : gate_.slots) slot = 0;
    }
    // Names of a state that end so, or begin so.
    void tail(quell_u32 state, std::string_view text) {
        if (text.size() >= 4) return add(state, QUELL_GATE_TAIL4, text.substr(text.size() - 4));
        if (text.size() >= 2) return add(state, QUELL_GATE_TAIL2, text.substr(text.size() - 2));
        for (int before = 0; before < 256; before++) add(state, QUELL_GATE_TAIL2, std::string{static_cast<char>(before)}.append(text));
    }
    void head(quell_u32 state, std::string_view text) {
        if (text.size() >= 4) return add(state, QUELL_GATE_HEAD4, text.substr(0, 4));
        if (text.size() >= 2) return add(state, QUELL_GATE_HEAD2, text.substr(0, 2));
        for (int behind = 0; behind < 256; behind++) add(state, QUELL_GATE_HEAD2, std::string(text) + static_cast<char>(behind));
    }
    // Of a state count the entries of those behind it, too.
    void finish(const std::map<quell_u32, quell_u32>& next) {
        quell_u32 all = 0;
        for (const auto& [state, kinds] : own_) all |= kinds;
        gate_.kinds[0] = static_cast<quell_u8>(all);
        for (quell_u32 state = 1; state < QUELL_WILD_STAY; state++) {
            quell_u32 kinds = 0, at = state;
            for (int turn = 0; turn < QUELL_WILD_CHAIN && at != 0; turn++) {
                if (const auto own = own_.find(at); own != own_.end()) kinds |= own->second;
                const auto behind = next.find(at);
                at = behind == next.end() ? 0 : behind->second;
            }
            gate_.kinds[state] = static_cast<quell_u8>(kinds);
        }
    }

private:
    void add(quell_u32 state, quell_u32 kind, std::string_view bytes) {
        quell_u32 word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        set(QUELL_GATE_SLOT(word), kind);
        set(QUELL_GATE_SLOT2(word), QUELL_GATE_AGAIN(kind));
        set(QUELL_GATE_SLOT3(word), QUELL_GATE_AGAIN(kind));
        own_[state] |= kind;
    }
    void set(quell_u32 slot, quell_u32 bit) { gate_.slots[slot] = static_cast<quell_u8>(gate_.slots[slot] | bit); }

    volatile quell_gate& gate_;
    std::map<quell_u32, quell_u32> own_;  // kinds by state
};

void set_gate(const policy::Image& image, volatile quell_gate& slots) {
    Gate gate(slots);
    std::map<quell_u32, quell_u32> next;
    for (const auto& edge : image.edges) {
        if ((edge.node & QUELL_WILD_NODE(0)) == 0) continue;
        const quell_u32 state = edge.node & ~QUELL_WILD_NODE(0);
        if (edge.kind == QUELL_EDGE_LEAF) gate.tail(state, edge.name);
        if (edge.kind == QUELL_EDGE_OTHER) next[state] = edge.value.next;
    }
    for (const auto& piece : image.pieces) {
        if (piece.kind == 2) gate.head(piece.state, piece.text);
        if (piece.kind == 3) gate.tail(piece.state, std::string(piece.text.rbegin(), piece.text.rend()));
    }
    gate.finish(next);
}

// The filter in front of networks (kern/hooks/socket.h).
void set_network_filter(const policy::Image& image, volatile quell_u64* bits, volatile quell_u32* levels) {
    for (std::size_t i = 0; i < QUELL_NETWORK_BITS / 64; i++) bits[i] = 0;
    levels[0] = 0;
    levels[1] = 0;
    for (const auto& one : image.networks) {
        const auto& bytes = one.network.bytes;
        const std::size_t piece = one.network.six ? 2 : 1, level = one.network.length / (8 * piece);
        quell_u64 hash = QUELL_NETWORK_SEED(one.network.six);
        for (std::size_t i = 0; i < level; i++)
            hash = QUELL_NETWORK_MIX(hash, one.network.six ? static_cast<quell_u64>(bytes[2 * i]) << 8 | bytes[2 * i + 1] : quell_u64{bytes[i]});
        const quell_u32 bit = QUELL_NETWORK_BIT(hash);
        bits[bit / 64] = bits[bit / 64] | 1ull << bit % 64;
        levels[one.network.six ? 1 : 0] = levels[one.network.six ? 1 : 0] | 1u << level;
    }
}

quell_quick quick_of_set(const policy::Image& image, std::uint64_t id) {
    std::optional<quell_quick> all;
    for (const auto& set : image.sets) {
        if (set.id != id) continue;
        for (const auto rule : set.rules) {
            const auto quick = quick_of(image.rules[rule].value, image.conditions);
            all = all ? either(*all, quick) : quick;
        }
    }
    return all.value_or(quell_quick{~0ull, 0, 0});
}

// What the maps of the image's generation must hold.
LoadRequest maps_of(const policy::Image& image, quell_u32 half) {
    LoadRequest request{.half = half != 0, .with_maps = 1};
    std::size_t chunks = 0;
    for (const auto& set : image.sets) chunks += (set.rules.size() + QUELL_SET_CHUNK - 1) / QUELL_SET_CHUNK;
    const std::array<std::size_t, kPolicyMapCount> elements{image.edges.size(), chunks, image.rules.size(), image.conditions.size(), image.members.size()};
    std::transform(elements.begin(), elements.end(), request.elements.begin(), [](std::size_t count) { return static_cast<std::uint32_t>(count); });
    request.with_texts = !image.texts.words.empty();
    request.with_rates = std::any_of(image.rules.begin(), image.rules.end(), [](const auto& rule) { return rule.value.threshold != 0 || rule.value.once_ns != 0; });
    return request;
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

// The table of a half, if the image has texts: into the map that was made for it.
Status Engine::load_texts(const policy::ImageTexts& texts, std::uint64_t generation, quell_u32 half) {
    if (texts.words.empty()) return success();
    const Fd map = open_text_table(options_.pin_root, half != 0);
    if (!map) return errno_error("cannot open the map of texts");
    void* at = mmap(nullptr, sizeof(quell_text_table), PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
    if (at == MAP_FAILED) return errno_error("cannot map the texts");
    auto& table = *static_cast<quell_text_table*>(at);
    quell_text_head head = texts.head;
    head.generation = 0;
    std::memcpy(&table.head, &head, sizeof(head));
    std::memcpy(table.words, texts.words.data(), texts.words.size() * sizeof(quell_u32));
    __atomic_store_n(&table.head.generation, static_cast<quell_u32>(generation), __ATOMIC_SEQ_CST);
    (void)munmap(at, sizeof(quell_text_table));
    // executions that are between their reading and their judgement have not read it
    wait_for_programs();
    return success();
}

Status Engine::load_programs(std::uint64_t hooks, const policy::Image* image, quell_u32 half) {
    const std::lock_guard lock(loader_mutex_);
    LoadRequest request = image != nullptr ? maps_of(*image, half) : LoadRequest{};
    for (std::size_t hook = 0; hook < kHooks.size(); hook++)
        if (((hooks >> hook) & 1) && ::access(program_pin(options_.pin_root, kHooks[hook].program).c_str(), F_OK) != 0)
            request.hooks |= std::uint64_t{1} << hook;
    return request.hooks != 0 || request.with_maps != 0 ? loader_.load(request) : success();
}

Status Engine::load_policy(const policy::Image& image, std::uint64_t generation, const std::vector<NamedContainer>& named) {
    const quell_u32 old_half = globals_->half;
    const quell_u32 half = generation == 0 || globals_->generation == 0 ? 0 : old_half ^ QUELL_NODE_HALF;
    const std::uint64_t key = globals_->name_key;

    const auto clear = [&](quell_u32 which) -> Status {
        if (auto s = drop_policy_maps(options_.pin_root, which != 0); !s) return s;
        if (auto s = remove_half<quell_network_key>(map("networks"), which, [](const auto& k) { return k.root & QUELL_NODE_HALF; }); !s) return s;
        if (auto s = remove_half<quell_named_key>(map("named_containers"), which, [](const auto& k) { return k.half; }); !s) return s;
        return remove_half<quell_piece_key>(map("name_pieces"), which, [](const auto& k) { return k.root & QUELL_NODE_HALF; });
    };
    const auto load = [&]() -> Status {
        auto opened = open_policy_maps(options_.pin_root, half != 0);
        if (!opened) return opened.error();
        const auto policy_map = [&](PolicyMap which) { return (*opened)[which].get(); };
        for (std::size_t i = 0; i < image.rules.size(); i++) {
            quell_rule rule = image.rules[i].value;
            rule.quick = quick_of(rule, image.conditions);
            if (auto s = put(policy_map(kRules), quell_rule_key{static_cast<quell_u32>(i), half}, rule, "a rule"); !s) return s;
        }
        for (const auto& set : image.sets)
            for (std::size_t at = 0, chunk = 0; at < set.rules.size(); at += QUELL_SET_CHUNK, chunk++) {
                quell_set value{};
                value.count = static_cast<quell_u32>(std::min<std::size_t>(QUELL_SET_CHUNK, set.rules.size() - at));
                value.more = at + QUELL_SET_CHUNK < set.rules.size();
                std::copy_n(set.rules.begin() + static_cast<std::ptrdiff_t>(at), value.count, value.rules);
                if (auto s = put(policy_map(kRuleSets), quell_set_key{set.id, static_cast<quell_u32>(chunk), half}, value, "a set of rules"); !s) return s;
            }
        for (std::size_t i = 0; i < image.conditions.size(); i++) {
            if (auto s = put(policy_map(kConditions), quell_condition_key{static_cast<quell_u32>(i), half}, image.conditions[i], "a condition"); !s) return s;
        }
        for (const auto& member : image.members) {
            if (auto s = put(policy_map(kMembers), quell_member_key{member.set, member.condition, half}, quell_u32{1}, "a path of a condition"); !s) return s;
        }
        for (const auto& one : image.networks) {
            quell_network_key at{32 + one.network.length, one.root | half | (one.network.six ? QUELL_NETWORK_SIX : 0), {}};
            std::copy(one.network.bytes.begin(), one.network.bytes.end(), at.address);
            if (auto s = put(map("networks"), at, one.value, "a network"); !s) return s;
        }
        set_network_filter(image, globals_->network_filter[half != 0], globals_->network_levels[half != 0]);
        for (const auto& one : named) {
            if (!container(one.cgroup)) continue;
            if (auto s = put(map("named_containers"), quell_named_key{one.cgroup, half, 0}, one.value, "who a container is"); !s) return s;
        }
        for (const auto& piece : image.pieces) {
            quell_piece_key at{static_cast<quell_u32>(32 + 8 * piece.text.size()), QUELL_PIECE_ROOT(piece.state, piece.kind) | half, {}};
            std::copy(piece.text.begin(), piece.text.end(), at.text);
            if (auto s = put(map("name_pieces"), at, piece.value, "a piece of a name"); !s) return s;
        }
        set_gate(image, globals_->gate[half != 0]);
        for (std::size_t host = 0; host < 2; host++) globals_->plain[half != 0][host] = 0;
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
            if (auto s = put(policy_map(kEdges), at, value, "a path"); !s) return s;
            if (at.kind == QUELL_EDGE_ANY) {
                auto& plain = globals_->plain[half != 0][edge.node == QUELL_NODE_HOST];
                plain = plain | QUELL_OP_BIT(at.name);
                const auto quick = quick_of_set(image, edge.value.set);
                std::memcpy(const_cast<quell_quick*>(&globals_->plain_quick[half != 0][edge.node == QUELL_NODE_HOST][at.name]), &quick, sizeof(quick));
            }
            if (at.kind == QUELL_EDGE_LEAF && !is_wild) {
                const auto bit = QUELL_LEAF_BIT(edge.node, at.name);
                leaves[bit / 64] = leaves[bit / 64] | 1ull << bit % 64;
            }
        }
        return success();
    };

    // what rules want at once is attached before they are there, and stays: who is held waits for nobody
    const quell_u32 kept = policy::kept_responses(image) & globals_->enabled_offers;
    const std::uint64_t hooks = standing_hooks() | policy_hooks(image.operations, policy::texts_asked(image)) | response_hooks(kept);
    const quell_u32 kept_before = globals_->kept;
    globals_->kept = kept_before | kept;  // first: who detaches meanwhile looks at it
    auto done = clear(half);
    if (done) done = load_programs(hooks, &image, half);  // all that are missing at once: to open the object takes longest
    if (done) done = load();
    if (done) done = load_texts(image.texts, generation, half);
    for (std::size_t hook = 0; done && hook < kHooks.size(); hook++)
        if ((hooks >> hook) & 1) done = attach(static_cast<quell_hook>(hook));
    if (!done) {
        globals_->kept = kept_before;
        (void)clear(half);
        return done.error();
    }
    __atomic_fetch_or(&globals_->armed, kept, __ATOMIC_SEQ_CST);
    quell_switch request{generation, image.operations, half, policy::texts_asked(image)};
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &request, .ctx_size_in = sizeof(request));
    if (bpf_prog_test_run_opts(program("quell_switch_program"), &run)) {
        globals_->kept = kept_before;
        (void)clear(half);
        return errno_error("cannot switch to the new policy");
    }
    globals_->kept = kept;
    globals_->identities = static_cast<quell_u32>(image.identities.size());
    wait_for_programs();
    if (half != old_half)
        if (auto cleared = clear(old_half); !cleared) return cleared.error();
    return success();
}

}  // namespace quell::bpf
