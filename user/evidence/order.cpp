// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/order.h"

#include <cstring>

namespace quell::evidence {
namespace {

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

}  // namespace

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += kDigits[static_cast<unsigned char>(c) >> 4];
        text += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

Result<std::string> from_hex(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]), low = i + 1 < text.size() ? digit(text[i + 1]) : -1;
        if (high < 0 || low < 0) return Error{"no hexadecimal text", EINVAL, {}};
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

Json order_json(const Order& order) {
    auto processes = Json::array();
    for (const auto& one : order.processes) processes.push_back({one.pid, one.start_ns});
    return {{"dir", to_hex(order.limits.dir)},
            {"max_item_bytes", order.limits.max_item_bytes},
            {"max_total_bytes", order.limits.max_total_bytes},
            {"what", order.what},
            {"incident", order.incident},
            {"facts", order.facts},
            {"deadline_ns", order.deadline_ns},
            {"path", to_hex(order.path)},
            {"renamed_to", to_hex(order.renamed_to)},
            {"inode", order.inode},
            {"file", to_hex({reinterpret_cast<const char*>(&order.file), sizeof(order.file)})},
            {"device", order.device},
            {"is_lower", order.is_lower},
            {"viewer", order.viewer},
            {"processes", processes},
            {"processes_in_all", order.processes_in_all},
            {"container", order.container},
            {"cgroup", to_hex(order.cgroup)},
            {"config", to_hex(order.config)},
            {"incident_json", order.incident_json},
            {"recent", order.recent},
            {"history", order.history}};
}

Result<Order> parse_order(const Json& json) {
    Order order;
    try {
        const auto bytes = [&](const char* name) {
            auto text = from_hex(json.at(name).get<std::string>());
            return text ? std::move(text).value() : std::string{};
        };
        order.limits.dir = bytes("dir");
        json.at("max_item_bytes").get_to(order.limits.max_item_bytes);
        json.at("max_total_bytes").get_to(order.limits.max_total_bytes);
        order.what = static_cast<quell_response>(json.at("what").get<quell_u32>());
        json.at("incident").get_to(order.incident);
        order.facts = json.at("facts");
        json.at("deadline_ns").get_to(order.deadline_ns);
        order.path = bytes("path");
        order.renamed_to = bytes("renamed_to");
        json.at("inode").get_to(order.inode);
        const auto file = bytes("file");
        if (file.size() != sizeof(order.file)) return Error{"an order of another version", EPROTO, {}};
        std::memcpy(&order.file, file.data(), sizeof(order.file));
        json.at("device").get_to(order.device);
        json.at("is_lower").get_to(order.is_lower);
        json.at("viewer").get_to(order.viewer);
        for (const Json& one : json.at("processes")) order.processes.push_back({one.at(0).get<pid_t>(), one.at(1).get<std::uint64_t>()});
        json.at("processes_in_all").get_to(order.processes_in_all);
        json.at("container").get_to(order.container);
        order.cgroup = bytes("cgroup");
        order.config = bytes("config");
        order.incident_json = json.at("incident_json");
        order.recent = json.at("recent");
        order.history = json.at("history");
    } catch (const Json::exception& thrown) {
        return Error{std::string("an order that cannot be read: ") + thrown.what(), EPROTO, {}};
    }
    return order;
}

}  // namespace quell::evidence
