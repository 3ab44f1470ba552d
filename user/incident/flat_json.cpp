// SPDX-License-Identifier: Apache-2.0
#include "user/incident/flat_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace quell {
namespace {

using Json = nlohmann::json;

// Follows the parser's events with the path in mind. Returning false ends the
// parse.
class Collector final : public nlohmann::json_sax<Json> {
public:
    Collector(const std::vector<std::string>& wanted, const FlatJsonBounds& bounds, std::map<std::string, std::string>& values, bool& is_whole)
        : wanted_(wanted), bounds_(bounds), values_(values), is_whole_(is_whole) {}

    bool null() override { return skip(); }
    bool boolean(bool) override { return skip(); }
    bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& text) override { return take(text); }
    bool string(string_t& value) override { return take(value); }
    bool binary(binary_t&) override { return false; }

    bool start_object(std::size_t) override { return enter(false); }
    bool start_array(std::size_t) override { return enter(true); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool key(string_t& name) override {
        // A key with the separator in it could pass for a path of two.
        levels_.back().name = name.find('\n') == std::string::npos ? std::move(name) : std::string{};
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

private:
    struct Level {
        bool array;
        std::size_t index = 0;
        std::string name;  // of the value that comes next in an object
    };

    bool enter(bool array) {
        if (levels_.size() >= bounds_.depth) return false;
        levels_.push_back({array, 0, {}});
        return true;
    }
    bool leave() {
        levels_.pop_back();
        return skip();
    }
    // A value is over: the next one of an array has the next number.
    bool skip() {
        if (!levels_.empty()) levels_.back().index++;
        return true;
    }
    bool take(const std::string& value) {
        if (value.empty()) return skip();
        std::string path;
        for (const Level& level : levels_) {
            if (!path.empty()) path += '\n';
            path += level.array ? std::to_string(level.index) : level.name;
        }
        const bool wanted = std::any_of(wanted_.begin(), wanted_.end(), [&](const std::string& prefix) {
            return path.compare(0, prefix.size(), prefix) == 0;
        });
        if (wanted && value.size() > bounds_.value_bytes) {
            is_whole_ = false;
        } else if (wanted) {
            if (values_.size() >= bounds_.values) return false;
            values_[path] = value;
        }
        return skip();
    }

    const std::vector<std::string>& wanted_;
    const FlatJsonBounds& bounds_;
    std::map<std::string, std::string>& values_;
    bool& is_whole_;
    std::vector<Level> levels_;
};

}  // namespace

Result<FlatJson> FlatJson::parse(std::string_view text, const std::vector<std::string>& wanted, const FlatJsonBounds& bounds) {
    FlatJson flat;
    Collector collector(wanted, bounds, flat.values_, flat.is_whole_);
    if (!Json::sax_parse(text.begin(), text.end(), &collector)) return Error{"not JSON within the bounds", EINVAL, {}};
    return flat;
}

std::optional<std::string> FlatJson::get(const std::string& path) const {
    const auto found = values_.find(path);
    if (found == values_.end()) return std::nullopt;
    return found->second;
}

}  // namespace quell
