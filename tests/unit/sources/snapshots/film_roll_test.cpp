#include "sources/snapshots/film_roll.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/snapshots/film_names.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/sources/snapshots/pictures.hpp"

namespace casement::sources::snapshots {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using test::counted;
using test::files_in;

struct Films : testing::Test {
    camera::Films rules(int pictures = 5) {
        return {.folder = disk.path(),
                .name = "porch",
                .pictures = pictures,
                .keep_pictures = keep,
                .layout = layout};
    }
    std::shared_ptr<FilmRoll> open(int pictures = 5) {
        return FilmRoll::open(rules(pictures), base::Log{}).value();
    }
    /// The next `count` pictures, a second apart.
    void add(FilmRoll& roll, int count) {
        for (int i = 0; i < count; ++i) {
            clock.advance(1s);
            ASSERT_TRUE(roll.add(jpegs.at(next++), clock.wall_now()));
        }
    }
    void film(FilmRoll& roll) {
        while (roll.has_whole_film()) ASSERT_TRUE(roll.work());
    }
    std::filesystem::path path(std::string_view below) const {
        return disk.path(std::string(below));
    }

    fakes::TempDirectory disk;
    fakes::Clock clock;
    std::vector<media::Bytes> jpegs = test::pictures(40);
    std::size_t next = 0;
    bool keep = false;
    Layout layout = Layout::Own;
};

TEST_F(Films, HoldEveryPictureOnceAndInOrderAtTheirRate) {
    const auto roll = open();
    add(*roll, 12);
    film(*roll);
    const auto films = files_in(path("porch/films"), ".mp4");
    ASSERT_EQ(films.size(), 2U);
    EXPECT_EQ(films[0].filename(), "2026-11-20T21-00-01.000Z--2026-11-20T21-00-05.000Z.mp4");
    const auto shown = test::read_film(films[0]);
    EXPECT_EQ(shown.counters, counted(0, 5));
    EXPECT_THAT(shown.durations, testing::Each(3750));
    EXPECT_EQ(test::read_film(films[1]).counters, counted(5, 10));
    EXPECT_EQ(roll->waiting(), 2U);
    EXPECT_EQ(files_in(path("porch/pictures"), ".jpg").size(), 2U);
}

TEST_F(Films, GoOnWhereTheLastRunEnded) {
    auto roll = open();
    add(*roll, 8);
    film(*roll);
    roll.reset();
    roll = open();
    EXPECT_EQ(roll->waiting(), 3U);
    add(*roll, 2);
    film(*roll);
    EXPECT_EQ(test::counters_of_films(path("porch/films")), counted(0, 10));
}

TEST_F(Films, AreNotMadeTwiceOfPicturesThatHadNoTimeToGo) {
    auto roll = open();
    add(*roll, 5);
    std::filesystem::copy(path("porch/pictures"), path("before"));
    film(*roll);
    roll.reset();
    // A crash between the film and the end of its pictures.
    std::filesystem::remove_all(path("porch/pictures"));
    std::filesystem::copy(path("before"), path("porch/pictures"));
    roll = open();
    EXPECT_EQ(roll->waiting(), 0U);
    EXPECT_TRUE(files_in(path("porch/pictures"), ".jpg").empty());
    add(*roll, 5);
    film(*roll);
    EXPECT_EQ(test::counters_of_films(path("porch/films")), counted(0, 10));
}

TEST_F(Films, AreBegunAnewAfterACrashInTheMiddle) {
    auto roll = open(30);
    add(*roll, 30);
    ASSERT_TRUE(roll->work().value());  // ten pictures' work, and then the power goes
    roll.reset();
    disk.write("porch/pictures/half.jpg.new", "x");
    roll = open(30);
    EXPECT_EQ(roll->waiting(), 30U);
    film(*roll);
    EXPECT_EQ(test::counters_of_films(path("porch/films")), counted(0, 30));
    EXPECT_TRUE(files_in(path("porch/pictures"), ".new").empty());
}

TEST_F(Films, KeepTheirPicturesWhereThatIsWished) {
    keep = true;
    auto roll = open();
    add(*roll, 7);
    film(*roll);
    EXPECT_EQ(files_in(path("porch/pictures"), ".jpg").size(), 7U);
    roll.reset();
    std::filesystem::remove_all(path("porch/films"));  // carried away
    roll = open();
    EXPECT_EQ(roll->waiting(), 2U);
    add(*roll, 3);
    film(*roll);
    EXPECT_EQ(test::counters_of_films(path("porch/films")), counted(5, 10));
}

TEST_F(Films, LieAsFoggycamsDid) {
    layout = Layout::Foggycam;
    auto roll = open();
    add(*roll, 8);
    film(*roll);
    roll.reset();
    const auto films = files_in(path("capture/porch/video"), ".mp4");
    ASSERT_EQ(films.size(), 1U);
    EXPECT_TRUE(time_of_picture(layout, films[0].stem().string()));
    EXPECT_EQ(test::read_film(films[0]).counters, counted(0, 5));
    EXPECT_EQ(files_in(path("capture/porch/images"), ".jpg").size(), 3U);
    roll = open();
    EXPECT_EQ(roll->waiting(), 3U);
}

TEST_F(Films, EndWhereThePicturesChangeTheirSize) {
    const auto roll = open();
    add(*roll, 3);
    jpegs = test::pictures(10, 640, 360);
    add(*roll, 5);
    film(*roll);
    const auto films = files_in(path("porch/films"), ".mp4");
    ASSERT_EQ(films.size(), 2U);
    EXPECT_EQ(test::read_film(films[0]).counters, counted(0, 3));
    EXPECT_EQ(test::read_film(films[1]).counters, counted(3, 8));
}

TEST_F(Films, LeaveOutWhatWasCutShort) {
    const auto roll = open();
    add(*roll, 5);
    const auto waiting = files_in(path("porch/pictures"), ".jpg");
    std::filesystem::resize_file(waiting[1], 0);
    std::filesystem::remove(waiting[3]);
    film(*roll);
    EXPECT_EQ(test::counters_of_films(path("porch/films")), (std::vector<std::int64_t>{0, 2, 4}));
    EXPECT_EQ(roll->waiting(), 0U);
}

TEST_F(Films, StayInOrderWhenTheClockGoesBack) {
    auto roll = open();
    add(*roll, 2);
    clock.jump_wall(-2h);
    add(*roll, 2);
    roll.reset();
    clock.jump_wall(-2h);
    roll = open();
    add(*roll, 1);
    film(*roll);
    EXPECT_EQ(test::counters_of_films(path("porch/films")), counted(0, 5));
}

TEST_F(Films, AreOnePersonsAtATimeAndNeedTheirFolder) {
    const auto roll = open();
    EXPECT_TRUE(FilmRoll::open(rules(), base::Log{}).error().is(ErrorKind::FailedPrecondition));
    camera::Films elsewhere = rules();
    elsewhere.folder = disk.path("missing");
    EXPECT_TRUE(FilmRoll::open(elsewhere, base::Log{}).error().is(ErrorKind::NotFound));
}

TEST(FilmNames, SayTheirTimeAndNothingElseIsOne) {
    const base::WallTime at = fakes::Clock::kBegin + 1234ms;
    for (const Layout layout : {Layout::Own, Layout::Foggycam}) {
        const std::string name = picture_name(layout, at);
        EXPECT_EQ(time_of_picture(layout, name), at);
        EXPECT_EQ(time_of_film(layout, film_name(layout, "x", name)), at);
        for (const std::string_view other :
             {"", "lock", "2026-11-20T21:00:01.234Z", "2026-11-20T21-00-01Z", "../../etc/passwd",
              "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef"})
            EXPECT_FALSE(time_of_picture(layout, other)) << other;
    }
}

}  // namespace
}  // namespace casement::sources::snapshots
