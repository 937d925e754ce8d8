#pragma once
// Where a device stands, how fast its time runs, and how badly it behaves.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "emulators/arlo/profile.hpp"
#include "emulators/arlo/register_file.hpp"
#include "emulators/arlo/report_watchdog.hpp"
#include "protocols/arlo/ports.hpp"

namespace casement::emulators::arlo {

/// Ports of a device on its own address; 0 is any.
struct Ports {
    std::uint16_t camera = wire::kCameraPort;
    std::uint16_t doorbell = wire::kDoorbellPort;
    std::uint16_t rtsp = wire::kRtspPort;
    std::uint16_t rtsp_hevc = wire::kRtspHevcPort;
    std::uint16_t talk = wire::kTalkPort;
    std::uint16_t call = wire::kCallPort;

    static Ports any() { return {0, 0, 0, 0, 0, 0}; }
};

/// The default gateway of a device, which is its base.
struct Base {
    std::string address = "127.0.0.1";
    std::uint16_t camera_port = wire::kCameraPort;
    std::uint16_t doorbell_port = wire::kDoorbellPort;
};

/// How long things take. The values are those of real devices where a source has one (the RTCP
/// watchdog, the time without Wi-Fi, 5 s for an ack), else a choice.
struct Times {
    using Wait = std::chrono::milliseconds;

    Wait boots{1'000};  // from power to the first message
    Wait waits_for_ack{5'000};
    Wait registers_again{5'000};  // after a registration without ack; doubles each time
    Wait registers_again_at_most{40'000};
    Wait answers{100};            // a command
    Wait lets_base_close{2'000};  // then it closes the connection itself
    Wait reads_command{10'000};
    Wait status_follows{500};  // statusRequest
    Wait status_every{300'000};
    Wait upload_follows{1'000};  // fullSnapshot
    Wait expects_play{5'000};    // after an alert, where the base should stream
    Wait expects_clock{5'000};   // after a registration or a status
    Wait reports_starve{6'000};  // the RTCP watchdog
    Wait without_wifi{8'000};    // after it
    Wait listens_again{200};     // after TEARDOWN
    Wait sender_reports{2'000};
    Wait reboots{2'000};
    Wait falls_asleep{15'000};
    Wait wakes{5'000};        // from the first attempt to reach it
    Wait between_pieces{20};  // of a frame that a fault cuts
    Wait second{1'000};       // one second of a register or of a script

    /// All of them, times `factor`, 1 ms at least.
    Times scaled(double factor) const;
};

/// What is wrong with the frames that a device sends.
enum class FrameFault : std::uint8_t {
    None,
    SplitAfterL,
    SplitAfterLength,
    SplitAfterBlank,
    SingleBytes,
    TwoInOne,        // a second frame in the same segment
    Long,            // over 64 KiB, and right
    TooLong,         // announces more than anybody takes
    LengthTooSmall,  // by 5
    LengthTooLarge,  // by 5
    NotJson,
    NotFramed,
    OtherLetters,  // UTF-8 as it is, not escaped
    ConnectAndClose,
};

/// What is wrong with the answers to commands.
enum class AckFault : std::uint8_t { None, WrongId, WithoutResponse, Nack, Silence };

enum class UploadFault : std::uint8_t { None, Twice, Truncated, Empty, Bare };

/// What SETUP over UDP says about the ports of the device.
enum class ServerPort : std::uint8_t {
    Told,
    Zero,  // server_port=0-0, and RTP comes from the ports that would have been told
    Missing,
    Third,  // told, but RTP comes from another one
};

/// May be changed at any time, on the device's thread.
struct Faults {
    FrameFault frame = FrameFault::None;
    int frames = -1;  // so many more messages; -1: until it is changed
    AckFault ack = AckFault::None;
    std::chrono::milliseconds ack_later{0};  // on top of Times::answers
    bool status_before_registration = false;

    UploadFault upload = UploadFault::None;
    std::chrono::milliseconds upload_later{0};
    /// In place of the model's: the outer one is set, the inner one may be none.
    std::optional<std::optional<std::string>> upload_file_name;

    // Of the next connection or session.
    ServerPort server_port = ServerPort::Told;
    bool no_udp = false;              // 461
    bool no_tcp = false;              // 461
    bool keep_alive_unknown = false;  // 454 to OPTIONS and GET_PARAMETER inside a session
    bool no_content_base = false;
    bool absolute_controls = false;  // a=control with a whole URL
    bool bare_reports = false;       // RTCP inside TCP without its four bytes in front
    bool no_parameters_in_band = false;
    bool sequence_wraps = false;  // soon after the start
    int lost_percent = 0;         // of RTP over UDP
    bool reordered = false;       // every tenth packet of RTP over UDP after its successor
    // At once.
    bool stalled = false;    // the session lives, nothing comes
    bool half_open = false;  // the RTSP connection neither reads nor writes any more

    bool runs_away = false;  // the watchdog is dead
};

/// What the base reads in registrations and statuses. May be changed at any time.
struct Condition {
    double battery_percent = 77;
    double temperature_c = 19;
    std::int64_t signal = 3;  // 0..5
    std::string charger;      // empty: the model's
    std::string charging;
};

/// Something happened: `what` is one word ("registered", "rtsp-play"), `details` belong to it.
using Teller = std::function<void(std::string_view what, const wire::Fields& details)>;

struct DeviceOptions {
    Profile profile;
    std::string serial;
    std::string address = "127.0.1.10";  // exactly this one is bound, and calls leave from it
    Ports ports;
    Base base;
    Times times;
    Faults faults;
    Condition condition;
    Memory memory = Memory::UntilReboot;
    Arming arming = Arming::FirstReport;
    /// False: it stayed in the Wi-Fi while its base forgot it, and never introduces itself.
    bool registers = true;
    /// While it has a client the device does not listen, as real ones do. True: it listens, answers
    /// 453 to others, and takes a TEARDOWN that names its session on any connection.
    bool listens_while_busy = false;
    std::optional<Sleep> sleep;  // instead of the model's
    /// Lines of the encoded picture at most, 0 = as the registers say: a 4K encoder costs a
    /// processor or two.
    int largest_height = 540;
    int frames_per_second = 15;
    Teller tell;  // on the device's thread; may be empty
};

}  // namespace casement::emulators::arlo
