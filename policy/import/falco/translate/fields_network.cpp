// SPDX-License-Identifier: Apache-2.0
// fd.* of sockets. Ours know the other side of a connect, and the own side of
// bind, listen and accept: of both, that is the server's.
#include <algorithm>
#include <array>

#include "policy/check/network.h"
#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

enum class Side { kServer, kClient, kRemote, kLocal, kEither };

Side side_of(std::string_view field) {
    const char letter = field[3];  // behind "fd."
    if (field == "fd.ip" || field == "fd.net" || field == "fd.port" || field == "fd.proto") return Side::kEither;
    switch (letter) {
        case 's': return Side::kServer;
        case 'c': return Side::kClient;
        case 'r': return Side::kRemote;
        default: return Side::kLocal;
    }
}

// Nothing where the side that is known is the one that is asked for.
Said known_side(const Question& question, Said said) {
    const bool is_connect = question.act.operation == "connect";
    switch (side_of(question.check.left.field)) {
        case Side::kServer: return said;
        case Side::kClient: return unsaid("the client's side is not known", Said::Need::kPositive);
        case Side::kRemote: return is_connect ? said : unsaid("the other side is known of a connect only", Said::Need::kPositive);
        case Side::kLocal: return is_connect ? unsaid("the own side is not known of a connect", Said::Need::kPositive) : said;
        case Side::kEither:
            if (said.kind == Said::Kind::kConditions) said.notes.push_back({Change::kNarrower, "of a connect the other side is asked, else the own"});
            return said;
    }
    return said;
}

bool is_network(const Question& question) { return question.act.kind == Act::Kind::kNetwork && question.act.operation != "socket"; }

// Of a descriptor that an operation of ours sees as a file, or only as some socket.
Said elsewhere(const Question& question) {
    if (!takes_any_descriptor(question.act)) return never();
    const bool is_stream = question.act.kind == Act::Kind::kStream;
    if (is_stream && question.check.op == Operator::kExists) return always({{Change::kWider, "any socket counts, not only one of the network"}});
    return unsaid(is_stream ? "whom a standard stream is connected to is not known" : "what goes over a connection is not seen", Said::Need::kPositive);
}

Said address(const Question& question, std::string_view) {
    if (!is_network(question)) return elsewhere(question);
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    std::vector<std::string> values;
    if (check.op == Operator::kStartswith) {
        for (const Value& value : check.values) {
            // "10.", "192.168."
            const auto dots = std::count(value.text.begin(), value.text.end(), '.');
            if (!value.text.ends_with('.') || dots < 1 || dots > 3) return operator_unread(question);
            std::string network = value.text.substr(0, value.text.size() - 1);
            for (auto more = dots; more < 4; more++) network += ".0";
            values.push_back(spelt(network + "/" + std::to_string(8 * dots)));
        }
        return known_side(question, says("address", std::move(values)));
    }
    if (check.op != Operator::kEqual && check.op != Operator::kIn && check.op != Operator::kPmatch) return operator_unread(question);
    for (const Value& value : check.values) {
        if (value.text == "<NA>" || value.text == "N/A" || value.text.empty()) continue;
        const auto network = parse_network(value.text);
        if (!network) return unsaid("its value is no address");
        values.push_back(spelt(network->whole().text()));
    }
    return known_side(question, says("address", std::move(values)));
}

Said port(const Question& question, std::string_view) {
    constexpr std::uint32_t kMostPort = 65'535;
    return is_network(question) ? known_side(question, say_numbers(question, "port", kMostPort)) : elsewhere(question);
}

constexpr std::array kProtocols = {WordPair{"tcp", "tcp"}, WordPair{"udp", "udp"}, WordPair{"icmp", "icmp"}, WordPair{"icmpv6", "icmpv6"}};

Said protocol(const Question& question, std::string_view) {
    return question.act.kind == Act::Kind::kNetwork ? say_words(question, "protocol", kProtocols) : elsewhere(question);
}

Said host_name(const Question&, std::string_view) { return unsaid("names of hosts are resolved by user space", Said::Need::kPositive); }

Said is_server(const Question& question, std::string_view) {
    const auto truth = truth_of(question.check);
    if (!truth || !is_network(question)) return operator_unread(question);
    return constant(*truth == (question.act.operation != "connect"));
}

}  // namespace

std::vector<FieldSayer> network_fields() {
    std::vector<FieldSayer> fields = {{"fd.l4proto", protocol, ""}, {"fd.is_server", is_server, ""}};
    for (const std::string_view field : {"fd.ip", "fd.sip", "fd.cip", "fd.rip", "fd.lip", "fd.net", "fd.snet", "fd.cnet", "fd.rnet", "fd.lnet"})
        fields.push_back({field, address, ""});
    for (const std::string_view field : {"fd.port", "fd.sport", "fd.cport", "fd.rport", "fd.lport"}) fields.push_back({field, port, ""});
    for (const std::string_view field : {"fd.sip.name", "fd.cip.name", "fd.rip.name", "fd.lip.name"}) fields.push_back({field, host_name, ""});
    return fields;
}

}  // namespace quell::policy::falco
