#include "net/tls.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

using base::ErrorKind;

class TempDir {
public:
    TempDir() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "casement-tls-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

class TlsTest : public testing::Test {
protected:
    void serve(const Certificate& certificate) {
        context_ = TlsServerContext::make(certificate).value();
        auto listener =
            Listener::listen(loop_.executor(), {.name = "tls", .address = "127.0.0.1:0"});
        listener_ = std::move(*listener);
        loop_.spawn([this]() -> Task<> {
            co_await listener_->run({loop_.executor()}, [this](std::unique_ptr<PlainStream> plain) {
                auto shared = std::make_shared<std::unique_ptr<PlainStream>>(std::move(plain));
                loop_.spawn([this, shared]() -> Task<> { co_await echo(std::move(*shared)); });
            });
        });
    }
    Task<> echo(std::unique_ptr<PlainStream> plain) {
        auto stream = co_await tls_accept(std::move(plain), context_, soon());
        if (!stream) co_return;
        std::array<std::uint8_t, 65536> buffer;
        while (const auto n = co_await (*stream)->read_some(buffer)) {
            if (!co_await (*stream)->write_all(std::span(buffer).first(*n))) break;
        }
    }
    Result<std::unique_ptr<Stream>> dial(TlsOptions tls, std::string host = "localhost") {
        ConnectOptions options;
        options.tls = std::move(tls);
        options.resolve[fmt::format("{}:{}", host, listener_->port())] =
            to_text(listener_->endpoint());
        return loop_.run([&]() -> Task<Result<std::unique_ptr<Stream>>> {
            co_return co_await connect(host, listener_->port(), options, soon());
        });
    }
    void TearDown() override {
        if (listener_) listener_->close();
    }

    Loop loop_;
    std::shared_ptr<TlsServerContext> context_;
    std::unique_ptr<Listener> listener_;
};

std::string hex_of_fingerprint(std::string text) {
    std::erase(text, ':');
    for (char& c : text) c = static_cast<char>(std::tolower(c));
    return text;
}

TEST_F(TlsTest, CarriesBytesToAPinnedServer) {
    const Certificate own =
        make_self_signed("Casement", {"hub.example", "192.0.2.1"}, std::chrono::days(10)).value();
    serve(own);
    const std::string fingerprint = fingerprint_of(own.certificate_pem).value();
    EXPECT_EQ(fingerprint.size(), 95U);
    EXPECT_EQ(context_->fingerprint(), fingerprint);
    auto stream = dial({.pinned_sha256 = fingerprint});
    ASSERT_TRUE(stream) << stream.error().message();
    EXPECT_EQ((*stream)->peer_certificate_sha256(), hex_of_fingerprint(fingerprint));
    EXPECT_FALSE((*stream)->is_plain());
    const std::vector<std::uint8_t> sent(300'000, 5);
    const std::vector<std::uint8_t> got = loop_.run([&]() -> Task<std::vector<std::uint8_t>> {
        std::vector<std::uint8_t> back(sent.size());
        for (std::size_t at = 0; at < sent.size(); at += 50'000) {
            EXPECT_TRUE(co_await (*stream)->write_all(base::ByteSpan(sent).subspan(at, 50'000)));
            EXPECT_TRUE(co_await (*stream)->read_exactly(std::span(back).subspan(at, 50'000)));
        }
        (void)co_await (*stream)->shut_down();
        co_return back;
    });
    EXPECT_EQ(got, sent);
}

TEST_F(TlsTest, RefusesAnotherCertificateThanThePinnedOne) {
    serve(make_self_signed("Casement", {}, std::chrono::days(10)).value());
    const Certificate other = make_self_signed("Casement", {}, std::chrono::days(10)).value();
    const auto stream = dial({.pinned_sha256 = fingerprint_of(other.certificate_pem).value()});
    ASSERT_FALSE(stream);
    EXPECT_TRUE(stream.error().is(ErrorKind::PermissionDenied));
    EXPECT_EQ(stream.error().reason(), "certificate");
}

TEST_F(TlsTest, ChecksTheChainAndTheName) {
    const Certificate own =
        make_self_signed("Casement", {"hub.example"}, std::chrono::days(10)).value();
    serve(own);
    const auto unknown = dial({});
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().is(ErrorKind::PermissionDenied)) << unknown.error().message();

    TempDir dir;
    const std::string ca = dir.path / "ca.pem";
    std::ofstream(ca) << own.certificate_pem;
    EXPECT_TRUE(dial({.ca_file = ca}));
    EXPECT_TRUE(dial({.ca_file = ca}, "hub.example"));
    const auto wrong_name = dial({.ca_file = ca}, "other.example");
    ASSERT_FALSE(wrong_name);
    EXPECT_NE(wrong_name.error().message().find("other.example"), std::string::npos);
    EXPECT_TRUE(dial({.ca_file = ca, .server_name = "hub.example"}, "other.example"));
    EXPECT_FALSE(dial({.ca_file = dir.path / "missing.pem"}));
}

TEST_F(TlsTest, LearnsTheFingerprintWithoutTrust) {
    const Certificate own = make_self_signed("Camera", {}, std::chrono::days(10)).value();
    serve(own);
    auto stream = dial({.verify = false}, "camera.example");
    ASSERT_TRUE(stream);
    EXPECT_EQ((*stream)->peer_certificate_sha256(),
              hex_of_fingerprint(fingerprint_of(own.certificate_pem).value()));
}

TEST_F(TlsTest, ServesTheNewCertificateAfterAReload) {
    serve(make_self_signed("old", {}, std::chrono::days(10)).value());
    const Certificate fresh = make_self_signed("new", {}, std::chrono::days(10)).value();
    ASSERT_TRUE(context_->reload(fresh));
    EXPECT_TRUE(dial({.pinned_sha256 = fingerprint_of(fresh.certificate_pem).value()}));
    const Certificate broken{fresh.certificate_pem, base::Secret("no key")};
    EXPECT_FALSE(context_->reload(broken));
    EXPECT_TRUE(dial({.pinned_sha256 = fingerprint_of(fresh.certificate_pem).value()}));
}

TEST_F(TlsTest, GivesUpOnAClientThatSaysNothing) {
    serve(make_self_signed("x", {}, std::chrono::days(10)).value());
    auto [near, far] = connected_pair(loop_);
    auto result = loop_.run([&]() -> Task<Result<std::unique_ptr<Stream>>> {
        co_return co_await tls_accept(std::move(far), context_, Deadline::in(milliseconds(20)));
    });
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().is(ErrorKind::DeadlineExceeded));
}

TEST(OwnCertificate, IsKeptUntilItNoLongerFits) {
    TempDir dir;
    const Certificate first = load_or_make_certificate(dir.path, {"hub.example"}).value();
    struct stat info{};
    ASSERT_EQ(::stat((dir.path / "tls.pem").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    const auto fingerprint = [](const Certificate& c) {
        return fingerprint_of(c.certificate_pem).value();
    };
    EXPECT_EQ(fingerprint(load_or_make_certificate(dir.path, {"hub.example"}).value()),
              fingerprint(first));
    EXPECT_TRUE(
        TlsServerContext::make(load_or_make_certificate(dir.path, {"hub.example"}).value()));
    EXPECT_NE(fingerprint(load_or_make_certificate(dir.path, {"hub.example", "192.0.2.7"}).value()),
              fingerprint(first));

    const Certificate dying =
        make_self_signed("Casement", {"hub.example"}, std::chrono::days(29)).value();
    std::ofstream(dir.path / "tls.pem") << dying.key_pem.reveal() << dying.certificate_pem;
    EXPECT_NE(fingerprint(load_or_make_certificate(dir.path, {"hub.example"}).value()),
              fingerprint(dying));
    EXPECT_FALSE(load_or_make_certificate(dir.path / "missing", {}));
    EXPECT_FALSE(fingerprint_of("no certificate"));
}

}  // namespace
}  // namespace casement::net::tests
