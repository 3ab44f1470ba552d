// SPDX-License-Identifier: Apache-2.0
#include "realistic_arguments.h"

#include <array>
#include <random>
#include <set>
#include <string_view>
#include <tuple>

namespace quell::policy::test {
namespace {

using Kind = ArgumentPattern::Kind;
using Words = std::vector<std::string_view>;

const Words kPrograms = {"curl", "wget", "nc", "ncat", "socat", "bash", "sh", "python3", "perl", "ruby", "php", "base64", "openssl",
                         "xmrig", "kubectl", "docker", "crontab", "chattr", "insmod", "nmap", "masscan", "tcpdump", "ssh", "scp",
                         "rsync", "tar", "dd", "find", "awk", "sed", "gdb", "strace", "nsenter", "unshare", "mount", "iptables"};
const Words kFolders = {"/bin/", "/usr/bin/", "/usr/local/bin/", "/tmp/", "/var/tmp/", "/dev/shm/", "/etc/", "/root/", "/home/", "/proc/self/",
                        "/var/run/", "/opt/", "/usr/lib/systemd/", "/etc/cron.d/", "/var/spool/cron/", "/var/lib/kubelet/"};
const Words kFiles = {"id_rsa", "id_ed25519", "id_dsa", ".aws/credentials", ".kube/config", "shadow", "passwd", "sudoers", "authorized_keys",
                      ".bash_history", "ld.so.preload", "docker.sock", "token", ".netrc", ".npmrc", ".git-credentials", "wallet.dat", "known_hosts"};
const Words kOptions = {"exec", "donate-level", "pool", "user", "algo", "no-check-certificate", "insecure", "privileged", "pid", "net", "cap-add",
                        "upload-file", "proxy", "output", "post-file", "to-ports", "listen", "command", "eval", "config", "coin", "rig-id", "threads"};
const Words kSchemes = {"stratum+tcp://", "stratum+ssl://", "http://", "https://", "ftp://", "tftp://", "ldap://", "gopher://", "file://"};
const Words kDomains = {"pool", "xmr", "mine", "paste", "cdn", "raw", "ngrok", "tunnel", "transfer", "files", "update", "gist", "webhook", "drop"};
const Words kEndings = {".com", ".net", ".org", ".io", ".ru", ".sh", ".xyz", ".onion", ".top"};
const Words kShells = {"sh", "bash", "zsh", "dash", "python3", "perl", "sudo sh", "base64 -d", "xargs", "tee"};
const Words kCode = {"socket.socket", "os.dup2", "pty.spawn", "subprocess.call", "eval(", "exec(", "__import__", "fsockopen", "IO::Socket", "TCPSocket",
                     "/dev/tcp/", "/dev/udp/", "mkfifo", "bash -i", "nc -e", "base64 -d", "chmod +s", "chmod 777", "history -c", "unset HISTFILE"};

class Maker {
public:
    explicit Maker(unsigned seed) : random_(seed) {}

    unsigned below(std::size_t bound) { return static_cast<unsigned>(random_() % bound); }
    std::string pick(const Words& words) { return std::string(words[below(words.size())]); }
    // Names come in variations: sshd2, xmrig-6.21, pool07.
    std::string varied(const Words& words) {
        const std::string word = pick(words);
        switch (below(6)) {
            case 0: return word + std::to_string(below(100));
            case 1: return word + "-" + std::to_string(below(9)) + "." + std::to_string(below(30));
            case 2: return pick(kDomains) + "-" + word;
            default: return word;
        }
    }
    std::string host() { return varied(kDomains) + "." + varied(kDomains) + pick(kEndings); }
    std::string url() { return pick(kSchemes) + host() + (below(2) ? "/" + varied(kFiles) : ":" + std::to_string(1024 + below(9000))); }
    std::string path() { return pick(kFolders) + varied(below(2) ? kFiles : kPrograms); }

    ArgumentPattern pattern() {
        switch (below(16)) {
            case 0: return made(Kind::kExact, "-" + std::string(1, static_cast<char>('a' + below(26))));
            case 1: return made(Kind::kExact, "--" + varied(kOptions));
            case 2: return made(Kind::kPrefix, "--" + varied(kOptions) + "=");
            case 3: return made(Kind::kContains, pick(kSchemes) + host());
            case 4: return made(Kind::kContains, host());
            case 5: return made(Kind::kSuffix, "/" + varied(kFiles));
            case 6: return made(Kind::kPrefix, pick(kFolders) + varied(kPrograms));
            case 7: return made(Kind::kExact, path());
            case 8: return made(Kind::kContains, varied(kCode) + (below(2) ? varied(kPrograms) : ""));
            case 9: return made(Kind::kGlob, "*" + path() + "*");
            case 10: return made(Kind::kGlob, varied(kPrograms) + " *| " + pick(kShells));
            case 11: return made(Kind::kGlob, "*" + varied(kPrograms) + " *" + varied(kFiles) + "*");
            case 12: return made(Kind::kGlob, pick(kFolders) + "*/" + varied(kFiles));
            case 13: return made(Kind::kGlob, "*" + varied(kPrograms) + " -[ec] " + path());
            case 14: return at_start(varied(kPrograms));
            default: return made(Kind::kGlob, "*" + pick(kCode) + "*" + std::to_string(below(256)) + "." + std::to_string(below(256)) + ".*");
        }
    }

    std::string command_line() {
        std::string line = (below(2) ? pick(kFolders) : "") + varied(kPrograms) + '\0';
        for (unsigned left = below(12); left > 0; left--) line += argument() + '\0';
        return line;
    }

private:
    static ArgumentPattern made(Kind kind, std::string text) { return {kind, std::move(text), kAnyArgument, 0}; }
    // argv[0] with or without its folder
    ArgumentPattern at_start(const std::string& program) {
        ArgumentPattern pattern = below(2) ? made(Kind::kSuffix, "/" + program) : made(Kind::kExact, program);
        pattern.places = 1;
        return pattern;
    }
    std::string argument() {
        switch (below(8)) {
            case 0: return "-" + std::string(1, static_cast<char>('a' + below(26)));
            case 1: return "--" + varied(kOptions) + "=" + path();
            case 2: return "--" + varied(kOptions);
            case 3: return url();
            case 4: return path();
            case 5: return varied(kPrograms) + " -c '" + pick(kCode) + "' " + path() + " | " + pick(kShells);
            case 6: return "/home/src/module" + std::to_string(below(1000)) + "/" + varied(kFiles) + ".o";
            default: return std::to_string(random_());
        }
    }

    std::mt19937 random_;
};

}  // namespace

std::vector<ArgumentPattern> realistic_patterns(std::size_t count, unsigned seed) {
    Maker maker(seed);
    std::set<std::tuple<Kind, std::string, bool>> seen;
    std::vector<ArgumentPattern> patterns;
    while (patterns.size() < count) {
        ArgumentPattern pattern = maker.pattern();
        if (!seen.emplace(pattern.kind, pattern.text, pattern.places != kAnyArgument).second) continue;
        pattern.output = static_cast<std::uint32_t>(patterns.size());
        patterns.push_back(std::move(pattern));
    }
    return patterns;
}

std::vector<std::string> realistic_command_lines(std::size_t bytes, unsigned seed) {
    Maker maker(seed);
    std::vector<std::string> lines;
    for (std::size_t made = 0; made < bytes; made += lines.back().size()) lines.push_back(maker.command_line());
    return lines;
}

}  // namespace quell::policy::test
