#include "emulators/arlo/profile.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace casement::emulators::arlo {

namespace {

using wire::Fields;

// Who takes which register, by the letters of the families: 3 = wire-free of the first generation,
// P = Pro 2, E = Essential, U = Ultra, F = floodlight, 4 = Pro 4 and 5, D = video doorbell on its
// camera port, d = the same on its doorbell port, A = audio doorbell.
struct Row {
    std::string_view name;
    std::string_view families;
};
constexpr Row kRegisters[] = {
    {"PIRTargetState", "3PEUF4DA"},
    {"PIRStartSensitivity", "3PEUF4DA"},
    {"PIRAction", "3PEUF4D"},
    {"VideoMotionEstimationEnable", "3PEUF4D"},
    {"VideoMotionSensitivity", "3P4D"},
    {"AudioTargetState", "3PEUF4"},
    {"AudioStartSensitivity", "P4"},
    {"AudioAction", "P4"},
    {"PIREnableLED", "PE4"},
    {"PIRLEDSensitivity", "PE4"},
    {"DefaultMotionStreamTimeLimit", "3PUF4"},
    {"MaxMotionStreamTimeLimit", "3PEUF4"},
    {"MaxUserStreamTimeLimit", "3PEUF4"},
    {"MaxStreamTimeLimit", "3PEUF4D"},
    {"UserStreamActive", "P4"},
    {"AlertBackoffTime", "PEUFD"},
    {"ArloSmart", "PEUF4D"},
    {"CvrModeEnabled", "UF4"},
    {"MaxMissedBeaconTime", "3PEUF4D"},
    {"BeaconLostTime", "A"},
    {"EpochBsTime", "3PEUF4DA"},
    {"WifiCountryCode", "3PEUF4DA"},
    {"NightVisionMode", "3PEUF4D"},
    {"NightModeGrey", "PEU4"},
    {"NightModeLightSourceAlert", "PEUF4"},
    {"DuskToDawnThrshVal", "UF4"},
    {"IRLedState", "U4"},
    {"IRCutState", "U4"},
    {"HdrControl", "PEUF4D"},
    {"VideoExposureCompensation", "3PEUF4D"},
    {"VideoFlip", "3PEUF4D"},
    {"VideoMirror", "3PEUF4D"},
    {"VideoMode", "PEUF4"},
    {"VideoSmartZoom", "UF4"},
    {"VideoAntiFlickerRate", "3PEUF4D"},
    {"VideoOutputResolution", "3PEUF4D"},
    {"VideoTargetBitrate", "3PEUF4D"},
    {"HEVCVideoOutputResolution", "UF4"},
    {"HEVCVideoTargetBitrate", "UF4"},
    {"VideoWindowStartX", "3PEUF4D"},
    {"VideoWindowStartY", "3PEUF4D"},
    {"VideoWindowEndX", "3PEUF4D"},
    {"VideoWindowEndY", "3PEUF4D"},
    {"JPEGOutputResolution", "PEUF4"},
    {"Audio0EncodeFormat", "PEUFD"},
    {"Audio1EncodeFormat", "PEUFD"},
    {"AudioMicEnable", "PE4A"},
    {"AudioMicVolume", "PUF4A"},
    {"AudioMicAGC", "PEUF"},
    {"AudioMicWNS", "PEUF"},
    {"AudioSpkrEnable", "PEUF4A"},
    {"AudioSpkrVolume", "P4A"},
    {"ChargeNotificationLed", "PEUF4"},
    {"StatusLed", "4"},
    {"StreamingLedEnabled", "4d"},
    {"SpotlightEnabled", "EUF4"},
    {"SpotlightIntensityManual", "EUF4"},
    {"SpotlightIntensityAlert", "EUF4"},
    {"SpotlightModeManual", "EUF4"},
    {"SpotlightModeAlert", "EUF4"},
    {"SpotlightDurationManual", "EUF4"},
    {"MaxSensorRequired", "UF"},
    {"Reboot", "4"},
    {"CallEnableLED", "d"},
    {"LEDPirStatus", "d"},
    {"SilentMode", "dA"},
    {"TraditionalChime", "dA"},
    {"TradChimePlayDur", "d"},
    {"HibernateTimer", "A"},
    {"IdleTimer", "A"},
    {"LEDStatus", "A"},
    {"LogFrequency", "dA"},
    {"LogLevel", "dA"},
    {"LogCOMM", "dA"},
    {"EnableCLI", "dA"},
};

std::vector<std::string_view> registers_of(char family) {
    std::vector<std::string_view> out;
    for (const Row& row : kRegisters) {
        if (row.families.contains(family)) out.push_back(row.name);
    }
    return out;
}

const std::vector<std::string> kProCapabilities{
    "IRLED",          "PirMotion",    "NightVision",    "Temperature", "BatteryLevel",
    "Microphone",     "Speaker",      "SignalStrength", "Solar",       "BatteryCharging",
    "H.264Streaming", "JPEGSnapshot", "AutomatedStop",  "BEC",         "RaParams"};

std::vector<std::string> with(std::vector<std::string> list, std::vector<std::string> more) {
    list.insert(list.end(), more.begin(), more.end());
    return list;
}

Fields fields(std::string_view json) { return wire::parse_fields(json).value_or(Fields{}); }

// Counters that nothing here moves, with values of a camera that has been on for a while.
Fields pro_status() {
    return fields(
        R"({"WifiCountryDetails":"US/36","Battery1CaliVoltage":7.701,"CameraOffline":12,)"
        R"("FailedUpgrades":0,"LogFrequency":2,"TimeAtPlug":0,"TimeAtUnPlug":0,"PercentAtPlug":0,)"
        R"("PercentAtUnPlug":0,"ISPWatchdogCount":0,"ISPWatchdogCount2":0,"SecsPerPercentCurr":0,)"
        R"("SecsPerPercentAvg":0,"DdrFailCnt":0,"DhcpFCnt":3,"TxErr":0,"TxFail":0,"TxPhyE1":0,)"
        R"("TxPhyE2":0})");
}

Fields essential_status() {
    return fields(
        R"({"SecureType":"Production","WifiCountryDetails":"US/0","WifiChannel":6,)"
        R"("PIRConfigFails":0,"PIROOREvents":0,"InitialLSValue":150000,"VPkt":900,"VErr":0,)"
        R"("VEmp":0,"VFrm":0,"VRet":0,"AaPkt":140,"AaErr":0,"AaEmp":1,"AaRet":0,"AoPkt":450,)"
        R"("AoErr":0,"AoEmp":0,"AoRet":0,"ADrp":0,"V2Pkt":0,"V2Err":0,"V2Emp":0,"V2Frm":0,)"
        R"("V2Ret":0,"Aa2Pkt":0,"Aa2Err":0,"Aa2Emp":0,"Aa2Ret":0,"Ao2Pkt":0,"Ao2Err":0,)"
        R"("Ao2Emp":0,"Ao2Ret":0,"A2Drp":0,"MinFb0":0,"MaxFb0":0,"AvgFb0":0,"MinFb1":0,)"
        R"("MaxFb1":0,"AvgFb1":0,"MinDr0":85000,"MaxDr0":1200000,"AvgDr0":680000,"MinDr1":0,)"
        R"("MaxDr1":0,"AvgDr1":0,"BattChargeMaxTemp":60,"WifiAntDiv":255,"WifiInitFails":0,)"
        R"("McuCrashCount":0,"WifiRSSI":-61,"ApMacAddress":"02:00:00:00:00:01",)"
        R"("GwMacAddress":"02:00:00:00:00:01","DhcpMacAddress":"00:00:00:00:00:00",)"
        R"("ApMacCount":1,"IspWatchdogCount3":0,"IspExceptionResetCount":0,)"
        R"("IspSetupAppExecCount":2,"FailedUpgrades":458754,"LogFrequency":2,"TxErr":0,)"
        R"("TxFail":0,"TxPhyE1":0,"TxPhyE2":0})");
}

wire::Battery battery(std::string technology) {
    wire::Battery out;
    out.technology = std::move(technology);
    out.charger = "None";
    out.charging = "Off";
    return out;
}

Profile wirefree() {
    Profile p;
    p.name = "wirefree";
    p.model = Model::Wirefree;
    p.model_number = "VMC3030";
    p.firmware = "1.4.9.6_16671";
    p.hardware = "H8";
    p.battery = battery("Primary");
    p.battery.key = wire::BatteryKey::BatteryPercentage;
    p.camera_registers = registers_of('3');
    p.answers_register_get = false;
    p.least_stream_limit_s = 180;
    p.resolution = p.largest_resolution = "720p";
    p.has_microphone = false;
    p.has_speaker = false;
    return p;
}

Profile pro2() {
    Profile p;
    p.name = "pro2";
    p.model = Model::Pro2;
    p.model_number = p.update_model = "VMC4030P";
    p.firmware = "1.125.15.0_35_1191";
    p.hardware = "H3";
    p.capabilities = kProCapabilities;
    p.battery = battery("Rechargeable");
    p.status_rest = pro_status();
    p.camera_registers = registers_of('P');
    p.resolution = p.largest_resolution = "1080p";
    p.audio = media::Codec::Opus;
    p.upload_file_name = "temp.jpg";
    return p;
}

Profile essential() {
    Profile p = pro2();
    p.name = "essential";
    p.model = Model::Essential;
    p.model_number = "VMC2030B";
    p.update_model.clear();
    p.firmware = "1.090.30.4_42_f73fa53";
    p.hardware = "H9";
    p.capabilities.insert(p.capabilities.begin() + 1, "IRCutFilter");
    p.capabilities.emplace_back("IcmpOffload");
    p.status_rest = essential_status();
    p.camera_registers = registers_of('E');
    p.audio = media::Codec::Aac;
    p.streams_over_tcp = true;
    p.has_lamp = true;
    return p;
}

Profile ultra() {
    Profile p = pro2();
    p.name = "ultra";
    p.model = Model::Ultra;
    p.model_number = p.update_model = "VMC5040";
    p.firmware = "1.16.0.0_12_5f3a1c2";
    p.hardware = "H7";
    p.capabilities = with(kProCapabilities, {"HEVCStreaming", "Spotlight"});
    p.camera_registers = registers_of('U');
    p.hevc_resolution = "2160p";
    p.audio = media::Codec::Aac;
    p.streams_over_tcp = true;
    p.has_lamp = true;
    return p;
}

Profile pro5() {
    Profile p = essential();
    p.name = "pro5";
    p.model = Model::Pro5;
    p.model_number = p.update_model = "VMC4060B";
    p.firmware = "38.0.253";
    p.hardware = "H5";
    p.camera_registers = registers_of('4');
    p.has_siren = true;
    p.upload_file_name = "";
    return p;
}

Profile flood() {
    Profile p = ultra();
    p.name = "flood";
    p.model = Model::Flood;
    p.model_number = p.update_model = "FB1001";
    p.firmware = "1.090.14.0_7_2c1d9e0";
    p.camera_registers = registers_of('F');
    p.hevc_resolution = "1440p";
    return p;
}

Profile video_bell() {
    Profile p = pro2();
    p.name = "vbell";
    p.model = Model::VideoBell;
    p.model_number = p.update_model = "AVD1001";
    p.firmware = "1.11.0.0_30_d8f1f39";
    p.hardware = "H3";
    p.battery = battery("None");
    p.battery.charger = "Regular";
    p.camera_registers = registers_of('D');
    p.doorbell_registers = registers_of('d');
    p.has_doorbell_door = true;
    p.resolution = p.largest_resolution = "1536sq";
    p.shows_gateway_only = true;
    p.has_button = true;
    p.tells_motion_end = false;
    p.signs_alerts = true;
    p.opens_empty_connections = true;
    return p;
}

Profile audio_bell() {
    Profile p;
    p.name = "abell";
    p.model = Model::AudioBell;
    p.model_number = "AAD1001";
    p.firmware = "1.2.0.0_320_401";
    p.hardware = "1.4";
    p.capabilities = {"BatteryLevel", "SignalStrength", "Microphone", "Speaker", "PirMotion"};
    p.battery.technology = "Primary";
    p.status_rest = fields(R"({"FailedUpgrades":0,"LogFrequency":2,"WifiCountryRegion":5})");
    p.doorbell_registers = registers_of('A');
    p.has_camera_door = false;
    p.has_doorbell_door = true;
    p.base_door = Door::Doorbell;
    p.takes_calls = true;
    p.has_button = true;
    p.tells_motion_end = false;
    p.signs_alerts = true;
    p.first_id = 31'580;
    p.sleep = Sleep::Hibernates;
    return p;
}

const std::array<Profile, 8>& all() {
    static const std::array<Profile, 8> kAll{wirefree(), pro2(),  essential(),  ultra(),
                                             pro5(),     flood(), video_bell(), audio_bell()};
    return kAll;
}

}  // namespace

std::span<const Profile> profiles() { return all(); }

const Profile& profile(Model model) { return all()[static_cast<std::size_t>(model)]; }

const Profile* find_profile(std::string_view name) {
    const auto found = std::ranges::find(all(), name, &Profile::name);
    return found == all().end() ? nullptr : &*found;
}

std::optional<Size> size_of(std::string_view resolution) {
    constexpr std::pair<std::string_view, Size> kSizes[] = {
        {"360p", {640, 360}},    {"480p", {848, 480}},     {"720p", {1280, 720}},
        {"1080p", {1920, 1080}}, {"1440p", {2560, 1440}},  {"2160p", {3840, 2160}},
        {"720sq", {720, 720}},   {"1080sq", {1080, 1080}}, {"1536sq", {1536, 1536}},
    };
    for (const auto& [name, size] : kSizes) {
        if (name == resolution) return size;
    }
    return std::nullopt;
}

}  // namespace casement::emulators::arlo
