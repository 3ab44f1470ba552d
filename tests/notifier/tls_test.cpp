// SPDX-License-Identifier: Apache-2.0
// One target over HTTPS and over IPv6: who it is is proven by its certificate,
// and nothing is said to who cannot prove it.
#include <array>
#include <cstdio>

#include "tests/base/temp_dir.h"
#include "tests/notifier/http_target.h"
#include "user/base/files.h"
#include "user/notifier/message.h"
#include "user/notifier/sender.h"

namespace quell::notifier {
namespace {

// An authority of its own in a directory, and what it vouches for.
class Authority {
public:
    explicit Authority(const std::string& name) {
        EXPECT_TRUE(write_file_atomic(dir_ / "plain", "[req]\ndistinguished_name=dn\n[dn]\n", 0600));  // not what the system would add
        openssl("req -config plain -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=" + name + "' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem");
    }
    [[nodiscard]] std::string file() const { return dir_ / "ca.pem"; }
    // For a server of these names: "IP:127.0.0.1,DNS:localhost".
    [[nodiscard]] ServerIdentity vouches_for(const std::string& names, int days = 2) const {
        EXPECT_TRUE(write_file_atomic(dir_ / "names", "subjectAltName=" + names + "\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n", 0600));
        openssl("req -config plain -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=webhook -keyout server.key -out server.csr");
        openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days " + std::to_string(days) + " -extfile names -out server.pem");
        return {read("server.key"), read("server.pem")};
    }

private:
    void openssl(const std::string& arguments) const {
        const std::string command = "cd " + dir_.path() + " && " QUELL_OPENSSL " " + arguments + " 2>&1";
        FILE* const pipe = ::popen(command.c_str(), "re");
        ASSERT_NE(pipe, nullptr);
        std::string said;
        std::array<char, 512> part;
        while (const auto n = std::fread(part.data(), 1, part.size(), pipe)) said.append(part.data(), n);
        ASSERT_EQ(::pclose(pipe), 0) << command << "\n" << said;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        auto text = read_file(dir_ / name, 64 * 1024);
        EXPECT_TRUE(text) << name;
        return text ? std::move(text).value() : std::string{};
    }

    TempDir dir_;
};

constexpr const char* kHere = "IP:127.0.0.1,IP:0:0:0:0:0:0:0:1,DNS:localhost";

Attempt send(const std::string& url, const std::string& ca_file, const std::string& secret_file = "") {
    Target target;
    target.name = "t";
    target.url = url;
    target.ca_file = ca_file;
    target.secret_file = secret_file;
    return Sender(target, [] { return false; }).send({1, "id-1", R"({"n":1})"}, 0);
}

// Nothing came of it, and nothing was said: not the body, and no request.
void expect_not_told(HttpTarget& http, const Attempt& attempt, const std::string& why) {
    EXPECT_FALSE(attempt.taken) << why;
    EXPECT_FALSE(attempt.refused) << why << ": it is tried again";
    EXPECT_NE(attempt.text, "") << why;
    EXPECT_TRUE(http.no_more_than(0, std::chrono::milliseconds(200))) << why;
}

bool has_six() {
    const auto addresses = read_file("/proc/net/if_inet6", 64 * 1024);
    return addresses && addresses->find("00000000000000000000000000000001") != std::string::npos;
}

TEST(Tls, WhoProvesWhoHeIsIsTold) {
    const Authority authority("test authority");
    TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "secret", "a secret\n", 0600));
    HttpTarget http(0, authority.vouches_for(kHere));
    const auto attempt = send(http.url(), authority.file(), dir / "secret");
    EXPECT_TRUE(attempt.taken) << attempt.text;
    const auto got = http.received(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].method, "POST");
    EXPECT_EQ(got[0].body, R"({"n":1})");
    EXPECT_EQ(got[0].header("X-Quell-Signature"), "sha256=" + signature("a secret", got[0].header("X-Quell-Timestamp"), got[0].body));
}

TEST(Tls, AnotherAuthorityIsNoProof) {
    const Authority authority("test authority"), other("test authority");  // of the same name, too
    HttpTarget http(0, authority.vouches_for(kHere));
    expect_not_told(http, send(http.url(), other.file()), "vouched for by somebody else");
    expect_not_told(http, send(http.url(), ""), "the system trusts it not");
    expect_not_told(http, send(http.url(), "/no/such/file.pem"), "nobody is trusted");
    EXPECT_TRUE(send(http.url(), authority.file()).taken) << "and it does answer";
}

TEST(Tls, ACertificateOfAnotherNameOrTimeIsNoProof) {
    const Authority authority("test authority");
    HttpTarget named(0, authority.vouches_for("DNS:elsewhere.example,IP:192.0.2.1"));
    expect_not_told(named, send(named.url(), authority.file()), "of another name");
    HttpTarget late(0, authority.vouches_for(kHere, 0));
    usleep(1'100'000);  // its time is over in the second after it was made
    expect_not_told(late, send(late.url(), authority.file()), "expired");
}

TEST(Tls, PlainAnswersToHttpsAreNone) {
    HttpTarget http;
    const auto url = http.url();
    expect_not_told(http, send("https" + url.substr(4), ""), "no TLS at all");
}

TEST(Six, WebhooksWithAndWithoutTls) {
    if (!has_six()) GTEST_SKIP() << "no IPv6 on this machine";
    const Authority authority("test authority");
    HttpTarget plain(0, {}, true), http(0, authority.vouches_for(kHere), true);
    ASSERT_EQ(plain.url().substr(0, 13), "http://[::1]:");
    EXPECT_TRUE(send(plain.url(), "").taken);
    EXPECT_TRUE(send(http.url(), authority.file()).taken);
    EXPECT_EQ(plain.received(1).size(), 1u);
    EXPECT_EQ(http.received(1).size(), 1u);
    HttpTarget four_only(0, authority.vouches_for("IP:127.0.0.1"), true);
    expect_not_told(four_only, send(four_only.url(), authority.file()), "of the other address");
}

}  // namespace
}  // namespace quell::notifier
