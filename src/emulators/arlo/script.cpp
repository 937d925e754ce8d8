#include "emulators/arlo/script.hpp"

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

#include "base/text.hpp"
#include "base/units.hpp"
#include "net/endpoint.hpp"

namespace casement::emulators::arlo {

using base::ErrorKind;
using base::Result;

namespace {

template <typename T>
struct Word {
    std::string_view word;
    T value;
};

constexpr Word<FrameFault> kFrames[] = {
    {"split-after-l", FrameFault::SplitAfterL},
    {"split-after-length", FrameFault::SplitAfterLength},
    {"split-after-blank", FrameFault::SplitAfterBlank},
    {"single-bytes", FrameFault::SingleBytes},
    {"two-in-one", FrameFault::TwoInOne},
    {"long-frame", FrameFault::Long},
    {"too-long", FrameFault::TooLong},
    {"length-too-small", FrameFault::LengthTooSmall},
    {"length-too-large", FrameFault::LengthTooLarge},
    {"not-json", FrameFault::NotJson},
    {"not-framed", FrameFault::NotFramed},
    {"other-letters", FrameFault::OtherLetters},
    {"connect-and-close", FrameFault::ConnectAndClose},
};
constexpr Word<AckFault> kAcks[] = {
    {"wrong-id", AckFault::WrongId},
    {"without-response", AckFault::WithoutResponse},
    {"nack", AckFault::Nack},
    {"no-ack", AckFault::Silence},
};
constexpr Word<UploadFault> kUploads[] = {
    {"upload-twice", UploadFault::Twice},
    {"upload-truncated", UploadFault::Truncated},
    {"upload-empty", UploadFault::Empty},
    {"upload-bare", UploadFault::Bare},
};
constexpr Word<ServerPort> kPorts[] = {
    {"server-port-zero", ServerPort::Zero},
    {"server-port-missing", ServerPort::Missing},
    {"server-port-third", ServerPort::Third},
};
constexpr Word<bool Faults::*> kSwitches[] = {
    {"status-first", &Faults::status_before_registration},
    {"no-udp", &Faults::no_udp},
    {"no-tcp", &Faults::no_tcp},
    {"keep-alive-unknown", &Faults::keep_alive_unknown},
    {"no-content-base", &Faults::no_content_base},
    {"absolute-controls", &Faults::absolute_controls},
    {"bare-reports", &Faults::bare_reports},
    {"no-parameters-in-band", &Faults::no_parameters_in_band},
    {"sequence-wraps", &Faults::sequence_wraps},
    {"reordered", &Faults::reordered},
    {"stalled", &Faults::stalled},
    {"half-open", &Faults::half_open},
    {"runs-away", &Faults::runs_away},
};
constexpr std::string_view kWithValue[] = {"lost", "ack-later", "upload-later", "file-name"};
constexpr std::string_view kNoFault = "none";
constexpr Word<void (Device::*)()> kPlainVerbs[] = {
    {"press", &Device::press_button},
    {"status", &Device::report_status},
    {"reboot", &Device::reboot},
    {"poke", &Device::poke},
};
constexpr std::string_view kVerbs[] = {"press",  "motion", "sound", "status",  "log",  "reboot",
                                       "deauth", "move",   "poke",  "battery", "fault"};

template <typename Table, typename T>
bool set_word(const Table& table, std::string_view word, T& out) {
    const auto* found = std::ranges::find(table, word, [](const auto& row) { return row.word; });
    if (found == std::end(table)) return false;
    out = found->value;
    return true;
}

Result<> set_value(Faults& faults, std::string_view name, std::string_view value) {
    if (name == "file-name") {
        faults.upload_file_name = std::optional<std::string>(value);
        return {};
    }
    if (name == "lost") {
        const auto percent = base::parse_number<int>(value);
        if (!percent || *percent < 0 || *percent > 100)
            return base::fail(ErrorKind::InvalidArgument, "lost={}: 0 to 100 percent", value);
        faults.lost_percent = *percent;
        return {};
    }
    CASEMENT_TRY(const auto wait, base::parse_duration(value));
    (name == "ack-later" ? faults.ack_later : faults.upload_later) = wait;
    return {};
}

/// The next word of `rest`, which begins behind it then.
std::string_view take_word(std::string_view& rest) {
    rest = base::trimmed(rest);
    const std::string_view word = base::take_until(rest, ' ');
    rest = base::trimmed(rest);
    return word;
}

Result<std::int64_t> number_or(std::string_view text, std::int64_t otherwise) {
    if (text.empty()) return otherwise;
    const auto number = base::parse_number<std::int64_t>(text);
    if (!number || *number < 0)
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" is no number", text);
    return *number;
}

Result<> move(Device& device, std::string_view rest) {
    const std::string address(take_word(rest));
    boost::system::error_code ec;
    (void)net::ip::make_address(address, ec);
    if (ec || (!rest.empty() && rest != "silent"))
        return base::fail(ErrorKind::InvalidArgument, "it is: move ADDRESS [silent]");
    device.move_to(address, rest.empty());
    return {};
}

}  // namespace

std::vector<std::string> fault_words() {
    std::vector<std::string> out{std::string(kNoFault)};
    const auto add = [&](const auto& table) {
        for (const auto& row : table) out.emplace_back(row.word);
    };
    add(kFrames);
    add(kAcks);
    add(kUploads);
    add(kPorts);
    add(kSwitches);
    for (const std::string_view name : kWithValue) out.push_back(fmt::format("{}=", name));
    return out;
}

Result<> set_fault(Faults& faults, std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals != std::string_view::npos &&
        std::ranges::find(kWithValue, name) != std::end(kWithValue))
        return set_value(faults, name, text.substr(equals + 1));
    if (text == kNoFault) {
        faults = {};
        return {};
    }
    bool Faults::* toggle = nullptr;
    if (set_word(kSwitches, text, toggle)) {
        faults.*toggle = true;
        return {};
    }
    if (set_word(kFrames, text, faults.frame) || set_word(kAcks, text, faults.ack) ||
        set_word(kUploads, text, faults.upload) || set_word(kPorts, text, faults.server_port))
        return {};
    return base::fail(ErrorKind::InvalidArgument, "there is no fault \"{}\"; there are {}", text,
                      fmt::join(fault_words(), ", "));
}

Result<> obey(Device& device, std::string_view line) {
    std::string_view rest = line;
    const std::string_view verb = take_word(rest);
    if (verb.empty()) return {};
    if (verb == "motion" || verb == "sound") {
        CASEMENT_TRY(const std::int64_t seconds, number_or(rest, 0));
        if (verb == "motion") {
            device.see_motion({.seconds = seconds});
        } else {
            device.hear_sound(seconds);
        }
        return {};
    }
    if (verb == "deauth") {
        CASEMENT_TRY(const auto away, base::parse_duration(rest));
        device.deauthenticate(away);
        return {};
    }
    if (verb == "battery") {
        CASEMENT_TRY(const std::int64_t percent, number_or(rest, 100));
        device.condition().battery_percent =
            static_cast<double>(std::min<std::int64_t>(percent, 100));
        return {};
    }
    if (verb == "move") return move(device, rest);
    if (verb == "fault") return set_fault(device.faults(), rest);
    if (verb == "log") {
        device.write_log(std::string(rest));
        return {};
    }
    void (Device::*plain)() = nullptr;
    if (set_word(kPlainVerbs, verb, plain)) {
        (device.*plain)();
        return {};
    }
    return base::fail(ErrorKind::InvalidArgument, "there is no \"{}\"; there are {}", verb,
                      fmt::join(kVerbs, ", "));
}

}  // namespace casement::emulators::arlo
