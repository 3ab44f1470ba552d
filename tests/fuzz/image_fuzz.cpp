// SPDX-License-Identifier: Apache-2.0
// Any bytes as an image file, any bytes behind a header that fits them, and
// any changes of a good image: refused, or an image that is written as the
// same bytes, and in which no index leads astray.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/imagefile/codec.h"
#include "policy/imagefile/image_file.h"
#include "policy/imagefile/places.h"
#include "policy/imagefile/sections.h"
#include "policy/policy.h"
#include "tests/policy/interpreter.h"
#include "user/base/sha256.h"

namespace {

using namespace quell::policy;

// Nobody guesses a sha256: without this, nothing behind the header would be reached.
std::string with_header(std::string_view content) {
    Writer file;
    file.bytes() += kImageMagic;
    file.u32(kImageVersion);
    file.u32(static_cast<std::uint32_t>(sections().size()));
    file.u64(content.size());
    const std::string hex = quell::sha256_hex(content);
    for (std::size_t i = 0; i < hex.size(); i += 2) file.bytes() += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return file.bytes() + std::string(content);
}

void read(std::string_view bytes) {
    const auto image = read_image(bytes);
    if (!image) return;
    const auto again = write_image(*image);
    if (!again || *again != bytes) std::abort();
    (void)places(*image).ok();
    const test::Interpreter interpreter(*image);
    for (const char* path : {"/", "/var/log/a", "/etc/shadow", "/run/quell/canary"})
        for (const std::uint32_t subject : {QUELL_SUBJECT_HOST, QUELL_SUBJECT_CONTAINER})
            (void)interpreter.matches({QUELL_OP_DELETE, subject, path, {{"/usr/bin/rm", true}}}), (void)interpreter.matches({QUELL_OP_UNMOUNT, subject, path, {}});
}

// The content of an image with edges and sets of every kind.
const std::string& good_content() {
    static const std::string kContent = [] {
        const std::vector<Source> sources{{"good.yaml",
                                           "{apiVersion: quell/v1, kind: Policy, metadata: {name: good}, spec: {rules: ["
                                           "{id: a, severity: high, tags: [t], on: [delete, unmount], match: {path: [/x/**, /x/y, /z/*]}, except: [{exe: [/e/f, /e/**]}],"
                                           " respond: {offer: [kill-process]}},"
                                           "{id: b, severity: low, on: [rename], match: {path: [/x/y, /x/v/w]}, except: [{exe: [/e/g]}]}]}}"}};
        return write_image(*compile(sources).image)->substr(kImageHeaderBytes);
    }();
    return kContent;
}

// Each four bytes are a place in it and what goes there; the rest is put in at the last place.
std::string changed(std::string_view edits) {
    std::string content = good_content();
    std::size_t at = 0;
    for (; edits.size() >= 4; edits.remove_prefix(4)) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(edits[i])); };
        at = (byte(0) << 8 | byte(1)) % content.size();
        content[at] = static_cast<char>(edits[2] ^ edits[3]);
    }
    return content.insert(at, edits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read(bytes);
    read(with_header(bytes));
    read(with_header(changed(bytes)));
    return 0;
}
