// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/notify/notifier.h"

namespace quell::guest {

void configure_notifier(const std::string& url) {
    must("systemd-sysusers /usr/lib/sysusers.d/quell-notifier.conf && mkdir -p /var/lib/quell-notifier /run/quell-notifier");
    must("printf 'a secret\\n' >/etc/quell/notifier.secret && chown quell-notifier /etc/quell/notifier.secret && chmod 600 /etc/quell/notifier.secret");
    write("/etc/quell/notifier.yaml", "targets: [{name: soc, url: '" + url + "', secret_file: /etc/quell/notifier.secret}]\n");
    must("quell-notifier --check-config");
}

std::string metrics() {
    const auto answer = run("printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' | socat -t 10 - UNIX-CONNECT:/run/quell-notifier/metrics.sock").text;
    const auto end = answer.find("\r\n\r\n");
    return answer.starts_with("HTTP/1.") && end != std::string::npos ? answer.substr(end + 4) : "";
}

}  // namespace quell::guest
