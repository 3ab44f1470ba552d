// SPDX-License-Identifier: Apache-2.0
#include "walk_texts.h"

#include <map>
#include <string>

namespace quell::policy::test {
namespace {

class Walk {
public:
    Walk(const ImageTexts& texts, std::set<std::uint32_t>& outputs) : head_(texts.head), words_(texts.words), outputs_(outputs) {}

    // One text at a place, to its end.
    void text(const std::string& text, std::uint32_t place) {
        std::uint32_t state = head_.start;
        place_ = place;
        offset_ = 0;
        reached_.clear();
        for (const char c : text) {
            const std::uint32_t byte_class = head_.classes[static_cast<unsigned char>(c)];
            const std::uint32_t of_state = words_.at(head_.states + state);
            const std::uint32_t cell = words_.at(head_.cells + (of_state >> 12) + byte_class);
            state = (cell & 255) == byte_class ? cell >> 8 : words_.at(head_.rows + ((of_state & 4095) << head_.row_shift) + byte_class);
            offset_++;
            report(state, 0);
        }
        report(state, 1);
    }

private:
    void report(std::uint32_t state, std::uint32_t end) {
        if (state >= head_.hitting) return;
        const std::uint32_t list = words_.at(head_.lists + state * 2 + end);
        for (std::uint32_t i = 0; i < (list & 255); i++) {
            const std::uint32_t hit = words_.at(head_.hits + (list >> 8) + i);
            if (hit >> 31)
                step(hit & 0x7fffffff);
            else
                output(hit & 0xffff, hit >> 16);
        }
    }

    void step(std::uint32_t index) {
        const std::uint32_t at = head_.steps + index * 4, parent = words_.at(at);
        if (parent != 0 && (!reached_.contains(parent) || offset_ < reached_[parent] + words_.at(at + 1))) return;
        if (words_.at(at + 3) != 0)
            output(words_.at(at + 2), words_.at(at + 3));
        else
            reached_.emplace(index, offset_);
    }

    void output(std::uint32_t number, std::uint32_t places) {
        if (places >> place_ & 1) outputs_.insert(number);
    }

    const quell_text_head& head_;
    const std::vector<std::uint32_t>& words_;
    std::set<std::uint32_t>& outputs_;
    std::map<std::uint32_t, std::uint32_t> reached_;
    std::uint32_t place_ = 0, offset_ = 0;
};

}  // namespace

std::set<std::uint32_t> walk_texts(const ImageTexts& texts, const reference::Act& act) {
    std::set<std::uint32_t> outputs;
    Walk walk(texts, outputs);
    for (std::size_t i = 0; i < act.arguments.size(); i++) walk.text(act.arguments[i], i < QUELL_PLACE_LATER ? static_cast<std::uint32_t>(i) : QUELL_PLACE_LATER);
    for (const std::string& name : act.environment) walk.text(name, QUELL_PLACE_ENVIRONMENT);
    walk.text(act.link_target, QUELL_PLACE_TARGET);
    walk.text(act.mount_source, QUELL_PLACE_SOURCE);
    return outputs;
}

}  // namespace quell::policy::test
