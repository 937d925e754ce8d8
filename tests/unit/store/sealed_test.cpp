#include "store/sealed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "store/files.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::store {
namespace {

using base::ErrorKind;
using base::Secret;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::filesystem::perms mode(const std::string& path) {
    return std::filesystem::status(path).permissions();
}
constexpr auto kOwnerOnly =
    std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

TEST(SealedStore, GivesBackWhatWasPutAfterReopening) {
    fakes::TempDirectory dir;
    {
        auto sealed = SealedStore::open(dir.path()).value();
        ASSERT_TRUE(sealed->put("nest/home/refresh_token", Secret("1//0abc")));
        ASSERT_TRUE(sealed->put("nanit/nursery", Secret(std::string("\0binary\n", 8))));
    }
    auto sealed = SealedStore::open(dir.path()).value();
    EXPECT_EQ(sealed->get("nest/home/refresh_token").value().reveal(), "1//0abc");
    EXPECT_EQ(sealed->get("nanit/nursery").value().reveal(), std::string("\0binary\n", 8));
    EXPECT_THAT(sealed->names(), ElementsAre("nanit/nursery", "nest/home/refresh_token"));
}

TEST(SealedStore, ShowsNoSecretOnTheDiskAndLetsOnlyItsOwnerRead) {
    fakes::TempDirectory dir;
    auto sealed = SealedStore::open(dir.path()).value();
    ASSERT_TRUE(sealed->put("name-in-clear", Secret("correct horse battery staple")));
    EXPECT_THAT(dir.read("secrets"), Not(HasSubstr("horse")));
    EXPECT_THAT(dir.read("secrets"), Not(HasSubstr("name-in-clear")));
    EXPECT_EQ(mode(dir.path("secrets")), kOwnerOnly);
    EXPECT_EQ(mode(dir.path("secrets.key")), kOwnerOnly);
}

TEST(SealedStore, NarrowsAModeThatWasWidened) {
    fakes::TempDirectory dir;
    ASSERT_TRUE(SealedStore::open(dir.path()).value()->put("a", Secret("b")));
    std::filesystem::permissions(dir.path("secrets.key"), std::filesystem::perms::all);
    ASSERT_TRUE(SealedStore::open(dir.path()));
    EXPECT_EQ(mode(dir.path("secrets.key")), kOwnerOnly);
}

TEST(SealedStore, ForgetsWhatIsRemoved) {
    fakes::TempDirectory dir;
    auto sealed = SealedStore::open(dir.path()).value();
    ASSERT_TRUE(sealed->put("a", Secret("b")));
    EXPECT_TRUE(sealed->remove("a"));
    EXPECT_TRUE(sealed->remove("a"));
    EXPECT_EQ(sealed->get("a").error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(SealedStore::open(dir.path()).value()->get("a").error().kind(), ErrorKind::NotFound);
}

TEST(SealedStore, RefusesAFileThatWasChangedAtAnyByte) {
    fakes::TempDirectory dir;
    ASSERT_TRUE(SealedStore::open(dir.path()).value()->put("a", Secret("b")));
    const std::string good = dir.read("secrets");
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        dir.write("secrets", bad);
        EXPECT_EQ(SealedStore::open(dir.path()).error().kind(), ErrorKind::DataLoss)
            << "byte " << i;
        dir.write("secrets", good.substr(0, i));
        EXPECT_EQ(SealedStore::open(dir.path()).error().kind(), ErrorKind::DataLoss)
            << "cut at " << i;
    }
    dir.write("secrets", good);
    EXPECT_TRUE(SealedStore::open(dir.path()));
}

TEST(SealedStore, MakesNoNewKeyWhileSomethingSealedNeedsTheOld) {
    fakes::TempDirectory dir;
    ASSERT_TRUE(SealedStore::open(dir.path()).value()->put("a", Secret("b")));
    std::filesystem::remove(dir.path("secrets.key"));
    const auto opened = SealedStore::open(dir.path());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::DataLoss);
    EXPECT_THAT(opened.error().message(), HasSubstr("secrets.key is gone"));
    EXPECT_FALSE(std::filesystem::exists(dir.path("secrets.key")));
}

TEST(SealedStore, RefusesNamesAndValuesOverTheLimit) {
    fakes::TempDirectory dir;
    auto sealed = SealedStore::open(dir.path()).value();
    EXPECT_TRUE(sealed->put(std::string(200, 'a'), Secret(std::string(64 * 1024, 'v'))));
    EXPECT_EQ(sealed->put(std::string(201, 'a'), Secret("v")).error().kind(),
              ErrorKind::InvalidArgument);
    EXPECT_EQ(sealed->put("", Secret("v")).error().kind(), ErrorKind::InvalidArgument);
    EXPECT_EQ(sealed->put("with space", Secret("v")).error().kind(), ErrorKind::InvalidArgument);
    EXPECT_EQ(sealed->put("a", Secret(std::string(64 * 1024 + 1, 'v'))).error().kind(),
              ErrorKind::InvalidArgument);
}

TEST(SealedStore, LosesNoChangeOfTwoThatHaveItOpen) {
    fakes::TempDirectory dir;
    auto hub = SealedStore::open(dir.path()).value();
    auto command = SealedStore::open(dir.path()).value();
    ASSERT_TRUE(hub->put("nest/home", Secret("one")));
    ASSERT_TRUE(command->put("push/porch", Secret("two")));
    EXPECT_EQ(command->get("nest/home").value().reveal(), "one")
        << "an own change shows what others did before it";
    EXPECT_EQ(hub->get("push/porch").error().kind(), ErrorKind::NotFound);
    ASSERT_TRUE(hub->put("nest/away", Secret("three")));
    EXPECT_THAT(SealedStore::open(dir.path()).value()->names(),
                ElementsAre("nest/away", "nest/home", "push/porch"));
}

TEST(SealedStore, SeesWhatAnotherProcessChangedWhenItIsToldToLook) {
    fakes::TempDirectory dir;
    auto hub = SealedStore::open(dir.path()).value();
    ASSERT_TRUE(SealedStore::open(dir.path()).value()->put("push/porch", Secret("new")));
    ASSERT_TRUE(hub->refresh());
    EXPECT_EQ(hub->get("push/porch").value().reveal(), "new");
    dir.write("secrets", "broken");
    EXPECT_EQ(hub->refresh().error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(hub->get("push/porch").value().reveal(), "new");
}

TEST(SealedStore, MakesAValueOnlyOnce) {
    fakes::TempDirectory dir;
    auto hub = SealedStore::open(dir.path()).value();
    auto command = SealedStore::open(dir.path()).value();
    EXPECT_EQ(command->get_or_put("push/porch", Secret("first")).value().reveal(), "first");
    EXPECT_EQ(hub->get_or_put("push/porch", Secret("second")).value().reveal(), "first");
    EXPECT_EQ(hub->get_or_put("", Secret("v")).error().kind(), ErrorKind::InvalidArgument);
}

TEST(Files, WhatRootWritesBelongsToTheOwnerOfTheFolder) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can see this";
    fakes::TempDirectory dir;
    ASSERT_EQ(::chown(dir.path().c_str(), 12345, 12346), 0);
    ASSERT_TRUE(SealedStore::open(dir.path()).value()->put("a", Secret("b")));
    for (const char* name : {"secrets", "secrets.key", "secrets.lock"}) {
        struct stat file{};
        ASSERT_EQ(::stat(dir.path(name).c_str(), &file), 0);
        EXPECT_EQ(file.st_uid, 12345u) << name;
        EXPECT_EQ(file.st_gid, 12346u) << name;
    }
}

TEST(Files, ReplaceLeavesNoTraceBesideTheNewContent) {
    fakes::TempDirectory dir;
    ASSERT_TRUE(replace_file(dir.path("a"), "one"));
    ASSERT_TRUE(replace_file(dir.path("a"), "two"));
    EXPECT_EQ(read_file(dir.path("a"), 100).value(), "two");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
    EXPECT_EQ(read_file(dir.path("a"), 2).error().kind(), ErrorKind::ResourceExhausted);
    EXPECT_EQ(read_file(dir.path("b"), 2).error().kind(), ErrorKind::NotFound);
}

TEST(Files, NamesAFullDiskByItsReason) {
    const base::Error full = file_error(ENOSPC, "write /data/x");
    EXPECT_EQ(full.kind(), ErrorKind::ResourceExhausted);
    EXPECT_EQ(full.reason(), "disk-full");
    EXPECT_EQ(full.message(), "write /data/x: No space left on device");
}

TEST(Files, OneHubHoldsADirectory) {
    fakes::TempDirectory dir;
    auto first = DirectoryLock::take(dir.path("data"));
    ASSERT_TRUE(first);
    const auto second = DirectoryLock::take(dir.path("data"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind(), ErrorKind::FailedPrecondition);
    EXPECT_THAT(second.error().message(), HasSubstr(fmt::format("(process {})", ::getpid())));
    first->reset();
    EXPECT_TRUE(DirectoryLock::take(dir.path("data")));
}

}  // namespace
}  // namespace casement::store
