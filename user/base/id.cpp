// SPDX-License-Identifier: Apache-2.0
#include "user/base/id.h"

#include <algorithm>

namespace quell {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kDigitsMin = 4;
constexpr std::size_t kDigitsMax = 12;  // 56 bits

// x times the generator in GF(32), modulo x^5 + x^2 + 1
constexpr unsigned next(unsigned x) {
    x <<= 1;
    return x & 32 ? x ^ 0b100101 : x;
}

constexpr unsigned multiply(unsigned a, unsigned b) {
    unsigned product = 0;
    for (; b != 0; b >>= 1, a = next(a))
        if (b & 1) product ^= a;
    return product;
}

// Digit i, counted from the right, weighs generator^(i + 1). All weights up
// to 31 digits differ and none is 0 or 1, which is what makes single errors
// and swaps (also of the last digit with the check digit) show.
unsigned check_digit(std::uint64_t id) {
    unsigned sum = 0;
    for (unsigned weight = next(1); id != 0; id >>= 5, weight = next(weight)) sum ^= multiply(weight, id & 31);
    return sum;
}

int digit_of(char c) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    const auto at = kAlphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string id_text(std::uint64_t id) {
    std::string text(1, kAlphabet[check_digit(id)]);
    for (std::uint64_t rest = id; rest != 0; rest >>= 5) text += kAlphabet[rest & 31];
    while (text.size() < kDigitsMin + 1) text += '0';
    std::reverse(text.begin(), text.end());
    return text;
}

Result<std::uint64_t> parse_id(std::string_view text) {
    if (text.size() < kDigitsMin + 1 || text.size() > kDigitsMax + 1) return Error{"not an incident's id", EINVAL, {}};
    std::uint64_t id = 0;
    for (const char c : text.substr(0, text.size() - 1)) {
        const int digit = digit_of(c);
        if (digit < 0) return Error{"not an incident's id", EINVAL, {}};
        id = id << 5 | static_cast<unsigned>(digit);
    }
    // One spelling per incident: no zeros in front beyond the four digits.
    const bool padded = text.size() > kDigitsMin + 1 && digit_of(text.front()) == 0;
    if (padded || id == 0 || id > kIncidentMax) return Error{"not an incident's id", EINVAL, {}};
    if (digit_of(text.back()) != static_cast<int>(check_digit(id)))
        return Error{"mistyped id: its check digit does not fit", EINVAL, "copy it from `quell incidents`"};
    return id;
}

}  // namespace quell
