#include "camera/endpoint.hpp"

#include <array>

namespace casement::camera {

std::string_view to_string(Quality quality) { return quality == Quality::Main ? "main" : "small"; }

std::string_view way_name(const Way& way) {
    constexpr std::array<std::string_view, std::variant_size_v<Way>> kNames{
        "rtsp", "rtmp",        "push",    "mjpeg",    "jpeg",     "file",
        "test", "change-over", "best-of", "pictures", "nexustalk"};
    return kNames[way.index()];
}

}  // namespace casement::camera
