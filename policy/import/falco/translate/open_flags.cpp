// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/open_flags.h"

#include <algorithm>
#include <array>

namespace quell::policy::falco {
namespace {

constexpr std::array kWords = {WordPair{"O_TRUNC", "truncate"}, WordPair{"O_CREAT", "create"}, WordPair{"O_APPEND", "append"},     WordPair{"O_EXCL", "exclusive"},
                               WordPair{"O_DIRECT", "direct"},  WordPair{"O_TMPFILE", "tmpfile"}, WordPair{"O_NONBLOCK", "nonblock"}};

// An open for both is two operations of ours, and Falco writes O_RDWR alone.
const Note kBoth{Change::kWider, "an open for reading and writing counts as either"};
const Note kBothLost{Change::kNarrower, kBoth.text};
const Note kAlone{Change::kOther, "a flag is looked for alone, whatever others are given"};
const Note kOneIsEnough{Change::kWider, "one of several flags is enough"};
const Note kSomeUnknown{Change::kNarrower, "other flags that it names are not known to a hook"};
const Note kDirectory{Change::kNarrower, "O_DIRECTORY is not seen"};

std::vector<std::string> flags_in(const std::string& text) {
    std::vector<std::string> flags(1);
    for (const char c : text) {
        if (c == '|')
            flags.emplace_back();
        else
            flags.back() += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return flags;
}

class Reader {
public:
    explicit Reader(const Question& question) : question_(question), own_(question.act.operation) {}

    Said run() {
        for (const Value& value : question_.check.values) read(flags_in(value.text));
        if (is_access_lost_) notes_.push_back(kBothLost);
        if (holds_ && question_.wants_less && both_ > 0 && writes_ == 0) return unsaid(kBoth.text);  // would let go what is opened for writing alone
        if (holds_) {
            if (reads_ + writes_ + both_ == 1) notes_.push_back(kBoth);
            return always(std::move(notes_));
        }
        if (words_.empty() && !is_other_access_) return unsaid(std::string(kUnknownFlags));
        if (is_unknown_) notes_.push_back(kSomeUnknown);
        if (words_.empty()) return never(std::move(notes_));
        if (question_.check.op != Operator::kContains || words_.size() > 1) {
            notes_.push_back(kAlone);
            notes_.push_back(kOneIsEnough);
        }
        return says("open-flags", std::move(words_), std::move(notes_));
    }

private:
    // One value: all of its flags, side by side.
    void read(const std::vector<std::string>& flags) {
        std::vector<std::string> words;
        bool is_known = false, is_other = false;
        for (const std::string& flag : flags) {
            const auto word = std::find_if(kWords.begin(), kWords.end(), [&](const WordPair& one) { return one.falco == flag; });
            if (own_ == "create") {
                is_known = is_known || flag == "O_CREAT";
            } else if (flag == "O_RDONLY" || flag == "O_WRONLY" || flag == "O_RDWR") {
                is_known = true;
                is_other = is_other || (own_ == "open-read") != (flag == "O_RDONLY");
                is_access_lost_ = is_access_lost_ || (own_ == "open-read" && flag == "O_RDWR");
                (flag == "O_RDONLY" ? reads_ : flag == "O_WRONLY" ? writes_ : both_) = 1;
            } else if (word != kWords.end()) {
                is_known = true;
                words.emplace_back(word->ours);
                if (flag == "O_DIRECT" && question_.check.op == Operator::kContains) notes_.push_back(kDirectory);
            }
        }
        if (!is_known) is_unknown_ = true;
        if (is_other) is_other_access_ = true;
        if (!is_known || is_other) return;
        if (words.empty()) holds_ = true;
        for (std::string& one : words)
            if (std::find(words_.begin(), words_.end(), one) == words_.end()) words_.push_back(std::move(one));
    }

    const Question& question_;
    std::string_view own_;
    std::vector<std::string> words_;
    std::vector<Note> notes_;
    int reads_ = 0, writes_ = 0, both_ = 0;
    bool holds_ = false, is_unknown_ = false, is_other_access_ = false, is_access_lost_ = false;
};

// What Falco says by flags of an executable.
struct BegunFlag {
    std::string_view falco;
    std::string_view key;
    std::string_view value;
};
constexpr std::array kBegun = {BegunFlag{"EXE_UPPER_LAYER", "intact", "false"}, BegunFlag{"EXE_LOWER_LAYER", "intact", "true"}, BegunFlag{"EXE_FROM_MEMFD", "memfd", "true"}};

}  // namespace

Said open_flags(const Question& question) { return Reader(question).run(); }

Said begun_flags(const Question& question) {
    const Check& check = question.check;
    if (check.op != Operator::kContains && check.op != Operator::kIcontains) return unsaid(std::string(kUnknownFlags));
    const auto flags = flags_in(check.values[0].text);
    const auto row = std::find_if(kBegun.begin(), kBegun.end(), [&](const BegunFlag& one) { return flags.size() == 1 && one.falco == flags[0]; });
    if (row == kBegun.end()) return unsaid(std::string(kUnknownFlags));
    std::vector<Note> notes;
    if (row->key == "intact") notes.push_back({Change::kWider, std::string(row->value == "false" ? kCountsAsNew : kCountsAsImage)});
    return says(row->key, {std::string(row->value)}, std::move(notes));
}

}  // namespace quell::policy::falco
