// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>

#include "user/base/escape.h"
#include "user/notifier/message.h"

namespace quell::notifier {
namespace {

constexpr long kConnectTimeoutS = 10;
constexpr std::uint64_t kBackoffFirstMs = 1'000, kBackoffMostMs = 300'000, kRetryAfterMostS = 3'600;
constexpr std::size_t kAnswerMax = 64 * 1024;  // read, so that the connection can be used again; beyond, it is cut

size_t throw_away(char*, size_t size, size_t count, void* got) {
    auto& total = *static_cast<std::size_t*>(got);
    total += size * count;
    return total > kAnswerMax ? 0 : size * count;
}

int ask_to_stop(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return (*static_cast<const std::function<bool()>*>(stopping))() ? 1 : 0; }

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class Headers {
public:
    void add(const std::string& line) { list_.reset(curl_slist_append(list_.release(), line.c_str())); }
    [[nodiscard]] curl_slist* get() const { return list_.get(); }

private:
    std::unique_ptr<curl_slist, FreeList> list_;
};

}  // namespace

struct Sender::Curl {
    CURL* handle = nullptr;
    ~Curl() { curl_easy_cleanup(handle); }
};

Sender::Sender(Target target, std::function<bool()> stopping) : target_(std::move(target)), stopping_(std::move(stopping)), curl_(std::make_unique<Curl>()) {
    static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (kReady == CURLE_OK) curl_->handle = curl_easy_init();
}

Sender::~Sender() = default;

Attempt Sender::send(const Message& message, std::uint64_t dropped) {
    Attempt attempt;
    CURL* const curl = curl_->handle;
    if (curl == nullptr) return attempt.text = "libcurl cannot be used", attempt;
    Headers headers;
    const std::string timestamp = std::to_string(std::time(nullptr));
    headers.add("Content-Type: application/json");
    headers.add("X-Quell-Id: " + message.id);
    headers.add("X-Quell-Timestamp: " + timestamp);
    if (dropped != 0) headers.add("X-Quell-Dropped: " + std::to_string(dropped));
    headers.add("Expect:");  // no round trip before a body of a kilobyte
    if (!target_.secret_file.empty()) {
        const auto secret = read_secret(target_.secret_file);  // each time: it may be changed while this runs
        if (!secret) return attempt.text = escape(secret.error().message), attempt;
        headers.add("X-Quell-Signature: sha256=" + signature(*secret, timestamp, message.body));
    }
    std::size_t answered = 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, target_.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.body.size()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "quell-notifier/" QUELL_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, std::min(kConnectTimeoutS, static_cast<long>(target_.timeout_s)));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(target_.timeout_s));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, throw_away);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answered);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_to_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopping_);
    if (!target_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, target_.ca_file.c_str());
    const CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    // An answer that is too long, or cut off, is one nevertheless.
    if (code != CURLE_OK && status == 0) return attempt.text = escape(curl_easy_strerror(code)), attempt;
    if (code == CURLE_ABORTED_BY_CALLBACK) return attempt.text = "stopped", attempt;
    attempt.taken = status >= 200 && status < 300;
    attempt.refused = status == 400 || status == 413 || status == 422;
    attempt.text = "it answered " + std::to_string(status);
    curl_off_t wait_s = 0;
    if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s) == CURLE_OK && wait_s > 0) attempt.retry_after_s = static_cast<std::uint64_t>(wait_s);
    return attempt;
}

std::uint64_t backoff_ms(std::uint32_t failures, const std::optional<std::uint64_t>& retry_after_s, double random) {
    const std::uint64_t whole = std::min(kBackoffMostMs, kBackoffFirstMs << std::min<std::uint32_t>(failures > 0 ? failures - 1 : 0, 20));
    const auto part = whole / 2 + static_cast<std::uint64_t>(static_cast<double>(whole / 2) * random);
    return retry_after_s ? std::max(part, std::min(*retry_after_s, kRetryAfterMostS) * 1'000) : part;
}

}  // namespace quell::notifier
