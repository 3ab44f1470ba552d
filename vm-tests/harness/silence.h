// SPDX-License-Identifier: Apache-2.0
// Silence: what must not raise an incident, by the kernel's counts, and with a
// control: that the same kind of thing is seen where it must be.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace quell::guest {

class Silence {
public:
    enum class By { Rules, Exceptions };  // no rule is about it, or one is and an exception lets it pass

    // From here on.
    explicit Silence(By by = By::Rules);
    // Fails the test when a match was counted since, or, by exceptions, none was let pass. Then `control`, a removal of a
    // log by whom nobody excepts, is the only incident.
    void expect(const std::string& after, const std::function<int()>& control) const;

private:
    By by_;
    std::int64_t matches_, excepted_;
};

}  // namespace quell::guest
