#include "protocols/arlo/message.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "protocols/arlo/frame.hpp"
#include "tests/unit/protocols/arlo/samples.hpp"

namespace casement::protocols::arlo {
namespace {

using base::ErrorKind;
using nlohmann::json;

Message parsed(std::string_view text) {
    auto message = parse_message(text);
    EXPECT_TRUE(message) << text << ": " << (message ? "" : message.error().message());
    return message ? *message : Message{};
}

/// The body of that type, or a default one and a failed test.
template <typename T>
T body_of(std::string_view text) {
    const Message message = parsed(text);
    EXPECT_TRUE(std::holds_alternative<T>(message.body)) << text;
    return std::holds_alternative<T>(message.body) ? std::get<T>(message.body) : T{};
}

/// The n-th sample of that type.
template <typename T>
T sample(std::size_t index = 0) {
    for (const std::string& text : sample_messages()) {
        const Message message = parsed(text);
        if (std::holds_alternative<T>(message.body) && index-- == 0)
            return std::get<T>(message.body);
    }
    ADD_FAILURE() << "no such sample";
    return {};
}

Alert alert(std::string_view type) {
    for (std::size_t i = 0;; ++i) {
        Alert found = sample<Alert>(i);
        if (found.type == type || found.type.empty()) return found;
    }
}

ErrorKind kind_of(std::string_view text) {
    const auto message = parse_message(text);
    EXPECT_FALSE(message) << text;
    return message ? ErrorKind::Internal : message.error().kind();
}

std::string sentence(std::string_view text) {
    const auto message = parse_message(text);
    return message ? "fine" : message.error().message();
}

// Both ways
// -----------------------------------------------------------------------------------------------

TEST(ArloMessage, KeepsEveryMemberOfEverySample) {
    for (const std::string& text : sample_messages()) {
        const Message message = parsed(text);
        EXPECT_FALSE(std::holds_alternative<Unknown>(message.body)) << text;
        EXPECT_EQ(json::parse(to_json(message)), json::parse(text));
        EXPECT_EQ(parsed(to_json(message)), message) << text;
    }
}

TEST(ArloMessage, WritesTheConversationByteForByte) {
    for (const std::string& frame : sample_frames()) {
        const std::string text = frame.substr(frame.find(' ') + 1);
        EXPECT_EQ(to_frame(parsed(text)), frame);
    }
}

TEST(ArloMessage, ReadsNoTruncatedMessage) {
    for (const std::string& text : sample_messages()) {
        fakes::for_each_prefix(base::as_bytes(text), [](media::ByteSpan prefix) {
            EXPECT_EQ(kind_of(base::as_text(prefix)), ErrorKind::InvalidArgument);
        });
    }
}

TEST(ArloMessage, WritesAsciiOnly) {
    const Message message{.id = 1,
                          .body = MotionZone{.zones = {Zone{.name = "T\xC3\xBCr \xF0\x9F\x9A\xAA",
                                                            .id = {},
                                                            .corners = {},
                                                            .color = {},
                                                            .others = {}}},
                                             .others = {}}};
    EXPECT_EQ(to_json(message),
              R"({"Type":"motionZone","ID":1,"intrZone":[{"name":"T\u00fcr \ud83d\udeaa"}]})");
    EXPECT_EQ(parsed(to_json(message)), message);
    const Message broken{.id = 1, .body = LogMessage{.text = "\xFF", .others = {}}};
    EXPECT_EQ(to_json(broken), R"({"Type":"logMessage","ID":1,"LogString":"\ufffd"})");
}

TEST(ArloMessage, RefusesToWriteWhatDoesNotFitAFrame) {
    const Message message{
        .id = 1, .body = LogMessage{.text = std::string(kMaxJsonBytes, 'x'), .others = {}}};
    EXPECT_EQ(to_frame(message).error().kind(), ErrorKind::ResourceExhausted);
}

// From devices
// -----------------------------------------------------------------------------------------------

TEST(ArloRegistration, OfAPro2) {
    const auto it = sample<Registration>(0);
    EXPECT_EQ(it.serial, "YOURSERIAL");
    EXPECT_EQ(it.model, "VMC4030P");
    EXPECT_EQ(it.update_model, "VMC4030P");
    EXPECT_EQ(it.firmware, "1.125.15.0_35_1191");
    EXPECT_EQ(it.hardware, "H3");
    EXPECT_EQ(it.protocol_version, 1);
    EXPECT_EQ(it.battery.percent, 89);
    EXPECT_EQ(it.battery.technology, "Rechargeable");
    EXPECT_EQ(it.battery.charger, "None");
    EXPECT_EQ(it.battery.charging, "Off");
    EXPECT_FALSE(has_external_power(it.battery));
    EXPECT_EQ(it.temperature_c, 20);
    EXPECT_EQ(it.signal_strength, 4);
    EXPECT_EQ(it.capabilities->size(), 15u);
    EXPECT_TRUE(has_capability(it, "h.264streaming"));
    EXPECT_FALSE(has_capability(it, "IRCutFilter"));
    EXPECT_EQ(it.thermal_shutdown_min_c, -20);
    EXPECT_EQ(it.sync, false);
    EXPECT_EQ(it.boot_seconds, 4);
    EXPECT_FALSE(it.rtp_port);
    EXPECT_TRUE(it.others.empty());
}

TEST(ArloRegistration, OfAnAudioDoorbell) {
    const auto it = sample<Registration>(2);
    EXPECT_EQ(it.model, "AAD1001");
    EXPECT_EQ(it.rtp_port, 5000);
    EXPECT_EQ(it.sku, "AAD1001-100NAS");
    EXPECT_EQ(it.bcc.size(), 64u);
    EXPECT_EQ(it.battery.technology, "Primary");
    EXPECT_TRUE(it.others.empty());
}

TEST(ArloRegistration, KnowsTheOtherSpellingOfTheBattery) {
    const std::string text =
        R"({"Type":"registration","ID":1,"SystemSerialNumber":"S","BatteryPercentage":71,"ChargerTech":"VAC Charger","Capabilities":[]})";
    const auto it = body_of<Registration>(text);
    EXPECT_EQ(it.battery.percent, 71);
    EXPECT_EQ(it.battery.key, BatteryKey::BatteryPercentage);
    EXPECT_TRUE(has_external_power(it.battery));
    EXPECT_TRUE(it.capabilities && it.capabilities->empty());
    EXPECT_EQ(to_json(parsed(text)), text);
}

TEST(ArloStatus, OfAPro2) {
    const auto it = sample<Status>(0);
    EXPECT_EQ(it.serial, "YOURSERIAL");
    EXPECT_EQ(battery_volts(it), 7.814);
    EXPECT_EQ(is_battery_critical(it), false);
    EXPECT_EQ(it.wifi_country, "AT/36");
    EXPECT_EQ(it.powered_on_s, 17);
    EXPECT_EQ(it.isp_on_s, 15);
    EXPECT_EQ(it.offline_s, 16);
    EXPECT_EQ(it.rtcp_disconnects, 0);
    EXPECT_FALSE(it.button_events);
    EXPECT_EQ(it.others.get(Field<std::int64_t>{"RegFCnt"}), 340);
}

TEST(ArloStatus, OfAnEssentialCamera) {
    const auto it = sample<Status>(1);
    EXPECT_EQ(it.wifi_rssi_dbm, -76);
    EXPECT_EQ(it.spotlight_on, true);
    EXPECT_EQ(it.pir_triggers, 11);
    EXPECT_EQ(it.blocked_events, 1);
    EXPECT_EQ(it.others.get(Field<std::int64_t>{"AoPkt"}), 680);
    EXPECT_EQ(it.others.get(Field<std::string>{"SecureType"}), "Production");
}

TEST(ArloStatus, OfAnAudioDoorbell) {
    const auto it = sample<Status>(2);
    EXPECT_EQ(battery_volts(it), 2.667);
    EXPECT_EQ(is_battery_critical(it), false);
    EXPECT_EQ(it.button_events, 327);
    EXPECT_EQ(it.hibernating, true);
    EXPECT_EQ(it.others.get(Field<std::int64_t>{"WifiCountryRegion"}), 5);
}

TEST(ArloStatus, SaysNothingOfWhatDidNotCome) {
    const auto it = body_of<Status>(R"({"Type":"status","ID":3})");
    EXPECT_EQ(it, Status{});
    EXPECT_FALSE(battery_volts(it));
    EXPECT_FALSE(is_battery_critical(it));
}

TEST(ArloStatus, ReadsACriticalBatteryInBothTypes) {
    EXPECT_EQ(
        is_battery_critical(body_of<Status>(R"({"Type":"status","ID":3,"CriticalBatStatus":1})")),
        true);
    EXPECT_EQ(is_battery_critical(
                  body_of<Status>(R"({"Type":"status","ID":3,"CriticalBatStatus":true})")),
              true);
    EXPECT_EQ(is_battery_critical(
                  body_of<Status>(R"({"Type":"status","ID":3,"CriticalBatStatus":"low"})")),
              std::nullopt);
}

TEST(ArloStatus, AMemberOfAnotherTypeIsKeptAsItIs) {
    const std::string text =
        R"({"Type":"status","ID":3,"BatPercent":"89","PIREvents":[1,{"a":null}],"PoweredOn":1.5,"HardwareRevision":""})";
    const auto it = body_of<Status>(text);
    EXPECT_FALSE(it.battery.percent);
    EXPECT_FALSE(it.pir_events);
    EXPECT_FALSE(it.powered_on_s);
    EXPECT_EQ(it.others.get(Field<std::string>{"BatPercent"}), "89");
    EXPECT_EQ(*it.others.find("PIREvents"), Value(RawJson{R"([1,{"a":null}])"}));
    EXPECT_EQ(it.others.get(Field<double>{"PoweredOn"}), 1.5);
    EXPECT_TRUE(it.others.contains("HardwareRevision"));
    EXPECT_EQ(to_json(parsed(text)), text);
}

TEST(ArloAlert, TellsWhatHappened) {
    const Alert motion = alert("pirMotionAlert");
    EXPECT_EQ(motion.kind(), AlertKind::PirMotion);
    EXPECT_TRUE(motion.serial.empty());
    EXPECT_EQ(motion.motion->triggered, true);
    EXPECT_EQ(motion.motion->trigger_level, 7970);
    EXPECT_TRUE(motion.motion->zones->empty());
    EXPECT_EQ(motion.motion->zone_hits[3].counter, 0);

    EXPECT_EQ(alert("motionTimeoutAlert").kind(), AlertKind::MotionTimeout);
    EXPECT_EQ(alert("motionTimeoutAlert").duration_s, 18);
    EXPECT_EQ(alert("audioAlert").kind(), AlertKind::Audio);
    EXPECT_EQ(alert("audioAlert").audio->trigger_level, 2672);
    EXPECT_EQ(alert("audioTimeoutAlert").kind(), AlertKind::AudioTimeout);
    EXPECT_EQ(alert("buttonPressAlert").kind(), AlertKind::ButtonPress);
    EXPECT_EQ(alert("buttonPressAlert").button->triggered, true);
    EXPECT_EQ(alert("buttonPressAlert").serial, "YOURSERIAL");
    EXPECT_EQ(alert("spotlightAlert").kind(), AlertKind::Spotlight);
    EXPECT_EQ(alert("spotlightAlert").spotlight->on, true);
}

TEST(ArloAlert, NamesTheZonesThatWereHit) {
    std::optional<PirMotion> hit;
    for (const std::string& text : sample_messages()) {
        const Message message = parsed(text);
        const auto* it = std::get_if<Alert>(&message.body);
        if (it != nullptr && it->motion && it->motion->zones->size() == 2) hit = it->motion;
    }
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->zone_mask, 7);
    EXPECT_EQ(hit->zone_hits[1].intensity, 100);
    EXPECT_EQ(hit->zone_hits[1].counter, 896);
    const auto without = body_of<Alert>(
        R"({"Type":"alert","ID":1,"AlertType":"pirMotionAlert","PIRMotion":{"Triggered":true}})");
    EXPECT_FALSE(without.motion->zones);
}

TEST(ArloAlert, CanBeOfAKindThatNobodyKnows) {
    const std::string text =
        R"({"Type":"alert","ID":9,"AlertType":"smokeAlert","Smoke":{"Level":3}})";
    const auto it = body_of<Alert>(text);
    EXPECT_EQ(it.kind(), AlertKind::Unknown);
    EXPECT_EQ(*it.others.find("Smoke"), Value(RawJson{R"({"Level":3})"}));
    EXPECT_EQ(to_json(parsed(text)), text);
    for (const AlertKind kind : {AlertKind::PirMotion, AlertKind::Spotlight})
        EXPECT_EQ((Alert{.serial = {},
                         .type = std::string(to_string(kind)),
                         .motion = {},
                         .audio = {},
                         .button = {},
                         .spotlight = {},
                         .duration_s = {},
                         .others = {}})
                      .kind(),
                  kind);
    EXPECT_EQ(to_string(AlertKind::Unknown), "");
}

TEST(ArloLogMessage, IsText) { EXPECT_EQ(sample<LogMessage>().text, "..."); }

// From the base
// -----------------------------------------------------------------------------------------------

TEST(ArloRegisterSet, HoldsValuesByName) {
    const auto it = sample<RegisterSet>(0);
    EXPECT_EQ(it.values.get(Field<std::string>{"PIRTargetState"}), "Armed");
    EXPECT_EQ(it.values.get(Field<std::int64_t>{"PIRStartSensitivity"}), 80);
    EXPECT_EQ(body_of<RegisterSet>(R"({"Type":"registerSet","ID":1,"SetValues":{}})"),
              RegisterSet{});
}

TEST(ArloRegisterSet, KeepsWhatStandsBesideTheValues) {
    // Early bases put registers there by mistake; devices took no notice.
    const auto it = body_of<RegisterSet>(
        R"({"Type":"registerSet","ID":1,"SetValues":{"VideoFlip":true},"WifiCountryCode":"EU"})");
    EXPECT_EQ(it.values.size(), 1u);
    EXPECT_TRUE(it.others.contains("WifiCountryCode"));
}

TEST(ArloRegisterGet, NamesRegisters) {
    EXPECT_EQ(sample<RegisterGet>().names, std::vector<std::string>{"NightVisionMode"});
}

TEST(ArloRaParams, HoldsAModeEach) {
    const auto it = sample<RaParams>();
    ASSERT_EQ(it.modes.size(), 2u);
    EXPECT_EQ(it.modes[1].first, "4K");
    const RateControl& rate = it.modes[1].second;
    EXPECT_EQ(rate.min_bps, 307200);
    EXPECT_EQ(rate.max_bps, 10240000);
    EXPECT_EQ(rate.min_qp, 1);
    EXPECT_EQ(rate.max_qp, 1);
    EXPECT_EQ(rate.variable, false);
    EXPECT_EQ(rate.target_bps, 10240000);
    EXPECT_EQ(rate.fixed_bps, 10240000);
}

TEST(ArloFullSnapshot, NamesWhereTo) {
    EXPECT_EQ(sample<FullSnapshot>().destination_url,
              "http://172.14.1.1/snapshot/YOURSERIAL_d293116d/temp.jpg");
}

TEST(ArloMotionZone, HoldsPolygons) {
    const auto it = sample<MotionZone>();
    ASSERT_EQ(it.zones.size(), 1u);
    EXPECT_EQ(it.zones[0].name, "Zone 2");
    EXPECT_EQ(it.zones[0].id, "5461bdfe-ab83-4b58-8325-848dd2c30dda");
    EXPECT_EQ(it.zones[0].color, 0x00A0FA);
    ASSERT_EQ(it.zones[0].corners->size(), 4u);
    EXPECT_EQ((*it.zones[0].corners)[2], (Zone::Corner{.x = 0.864449, .y = 1}));
    const std::string none = R"({"Type":"motionZone","ID":9,"intrZone":[]})";
    EXPECT_TRUE(body_of<MotionZone>(none).zones.empty());
    EXPECT_EQ(to_json(parsed(none)), none);
}

TEST(ArloMotionZone, KeepsCornersThatItCannotRead) {
    for (const char* corners :
         {R"([{"x":0}])", R"([{"x":0,"y":0,"z":1}])", R"([{"x":"0","y":0}])", "{}", "[[0,0]]"}) {
        const std::string text =
            R"({"Type":"motionZone","ID":9,"intrZone":[{"name":"a","coords":)" +
            std::string(corners) + "}]}";
        EXPECT_FALSE(body_of<MotionZone>(text).zones.at(0).corners) << corners;
        EXPECT_EQ(to_json(parsed(text)), text);
    }
}

TEST(ArloSiren, HasAState) {
    const auto it = sample<Siren>();
    EXPECT_EQ(it.state, "on");
    EXPECT_EQ(it.duration_s, 300);
    EXPECT_EQ(it.volume, 8);
    EXPECT_EQ(it.pattern, "alarm");
}

TEST(ArloCall, NamesItsStreams) {
    const auto invite = sample<RtpInvite>();
    EXPECT_EQ(invite.stream.payload_type, 97);
    EXPECT_EQ(invite.stream.codec, "OPUS");
    EXPECT_EQ(invite.stream.bitrate_bps, 32000);
    EXPECT_EQ(invite.stream.id, 2);
    EXPECT_FALSE(invite.stream.port);
    EXPECT_EQ(invite.button_pressed, true);

    const auto answer = sample<Response>(0);
    EXPECT_EQ(answer.outcome(), Outcome::Ack);
    EXPECT_EQ(answer.serial, "YOURSERIAL");
    EXPECT_EQ(answer.audio_stream->port, 8000);

    EXPECT_EQ(sample<RtpRequest>().stream.port, 53046);
    EXPECT_EQ(sample<RtpBye>().streams, (std::vector<std::int64_t>{3, 2}));
    EXPECT_EQ(sample<RtpBye>().end_of_call, true);
    EXPECT_EQ(sample<RtpBye>(1).end_of_call, false);
}

// Answers
// -----------------------------------------------------------------------------------------------

TEST(ArloResponse, AnAckHasThreeKeys) {
    EXPECT_EQ(to_json({.id = 31607, .body = make_ack()}),
              R"({"Type":"response","ID":31607,"Response":"Ack"})");
    EXPECT_EQ(to_json({.id = -1, .body = make_nack()}),
              R"({"Type":"response","ID":-1,"Response":"Nack"})");
}

TEST(ArloResponse, NamesRefusedRegisters) {
    const std::vector<std::string> refused{"UserStreamActive", "Audio0EncodeFormat"};
    const Response written = make_ack_with_errors(refused);
    EXPECT_EQ(written.outcome(), Outcome::AckWithErrors);
    EXPECT_EQ(written.refused_registers(), refused);
    EXPECT_EQ(to_json({.id = 2, .body = make_ack_with_errors(std::span(refused).first(1))}),
              R"({"Type":"response","ID":2,"Response":"Ack with Errors",)"
              R"("Errors":["Error Handling Register UserStreamActive"]})");
    EXPECT_EQ(make_ack_with_errors({}), make_ack());
}

TEST(ArloResponse, OtherErrorsNameNoRegister) {
    const auto it = body_of<Response>(
        R"({"Type":"response","ID":1,"Response":"Ack with Errors","Errors":["SirenState value Invalid",)"
        R"("Error Handling Register ","Error Handling Register a b","Error Handling Register Reboot"]})");
    EXPECT_EQ(it.errors->size(), 4u);
    EXPECT_EQ(it.refused_registers(), std::vector<std::string>{"Reboot"});
    EXPECT_TRUE(Response{}.refused_registers().empty());
}

TEST(ArloResponse, HasAnOutcomeForEveryWord) {
    const auto outcome = [](std::string_view rest) {
        return body_of<Response>(R"({"Type":"response","ID":1)" + std::string(rest) + "}")
            .outcome();
    };
    EXPECT_EQ(outcome(R"(,"Response":"Ack")"), Outcome::Ack);
    EXPECT_EQ(outcome(R"(,"Response":"Ack with Errors")"), Outcome::AckWithErrors);
    EXPECT_EQ(outcome(R"(,"Response":"Nack")"), Outcome::Nack);
    EXPECT_EQ(outcome(""), Outcome::Missing);
    EXPECT_EQ(outcome(R"(,"Response":"ack")"), Outcome::Unknown);
    EXPECT_EQ(outcome(R"(,"Response":"")"), Outcome::Unknown);
    EXPECT_EQ(outcome(R"(,"Response":1)"), Outcome::Unknown);
}

TEST(ArloResponse, GivesBackRegisters) {
    const auto it = body_of<Response>(
        R"({"Type":"response","ID":6,"Response":"Ack","GetReturn":{"PIRTargetState":"Armed","UserStreamActive":0}})");
    EXPECT_EQ(it.values, (Fields{{"PIRTargetState", "Armed"}, {"UserStreamActive", 0}}));
}

// What nobody expects
// -----------------------------------------------------------------------------------------------

TEST(ArloMessage, AnUnknownTypeIsAMessage) {
    const std::string text = R"({"Type":"fooBar","ID":7,"a":[1,2],"b":{"c":null},"d":1.0})";
    const auto it = body_of<Unknown>(text);
    EXPECT_EQ(it.type, "fooBar");
    EXPECT_TRUE(it.problem.empty());
    EXPECT_EQ(it.fields.size(), 3u);
    EXPECT_EQ(parsed(text).type(), "fooBar");
    EXPECT_EQ(parsed(text).id, 7);
    EXPECT_EQ(to_json(parsed(text)), text);
    EXPECT_EQ(body_of<Unknown>(R"({"Type":"","ID":7})").type, "");
    EXPECT_EQ(body_of<Unknown>(R"({"Type":"Status","ID":7})").type, "Status");
}

TEST(ArloMessage, AKnownTypeWithoutItsPayloadCanStillBeAnswered) {
    const std::pair<const char*, const char*> cases[]{
        {R"({"Type":"registration","ID":7})", "registration: SystemSerialNumber is missing"},
        {R"({"Type":"registration","ID":7,"SystemSerialNumber":""})",
         "registration: SystemSerialNumber is not what it should be"},
        {R"({"Type":"alert","ID":7})", "alert: AlertType is missing"},
        {R"({"Type":"registerSet","ID":7,"SetValues":[1]})",
         "registerSet: SetValues is not what it should be"},
        {R"({"Type":"registerGet","ID":7,"GetValues":["a",1]})",
         "registerGet: GetValues is not what it should be"},
        {R"({"Type":"raParams","ID":7,"Params":{"720p":1}})",
         "raParams: Params is not what it should be"},
        {R"({"Type":"fullSnapshot","ID":7,"DestinationURL":null})",
         "fullSnapshot: DestinationURL is not what it should be"},
        {R"({"Type":"motionZone","ID":7,"intrZone":{}})",
         "motionZone: intrZone is not what it should be"},
        {R"({"Type":"siren","ID":7})", "siren: SirenState is missing"},
        {R"({"Type":"rtpInvite","ID":7})", "rtpInvite: AudioStream is missing"},
        {R"({"Type":"rtpRequest","ID":7,"AudioStream":1})",
         "rtpRequest: AudioStream is not what it should be"},
        {R"({"Type":"rtpBye","ID":7,"Streams":["1"]})", "rtpBye: Streams is not what it should be"},
    };
    for (const auto& [text, problem] : cases) {
        const auto it = body_of<Unknown>(text);
        EXPECT_EQ(it.problem, problem);
        EXPECT_EQ(parsed(text).id, 7);
        EXPECT_EQ(to_json(parsed(text)), text);
    }
}

TEST(ArloMessage, AMemberThatIsSetIsWrittenOnce) {
    RegisterSet set{.values = {{"VideoFlip", true}}, .others = {{"SetValues", 1}, {"ID", 2}}};
    EXPECT_EQ(to_json({.id = 1, .body = set}),
              R"({"Type":"registerSet","ID":1,"SetValues":{"VideoFlip":true}})");
}

TEST(ArloMessage, NeedsTypeAndId) {
    for (const char* text :
         {R"({"ID":1})", R"({"Type":1,"ID":1})", R"({"Type":null,"ID":1})", R"({"Type":"status"})",
          R"({"Type":"status","ID":"1"})", R"({"Type":"status","ID":1.0})",
          R"({"Type":"status","ID":true})", R"({"Type":"status","ID":9223372036854775808})",
          R"({"Type":"status","ID":1e300})", R"({"type":"status","id":1})"})
        EXPECT_EQ(kind_of(text), ErrorKind::InvalidArgument) << text;
    EXPECT_EQ(parsed(R"({"Type":"status","ID":9223372036854775807})").id, 9223372036854775807);
    EXPECT_EQ(parsed(R"({"Type":"status","ID":-9223372036854775808})").id,
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(sentence(R"({"Type":"status"})"),
              "a message of type \"status\" without a whole number as its ID");
    EXPECT_EQ(sentence(R"({"ID":1})"), "not a message: \"{\"ID\":1}\" has no Type");
}

TEST(ArloMessage, RefusesWhatIsNoJson) {
    using std::string_literals::operator""s;
    for (const std::string& text :
         {""s, " "s, "null"s, "1"s, "[]"s, "\"Type\""s, "{'Type':'status','ID':1}"s,
          R"({"Type":"status","ID":1,})"s, R"({"Type":"status","ID":1} x)"s,
          R"({"Type":"status","ID":1}{"Type":"status","ID":2})"s, R"({"Type":"status","ID":01})"s,
          R"({"Type":"status","ID":NaN})"s, "{\"Type\":\"status\",\"ID\":1,\"a\":\"\xFF\"}"s,
          "{\"Type\":\"status\",\"ID\":1,\"a\":\"\xC0\x80\"}"s,
          "{\"Type\":\"status\",\"ID\":1,\"\xED\xA0\x80\":1}"s,
          R"({"Type":"status","ID":1,"a":"\ud800"})"s, "{\"Type\":\"a\0b\",\"ID\":1}"s})
        EXPECT_EQ(kind_of(text), ErrorKind::InvalidArgument) << text;
    EXPECT_EQ(sentence("[1]"), "not a message: \"[1]\" is no JSON object");
    EXPECT_EQ(sentence(R"({"Type":x)"), R"(not JSON: byte 9 at ""Type":x")");
}

TEST(ArloMessage, RefusesANameThatComesTwice) {
    EXPECT_EQ(sentence(R"({"Type":"status","ID":1,"ID":2})"),
              "not a message: it holds \"ID\" twice");
    EXPECT_EQ(kind_of(R"({"Type":"registerSet","ID":1,"SetValues":{"a":1,"\u0061":2}})"),
              ErrorKind::InvalidArgument);
    // The same name in two objects is no repetition.
    EXPECT_EQ(sentence(R"({"Type":"x","ID":1,"a":{"ID":1,"b":[{"ID":1},{"ID":2}]}})"), "fine");
}

TEST(ArloMessage, RefusesNumbersThatNothingCanHold) {
    EXPECT_EQ(sentence(R"({"Type":"x","ID":1,"a":1e400})"),
              "not a message: the number \"1e400\" is too large");
    const std::string text = R"({"Type":"x","ID":1,"a":18446744073709551615,"b":-0.5})";
    EXPECT_EQ(to_json(parsed(text)), text);
    EXPECT_EQ(*body_of<Unknown>(text).fields.find("a"), Value(RawJson{"18446744073709551615"}));
    EXPECT_EQ(body_of<Unknown>(R"({"Type":"x","ID":1,"a":18446744073709551616})")
                  .fields.get(Field<double>{"a"}),
              18446744073709551616.0);
}

TEST(ArloMessage, KeepsItsLimits) {
    const auto nested = [](std::size_t lists) {  // below the message's own level
        return R"({"Type":"x","ID":1,"a":)" + std::string(lists, '[') + std::string(lists, ']') +
               "}";
    };
    EXPECT_EQ(sentence(nested(kMaxDepth - 1)), "fine");
    EXPECT_EQ(sentence(nested(kMaxDepth)), "a message nested over 16 levels deep");
    EXPECT_EQ(kind_of(nested(100'000)), ErrorKind::ResourceExhausted);
    EXPECT_EQ(kind_of(R"({"a":)" + std::string(200'000, '[')), ErrorKind::ResourceExhausted);

    const auto of_values = [](std::size_t count) {  // Type, ID, the list and the message count too
        std::string out = R"({"Type":"x","ID":1,"a":[0)";
        for (std::size_t i = 5; i < count; ++i) out += ",0";
        return out + "]}";
    };
    EXPECT_EQ(sentence(of_values(kMaxValues)), "fine");
    EXPECT_EQ(sentence(of_values(kMaxValues + 1)), "a message of over 2048 values");

    const std::string start = R"({"Type":"x","ID":1,"a":")";
    const auto of_bytes = [&](std::size_t count) {
        return start + std::string(count - start.size() - 2, 'x') + "\"}";
    };
    EXPECT_EQ(sentence(of_bytes(kMaxJsonBytes)), "fine");
    EXPECT_EQ(kind_of(of_bytes(kMaxJsonBytes + 1)), ErrorKind::ResourceExhausted);
}

TEST(ArloMessage, ShowsNothingUnprintableInASentence) {
    const std::string said = sentence("{\"\x1b[31m\xC3\xA9" + std::string(100, 'x'));
    EXPECT_LT(said.size(), 100u);
    for (const char c : said) EXPECT_TRUE(c >= ' ' && c <= '~') << said;
}

}  // namespace
}  // namespace casement::protocols::arlo
