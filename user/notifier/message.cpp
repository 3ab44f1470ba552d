// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/message.h"

#include <nettle/hmac.h>

#include <array>

#include "user/base/sha256.h"
#include "user/base/vocabulary.h"

namespace quell::notifier {
namespace {

constexpr std::size_t kIdDigits = 32;

// `…` of Slack and Mattermost: no mention, link or emphasis within.
std::string code(std::string_view text) {
    std::string out = "`";
    for (const char c : text) {
        if (c == '`') out += '\'';
        else if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else out += c;
    }
    return out + "`";
}

std::string chat_text(const std::string& host, const Json& row, const Json& incident) {
    using control::string_member;
    std::string text = "*" + string_member(row, "action") + "*";
    if (incident.is_object()) text += " (" + string_member(incident, "severity") + ")";
    if (const auto id = string_member(row, "incident"); !id.empty()) text += " " + code(id);
    if (incident.is_object()) text += " " + code(string_member(incident, "policy") + "/" + string_member(incident, "rule"));
    text += " on " + code(host) + ": " + code(string_member(row, "subject"));
    if (const auto object = string_member(incident, "object"); !object.empty()) text += " " + code(object);
    if (const auto response = string_member(row, "response"); !response.empty()) text += ", " + code(response);
    if (const auto result = string_member(row, "result"); !result.empty()) text += ": " + code(result);
    if (const auto& who = control::member(row, "who"); who.is_object()) text += " by " + code(string_member(who, "user"));
    if (const auto reason = string_member(row, "reason"); !reason.empty()) text += ", " + code(reason);
    return text;
}

}  // namespace

std::string message_id(const Json& row) {
    Json same = row;
    same.erase("row");
    return sha256_hex(control::json_text(same)).substr(0, kIdDigits);
}

bool is_wanted(const Target& target, const Json& row, const Json& incident) {
    if (!target.actions.empty() && !target.actions.contains(control::string_member(row, "action"))) return false;
    if (!incident.is_object()) return true;
    // A word that this version does not know is sent.
    const auto severity = word_index(kSeverityWords, control::string_member(incident, "severity"));
    return !severity || *severity >= target.severity;
}

std::string message_body(Format format, const std::string& host, const Json& row, const Json& incident) {
    if (format == Format::Chat) return control::json_text({{"text", chat_text(host, row, incident)}});
    Json body = {{"id", message_id(row)}, {"host", host}, {"row", row}};
    if (incident.is_object()) body["incident"] = incident;
    return control::json_text(body);
}

std::string signature(const std::string& secret, const std::string& timestamp, const std::string& body) {
    static constexpr char kHexDigits[] = "0123456789abcdef";
    const std::string text = timestamp + "." + body;
    hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, secret.size(), reinterpret_cast<const std::uint8_t*>(secret.data()));
    hmac_sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
    hmac_sha256_digest(&context, digest.size(), digest.data());
    std::string hex;
    for (const auto byte : digest) {
        hex += kHexDigits[byte >> 4];
        hex += kHexDigits[byte & 15];
    }
    return hex;
}

}  // namespace quell::notifier
