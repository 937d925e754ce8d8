#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/moment.hpp"
#include "tests/unit/app/cli/fake_hub.hpp"

namespace casement::app::cli {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

base::WallTime moment(std::string_view text) { return *base::parse_rfc3339(text); }

class StoppedClock final : public base::Clock {
public:
    base::SteadyTime steady_now() const override { return {}; }
    base::WallTime wall_now() const override { return moment("2026-11-20T21:30:00Z"); }
};

class InUtc : public testing::Test {
protected:
    InUtc() {
        setenv("TZ", "UTC", 1);
        tzset();
    }
    const StoppedClock clock;
};

using Moment = InUtc;

TEST_F(Moment, MayBeWrittenInSeveralWays) {
    const auto now = clock.wall_now();
    const auto parsed = [&](std::string_view text) {
        return base::format_rfc3339(parse_moment(text, now).value_or(base::WallTime{}));
    };
    EXPECT_EQ(parsed("now"), "2026-11-20T21:30:00.000Z");
    EXPECT_EQ(parsed("-10m"), "2026-11-20T21:20:00.000Z");
    EXPECT_EQ(parsed("21:05"), "2026-11-20T21:05:00.000Z");
    EXPECT_EQ(parsed("21:05:30"), "2026-11-20T21:05:30.000Z");
    EXPECT_EQ(parsed("2026-11-19 08:00"), "2026-11-19T08:00:00.000Z");
    EXPECT_EQ(parsed("2026-11-19T08:00:01"), "2026-11-19T08:00:01.000Z");
    EXPECT_EQ(parsed("2026-11-19"), "2026-11-19T00:00:00.000Z");
    EXPECT_EQ(parsed("2026-11-19T08:00:00+02:00"), "2026-11-19T06:00:00.000Z");
}

TEST_F(Moment, IsLocalWhereNoZoneIsWritten) {
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    const auto summer = parse_moment("2026-07-01 12:00", clock.wall_now());
    const auto winter = parse_moment("2026-12-01 12:00", clock.wall_now());
    // Without the time zone files of the system this is UTC; both are right then.
    const bool has_zones = fs::exists("/usr/share/zoneinfo/Europe/Berlin");
    EXPECT_EQ(base::format_rfc3339(*summer),
              has_zones ? "2026-07-01T10:00:00.000Z" : "2026-07-01T12:00:00.000Z");
    EXPECT_EQ(base::format_rfc3339(*winter),
              has_zones ? "2026-12-01T11:00:00.000Z" : "2026-12-01T12:00:00.000Z");
    EXPECT_EQ(local_text(*summer), "2026-07-01 12:00:00");
}

TEST_F(Moment, RefusesWhatDoesNotExist) {
    for (const std::string_view bad :
         {"", "noon", "25:00", "21:60", "21:5", "2026-02-30", "2026-13-01 10:00", "2026-11-20 ",
          "10m", "-10", "-", "2026-11-20 10:00 x", "20261120"}) {
        const auto result = parse_moment(bad, clock.wall_now());
        ASSERT_FALSE(result) << bad;
        EXPECT_THAT(result.error().message(), HasSubstr("-10m (ago)"));
    }
}

class CliTaking : public InUtc, protected Session {
protected:
    CliTaking() : folder_(fs::temp_directory_path() / fmt::format("casement-taking-{}", getpid())) {
        fs::create_directories(folder_);
        add_cameras(hub);
    }
    ~CliTaking() override { fs::remove_all(folder_); }

    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    static std::string content(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}));
    }

    static constexpr std::string_view kSpan =
        "?from=2026-11-20T21%3A00%3A00.000Z&to=2026-11-20T21%3A10%3A00.000Z";
    void add_footage() {
        hub.answer(
            fmt::format("GET /api/v1/cameras/porch/recordings{}", kSpan),
            nlohmann::json::parse(
                R"({"recordings": [{"start": "2026-11-20T21:00:00.000Z", "end": "2026-11-20T21:10:00.000Z"}],
                     "gaps": [{"start": "2026-11-20T21:04:00.000Z", "end": "2026-11-20T21:05:00.000Z", "reason": "camera-unreachable", "text": "The camera did not answer."}]})"));
        hub.answers[fmt::format("GET /api/v1/cameras/porch/recording.mp4{}&download=1", kSpan)] = {
            .status = 200,
            .body = "the footage of ten minutes",
            .start = "2026-11-20T20:59:58.000Z",
            .taken_at = {}};
    }

private:
    const fs::path folder_;
};

TEST_F(CliTaking, ASnapshotIsSavedWholeAndPrivate) {
    hub.answers["GET /api/v1/cameras/porch/snapshot.jpg?wake=1"] = {
        .status = 200,
        .body = std::string("\xFF\xD8 picture \0 bytes", 18),
        .start = {},
        .taken_at = "2026-11-20T21:29:58.000Z"};
    EXPECT_EQ(take_snapshot(hub, console, {"porch", file("a.jpg")}), kOk) << err.str();
    EXPECT_EQ(content(file("a.jpg")), std::string("\xFF\xD8 picture \0 bytes", 18));
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(fs::status(file("a.jpg")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_THAT(err.str(), HasSubstr("taken 2026-11-20 21:29:58"));
    EXPECT_EQ(out.str(), "");
}

TEST_F(CliTaking, ASnapshotCanGoToStandardOutput) {
    hub.answers["GET /api/v1/cameras/porch/snapshot.jpg?wake=1"] = {
        .status = 200, .body = "bytes", .start = {}, .taken_at = {}};
    EXPECT_EQ(take_snapshot(hub, console, {"porch", "-"}), kOk);
    EXPECT_EQ(out.str(), "bytes");
}

TEST_F(CliTaking, NothingIsLeftBehindWhenItFails) {
    EXPECT_EQ(take_snapshot(hub, console, {"prch", file("a.jpg")}), kFailed);
    EXPECT_THAT(err.str(), HasSubstr("did you mean \"porch\"?"));
    hub.problem("GET /api/v1/cameras/porch/snapshot.jpg?wake=1", 404,
                "Porch has never sent a picture.", "no-picture");
    EXPECT_EQ(take_snapshot(hub, console, {"porch", file("a.jpg")}), kFailed);
    EXPECT_THAT(err.str(), HasSubstr("casement: Porch has never sent a picture.\n"));
    hub.answers["GET /api/v1/cameras/porch/snapshot.jpg?wake=1"] = {
        .status = 200, .body = "half of the", .start = {}, .taken_at = {}};
    hub.after = base::Error(base::ErrorKind::Unavailable, "the connection broke");
    EXPECT_EQ(take_snapshot(hub, console, {"porch", file("a.jpg")}), kFailed);
    EXPECT_EQ(files(), 0u);
}

TEST_F(CliTaking, AnOldFileSurvivesAFailure) {
    std::ofstream(file("a.jpg")) << "old";
    hub.answers["GET /api/v1/cameras/porch/snapshot.jpg?wake=1"] = {
        .status = 200, .body = "new", .start = {}, .taken_at = {}};
    hub.after = base::Error(base::ErrorKind::Unavailable, "the connection broke");
    EXPECT_EQ(take_snapshot(hub, console, {"porch", file("a.jpg")}), kFailed);
    EXPECT_EQ(content(file("a.jpg")), "old");
}

TEST_F(CliTaking, AFolderThatIsNotThereIsNamed) {
    EXPECT_EQ(take_snapshot(hub, console, {"porch", file("none/a.jpg")}), kFailed);
    EXPECT_THAT(err.str(), HasSubstr("none/a.jpg"));
}

TEST_F(CliTaking, ExportSavesFootageAndTellsWhatIsMissing) {
    add_footage();
    EXPECT_EQ(export_footage(hub, console, {"porch", "21:00", "21:10", file("a.mp4")}, clock), kOk)
        << err.str();
    EXPECT_EQ(content(file("a.mp4")), "the footage of ten minutes");
    EXPECT_THAT(
        err.str(),
        HasSubstr(
            "missing: 2026-11-20 21:04:00 to 2026-11-20 21:05:00: The camera did not answer.\n"));
    EXPECT_THAT(err.str(), HasSubstr("begins at 2026-11-20 20:59:58"));
}

TEST_F(CliTaking, ExportOfNothingLeavesNoFile) {
    hub.answer(fmt::format("GET /api/v1/cameras/porch/recordings{}", kSpan),
               {{"recordings", nlohmann::json::array()}});
    EXPECT_EQ(export_footage(hub, console, {"porch", "21:00", "21:10", file("a.mp4")}, clock),
              kFailed);
    EXPECT_THAT(
        err.str(),
        HasSubstr("there is no footage of porch from 2026-11-20 21:00:00 to 2026-11-20 21:10:00"));
    EXPECT_EQ(files(), 0u);
}

TEST_F(CliTaking, ExportWantsTimesThatMakeSense) {
    EXPECT_EQ(export_footage(hub, console, {"porch", "noon", "21:10", file("a.mp4")}, clock),
              kUsage);
    EXPECT_EQ(export_footage(hub, console, {"porch", "21:10", "21:00", file("a.mp4")}, clock),
              kUsage);
    EXPECT_THAT(err.str(), HasSubstr("is not before --to"));
    EXPECT_TRUE(hub.asked.empty());
}

}  // namespace
}  // namespace casement::app::cli
