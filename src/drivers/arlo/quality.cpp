#include "drivers/arlo/quality.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {

namespace {

using protocols::arlo::Fields;
using protocols::arlo::RaParams;
using protocols::arlo::RateControl;
namespace registers = protocols::arlo::registers;

constexpr std::array<std::string_view, 5> kNames{"low", "medium", "high", "subscription", "insane"};
constexpr std::array<std::string_view, 3> kSquareNames{"720sq", "1080sq", "1536sq"};

/// One picture size; bit/s.
struct Mode {
    std::string_view name;
    std::int64_t least, target, most, fixed;
    std::int64_t least_qp = 24, most_qp = 38;
    bool variable = true;
};

// Cells as captured from a base (low to subscription, floodlight, doorbell); "insane" is an
// invention of the field that users know.
constexpr Mode kLow[]{{"360p", 51200, 102400, 307200, 102400},
                      {"480p", 51200, 307200, 409600, 307200},
                      {"720p", 51200, 409600, 532480, 409600},
                      {"1080p", 102400, 409600, 532480, 409600},
                      {"4K", 307200, 1024000, 2048000, 1024000, 26, 38}};
constexpr Mode kMedium[]{{"360p", 51200, 204800, 409600, 204800},
                         {"480p", 51200, 409600, 409600, 409600},
                         {"720p", 51200, 460800, 599040, 460800},
                         {"1080p", 102400, 512000, 640000, 512000},
                         {"4K", 307200, 1536000, 3072000, 2048000, 26, 38}};
constexpr Mode kHigh[]{{"360p", 51200, 409600, 512000, 409600},
                       {"480p", 51200, 512000, 614400, 512000},
                       {"720p", 51200, 512000, 665600, 512000},
                       {"1080p", 102400, 614400, 819200, 614400, 35, 40},
                       {"4K", 307200, 3072000, 5120000, 3072000, 26, 38}};
constexpr Mode kSubscription[]{{"360p", 51200, 409600, 512000, 409600},
                               {"480p", 51200, 512000, 614400, 512000},
                               {"720p", 51200, 768000, 1024000, 768000},
                               {"1080p", 102400, 1024000, 1228800, 1024000},
                               {"4K", 307200, 10240000, 10240000, 10240000, 1, 1, false}};
constexpr Mode kInsane[]{{"360p", 51200, 409600, 512000, 409600},
                         {"480p", 51200, 512000, 614400, 512000},
                         {"720p", 51200, 768000, 1024000, 768000},
                         {"1080p", 204800, 2048000, 2097152, 2048000, 12, 24},
                         {"4K", 614400, 10240000, 10240000, 10240000, 1, 1, false}};
constexpr Mode kFloodlight[]{{"720p", 51200, 512000, 768000, 614400},
                             {"1080p", 102400, 768000, 1024000, 768000},
                             {"2K", 307200, 1024000, 2048000, 1024000, 26, 38}};
constexpr Mode kDoorbell[]{{"720sq", 51200, 512000, 614400, 512000},
                           {"1080sq", 51200, 768000, 1024000, 768000},
                           {"1536sq", 102400, 1024000, 1228800, 1024000}};

struct Preset {
    std::string_view name;
    std::string_view resolution;
    std::int64_t kbps;
    std::string_view hevc_resolution;
    std::int64_t hevc_kbps;
    std::span<const Mode> modes;
};
constexpr Preset kCamera[]{{"low", "720p", 400, "2160p", 1000, kLow},
                           {"medium", "1080p", 600, "2160p", 1500, kMedium},
                           {"high", "1080p", 1250, "2160p", 3000, kHigh},
                           {"subscription", "1080p", 1250, "2160p", 6000, kSubscription},
                           {"insane", "1080p", 2000, "2160p", 8000, kInsane}};
constexpr Preset kFloodlights[]{{"low", "720p", 400, "1440p", 1000, kFloodlight},
                                {"medium", "1080p", 500, "1440p", 1000, kFloodlight},
                                {"high", "1080p", 750, "1440p", 1000, kFloodlight},
                                {"subscription", "1080p", 750, "1440p", 1000, kFloodlight},
                                {"insane", "1080p", 750, "1440p", 1000, kFloodlight}};
constexpr Preset kDoorbells[]{{"720sq", "720sq", 400, "", 0, kDoorbell},
                              {"1080sq", "1080sq", 500, "", 0, kDoorbell},
                              {"1536sq", "1536sq", 750, "", 0, kDoorbell}};

std::span<const Preset> presets_of(Family family) {
    if (!traits_of(family).video) return {};
    if (family == Family::VideoDoorbell) return kDoorbells;
    if (family == Family::Floodlight) return kFloodlights;
    return kCamera;
}

const Preset* find(Family family, std::string_view quality) {
    const auto presets = presets_of(family);
    const auto found = std::ranges::find(presets, quality, &Preset::name);
    return found == presets.end() ? nullptr : &*found;
}

RateControl rate_control(const Mode& mode) {
    RateControl out;
    out.min_bps = mode.least;
    out.max_bps = mode.most;
    out.min_qp = mode.least_qp;
    out.max_qp = mode.most_qp;
    out.variable = mode.variable;
    out.target_bps = mode.target;
    out.fixed_bps = mode.fixed;
    return out;
}

}  // namespace

std::span<const std::string_view> qualities_of(Family family) {
    if (!traits_of(family).video) return {};
    if (family == Family::VideoDoorbell) return kSquareNames;
    return kNames;
}

std::string_view default_quality(Family family) {
    const auto names = qualities_of(family);
    return names.empty() ? std::string_view{} : names.back();
}

std::optional<RaParams> rate_control_of(Family family, std::string_view quality) {
    const Preset* const preset = find(family, quality);
    if (preset == nullptr) return std::nullopt;
    RaParams out;
    for (const Mode& mode : preset->modes)
        out.modes.emplace_back(std::string(mode.name), rate_control(mode));
    return out;
}

Fields quality_registers(Family family, std::string_view quality) {
    Fields out;
    const Preset* const preset = find(family, quality);
    if (preset == nullptr) return out;
    out.set(registers::kVideoOutputResolution, std::string(preset->resolution));
    out.set(registers::kVideoTargetBitrate, preset->kbps);
    if (traits_of(family).hevc) {
        out.set(registers::kHevcVideoOutputResolution, std::string(preset->hevc_resolution));
        out.set(registers::kHevcVideoTargetBitrate, preset->hevc_kbps);
    }
    return out;
}

std::string_view quality_named_by(Family family, const Fields& registers, std::string_view asked) {
    const auto is_so = [&](const Preset& preset) {
        return std::ranges::all_of(quality_registers(family, preset.name),
                                   [&](const Fields::Member& member) {
                                       const auto* value = registers.find(member.first);
                                       return value != nullptr && *value == member.second;
                                   });
    };
    if (const Preset* const preset = find(family, asked); preset && is_so(*preset))
        return preset->name;
    for (const Preset& preset : presets_of(family)) {
        if (is_so(preset)) return preset.name;
    }
    return {};
}

}  // namespace casement::drivers::arlo
