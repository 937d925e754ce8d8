#include "app/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Loaded read(std::string_view text, std::map<std::string, std::string> variables = {},
            std::map<std::string, std::string> files = {}) {
    return parse(text, "/etc/casement/casement.yaml",
                 environment_of(std::move(variables), std::move(files)));
}
/// The problems of one text, without the file's name in front.
std::string complaints(std::string_view text, std::map<std::string, std::string> variables = {}) {
    std::string out = text_of(parse(text, "c", environment_of(std::move(variables))).problems);
    return out;
}

constexpr std::string_view kSettledShape = R"(
data: /var/lib/casement
http:  {listen: "0.0.0.0:8790", tls: auto}
rtsp:  {listen: "0.0.0.0:8554"}
rtmp:  {listen: "0.0.0.0:1935", advertise: "192.168.1.10:1935"}
mqtt:  {broker: "mqtt://broker:1883", discovery_prefix: homeassistant, base: casement}
webhooks: [{url: "https://example.test/hook", events: [motion, button], encoding: json, secret: "${HOOK_SECRET}"}]
linger: 10s
defaults:
  record: {mode: always, keep: 30d, max_size: 200GiB, segment: 60s}
accounts:
  - vendor: nest
    name: home
    sign_in: google
    snapshots: {interval: 1s, width: 1280}
    way: auto
    ca_file: null
    resolve: {}
    endpoints: {}
  - vendor: nanit
    name: nursery
    ca_file: null
    endpoints: {}
    cameras: {N301EMU0000001: {address: "192.168.1.40:442"}}
arlo: {enabled: true, listen: "172.14.1.1", ports: [4000, 4100], rest: "127.0.0.1:5000", gateway: "172.14.1.1", wifi_country: US, anti_flicker_hz: 60}
cameras:
  porch:   {source: "rtsp://user:${PORCH_PW}@10.0.0.9/stream1"}
  nursery: {nanit: {account: nursery, baby: 1a2b3c4d}, record: {mode: always}}
  hall:    {nest: {account: home, camera: 0123abcd}, way: snapshots}
  door:    {arlo: {serial: A0B1C2D3}, power: battery, record: {mode: events, pre_roll: 5s, post_roll: 15s}}
time_scale: 1
)";

TEST(Config, ReadsTheWholeSettledShape) {
    const Loaded loaded =
        read(kSettledShape, {{"HOOK_SECRET", "hook-secret-value"}, {"PORCH_PW", "pw@of/porch"}});
    EXPECT_TRUE(loaded.is_usable()) << text_of(loaded.problems);
    const Config& c = loaded.config;
    EXPECT_EQ(c.data, "/var/lib/casement");
    EXPECT_EQ(c.rtmp.advertise, "192.168.1.10:1935");
    EXPECT_TRUE(c.needs_rtmp());
    EXPECT_EQ(c.linger, 10s);
    EXPECT_EQ(c.defaults.record.max_size_bytes, 200ull << 30);
    ASSERT_EQ(c.webhooks.size(), 1u);
    EXPECT_THAT(c.webhooks[0].events, ElementsAre("motion", "button"));
    EXPECT_EQ(c.webhooks[0].secret.reveal(), "hook-secret-value");
    ASSERT_EQ(c.accounts.size(), 2u);
    EXPECT_EQ(c.accounts[1].cameras.at("N301EMU0000001").address, "192.168.1.40:442");
    EXPECT_EQ(c.arlo.rest, (ListenAddress{"127.0.0.1", 5000}));
    ASSERT_EQ(c.cameras.size(), 4u);
    const auto& url = std::get<PullSource>(c.camera("porch")->source).url;
    EXPECT_EQ(url.user, "user");
    EXPECT_EQ(url.password.reveal(), "pw@of/porch");
    EXPECT_EQ(url.host, "10.0.0.9");
    EXPECT_EQ(c.camera("hall")->way, NestWay::Snapshots);
    EXPECT_EQ(c.camera("door")->power, Power::Battery);
    EXPECT_EQ(c.camera("door")->record.mode, RecordMode::Events);
    EXPECT_EQ(c.camera("door")->record.keep, 24h * 30);
}

TEST(Config, HasNoWarningInItsSettledShape) {
    const Loaded all =
        read(kSettledShape, {{"HOOK_SECRET", "hook-secret-value"}, {"PORCH_PW", "pw"}});
    EXPECT_EQ(all.warnings(), 0u) << text_of(all.problems);
}

TEST(Config, ACameraMayHaveAWayThroughDeviceAccessToo) {
    const std::string accounts =
        "accounts: [{vendor: nest, name: home, way: device_access}, {vendor: nest, name: yard, "
        "sign_in: device_access}]\n";
    const Loaded without = read(accounts);
    EXPECT_THAT(text_of(without.problems), HasSubstr("warning: home goes by Device Access, and no "
                                                     "camera says as which device"));
    const auto camera = [](std::string_view name, std::string_view lent) {
        return fmt::format(
            "  {}: {{nest: {{account: home, camera: 0123abcd, device_access: {}}}}}\n", name, lent);
    };
    const std::string cameras = accounts + "cameras:\n";
    const Loaded loaded = read(cameras + camera("door", "{account: yard, device: AVPHwEu0}"));
    EXPECT_TRUE(loaded.problems.empty()) << text_of(loaded.problems);
    EXPECT_EQ(loaded.config.camera("door")->nest->device_access,
              (LentCamera{.account = "yard", .device = "AVPHwEu0"}));

    EXPECT_THAT(complaints(cameras + camera("door", "{account: home, device: AVPHwEu0}")),
                HasSubstr("there is no account \"home\" with sign_in: device_access"));
    EXPECT_THAT(complaints(cameras + camera("door", "{account: yard}")), HasSubstr("device"));
    EXPECT_THAT(complaints(cameras + camera("door", "{account: yard, device: A}") +
                           camera("hall", "{account: yard, device: A}")),
                HasSubstr("the device is hall already"));
    EXPECT_THAT(complaints(cameras + camera("door", "{account: yard, device: A}") +
                           "  lent: {nest: {account: yard, camera: A}}\n"),
                HasSubstr("the device is lent already"));
    EXPECT_THAT(complaints(cameras + "  door: {nest: {account: yard, camera: A, device_access: "
                                     "{account: yard, device: B}}}\n"),
                HasSubstr("one of Device Access already"));
}

TEST(Config, ReadsHowFilmsAreMadeAndNeedsAFolderForThem) {
    const auto with = [](std::string_view films) {
        return read(
            fmt::format("accounts:\n  - vendor: nest\n    name: home\n"
                        "    snapshots: {{films: {}}}\n",
                        films));
    };
    const Loaded loaded =
        with("{folder: /srv/films, pictures: 50, frames_per_second: 12, layout: foggycam}");
    EXPECT_TRUE(loaded.is_usable()) << text_of(loaded.problems);
    EXPECT_EQ(loaded.config.accounts.at(0).snapshots.films,
              (Films{.folder = "/srv/films",
                     .pictures = 50,
                     .frames_per_second = 12,
                     .layout = FilmLayout::Foggycam}));
    for (const std::string_view wrong :
         {"{pictures: 50}", "{folder: films}", "{folder: /srv, pictures: 1}",
          "{folder: /srv, pictures: 1001}", "{folder: /srv, frames_per_second: 61}"})
        EXPECT_FALSE(with(wrong).is_usable()) << wrong;
}

TEST(Config, ReadsTheDoorsOfTheArloBase) {
    const Loaded off = read("arlo: {rest: off, upload_port: 8080, event_pictures: off}");
    EXPECT_TRUE(off.problems.empty()) << text_of(off.problems);
    EXPECT_EQ(off.config.arlo.rest, std::nullopt);
    EXPECT_EQ(off.config.arlo.upload_port, 8080);
    EXPECT_FALSE(off.config.arlo.event_pictures);
    const Loaded hooks = read(
        "arlo: {webhooks: {motion: {url: \"http://10.0.0.2/m\", encoding: form}, "
        "status: {url: \"https://10.0.0.2/s\", encoding: json_nested}}}");
    EXPECT_TRUE(hooks.problems.empty()) << text_of(hooks.problems);
    EXPECT_EQ(hooks.config.arlo.webhooks.motion.encoding, HookSpelling::Form);
    EXPECT_EQ(hooks.config.arlo.webhooks.status.encoding, HookSpelling::JsonNested);
    EXPECT_EQ(hooks.config.arlo.webhooks.button.url, std::nullopt);
    EXPECT_THAT(complaints("arlo: {rest: \"localhost:5000\"}"),
                HasSubstr("arlo.rest needs off, or a numeric address and a port"));
    EXPECT_THAT(complaints("arlo: {webhooks: {motion: {url: \"mqtt://x/y\"}}}"),
                HasSubstr("needs a URL that begins with http:// or https://"));
    EXPECT_THAT(complaints("webhooks: [{url: \"ws://x/y\"}]"),
                HasSubstr("needs a URL that begins with http:// or https://"));
    EXPECT_THAT(complaints("arlo: {webhooks: {ring: {}}}"), HasSubstr("under arlo.webhooks"));
}

TEST(Config, HasDefaultsForEverything) {
    const Loaded loaded = read("");
    EXPECT_TRUE(loaded.problems.empty());
    EXPECT_EQ(loaded.config, Config{});
    EXPECT_EQ(loaded.config.http.listen.text(), "0.0.0.0:8790");
    EXPECT_FALSE(loaded.config.needs_rtmp());
}

TEST(Config, PointsAtAnUnknownKeyAndSuggests) {
    EXPECT_EQ(complaints("cameras:\n  porch:\n    source: push\n    recrod: {mode: off}\n"),
              "c:4:5: unknown key \"recrod\" under cameras.porch; did you mean \"record\"?\n");
    EXPECT_EQ(complaints("lingr: 10s\n"),
              "c:1:1: unknown key \"lingr\"; did you mean \"linger\"?\n");
    EXPECT_EQ(complaints("zebra: 1\n"), "c:1:1: unknown key \"zebra\"\n");
    EXPECT_THAT(complaints("arlo: {enabled: off, port: [1]}"),
                HasSubstr("under arlo; did you mean \"ports\"?"));
    EXPECT_THAT(complaints("accounts: [{vendor: nest, name: a, endpoints: {hom: \"http://x\"}}]"),
                HasSubstr("\"hom\" under accounts[0].endpoints"));
}

TEST(Config, CollectsEveryMistakeInTheOrderOfTheFile) {
    const std::string text = complaints(
        "linger: ten\nhttp: {listen: 8790, tls: maybe}\nrtsp: [1]\nlog: {level: loud}\n");
    EXPECT_EQ(
        text,
        "c:1:9: linger needs a duration with its unit, like 250ms, 10s, 5m, 2h or 30d; it is "
        "\"ten\"\n"
        "c:2:16: http.listen needs a numeric address and a port, like \"0.0.0.0:8790\", "
        "\"127.0.0.1:8790\" or \"[::]:8790\"; it is \"8790\"\n"
        "c:2:27: http.tls needs auto, off, or the two files, like {certificate: FILE, key: FILE}; "
        "it is \"maybe\"\n"
        "c:3:7: rtsp needs a mapping of keys, like {key: value}; it is a list\n"
        "c:4:14: log.level must be one of trace, debug, info, warn, error, off; it is \"loud\"\n");
}

TEST(Config, ExplainsUnitsAndRanges) {
    EXPECT_THAT(complaints("linger: 10"), HasSubstr("a duration with its unit, like 250ms, 10s"));
    EXPECT_THAT(complaints("linger: 2d"), HasSubstr("linger must be between 0 and 24h"));
    EXPECT_THAT(complaints("defaults: {record: {max_size: 200}}"),
                HasSubstr("a size with its unit, like 500MiB"));
    EXPECT_THAT(complaints("defaults: {record: {segment: 2h}}"),
                HasSubstr("must be between 1s and 1h"));
    EXPECT_THAT(complaints("time_scale: 0"), HasSubstr("between 0.0001 and 100"));
    EXPECT_THAT(complaints("time_scale: nan"), HasSubstr("needs a number"));
    EXPECT_THAT(complaints("io_threads: 65"), HasSubstr("auto or a number from 1 to 64"));
    EXPECT_THAT(complaints("linger:"), HasSubstr("linger has no value"));
    EXPECT_THAT(complaints("arlo: {anti_flicker_hz: 55}"), HasSubstr("must be 50 or 60"));
    for (const char* const ports :
         {"[50000]", "[50001, 50199]", "[50000, 50002]", "[50000, 50001]", "[1022, 1999]"}) {
        EXPECT_THAT(complaints(std::string("arlo: {rtp_ports: ") + ports + "}"),
                    HasSubstr("needs an even port and an odd one behind it"))
            << ports;
    }
    EXPECT_EQ(complaints("arlo: {rtp_ports: [1024, 1027]}"), "");
    EXPECT_EQ(read("linger: 0\nio_threads: 64\ndefaults: {record: {segment: 1h}}").problems.size(),
              0u);
}

TEST(Config, TakesTheWaysToWriteAnAddress) {
    EXPECT_EQ(read("http: {listen: \"[::1]:0\"}").config.http.listen, (ListenAddress{"::1", 0}));
    EXPECT_EQ(read("http: {listen: 127.0.0.1:80}").config.http.listen,
              (ListenAddress{"127.0.0.1", 80}));
    for (const std::string_view bad :
         {"localhost:80", "1.2.3:80", "127.0.0.1", ":80", "127.0.0.1:65536", "127.0.0.1:-1",
          "[::1]", "::1:80x", "127.0.0.1:"}) {
        EXPECT_THAT(complaints(fmt::format("http: {{listen: \"{}\"}}", bad)),
                    HasSubstr("numeric address and a port"))
            << bad;
    }
}

TEST(Config, TakesFilesForTlsRelativeToTheFile) {
    const Loaded loaded = read("http: {tls: {certificate: tls/c.pem, key: /k.pem}}\ndata: d\n");
    ASSERT_TRUE(loaded.is_usable()) << text_of(loaded.problems);
    EXPECT_EQ(loaded.config.http.tls, Tls(TlsFiles{"/etc/casement/tls/c.pem", "/k.pem"}));
    EXPECT_EQ(loaded.config.data, "/etc/casement/d");
    EXPECT_THAT(complaints("http: {tls: {certificate: c.pem}}"),
                HasSubstr("needs both certificate and key"));
}

TEST(Config, GivesACameraTheDefaultsAndItsOwnWordOver) {
    const Config c = read(
                         "cameras: {a: {source: push, record: {keep: 1d}}, b: {source: "
                         "push}}\ndefaults: {record: {keep: 7d, segment: 30s}}")
                         .config;
    EXPECT_EQ(c.camera("a")->record.keep, 24h);
    EXPECT_EQ(c.camera("a")->record.segment, 30s);
    EXPECT_EQ(c.camera("b")->record.keep, 24h * 7);
}

TEST(Config, KnowsTheWaysIn) {
    const Config c = read(
                         "cameras: {a: {source: push}, b: {source: \"file:///x.mp4\"}, c: {source: "
                         "\"rtsps://h/s\"}, d: {source: \"http://h/j\", interval: 5s}}")
                         .config;
    EXPECT_TRUE(std::holds_alternative<PushSource>(c.camera("a")->source));
    EXPECT_EQ(std::get<FileSource>(c.camera("b")->source).path, "/x.mp4");
    EXPECT_EQ(std::get<PullSource>(c.camera("c")->source).url.scheme, "rtsps");
    EXPECT_EQ(c.camera("d")->interval, 5s);
    EXPECT_TRUE(c.needs_rtmp());
    EXPECT_THAT(complaints("cameras: {a: {source: \"rstp://h\"}}"),
                HasSubstr("rstp:// is not known here (there are rtsp, rtsps, rtmp, rtmps, http, "
                          "https); did you mean \"rtsp\"?"));
    EXPECT_THAT(complaints("cameras: {a: {source: \"file://x.mp4\"}}"), HasSubstr("absolute path"));
    EXPECT_THAT(complaints("cameras: {a: {source: \"10.0.0.9\"}}"),
                HasSubstr("it does not start with scheme://"));
    EXPECT_THAT(complaints("cameras: {a: {}}"), HasSubstr("cameras.a has no source"));
    EXPECT_EQ(complaints("cameras: {a: {sorce: push}}"),
              "c:1:15: unknown key \"sorce\" under cameras.a; did you mean \"source\"?\n");
    EXPECT_THAT(complaints("cameras: {a: {source: push, arlo: {serial: X}}}"),
                HasSubstr("has source and arlo: a camera has one way in"));
}

TEST(Config, RefusesIdsThatDoNotFitFoldersAndTopics) {
    EXPECT_EQ(read("cameras: {" + std::string(63, 'a') +
                   ": {source: push}, front_door-2: {source: push}}")
                  .problems.size(),
              0u);
    for (const std::string& bad :
         {std::string(64, 'a'), std::string("a.b"), std::string("Porch"), std::string("a b"),
          std::string(".hidden"), std::string("a/b"), std::string("\"\"")}) {
        EXPECT_THAT(complaints("cameras: {" + bad + ": {source: push}}"),
                    HasSubstr("cannot be a camera id"))
            << bad;
    }
}

TEST(Config, SuggestsAnIdThatFits) {
    EXPECT_EQ(complaints("cameras: {Front Porch: {source: push}}"),
              "c:1:11: \"Front Porch\" cannot be a camera id, which is 1 to 63 characters of a-z "
              "0-9 - _, the first a letter or a digit; "
              "write \"front-porch\", and what people read under `name:`\n");
    EXPECT_THAT(complaints("cameras: {a.b: {source: push}, a-b: {source: push}}"),
                HasSubstr("; write another here, and"));
    EXPECT_THAT(complaints("cameras: {\"/\": {source: push}}"),
                HasSubstr("; write another here, and"));
}

TEST(Config, WarnsOfKeysThatDoNothing) {
    const Loaded loaded = read("cameras: {a: {source: push, transport: tcp, on_demand: true}}");
    EXPECT_TRUE(loaded.is_usable());
    EXPECT_THAT(
        text_of(loaded.problems),
        HasSubstr("warning: cameras.a.transport does nothing here: it needs an rtsp source"));
    EXPECT_THAT(
        text_of(loaded.problems),
        HasSubstr("warning: cameras.a.on_demand does nothing while the camera is recorded always"));
    EXPECT_EQ(read("cameras: {a: {source: \"rtsp://h\", transport: udp, on_demand: true, record: "
                   "{mode: off}}}")
                  .problems.size(),
              0u);
}

TEST(Config, FindsAccountsThatAreNotThere) {
    EXPECT_THAT(
        complaints("accounts: [{vendor: nest, name: home}]\ncameras: {a: {nest: {account: hmoe, "
                   "camera: x}}}"),
        HasSubstr("there is no nest account \"hmoe\" under accounts; did you mean \"home\"?"));
    EXPECT_THAT(complaints("accounts: [{vendor: nest, name: h}, {vendor: nanit, name: h}]"),
                HasSubstr("a second account with the name \"h\""));
    EXPECT_THAT(complaints("accounts: [{name: h}]"), HasSubstr("accounts[0] needs vendor"));
    EXPECT_THAT(complaints("accounts: [{vendor: nest, name: h, breathing: true}]"),
                HasSubstr("\"breathing\" belongs to nanit accounts"));
    EXPECT_EQ(complaints("accounts: [{vendor: nanit, name: h, breathing: true, sleep: true}]"), "");
    EXPECT_THAT(complaints("accounts: [{vendor: nanit, name: h, sign_in: google}]"),
                HasSubstr("\"sign_in\" belongs to nest accounts"));
}

TEST(Config, KeepsListenersApart) {
    EXPECT_THAT(complaints("rtsp: {listen: \"0.0.0.0:8790\"}"),
                HasSubstr("rtsp.listen and http.listen have the same port 8790"));
    EXPECT_EQ(
        read("rtsp: {listen: \"127.0.0.1:0\"}\nhttp: {listen: \"127.0.0.1:0\"}").problems.size(),
        0u);
}

TEST(Config, SetsSingleValuesFromTheEnvironment) {
    const Loaded loaded = read("http: {listen: \"0.0.0.0:1\", tls: auto}\n",
                               {{"CASEMENT_HTTP_LISTEN", "127.0.0.1:2"},
                                {"CASEMENT_DEFAULTS_RECORD_MAX_SIZE", "1GiB"},
                                {"CASEMENT_LINGER", "3s"},
                                {"CASEMENT_CONFIG", "elsewhere"}});
    EXPECT_TRUE(loaded.problems.empty()) << text_of(loaded.problems);
    EXPECT_EQ(loaded.config.http.listen.port, 2);
    EXPECT_EQ(loaded.config.defaults.record.max_size_bytes, 1ull << 30);
    EXPECT_EQ(loaded.config.linger, 3s);
}

TEST(Config, NamesTheVariableThatIsWrong) {
    EXPECT_THAT(complaints("", {{"CASEMENT_LINGER", "soon"}}),
                HasSubstr("environment variable CASEMENT_LINGER: linger needs a duration"));
    EXPECT_EQ(complaints("", {{"CASEMENT_HTTP_LISTN", "x"}}),
              "environment variable CASEMENT_HTTP_LISTN: warning: it names no setting; did you "
              "mean \"CASEMENT_HTTP_LISTEN\"?\n");
    EXPECT_EQ(complaints("cameras: {a: {source: push, push_key: \"${CASEMENT_PUSH}\"}}",
                         {{"CASEMENT_PUSH", "abcdefghijklmnop"}}),
              "");
    EXPECT_EQ(complaints("http: 5\n", {{"CASEMENT_HTTP_LISTEN", "127.0.0.1:2"}}),
              "c:1:7: http needs a mapping of keys, like {key: value}; it is \"5\"\n");
}

TEST(Config, EveryScalarKeyOutsideListsHasAVariable) {
    const auto names = overrides();
    const auto has = [&](std::string_view variable, std::string_view path) {
        return std::ranges::any_of(
            names, [&](const auto& n) { return n.first == variable && n.second == path; });
    };
    EXPECT_TRUE(has("CASEMENT_DATA", "data"));
    EXPECT_TRUE(has("CASEMENT_TIME_SCALE", "time_scale"));
    EXPECT_TRUE(has("CASEMENT_DEFAULTS_RECORD_PRE_ROLL", "defaults.record.pre_roll"));
    EXPECT_FALSE(std::ranges::any_of(names, [](const auto& n) {
        return n.first.starts_with("CASEMENT_CAMERAS") || n.first.starts_with("CASEMENT_WEBHOOKS");
    }));
    std::set<std::string> distinct;
    for (const auto& name : names)
        EXPECT_TRUE(distinct.insert(name.first).second) << name.first << " names two keys";
}

TEST(Config, LooksForTheFileInItsOrder) {
    EXPECT_EQ(find_file(environment_of({{"CASEMENT_CONFIG", "/named"}})), "/named");
    const std::map<std::string, std::string> all{{"/etc/casement/casement.yaml", ""},
                                                 {"/x/casement/casement.yaml", ""},
                                                 {"/config/casement.yaml", ""}};
    auto left = all;
    EXPECT_EQ(find_file(environment_of({{"XDG_CONFIG_HOME", "/x"}}, left)),
              "/etc/casement/casement.yaml");
    left.erase("/etc/casement/casement.yaml");
    EXPECT_EQ(find_file(environment_of({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}}, left)),
              "/x/casement/casement.yaml");
    EXPECT_EQ(find_file(environment_of({{"HOME", "/h"}}, left)), "/config/casement.yaml");
    EXPECT_EQ(find_file(environment_of({{"HOME", "/h"}})), std::nullopt);
}

TEST(Config, PutsItsDataWhereTheUserMayWrite) {
    EXPECT_EQ(default_data_directory(environment_of({{"STATE_DIRECTORY", "/var/lib/casement:/y"}}),
                                     false),
              "/var/lib/casement");
    EXPECT_EQ(default_data_directory(environment_of({{"HOME", "/root"}}), true),
              "/var/lib/casement");
    EXPECT_EQ(default_data_directory(environment_of({{"HOME", "/h"}}), false),
              "/h/.local/share/casement");
    EXPECT_EQ(
        default_data_directory(environment_of({{"HOME", "/h"}, {"XDG_DATA_HOME", "/d"}}), false),
        "/d/casement");
}

TEST(Config, SaysThatANamedFileIsNotThere) {
    const auto loaded = load("/nonexistent/casement.yaml", environment_of({}));
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind(), base::ErrorKind::NotFound);
    EXPECT_THAT(loaded.error().message(), HasSubstr("/nonexistent/casement.yaml cannot be read"));
}

TEST(Config, SurvivesTruncationAtEveryByte) {
    for (std::size_t length = 0; length <= kSettledShape.size(); length += 3) {
        const Loaded loaded =
            read(kSettledShape.substr(0, length), {{"HOOK_SECRET", "hook-secret-value"}});
        EXPECT_LE(loaded.problems.size(), 200u);
    }
}

}  // namespace
}  // namespace casement::app::config
