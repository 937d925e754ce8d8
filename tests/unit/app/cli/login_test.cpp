// `casement login nanit` against a cloud on loopback that answers by script. The command drives its
// own loop, so the cloud has a thread.

#include "app/cli/login.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "drivers/nanit/session.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"
#include "store/sealed.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::app::cli {
namespace {

using base::Secret;
using net::Request;
using net::Response;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class FakeKeyboard : public Keyboard {
public:
    bool has_person() const override { return is_person; }
    base::Result<Secret> ask(std::string_view prompt, bool is_hidden) override {
        asked.emplace_back(std::string(prompt) + (is_hidden ? "(hidden)" : ""));
        if (lines.empty()) return base::fail(base::ErrorKind::NotFound, "standard input has ended");
        Secret out(lines.front());
        lines.pop_front();
        return out;
    }
    bool is_person = false;
    std::deque<std::string> lines;
    std::vector<std::string> asked;
};

class Login : public testing::Test {
protected:
    Login() {
        server_.route("POST", "/login", [this](Request request) -> async::Task<Response> {
            const json body = json::parse(request.body);
            logins_.push_back(body);
            if (body["email"] != "a@b.c" || body["password"] != "p w")
                co_return Response::empty(401);
            if (!body.contains("mfa_code"))
                co_return Response::json(482, R"({"mfa_token":"mfa-1","phone_suffix":"42"})");
            if (body["mfa_code"] != "0417" || body["mfa_token"] != "mfa-1")
                co_return Response::empty(401);
            co_return Response::json(201, R"({"access_token":"t.a.1","refresh_token":"r-1"})");
        });
        server_.route("POST", "/tokens/refresh", [](Request request) -> async::Task<Response> {
            if (json::parse(request.body)["refresh_token"] != "old-token")
                co_return Response::empty(404);
            co_return Response::json(200, R"({"access_token":"t.a.2","refresh_token":"r-2"})");
        });
        listener_ = std::move(*net::Listener::listen(io_.get_executor(),
                                                     {.name = "cloud", .address = "127.0.0.1:0"}));
        asio::co_spawn(
            io_, [this] { return listener_->run({io_.get_executor()}, server_.acceptor()); },
            asio::detached);
        thread_ = std::thread([this] { io_.run(); });
        config::Account account;
        account.vendor = config::Vendor::Nanit;
        account.name = "nursery";
        account.endpoints["api"] = fmt::format("http://127.0.0.1:{}/", listener_->port());
        config_.accounts.push_back(account);
        command_.account = "nursery";
    }
    ~Login() override {
        io_.stop();
        thread_.join();
    }
    int run() {
        out_.str("");
        err_.str("");
        return login({out_, err_, is_json_, false}, keyboard_, command_, config_,
                           dir_.path("data"), clock_);
    }
    base::Result<drivers::nanit::Session> session() {
        return drivers::nanit::stored_session(*store::SealedStore::open(dir_.path("data")).value(),
                                              "nursery");
    }

    fakes::Clock clock_;
    fakes::TempDirectory dir_;
    asio::io_context io_{1};
    net::HttpServer server_{{}};
    std::unique_ptr<net::Listener> listener_;
    std::thread thread_;
    std::vector<json> logins_;
    config::Config config_;
    LoginNanit command_;
    FakeKeyboard keyboard_;
    bool is_json_ = false;
    std::ostringstream out_, err_;
};

TEST_F(Login, AsksAPersonForEverything) {
    keyboard_.is_person = true;
    keyboard_.lines = {"a@b.c", "p w", "04 17"};
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_THAT(keyboard_.asked,
                testing::ElementsAre("E-mail address: ", "Password: (hidden)", "Code: "));
    EXPECT_THAT(err_.str(), HasSubstr("by SMS to the number that ends in 42"));
    EXPECT_THAT(out_.str(), HasSubstr("Signed in to the Nanit account nursery."));
    EXPECT_EQ(session().value().refresh.reveal(), "r-1");
    EXPECT_EQ(std::filesystem::status(dir_.path("data")).permissions(),
              std::filesystem::perms::owner_all);
}

TEST_F(Login, TakesEverythingFromStandardInput) {
    keyboard_.lines = {"a@b.c", "p w", "0417"};
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_EQ(logins_[1]["mfa_code"], "0417");
}

TEST_F(Login, TakesEverythingFromOptionsAndFiles) {
    dir_.write("password", "p w\r\nanother line\n");
    command_.account = "";  // there is only one
    command_.email = "a@b.c";
    command_.password_file = dir_.path("password");
    command_.channel = "email";
    command_.mfa_code = Secret("0417");
    is_json_ = true;
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_EQ(keyboard_.asked.size(), 0U);
    EXPECT_EQ(logins_[0]["channel"], "email");
    EXPECT_EQ(json::parse(out_.str())["state"], "signed-in");
}

TEST_F(Login, GoesOnWithTheCodeInASecondCommand) {
    keyboard_.lines = {"a@b.c", "p w"};
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("casement login nanit --account nursery --mfa-code CODE"));
    EXPECT_FALSE(session());
    command_.mfa_code = Secret("-");
    keyboard_.lines = {"0417"};
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_EQ(logins_.size(), 2U);  // one code was sent, not two
}

TEST_F(Login, AWrongCodeIsAskedForAgainThreeTimes) {
    keyboard_.is_person = true;
    keyboard_.lines = {"a@b.c", "p w", "1111", "2222", "0417"};
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_THAT(err_.str(), HasSubstr("Nanit did not accept the code."));
    EXPECT_EQ(logins_.size(), 4U);
    keyboard_.lines = {"a@b.c", "p w", "1", "2", "3", "0417"};
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("--new-code"));
    EXPECT_EQ(keyboard_.lines.size(), 1U);
}

TEST_F(Login, AWrongCodeWithoutAPersonFails) {
    keyboard_.lines = {"a@b.c", "p w", "1111", "0417"};
    EXPECT_EQ(run(), kFailed);
    EXPECT_EQ(logins_.size(), 2U);
    command_.mfa_code = Secret("../..");
    EXPECT_EQ(run(), kFailed);
    EXPECT_EQ(logins_.size(), 2U);  // no such thing goes to the vendor
}

TEST_F(Login, ACodeThatCameTooLateIsSaidToBe) {
    keyboard_.is_person = true;
    keyboard_.lines = {"a@b.c", "p w"};
    EXPECT_EQ(run(), kFailed);
    command_.mfa_code = Secret("9999");
    clock_.advance(9min + 59s);
    keyboard_.lines = {};
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("did not accept the code"));
    EXPECT_EQ(logins_.size(), 2U);
    clock_.advance(1s);  // from here on the password is asked for again
    keyboard_.lines = {};
    EXPECT_EQ(run(), kUsage);
    EXPECT_EQ(logins_.size(), 2U);
}

TEST_F(Login, AWrongPasswordIsASentenceWithoutIt) {
    keyboard_.lines = {"a@b.c", "secret-word"};
    EXPECT_EQ(run(), kFailed);
    EXPECT_EQ(err_.str(), "casement: Nanit did not accept the e-mail address and the password.\n");
}

TEST_F(Login, WhatIsMissingIsAMistakeOfTheCommandLine) {
    EXPECT_EQ(run(), kUsage);
    EXPECT_THAT(err_.str(), HasSubstr("--email"));
    command_.email = "a@b.c";
    EXPECT_EQ(run(), kUsage);
    EXPECT_THAT(err_.str(), HasSubstr("--password-file"));
    command_.password_file = dir_.path("nowhere");
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("nowhere"));
}

TEST_F(Login, TakesTheTokenOfAnotherProgram) {
    command_.refresh_token = Secret("-");
    keyboard_.lines = {"old-token"};
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_EQ(session().value().refresh.reveal(), "r-2");
    command_.refresh_token = Secret("used-token");
    EXPECT_EQ(run(), kFailed);
    EXPECT_EQ(session().value().refresh.reveal(), "r-2");  // what was good stays
    EXPECT_THAT(err_.str() + out_.str(), Not(HasSubstr("used-token")));
}

TEST_F(Login, NamesTheAccountThatWasMeant) {
    command_.account = "nursry";
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("did you mean \"nursery\"?"));
    config_.accounts.clear();
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("- {vendor: nanit, name: nursry}"));
}

TEST_F(Login, APasswordDoesNotTravelInTheOpen) {
    for (const char* const base : {"http://192.168.1.2:8080", "ftp://127.0.0.1", "nonsense"}) {
        config_.accounts[0].endpoints["api"] = base;
        EXPECT_EQ(run(), kFailed);
        EXPECT_THAT(err_.str(), HasSubstr("must be an https URL")) << base;
    }
}

}  // namespace
}  // namespace casement::app::cli
