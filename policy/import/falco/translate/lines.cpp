// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/lines.h"

#include <algorithm>

#include "policy/import/falco/translate/line_text.h"
#include "policy/import/falco/translate/merge.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

const Note kName{Change::kOther, "the name that begins a command line is what the program calls itself (argv[0]), and has no blanks"};
const Note kSlash{Change::kOther, "no program's name is as long as that, or holds a slash"};
const Note kEmpty{Change::kOther, "an empty argument is not told from none"};
const Note kDirectories{Change::kWider, "where a program's name is asked for, the directories by which it was called count, too"};
const Note kApart{Change::kWider, "the words of a text with blanks may stand apart, or in another order"};
const Note kFirstToo{Change::kWider, "what has a blank in front of it may be the first argument"};
const Note kLastToo{Change::kWider, "what has a blank behind it may be the last argument"};
const Note kAnyEnd{Change::kWider, "the end of any argument counts, not only of the last"};
const Note kMayGoOn{Change::kWider, "more arguments may follow than the text has words"};
const Note kAnyWord{Change::kWider, "where a text asks for an empty argument, any counts"};
const Note kNoPlace{Change::kWider, "behind the seventh, an argument's place is not known"};
const Note kBlankPiece{Change::kNarrower, "`?` and a set of bytes stand for no blank between two arguments"};
// Of exceptions.
const Note kReadings{Change::kNarrower, "an exception takes each word of a text for an argument, or all for one, and for one what is behind -c"};
const Note kPlaces{Change::kNarrower, "an exception knows the places of the first seven arguments"};
const Note kFewPlaces{Change::kNarrower, "an exception with blanks is looked for in the first five arguments"};
const Note kOneArgument{Change::kNarrower, "an exception with stars is looked for within one argument"};
const Note kNameless{Change::kNarrower, "an exception is not looked for in the program's name"};
const Note kShortName{Change::kNarrower, "an exception by a name's beginning asks for a program that is called by its name, or in /bin or /usr/bin"};
const Note kLong{Change::kNarrower, "an exception's text is longer than a pattern may be"};
const Note kEmptyWord{Change::kNarrower, "an exception cannot ask for an argument that is empty"};

constexpr std::size_t kMostWords = 8;        // that are asked for of one text
constexpr std::size_t kMostExactBlanks = 2;  // of a text whose readings are all written
constexpr unsigned kMostPlaced = 5;          // places that are tried for several words

// Of one segment: what stands between two stars.
struct Ends {
    bool open_start, open_end;
};

class LineReader {
public:
    LineReader(Line line, bool wants_less) : line_(line), base_(line == Line::kArguments ? 1 : 0), wants_less_(wants_less) {}

    ArgumentClauses run(const std::vector<Glob>& globs) {
        for (const Glob& glob : globs) {
            if (has_blank_piece(glob)) note(kBlankPiece);
            if (glob == star())
                result_.is_always = true;
            else if (glob.empty())
                nothing();
            else if (wants_less_)
                less(glob);
            else
                more(glob);
        }
        merge_clauses(result_.any);
        return std::move(result_);
    }

private:
    void note(const Note& one) {
        if (std::find(result_.notes.begin(), result_.notes.end(), one) == result_.notes.end()) result_.notes.push_back(one);
    }
    void emit(Clause clause) { result_.any.push_back(std::move(clause)); }

    // The empty line: a command line has a name at least.
    void nothing() {
        if (line_ != Line::kArguments) return;
        note(kEmpty);
        emit({Entry{"arguments", true, {spelt("?*")}}});
    }

    // A superset, as one clause: each word is asked for by itself, in all forms
    // that an argument with it may have.
    void more(const Glob& glob) {
        const std::vector<Glob> segments = segments_of(glob);
        if (segments.size() > 1) note(kApart);
        Clause clause;
        for (std::size_t i = 0; i < segments.size(); i++) {
            const Ends ends{i > 0 || begins_with_star(glob), i + 1 < segments.size() || ends_with_star(glob)};
            if (!more_of(clause, words_of(segments[i]), ends)) return;
        }
        if (clause.empty()) result_.unsaid = "a blank alone cannot be asked for";
        emit(std::move(clause));
    }

    // False where no line is like that.
    bool more_of(Clause& clause, std::vector<Glob> words, const Ends& ends) {
        unsigned first = base_;
        if (line_ == Line::kCommand && !ends.open_start) {
            const bool is_open = words.size() == 1 && ends.open_end;
            if (!is_name(words[0], is_open)) return note(kSlash), false;
            clause.push_back(named(words[0], is_open));
            words.erase(words.begin());
            if (words.empty()) {
                if (!ends.open_end) ends_behind(clause, 0);
                return true;
            }
            first = 1;
        }
        const std::size_t blanks = words.size() - 1;
        const bool is_leading = ends.open_start && words.front().empty(), is_trailing = ends.open_end && words.back().empty();
        const bool is_one_word = blanks == (is_leading ? 1u : 0u) + (is_trailing ? 1u : 0u);
        const bool is_pair = blanks == 1 && !ends.open_start;
        if (is_leading && base_ == 1) note(kFirstToo);
        if (is_trailing) note(ends.open_start ? kLastToo : kEmpty);
        if (!is_one_word && !is_pair) note(kApart);
        if (ends.open_start && !ends.open_end) note(kAnyEnd);
        for (std::size_t j = 0; j < words.size() && j < kMostWords; j++) {
            std::vector<std::string> values = blanks <= kMostExactBlanks ? groups(words, j, ends, first) : contexts(words, j, ends, first);
            if (values.empty()) continue;
            Entry entry{"arguments", false, std::move(values)};
            if (std::find(clause.begin(), clause.end(), entry) == clause.end()) clause.push_back(std::move(entry));
        }
        if (!ends.open_start && !ends.open_end) {
            if (blanks > 0) note(kMayGoOn);
            ends_behind(clause, first + static_cast<unsigned>(blanks));
        }
        return true;
    }

    // The arguments that word j may be in, with the words beside it that are in
    // the same one. Nothing where it may be an empty one.
    std::vector<std::string> groups(const std::vector<Glob>& words, std::size_t j, const Ends& ends, unsigned first) {
        std::vector<std::string> values;
        const std::size_t last = words.size() - 1;
        for (std::size_t from = 0; from <= j; from++)
            for (std::size_t to = j; to <= last; to++) {
                Glob glob = joined_words(words, from, to);
                if (from == 0 && ends.open_start) glob = joined(star(), glob);
                if (to == last && ends.open_end) glob = joined(std::move(glob), star());
                if (ends.open_start) {
                    if (glob.empty() || glob == star()) return {};
                    if (from == 0) at_beginning(values, glob, words[0], to == 0);
                    add(values, text_value(glob));
                    continue;
                }
                // "a " is followed by an argument, which may be anything
                if (glob == star()) glob = {{Piece::Kind::kAny, "?"}, {Piece::Kind::kStar, "*"}};
                if (glob.empty()) return note(kAnyWord), std::vector<std::string>{};
                for (std::size_t place = from == 0 ? 0 : 1; place <= from; place++) add_placed(values, glob, first + static_cast<unsigned>(place));
            }
        return values;
    }

    // The same of a text with many blanks, without what stands further away.
    std::vector<std::string> contexts(const std::vector<Glob>& words, std::size_t j, const Ends& ends, unsigned first) {
        const Glob before = joined(star(), literal(" ")), behind = joined(literal(" "), star());
        if (words[j].empty()) return {};
        std::vector<Glob> left{words[j]}, all;
        if (j == 0) {
            if (ends.open_start) left = {joined(star(), words[j])};
        } else {
            left.push_back(joined(before, words[j]));
        }
        for (const Glob& one : left) {
            const bool is_last = j + 1 == words.size();
            all.push_back(is_last && ends.open_end ? joined(one, star()) : one);
            if (!is_last) all.push_back(joined(one, behind));
        }
        std::vector<std::string> values;
        for (const Glob& one : all) {
            if (j == 0 && !ends.open_start) {
                add_placed(values, one, first);
                continue;
            }
            if (j == 0) at_beginning(values, one, words[0], one.size() == words[0].size() + 1);
            add(values, text_value(one));
        }
        return values;
    }

    // Where a text may begin in argv[0], or in the name: that has no blanks.
    void at_beginning(std::vector<std::string>& values, const Glob& glob, const Glob& word, bool is_one_word) {
        if (line_ == Line::kWhole) return add(values, placed_value(glob, 0));
        if (line_ != Line::kCommand || !is_one_word || word.empty() || !is_name(word, true)) return;
        note(kName);
        if (ends_with_star(glob)) note(kDirectories);
        add(values, placed_value(glob, 0));
    }

    void add_placed(std::vector<std::string>& values, const Glob& glob, unsigned place) {
        if (place <= kMaxArgumentPosition) return add(values, placed_value(glob, place));
        note(kNoPlace);
        add(values, text_value(glob));
    }

    // The name as argv[0] has it.
    Entry named(const Glob& name, bool is_open) {
        std::vector<std::string> values;
        const Glob slash = joined(star(), literal("/"));
        note(kName);
        const bool may_be_cut = !is_open && name.size() == kProcessNameBytes;
        const Glob whole = is_open || may_be_cut ? joined(name, star()) : name;
        if (whole.size() != name.size()) note(kDirectories);
        add(values, placed_value(whole, 0));
        add(values, placed_value(joined(slash, whole), 0));
        return {"arguments", false, std::move(values)};
    }

    // No argument stands behind that place.
    void ends_behind(Clause& clause, unsigned place) {
        note(kEmpty);
        if (place == 0) return clause.push_back({"arguments", true, {spelt("?*")}});
        Entry entry{"arguments", true, {}};
        const Glob any{{Piece::Kind::kAny, "?"}, {Piece::Kind::kStar, "*"}};
        for (unsigned more = place + 1; more <= kMaxArgumentPosition; more++) entry.values.push_back(placed_value(any, more));
        if (!entry.values.empty()) clause.push_back(std::move(entry));
    }

    // A subset: some of the ways in which the line may be that.
    void less(const Glob& glob) {
        if (text_value(glob).size() > kMaxArgumentPatternBytes) return note(kLong);
        const std::vector<Glob> segments = segments_of(glob);
        const Ends ends{begins_with_star(glob), ends_with_star(glob)};
        if (segments.size() > 1) {
            note(kOneArgument);
            if (ends.open_start && ends.open_end) return emit({Entry{"arguments", false, {text_value(glob)}}});
            if (ends.open_end && line_ != Line::kCommand) emit({Entry{"arguments", false, {placed_value(glob, base_)}}});
            return;
        }
        std::vector<Glob> words = words_of(segments[0]);
        Clause before;
        unsigned first = base_;
        if (line_ == Line::kCommand && !ends.open_start) {
            const bool is_open = words.size() == 1 && ends.open_end;
            if (!is_name(words[0], is_open)) return note(kSlash);
            note(kName);
            if (is_open) return name_begins(words[0]);
            for (const Glob& one : {words[0], joined(joined(star(), literal("/")), words[0])}) {
                if (before.empty()) before.push_back({"arguments", false, {}});
                add(before[0].values, placed_value(one, 0));
            }
            words.erase(words.begin());
            if (words.empty()) {
                ends_behind(before, 0);
                return emit(std::move(before));
            }
            first = 1;
        }
        const std::vector<std::vector<Glob>> readings = readings_of(words);
        if (words.size() > 2 || readings.size() < words.size()) note(kReadings);
        for (const std::vector<Glob>& reading : readings) {
            if (ends.open_start)
                floating(reading, ends, words.size() > 1);
            else
                anchored(before, reading, ends, first);
        }
    }

    void name_begins(const Glob& name) {
        note(kShortName);
        Entry is{"arguments", false, {}}, is_not{"arguments", true, {}};
        for (const std::string_view directory : {"", "/bin/", "/usr/bin/"}) {
            const Glob whole = joined(joined(literal(directory), name), star());
            is.values.push_back(placed_value(whole, 0));
            is_not.values.push_back(placed_value(joined(joined(whole, literal("/")), star()), 0));
        }
        emit({std::move(is), std::move(is_not)});
    }

    // Its elements stand at places that are known.
    void anchored(Clause clause, const std::vector<Glob>& reading, const Ends& ends, unsigned first) {
        if (!place(clause, reading, first, false, ends.open_end)) return;
        const unsigned last = first + static_cast<unsigned>(reading.size()) - 1;
        if (!ends.open_end && last == kMaxArgumentPosition) return note(kPlaces);  // what follows is not known
        if (!ends.open_end) ends_behind(clause, last);
        emit(std::move(clause));
    }

    bool place(Clause& clause, const std::vector<Glob>& reading, unsigned first, bool open_start, bool open_end) {
        for (std::size_t j = 0; j < reading.size(); j++) {
            const unsigned at = first + static_cast<unsigned>(j);
            if (at > kMaxArgumentPosition) return note(kPlaces), false;
            Glob glob = reading[j];
            if (j == 0 && open_start) glob = joined(star(), glob);
            if (j + 1 == reading.size() && open_end) glob = joined(std::move(glob), star());
            if (j == 0 && open_start && glob == star()) continue;  // whatever is in front
            if (glob.empty()) return note(kEmptyWord), false;
            if (glob == star()) {
                note(kEmptyWord);
                glob = {{Piece::Kind::kAny, "?"}, {Piece::Kind::kStar, "*"}};
            }
            clause.push_back({"arguments", false, {placed_value(glob, at)}});
        }
        return true;
    }

    void floating(const std::vector<Glob>& reading, const Ends& ends, bool has_blanks) {
        if (reading.size() == 1 && ends.open_end) {
            const Glob glob = joined(joined(star(), reading[0]), star());
            Entry entry{"arguments", false, {text_value(glob)}};
            if (line_ == Line::kWhole) entry.values.push_back(placed_value(glob, 0));
            if (line_ == Line::kCommand && !has_blanks && is_name(reading[0], true)) note(kNameless);
            return emit({std::move(entry)});
        }
        const bool is_leading = reading[0].empty();
        // behind a name there is always an argument's beginning
        if (is_leading && reading.size() == 2 && base_ == 0 && ends.open_end && !reading[1].empty())
            return emit({Entry{"arguments", false, {text_value(joined(reading[1], star()))}}});
        const bool is_single = is_leading && reading.size() == 2 && ends.open_end;
        note(is_single ? kPlaces : kFewPlaces);
        for (unsigned first = base_; first <= (is_single ? kMaxArgumentPosition : kMostPlaced); first++) {
            if (first == 0 && line_ == Line::kCommand && !is_leading && !is_name(reading[0], false)) continue;
            if (first == 0 && line_ == Line::kCommand && !is_leading) note(kName);
            const unsigned last = first + static_cast<unsigned>(reading.size()) - 1;
            if (last > kMaxArgumentPosition || (!ends.open_end && last == kMaxArgumentPosition)) break;
            Clause clause;
            if (!place(clause, reading, first, true, ends.open_end)) return;
            if (!ends.open_end) ends_behind(clause, last);
            emit(std::move(clause));
        }
    }

    static void add(std::vector<std::string>& values, std::string value) {
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
    }

    Line line_;
    unsigned base_;
    bool wants_less_;
    ArgumentClauses result_;
};

}  // namespace

ArgumentClauses clauses_of(const std::vector<Glob>& globs, Line line, bool wants_less) { return LineReader(line, wants_less).run(globs); }

}  // namespace quell::policy::falco
