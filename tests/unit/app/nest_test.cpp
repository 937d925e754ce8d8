// Nest accounts of the file, `casement login nest` against a cloud on loopback that answers by
// script, and what becomes of foggycam's file. The command drives its own loop, so the cloud has a
// thread.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "app/cli/login.hpp"
#include "app/import_foggycam.hpp"
#include "app/nest_accounts.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"
#include "store/files.hpp"
#include "store/sealed.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::app::cli {
namespace {

using base::Secret;
using net::Request;
using net::Response;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class Lines final : public Keyboard {
public:
    bool has_person() const override { return false; }
    base::Result<Secret> ask(std::string_view, bool) override {
        if (lines.empty()) return base::fail(base::ErrorKind::NotFound, "standard input has ended");
        Secret out(lines.front());
        lines.pop_front();
        return out;
    }
    std::deque<std::string> lines;
};

config::Account account() {
    config::Account out;
    out.vendor = config::Vendor::Nest;
    out.name = "home";
    out.sign_in = config::NestSignIn::NestToken;
    return out;
}

class NestLoginCommand : public testing::Test {
protected:
    NestLoginCommand() {
        server_.route("GET", "/session", [](Request request) -> async::Task<Response> {
            if (request.headers.get("Authorization") != "Basic b.good")
                co_return Response::json(401, "{}");
            co_return Response::json(200, R"({"access_token":"b.good","userid":"1000001"})");
        });
        server_.route("POST", "/session", [](Request) -> async::Task<Response> {
            co_return Response::json(
                401,
                R"({"status":"verification_pending","2fa_token":"T2","truncated_phone_number":"42"})");
        });
        server_.route("POST", "/api/0.1/2fa/verify_pin",
                      [](Request request) -> async::Task<Response> {
                          const bool is_right = request.body.contains("0417");
                          co_return Response::json(
                              is_right ? 200 : 401,
                              R"({"status":"id_match_positive","access_token":"b.good"})");
                      });
        server_.route("POST", "/api/v1/login.login_nest", [](Request) -> async::Task<Response> {
            co_return Response::json(200, R"({"status":0,"items":[{"session_token":"W2"}]})");
        });
        server_.route("POST", "/api/0.1/user/1000001/app_launch",
                      [](Request) -> async::Task<Response> {
                          co_return Response::json(200, R"({"updated_buckets":[]})");
                      });
        listener_ = std::move(*net::Listener::listen(io_.get_executor(),
                                                     {.name = "cloud", .address = "127.0.0.1:0"}));
        asio::co_spawn(
            io_, [this] { return listener_->run({io_.get_executor()}, server_.acceptor()); },
            asio::detached);
        thread_ = std::thread([this] { io_.run(); });
        config::Account one = account();
        const std::string url = fmt::format("http://127.0.0.1:{}", listener_->port());
        one.endpoints = {{"home", url + "/"}, {"camera_api", url}};
        config_.accounts.push_back(one);
    }
    ~NestLoginCommand() override {
        io_.stop();
        thread_.join();
    }
    int run() {
        out_.str("");
        err_.str("");
        return login({out_, err_, false, false}, keyboard_, command_, config_, dir_.path("data"),
                     clock_);
    }
    bool is_signed_in() {
        const auto sealed = store::SealedStore::open(dir_.path("data")).value();
        return drivers::nest::stored_key(*sealed, "home").has_value();
    }

    fakes::Clock clock_;
    fakes::TempDirectory dir_;
    asio::io_context io_{1};
    net::HttpServer server_{{}};
    std::unique_ptr<net::Listener> listener_;
    std::thread thread_;
    config::Config config_;
    LoginNest command_;
    Lines keyboard_;
    std::ostringstream out_, err_;
};

TEST_F(NestLoginCommand, TakesATokenFromStandardInput) {
    keyboard_.lines = {"b.good"};
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("Signed in to the Nest account home, which has 0 cameras"));
    EXPECT_TRUE(is_signed_in());
}

TEST_F(NestLoginCommand, ExplainsATokenThatIsNone) {
    command_.nest_token = Secret("weave-token");
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("weave"));
    EXPECT_THAT(err_.str() + out_.str(), Not(HasSubstr("weave-token")));
    EXPECT_FALSE(is_signed_in());
}

TEST_F(NestLoginCommand, ACodeIsGivenByASecondCommand) {
    store::replace_file(dir_.path("pw"), "pw\n").value();
    command_.email = "a@b.test";
    command_.password_file = dir_.path("pw");
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("--mfa-code CODE"));
    command_ = {};
    command_.mfa_code = Secret("04 17");
    EXPECT_EQ(run(), kOk) << err_.str();
    EXPECT_TRUE(is_signed_in());
}

TEST_F(NestLoginCommand, SaysWhatIsMissing) {
    EXPECT_EQ(run(), kUsage);
    EXPECT_THAT(err_.str(), HasSubstr("--nest-token"));
    command_.issue_token = Secret("https://accounts.google.com/o/oauth2/iframerpc?ss_domain=x");
    EXPECT_EQ(run(), kUsage);
    EXPECT_THAT(err_.str(), HasSubstr("--cookies-file"));
    command_.account = "hime";
    EXPECT_EQ(run(), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("home"));
}

TEST(NestAccounts, AreReadFromTheFile) {
    config::Config config;
    config.time_scale = 0.1;
    config::Account one = account();
    one.endpoints = {{"google_token", "https://127.0.0.1:9000"},
                     {"google_jwt", "https://g.test/x/"}};
    one.resolve = {{"home.nest.com:443", "127.0.0.1:8443"}};
    one.snapshots.interval = 5s;
    one.snapshots.width = 640;
    one.snapshots.films = config::Films{.folder = "/films", .pictures = 100};
    config.accounts.push_back(one);
    one.name = "official";
    one.sign_in = config::NestSignIn::DeviceAccess;
    config.accounts.push_back(one);
    config::Camera camera;
    camera.id = "hall";
    camera.nest = config::NestCamera{.account = "home", .camera = "0123abcd"};
    camera.way = config::NestWay::Snapshots;
    config.cameras.push_back(camera);
    const auto options = nest_options(config, "/data");
    ASSERT_TRUE(options) << options.error().message();
    ASSERT_EQ(options->size(), 1u) << "Device Access has drivers of its own";
    const auto& home = options->front();
    EXPECT_EQ(home.api.endpoints.google_token, "https://127.0.0.1:9000/token");
    EXPECT_EQ(home.api.endpoints.google_accounts, "https://127.0.0.1:9000");
    EXPECT_EQ(home.api.endpoints.google_jwt, "https://g.test/x");
    EXPECT_EQ(home.api.endpoints.home, "https://home.nest.com");
    EXPECT_FALSE(home.api.hosts.follows_answers);
    EXPECT_TRUE(home.api.hosts.allows("g.test"));
    EXPECT_EQ(home.api.connect.resolve.at("home.nest.com:443"), "127.0.0.1:8443");
    EXPECT_EQ(home.account.timing.list, 30s);
    ASSERT_EQ(home.cameras.size(), 1u);
    EXPECT_EQ(home.cameras[0].way, drivers::nest::WishedWay::Snapshots);
    EXPECT_EQ(home.cameras[0].interval, 5s);
    EXPECT_EQ(home.every.width, 640);
    ASSERT_TRUE(home.every.films);
    EXPECT_EQ(home.every.films->pictures, 100);

    EXPECT_TRUE(makes_films(config, camera));
    camera.snapshots = config::Snapshots{};
    EXPECT_FALSE(makes_films(config, camera)) << "its own word";
    camera.snapshots->films = config::Films{.folder = "/films"};
    EXPECT_TRUE(makes_films(config, camera));
    camera.nest->account = "official";
    EXPECT_FALSE(makes_films(config, camera)) << "it gives no single pictures";
    camera.nest.reset();
    EXPECT_FALSE(makes_films(config, camera));
}

TEST(NestAccounts, NoTokenTravelsInTheOpen) {
    for (const char* wrong : {"http://10.0.0.1", "ftp://127.0.0.1", "https://a:b@127.0.0.1", "x"}) {
        config::Account one = account();
        one.endpoints = {{"home", wrong}};
        EXPECT_FALSE(nest_api_options(one)) << wrong;
    }
    config::Account one = account();
    one.endpoints = {{"home", "http://127.0.0.1:8080/"}};
    EXPECT_EQ(nest_api_options(one).value().endpoints.home, "http://127.0.0.1:8080");
    EXPECT_TRUE(nest_api_options(one).value().hosts.follows_answers);
}

TEST(FoggycamImport, SaysWhatBecomesOfEachKey) {
    const auto plan = plan_foggycam_import(
        R"({"username":"a","password":"secret-pw","width":640,"frame_rate":12,"clear_images":true,
            "produce_video":true,"path":"/x","az_sas_token":"sas","other":1})",
        "home");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->lines.size(), 9u);
    EXPECT_THAT(plan->yaml,
                HasSubstr("snapshots: {width: 640, films: {folder: \"/x\", pictures: 200, "
                          "frames_per_second: 12, keep_pictures: false, layout: foggycam}}"));
    EXPECT_THAT(plan->yaml, HasSubstr("sign_in: nest_token"));
    for (const ImportLine& line : plan->lines) {
        EXPECT_THAT(line.text, Not(HasSubstr("secret-pw")));
        EXPECT_THAT(line.text, Not(HasSubstr("sas")));
    }
    EXPECT_FALSE(plan_foggycam_import("[1]", "home"));
    EXPECT_EQ(plan_foggycam_import(R"({"width":63})", "home")->lines[0].verdict,
              ImportLine::Verdict::Problem);
}

TEST(FoggycamImport, TakesTheSignInOfTheEditionForGoogle) {
    fakes::TempDirectory dir;
    const std::string file = dir.path("config.json");
    store::replace_file(
        file,
        R"({"issue_token":"https://accounts.google.com/o/oauth2/iframerpc?ss_domain=x","cookie":"SID=1"})")
        .value();
    std::ostringstream out, err;
    const Console console{out, err, false, false};
    ImportFoggycam command{.file = file, .account = "", .write = true};
    EXPECT_EQ(import_foggycam(console, command, {}, dir.path("data")), kOk) << err.str();
    EXPECT_THAT(out.str(), HasSubstr("sign_in: google"));
    const auto sealed = store::SealedStore::open(dir.path("data")).value();
    const auto key = drivers::nest::stored_key(*sealed, "home");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->cookies.reveal(), "SID=1");
    EXPECT_EQ(import_foggycam(console, command, {}, dir.path("data")), kOk);
    EXPECT_THAT(err.str(), HasSubstr("already"));
}

}  // namespace
}  // namespace casement::app::cli
