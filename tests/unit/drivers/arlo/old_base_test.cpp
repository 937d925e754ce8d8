// arlo.db in every form that it is known to have had: real databases, made here.

#include "drivers/arlo/old_base.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "drivers/arlo/python_literal.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {
namespace {

using base::ErrorKind;
using camera::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

// A dictionary as Python prints it
// --------------------------------------------------------------------------------------------

std::string json_of(std::string_view python) {
    const auto json = json_of_python(python);
    return json ? *json : "error: " + json.error().message();
}

TEST(PythonLiteral, IsReadAsJson) {
    EXPECT_EQ(json_of("{'Type': 'status', 'Sync': False, 'On': True, 'x': None, 'n': -1.5e3}"),
              R"({"Type":"status","Sync":false,"On":true,"x":null,"n":-1500})");
    EXPECT_EQ(json_of(R"({"it's": 'a "b" \' \\ \n \x41 \u00e4 \U0001F600 \d'})"),
              R"({"it's":"a \"b\" ' \\ \u000a \u0041 \u00e4 \ud83d\ude00 \\d"})");
    EXPECT_EQ(json_of(" [1, (2, 'x',), [], {}, {'a': [1,],},] "), R"([1,[2,"x"],[],{},{"a":[1]}])");
    EXPECT_TRUE(nlohmann::json::accept(json_of(R"({"it's": 'a "b" \' \\ \n \x41 \u00e4 \d'})")));
}

TEST(PythonLiteral, RefusesWhatItIsNot) {
    for (const char* const text :
         {"", "{", "{'a'}", "{'a': }", "{'a': 1 'b': 2}", "{1: 2}", "['a", "'a\\", "'\\x4'",
          "[1, 2", "(1", "Truex", "nan", "1.2.3", "{'a': 1} {'b': 2}", "[,]", "'\\U00110000'",
          "__import__('os')", "-"}) {
        const auto json = json_of_python(text);
        ASSERT_FALSE(json) << text;
        EXPECT_EQ(json.error().kind(), ErrorKind::InvalidArgument) << text;
    }
}

TEST(PythonLiteral, HasLimits) {
    const auto nested = [](int levels) {
        return std::string(static_cast<std::size_t>(levels), '[') +
               std::string(static_cast<std::size_t>(levels), ']');
    };
    EXPECT_TRUE(json_of_python(nested(kMaxLiteralDepth + 1)));
    EXPECT_EQ(json_of_python(nested(kMaxLiteralDepth + 2)).error().kind(),
              ErrorKind::ResourceExhausted);
    const std::string longest = "'" + std::string(kMaxLiteralBytes - 2, 'a') + "'";
    EXPECT_TRUE(json_of_python(longest));
    EXPECT_EQ(json_of_python(longest + " ").error().kind(), ErrorKind::ResourceExhausted);
}

// The database
// --------------------------------------------------------------------------------------------

const std::string kRegistration =
    R"({"Type":"registration","ID":1,"SystemSerialNumber":"4R0A0000ABCDE","SystemModelNumber":"VMC4030P","SystemFirmwareVersion":"1.125.15.0_35_1191","BatPercent":89,"ChargerTech":"None","Capabilities":["JPEGSnapshot"]})";
const std::string kStatus =
    R"({"Type":"status","ID":2,"SystemSerialNumber":"4R0A0000ABCDE","BatPercent":88})";
const std::string kSet =
    R"({"Type":"registerSet","ID":-1,"SetValues":{"VideoFlip":true,"PIRTargetState":"Disarmed","VideoOutputResolution":"720p","VideoTargetBitrate":400}})";

struct OldDatabase : testing::Test {
    std::unique_ptr<store::Database> db = store::Database::open(":memory:").value();

    void make(const std::string& sql) {
        const auto made = db->script(sql);
        ASSERT_TRUE(made) << made.error().message();
    }
    OldBase read() {
        auto out = read_old_base(*db);
        EXPECT_TRUE(out) << out.error().message();
        return out ? *out : OldBase{};
    }
    void expect_whole(const OldBase& base) {
        ASSERT_THAT(base.devices, SizeIs(1));
        const OldDevice& device = base.devices[0];
        EXPECT_EQ(device.serial, "4R0A0000ABCDE");
        EXPECT_EQ(device.address, "172.14.1.20");
        EXPECT_EQ(device.friendly_name, "Front");
        EXPECT_EQ(device.registration, kRegistration);
        EXPECT_EQ(device.status, kStatus);
        EXPECT_EQ(device.registers.get(protocols::arlo::registers::kVideoFlip), true);
        EXPECT_EQ(family_of(device), Family::Pro);
        EXPECT_THAT(base.left_out, IsEmpty());
    }
};

TEST_F(OldDatabase, WithSevenColumns) {
    make(
        "CREATE TABLE devices (ip text, serialnumber text, hostname text, registration text, "
        "status text, register_set text, friendlyname text)");
    make("CREATE UNIQUE INDEX idx_device_serialnumber ON devices(serialnumber)");
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)", "172.14.1.20",
                        "4R0A0000ABCDE", "VMC4030P-ABCDE", kRegistration, kStatus, kSet, "Front"));
    const OldBase base = read();
    expect_whole(base);
    EXPECT_EQ(base.form, "table devices with 7 columns");
}

TEST_F(OldDatabase, OfTheFirstProgramWithItsColumnsShifted) {
    make(
        "CREATE TABLE camera (ip text, serialnumber text, hostname text, status text, "
        "register_set text, friendlyname text)");
    ASSERT_TRUE(db->run("INSERT INTO camera VALUES (?, ?, ?, ?, ?, ?)", "172.14.1.20",
                        "4R0A0000ABCDE", "h", kRegistration, kStatus, "Front"));
    const OldBase base = read();
    ASSERT_THAT(base.devices, SizeIs(1));
    EXPECT_EQ(base.devices[0].registration, kRegistration);
    EXPECT_EQ(base.devices[0].status, kStatus);
    EXPECT_TRUE(base.devices[0].registers.empty());
}

TEST_F(OldDatabase, WithSixColumns) {
    make(
        "CREATE TABLE devices (ip text, serialnumber text, hostname text, status text, "
        "register_set text, friendlyname text)");
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?)", "UNKNOWN", "4R0A0000ABCDE",
                        "h", kRegistration, "None", "4R0A0000ABCDE"));
    const OldBase base = read();
    ASSERT_THAT(base.devices, SizeIs(1));
    EXPECT_EQ(base.devices[0].address, "");
    EXPECT_EQ(base.devices[0].friendly_name, "") << "its serial number is no name";
    EXPECT_EQ(base.devices[0].registration, kRegistration);
    EXPECT_EQ(base.devices[0].status, "");
}

TEST_F(OldDatabase, OfHomeAssistantWithEight) {
    make(
        "CREATE TABLE devices (ip text, serialnumber text, hostname text, status text, "
        "register_set text, friendlyname text, registered int, last_seen text)");
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "172.14.1.20",
                        "4R0A0000ABCDE", "h", kStatus, kRegistration, "Front", 1,
                        "2024-01-01 00:00:00"));
    const OldBase base = read();
    ASSERT_THAT(base.devices, SizeIs(1));
    EXPECT_EQ(base.devices[0].registration, kRegistration);
    EXPECT_EQ(base.devices[0].status, kStatus);
}

TEST_F(OldDatabase, WithTheStateOfTheSensorInNine) {
    make(
        "CREATE TABLE devices (ip text, serialnumber text, hostname text, status text, "
        "register_set text, friendlyname text, pir_status text, pir_start_sensitivity int, "
        "last_update text)");
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "172.14.1.20",
                        "4R0A0000ABCDE", "h", kRegistration, kStatus, "Front", "Disarmed", 55,
                        "x"));
    const OldBase base = read();
    ASSERT_THAT(base.devices, SizeIs(1));
    EXPECT_THAT(wishes_of(base.devices[0], {}).taken,
                testing::UnorderedElementsAre(Pair("motion_alerts", Value(false)),
                                              Pair("motion_sensitivity", Value(55.0))));
}

TEST_F(OldDatabase, WithDesiredState) {
    make(
        "CREATE TABLE devices (serial_number TEXT PRIMARY KEY, ip TEXT, hostname TEXT, "
        "friendly_name TEXT, registration TEXT, status TEXT, last_seen REAL)");
    make(
        "CREATE TABLE desired_state (serial_number TEXT PRIMARY KEY, register_set_values TEXT, "
        "quality_preset TEXT, power_mode TEXT, updated_at REAL)");
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)", "4R0A0000ABCDE",
                        "172.14.1.20", "h", "Front", kRegistration, kStatus, 1.5));
    ASSERT_TRUE(db->run("INSERT INTO desired_state VALUES (?, ?, ?, ?, ?)", "4R0A0000ABCDE",
                        R"({"VideoFlip": true})", "medium", "battery", 1.5));
    const OldBase base = read();
    expect_whole(base);
    EXPECT_EQ(base.devices[0].quality, "medium");
    EXPECT_EQ(base.devices[0].power, "battery");
    EXPECT_EQ(record_of(base.devices[0]).power, "battery");
    EXPECT_THAT(
        wishes_of(base.devices[0], {}).taken,
        ElementsAre(Pair("quality", Value(std::string("medium"))), Pair("flip", Value(true))));
}

TEST_F(OldDatabase, WithDictionariesOfPython) {
    make(
        "CREATE TABLE devices (ip text, serialnumber text, hostname text, registration text, "
        "status text, register_set text, friendlyname text)");
    ASSERT_TRUE(db->run(
        "INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)", "172.14.1.20", "4R0A0000ABCDE", "h",
        "{'Type': 'registration', 'ID': 1, 'SystemSerialNumber': '4R0A0000ABCDE', "
        "'SystemModelNumber': 'VMC4030P', 'Sync': False, 'Capabilities': ['IRLED']}",
        "None", "{'Type': 'registerSet', 'SetValues': {'VideoMirror': True}}", "Bob's door"));
    const OldBase base = read();
    ASSERT_THAT(base.devices, SizeIs(1));
    EXPECT_THAT(base.left_out, IsEmpty());
    EXPECT_EQ(base.devices[0].friendly_name, "Bob's door");
    EXPECT_EQ(family_of(base.devices[0]), Family::Pro);
    EXPECT_THAT(wishes_of(base.devices[0], {}).taken, ElementsAre(Pair("mirror", Value(true))));
    const Record record = record_of(base.devices[0]);
    EXPECT_EQ(record.model, "VMC4030P");
    EXPECT_TRUE(record.needs_set_up);
}

TEST_F(OldDatabase, LeavesOutWhatCannotBeRead) {
    make(
        "CREATE TABLE devices (ip, serialnumber, hostname, registration, status, register_set, "
        "friendlyname)");
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)", 5, "../../etc", "h",
                        kRegistration, "", "", "x"));
    ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)", nullptr, "GOOD",
                        nullptr, "garbage", nullptr, "{'a': ", nullptr));
    const OldBase base = read();
    ASSERT_THAT(base.devices, SizeIs(1));
    EXPECT_EQ(base.devices[0].serial, "GOOD");
    ASSERT_THAT(base.left_out, SizeIs(3));
    EXPECT_THAT(base.left_out[0], HasSubstr("serial number"));
    EXPECT_FALSE(record_of(base.devices[0]).needs_set_up);
}

TEST_F(OldDatabase, OfAnotherProgramIsRefused) {
    make("CREATE TABLE devices (name text)");
    const auto base = read_old_base(*db);
    ASSERT_FALSE(base);
    EXPECT_EQ(base.error().kind(), ErrorKind::NotFound);
}

TEST_F(OldDatabase, HasAsManyDevicesAsAHousehold) {
    make(
        "CREATE TABLE devices (ip text, serialnumber text, hostname text, registration text, "
        "status text, register_set text, friendlyname text)");
    for (std::size_t i = 0; i <= kMaxOldDevices; ++i)
        ASSERT_TRUE(db->run("INSERT INTO devices VALUES ('', ?, '', '', '', '', '')",
                            fmt::format("S{}", i)));
    const OldBase base = read();
    EXPECT_THAT(base.devices, SizeIs(kMaxOldDevices));
    EXPECT_THAT(base.left_out, ElementsAre(HasSubstr("no household")));
}

// Wishes
// --------------------------------------------------------------------------------------------

OldDevice pro2(std::initializer_list<protocols::arlo::Fields::Member> registers) {
    OldDevice device;
    device.serial = "X";
    device.registration = kRegistration;
    device.registers = registers;
    return device;
}

TEST(OldWishes, AreWhatDiffersFromWhatTheFamilyGetsAnyway) {
    const OldWishes wishes = wishes_of(pro2({{"PIRTargetState", std::string("Armed")},
                                             {"PIRStartSensitivity", std::int64_t{80}},
                                             {"NightVisionMode", false},
                                             {"VideoWindowEndX", std::int64_t{1274}},
                                             {"VideoOutputResolution", std::string("1080p")},
                                             {"VideoTargetBitrate", std::int64_t{2000}}}),
                                       {});
    EXPECT_THAT(wishes.taken,
                testing::UnorderedElementsAre(Pair("night_vision", Value(false)),
                                              Pair("register:VideoWindowEndX", Value(1274.0))));
    EXPECT_THAT(wishes.ignored, IsEmpty());
}

TEST(OldWishes, SayWhyTheyAreNone) {
    OldDevice device = pro2({{"UserStreamActive", std::int64_t{1}},
                             {"WifiCountryCode", std::string("FR")},
                             {"NightModeLightSourceAlert", std::int64_t{1}},
                             {"SpotlightEnabled", true},
                             {"NoSuchRegister", std::int64_t{1}}});
    device.quality = "best";
    const OldWishes wishes = wishes_of(device, {});
    EXPECT_THAT(wishes.taken, IsEmpty());
    std::vector<std::string> names;
    for (const auto& [name, why] : wishes.ignored) names.push_back(name);
    EXPECT_THAT(names, testing::UnorderedElementsAre("quality", "UserStreamActive",
                                                     "WifiCountryCode", "NightModeLightSourceAlert",
                                                     "SpotlightEnabled", "NoSuchRegister"));
}

}  // namespace
}  // namespace casement::drivers::arlo
