#include "emulators/arlo/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::emulators::arlo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(FaultWords, AreAllKnown) {
    for (const std::string& word : fault_words()) {
        Faults faults;
        std::string text = word;
        if (word == "lost=") text += "10";
        if (word == "ack-later=" || word == "upload-later=") text += "4900ms";
        const auto set = set_fault(faults, text);
        EXPECT_TRUE(set) << text;
    }
}

TEST(FaultWords, SetWhatTheySay) {
    Faults faults;
    EXPECT_TRUE(set_fault(faults, "split-after-l"));
    EXPECT_TRUE(set_fault(faults, "wrong-id"));
    EXPECT_TRUE(set_fault(faults, "runs-away"));
    EXPECT_TRUE(set_fault(faults, "server-port-third"));
    EXPECT_TRUE(set_fault(faults, "lost=10"));
    EXPECT_TRUE(set_fault(faults, "ack-later=4900ms"));
    EXPECT_TRUE(set_fault(faults, "file-name="));
    EXPECT_EQ(faults.frame, FrameFault::SplitAfterL);
    EXPECT_EQ(faults.ack, AckFault::WrongId);
    EXPECT_TRUE(faults.runs_away);
    EXPECT_EQ(faults.server_port, ServerPort::Third);
    EXPECT_EQ(faults.lost_percent, 10);
    EXPECT_EQ(faults.ack_later, 4900ms);
    EXPECT_EQ(faults.upload_file_name, std::optional<std::string>(""));
    EXPECT_TRUE(set_fault(faults, "none"));
    EXPECT_EQ(faults.frame, FrameFault::None);
    EXPECT_FALSE(faults.runs_away);
}

TEST(FaultWords, SayWhichThereAre) {
    Faults faults;
    const auto unknown = set_fault(faults, "split");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message(), HasSubstr("split-after-blank"));
    EXPECT_FALSE(set_fault(faults, "lost=101"));
    EXPECT_FALSE(set_fault(faults, "lost"));
    EXPECT_FALSE(set_fault(faults, "ack-later=soon"));
    EXPECT_FALSE(set_fault(faults, ""));
}

}  // namespace
}  // namespace casement::emulators::arlo
