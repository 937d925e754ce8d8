// Bodies of webhooks, byte for byte.

#include "notify/encode.hpp"

#include <gtest/gtest.h>

namespace casement::notify {
namespace {

constexpr base::WallTime kAt{std::chrono::microseconds{1'780'233'785'761'234}};
const std::string kHash = "0123456789abcdef0123456789abcdef";
const std::string kUrl =
    "http://10.0.0.2:11080/endpoint/@scrypted/arlo-local/public/motionDetected";

FieldList base_fields() {
    return {{"ip", std::string("172.14.1.20")},
            {"friendly_name", std::string("Front door")},
            {"hostname", std::string("VMC4030P-A1B2C")},
            {"serial_number", std::string("4W1A2B3C4D5E6")}};
}
FieldList with(FieldList fields, FieldList more) {
    for (auto& field : more) fields.push_back(std::move(field));
    fields.emplace_back("time", unix_seconds(kAt));
    return fields;
}
FieldList motion(std::vector<std::string> zones) {
    return with(base_fields(), {{"zone", std::move(zones)}, {"file_name", std::string()}});
}
const JsonText kRegistration{
    R"({"Type":"registration","ID":1,"Capabilities":["IRLED","PirMotion"],"Empty":[],"Sync":false,"Bat1Volt":7.814})"};

TEST(WebhookForm, IsByteForByteWhatThatProgramSends) {
    const Body body = encode(motion({}), Spelling::Form, kHash, kUrl, {});
    EXPECT_EQ(body.content_type, "application/x-www-form-urlencoded");
    EXPECT_EQ(body.text,
              "ip=172.14.1.20&friendly_name=Front+door&hostname=VMC4030P-A1B2C"
              "&serial_number=4W1A2B3C4D5E6&file_name=&time=1780233785.761234"
              "&hash=0123456789abcdef0123456789abcdef"
              "&url=http%3A%2F%2F10.0.0.2%3A11080%2Fendpoint%2F%40scrypted%2Farlo-local%2Fpublic"
              "%2FmotionDetected&attempt=1");
}

TEST(WebhookForm, RepeatsTheNameOfAListAndTellsTheLastStatus) {
    const Body body = encode(motion({"a-1", "b-2"}), Spelling::Form, kHash, "http://x", {2, 503});
    EXPECT_EQ(body.text,
              "ip=172.14.1.20&friendly_name=Front+door&hostname=VMC4030P-A1B2C"
              "&serial_number=4W1A2B3C4D5E6&zone=a-1&zone=b-2&file_name=&time=1780233785.761234"
              "&hash=0123456789abcdef0123456789abcdef&url=http%3A%2F%2Fx&attempt=2"
              "&status_code=503");
}

TEST(WebhookForm, WritesObjectsAndFlagsAsPythonDoes) {
    const Body body = encode(with({}, {{"triggered", true}, {"registration", kRegistration}}),
                             Spelling::Form, kHash, "u", {});
    EXPECT_EQ(
        body.text,
        "triggered=True&registration=%7B%0A++++%22Type%22%3A+%22registration%22%2C%0A++++%22ID"
        "%22%3A+1%2C%0A++++%22Capabilities%22%3A+%5B%0A++++++++%22IRLED%22%2C%0A++++++++"
        "%22PirMotion%22%0A++++%5D%2C%0A++++%22Empty%22%3A+%5B%5D%2C%0A++++%22Sync%22%3A+false"
        "%2C%0A++++%22Bat1Volt%22%3A+7.814%0A%7D&time=1780233785.761234"
        "&hash=0123456789abcdef0123456789abcdef&url=u&attempt=1");
    EXPECT_EQ(
        encode({{"triggered", false}, {"time", 1780233785.0}}, Spelling::Form, kHash, "u", {}).text,
        "triggered=False&time=1780233785.0&hash=" + kHash + "&url=u&attempt=1");
}

TEST(WebhookForm, EncodesWhateverANameHolds) {
    EXPECT_EQ(form_encoded({{"n", "Tür & Tor = \"ja\"~_-."}, {"e", ""}}),
              "n=T%C3%BCr+%26+Tor+%3D+%22ja%22~_-.&e=");
}

TEST(WebhookJson, KeepsObjectsAndFlagsAsText) {
    const Body body = encode(with(base_fields(), {{"triggered", true}, {"status", kRegistration}}),
                             Spelling::Json, kHash, kUrl, {});
    EXPECT_EQ(body.content_type, "application/json");
    EXPECT_EQ(
        body.text,
        R"({"ip":"172.14.1.20","friendly_name":"Front door","hostname":"VMC4030P-A1B2C",)"
        R"("serial_number":"4W1A2B3C4D5E6","triggered":"true","status":"{\"Type\":\"registration\",)"
        R"(\"ID\":1,\"Capabilities\":[\"IRLED\",\"PirMotion\"],\"Empty\":[],\"Sync\":false,)"
        R"(\"Bat1Volt\":7.814}","time":1780233785.761234})");
    EXPECT_EQ(
        encode(motion({}), Spelling::Json, kHash, kUrl, {}).text,
        R"({"ip":"172.14.1.20","friendly_name":"Front door","hostname":"VMC4030P-A1B2C",)"
        R"("serial_number":"4W1A2B3C4D5E6","zone":[],"file_name":"","time":1780233785.761234})");
}

TEST(WebhookJson, NestedIsPlainJson) {
    EXPECT_EQ(encode({{"triggered", true}, {"status", JsonText{R"({"a":[1,2]})"}}},
                     Spelling::JsonNested, kHash, kUrl, {})
                  .text,
              R"({"triggered":true,"status":{"a":[1,2]}})");
    // What is no JSON is passed on as the text that it is.
    EXPECT_EQ(encode({{"status", JsonText{"{"}}}, Spelling::JsonNested, kHash, kUrl, {}).text,
              R"({"status":"{"})");
}

TEST(WebhookEvent, HasTheShapeOfTheApi) {
    events::Event event;
    event.id = "01JD";
    event.sequence = 7;
    event.camera = "porch";
    event.kind = "motion";
    event.start = kAt;
    event.data = R"({"level":3})";
    event.evidence = "the vendor's own";
    EXPECT_EQ(encode_event_json(event).text,
              R"({"camera":"porch","data":{"level":3},"id":"01JD","kind":"motion","sequence":7,)"
              R"("start":"2026-05-31T13:23:05.761Z"})");
    EXPECT_EQ(encode_event_form(event).text,
              "camera=porch&data=%7B%22level%22%3A3%7D&id=01JD&kind=motion&sequence=7"
              "&start=2026-05-31T13%3A23%3A05.761Z");
}

TEST(WebhookSignature, IsThatOfRfc4231) {
    EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace casement::notify
