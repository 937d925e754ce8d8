#include "app/cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::app::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename T>
T parsed(std::vector<std::string> arguments) {
    auto line = parse_command_line(std::move(arguments));
    if (!line) {
        ADD_FAILURE() << line.error().text;
        return {};
    }
    if (!std::holds_alternative<T>(line->command)) {
        ADD_FAILURE() << "another command: " << line->command.index();
        return {};
    }
    return std::get<T>(line->command);
}
Ending ending(std::vector<std::string> arguments) {
    auto line = parse_command_line(std::move(arguments));
    return line ? Ending{-1, "it was accepted"} : line.error();
}

TEST(CommandLine, KnowsEveryCommand) {
    EXPECT_FALSE(parsed<Serve>({"serve"}).demo);
    EXPECT_TRUE(parsed<Serve>({"demo"}).demo);
    EXPECT_EQ(parsed<EmulateArlo>({"emulate", "arlo"}).profile, "pro2");
    const auto bell = parsed<EmulateArlo>({"emulate", "arlo", "vbell", "--address", "127.0.1.11",
                                           "--fault", "nack", "--fault", "lost=5", "--any-ports"});
    EXPECT_EQ(bell.profile, "vbell");
    EXPECT_EQ(bell.address, "127.0.1.11");
    EXPECT_THAT(bell.faults, ElementsAre("nack", "lost=5"));
    EXPECT_TRUE(bell.any_ports);
    EXPECT_EQ(parsed<EmulateNanit>({"emulate", "nanit"}).port, 9443);
    const auto nursery = parsed<EmulateNanit>({"emulate", "nanit", "--cameras", "3", "--port", "0",
                                               "--mfa", "sms", "--password", "p", "--plain", "--do",
                                               "phones 1", "--do", "2 motion"});
    EXPECT_EQ(nursery.cameras, 3);
    EXPECT_EQ(nursery.port, 0);
    EXPECT_EQ(nursery.mfa, "sms");
    EXPECT_EQ(nursery.password.reveal(), "p");
    EXPECT_TRUE(nursery.plain);
    EXPECT_THAT(nursery.lines, ElementsAre("phones 1", "2 motion"));
    EXPECT_EQ(ending({"emulate", "nanit", "--cameras", "4"}).status, kUsage);
    EXPECT_EQ(ending({"emulate", "nanit", "--mfa", "pigeon"}).status, kUsage);
    EXPECT_EQ(ending({"emulate", "nanit", "--port", "65536"}).status, kUsage);
    EXPECT_EQ(parsed<EmulateNest>({"emulate", "nest"}).sign_in, "google");
    const auto home =
        parsed<EmulateNest>({"emulate", "nest", "--cameras", "3", "--any-ports", "--sign-in",
                             "nest_token", "--two-factor", "--do", "2 online off"});
    EXPECT_EQ(home.cameras, 3);
    EXPECT_EQ(home.sign_in, "nest_token");
    EXPECT_TRUE(home.any_ports && home.two_factor && !home.plain);
    EXPECT_THAT(home.lines, ElementsAre("2 online off"));
    EXPECT_EQ(ending({"emulate", "nest", "--sign-in", "guess"}).status, kUsage);
    EXPECT_EQ(ending({"emulate"}).status, kUsage);
    const auto network =
        parsed<ArloNetwork>({"arlo", "network", "--set-up", "router", "--cameras", "eth1.20",
                             "--reserve", "a=b", "--reserve", "c=d", "--check"});
    EXPECT_EQ(network.inputs.set_up, "router");
    EXPECT_EQ(network.inputs.cameras, "eth1.20");
    EXPECT_THAT(network.reservations, ElementsAre("a=b", "c=d"));
    EXPECT_TRUE(network.check);
    EXPECT_EQ(ending({"arlo", "network", "--steps", "dance"}).status, kUsage);
    EXPECT_EQ(ending({"arlo"}).status, kUsage);
    parsed<Doctor>({"doctor"});
    const auto import = parsed<ImportNanit>({"import", "nanit", ".env", "session.json", "--write"});
    EXPECT_EQ(import.file, ".env");
    EXPECT_EQ(import.session, "session.json");
    EXPECT_TRUE(import.write);
    const auto login = parsed<LoginNanit>({"login", "nanit", "--account", "nursery", "--email",
                                           "a@b.c", "--password-file", "-", "--mfa-code", "0417",
                                           "--mfa-channel", "sms", "--refresh-token", "-"});
    EXPECT_EQ(login.account, "nursery");
    EXPECT_EQ(login.password_file, "-");
    EXPECT_EQ(login.mfa_code.reveal(), "0417");  // a text
    EXPECT_EQ(login.refresh_token.reveal(), "-");
    EXPECT_EQ(ending({"login"}).status, kUsage);
    EXPECT_EQ(ending({"login", "nanit", "--mfa-channel", "pigeon"}).status, kUsage);
    EXPECT_EQ(parsed<Check>({"check", "a.yaml"}).file, "a.yaml");
    EXPECT_EQ(parsed<Check>({"check"}).file, "");
    parsed<Version>({"version"});
    parsed<Cameras>({"cameras"});
    EXPECT_EQ(parsed<ShowCamera>({"camera", "porch"}).camera, "porch");
    EXPECT_FALSE(parsed<ShowCamera>({"camera", "porch"}).push_address);
    EXPECT_TRUE(parsed<ShowCamera>({"camera", "porch", "--push-address"}).push_address);
    EXPECT_TRUE(parsed<ShowCamera>({"camera", "--new-push-address", "porch"}).new_push_address);
    const auto logs = parsed<ShowCamera>({"camera", "porch", "logs", "--list", "-o", "l.tar.gz"});
    EXPECT_EQ(logs.what, "logs");
    EXPECT_TRUE(logs.list);
    EXPECT_EQ(logs.output, "l.tar.gz");
    EXPECT_EQ(parsed<SetSetting>({"set", "porch", "night_light", "40"}).value, "40");
    EXPECT_THAT(parsed<RunCommand>({"command", "porch", "siren", "on=true", "seconds=5"}).arguments,
                ElementsAre("on=true", "seconds=5"));
    EXPECT_EQ(parsed<Snapshot>({"snapshot", "porch", "-o", "-"}).output, "-");
    const auto take =
        parsed<Export>({"export", "porch", "--from", "21:00", "--to", "-1m", "-o", "a.mp4"});
    EXPECT_EQ(take.from, "21:00");
    EXPECT_EQ(take.to, "-1m");
    EXPECT_TRUE(parsed<Events>({"events", "--follow"}).follow);
    EXPECT_EQ(parsed<Events>({"events", "-n", "5", "--camera", "hall"}).limit, 5);
    parsed<Health>({"health"});
    EXPECT_EQ(parsed<TokenCreate>({"token", "create", "frigate"}).name, "frigate");
    parsed<TokenList>({"token", "list"});
    EXPECT_EQ(parsed<TokenRevoke>({"token", "revoke", "ha"}).name, "ha");
}

TEST(CommandLine, TakesCommonOptionsOnBothSides) {
    for (const auto& arguments :
         {std::vector<std::string>{"-c", "f", "--data", "d", "--json", "cameras"},
          {"cameras", "--json", "--config", "f", "--data", "d"}}) {
        const auto line = parse_command_line(arguments);
        ASSERT_TRUE(line) << line.error().text;
        EXPECT_EQ(line->common.config, "f");
        EXPECT_EQ(line->common.data, "d");
        EXPECT_TRUE(line->common.json);
    }
    const auto nested = parse_command_line({"token", "list", "--json"});
    ASSERT_TRUE(nested) << nested.error().text;
    EXPECT_TRUE(nested->common.json);
}

TEST(CommandLine, SuggestsTheCommandThatWasMeant) {
    EXPECT_THAT(ending({"sevre"}).text,
                HasSubstr("there is no command \"sevre\"; did you mean \"serve\"?"));
    EXPECT_THAT(ending({"--data", "serve", "camers"}).text, HasSubstr("did you mean \"cameras\"?"));
    EXPECT_EQ(ending({"sevre"}).status, kUsage);
}

TEST(CommandLine, EndsWithTwoForMistakes) {
    for (const auto& bad : {std::vector<std::string>{},
                            {"camera"},
                            {"serve", "extra"},
                            {"cameras", "--jsn"},
                            {"snapshot", "porch"},
                            {"events", "-n", "-1"},
                            {"token"},
                            {"token", "create"},
                            {"export", "porch", "--from", "1"},
                            {"-c"}}) {
        const Ending end = ending(bad);
        EXPECT_EQ(end.status, kUsage) << testing::PrintToString(bad);
        EXPECT_THAT(end.text, HasSubstr("--help"));
    }
}

TEST(CommandLine, HelpIsNotAMistake) {
    EXPECT_EQ(ending({"--help"}).status, kOk);
    EXPECT_THAT(ending({"--help"}).text, HasSubstr("snapshot"));
    EXPECT_EQ(ending({"export", "--help"}).status, kOk);
    EXPECT_THAT(ending({"export", "--help"}).text, HasSubstr("--from"));
}

}  // namespace
}  // namespace casement::app::cli
